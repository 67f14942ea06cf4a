//! Comments as an export has them, each with its history and its reports; and storing them again as they were.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::imported::{BEHIND, TIME_DIGITS};
use super::{PATH_DIGITS, next_id, own_step, said, show};
use crate::articles::ids::ArticleId;
use crate::articles::store::add_to_comment_count;
use crate::comments::ids::CommentId;
use crate::comments::model::EntryRow;
use crate::comments::words::{HeldBy, State};
use crate::db::dialect::is_one_of;
use crate::db::prelude::*;
use crate::db::schema::{comment_history, comment_reports, comments, imported_comments};
use crate::db::{StoredAt, StoredDigest};
use crate::domain::markup::render_comment;
use crate::problem::Problem;

/// Digits of the part of a step that says between which siblings a comment stands (`imported.rs`): a number, a sign and a
/// time.
const PLACE_DIGITS: usize = PATH_DIGITS + BEHIND.len_utf8() + TIME_DIGITS;
/// Reporters that are no address: the admin, and keys.
const NAMED_REPORTERS: [&str; 2] = ["admin", "key "];

/// One write to a comment.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExportedCommentEntry {
    /// The version that it made.
    #[schema(minimum = 1)]
    pub version: i64,
    /// When.
    pub at: StoredAt,
    /// The state after it.
    pub state: State,
    /// Who did it.
    pub actor: String,
    /// The id of the key that did it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor_key_id: Option<String>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Why it waited for a moderator after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_by: Option<HeldBy>,
    /// Whether its text was changed.
    #[serde(default)]
    pub edited: bool,
}

/// A reader's report of a comment.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExportedReport {
    /// When.
    pub at: StoredAt,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Who, if it was a key: `admin`, or `key` and its id. Addresses of readers are never exported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reporter: Option<String>,
    /// Whether a moderator has decided since.
    #[serde(default)]
    pub is_settled: bool,
}

/// What an import made a comment of: the same again changes nothing.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportedCommentFrom {
    /// What its source knows it by.
    pub source_id: String,
    /// The digest of what was imported.
    pub sha256: StoredDigest,
    /// When.
    pub imported_at: StoredAt,
    /// The instant at which its source said so, in microseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_version: Option<i64>,
}

/// A comment, behind its article, and behind the comment that it replies to.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExportedComment {
    /// The number of its row: comments are numbered in the order in which they came, with gaps.
    #[schema(value_type = i64, minimum = 1)]
    pub number: CommentId,
    /// Its id.
    pub id: String,
    /// The id of its article.
    pub article: String,
    /// The id of the comment that it replies to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// Where it stands among its siblings, if that does not follow from its number: the number of the one before it and
    /// its own time, in hexadecimal digits. Of comments that were imported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(pattern = "^[0-9a-f]{10}g[0-9a-f]{13}$")]
    pub place: Option<String>,
    /// Its version: the number of writes to it.
    #[schema(minimum = 1)]
    pub version: i64,
    /// Its state.
    pub state: State,
    /// The reason of its state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state_reason: Option<String>,
    /// Why it waits for a moderator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_by: Option<HeldBy>,
    /// When it was written.
    pub created_at: StoredAt,
    /// When it was last written to.
    pub updated_at: StoredAt,
    /// When it was deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted_at: Option<StoredAt>,
    /// When name and text were erased.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub erased_at: Option<StoredAt>,
    /// The name of its author.
    pub author_name: String,
    /// The email address of its author, which readers never see.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author_email: Option<String>,
    /// Its plain text.
    pub body: String,
    /// Whether the newsroom wrote it itself.
    #[serde(default)]
    pub is_by_site: bool,
    /// All writes to it, in their order.
    pub history: Vec<ExportedCommentEntry>,
    /// The reports of it, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reports: Vec<ExportedReport>,
    /// What imports made it of.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub imported_from: Vec<ImportedCommentFrom>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = comments)]
struct Row {
    id: CommentId,
    public_id: String,
    parent_public_id: Option<String>,
    path: String,
    version: i64,
    state: State,
    state_reason: Option<String>,
    held_by: Option<HeldBy>,
    created_at: i64,
    updated_at: i64,
    deleted_at: Option<i64>,
    erased_at: Option<i64>,
    author_name: String,
    author_email: Option<String>,
    body: String,
    by_site: i64,
}

/// Where a page of an article's comments begins: after this path, first among those that have a place in its thread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Start {
    is_in_thread: bool,
    path: String,
}

impl Start {
    /// At the first.
    #[must_use]
    pub const fn first() -> Self {
        Self { is_in_thread: true, path: String::new() }
    }
}

/// The next comments of an article, in any state, each behind the one that it replies to; and where the next ones begin,
/// if there are more (index `comments_in_thread`).
///
/// # Errors
/// A database fault.
pub fn select_next_exported(
    conn: &mut Conn,
    (article, article_id): (ArticleId, &str),
    start: &Start,
    most: i64,
) -> QueryResult<(Vec<ExportedComment>, Option<Start>)> {
    let rows: Vec<Row> = comments::table
        .filter(comments::article_id.eq(article))
        .filter(comments::in_thread.eq(i64::from(start.is_in_thread)))
        .filter(comments::path.gt(&start.path))
        .order(comments::path.asc())
        .limit(most)
        .select(Row::columns())
        .load(conn)?;
    let next = match rows.last() {
        Some(last) if i64::try_from(rows.len()) == Ok(most) => {
            Some(Start { path: last.path.clone(), ..*start })
        }
        // What replies to one without a place has none either.
        _ => start.is_in_thread.then(|| Start { is_in_thread: false, path: String::new() }),
    };
    let ids: Vec<i64> = rows.iter().map(|row| row.id.0).collect();
    let mut histories = histories_of(conn, &ids)?;
    let mut reports = reports_of(conn, &ids)?;
    let mut imports = imports_of(conn, &ids)?;
    let exported = rows.into_iter().map(|row| ExportedComment {
        number: row.id,
        place: place_of(&row.path).map(str::to_owned),
        id: row.public_id,
        article: article_id.to_owned(),
        parent: row.parent_public_id,
        version: row.version,
        state: row.state,
        state_reason: row.state_reason,
        held_by: row.held_by,
        created_at: StoredAt(row.created_at),
        updated_at: StoredAt(row.updated_at),
        deleted_at: row.deleted_at.map(StoredAt),
        erased_at: row.erased_at.map(StoredAt),
        author_name: row.author_name,
        author_email: row.author_email,
        body: row.body,
        is_by_site: row.by_site != 0,
        history: histories.remove(&row.id).unwrap_or_default(),
        reports: reports.remove(&row.id).unwrap_or_default(),
        imported_from: imports.remove(&row.id).unwrap_or_default(),
    });
    Ok((exported.collect(), next))
}

/// What stands in the last step of a path before the comment's own number.
fn place_of(path: &str) -> Option<&str> {
    let mut rest = path;
    loop {
        let has_place = rest.get(PATH_DIGITS..).is_some_and(|behind| behind.starts_with(BEHIND));
        let length = if has_place { PLACE_DIGITS + PATH_DIGITS } else { PATH_DIGITS };
        match rest.get(length..) {
            Some(below) if !below.is_empty() => rest = below,
            _ if has_place => return rest.get(..PLACE_DIGITS),
            _ => return None,
        }
    }
}

/// Index `comment_history_by_comment`.
fn histories_of(
    conn: &mut Conn,
    ids: &[i64],
) -> QueryResult<HashMap<CommentId, Vec<ExportedCommentEntry>>> {
    let rows: Vec<(CommentId, EntryRow)> = comment_history::table
        .filter(is_one_of(comment_history::comment_id, ids.iter().copied()))
        .select((comment_history::comment_id, EntryRow::columns()))
        .load(conn)?;
    let mut histories: HashMap<CommentId, Vec<ExportedCommentEntry>> = HashMap::new();
    for (comment, row) in rows {
        histories.entry(comment).or_default().push(ExportedCommentEntry {
            version: row.version,
            at: StoredAt(row.at),
            state: row.state,
            actor: row.actor,
            actor_key_id: row.actor_key_id,
            reason: row.reason,
            held_by: row.held_by,
            edited: row.edited != 0,
        });
    }
    for history in histories.values_mut() {
        history.sort_unstable_by_key(|entry| entry.version);
    }
    Ok(histories)
}

type ReportRow = (CommentId, i64, Option<String>, Option<String>, i64, i64);

/// Index `comment_reports_by_comment`.
fn reports_of(
    conn: &mut Conn,
    ids: &[i64],
) -> QueryResult<HashMap<CommentId, Vec<ExportedReport>>> {
    let mut rows: Vec<ReportRow> = comment_reports::table
        .filter(is_one_of(comment_reports::comment_id, ids.iter().copied()))
        .select((
            comment_reports::comment_id,
            comment_reports::id,
            comment_reports::reporter,
            comment_reports::reason,
            comment_reports::settled,
            comment_reports::at,
        ))
        .load(conn)?;
    rows.sort_unstable_by_key(|(_, id, ..)| *id);
    let mut reports: HashMap<CommentId, Vec<ExportedReport>> = HashMap::new();
    for (comment, _, reporter, reason, settled, at) in rows {
        reports.entry(comment).or_default().push(ExportedReport {
            at: StoredAt(at),
            reason,
            // All else is the digest of an address.
            reporter: reporter
                .filter(|name| NAMED_REPORTERS.iter().any(|known| name.starts_with(known))),
            is_settled: settled != 0,
        });
    }
    Ok(reports)
}

type ImportRow = (CommentId, String, Vec<u8>, i64, Option<i64>);

/// Index `imported_comments_by_comment`.
fn imports_of(
    conn: &mut Conn,
    ids: &[i64],
) -> QueryResult<HashMap<CommentId, Vec<ImportedCommentFrom>>> {
    let mut rows: Vec<ImportRow> = imported_comments::table
        .filter(is_one_of(imported_comments::comment_id, ids.iter().copied()))
        .select((
            imported_comments::comment_id,
            imported_comments::source_id,
            imported_comments::sha256,
            imported_comments::imported_at,
            imported_comments::source_version,
        ))
        .load(conn)?;
    rows.sort_unstable_by(|a, b| a.1.cmp(&b.1));
    let mut imports: HashMap<CommentId, Vec<ImportedCommentFrom>> = HashMap::new();
    for (comment, source_id, sha256, imported_at, source_version) in rows {
        imports.entry(comment).or_default().push(ImportedCommentFrom {
            source_id,
            sha256: StoredDigest(sha256),
            imported_at: StoredAt(imported_at),
            source_version,
        });
    }
    Ok(imports)
}

/// What a comment could not have again, as another one has it that was read earlier. That one was purged with its article
/// while the export was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lost {
    /// Its number.
    Number,
    /// What an import knows it by.
    Source(String),
}

/// Stores a comment as it was, with its history and its reports; numbers of replies and of comments follow. One whose
/// number is taken was given it while the export was made, and gets another. Returns what it could not have again.
///
/// # Errors
/// `internal` if the comment that it replies to is not there, or a database fault.
pub fn restore(
    conn: &mut Conn,
    article: ArticleId,
    comment: &ExportedComment,
) -> Result<Vec<Lost>, Problem> {
    let numbered = diesel::dsl::exists(comments::table.find(comment.number));
    let is_taken: bool = diesel::select(numbered).get_result(conn)?;
    let id = match is_taken {
        true => next_id(conn)?,
        false => comment.number,
    };
    let parent: Option<(CommentId, String, i64)> = match &comment.parent {
        None => None,
        Some(parent) => {
            let found: Option<(CommentId, String, i64)> = comments::table
                .filter(comments::public_id.eq(parent))
                .filter(comments::article_id.eq(article))
                .select((comments::id, comments::path, comments::depth))
                .first(conn)
                .optional()?;
            Some(found.ok_or_else(|| {
                Problem::internal(format!("the comment {parent} is not there, which has a reply"))
            })?)
        }
    };
    let above = parent.as_ref().map_or("", |(_, path, _)| path);
    let place = comment.place.as_deref().unwrap_or_default();
    let body_html = match comment.body.is_empty() {
        true => String::new(),
        false => render_comment(&comment.body),
    };
    let digest = comment.erased_at.is_none().then(|| {
        let email = comment.author_email.as_deref();
        said(article, &comment.author_name, email, comment.parent.as_deref(), &comment.body)
    });
    let open = comment.reports.iter().filter(|report| !report.is_settled).count();
    diesel::insert_into(comments::table)
        .values((
            comments::id.eq(id),
            comments::public_id.eq(&comment.id),
            comments::article_id.eq(article),
            comments::state.eq(comment.state.word()),
            comments::version.eq(comment.version),
            comments::author_name.eq(&comment.author_name),
            comments::author_email.eq(comment.author_email.as_deref()),
            comments::body.eq(&comment.body),
            comments::body_html.eq(body_html),
            comments::state_reason.eq(comment.state_reason.as_deref()),
            comments::created_at.eq(comment.created_at.0),
            comments::updated_at.eq(comment.updated_at.0),
            comments::deleted_at.eq(comment.deleted_at.map(|at| at.0)),
            comments::erased_at.eq(comment.erased_at.map(|at| at.0)),
            comments::parent_id.eq(parent.as_ref().map(|(id, ..)| *id)),
            comments::parent_public_id.eq(comment.parent.as_deref()),
            comments::path.eq(format!("{above}{place}{}", own_step(id))),
            comments::depth.eq(parent.as_ref().map_or(0, |(.., depth)| depth + 1)),
            comments::held_by.eq(comment.held_by.map(HeldBy::word)),
            comments::by_site.eq(i64::from(comment.is_by_site)),
            comments::report_count.eq(i64::try_from(open).unwrap_or(i64::MAX)),
            comments::said.eq(digest),
        ))
        .execute(conn)?;
    restore_past(conn, id, comment)?;
    let mut lost = restore_imports(conn, id, comment)?;
    lost.extend(is_taken.then_some(Lost::Number));
    // Those above it too.
    show(conn, id)?;
    if comment.state == State::Published {
        add_to_comment_count(conn, article, 1)?;
    }
    Ok(lost)
}

/// The history and the reports of a comment.
fn restore_past(conn: &mut Conn, id: CommentId, comment: &ExportedComment) -> QueryResult<()> {
    for entry in &comment.history {
        diesel::insert_into(comment_history::table)
            .values((
                comment_history::comment_id.eq(id),
                comment_history::version.eq(entry.version),
                comment_history::state.eq(entry.state.word()),
                comment_history::actor.eq(&entry.actor),
                comment_history::actor_key_id.eq(entry.actor_key_id.as_deref()),
                comment_history::reason.eq(entry.reason.as_deref()),
                comment_history::held_by.eq(entry.held_by.map(HeldBy::word)),
                comment_history::edited.eq(i64::from(entry.edited)),
                comment_history::at.eq(entry.at.0),
            ))
            .execute(conn)?;
    }
    for report in &comment.reports {
        diesel::insert_into(comment_reports::table)
            .values((
                comment_reports::comment_id.eq(id),
                comment_reports::reporter.eq(report.reporter.as_deref()),
                comment_reports::reason.eq(report.reason.as_deref()),
                comment_reports::settled.eq(i64::from(report.is_settled)),
                comment_reports::at.eq(report.at.0),
            ))
            .execute(conn)?;
    }
    Ok(())
}

/// What imports know a comment by (primary key of `imported_comments`).
fn restore_imports(
    conn: &mut Conn,
    id: CommentId,
    comment: &ExportedComment,
) -> QueryResult<Vec<Lost>> {
    let mut lost = Vec::new();
    for from in &comment.imported_from {
        let ImportedCommentFrom { source_id, sha256, imported_at, source_version } = from;
        let stored = diesel::insert_into(imported_comments::table)
            .values((
                imported_comments::source_id.eq(source_id),
                imported_comments::comment_id.eq(id),
                imported_comments::sha256.eq(&sha256.0),
                imported_comments::imported_at.eq(imported_at.0),
                imported_comments::source_version.eq(*source_version),
            ))
            .on_conflict_do_nothing()
            .execute(conn)?;
        if stored == 0 {
            lost.push(Lost::Source(source_id.clone()));
        }
    }
    Ok(lost)
}

/// True if it can be the place of a comment among its siblings.
#[must_use]
pub fn is_place(text: &str) -> bool {
    text.len() == PLACE_DIGITS
        && text.char_indices().all(|(at, c)| match at {
            PATH_DIGITS => c == BEHIND,
            _ => c.is_ascii_digit() || ('a'..='f').contains(&c),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_of_a_comment_stands_in_its_last_step() {
        let (plain, place) = ("000000002a", "000000000cg0665a1b2c3d4e");
        assert_eq!(place.len(), PLACE_DIGITS);
        for (path, want) in [
            (plain.to_owned(), None),
            (format!("{plain}{plain}"), None),
            (format!("{place}{plain}"), Some(place)),
            (format!("{plain}{place}{plain}"), Some(place)),
            (format!("{place}{plain}{plain}"), None),
            (format!("{place}{plain}{place}{plain}"), Some(place)),
        ] {
            assert_eq!(place_of(&path), want, "{path}");
        }
        assert!(is_place(place) && !is_place(plain) && !is_place(&place.replace('g', "0")));
    }
}
