//! Writing articles: requests, imports and the demo all use this. Each call runs in a unit of the
//! writer.

mod actions;
mod past;
mod publicity;
mod purge;
mod text;

use uuid::Uuid;

use super::difference::changed_members;
use super::ids::ArticleId;
use super::input::{ArticleCreate, ArticleInput};
use super::ladder::Sight;
use super::model::{ArticleRow, BodyRow, Entry, written_members};
use super::rules::{initial_published_at, state_of};
use super::store::{self, Creation, Looked as _};
use super::words::HistoryEvent;
use crate::db::Conn;
use crate::disclaimers::ids::DisclaimerId;
use crate::domain::instant::Instant;
use crate::domain::markup::Rendered;
use crate::domain::slug::{first_free, slugify};
use crate::domain::text::look_alike;
use crate::problem::{Code, Problem};
use crate::web::caller::Actor;
use crate::web::input::{InputObject as _, read_body};
use crate::web::url::Locator;

pub use actions::{
    Withdrawal, block, correct, note_correction, publish, restore, schedule, unblock, unpublish,
    withdraw, withdraw_correction,
};
pub use past::{MetPast, Past, rendered_past, restore_revision};
pub use publicity::{catch_up, note_change};
pub use purge::{ForgetComments, erase, forget_words, purge, purge_trash};
pub use text::{RenderedText, rendered, rendered_of};

/// The actor of a write, and which articles they may see at the unit's instant.
#[derive(Clone, Copy, Debug)]
pub struct By<'a> {
    /// The actor in the history.
    pub actor: Actor<'a>,
    /// Their view: another article that conflicts is named only if they may know of it.
    pub sight: Sight,
}

impl<'a> By<'a> {
    /// The program itself, which sees everything.
    #[must_use]
    pub fn itself(actor: Actor<'a>, now: Instant) -> Self {
        Self { actor, sight: Sight::whole(now) }
    }

    /// The unit's instant.
    #[must_use]
    pub fn now(self) -> Instant {
        self.sight.now
    }
}

/// Creates the article `id`.
///
/// # Errors
/// `slug_taken`, `external_id_taken`, `validation_failed`, or a database fault.
pub fn create(
    conn: &mut Conn,
    input: &ArticleCreate,
    rendered: &Rendered,
    id: Uuid,
    by: By<'_>,
) -> Result<ArticleRow, Problem> {
    let now = by.now();
    let creation = Creation {
        id,
        state: input.creation.state,
        published_at: initial_published_at(&input.creation, now)?,
    };
    let slug = free_slug(conn, &input.article, None, by)?;
    let (source, external_id) = input.article.provider();
    refuse_taken_external_id(conn, source, external_id, None, by)?;
    let row = store::insert(conn, &creation, &input.article, &slug, rendered, now)?;
    record(conn, (None, &row), &Entry::of(HistoryEvent::Created), by)?;
    Ok(row)
}

/// Edits an article whose text is `text`.
///
/// # Errors
/// `slug_taken`, `external_id_taken`, or a database fault.
pub fn edit(
    conn: &mut Conn,
    (row, text): (&ArticleRow, &BodyRow),
    input: &ArticleInput,
    rendered: &Rendered,
    by: By<'_>,
) -> Result<ArticleRow, Problem> {
    let entry = Entry::of(HistoryEvent::Edited);
    write_members(conn, (row, text), input, rendered, entry, by)
}

/// Writes an article's members, saves the previous content if it changes, and records the write in
/// the history as `entry`.
fn write_members(
    conn: &mut Conn,
    (row, text): (&ArticleRow, &BodyRow),
    input: &ArticleInput,
    rendered: &Rendered,
    entry: Entry<'_>,
    by: By<'_>,
) -> Result<ArticleRow, Problem> {
    let slug = free_slug(conn, input, Some(row), by)?;
    let (source, external_id) = input.provider();
    // Its present id stays its own: older files may hold two spellings of one provider.
    let is_its_own = external_id == row.external_id.as_deref()
        && source.map(look_alike) == row.source_name.as_deref().map(look_alike);
    if !is_its_own {
        refuse_taken_external_id(conn, source, external_id, Some(row.id), by)?;
    }
    let before = written_members(row, &text.body)?;
    let mut after = members_of(input)?;
    after.insert("slug".to_owned(), slug.clone().into());
    let mut changes = changed_members(&before, &after);
    // Another format renders the same text to different HTML.
    let has_other_text = changes.iter().any(|name| name.starts_with("body"));
    if !changes.is_empty() {
        store::keep_content(conn, row, has_other_text.then_some(text))?;
    }
    // A newer renderer may make other HTML of the same text: what is answered is what is stored.
    let text = (rendered, has_other_text || rendered.html_of(&row.public_id) != text.body_html);
    let after = store::update(conn, row, input, &slug, text, by.now())?;
    // Only an import changes this one, in a statement of its own.
    if after.published_at != row.published_at {
        changes.push("published_at");
    }
    record(conn, (Some(row), &after), &entry.changing(&changes), by)?;
    Ok(after)
}

/// Records a write in an article's history and in the change log; `row` is the article after the write, and `before` what it
/// was, if it was there.
fn record(
    conn: &mut Conn,
    (before, row): (Option<&ArticleRow>, &ArticleRow),
    entry: &Entry<'_>,
    by: By<'_>,
) -> Result<(), Problem> {
    let state = state_of(row, by.now());
    store::insert_entry(conn, row, state, entry, by.actor, by.now())?;
    note_change(conn, before, Some(row), by.now())
}

/// Moves an article to the trash.
pub fn trash(conn: &mut Conn, row: &ArticleRow, by: By<'_>) -> Result<(), Problem> {
    let after = store::trash(conn, row.id, by.now())?;
    record(conn, (Some(row), &after), &Entry::of(HistoryEvent::Trashed), by)
}

/// Attaches a disclaimer to an article, unless it is attached already.
pub fn attach(
    conn: &mut Conn,
    row: &ArticleRow,
    (disclaimer, public_id): (DisclaimerId, &str),
    by: By<'_>,
) -> Result<(), Problem> {
    if !store::attach(conn, row.id, disclaimer, by.now())? {
        return Ok(());
    }
    let after = store::next_version(conn, row.id, by.now())?;
    let entry = Entry::of(HistoryEvent::Attached).about(public_id);
    record(conn, (Some(row), &after), &entry, by)
}

/// Detaches a disclaimer that was attached by hand.
pub fn detach(
    conn: &mut Conn,
    row: &ArticleRow,
    (disclaimer, public_id): (DisclaimerId, &str),
    by: By<'_>,
) -> Result<(), Problem> {
    store::detach(conn, row.id, disclaimer, by.now())?;
    let after = store::next_version(conn, row.id, by.now())?;
    let entry = Entry::of(HistoryEvent::Detached).about(public_id);
    record(conn, (Some(row), &after), &entry, by)
}

/// The requested slug, or one made from the title that no other article has or had.
fn free_slug(
    conn: &mut Conn,
    input: &ArticleInput,
    present: Option<&ArticleRow>,
    by: By<'_>,
) -> Result<String, Problem> {
    let but = present.map(|row| row.id);
    let Some(slug) = &input.slug else {
        return first_free(&slugify(&input.title), |slug| {
            Ok(store::is_slug_used(conn, slug, but)?)
        });
    };
    let is_its_own = present.is_some_and(|row| row.slug == **slug);
    if !is_its_own {
        refuse_taken_slug(conn, slug, but, by)?;
    }
    Ok(slug.clone().into_string())
}

fn refuse_taken_slug(
    conn: &mut Conn,
    slug: &str,
    but: Option<ArticleId>,
    by: By<'_>,
) -> Result<(), Problem> {
    let owner = store::select_slug_owner(conn, slug)?;
    match owner.filter(|(id, _)| Some(*id) != but) {
        None => Ok(()),
        Some((_, owner)) => {
            let owner = named_owner(conn, owner, by.sight)?;
            Err(Problem::plain(Code::SlugTaken)
                .with("conflicting_id", owner)
                .with("pointer", "/slug")
                .say("slug", slug))
        }
    }
}

fn refuse_taken_external_id(
    conn: &mut Conn,
    source: Option<&str>,
    external_id: Option<&str>,
    but: Option<ArticleId>,
    by: By<'_>,
) -> Result<(), Problem> {
    let Some(external_id) = external_id else {
        return Ok(());
    };
    match store::select_external_id_owner(conn, source, external_id, but)? {
        None => Ok(()),
        Some((_, owner)) => {
            let owner = named_owner(conn, owner, by.sight)?;
            Err(Problem::plain(Code::ExternalIdTaken)
                .with("conflicting_id", owner)
                .with("pointer", "/external_id")
                .say("external_id", external_id))
        }
    }
}

/// The id of the article that has a value, if the caller may know of it.
fn named_owner(conn: &mut Conn, owner: String, sight: Sight) -> Result<Option<String>, Problem> {
    let id = Uuid::try_parse(&owner).map_err(Problem::internal)?;
    let known = ArticleRow::select(conn, &Locator::Id(id), sight)?;
    Ok(known.map(|_| owner))
}

/// `input` as members of a JSON object.
fn members_of(input: &ArticleInput) -> Result<serde_json::Map<String, serde_json::Value>, Problem> {
    match serde_json::to_value(input).map_err(Problem::internal)? {
        serde_json::Value::Object(members) => Ok(members),
        other => Err(Problem::internal(format!("an article is no object: {other}"))),
    }
}

/// The article as a client would write it, with `others` replacing its own members.
fn input_with(
    row: &ArticleRow,
    body: &str,
    others: impl IntoIterator<Item = (String, serde_json::Value)>,
) -> Result<ArticleInput, Problem> {
    let mut members = written_members(row, body)?;
    members.extend(others);
    members.retain(|name, _| ArticleInput::MEMBERS.contains(&name.as_str()));
    read_body(serde_json::Value::Object(members))
}
