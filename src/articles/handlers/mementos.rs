//! The past of articles, by the standard: Memento (RFC 7089).

use std::fmt::Write as _;
use std::time::{Duration, SystemTime};

use actix_web::http::header::{ACCEPT, HttpDate};

use super::{ARTICLE_SEGMENT, of_host};
use crate::articles::api::{Article, Memento, TimeMap};
use crate::articles::ladder::Sight;
use crate::articles::memento::{first_public, public_versions, story_then};
use crate::articles::model::ArticleRow;
use crate::articles::refusals::{Found, look_up};
use crate::articles::{ArticlePath, CountThen, ReadArticle, groups, rules};
use crate::db::{Conn, Shows};
use crate::domain::instant::Instant;
use crate::problem::Problem;
use crate::web::accept;
use crate::web::headers::{ACCEPT_DATETIME, MEMENTO_DATETIME};
use crate::web::reply::JSON;
use crate::web::selection::{Selected, Selection};
use crate::web::{Call, Context, Reply};

/// The media type of lists of links (RFC 9264).
pub const LINK_FORMAT: &str = "application/link-format";
/// Microseconds of a second: what HTTP's dates leave out.
const SECOND: i64 = 1_000_000;

/// The instant as HTTP has it, in whole seconds.
fn http_date(at: Instant) -> String {
    let seconds = u64::try_from(at.as_micros().div_euclid(SECOND)).unwrap_or_default();
    HttpDate::from(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)).to_string()
}

/// The instant that `Accept-Datetime` names, at the end of its second; `None` if the request has none.
pub(super) fn accept_datetime(call: &Context) -> Result<Option<Instant>, Problem> {
    let Some(value) = call.headers.get(ACCEPT_DATETIME) else {
        return Ok(None);
    };
    let date: Option<HttpDate> = value.to_str().ok().and_then(|text| text.trim().parse().ok());
    let since =
        date.map(SystemTime::from).and_then(|at| at.duration_since(SystemTime::UNIX_EPOCH).ok());
    let micros = since.and_then(|since| i64::try_from(since.as_secs()).ok()?.checked_mul(SECOND));
    match micros.and_then(|micros| micros.checked_add(SECOND - 1)) {
        Some(micros) => Ok(Some(Instant::from_micros(micros))),
        None => Err(Problem::parameter(
            "Accept-Datetime",
            "The header `Accept-Datetime` takes a date of HTTP, as in `Sun, 22 Nov 2026 10:00:00 GMT`.",
        )),
    }
}

/// The path of an article, by its id: that of its past does not change with its slug.
fn path(id: &str) -> String {
    format!("/v1/articles/{id}")
}

/// The links of an article to its past.
fn links(call: &Context, id: &str) -> String {
    // Clients of Memento do not resolve relative ones; by the host they could not be kept for others.
    let path = format!("{}{}", call.services.public_url.whole().unwrap_or_default(), path(id));
    format!(
        "<{path}>; rel=\"original timegate\", <{path}/timemap>; rel=\"timemap\"; type=\"{LINK_FORMAT}\""
    )
}

/// An answer with an article, with what leads to its past.
pub(super) fn with_past(call: &Context, reply: Reply, id: &str) -> Reply {
    reply.link(links(call, id)).varies_by(&ACCEPT_DATETIME)
}

/// Leads to the article as of an instant: of those that its readers could see.
pub(super) fn lead_back(
    call: &Call<ArticlePath, ReadArticle>,
    wanted: Instant,
) -> Result<Reply, Problem> {
    let (sight, locator) = (Sight::of_call(call), call.path.0.clone());
    let read = move |conn: &mut Conn| {
        look_up(conn, &locator, sight)?.try_map(|row: ArticleRow| {
            let first = first_public(conn, &row, sight.now)?;
            Ok((row.public_id, first))
        })
    };
    match call.services.db.read(read)? {
        Found::Moved(slug) => Ok(Reply::renamed(call, ARTICLE_SEGMENT, &slug)),
        Found::Here((id, first)) => {
            // Before it was public there is its first day, and after now there is now.
            let at = wanted.min(sight.now).max(first.unwrap_or(sight.now));
            let more = match call.raw_query.is_empty() {
                true => String::new(),
                false => format!("&{}", call.raw_query),
            };
            let reply = Reply::found(format!("{}?as_of={at}{more}", path(&id)));
            Ok(with_past(call, reply, &id))
        }
    }
}

/// The article as its readers saw it at an instant.
pub(super) async fn read_then(
    call: &Call<ArticlePath, ReadArticle>,
    at: Instant,
    count_then: CountThen,
) -> Result<Reply, Problem> {
    let sight = Sight::of_call(call);
    if at > sight.now {
        return Err(Problem::parameter(
            "as_of",
            "The parameter `as_of` must not be in the future: what will be shown then is not known yet.",
        ));
    }
    let (locator, renderer) = (call.path.0.clone(), call.services.live.get());
    // Making HTML of a former text takes too long for the thread that serves other requests.
    let read = move |conn: &mut Conn| {
        look_up(conn, &locator, sight)?.try_map(|row: ArticleRow| {
            // What was shown then stays; who may ask for it does not.
            let until = rules::until(&row, sight.now);
            let when = (at, &locator);
            let story = story_then(conn, &row, when, sight, &renderer.renderer)?;
            let comments = count_then(conn, row.id, at)?;
            Ok((Article::then(story, comments)?, until))
        })
    };
    let (article, until) = match call.services.db.search(read).await? {
        Found::Moved(slug) => return Ok(Reply::renamed(call, ARTICLE_SEGMENT, &slug)),
        Found::Here(read) => read,
    };
    let fields = call.query.fields.names();
    let selection = Selection { fields, always: &["id", "disclaimers"] };
    let reply = match fields {
        None => Reply::ok(&article)?,
        Some(_) => Reply::ok(&Selected { item: &article, selection })?,
    };
    let reply = with_past(call, reply, &article.head.id).header(MEMENTO_DATETIME, http_date(at));
    let groups = groups::of_shown(&article.head.id);
    Ok(reply
        .version(article.head.version)
        .until(until)
        .shows(Shows::nothing())
        .groups(&groups[..2]))
}

/// List an article's public versions
///
/// Each version that readers could see, with the instant from which they could, and the URL of the article as of then: a
/// TimeMap of Memento (RFC 7089 section 5), as JSON or as `application/link-format`.
#[utoipa::path(get, path = "/v1/articles/{article}/timemap", responses((status = 200, description = "The public versions.", body = TimeMap)))]
pub async fn read_timemap(call: Call<ArticlePath>) -> Result<Reply, Problem> {
    let (sight, locator) = (Sight::of_call(&call), call.path.0.clone());
    let read = move |conn: &mut Conn| {
        look_up(conn, &locator, sight)?.try_map(|row: ArticleRow| {
            let versions = public_versions(conn, &row, sight.now)?;
            Ok((rules::until(&row, sight.now), row.public_id, versions))
        })
    };
    let (until, id, versions) = match call.services.db.search(read).await? {
        Found::Moved(slug) => return Ok(Reply::renamed(&call, ARTICLE_SEGMENT, &slug)),
        Found::Here(read) => read,
    };
    let original = format!("{}{}", call.base_url(), path(&id));
    let items = versions.into_iter().map(|(version, at)| Memento {
        version,
        at,
        url: format!("{original}?as_of={at}"),
    });
    let map = TimeMap { timemap: format!("{original}/timemap"), items: items.collect(), original };
    let reply = match accept::media_type(&call.headers, &[JSON, LINK_FORMAT]) {
        Some(LINK_FORMAT) => Reply::of_type(LINK_FORMAT, link_format(&map).into_bytes()),
        _ => Reply::ok(&map)?,
    };
    let reply = reply.varies_by(&ACCEPT).negotiated().until(until).shows(Shows::nothing());
    Ok(of_host(&call, reply.groups(&groups::of_shown(&id)[..2])))
}

/// A TimeMap as a list of links (RFC 7089 section 5).
fn link_format(map: &TimeMap) -> String {
    let TimeMap { original, timemap, items } = map;
    let mut text = format!(
        "<{original}>;rel=\"original timegate\",\n<{timemap}>;rel=\"self\";type=\"{LINK_FORMAT}\""
    );
    if let (Some(first), Some(last)) = (items.first(), items.last()) {
        let (from, until) = (http_date(first.at), http_date(last.at));
        // Writing to a string cannot fail.
        let _ = write!(text, ";from=\"{from}\";until=\"{until}\"");
    }
    for (place, memento) in items.iter().enumerate() {
        let first = if place == 0 { "first " } else { "" };
        let last = if place + 1 == items.len() { "last " } else { "" };
        let at = http_date(memento.at);
        let _ = write!(text, ",\n<{}>;rel=\"{first}{last}memento\";datetime=\"{at}\"", memento.url);
    }
    text.push('\n');
    text
}
