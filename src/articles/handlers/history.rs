//! The history and the revisions of an article, and restoring one.

use serde::Serialize;

use super::{ARTICLE_SEGMENT, Reach, Target, changed, unit_on, whole, written};
use crate::articles::api::{Article, HistoryEntry, Revision, RevisionListItem};
use crate::articles::difference::difference;
use crate::articles::input::ActionInput;
use crate::articles::ladder::Sight;
use crate::articles::model::{ArticleRow, EntryRow};
use crate::articles::read::story_with;
use crate::articles::refusals::{Found, look_up, refusal};
use crate::articles::write::{self, MetPast, Past, RenderedText};
use crate::articles::{ArticlePath, ListHistory, ListRevisions, ReadRevision, store};
use crate::db::Conn;
use crate::problem::{Code, Problem};
use crate::web::body::OptionalJson;
use crate::web::paging::{Listing, Page};
use crate::web::path::VersionPath;
use crate::web::query::{Cursor, Limit};
use crate::web::url::{Locator, Version};
use crate::web::{Call, Context, Reply};

/// List an article's history
///
/// One entry for each write, the newest first, with its kind, actor, time and reason.
#[utoipa::path(get, path = "/v1/articles/{article}/history", responses((status = 200, description = "A page of the history.", body = [HistoryEntry])))]
pub async fn list_history(call: Call<ArticlePath, ListHistory>) -> Result<Reply, Problem> {
    let query = &call.query;
    let page = (query.limit, &query.cursor, query.count.0, query.fields.names());
    list(&call, &call.path, "history", page, |_, _| Ok(0), HistoryEntry::new).await
}

/// List an article's revisions
///
/// Its versions, the newest first. Each can be read in full by its number. Versions from before
/// revisions were saved are missing.
#[utoipa::path(get, path = "/v1/articles/{article}/revisions", responses((status = 200, description = "A page of revisions.", body = [RevisionListItem])))]
pub async fn list_revisions(call: Call<ArticlePath, ListRevisions>) -> Result<Reply, Problem> {
    let query = &call.query;
    let page = (query.limit, &query.cursor, query.count.0, query.fields.names());
    let above = |conn: &mut Conn, row: &ArticleRow| Ok(store::last_unkept(conn, row.id)?);
    list(&call, &call.path, "revisions", page, above, RevisionListItem::new).await
}

/// A page of an article's history entries, with versions above the one that `above` returns.
async fn list<T: Serialize>(
    call: &Context,
    ArticlePath(article): &ArticlePath,
    collection: &str,
    (limit, cursor, wants_total, fields): (Limit, &Cursor, bool, Option<&[&'static str]>),
    above: impl FnOnce(&mut Conn, &ArticleRow) -> Result<i64, Problem>,
    item: impl Fn(EntryRow) -> Result<T, Problem>,
) -> Result<Reply, Problem> {
    let sight = Sight::of_call(call);
    let read = call.services.db.read(|conn| {
        look_up(conn, article, sight)?.try_map(|row: ArticleRow| {
            let path = format!("/v1/articles/{}/{collection}", row.public_id);
            let listing = Listing::new(&path, &[]);
            let before = listing.start(cursor, store::NEWEST)?;
            let least = above(conn, &row)?;
            let entries = store::select_entries(conn, row.id, least, before, limit.0 + 1)?;
            Ok((row.id, least, listing, entries))
        })
    })?;
    let (id, least, listing, entries) = match read {
        Found::Here(read) => read,
        Found::Moved(slug) => return Ok(Reply::renamed(call, ARTICLE_SEGMENT, &slug)),
    };
    let total = match wants_total {
        true => {
            let count = move |conn: &mut Conn| Ok(store::count_entries(conn, id, least)?);
            Some(call.services.db.search(count).await?)
        }
        false => None,
    };
    let page = Page::of(entries, limit, |row| listing.seal(&row.version));
    Reply::page(call, page.try_map(item)?, total, fields, &["version"])
}

/// Read a revision
///
/// The article in this version, with the disclaimers shown with it then. With `against`, also the
/// differences from another version: the members that changed, and the text as a unified diff.
#[utoipa::path(get, path = "/v1/articles/{article}/revisions/{version}", responses((status = 200, description = "The revision.", body = Revision)))]
pub async fn read_revision(
    call: Call<(ArticlePath, VersionPath), ReadRevision>,
) -> Result<Reply, Problem> {
    let Call { context: call, path, query, .. } = call;
    let (ArticlePath(locator), VersionPath(Version(version))) = path;
    let against = query.against.map(|Version(number)| number);
    let sight = Sight::of_call(&call);
    let live = call.services.live.get();
    // Comparing texts and making HTML take too long for the thread that serves other requests.
    let read = move |conn: &mut Conn| {
        look_up(conn, &locator, sight)?.try_map(|row: ArticleRow| {
            let past = past(conn, &row, version, sight)?;
            let difference = match against {
                Some(number) => {
                    let other = self::past(conn, &row, number, sight)?.members(conn)?;
                    Some(difference((number, &other), (version, &past.members(conn)?)))
                }
                None => None,
            };
            let at = past.at();
            let text = past.rendered(&live.renderer)?;
            let story = story_with(conn, past.row, text, at)?.0;
            Revision::new(story, past.entry, difference)
        })
    };
    match call.services.db.search(read).await? {
        Found::Here(revision) => Ok(Reply::ok(&revision)?.version(version)),
        Found::Moved(slug) => Ok(Reply::renamed(&call, ARTICLE_SEGMENT, &slug)),
    }
}

/// The version of an article, if the caller may read it.
fn past(
    conn: &mut Conn,
    present: &ArticleRow,
    version: i64,
    sight: Sight,
) -> Result<Past, Problem> {
    match Past::meet(conn, present, version, sight)? {
        MetPast::Read(past) => Ok(*past),
        MetPast::Refused(rung, row) => {
            let locator = Locator::Slug(present.slug.clone());
            Err(refusal(conn, rung, *row, &locator, sight)?)
        }
        MetPast::Absent => Err(Problem::plain(Code::RevisionNotFound)
            .with("id", version.to_string())
            .say("article", &present.public_id)),
    }
}

/// Restore a revision
///
/// Restores the content of that version, as a new version. The article's source, its slug, its
/// audience, its comments policy and its expiry stay as they are; but a text that was licensed or
/// under an embargo then is so again.
#[utoipa::path(post, path = "/v1/articles/{article}/revisions/{version}/restore", responses((status = 200, description = "The article as stored.", body = Article)))]
pub async fn restore_revision(
    call: Call<(ArticlePath, VersionPath), (), OptionalJson<ActionInput>>,
) -> Result<Reply, Problem> {
    let Call { context: call, path, body: OptionalJson(input), .. } = call;
    let (article, VersionPath(Version(version))) = path;
    let live = call.services.live.get();
    // Its text is rendered before the writer is asked, so that no other write waits for it. What refuses it is told
    // later, in the order of the checks.
    let sight = Sight::of_call(&call);
    let text = call.services.db.read(|conn| match look_up(conn, &article.0, sight)? {
        Found::Here(row) => past(conn, &row, version, sight).map(Some),
        Found::Moved(_) => Ok(None),
    });
    // One that the article still has is rendered already.
    let text = text.ok().flatten().filter(|past| past.text.html.is_none());
    let ahead =
        text.map(|past| RenderedText::ahead(&live.renderer, &past.text.body, past.row.body_format));
    let unit = unit_on(
        Target::of(&call, article, Reach::There),
        move |conn, row, sight| past(conn, row, version, sight),
        move |conn, row, past, by| {
            let reason = input.reason.as_deref();
            let after =
                write::restore_revision(conn, row, &past, (&live.renderer, ahead, reason), by)?;
            let changed = changed(row, &after)?;
            Ok((whole(conn, after, by.sight)?, changed))
        },
    );
    let (article, changed) = call.services.db.write(unit).await?;
    written(&article, &changed)
}
