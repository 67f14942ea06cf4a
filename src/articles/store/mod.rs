//! The article tables.

mod attachments;
mod carriers;
mod corrections;
pub mod export;
pub mod exported;
mod facets;
mod files;
mod history;
mod index;
mod invariants;
mod life;
mod lists;
mod map;
mod matching;
pub mod restoring;
mod search;
mod sight;
mod slugs;
mod walk;

use std::sync::OnceLock;

use diesel::dsl::SqlTypeOf;
use diesel::sql_types::{BigInt, Bool};
use serde::Serialize;
use uuid::Uuid;

use super::ids::ArticleId;
use super::input::ArticleInput;
use super::ladder::Sight;
use super::model::{ArticleRow, BodyRow};
use super::words::InitialState;
use crate::db::Selection;
use crate::db::dialect::{self, Prepared, is_one_of, named};
use crate::db::prelude::*;
use crate::db::schema::{article_bodies, articles};
use crate::db::spelling::{self, Kind};
use crate::domain::instant::Instant;
use crate::domain::markup::Rendered;
use crate::domain::until::Until;
use crate::fixed_query;
use crate::problem::Problem;
use crate::web::url::Locator;

pub use attachments::*;
pub use carriers::*;
pub use corrections::*;
pub use facets::*;
pub use files::*;
pub use history::*;
pub use index::*;
pub use invariants::*;
pub use life::*;
pub use lists::*;
pub use map::*;
pub use matching::*;
pub use search::*;
pub use sight::*;
pub use slugs::*;

/// The table for joins from comments: those on an article that is read. No other feature names it.
pub use crate::db::schema::articles as article_table;

/// The result type of an article look-up: the article alone, or with its text.
pub trait Looked: Sized {
    /// The article.
    fn row(&self) -> &ArticleRow;

    /// The article alone.
    fn into_row(self) -> ArticleRow;

    /// The article that `locator` names, if it may be known of (indexes
    /// `articles_public_id`, `articles_slug`).
    fn select(conn: &mut Conn, locator: &Locator, sight: Sight) -> QueryResult<Option<Self>>;
}

/// An article with its text.
pub type Whole = (ArticleRow, BodyRow);

/// Runs a look-up by id or by slug, each as a statement of its own.
macro_rules! by_locator {
    ($base:expr, $locator:expr, $conn:expr) => {
        match $locator {
            Locator::Id(id) => $base.filter(articles::public_id.eq(id.to_string())).first($conn),
            Locator::Slug(slug) => $base.filter(articles::slug.eq(slug)).first($conn),
        }
        .optional()
    };
}

/// The same by a query that is written once: for those that every request makes.
macro_rules! known_by_locator {
    ($base:expr, $row:ty, $locator:expr, $sight:expr, $conn:expr) => {{
        static BY_ID: OnceLock<dialect::Written> = OnceLock::new();
        static BY_SLUG: OnceLock<dialect::Written> = OnceLock::new();
        struct ById;
        struct BySlug;
        type Types = SqlTypeOf<Selection<$row>>;
        let condition = is_known($sight);
        let known = $base.filter(articles::trashed_at.is_null()).filter(condition);
        let known = known.select(<$row>::columns());
        let values = |key: String| condition.bound().chain([key.into()]).collect();
        match $locator {
            Locator::Id(id) => {
                let query = || dialect::Written::of(&known.filter(articles::public_id.eq("")));
                let sql = BY_ID.get_or_init(query);
                Prepared::<ById, Types>::new(sql, values(id.to_string())).get_result($conn)
            }
            Locator::Slug(slug) => {
                let sql = BY_SLUG
                    .get_or_init(|| dialect::Written::of(&known.filter(articles::slug.eq(""))));
                Prepared::<BySlug, Types>::new(sql, values(slug.to_string())).get_result($conn)
            }
        }
        .optional()
    }};
}

impl Looked for ArticleRow {
    fn row(&self) -> &ArticleRow {
        self
    }

    fn into_row(self) -> ArticleRow {
        self
    }

    fn select(conn: &mut Conn, locator: &Locator, sight: Sight) -> QueryResult<Option<Self>> {
        known_by_locator!(articles::table, ArticleRow, locator, sight, conn)
    }
}

impl Looked for Whole {
    fn row(&self) -> &ArticleRow {
        &self.0
    }

    fn into_row(self) -> ArticleRow {
        self.0
    }

    fn select(conn: &mut Conn, locator: &Locator, sight: Sight) -> QueryResult<Option<Self>> {
        let with_text = articles::table.inner_join(article_bodies::table);
        known_by_locator!(with_text, Whole, locator, sight, conn)
    }
}

/// The article in the trash that `locator` names; if several had the slug, the one that was
/// trashed last.
pub fn select_trashed(conn: &mut Conn, locator: &Locator) -> QueryResult<Option<ArticleRow>> {
    let trashed = articles::table
        .filter(articles::trashed_at.is_not_null())
        .order(articles::trashed_at.desc())
        .select(ArticleRow::columns());
    by_locator!(trashed, locator, conn)
}

/// Public id, slug and number of comments of the article that `locator` names by its present or a
/// former slug or by id, if the caller may read it (indexes `articles_public_id`,
/// `articles_slug`).
pub fn select_count(
    conn: &mut Conn,
    locator: &Locator,
    sight: Sight,
) -> QueryResult<Option<(String, String, i64)>> {
    let read = articles::table
        .filter(articles::trashed_at.is_null())
        .filter(is_read(sight))
        .select((articles::public_id, articles::slug, articles::comment_count));
    let by_id = |conn: &mut Conn, id: &Uuid| {
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

/// The public id and the slug of an article, if it is listed for the caller.
pub fn select_listed(
    conn: &mut Conn,
    id: ArticleId,
    sight: Sight,
) -> QueryResult<Option<(String, String)>> {
    articles::table
        .find(id)
        .filter(articles::trashed_at.is_null())
        .filter(is_listed(sight))
        .select((articles::public_id, articles::slug))
        .first(conn)
        .optional()
}

/// Row id and public id of the article that `locator` names by its present or a former slug or by
/// id, if it is listed for the caller.
pub fn select_id(
    conn: &mut Conn,
    locator: &Locator,
    sight: Sight,
) -> QueryResult<Option<(ArticleId, String)>> {
    let listed = articles::table
        .filter(articles::trashed_at.is_null())
        .filter(is_listed(sight))
        .select((articles::id, articles::public_id));
    let former = match locator {
        Locator::Slug(slug) if !is_known_slug(conn, slug, sight)? => {
            select_by_former_slug(conn, slug, sight)?.map(Locator::Id)
        }
        _ => None,
    };
    by_locator!(listed, former.as_ref().unwrap_or(locator), conn)
}

/// The article in this row, also in the trash.
pub fn select_row(conn: &mut Conn, id: ArticleId) -> QueryResult<ArticleRow> {
    articles::table.find(id).select(ArticleRow::columns()).first(conn)
}

/// The next articles after `after`, also those in the trash, in the order in which they were created.
pub fn select_next(conn: &mut Conn, after: ArticleId, most: i64) -> QueryResult<Vec<ArticleId>> {
    articles::table
        .filter(articles::id.gt(after))
        .order(articles::id.asc())
        .limit(most)
        .select(articles::id)
        .load(conn)
}

/// The text of an article.
pub fn select_body(conn: &mut Conn, id: ArticleId) -> QueryResult<BodyRow> {
    article_bodies::table.find(id).select(BodyRow::columns()).first(conn)
}

/// The texts of a page of articles.
pub fn select_bodies(
    conn: &mut Conn,
    ids: impl IntoIterator<Item = ArticleId>,
) -> QueryResult<Vec<(ArticleId, BodyRow)>> {
    let ids = ids.into_iter().map(|id| id.0);
    article_bodies::table
        .filter(is_one_of(article_bodies::article_id, ids))
        .select((article_bodies::article_id, BodyRow::columns()))
        .load(conn)
}

/// The article that has `slug`: its row and its public id (index `articles_slug`).
pub fn select_slug_owner(conn: &mut Conn, slug: &str) -> QueryResult<Option<(ArticleId, String)>> {
    articles::table
        .filter(articles::slug.eq(slug))
        .filter(articles::trashed_at.is_null())
        .select((articles::id, articles::public_id))
        .first(conn)
        .optional()
}

/// The article that has `external_id` within `source`: its row and its public id (indexes
/// `articles_by_source`, `articles_external_id`).
pub fn select_external_id_owner(
    conn: &mut Conn,
    source: Option<&str>,
    external_id: &str,
    but: Option<ArticleId>,
) -> QueryResult<Option<(ArticleId, String)>> {
    let named = diesel::dsl::sql::<Bool>(match source {
        // Spellings that look alike to a reader are one provider.
        Some(_) => "source_name in (select text from spellings where kind = 'source' and key = ",
        None => "(source_name is null and '' = ",
    });
    let key = source.map(|name| Kind::Source.key(name));
    let is_of_source = named.bind::<diesel::sql_types::Text, _>(key.unwrap_or_default()).sql(")");
    // Older files may hold several spellings of one provider.
    let owners: Vec<(ArticleId, String)> = articles::table
        .filter(is_of_source)
        .filter(articles::external_id.eq(external_id))
        .filter(articles::trashed_at.is_null())
        .select((articles::id, articles::public_id))
        .load(conn)?;
    Ok(owners.into_iter().find(|(id, _)| Some(*id) != but))
}

/// The columns written by clients.
#[derive(Insertable, AsChangeset)]
#[diesel(table_name = articles, treat_none_as_null = true, treat_none_as_default_value = false)]
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
            source_url: input.source.as_ref().and_then(|source| source.url.as_deref()),
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

pub(super) fn json(value: &impl Serialize) -> QueryResult<String> {
    serde_json::to_string(value)
        .map_err(|error| diesel::result::Error::SerializationError(Box::new(error)))
}

/// The values fixed on creation.
pub struct Creation {
    /// Its public id.
    pub id: Uuid,
    /// Its first state.
    pub state: InitialState,
    /// Its time of publication.
    pub published_at: Option<Instant>,
}

/// Creates an article.
pub fn insert(
    conn: &mut Conn,
    creation: &Creation,
    input: &ArticleInput,
    slug: &str,
    rendered: &Rendered,
    now: Instant,
) -> Result<ArticleRow, Problem> {
    let went_public_at = (creation.state == InitialState::Published).then_some(now.as_micros());
    note_spellings(conn, spelled(input), None)?;
    let row: ArticleRow = diesel::insert_into(articles::table)
        .values((
            Written::new(input, slug, rendered.words, now)?,
            articles::public_id.eq(creation.id.to_string()),
            articles::state.eq(creation.state.word()),
            articles::published_at.eq(creation.published_at.map(Instant::as_micros)),
            articles::went_public_at.eq(went_public_at),
            articles::created_at.eq(now.as_micros()),
        ))
        .returning(ArticleRow::columns())
        .get_result(conn)?;
    diesel::insert_into(article_bodies::table)
        .values((
            article_bodies::article_id.eq(row.id),
            article_bodies::body.eq(&*input.body),
            article_bodies::body_html.eq(rendered.html_of(&row.public_id)),
        ))
        .execute(conn)?;
    index(conn, None, &row, (rendered, true))?;
    Ok(row)
}

/// The provider and the language that a client writes.
fn spelled(input: &ArticleInput) -> (Option<&str>, &str) {
    (input.source.as_ref().map(|source| &*source.name), &input.language)
}

/// Records the spellings of provider and language, if they are new to the article.
fn note_spellings(
    conn: &mut Conn,
    (source, language): (Option<&str>, &str),
    before: Option<&ArticleRow>,
) -> QueryResult<()> {
    let known = before.and_then(|row| row.source_name.as_deref());
    if let Some(name) = source.filter(|name| known != Some(*name)) {
        spelling::note(conn, Kind::Source, name)?;
    }
    let is_known = before.is_some_and(|row| row.language == language);
    match is_known {
        true => Ok(()),
        false => spelling::note(conn, Kind::Language, language),
    }
}

/// The one update of an article's members: its SQL is always the same.
struct UpdateMembers;

/// The same of its text.
struct UpdateText;

/// Writes an article's members, as its next version; its text too if `has_other_text`.
pub fn update(
    conn: &mut Conn,
    row: &ArticleRow,
    input: &ArticleInput,
    slug: &str,
    (rendered, has_other_text): (&Rendered, bool),
    now: Instant,
) -> Result<ArticleRow, Problem> {
    let id = row.id;
    note_seen(conn, row, now)?;
    note_spellings(conn, spelled(input), Some(row))?;
    let update = diesel::update(articles::table.find(id))
        .set((
            Written::new(input, slug, rendered.words, now)?,
            articles::version.eq(articles::version + 1),
        ))
        .returning(ArticleRow::columns());
    let after: ArticleRow = named::<UpdateMembers, _>(update).get_result(conn)?;
    if has_other_text {
        let text = diesel::update(article_bodies::table.find(id)).set((
            article_bodies::body.eq(&*input.body),
            article_bodies::body_html.eq(rendered.html_of(&row.public_id)),
        ));
        named::<UpdateText, _>(text).execute(conn)?;
    }
    index(conn, Some(row), &after, (rendered, has_other_text))?;
    note_lifted(conn, row, &after, now)?;
    if row.slug != slug {
        take_slug(conn, slug, id)?;
        insert_former_slug(conn, id, &row.slug, now)?;
    }
    Ok(after)
}

/// Increments the version of an article.
pub fn next_version(conn: &mut Conn, id: ArticleId, now: Instant) -> QueryResult<ArticleRow> {
    diesel::update(articles::table.find(id))
        .set((
            articles::version.eq(articles::version + 1),
            articles::updated_at.eq(now.as_micros()),
        ))
        .returning(ArticleRow::columns())
        .get_result(conn)
}

fixed_query! {
    /// Adds to an article's number of public comments. (Diesel's own updates are prepared at each call.)
    struct AddToCommentCount { difference: i64 => BigInt, id: i64 => BigInt } -> BigInt
        = "update articles set comment_count = comment_count + ?difference where id = ?id";
}

/// Adds `difference` to the article's number of public comments.
pub fn add_to_comment_count(conn: &mut Conn, id: ArticleId, difference: i64) -> QueryResult<()> {
    if difference == 0 {
        return Ok(());
    }
    AddToCommentCount { difference, id: id.0 }.execute(conn).map(drop)
}

/// The time after `now` at which the clock next publishes the article, lifts its embargo or
/// expires it (primary key).
pub fn select_until_of(conn: &mut Conn, id: ArticleId, now: Instant) -> QueryResult<Until> {
    let (public, lifted, ended) = articles::table
        .find(id)
        .select((articles::went_public_at, articles::embargo_until, articles::expires_at))
        .first(conn)?;
    Ok(Until::after(now, [public, lifted, ended]))
}
