//! Taking articles from files: what a second run leaves alone, and what an
//! edited file changes.

use diesel::sqlite::SqliteConnection;

use super::api::{ArticleCreate, ArticleInput, HistoryEvent, InitialState, State};
use super::handlers::{by_id, record};
use super::ladder::{Rung, Sight};
use super::rules::{Action, initial_published_at, state_of};
use super::store::{ArticleRow, Entry};
use super::{create, find, replace, store};
use crate::domain::ids::Entropy;
use crate::domain::instant::Instant;
use crate::domain::markup::Rendered;
use crate::problem::Problem;
use crate::web::caller::Actor;
use crate::web::input::read_body;

/// An article as a file has it.
pub struct ImportedFile {
    /// The file's whole path, without symbolic links: what it is known by.
    pub path: String,
    /// SHA-256 of the whole file and of how it is read.
    pub sha256: [u8; 32],
    /// What it says. A publication in the future is a schedule.
    pub article: ArticleCreate,
    /// Members that most files have no name for and that it speaks of (`NOT_IN_FILES`).
    pub said: Vec<&'static str>,
    /// The slugs that it had before.
    pub former_slugs: Vec<String>,
    /// Its text, rendered.
    pub rendered: Rendered,
}

/// What became of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It made a new article, which is in this state now.
    Created(State),
    /// It was edited since the last import, and its article with it.
    Updated(State),
    /// It is as it was.
    Unchanged,
    /// It was edited, but its article is in the trash: an import does not undo that.
    InTrash,
}

/// Who history says has done it.
const ACTOR: Actor<'static> = Actor::named("import");

/// Whether the file at `path` was imported as it is: then there is nothing to do.
///
/// # Errors
/// A database fault.
pub fn is_imported(
    conn: &mut SqliteConnection,
    path: &str,
    sha256: &[u8],
) -> Result<bool, Problem> {
    Ok(store::is_imported(conn, path, sha256)?)
}

/// The slug of the article of the file at `path`, where readers have it now.
///
/// # Errors
/// A database fault.
pub fn public_slug(
    conn: &mut SqliteConnection,
    path: &str,
    now: Instant,
) -> Result<Option<String>, Problem> {
    let imported = store::select_imported(conn, path)?;
    let row = imported.and_then(|imported| imported.article);
    let is_public =
        |row: &ArticleRow| matches!(Rung::of(row, now), Rung::Public | Rung::Restricted);
    Ok(row.filter(is_public).map(|row| row.slug))
}

/// Members that front matter has no name for: an editor set them, and an
/// edited file says nothing about them.
const NOT_IN_FILES: [&str; 9] = [
    "comments_policy",
    "comments_close_at",
    "access",
    "embargo_until",
    "section",
    "language",
    "image",
    "external_id",
    "dateline",
];

/// What a file says, over what its article has beyond that.
fn over_present(
    conn: &mut SqliteConnection,
    row: &ArticleRow,
    file: &ArticleInput,
    said: &[&str],
    now: Instant,
) -> Result<ArticleInput, Problem> {
    let present = serde_json::to_value(by_id(conn, row, now)?).map_err(Problem::internal)?;
    let mut article = serde_json::to_value(file).map_err(Problem::internal)?;
    for name in NOT_IN_FILES.iter().filter(|name| !said.contains(*name)) {
        article[*name] = present[*name].clone();
    }
    // So does an end, unless this file is asked for its own.
    if file.expires_at.is_none() {
        article["expires_at"] = present["expires_at"].clone();
    }
    // A slug that was made from the title does not follow it later.
    if file.slug.is_none() {
        article["slug"] = present["slug"].clone();
    }
    read_body(article)
}

/// The article's former addresses lead to it, unless another article has their slug.
fn keep_aliases(
    conn: &mut SqliteConnection,
    article: i64,
    file: &ImportedFile,
    now: Instant,
) -> Result<(), Problem> {
    for slug in &file.former_slugs {
        store::insert_alias(conn, article, slug, now)?;
    }
    Ok(())
}

/// What a file wants its article to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wants {
    Draft,
    Public,
    /// Public from an instant on that is to come.
    Later(Instant),
}

/// What the file wants, and its creation as any article may be created now: a date to come is no
/// publication that was.
fn wanted(file: &ImportedFile, now: Instant) -> (Wants, ArticleCreate) {
    let mut article = file.article.clone();
    let later = article.creation.published_at.filter(|at| *at > now);
    let wants = match (article.creation.state, later) {
        (InitialState::Draft, _) => Wants::Draft,
        (InitialState::Published, None) => Wants::Public,
        (InitialState::Published, Some(at)) => Wants::Later(at),
    };
    if let Some(at) = later {
        article.creation.state = InitialState::Draft;
        article.creation.published_at = None;
        // A draft's date is kept for whoever publishes it.
        if wants == Wants::Draft {
            let metadata = &mut article.article.metadata.0;
            metadata
                .entry("date")
                .or_insert_with(|| at.to_string().into());
        }
    }
    (wants, article)
}

fn state_now(conn: &mut SqliteConnection, article: i64, now: Instant) -> Result<State, Problem> {
    state_of(&store::select_row(conn, article)?, now)
}

/// Schedules an article that is a draft.
fn schedule(
    conn: &mut SqliteConnection,
    article: i64,
    at: Instant,
    now: Instant,
) -> Result<(), Problem> {
    let row = store::select_row(conn, article)?;
    store::publish(conn, &row, at, now)?;
    let mut details = serde_json::Map::new();
    details.insert("at".to_owned(), at.to_string().into());
    let entry = Entry::of(HistoryEvent::Scheduled).with(details);
    record(conn, article, &entry, ACTOR, now)
}

/// Takes one file in, as one unit of the writer.
///
/// # Errors
/// `slug_taken`, `external_id_taken`, `validation_failed`, or a database fault.
pub fn import(
    conn: &mut SqliteConnection,
    file: &ImportedFile,
    entropy: &dyn Entropy,
    now: Instant,
) -> Result<Outcome, Problem> {
    let (wants, says) = wanted(file, now);
    let Some(before) = store::select_imported(conn, &file.path)? else {
        let locator = create(conn, &says, &file.rendered, ACTOR, entropy, now)?;
        let (row, _) = find(conn, &locator, Sight::whole(now))?;
        store::upsert_imported(conn, &file.path, row.id, &file.sha256, now)?;
        if let Wants::Later(at) = wants {
            schedule(conn, row.id, at, now)?;
        }
        keep_aliases(conn, row.id, file, now)?;
        return Ok(Outcome::Created(state_now(conn, row.id, now)?));
    };
    if before.sha256 == file.sha256 {
        return Ok(Outcome::Unchanged);
    }
    let Some(row) = before.article else {
        return Ok(Outcome::InTrash);
    };
    let published_at = initial_published_at(&says.creation, now)?;
    let article = over_present(conn, &row, &says.article, &file.said, now)?;
    // Of a schedule the row itself tells.
    if wants == Wants::Draft || wants == Wants::Public {
        store::set_published_at(conn, row.id, published_at)?;
    }
    replace(conn, &row, &article, &file.rendered, ACTOR, now)?;
    turn(conn, &row, wants, now)?;
    keep_aliases(conn, row.id, file, now)?;
    store::upsert_imported(conn, &file.path, row.id, &file.sha256, now)?;
    Ok(Outcome::Updated(state_now(conn, row.id, now)?))
}

/// Makes an article what its file wants it to be, as far as no editor has decided otherwise: what an editor
/// has published, scheduled, withdrawn or blocked stays so, and one that was public before is a draft
/// because an editor wants it so.
fn turn(
    conn: &mut SqliteConnection,
    row: &ArticleRow,
    wants: Wants,
    now: Instant,
) -> Result<(), Problem> {
    let is_new = row.state == store::DRAFT && row.went_public_at.is_none();
    let scheduled = row
        .went_public_at
        .filter(|at| row.state == store::PUBLISHED && *at > now.as_micros());
    let is_out = row.state == store::PUBLISHED;
    // What an editor has published or scheduled is the editor's.
    let is_ours = is_out && store::is_published_by(conn, row.id, ACTOR.name)?;
    match wants {
        Wants::Draft if is_ours => {
            store::unpublish(conn, row, now)?;
            let entry = Entry::of(Action::Unpublish.event());
            record(conn, row.id, &entry, ACTOR, now)
        }
        Wants::Public if is_new || is_ours && scheduled.is_some() => {
            store::publish(conn, row, now, now)?;
            record(
                conn,
                row.id,
                &Entry::of(Action::Publish.event()),
                ACTOR,
                now,
            )
        }
        Wants::Later(at) if is_new => schedule(conn, row.id, at, now),
        Wants::Later(at) if is_ours && scheduled == Some(at.as_micros()) => Ok(()),
        Wants::Later(at) if is_ours && scheduled.is_some() => schedule(conn, row.id, at, now),
        // Its site does not show it any more, until then.
        Wants::Later(at) if is_ours => {
            store::unpublish(conn, row, now)?;
            let entry = Entry::of(Action::Unpublish.event());
            record(conn, row.id, &entry, ACTOR, now)?;
            schedule(conn, row.id, at, now)
        }
        _ => Ok(()),
    }
}
