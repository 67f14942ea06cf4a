//! Articles at rest.

mod carriers;
mod corrections;
mod files;
mod history;
mod invariants;
mod life;
mod lists;
mod slugs;

use diesel::prelude::*;
use diesel::sql_types::Bool;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::api::{ArticleInput, InitialState};
use super::ladder::Sight;
use crate::db::fragment::is_one_of;
use crate::db::schema::{article_bodies, article_disclaimers, articles};
use crate::db::spelling::{self, Kind};
use crate::domain::instant::Instant;
use crate::domain::markup::Rendered;
use crate::web::path::Locator;

pub use carriers::*;
pub use corrections::*;
pub use files::*;
pub use history::*;
pub use invariants::*;
pub use life::*;
pub use lists::*;
pub use slugs::*;

/// An article without its text. As JSON it is what is put aside of a version: a column that
/// is added later needs a default for those that were put aside before.
#[derive(Queryable, Selectable, Clone, Serialize, Deserialize)]
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
    pub went_public_at: Option<i64>,
    pub created_at: i64,
    pub updated_at: i64,
    pub trashed_at: Option<i64>,
    pub access: String,
    pub embargo_until: Option<i64>,
    pub expires_at: Option<i64>,
    pub comments_close_at: Option<i64>,
    pub sort_key: i64,
}

/// The words of the column `state`.
pub const DRAFT: &str = "draft";
pub const PUBLISHED: &str = "published";
pub const WITHDRAWN: &str = "withdrawn";
pub const BLOCKED: &str = "blocked";

/// An article's text.
#[derive(Queryable, Selectable, Clone)]
#[diesel(table_name = article_bodies)]
pub struct BodyRow {
    pub body: String,
    pub body_html: String,
}

/// The article that `locator` names, if it may be known of (indexes
/// `articles_public_id`, `articles_slug`).
pub fn select(
    conn: &mut SqliteConnection,
    locator: &Locator,
    sight: Sight,
) -> QueryResult<Option<(ArticleRow, BodyRow)>> {
    let known = articles::table
        .inner_join(article_bodies::table)
        .filter(articles::trashed_at.is_null())
        .filter(sight.is_known())
        .select((ArticleRow::as_select(), BodyRow::as_select()));
    match locator {
        Locator::Id(id) => known
            .filter(articles::public_id.eq(id.to_string()))
            .first(conn),
        Locator::Slug(slug) => known.filter(articles::slug.eq(slug)).first(conn),
    }
    .optional()
}

/// Public id, slug and number of comments of the article that `locator` names, now or before, if
/// the caller reads it (indexes `articles_public_id`, `articles_slug`).
pub fn select_count(
    conn: &mut SqliteConnection,
    locator: &Locator,
    sight: Sight,
) -> QueryResult<Option<(String, String, i64)>> {
    let read = articles::table
        .filter(articles::trashed_at.is_null())
        .filter(sight.is_read())
        .select((articles::public_id, articles::slug, articles::comment_count));
    let by_id = |conn: &mut SqliteConnection, id: &Uuid| {
        let id = id.to_string();
        read.filter(articles::public_id.eq(id)).first(conn)
    };
    let found = match locator {
        Locator::Id(id) => by_id(conn, id),
        Locator::Slug(slug) => {
            let former = match is_known_slug(conn, slug, sight)? {
                true => None,
                false => select_by_former_slug(conn, slug, sight)?,
            };
            match former {
                Some(id) => by_id(conn, &id),
                None => read.filter(articles::slug.eq(slug)).first(conn),
            }
        }
    };
    found.optional()
}

/// The article in the trash that `locator` names; of several that had a slug, the
/// one that was trashed last.
pub fn select_trashed(
    conn: &mut SqliteConnection,
    locator: &Locator,
) -> QueryResult<Option<(ArticleRow, BodyRow)>> {
    let trashed = articles::table
        .inner_join(article_bodies::table)
        .filter(articles::trashed_at.is_not_null())
        .order(articles::trashed_at.desc())
        .select((ArticleRow::as_select(), BodyRow::as_select()));
    match locator {
        Locator::Id(id) => trashed
            .filter(articles::public_id.eq(id.to_string()))
            .first(conn),
        Locator::Slug(slug) => trashed.filter(articles::slug.eq(slug)).first(conn),
    }
    .optional()
}

/// The public id and the slug of an article that stands in lists for this caller.
pub fn select_listed(
    conn: &mut SqliteConnection,
    id: i64,
    sight: Sight,
) -> QueryResult<Option<(String, String)>> {
    articles::table
        .find(id)
        .filter(articles::trashed_at.is_null())
        .filter(sight.is_listed())
        .select((articles::public_id, articles::slug))
        .first(conn)
        .optional()
}

/// The internal id of the article with this public id, if it stands in lists for the caller.
pub fn select_id(conn: &mut SqliteConnection, id: Uuid, sight: Sight) -> QueryResult<Option<i64>> {
    articles::table
        .filter(articles::public_id.eq(id.to_string()))
        .filter(articles::trashed_at.is_null())
        .filter(sight.is_listed())
        .select(articles::id)
        .first(conn)
        .optional()
}

/// The article with this internal id, wherever it is.
pub fn select_row(conn: &mut SqliteConnection, id: i64) -> QueryResult<ArticleRow> {
    articles::table
        .find(id)
        .select(ArticleRow::as_select())
        .first(conn)
}

/// The text of an article.
pub fn select_body(conn: &mut SqliteConnection, id: i64) -> QueryResult<BodyRow> {
    article_bodies::table
        .find(id)
        .select(BodyRow::as_select())
        .first(conn)
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
/// than `but` (indexes `articles_by_source`, `articles_external_id`).
pub fn select_external_id_owner(
    conn: &mut SqliteConnection,
    source: Option<&str>,
    external_id: &str,
    but: i64,
) -> QueryResult<Option<String>> {
    let named = diesel::dsl::sql::<Bool>(match source {
        // Two spellings that a reader sees as one name are one provider.
        Some(_) => "source_name in (select text from spellings where kind = 'source' and key = ",
        None => "(source_name is null and '' = ",
    });
    let key = source.map(|name| Kind::Source.key(name));
    let is_of_source = named
        .bind::<diesel::sql_types::Text, _>(key.unwrap_or_default())
        .sql(")");
    articles::table
        .filter(is_of_source)
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
    comments_close_at: Option<i64>,
    access: &'a str,
    embargo_until: Option<i64>,
    expires_at: Option<i64>,
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
            comments_close_at: input.comments_close_at.map(Instant::as_micros),
            access: input.access.word(),
            embargo_until: input.embargo_until.map(Instant::as_micros),
            expires_at: input.expires_at.map(Instant::as_micros),
            metadata: json(&input.metadata)?,
            updated_at: now.as_micros(),
        })
    }
}

fn json(value: &impl Serialize) -> QueryResult<String> {
    serde_json::to_string(value)
        .map_err(|error| diesel::result::Error::SerializationError(Box::new(error)))
}

/// What is fixed when an article is created.
pub struct Creation {
    /// Its public id.
    pub id: Uuid,
    /// Its first state.
    pub state: InitialState,
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
    let went_public_at = (creation.state == InitialState::Published).then_some(now.as_micros());
    note_spellings(conn, input, None)?;
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

/// Notes how provider and language are spelled, where the article has not had them so before.
fn note_spellings(
    conn: &mut SqliteConnection,
    input: &ArticleInput,
    before: Option<&ArticleRow>,
) -> QueryResult<()> {
    let source = input.source.as_ref().map(|source| &*source.name);
    let known = before.and_then(|row| row.source_name.as_deref());
    if let Some(name) = source.filter(|name| known != Some(*name)) {
        spelling::note(conn, Kind::Source, name)?;
    }
    let is_known = before.is_some_and(|row| row.language == *input.language);
    match is_known {
        true => Ok(()),
        false => spelling::note(conn, Kind::Language, &input.language),
    }
}

/// Writes an article's members anew, as its next version.
pub fn update(
    conn: &mut SqliteConnection,
    row: &ArticleRow,
    input: &ArticleInput,
    slug: &str,
    rendered: &Rendered,
    now: Instant,
) -> QueryResult<()> {
    let id = row.id;
    note_seen(conn, row, now)?;
    note_spellings(conn, input, Some(row))?;
    take_slug(conn, slug, id)?;
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
        .execute(conn)?;
    life::note_lifted(conn, id, now)?;
    if row.slug != slug {
        insert_former_slug(conn, id, &row.slug, now)?;
    }
    Ok(())
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

/// When the clock next changes what an article is, after `now` (primary key).
pub fn next_change_of(
    conn: &mut SqliteConnection,
    article: i64,
    now: Instant,
) -> QueryResult<Option<i64>> {
    let (public, lifted, ended): (Option<i64>, Option<i64>, Option<i64>) = articles::table
        .find(article)
        .select((
            articles::went_public_at,
            articles::embargo_until,
            articles::expires_at,
        ))
        .first(conn)?;
    let to_come = [public, lifted, ended].into_iter().flatten();
    Ok(to_come.filter(|at| *at > now.as_micros()).min())
}
