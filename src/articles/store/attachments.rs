//! The disclaimers attached to articles by hand, and the publications of articles: both with their
//! past.

use diesel::sql_types::{BigInt, Nullable, Text};

use crate::articles::ids::ArticleId;
use crate::db::dialect::json_list;
use crate::db::prelude::*;
use crate::db::schema::article_disclaimers;
use crate::disclaimers::ids::DisclaimerId;
use crate::domain::instant::Instant;
use crate::fixed_query;

/// Attaches a disclaimer; false if the article carries it already (index
/// `article_disclaimers_open`).
pub fn attach(
    conn: &mut Conn,
    article: ArticleId,
    disclaimer: DisclaimerId,
    now: Instant,
) -> QueryResult<bool> {
    let inserted = diesel::insert_into(article_disclaimers::table)
        .values((
            article_disclaimers::article_id.eq(article),
            article_disclaimers::disclaimer_id.eq(disclaimer),
            article_disclaimers::attached_at.eq(now.as_micros()),
        ))
        .on_conflict_do_nothing()
        .execute(conn)?;
    Ok(inserted > 0)
}

/// True if the article carries the disclaimer by hand (index `article_disclaimers_open`).
pub fn carries(conn: &mut Conn, article: ArticleId, disclaimer: DisclaimerId) -> QueryResult<bool> {
    diesel::select(diesel::dsl::exists(open_attachment(article, disclaimer))).get_result(conn)
}

#[diesel::dsl::auto_type]
fn open_attachment(article: ArticleId, disclaimer: DisclaimerId) -> _ {
    article_disclaimers::table
        .filter(article_disclaimers::article_id.eq(article))
        .filter(article_disclaimers::disclaimer_id.eq(disclaimer))
        .filter(article_disclaimers::detached_at.is_null())
}

/// Detaches a disclaimer that the article carries.
pub fn detach(
    conn: &mut Conn,
    article: ArticleId,
    disclaimer: DisclaimerId,
    now: Instant,
) -> QueryResult<()> {
    diesel::update(open_attachment(article, disclaimer))
        .set(article_disclaimers::detached_at.eq(now.as_micros()))
        .execute(conn)
        .map(drop)
}

/// The articles to which a disclaimer was ever attached by hand (index
/// `article_disclaimers_by_disclaimer`).
pub fn select_ever_attached(
    conn: &mut Conn,
    disclaimer: DisclaimerId,
) -> QueryResult<Vec<ArticleId>> {
    article_disclaimers::table
        .filter(article_disclaimers::disclaimer_id.eq(disclaimer))
        .select(article_disclaimers::article_id)
        .load(conn)
}

/// The articles that have one of some disclaimers attached by hand, up to `most`, the newest first
/// (index `article_disclaimers_by_disclaimer`).
pub fn select_attached(
    conn: &mut Conn,
    disclaimers: &[DisclaimerId],
    most: i64,
) -> QueryResult<Vec<ArticleId>> {
    let mut attached = Vec::new();
    for disclaimer in disclaimers {
        let of_one = article_disclaimers::table
            .filter(article_disclaimers::disclaimer_id.eq(disclaimer))
            .filter(article_disclaimers::detached_at.is_null())
            .order(article_disclaimers::article_id.desc())
            .limit(most)
            .select(article_disclaimers::article_id);
        attached.extend(of_one.load::<ArticleId>(conn)?);
    }
    Ok(attached)
}

fixed_query! {
    /// The records of some articles that were in force at an instant: attachments (indexes
    /// `article_disclaimers_by_article`) and publications (`article_publications_by_article`).
    struct Noted { articles: String => Text, at: i64 => BigInt }
        -> (BigInt, Nullable<BigInt>, Nullable<BigInt>)
        = "select m.article_id, m.disclaimer_id, null from json_numbers(?articles) as page
             cross join article_disclaimers as m on m.article_id = page.value and m.attached_at <= ?at
                 and (m.detached_at is null or m.detached_at > ?at)
         union all
         select p.article_id, null, p.since from json_numbers(?articles) as page
             cross join article_publications as p on p.article_id = page.value and p.since <= ?at
                 and (p.until is null or p.until > ?at)";
}

fixed_query! {
    /// The same of one article: without a list to be taken apart, which takes longer than all the rest.
    struct NotedOfOne { article: i64 => BigInt, at: i64 => BigInt }
        -> (BigInt, Nullable<BigInt>, Nullable<BigInt>)
        = "select m.article_id, m.disclaimer_id, null from article_disclaimers as m where m.article_id = ?article
             and m.attached_at <= ?at and (m.detached_at is null or m.detached_at > ?at)
         union all
         select p.article_id, null, p.since from article_publications as p where p.article_id = ?article
             and p.since <= ?at and (p.until is null or p.until > ?at)";
}

/// A record of an article: an attached disclaimer, or a publication.
#[derive(Queryable)]
pub struct NotedRow {
    /// The article.
    pub article: ArticleId,
    /// The disclaimer that was attached by hand.
    pub attached: Option<DisclaimerId>,
    /// The time since which readers had it.
    pub public_since: Option<i64>,
}

/// The records of some articles that were in force at an instant.
pub fn select_noted(
    conn: &mut Conn,
    articles: &[ArticleId],
    at: Instant,
) -> QueryResult<Vec<NotedRow>> {
    let at = at.as_micros();
    match articles {
        [ArticleId(article)] => NotedOfOne { article: *article, at }.load(conn),
        articles => Noted { articles: json_list(articles.iter().map(|id| id.0)), at }.load(conn),
    }
}
