//! Reading articles whole, for an export.

use std::collections::HashSet;

use diesel::dsl::exists;
use diesel::sql_types::Text;

use super::exported::{
    Attachment, ExportedArticle, ExportedContent, ExportedCorrection, ExportedEntry,
    ExportedRemoval, ExportedRevision, ExportedTerm, FormerSlug, ImportedFrom, Publication,
};
use super::{select_body, select_corrections, select_first_seen, select_removal};
use crate::articles::ids::ArticleId;
use crate::articles::model::{ArticleRow, EntryRow, stored_json};
use crate::articles::terms::terms_of;
use crate::articles::words::TermKind;
use crate::db::prelude::*;
use crate::db::schema::{
    article_disclaimers, article_history, article_publications, article_revisions, article_terms,
    articles, former_slugs, imported_addresses, imported_files, terms,
};
use crate::db::{StoredAt, StoredDigest};
use crate::disclaimers::ids::DisclaimerId;
use crate::fixed_query;
use crate::problem::Problem;

/// The public id of a disclaimer, by its row.
pub type NameDisclaimer<'a> = dyn Fn(DisclaimerId) -> Option<String> + 'a;

/// An article by its public id, also in the trash (index `articles_public_id`).
pub fn select_named(conn: &mut Conn, public_id: &str) -> QueryResult<Option<ArticleRow>> {
    articles::table
        .filter(articles::public_id.eq(public_id))
        .select(ArticleRow::columns())
        .first(conn)
        .optional()
}

/// An article whole, but for its history, its revisions and its comments, which may be many.
///
/// # Errors
/// `internal` if a stored member is damaged, or a database fault.
pub fn select_exported(
    conn: &mut Conn,
    row: ArticleRow,
    disclaimer: &NameDisclaimer<'_>,
) -> Result<ExportedArticle, Problem> {
    let id = row.id;
    let text = select_body(conn, id)?;
    let corrections = select_corrections(conn, &[id])?;
    let corrections = corrections.into_iter().map(|row| ExportedCorrection {
        id: row.public_id,
        note: row.note,
        corrected_at: StoredAt(row.corrected_at),
        withdrawn_at: row.withdrawn_at.map(StoredAt),
    });
    Ok(ExportedArticle {
        number: id,
        id: row.public_id.clone(),
        version: row.version,
        created_at: StoredAt(row.created_at),
        body: text.body,
        body_html: text.body_html,
        first_seen_at: select_first_seen(conn, id)?.map(StoredAt),
        removal: removal_of(conn, id)?,
        former_slugs: former_slugs_of(conn, id)?,
        corrections: corrections.collect(),
        publications: publications_of(conn, id)?,
        attachments: attachments_of(conn, id, disclaimer)?,
        imported_from: imports_of(conn, id)?,
        imported_addresses: addresses_of(conn, id)?,
        content: ExportedContent::of(row)?,
    })
}

fn removal_of(conn: &mut Conn, article: ArticleId) -> QueryResult<Option<ExportedRemoval>> {
    let Some(row) = select_removal(conn, article)? else {
        return Ok(None);
    };
    let at = |micros: Option<i64>| micros.map(StoredAt);
    Ok(Some(ExportedRemoval {
        withdrawn_at: at(row.withdrawn_at),
        notice: row.notice,
        replaced_by: match row.replaced_by {
            Some(other) => {
                let id = articles::table.find(other).select(articles::public_id);
                id.first(conn).optional()?
            }
            None => None,
        },
        blocked_at: at(row.blocked_at),
        authority: row.authority,
        reference: row.reference,
        state_before_block: row.state_before_block,
        went_public_at: at(row.went_public_at),
    }))
}

/// Index `former_slugs_by_article`.
fn former_slugs_of(conn: &mut Conn, article: ArticleId) -> QueryResult<Vec<FormerSlug>> {
    let rows: Vec<(String, i64)> = former_slugs::table
        .filter(former_slugs::article_id.eq(article))
        .order(former_slugs::slug.asc())
        .select((former_slugs::slug, former_slugs::left_at))
        .load(conn)?;
    Ok(rows
        .into_iter()
        .map(|(slug, left_at)| FormerSlug { slug, left_at: StoredAt(left_at) })
        .collect())
}

/// Index `article_publications_by_article`.
fn publications_of(conn: &mut Conn, article: ArticleId) -> QueryResult<Vec<Publication>> {
    let rows: Vec<(i64, Option<i64>)> = article_publications::table
        .filter(article_publications::article_id.eq(article))
        .order(article_publications::since.asc())
        .select((article_publications::since, article_publications::until))
        .load(conn)?;
    let mut publications: Vec<Publication> = rows
        .into_iter()
        .map(|(since, until)| Publication { since: StoredAt(since), until: until.map(StoredAt) })
        .collect();
    // Those of one instant have no order of their own.
    publications.sort_unstable();
    Ok(publications)
}

/// Index `article_disclaimers_by_article`.
fn attachments_of(
    conn: &mut Conn,
    article: ArticleId,
    disclaimer: &NameDisclaimer<'_>,
) -> Result<Vec<Attachment>, Problem> {
    let rows: Vec<(DisclaimerId, i64, Option<i64>)> = article_disclaimers::table
        .filter(article_disclaimers::article_id.eq(article))
        .order(article_disclaimers::attached_at.asc())
        .select((
            article_disclaimers::disclaimer_id,
            article_disclaimers::attached_at,
            article_disclaimers::detached_at,
        ))
        .load(conn)?;
    let mut attachments: Vec<Attachment> = rows
        .into_iter()
        .map(|(id, attached_at, detached_at)| {
            // A text that an article must carry is never left out.
            let disclaimer = disclaimer(id).ok_or_else(|| {
                Problem::internal("an article has a disclaimer that is not there")
            })?;
            Ok(Attachment {
                attached_at: StoredAt(attached_at),
                disclaimer,
                detached_at: detached_at.map(StoredAt),
            })
        })
        .collect::<Result<_, Problem>>()?;
    attachments.sort_unstable();
    Ok(attachments)
}

/// Index `imported_files_by_article`.
fn imports_of(conn: &mut Conn, article: ArticleId) -> QueryResult<Vec<ImportedFrom>> {
    let rows: Vec<(String, Vec<u8>, i64, Option<i64>)> = imported_files::table
        .filter(imported_files::article_id.eq(article))
        .select((
            imported_files::path,
            imported_files::sha256,
            imported_files::imported_at,
            imported_files::source_version,
        ))
        .load(conn)?;
    let mut imports: Vec<ImportedFrom> = rows
        .into_iter()
        .map(|(source_id, sha256, imported_at, source_version)| ImportedFrom {
            source_id,
            sha256: StoredDigest(sha256),
            imported_at: StoredAt(imported_at),
            source_version,
        })
        .collect();
    imports.sort_unstable_by(|a, b| a.source_id.cmp(&b.source_id));
    Ok(imports)
}

/// Index `imported_addresses_by_article`.
fn addresses_of(conn: &mut Conn, article: ArticleId) -> QueryResult<Vec<String>> {
    let mut addresses: Vec<String> = imported_addresses::table
        .filter(imported_addresses::article_id.eq(article))
        .select(imported_addresses::address)
        .load(conn)?;
    addresses.sort_unstable();
    Ok(addresses)
}

/// The next entries of an article's history after a version, the oldest first (index `article_history_by_article`).
///
/// # Errors
/// `internal` if a stored member is damaged, or a database fault.
pub fn select_next_entries(
    conn: &mut Conn,
    (article, id): (ArticleId, &str),
    after: i64,
    most: i64,
) -> Result<Vec<ExportedEntry>, Problem> {
    let rows: Vec<EntryRow> = article_history::table
        .filter(article_history::article_id.eq(article))
        .filter(article_history::version.gt(after))
        .order(article_history::version.asc())
        .limit(most)
        .select(EntryRow::columns())
        .load(conn)?;
    rows.into_iter().map(|row| ExportedEntry::of(id, row)).collect()
}

/// The next revision of an article after a version (primary key of `article_revisions`).
///
/// # Errors
/// `internal` if a stored member is damaged, or a database fault.
pub fn select_next_revision(
    conn: &mut Conn,
    (article, id): (ArticleId, &str),
    after: i64,
) -> Result<Option<ExportedRevision>, Problem> {
    let row: Option<(i64, Option<String>, Option<String>)> = article_revisions::table
        .filter(article_revisions::article_id.eq(article))
        .filter(article_revisions::last_version.gt(after))
        .order(article_revisions::last_version.asc())
        .select((
            article_revisions::last_version,
            article_revisions::content,
            article_revisions::body,
        ))
        .first(conn)
        .optional()?;
    let Some((version, content, body)) = row else {
        return Ok(None);
    };
    let content: Option<ArticleRow> = content.as_deref().map(stored_json).transpose()?;
    Ok(Some(ExportedRevision {
        article: id.to_owned(),
        version,
        comment_count: content.as_ref().map_or(0, |row| row.comment_count),
        content: content.map(ExportedContent::of).transpose()?,
        body,
    }))
}

fixed_query! {
    /// Those of some keys of a kind that articles have, also articles in the trash (primary key of `article_terms`).
    struct KeysOfArticles { keys: String => Text, kind: String => Text } -> Text
        = "select one.value from json_texts(?keys) as one
             where exists (select 1 from article_terms where article_terms.kind = ?kind and article_terms.key = one.value)";
}

/// The next terms of a kind after a key, but for those that no article has any more and nobody has named; and the key
/// after which the next ones begin, if there may be more (primary key).
///
/// # Errors
/// `internal` if the keys cannot be written as JSON, or a database fault.
pub fn select_next_terms(
    conn: &mut Conn,
    kind: TermKind,
    after: &str,
    most: i64,
) -> Result<(Vec<ExportedTerm>, Option<String>), Problem> {
    let rows: Vec<(String, String, String, i64)> = terms::table
        .filter(terms::kind.eq(kind.word()))
        .filter(terms::key.gt(after))
        .order(terms::key.asc())
        .limit(most)
        .select((terms::key, terms::value, terms::name, terms::is_given))
        .load(conn)?;
    let next = rows.last().map(|(key, ..)| key.clone());
    let derived: Vec<&str> =
        rows.iter().filter(|row| row.3 == 0).map(|(key, ..)| key.as_str()).collect();
    let keys = serde_json::to_string(&derived).map_err(Problem::internal)?;
    let used: Vec<String> = match derived.is_empty() {
        true => Vec::new(),
        false => KeysOfArticles { keys, kind: kind.word().to_owned() }.load(conn)?,
    };
    let used: HashSet<String> = used.into_iter().collect();
    let exported = rows.into_iter().filter(|(key, .., given)| *given != 0 || used.contains(key));
    let exported = exported.map(|(_, value, name, given)| ExportedTerm {
        kind,
        value,
        name,
        is_given: given != 0,
    });
    Ok((exported.collect(), next))
}

/// The terms that an article has now: their kinds and keys.
///
/// # Errors
/// `internal` if a stored member is damaged.
pub fn term_keys_of(row: &ArticleRow) -> Result<Vec<(TermKind, String)>, Problem> {
    Ok(terms_of(row)?.into_iter().map(|term| (term.kind, term.key)).collect())
}

/// True if an article has a term, also one in the trash, or somebody has named it (primary keys).
pub fn has_term(conn: &mut Conn, kind: TermKind, key: &str) -> QueryResult<bool> {
    let of_articles = article_terms::table
        .filter(article_terms::kind.eq(kind.word()))
        .filter(article_terms::key.eq(key));
    let given = terms::table.find((kind.word(), key)).filter(terms::is_given.eq(1));
    let is_of_articles: bool = diesel::select(exists(of_articles)).get_result(conn)?;
    match is_of_articles {
        true => Ok(true),
        false => diesel::select(exists(given)).get_result(conn),
    }
}

/// True if somebody has named a section, a tag, an author, a provider or a language (primary key).
pub fn has_given_names(conn: &mut Conn) -> QueryResult<bool> {
    for kind in TermKind::WORDS {
        let given = terms::table.filter(terms::kind.eq(*kind)).filter(terms::is_given.eq(1));
        let is_given: bool = diesel::select(exists(given)).get_result(conn)?;
        if is_given {
            return Ok(true);
        }
    }
    Ok(false)
}
