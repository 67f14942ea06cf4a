//! Disclaimers at rest: an identity each, and its immutable versions.

use diesel::dsl::{count_star, max};
use diesel::prelude::*;
use uuid::Uuid;

use super::api::DisclaimerInput;
use crate::db::fragment::is_one_of;
use crate::db::idempotency;
use crate::db::schema::{article_disclaimers, disclaimer_versions, disclaimers};
use crate::db::{Invariant, within_deadline};
use crate::domain::instant::Instant;

/// What holds of disclaimers though no constraint says it: what `copydesk check` looks at.
pub const INVARIANTS: &[Invariant] = &[
    Invariant {
        broken: "select format('the disclaimer %s has %d versions, up to %d', public_id, count(versions.version), max(versions.version)) as finding
             from disclaimers left join disclaimer_versions as versions on versions.disclaimer_id = disclaimers.id
             group by disclaimers.id having count(versions.version) <> ifnull(max(versions.version), 0) or count(versions.version) = 0",
        mend: None,
    },
    Invariant {
        broken: "select format('the disclaimer %s is not what its newest version says', public_id) as finding from disclaimers
             where exists (select 1 from disclaimer_versions where disclaimer_id = disclaimers.id)
                 and (version, key, language) is not (select version, key, language from disclaimer_versions
                     where disclaimer_id = disclaimers.id order by version desc limit 1)",
        mend: Some("update disclaimers set (version, key, language) = (select version, key, language from disclaimer_versions
                 where disclaimer_id = disclaimers.id order by version desc limit 1)
             where exists (select 1 from disclaimer_versions where disclaimer_id = disclaimers.id)"),
    },
];

/// A disclaimer with its present version.
#[derive(Queryable, Clone)]
pub struct DisclaimerRow {
    pub id: i64,
    pub public_id: String,
    pub key: String,
    pub language: Option<String>,
    pub version: i64,
    pub created_at: i64,
    pub updated_at: i64,
    pub title: String,
    pub body: String,
    pub body_format: String,
    pub body_html: String,
    pub kind: String,
    pub placement: String,
    pub priority: i64,
}

#[diesel::dsl::auto_type]
fn with_version() -> _ {
    let on = disclaimer_versions::disclaimer_id
        .eq(disclaimers::id)
        .and(disclaimer_versions::version.eq(disclaimers::version));
    disclaimers::table
        .inner_join(disclaimer_versions::table.on(on))
        .select((
            disclaimers::id,
            disclaimers::public_id,
            disclaimers::key,
            disclaimers::language,
            disclaimers::version,
            disclaimers::created_at,
            disclaimers::updated_at,
            disclaimer_versions::title,
            disclaimer_versions::body,
            disclaimer_versions::body_format,
            disclaimer_versions::body_html,
            disclaimer_versions::kind,
            disclaimer_versions::placement,
            disclaimer_versions::priority,
        ))
}

/// The disclaimer `id` (index `disclaimers_public_id`).
pub fn select(conn: &mut SqliteConnection, id: Uuid) -> QueryResult<Option<DisclaimerRow>> {
    with_version()
        .filter(disclaimers::public_id.eq(id.to_string()))
        .first(conn)
        .optional()
}

/// A page in the order of keys, from behind `after` (index `disclaimers_by_key`).
pub fn select_page(
    conn: &mut SqliteConnection,
    after: &(String, i64),
    rows: i64,
) -> QueryResult<Vec<DisclaimerRow>> {
    let (key, id) = after;
    with_version()
        .filter(disclaimers::key.ge(key))
        .filter(disclaimers::key.gt(key).or(disclaimers::id.gt(id)))
        .order((disclaimers::key.asc(), disclaimers::id.asc()))
        .limit(rows)
        .load(conn)
}

/// Number of all disclaimers; for the side pool.
pub fn count(conn: &mut SqliteConnection) -> QueryResult<i64> {
    disclaimers::table
        .filter(within_deadline())
        .select(count_star())
        .first(conn)
}

/// The public id of the disclaimer that has `key` in `language`, other than `but`
/// (index `disclaimers_key`).
pub fn select_key_owner(
    conn: &mut SqliteConnection,
    key: &str,
    language: Option<&str>,
    but: i64,
) -> QueryResult<Option<String>> {
    disclaimers::table
        .filter(disclaimers::key.eq(key))
        .filter(disclaimers::language.is(language))
        .filter(disclaimers::id.ne(but))
        .select(disclaimers::public_id)
        .first(conn)
        .optional()
}

/// Creates a disclaimer with its version 1.
pub fn insert(
    conn: &mut SqliteConnection,
    public_id: Uuid,
    input: &DisclaimerInput,
    body_html: &str,
    now: Instant,
) -> QueryResult<()> {
    let id = diesel::insert_into(disclaimers::table)
        .values((
            disclaimers::public_id.eq(public_id.to_string()),
            disclaimers::key.eq(&*input.key),
            disclaimers::language.eq(input.language.as_deref()),
            disclaimers::version.eq(1),
            disclaimers::created_at.eq(now.as_micros()),
            disclaimers::updated_at.eq(now.as_micros()),
        ))
        .returning(disclaimers::id)
        .get_result(conn)?;
    insert_version(conn, id, 1, input, body_html, now)
}

/// Gives a disclaimer its next version.
pub fn update(
    conn: &mut SqliteConnection,
    present: &DisclaimerRow,
    input: &DisclaimerInput,
    body_html: &str,
    now: Instant,
) -> QueryResult<()> {
    let version = present.version + 1;
    insert_version(conn, present.id, version, input, body_html, now)?;
    diesel::update(disclaimers::table.find(present.id))
        .set((
            disclaimers::key.eq(&*input.key),
            disclaimers::language.eq(input.language.as_deref()),
            disclaimers::version.eq(version),
            disclaimers::updated_at.eq(now.as_micros()),
        ))
        .execute(conn)
        .map(drop)
}

fn insert_version(
    conn: &mut SqliteConnection,
    id: i64,
    version: i64,
    input: &DisclaimerInput,
    body_html: &str,
    now: Instant,
) -> QueryResult<()> {
    diesel::insert_into(disclaimer_versions::table)
        .values((
            disclaimer_versions::disclaimer_id.eq(id),
            disclaimer_versions::version.eq(version),
            disclaimer_versions::key.eq(&*input.key),
            disclaimer_versions::language.eq(input.language.as_deref()),
            disclaimer_versions::title.eq(&*input.title),
            disclaimer_versions::body.eq(&*input.body),
            disclaimer_versions::body_format.eq(input.body_format.word()),
            disclaimer_versions::body_html.eq(body_html),
            disclaimer_versions::kind.eq(input.kind.word()),
            disclaimer_versions::placement.eq(input.placement.word()),
            disclaimer_versions::priority.eq(input.priority.0),
            disclaimer_versions::created_at.eq(now.as_micros()),
        ))
        .execute(conn)
        .map(drop)
}

/// How many articles carry the disclaimer or ever carried it (index
/// `article_disclaimers_by_disclaimer`).
pub fn count_carriers(conn: &mut SqliteConnection, id: i64) -> QueryResult<i64> {
    article_disclaimers::table
        .filter(article_disclaimers::disclaimer_id.eq(id))
        .select(diesel::dsl::count(article_disclaimers::article_id).aggregate_distinct())
        .first(conn)
}

/// Forgets a disclaimer that no article ever carried, with its versions.
pub fn delete(conn: &mut SqliteConnection, id: i64, public_id: &str) -> QueryResult<()> {
    idempotency::forget(conn, public_id)?;
    diesel::delete(disclaimers::table.find(id))
        .execute(conn)
        .map(drop)
}

/// What an article shows of a disclaimer.
#[derive(Queryable, Clone)]
pub struct AttachedRow {
    pub article_id: i64,
    pub public_id: String,
    pub key: String,
    pub version: i64,
    pub title: String,
    pub body_html: String,
    pub placement: String,
    pub kind: String,
    pub language: Option<String>,
}

/// What an article shows of a version of a disclaimer.
#[diesel::dsl::auto_type]
fn shown_columns() -> _ {
    (
        article_disclaimers::article_id,
        disclaimers::public_id,
        disclaimer_versions::key,
        disclaimer_versions::version,
        disclaimer_versions::title,
        disclaimer_versions::body_html,
        disclaimer_versions::placement,
        disclaimer_versions::kind,
        disclaimer_versions::language,
    )
}

/// The order in which an article shows its disclaimers.
#[diesel::dsl::auto_type]
fn shown_order() -> _ {
    (
        // "before" must come first, and "after" < "before" as text: descending is the wanted order.
        disclaimer_versions::placement.desc(),
        disclaimer_versions::priority.asc(),
        disclaimer_versions::key.asc(),
        disclaimers::id.asc(),
    )
}

#[diesel::dsl::auto_type]
fn attached() -> _ {
    let on = disclaimer_versions::disclaimer_id
        .eq(disclaimers::id)
        .and(disclaimer_versions::version.eq(disclaimers::version));
    article_disclaimers::table
        .inner_join(disclaimers::table)
        .inner_join(disclaimer_versions::table.on(on))
        .filter(article_disclaimers::detached_at.is_null())
        .order(shown_order())
        .select(shown_columns())
}

/// The disclaimers that an article carries, in the order in which they are
/// shown: before the text first, then by priority and key (index
/// `article_disclaimers_open`).
pub fn select_attached(conn: &mut SqliteConnection, article: i64) -> QueryResult<Vec<AttachedRow>> {
    attached()
        .filter(article_disclaimers::article_id.eq(article))
        .load(conn)
}

/// The disclaimers that an article carried at an instant, each in the version that was in force
/// then, in the order in which they were shown (index `article_disclaimers_by_article`).
pub fn select_attached_at(
    conn: &mut SqliteConnection,
    article: i64,
    at: i64,
) -> QueryResult<Vec<AttachedRow>> {
    let newest = diesel::alias!(disclaimer_versions as newest);
    let in_force = newest
        .filter(
            newest
                .field(disclaimer_versions::disclaimer_id)
                .eq(disclaimers::id),
        )
        .filter(newest.field(disclaimer_versions::created_at).le(at))
        .select(max(newest.field(disclaimer_versions::version)))
        .single_value();
    article_disclaimers::table
        .inner_join(disclaimers::table)
        .inner_join(
            disclaimer_versions::table.on(disclaimer_versions::disclaimer_id.eq(disclaimers::id)),
        )
        .filter(article_disclaimers::article_id.eq(article))
        .filter(article_disclaimers::attached_at.le(at))
        .filter(
            article_disclaimers::detached_at
                .is_null()
                .or(article_disclaimers::detached_at.gt(at)),
        )
        .filter(disclaimer_versions::version.nullable().eq(in_force))
        .order(shown_order())
        .select(shown_columns())
        .load(conn)
}

/// What a list shows of a disclaimer.
#[derive(Queryable)]
pub struct ReferenceRow {
    pub article_id: i64,
    pub key: String,
    pub version: i64,
    pub placement: String,
}

/// The references to disclaimers that a page of articles carries, in one query
/// for all of them (index `article_disclaimers_open`).
pub fn select_references(
    conn: &mut SqliteConnection,
    articles: &[i64],
) -> QueryResult<Vec<ReferenceRow>> {
    attached()
        .filter(is_one_of(article_disclaimers::article_id, articles))
        .select((
            article_disclaimers::article_id,
            disclaimer_versions::key,
            disclaimer_versions::version,
            disclaimer_versions::placement,
        ))
        .load(conn)
}
