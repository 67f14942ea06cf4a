//! Storing articles again as they were, from an export.

use diesel::dsl::exists;

use super::exported::{
    Attachment, ExportedArticle, ExportedEntry, ExportedRevision, ExportedTerm, FormerSlug,
    Identity, ImportedFrom, Publication,
};
use super::{index, json, note_spellings, select_row, select_slug_owner};
use crate::articles::ids::ArticleId;
use crate::articles::model::ArticleRow;
use crate::articles::words::{Standing, State, TermKind};
use crate::db::StoredAt;
use crate::db::prelude::*;
use crate::db::schema::{
    article_bodies, article_corrections, article_disclaimers, article_history,
    article_publications, article_removals, article_revisions, article_seen, article_terms,
    articles, former_slugs, imported_addresses, imported_files, terms,
};
use crate::disclaimers::ids::DisclaimerId;
use crate::disclaimers::store::export::numbered;
use crate::domain::markup::Rendered;
use crate::problem::Problem;

/// All columns of an article.
#[derive(Insertable)]
#[diesel(table_name = articles, treat_none_as_default_value = false)]
struct Stored<'a> {
    id: ArticleId,
    public_id: &'a str,
    slug: &'a str,
    state: &'a str,
    version: i64,
    title: &'a str,
    summary: Option<&'a str>,
    dateline: Option<&'a str>,
    body_format: &'a str,
    word_count: i64,
    authors: &'a str,
    source_name: Option<&'a str>,
    source_url: Option<&'a str>,
    external_id: Option<&'a str>,
    canonical_url: Option<&'a str>,
    language: &'a str,
    section: Option<&'a str>,
    tags: &'a str,
    image: Option<&'a str>,
    comments_policy: &'a str,
    metadata: &'a str,
    published_at: Option<i64>,
    went_public_at: Option<i64>,
    created_at: i64,
    updated_at: i64,
    trashed_at: Option<i64>,
    access: &'a str,
    embargo_until: Option<i64>,
    expires_at: Option<i64>,
    comments_close_at: Option<i64>,
}

impl<'a> Stored<'a> {
    fn of(row: &'a ArticleRow) -> Self {
        Self {
            id: row.id,
            public_id: &row.public_id,
            slug: &row.slug,
            state: row.state.word(),
            version: row.version,
            title: &row.title,
            summary: row.summary.as_deref(),
            dateline: row.dateline.as_deref(),
            body_format: row.body_format.word(),
            word_count: row.word_count,
            authors: &row.authors,
            source_name: row.source_name.as_deref(),
            source_url: row.source_url.as_deref(),
            external_id: row.external_id.as_deref(),
            canonical_url: row.canonical_url.as_deref(),
            language: &row.language,
            section: row.section.as_deref(),
            tags: &row.tags,
            image: row.image.as_deref(),
            comments_policy: row.comments_policy.word(),
            metadata: &row.metadata,
            published_at: row.published_at,
            went_public_at: row.went_public_at,
            created_at: row.created_at,
            updated_at: row.updated_at,
            trashed_at: row.trashed_at,
            access: row.access.word(),
            embargo_until: row.embargo_until,
            expires_at: row.expires_at,
            comments_close_at: row.comments_close_at,
        }
    }
}

/// What gave way so that an article could be stored: another was changed while the export was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GaveWay {
    /// The article with this id has another slug now.
    Slug(String),
    /// The article with this id has no external id now.
    ExternalId(String),
    /// No import knows the article with this id any more by a source, or by an address there, that another has now.
    Source(String),
}

/// The row of a disclaimer, by its public id.
pub type FindDisclaimer<'a> = dyn Fn(&str) -> Option<DisclaimerId> + 'a;

/// True for the row of an article that this import has stored: what others wrote meanwhile is left alone.
pub type IsOurs<'a> = dyn Fn(ArticleId) -> bool + 'a;

/// Stores an article as it was, without its history, its revisions and its comments. What replaces it is stored once that
/// is there. An article that was read earlier and has its slug or external id has left that since, and gives way.
///
/// # Errors
/// `internal` if a member cannot be stored, or a database fault, also if an article that is not ours has its number, its
/// slug or its external id.
pub fn restore_exported(
    conn: &mut Conn,
    article: &ExportedArticle,
    disclaimer: &FindDisclaimer<'_>,
    is_ours: &IsOurs<'_>,
) -> Result<Vec<GaveWay>, Problem> {
    let identity = Identity {
        number: article.number,
        id: &article.id,
        version: article.version,
        created_at: article.created_at,
        // It is counted when they are stored.
        comment_count: 0,
    };
    let row = article.content.row(&identity)?;
    let mut gave_way = match row.trashed_at {
        None => make_way(conn, &row, is_ours)?,
        Some(_) => Vec::new(),
    };
    note_spellings(conn, spelled(&row), None)?;
    diesel::insert_into(articles::table).values(Stored::of(&row)).execute(conn)?;
    diesel::insert_into(article_bodies::table)
        .values((
            article_bodies::article_id.eq(row.id),
            article_bodies::body.eq(&article.body),
            article_bodies::body_html.eq(&article.body_html),
        ))
        .execute(conn)?;
    restore_past(conn, article)?;
    for Attachment { attached_at, disclaimer: name, detached_at } in &article.attachments {
        let id = disclaimer(name).ok_or_else(|| {
            Problem::internal(format!("the disclaimer {name} of an article is not there"))
        })?;
        diesel::insert_into(article_disclaimers::table)
            .values((
                article_disclaimers::article_id.eq(row.id),
                article_disclaimers::disclaimer_id.eq(id),
                article_disclaimers::attached_at.eq(attached_at.0),
                article_disclaimers::detached_at.eq(detached_at.map(|at| at.0)),
            ))
            .execute(conn)?;
    }
    gave_way.extend(restore_imports(conn, article, is_ours)?);
    let text = Rendered::of_html(article.body_html.clone(), 0);
    let row = select_row(conn, row.id)?;
    index(conn, None, &row, (&text, true))?;
    Ok(gave_way)
}

/// The publications, removal, slugs and corrections of an article.
fn restore_past(conn: &mut Conn, article: &ExportedArticle) -> QueryResult<()> {
    let id = article.number;
    if let Some(at) = article.first_seen_at {
        diesel::insert_into(article_seen::table)
            .values((article_seen::article_id.eq(id), article_seen::first_seen_at.eq(at.0)))
            .execute(conn)?;
    }
    if let Some(removal) = &article.removal {
        let at = |at: Option<StoredAt>| at.map(|at| at.0);
        diesel::insert_into(article_removals::table)
            .values((
                article_removals::article_id.eq(id),
                article_removals::withdrawn_at.eq(at(removal.withdrawn_at)),
                article_removals::notice.eq(removal.notice.as_deref()),
                article_removals::blocked_at.eq(at(removal.blocked_at)),
                article_removals::authority.eq(removal.authority.as_deref()),
                article_removals::reference.eq(removal.reference.as_deref()),
                article_removals::state_before_block
                    .eq(removal.state_before_block.map(Standing::word)),
                article_removals::went_public_at.eq(at(removal.went_public_at)),
            ))
            .execute(conn)?;
    }
    for FormerSlug { slug, left_at } in &article.former_slugs {
        diesel::insert_into(former_slugs::table)
            .values((
                former_slugs::slug.eq(slug),
                former_slugs::left_at.eq(left_at.0),
                former_slugs::article_id.eq(id),
            ))
            .execute(conn)?;
    }
    for correction in &article.corrections {
        diesel::insert_into(article_corrections::table)
            .values((
                article_corrections::public_id.eq(&correction.id),
                article_corrections::article_id.eq(id),
                article_corrections::note.eq(&correction.note),
                article_corrections::corrected_at.eq(correction.corrected_at.0),
                article_corrections::withdrawn_at.eq(correction.withdrawn_at.map(|at| at.0)),
            ))
            .execute(conn)?;
    }
    for Publication { since, until } in &article.publications {
        diesel::insert_into(article_publications::table)
            .values((
                article_publications::article_id.eq(id),
                article_publications::since.eq(since.0),
                article_publications::until.eq(until.map(|at| at.0)),
            ))
            .execute(conn)?;
    }
    Ok(())
}

/// What an import knows of an article. Of two articles that know the same, the one that was read earlier was purged while
/// the export was made, and gives way (primary keys).
fn restore_imports(
    conn: &mut Conn,
    article: &ExportedArticle,
    is_ours: &IsOurs<'_>,
) -> QueryResult<Option<GaveWay>> {
    let mut gave_way = None;
    for ImportedFrom { source_id, sha256, imported_at, source_version } in &article.imported_from {
        let owner: Option<(ArticleId, String)> = imported_files::table
            .inner_join(articles::table)
            .filter(imported_files::path.eq(source_id))
            .select((articles::id, articles::public_id))
            .first(conn)
            .optional()?;
        if let Some((_, owner)) = owner.filter(|(owner, _)| is_ours(*owner)) {
            diesel::delete(imported_files::table.find(source_id.as_str())).execute(conn)?;
            gave_way = Some(GaveWay::Source(owner));
        }
        diesel::insert_into(imported_files::table)
            .values((
                imported_files::path.eq(source_id),
                imported_files::article_id.eq(article.number),
                imported_files::sha256.eq(&sha256.0),
                imported_files::imported_at.eq(imported_at.0),
                imported_files::source_version.eq(*source_version),
            ))
            .on_conflict_do_nothing()
            .execute(conn)?;
    }
    for address in &article.imported_addresses {
        let owner: Option<(ArticleId, String)> = imported_addresses::table
            .inner_join(articles::table)
            .filter(imported_addresses::address.eq(address))
            .select((articles::id, articles::public_id))
            .first(conn)
            .optional()?;
        if let Some((_, owner)) = owner.filter(|(owner, _)| is_ours(*owner)) {
            diesel::delete(imported_addresses::table.find(address.as_str())).execute(conn)?;
            gave_way = Some(GaveWay::Source(owner));
        }
        diesel::insert_into(imported_addresses::table)
            .values((
                imported_addresses::address.eq(address),
                imported_addresses::article_id.eq(article.number),
            ))
            .on_conflict_do_nothing()
            .execute(conn)?;
    }
    Ok(gave_way)
}

/// Frees the slug and the external id of an article that is about to be stored (indexes `articles_slug`,
/// `articles_by_external_id`).
fn make_way(conn: &mut Conn, row: &ArticleRow, is_ours: &IsOurs<'_>) -> QueryResult<Vec<GaveWay>> {
    let mut gave_way = Vec::new();
    let owner = select_slug_owner(conn, &row.slug)?.filter(|(owner, _)| is_ours(*owner));
    if let Some((owner, id)) = owner {
        let mut number = owner.0;
        let mut free = numbered(&row.slug, number);
        while select_slug_owner(conn, &free)?.is_some() {
            number += 1;
            free = numbered(&row.slug, number);
        }
        diesel::update(articles::table.find(owner)).set(articles::slug.eq(free)).execute(conn)?;
        gave_way.push(GaveWay::Slug(id));
    }
    if let Some(external_id) = &row.external_id {
        let owners: Vec<(ArticleId, String, Option<String>)> = articles::table
            .filter(articles::external_id.eq(external_id))
            .filter(articles::trashed_at.is_null())
            .select((articles::id, articles::public_id, articles::source_name))
            .load(conn)?;
        let same = owners
            .into_iter()
            .filter(|(owner, _, source)| *source == row.source_name && is_ours(*owner));
        for (owner, id, _) in same {
            diesel::update(articles::table.find(owner))
                .set(articles::external_id.eq(None::<String>))
                .execute(conn)?;
            gave_way.push(GaveWay::ExternalId(id));
        }
    }
    Ok(gave_way)
}

/// The provider and the language that an article has, or had in a version.
fn spelled(row: &ArticleRow) -> (Option<&str>, &str) {
    (row.source_name.as_deref(), &row.language)
}

/// Stores an entry of an article's history as it was.
pub fn restore_entry(
    conn: &mut Conn,
    article: ArticleId,
    entry: &ExportedEntry,
) -> QueryResult<()> {
    diesel::insert_into(article_history::table)
        .values((
            article_history::article_id.eq(article),
            article_history::version.eq(entry.version),
            article_history::event.eq(entry.event.word()),
            article_history::actor.eq(&entry.actor),
            article_history::actor_key_id.eq(entry.actor_key_id.as_deref()),
            article_history::reason.eq(entry.reason.as_deref()),
            article_history::changes.eq(json(&entry.changes)?),
            article_history::subject.eq(entry.subject.as_deref()),
            article_history::restored_version.eq(entry.restored_version),
            article_history::details.eq(json(&entry.details)?),
            article_history::state.eq(entry.state.map(State::word)),
            article_history::published_at.eq(entry.published_at.map(|at| at.0)),
            article_history::went_public_at.eq(entry.went_public_at.map(|at| at.0)),
            article_history::at.eq(entry.at.0),
        ))
        .execute(conn)
        .map(drop)
}

/// Stores a former version of an article as it was.
///
/// # Errors
/// `internal` if a member cannot be stored, or a database fault.
pub fn restore_revision(
    conn: &mut Conn,
    (article, created_at): (ArticleId, StoredAt),
    revision: &ExportedRevision,
) -> Result<(), Problem> {
    let identity = Identity {
        number: article,
        id: &revision.article,
        version: revision.version,
        created_at,
        comment_count: revision.comment_count,
    };
    let content = revision.content.as_ref().map(|content| content.row(&identity)).transpose()?;
    if let Some(row) = &content {
        note_spellings(conn, spelled(row), None)?;
    }
    diesel::insert_into(article_revisions::table)
        .values((
            article_revisions::article_id.eq(article),
            article_revisions::last_version.eq(revision.version),
            article_revisions::content.eq(content.as_ref().map(json).transpose()?),
            article_revisions::body.eq(revision.body.as_deref()),
        ))
        .execute(conn)?;
    Ok(())
}

/// Records which article replaces a withdrawn one; false if that is not there (index `articles_public_id`).
pub fn restore_replacement(conn: &mut Conn, article: ArticleId, by: &str) -> QueryResult<bool> {
    let by: Option<ArticleId> = articles::table
        .filter(articles::public_id.eq(by))
        .select(articles::id)
        .first(conn)
        .optional()?;
    diesel::update(article_removals::table.find(article))
        .set(article_removals::replaced_by.eq(by))
        .execute(conn)?;
    Ok(by.is_some())
}

/// Stores the name of a term: one that somebody has given, or that of a term that articles have. Returns its key if
/// somebody has given it (primary key).
pub fn restore_term(conn: &mut Conn, term: &ExportedTerm) -> QueryResult<Option<String>> {
    let Some(key) = term.kind.key(&term.value) else {
        return Ok(None);
    };
    let stored = || terms::table.find((term.kind.word(), &*key));
    let is_there: bool = diesel::select(exists(stored())).get_result(conn)?;
    let named = (
        terms::value.eq(&term.value),
        terms::name.eq(&term.name),
        terms::is_given.eq(i64::from(term.is_given)),
    );
    if is_there {
        diesel::update(stored()).set(named).execute(conn)?;
        return Ok(term.is_given.then_some(key));
    }
    if !term.is_given {
        return Ok(None);
    }
    diesel::insert_into(terms::table)
        .values((terms::kind.eq(term.kind.word()), terms::key.eq(&key), named))
        .execute(conn)?;
    Ok(Some(key))
}

/// Takes away the name that somebody has given a term: of one that articles have, it follows from these again (primary
/// keys).
pub fn forget_term(conn: &mut Conn, kind: TermKind, key: &str) -> QueryResult<()> {
    let of_articles = article_terms::table
        .filter(article_terms::kind.eq(kind.word()))
        .filter(article_terms::key.eq(key));
    let is_of_articles: bool = diesel::select(exists(of_articles)).get_result(conn)?;
    let stored = terms::table.find((kind.word(), key));
    let forgotten = match is_of_articles {
        true => diesel::update(stored).set(terms::is_given.eq(0)).execute(conn),
        false => diesel::delete(stored).execute(conn),
    };
    forgotten.map(drop)
}
