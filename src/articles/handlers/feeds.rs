//! Feeds and sitemaps: lists of what is published, in the formats that others read.

use actix_web::http::header::ACCEPT;

use super::listed::wanted;
use super::pieces::{feed_of, list_pieces, of_host, site};
use crate::articles::formats::{self, Feed, Page, sitemap};
use crate::articles::ids::ArticleId;
use crate::articles::ladder::Sight;
use crate::articles::rules::shown_published_at;
use crate::articles::words::{Listed as State, Sort};
use crate::articles::{ListArticles, PartPath, ReadFeed, store};
use crate::db::{Conn, Shows};
use crate::domain::groups::ARTICLES;
use crate::domain::instant::{DAY, Instant};
use crate::domain::until::Until;
use crate::problem::{Code, Problem};
use crate::web::accept;
use crate::web::reply::JSON;
use crate::web::{Call, Context, Reply};

/// The media types of RSS: its own, and for clients that know XML alone.
pub const RSS: &[&str] = &["application/rss+xml", XML];
/// The media types of Atom (RFC 4287).
pub const ATOM: &[&str] = &["application/atom+xml", XML];
/// The media types of JSON Feed.
pub const JSON_FEED: &[&str] = &["application/feed+json", JSON];
/// The media types of sitemaps.
pub const SITEMAP: &[&str] = &[XML];
const XML: &str = "application/xml";

/// Days for which an article is news: older ones have no place in a news sitemap.
const NEWS_DAYS: i64 = 2;

/// Read the articles as RSS
///
/// RSS 2.0 with the texts (`content:encoded`), the newest first. Each item has its disclaimers in full, in its text and in
/// its description. The filters are those of the list.
#[utoipa::path(get, path = "/feeds/articles.rss", responses((status = 200, description = "The feed.", body = String, content_type = "application/rss+xml")))]
pub async fn read_rss_feed(call: Call<(), ReadFeed>) -> Result<Reply, Problem> {
    feed(&call, RSS, |feed| Ok(formats::rss::rss(feed).into_bytes())).await
}

/// Read the articles as Atom
///
/// Atom 1.0 (RFC 4287) with the texts, the newest first. Each entry has its disclaimers in full. The filters are those of the
/// list.
#[utoipa::path(get, path = "/feeds/articles.atom", responses((status = 200, description = "The feed.", body = String, content_type = "application/atom+xml")))]
pub async fn read_atom_feed(call: Call<(), ReadFeed>) -> Result<Reply, Problem> {
    feed(&call, ATOM, |feed| Ok(formats::atom::atom(feed).into_bytes())).await
}

/// Read the articles as JSON Feed
///
/// JSON Feed 1.1 with the texts, the newest first. Each item has its disclaimers in full, in its text and in `_copydesk`.
/// The filters are those of the list.
#[utoipa::path(get, path = "/feeds/articles.json", responses((status = 200, description = "The feed.", body = Object, content_type = "application/feed+json")))]
pub async fn read_json_feed(call: Call<(), ReadFeed>) -> Result<Reply, Problem> {
    let bytes = |feed: &Feed| serde_json::to_vec(&formats::json_feed::json_feed(feed));
    feed(&call, JSON_FEED, |feed| bytes(feed).map_err(Problem::internal)).await
}

/// The feed in a format.
async fn feed(
    call: &Call<(), ReadFeed>,
    media_types: &'static [&'static str],
    written: impl FnOnce(&Feed) -> Result<Vec<u8>, Problem>,
) -> Result<Reply, Problem> {
    let sight = Sight::of_call(call).of_readers();
    let query = as_list(&call.query);
    let about = about(&call.query);
    let wanted = wanted(&query, sight, None)?;
    let groups = wanted.groups.clone();
    let listed = list_pieces(call, wanted).await?;
    let (next, until) = (listed.page.next.clone(), listed.until);
    let feed = feed_of(call, about, listed);
    let reply = of_one_type(call, media_types, written(&feed)?).paged(call, next, None);
    Ok(of_host(call, reply.until(until).shows(Shows::nothing()).groups(&groups)))
}

/// The same body in the one of some media types that the caller wants most. The path names the format: who accepts none of
/// them is given it all the same (RFC 9110 section 12.5.1), for readers name one format and are given another's URL.
fn of_one_type(call: &Context, media_types: &'static [&'static str], body: Vec<u8>) -> Reply {
    let usual = media_types.first().copied().unwrap_or(XML);
    let wanted = accept::media_type(&call.headers, media_types).unwrap_or(usual);
    Reply::of_type(wanted, body).varies_by(&ACCEPT).negotiated()
}

/// A feed's query as one of the list.
fn as_list(query: &ReadFeed) -> ListArticles {
    let ReadFeed {
        limit,
        cursor,
        section,
        tag,
        tag_all,
        source,
        author,
        language,
        published_after,
        published_before,
        updated_after,
        has_disclaimer,
        q,
    } = query.clone();
    ListArticles {
        limit,
        cursor,
        section,
        tag,
        tag_all,
        source,
        author,
        language,
        published_after,
        published_before,
        updated_after,
        has_disclaimer,
        q,
        // What was found is in a feed by its date.
        sort: Some(Sort::Newest),
        state: Some(State::Published),
        ..ListArticles::default()
    }
}

/// What a feed is narrowed to, in words.
fn about(query: &ReadFeed) -> Option<String> {
    let lists = [&query.section, &query.tag, &query.tag_all, &query.language];
    let lists = lists.into_iter().flatten().flat_map(|texts| texts.0.iter().cloned());
    let single = [&query.source, &query.author].into_iter().flatten().map(|name| name.0.clone());
    let typed = query.q.iter().map(|typed| typed.0.clone());
    let words: Vec<String> = lists.chain(single).chain(typed).collect();
    (!words.is_empty()).then(|| words.join(", "))
}

/// Read the sitemap index
///
/// Names the sitemaps of all public articles, of up to 10,000 each.
#[utoipa::path(get, path = "/sitemap.xml", responses((status = 200, description = "The index.", body = String, content_type = "application/xml")))]
pub async fn read_sitemap_index(call: Call) -> Result<Reply, Problem> {
    let sight = Sight::of_public(&call);
    let (parts, until) = call.services.db.read(|conn| {
        let last = store::last_id(conn)?;
        Ok((last / store::PART_IDS + 1, store::select_listed_until(conn, sight)?))
    })?;
    let base = call.base_url();
    let parts: Vec<sitemap::Part> = (1..=parts)
        .map(|part| sitemap::Part { loc: format!("{base}/sitemaps/{part}"), lastmod: None })
        .collect();
    let reply = of_one_type(&call, SITEMAP, sitemap::index(&parts).into_bytes());
    Ok(of_host(&call, reply.until(until).shows(Shows::nothing()).groups(&[ARTICLES])))
}

/// Read a sitemap
///
/// The URLs of a part of the public articles, with the time of their last change.
#[utoipa::path(get, path = "/sitemaps/{part}", responses((status = 200, description = "The sitemap.", body = String, content_type = "application/xml")))]
pub async fn read_sitemap(call: Call<PartPath>) -> Result<Reply, Problem> {
    let (sight, part) = (Sight::of_public(&call), call.path.0.0);
    let site = site(&call);
    let read = move |conn: &mut Conn| {
        if part > store::last_id(conn)? / store::PART_IDS + 1 {
            let path = format!("/sitemaps/{part}");
            return Err(Problem::plain(Code::RouteNotFound).say("path", path));
        }
        let rows = store::select_mapped(conn, part, sight)?;
        let entries: Vec<sitemap::Entry> = rows
            .iter()
            .map(|row| sitemap::Entry {
                loc: site.url_of(Page {
                    id: &row.public_id,
                    slug: &row.slug,
                    section: row.section.as_deref(),
                    language: &row.language,
                    published_at: row.shown_published_at(sight.now),
                }),
                lastmod: row.changed_at(sight.now),
            })
            .collect();
        Ok((entries, store::select_listed_until(conn, sight)?))
    };
    let (entries, until) = call.services.db.search(read).await?;
    let reply = of_one_type(&call, SITEMAP, sitemap::urlset(&entries).into_bytes());
    Ok(of_host(&call, reply.until(until).shows(Shows::nothing()).groups(&[ARTICLES])))
}

/// Read the news sitemap
///
/// The articles of the last two days, up to 1,000, as search engines for news read them.
#[utoipa::path(get, path = "/sitemap-news.xml", responses((status = 200, description = "The sitemap.", body = String, content_type = "application/xml")))]
pub async fn read_news_sitemap(call: Call) -> Result<Reply, Problem> {
    let sight = Sight::of_public(&call);
    let query = ListArticles {
        published_after: Some(sight.now.minus(NEWS_DAYS * DAY)),
        state: Some(State::Published),
        ..ListArticles::default()
    };
    let list = wanted(&query, sight, None)?.asked.list;
    let site = site(&call);
    let read = move |conn: &mut Conn| {
        let most = i64::try_from(sitemap::NEWS_URLS_MAX).unwrap_or(i64::MAX);
        let places = list.select_places(conn, None, false, most)?;
        let ids: Vec<ArticleId> = places.into_iter().map(|place| place.2).collect();
        let rows = store::select_rows(conn, &ids)?;
        let published: Vec<Option<Instant>> =
            rows.iter().map(|row| shown_published_at(row, sight.now)).collect();
        let entries = rows.into_iter().zip(&published).filter_map(|(row, at)| {
            Some(sitemap::NewsEntry {
                loc: site.url_of(Page {
                    id: &row.public_id,
                    slug: &row.slug,
                    section: row.section.as_deref(),
                    language: &row.language,
                    published_at: *at,
                }),
                title: row.title,
                language: row.language,
                published_at: (*at)?,
            })
        });
        let entries = sitemap::news(&site, &entries.collect::<Vec<_>>());
        // The oldest of them leaves first.
        let leaves =
            published.iter().flatten().map(|at| Some(at.as_micros() + NEWS_DAYS * DAY + 1));
        let until = Until::after(sight.now, leaves);
        Ok((entries, until.and(store::select_listed_until(conn, sight)?)))
    };
    let (text, until) = call.services.db.search(read).await?;
    let reply = of_one_type(&call, SITEMAP, text.into_bytes());
    Ok(of_host(&call, reply.until(until).shows(Shows::nothing()).groups(&[ARTICLES])))
}
