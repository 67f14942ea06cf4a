//! Articles at rest.

use diesel::dsl::count_star;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use uuid::Uuid;

use super::api::{ArticleInput, State};
use crate::db::fragment::is_one_of;
use crate::db::schema::{
    article_bodies, article_disclaimers, article_history, articles, imported_files,
};
use crate::db::within_deadline;
use crate::domain::instant::Instant;
use crate::domain::markup::Rendered;
use crate::web::query::Locator;

/// An article without its text.
#[derive(Queryable, Selectable, Clone)]
#[diesel(table_name = articles)]
pub struct ArticleRow {
    pub id: i64,
    pub public_id: String,
    pub slug: String,
    pub state: String,
    pub version: i64,
    pub title: String,
    pub summary: Option<String>,
    pub dateline: Option<String>,
    pub body_format: String,
    pub word_count: i64,
    pub authors: String,
    pub source_name: Option<String>,
    pub source_url: Option<String>,
    pub external_id: Option<String>,
    pub canonical_url: Option<String>,
    pub language: String,
    pub section: Option<String>,
    pub tags: String,
    pub image: Option<String>,
    pub comments_policy: String,
    pub comment_count: i64,
    pub metadata: String,
    pub published_at: Option<i64>,
    pub created_at: i64,
    pub updated_at: i64,
    pub sort_key: i64,
}

/// An article's text.
#[derive(Queryable, Selectable, Clone)]
#[diesel(table_name = article_bodies)]
pub struct BodyRow {
    pub body: String,
    pub body_html: String,
}

/// Which articles a caller may know of: the predicate of every read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sight {
    /// Whether drafts are seen too.
    pub unpublished: bool,
}

/// The article that `locator` names, if it may be known of (indexes
/// `articles_public_id`, `articles_slug`).
pub fn select(
    conn: &mut SqliteConnection,
    locator: &Locator,
    sight: Sight,
) -> QueryResult<Option<(ArticleRow, BodyRow)>> {
    let visible = articles::table
        .inner_join(article_bodies::table)
        .filter(articles::trashed_at.is_null())
        .filter(
            articles::state
                .eq(State::Published.word())
                .or(sight.unpublished.into_sql::<Bool>()),
        )
        .select((ArticleRow::as_select(), BodyRow::as_select()));
    match locator {
        Locator::Id(id) => visible
            .filter(articles::public_id.eq(id.to_string()))
            .first(conn),
        Locator::Slug(slug) => visible.filter(articles::slug.eq(slug)).first(conn),
    }
    .optional()
}

/// Where a page starts: behind this sort key and id.
pub type After = (i64, i64);
/// Before everything.
pub const FIRST: After = (i64::MAX, i64::MAX);

/// A page of articles, newest first (index `articles_by_state_and_recency`, or
/// `articles_by_recency` without a state).
pub fn select_page(
    conn: &mut SqliteConnection,
    state: Option<&str>,
    after: After,
    rows: i64,
) -> QueryResult<Vec<ArticleRow>> {
    let (key, id) = after;
    let page = articles::table
        .filter(articles::trashed_at.is_null())
        .filter(articles::sort_key.le(key))
        .filter(articles::sort_key.lt(key).or(articles::id.lt(id)))
        .order((articles::sort_key.desc(), articles::id.desc()))
        .limit(rows)
        .select(ArticleRow::as_select());
    match state {
        Some(state) => page.filter(articles::state.eq(state)).load(conn),
        None => page.load(conn),
    }
}

/// Number of articles in a state, or of all; for the side pool.
pub fn count(conn: &mut SqliteConnection, state: Option<&str>) -> QueryResult<i64> {
    let all = articles::table
        .filter(articles::trashed_at.is_null())
        .filter(within_deadline())
        .select(count_star());
    match state {
        Some(state) => all.filter(articles::state.eq(state)).first(conn),
        None => all.first(conn),
    }
}

/// The texts of a page of articles.
pub fn select_bodies(conn: &mut SqliteConnection, ids: &[i64]) -> QueryResult<Vec<(i64, BodyRow)>> {
    article_bodies::table
        .filter(is_one_of(article_bodies::article_id, ids))
        .select((article_bodies::article_id, BodyRow::as_select()))
        .load(conn)
}

/// The public id of the article that has `slug`, other than `but` (index `articles_slug`).
pub fn select_slug_owner(
    conn: &mut SqliteConnection,
    slug: &str,
    but: i64,
) -> QueryResult<Option<String>> {
    articles::table
        .filter(articles::slug.eq(slug))
        .filter(articles::trashed_at.is_null())
        .filter(articles::id.ne(but))
        .select(articles::public_id)
        .first(conn)
        .optional()
}

/// The public id of the article that has `external_id` within `source`, other
/// than `but` (index `articles_external_id`).
pub fn select_external_id_owner(
    conn: &mut SqliteConnection,
    source: Option<&str>,
    external_id: &str,
    but: i64,
) -> QueryResult<Option<String>> {
    articles::table
        .filter(
            diesel::dsl::sql::<Bool>("coalesce(source_name, '') = ")
                .bind::<diesel::sql_types::Text, _>(source.unwrap_or_default()),
        )
        .filter(articles::external_id.eq(external_id))
        .filter(articles::trashed_at.is_null())
        .filter(articles::id.ne(but))
        .select(articles::public_id)
        .first(conn)
        .optional()
}

/// The columns that a client's words fill.
#[derive(Insertable, AsChangeset)]
#[diesel(table_name = articles, treat_none_as_null = true)]
struct Written<'a> {
    slug: &'a str,
    title: &'a str,
    summary: Option<&'a str>,
    dateline: Option<&'a str>,
    body_format: &'a str,
    word_count: i64,
    authors: String,
    source_name: Option<&'a str>,
    source_url: Option<&'a str>,
    external_id: Option<&'a str>,
    canonical_url: Option<&'a str>,
    language: &'a str,
    section: Option<&'a str>,
    tags: String,
    image: Option<String>,
    comments_policy: &'a str,
    metadata: String,
    updated_at: i64,
}

impl<'a> Written<'a> {
    fn new(
        input: &'a ArticleInput,
        slug: &'a str,
        words: usize,
        now: Instant,
    ) -> QueryResult<Self> {
        let mut tags: Vec<&str> = Vec::new();
        for tag in &input.tags.0 {
            if !tags.contains(&&**tag) {
                tags.push(tag);
            }
        }
        Ok(Self {
            slug,
            title: &input.title,
            summary: input.summary.as_deref(),
            dateline: input.dateline.as_deref(),
            body_format: input.body_format.word(),
            word_count: i64::try_from(words).unwrap_or(i64::MAX),
            authors: json(&input.authors)?,
            source_name: input.source.as_ref().map(|source| &*source.name),
            source_url: input
                .source
                .as_ref()
                .and_then(|source| source.url.as_deref()),
            external_id: input.external_id.as_deref(),
            canonical_url: input.canonical_url.as_deref(),
            language: &input.language,
            section: input.section.as_deref(),
            tags: json(&tags)?,
            image: input.image.as_ref().map(json).transpose()?,
            comments_policy: input.comments_policy.word(),
            metadata: json(&input.metadata)?,
            updated_at: now.as_micros(),
        })
    }
}

fn json(value: &impl serde::Serialize) -> QueryResult<String> {
    serde_json::to_string(value)
        .map_err(|error| diesel::result::Error::SerializationError(Box::new(error)))
}

/// What is fixed when an article is created.
pub struct Creation {
    /// Its public id.
    pub id: Uuid,
    /// Its first state.
    pub state: State,
    /// When it counts as published.
    pub published_at: Option<Instant>,
}

/// Creates an article and returns its internal id.
pub fn insert(
    conn: &mut SqliteConnection,
    creation: &Creation,
    input: &ArticleInput,
    slug: &str,
    rendered: &Rendered,
    now: Instant,
) -> QueryResult<i64> {
    let went_public_at = (creation.state == State::Published).then_some(now.as_micros());
    let id = diesel::insert_into(articles::table)
        .values((
            Written::new(input, slug, rendered.words, now)?,
            articles::public_id.eq(creation.id.to_string()),
            articles::state.eq(creation.state.word()),
            articles::published_at.eq(creation.published_at.map(Instant::as_micros)),
            articles::went_public_at.eq(went_public_at),
            articles::created_at.eq(now.as_micros()),
        ))
        .returning(articles::id)
        .get_result(conn)?;
    diesel::insert_into(article_bodies::table)
        .values((
            article_bodies::article_id.eq(id),
            article_bodies::body.eq(&*input.body),
            article_bodies::body_html.eq(&rendered.html),
        ))
        .execute(conn)?;
    Ok(id)
}

/// Writes an article's members anew, as its next version.
pub fn update(
    conn: &mut SqliteConnection,
    id: i64,
    input: &ArticleInput,
    slug: &str,
    rendered: &Rendered,
    now: Instant,
) -> QueryResult<()> {
    diesel::update(articles::table.find(id))
        .set((
            Written::new(input, slug, rendered.words, now)?,
            articles::version.eq(articles::version + 1),
        ))
        .execute(conn)?;
    diesel::update(article_bodies::table.find(id))
        .set((
            article_bodies::body.eq(&*input.body),
            article_bodies::body_html.eq(&rendered.html),
        ))
        .execute(conn)
        .map(drop)
}

/// Moves an article to another state, as its next version. The first
/// publication's instant stays; that of the newest is kept beside it.
pub fn set_state(
    conn: &mut SqliteConnection,
    id: i64,
    state: State,
    now: Instant,
) -> QueryResult<()> {
    let at = now.as_micros();
    next_version(conn, id, now)?;
    diesel::update(articles::table.find(id))
        .set(articles::state.eq(state.word()))
        .execute(conn)?;
    if state == State::Published {
        diesel::update(articles::table.find(id))
            .set(articles::went_public_at.eq(at))
            .execute(conn)?;
        diesel::update(
            articles::table
                .find(id)
                .filter(articles::published_at.is_null()),
        )
        .set(articles::published_at.eq(at))
        .execute(conn)?;
    }
    Ok(())
}

/// Sets when an article counts as published; part of an import's edit.
pub fn set_published_at(
    conn: &mut SqliteConnection,
    id: i64,
    at: Option<Instant>,
) -> QueryResult<()> {
    diesel::update(articles::table.find(id))
        .set(articles::published_at.eq(at.map(Instant::as_micros)))
        .execute(conn)
        .map(drop)
}

/// What an import took from a file before: the file's digest and its article,
/// null where that is in the trash.
pub struct Imported {
    /// SHA-256 of the file.
    pub sha256: Vec<u8>,
    /// The article, unless it is in the trash.
    pub article: Option<ArticleRow>,
}

/// What was imported from `path`.
pub fn select_imported(conn: &mut SqliteConnection, path: &str) -> QueryResult<Option<Imported>> {
    let found: Option<(Vec<u8>, i64)> = imported_files::table
        .find(path)
        .select((imported_files::sha256, imported_files::article_id))
        .first(conn)
        .optional()?;
    let Some((sha256, id)) = found else {
        return Ok(None);
    };
    let article = articles::table
        .find(id)
        .filter(articles::trashed_at.is_null())
        .select(ArticleRow::as_select())
        .first(conn)
        .optional()?;
    Ok(Some(Imported { sha256, article }))
}

/// Whether `path` was imported as it is (primary key of `imported_files`).
pub fn is_imported(conn: &mut SqliteConnection, path: &str, sha256: &[u8]) -> QueryResult<bool> {
    let same = imported_files::table
        .find(path)
        .filter(imported_files::sha256.eq(sha256));
    diesel::select(diesel::dsl::exists(same)).get_result(conn)
}

/// Notes what was imported from `path`.
pub fn upsert_imported(
    conn: &mut SqliteConnection,
    path: &str,
    article: i64,
    sha256: &[u8],
    now: Instant,
) -> QueryResult<()> {
    diesel::replace_into(imported_files::table)
        .values((
            imported_files::path.eq(path),
            imported_files::article_id.eq(article),
            imported_files::sha256.eq(sha256),
            imported_files::imported_at.eq(now.as_micros()),
        ))
        .execute(conn)
        .map(drop)
}

/// Counts a write to an article.
pub fn next_version(conn: &mut SqliteConnection, id: i64, now: Instant) -> QueryResult<()> {
    diesel::update(articles::table.find(id))
        .set((
            articles::version.eq(articles::version + 1),
            articles::updated_at.eq(now.as_micros()),
        ))
        .execute(conn)
        .map(drop)
}

/// Puts an article into the trash, where no read meets it. Its state stays, for a restore.
pub fn trash(conn: &mut SqliteConnection, id: i64, now: Instant) -> QueryResult<()> {
    next_version(conn, id, now)?;
    diesel::update(articles::table.find(id))
        .set(articles::trashed_at.eq(now.as_micros()))
        .execute(conn)
        .map(drop)
}

/// Notes a write in an article's history.
pub fn insert_event(
    conn: &mut SqliteConnection,
    id: i64,
    event: &str,
    actor: &str,
    reason: Option<&str>,
    now: Instant,
) -> QueryResult<()> {
    let version: i64 = articles::table
        .find(id)
        .select(articles::version)
        .first(conn)?;
    diesel::insert_into(article_history::table)
        .values((
            article_history::article_id.eq(id),
            article_history::version.eq(version),
            article_history::event.eq(event),
            article_history::actor.eq(actor),
            article_history::reason.eq(reason),
            article_history::at.eq(now.as_micros()),
        ))
        .execute(conn)
        .map(drop)
}

/// Adds `difference` to the number of comments that everyone sees.
pub fn add_to_comment_count(
    conn: &mut SqliteConnection,
    id: i64,
    difference: i64,
) -> QueryResult<()> {
    diesel::update(articles::table.find(id))
        .set(articles::comment_count.eq(articles::comment_count + difference))
        .execute(conn)
        .map(drop)
}

/// Attaches a disclaimer; false where the article carries it already (index
/// `article_disclaimers_open`).
pub fn attach(
    conn: &mut SqliteConnection,
    article: i64,
    disclaimer: i64,
    now: Instant,
) -> QueryResult<bool> {
    let inserted = diesel::insert_or_ignore_into(article_disclaimers::table)
        .values((
            article_disclaimers::article_id.eq(article),
            article_disclaimers::disclaimer_id.eq(disclaimer),
            article_disclaimers::attached_at.eq(now.as_micros()),
        ))
        .execute(conn)?;
    Ok(inserted > 0)
}

/// Whether the article carries the disclaimer (index `article_disclaimers_open`).
pub fn carries(conn: &mut SqliteConnection, article: i64, disclaimer: i64) -> QueryResult<bool> {
    diesel::select(diesel::dsl::exists(open_attachment(article, disclaimer))).get_result(conn)
}

#[diesel::dsl::auto_type]
fn open_attachment(article: i64, disclaimer: i64) -> _ {
    article_disclaimers::table
        .filter(article_disclaimers::article_id.eq(article))
        .filter(article_disclaimers::disclaimer_id.eq(disclaimer))
        .filter(article_disclaimers::detached_at.is_null())
}

/// Detaches a disclaimer that the article carries.
pub fn detach(
    conn: &mut SqliteConnection,
    article: i64,
    disclaimer: i64,
    now: Instant,
) -> QueryResult<()> {
    diesel::update(open_attachment(article, disclaimer))
        .set(article_disclaimers::detached_at.eq(now.as_micros()))
        .execute(conn)
        .map(drop)
}
