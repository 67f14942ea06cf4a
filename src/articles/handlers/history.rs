//! What was done to an article, what it said in each version, and how to get that back.

use diesel::sqlite::SqliteConnection;
use serde::Serialize;
use serde_json::{Map, Value};

use super::{
    Found, Reach, RenderedText, by_id, carried_by, carried_by_one, look_up, moved, refuse_unread,
    rendered_of, shown, write_members, write_to,
};
use crate::articles::api::{
    Access, ActionInput, Article, ArticleHead, ArticleInput, AttachedDisclaimer, Authorship,
    Correction, DisclaimerReference, HistoryEntry, HistoryEvent, Revision, RevisionListItem,
};
use crate::articles::difference::difference;
use crate::articles::ladder::Sight;
use crate::articles::rules::state_of;
use crate::articles::store::{self, ArticleRow, BodyRow, Entry, EntryRow};
use crate::domain::instant::Instant;
use crate::problem::{Code, Problem};
use crate::web::caller::Actor;
use crate::web::input::{InputObject as _, read_body};
use crate::web::paging::{Listing, Page};
use crate::web::path::Locator;
use crate::web::{Call, Reply};

/// What an edit writes and a restored revision brings back. What decides where the article comes
/// from and stands, who reads it and until when is no word of it, and stays as it is: to take an edit
/// back must not lift an embargo, take another article's slug, or make of an agency's id another's.
const CONTENT: &[&str] = &[
    "title",
    "summary",
    "body",
    "body_format",
    "dateline",
    "authors",
    "canonical_url",
    "language",
    "section",
    "tags",
    "image",
    "metadata",
];

/// Notes a write in an article's history, after it was made; the one way.
///
/// # Errors
/// A database fault.
pub fn record(
    conn: &mut SqliteConnection,
    id: i64,
    entry: &Entry<'_>,
    actor: Actor<'_>,
    now: Instant,
) -> Result<(), Problem> {
    let row = store::select_row(conn, id)?;
    let state = state_of(&row, now)?.word();
    Ok(store::insert_entry(conn, &row, state, entry, actor, now)?)
}

/// List an article's history
///
/// One entry for each write to it, the newest first: what was done, by whom, when and why.
#[utoipa::path(get, path = "/v1/articles/{article}/history", responses((status = 200, description = "A page of the history.", body = [HistoryEntry])))]
pub async fn list_history(call: Call) -> Result<Reply, Problem> {
    list(call, "history", |_, _| Ok(0), HistoryEntry::new).await
}

/// List an article's revisions
///
/// Its versions, the newest first. Each is read whole by its number. Versions from before
/// they were kept are missing.
#[utoipa::path(get, path = "/v1/articles/{article}/revisions", responses((status = 200, description = "A page of revisions.", body = [RevisionListItem])))]
pub async fn list_revisions(call: Call) -> Result<Reply, Problem> {
    let above =
        |conn: &mut SqliteConnection, row: &ArticleRow| Ok(store::last_unkept(conn, row.id)?);
    list(call, "revisions", above, RevisionListItem::new).await
}

/// A page of an article's entries above the version that `above` gives.
async fn list<T: Serialize>(
    call: Call,
    collection: &str,
    above: impl FnOnce(&mut SqliteConnection, &ArticleRow) -> Result<i64, Problem>,
    item: impl Fn(EntryRow) -> Result<T, Problem>,
) -> Result<Reply, Problem> {
    let locator = call.locator("article")?;
    let sight = Sight::of_call(&call);
    let limit = call.query.limit();
    let read = call.services.db.read(|conn| {
        look_up(conn, &locator, sight)?.and_then(|(row, _)| {
            let path = format!("/v1/articles/{}/{collection}", row.public_id);
            let listing = Listing::new(&path, &[]);
            let before = listing.start(&call.query, store::NEWEST)?;
            let least = above(conn, &row)?;
            let entries = store::select_entries(conn, row.id, least, before, limit + 1)?;
            Ok((row.id, least, listing, entries))
        })
    })?;
    let (id, least, listing, entries) = match read {
        Found::Here(read) => read,
        Found::Moved(slug) => return Ok(moved(&call, &slug)),
    };
    let total = match call.query.count() {
        true => {
            let count =
                move |conn: &mut SqliteConnection| Ok(store::count_entries(conn, id, least)?);
            Some(call.services.db.search(count).await?)
        }
        false => None,
    };
    let page = Page::of(entries, limit, |row| listing.seal(&row.version), item);
    let page = Page {
        items: page.items.into_iter().collect::<Result<Vec<_>, _>>()?,
        next: page.next,
    };
    Reply::page(&call, page, total, &["version"])
}

/// Read a revision
///
/// The article as it was in this version, with the disclaimers that stood with it then. With
/// `against`, how it differs from another version: the members that changed, and the text as a
/// unified diff.
#[utoipa::path(get, path = "/v1/articles/{article}/revisions/{version}", responses((status = 200, description = "The revision.", body = Revision)))]
pub async fn read_revision(call: Call) -> Result<Reply, Problem> {
    let locator = call.locator("article")?;
    let version = call.number("version")?;
    let against = call.query.against();
    let sight = Sight::of_call(&call);
    let find = move |conn: &mut SqliteConnection| {
        look_up(conn, &locator, sight)?.and_then(|(row, _)| {
            let past = Past::find(conn, &row, version, sight)?;
            let difference = match against {
                Some(number) => {
                    let other = Past::find(conn, &row, number, sight)?.shown(conn)?;
                    Some(difference((number, &other), (version, &past.shown(conn)?)))
                }
                None => None,
            };
            let at = past.entry.at;
            let corrections = store::select_corrections(conn, &[row.id])?.into_iter();
            let at = Instant::from_micros(at);
            let carried = carried_by_one(conn, &past.row, at)?;
            let head = past.head()?;
            Ok(Revision {
                head,
                body: past.text.body,
                body_html: past.text.body_html,
                corrections: corrections
                    .filter_map(|row| Correction::at(row, at))
                    .collect(),
                disclaimers: carried.into_iter().map(AttachedDisclaimer::from).collect(),
                by: Authorship::new(past.entry)?,
                difference,
            })
        })
    };
    let db = &call.services.db;
    // To compare two texts takes too long for the thread that answers others.
    let found = match against {
        Some(_) => db.search(find).await?,
        None => db.read(find)?,
    };
    match found {
        Found::Here(revision) => Ok(Reply::ok(&revision)?.version(version)),
        Found::Moved(slug) => Ok(moved(&call, &slug)),
    }
}

/// Restore a revision
///
/// The article says again what it said in that version, as a new version. Where it comes from, its slug,
/// and who may read it and comment on it until when, stay as they are; but a text that was licensed or
/// under an embargo then is so again.
#[utoipa::path(post, path = "/v1/articles/{article}/revisions/{version}/restore", responses((status = 200, description = "The article as stored.", body = Article)))]
pub async fn restore_revision(call: Call) -> Result<Reply, Problem> {
    let input: ActionInput = call.body_or_nothing()?;
    let version = call.number("version")?;
    let caller = call.caller.clone();
    let now = call.services.now();
    let past = move |conn: &mut SqliteConnection, row: &ArticleRow| {
        Past::find(conn, row, version, Sight::of(&caller, now))
    };
    let article = write_to(
        &call,
        Reach::There,
        past,
        move |conn, row, past, actor, now| {
            let body = store::select_body(conn, row.id)?.body;
            let mut wanted = members_as_they_are(row, &body, now)?;
            let mut was = past.members()?;
            for name in CONTENT {
                let value = was.get_mut(*name).map(Value::take);
                wanted.insert((*name).to_owned(), value.unwrap_or_default());
            }
            wanted.retain(|name, _| ArticleInput::MEMBERS.contains(&name.as_str()));
            let mut article: ArticleInput = read_body(Value::Object(wanted))?;
            keep_closed(&mut article, &past.row, now);
            let rendered = rendered_of(&article, [Some(past.rendered())])?;
            let entry = Entry {
                restored_version: Some(version),
                ..Entry::of(HistoryEvent::Restored).because(input.reason.as_deref())
            };
            write_members(conn, row, &article, &rendered, entry, actor, now)?;
            by_id(conn, row, now)
        },
    );
    shown(&article.await?)
}

/// What a text was closed to, it is closed to again: bringing words back opens none of them.
fn keep_closed(article: &mut ArticleInput, past: &ArticleRow, now: Instant) {
    if past.access == Access::Restricted.word() {
        article.access = Access::Restricted;
    }
    let embargo = past.embargo_until.map(Instant::from_micros);
    if embargo > Some(now) {
        article.embargo_until = article.embargo_until.max(embargo);
    }
}

/// An article as it was in one version.
struct Past {
    row: ArticleRow,
    text: BodyRow,
    entry: EntryRow,
}

impl Past {
    /// The version of the article that now is `present`. What was licensed or is still
    /// under the embargo that it had then is read by those who may read such articles.
    fn find(
        conn: &mut SqliteConnection,
        present: &ArticleRow,
        version: i64,
        sight: Sight,
    ) -> Result<Self, Problem> {
        let absent = || {
            let detail = format!(
                "The article has no version {version} that was kept. `GET /v1/articles/{}/revisions` lists them.",
                present.public_id
            );
            Problem::new(Code::RevisionNotFound, detail).with("id", version.to_string())
        };
        let entry = store::select_entry(conn, present.id, version)?.ok_or_else(absent)?;
        let (content, text) = store::select_content(conn, present, version)?.ok_or_else(absent)?;
        let as_closed_as_then = ArticleRow {
            access: content.access.clone(),
            embargo_until: content.embargo_until,
            ..present.clone()
        };
        let locator = Locator::Slug(present.slug.clone());
        refuse_unread(conn, &as_closed_as_then, &locator, sight)?;
        let row = ArticleRow {
            version,
            published_at: entry.published_at,
            went_public_at: entry.went_public_at,
            updated_at: entry.at,
            ..content
        };
        Ok(Self { row, text, entry })
    }

    fn head(&self) -> Result<ArticleHead, Problem> {
        let mut head = ArticleHead::new(self.row.clone(), Instant::from_micros(self.entry.at))?;
        head.state = self.entry.state.clone().unwrap_or_default();
        Ok(head)
    }

    fn members(&self) -> Result<Map<String, Value>, Problem> {
        let mut members = members_of(&self.head()?)?;
        members.insert("body".to_owned(), self.text.body.clone().into());
        Ok(members)
    }

    /// All that can differ: what was written, and which disclaimers stood beside it.
    fn shown(&self, conn: &mut SqliteConnection) -> Result<Map<String, Value>, Problem> {
        let mut members = self.members()?;
        let at = Instant::from_micros(self.entry.at);
        let carried = carried_by(conn, [&self.row], at, false)?.take(self.row.id);
        let references: Vec<DisclaimerReference> = carried.into_iter().map(Into::into).collect();
        let references = serde_json::to_value(references).map_err(Problem::internal)?;
        members.insert("disclaimers".to_owned(), references);
        Ok(members)
    }

    fn rendered(&self) -> RenderedText {
        RenderedText::stored(&self.row, self.text.clone())
    }
}

/// `thing` as members of a JSON object.
pub(super) fn members_of(thing: &impl Serialize) -> Result<Map<String, Value>, Problem> {
    match serde_json::to_value(thing).map_err(Problem::internal)? {
        Value::Object(members) => Ok(members),
        other => Err(Problem::internal(format!(
            "an article is no object: {other}"
        ))),
    }
}

/// An article's members as they are, those that are written among them.
pub(super) fn members_as_they_are(
    row: &ArticleRow,
    body: &str,
    now: Instant,
) -> Result<Map<String, Value>, Problem> {
    let mut members = members_of(&ArticleHead::new(row.clone(), now)?)?;
    members.insert("body".to_owned(), body.into());
    Ok(members)
}
