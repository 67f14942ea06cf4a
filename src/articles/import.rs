//! Importing articles from files: a second run leaves unchanged files alone, and applies edits of
//! a file to its article.

use serde_json::{Value, json};

use super::ids::ArticleId;
use super::input::{ArticleCreate, ArticleInput};
use super::ladder::Rung;
use super::model::{ArticleRow, BodyRow, written_members};
use super::rules::{initial_published_at, state_of};
use super::store;
use super::words::{InitialState, Standing, State, TermKind};
use super::write::{self, By};
use crate::db::Conn;
use crate::domain::ids::{Entropy, new_id};
use crate::domain::instant::Instant;
use crate::domain::markup::Rendered;
use crate::problem::Problem;
use crate::web::caller::Actor;
use crate::web::input::read_body;

/// An article as read from a file.
pub struct ImportedFile {
    /// The file's absolute path, without symbolic links: its identity.
    pub path: String,
    /// SHA-256 of the whole file and of the options with which it is read.
    pub sha256: [u8; 32],
    /// Its content. A publication in the future is a schedule.
    pub article: ArticleCreate,
    /// The members of `NOT_IN_FILES` that this file does set.
    pub said: Vec<&'static str>,
    /// Its former slugs.
    pub former_slugs: Vec<String>,
    /// The names of its tags, by their slugs.
    pub tag_names: Vec<(String, String)>,
    /// Its rendered text.
    pub rendered: Rendered,
}

/// The outcome for a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A new article was created, which is in this state now.
    Created(State),
    /// The file was edited since the last import, and its article was updated.
    Updated(State),
    /// The file is unchanged.
    Unchanged,
    /// It was edited, but its article is in the trash: an import does not undo that.
    InTrash,
}

/// The actor in the history.
const ACTOR: Actor<'static> = Actor::named("import");

/// True if the file at `path` was imported with this digest: then there is nothing to do.
pub fn is_imported(conn: &mut Conn, path: &str, sha256: &[u8]) -> Result<bool, Problem> {
    Ok(store::is_imported(conn, path, sha256)?)
}

/// The slug of the article imported from `path`, if readers can see it now.
pub fn public_slug(conn: &mut Conn, path: &str, now: Instant) -> Result<Option<String>, Problem> {
    let imported = store::select_imported(conn, path)?;
    let row = imported.and_then(|imported| imported.article);
    let is_public =
        |row: &ArticleRow| matches!(Rung::of(row, now), Rung::Public | Rung::Restricted);
    Ok(row.filter(is_public).map(|row| row.slug))
}

/// Members that front matter has no name for: editors set them, and an edited file leaves them as
/// they are.
const NOT_IN_FILES: [&str; 9] = [
    "comments_policy", "comments_close_at", "access", "embargo_until", "section", "language",
    "image", "external_id", "dateline",
];

/// The file's members, completed with the article's present ones where the file sets none.
fn over_present(
    row: &ArticleRow,
    text: &BodyRow,
    file: &ArticleInput,
    said: &[&str],
) -> Result<ArticleInput, Problem> {
    let present = Value::Object(written_members(row, &text.body)?);
    let mut article = json!(file);
    for name in NOT_IN_FILES.iter().filter(|name| !said.contains(*name)) {
        article[*name] = present[*name].clone();
    }
    // The expiry stays too, unless this file sets one.
    if file.expires_at.is_none() {
        article["expires_at"] = present["expires_at"].clone();
    }
    // A slug made from the title does not change with it later.
    if file.slug.is_none() {
        article["slug"] = present["slug"].clone();
    }
    read_body(article)
}

/// Redirects the article's former slugs to it, unless another article has or had them.
fn keep_aliases(
    conn: &mut Conn,
    article: ArticleId,
    file: &ImportedFile,
    now: Instant,
) -> Result<(), Problem> {
    for slug in &file.former_slugs {
        store::insert_alias(conn, article, slug, now)?;
    }
    Ok(())
}

/// Keeps the names of the file's tags, unless someone has named them before.
fn keep_names(conn: &mut Conn, file: &ImportedFile) -> Result<(), Problem> {
    for (slug, name) in &file.tag_names {
        store::suggest_name(conn, TermKind::Tag, slug, name)?;
    }
    Ok(())
}

/// The state that a file wants for its article.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wants {
    Draft,
    Public,
    /// Public from an instant in the future.
    Later(Instant),
}

/// The wanted state, and the input to create the article with now: a date in the future is a
/// schedule, or only kept for a draft, and no past publication.
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
        // A draft keeps its date, for the editor who publishes it.
        if wants == Wants::Draft {
            let metadata = &mut article.article.metadata.0;
            metadata.entry("date").or_insert_with(|| at.to_string().into());
        }
    }
    (wants, article)
}

/// Imports one file, as one unit of the writer.
///
/// # Errors
/// `slug_taken`, `external_id_taken`, `validation_failed`, or a database fault.
pub fn import(
    conn: &mut Conn,
    file: &ImportedFile,
    entropy: &dyn Entropy,
    now: Instant,
) -> Result<Outcome, Problem> {
    let by = By::itself(ACTOR, now);
    let (wants, says) = wanted(file, now);
    let Some(before) = store::select_imported(conn, &file.path)? else {
        let mut row = write::create(conn, &says, &file.rendered, new_id(now, entropy), by)?;
        store::upsert_imported(conn, &file.path, row.id, &file.sha256, now)?;
        if let Wants::Later(at) = wants {
            row = write::schedule(conn, &row, at, None, by)?;
        }
        keep_aliases(conn, row.id, file, now)?;
        keep_names(conn, file)?;
        return Ok(Outcome::Created(state_of(&row, now)));
    };
    if before.sha256 == file.sha256 {
        return Ok(Outcome::Unchanged);
    }
    let Some(row) = before.article else {
        return Ok(Outcome::InTrash);
    };
    let published_at = initial_published_at(&says.creation, now)?;
    let text = store::select_body(conn, row.id)?;
    let article = over_present(&row, &text, &says.article, &file.said)?;
    // A schedule is on the row itself.
    if wants == Wants::Draft || wants == Wants::Public {
        store::set_published_at(conn, row.id, published_at)?;
    }
    let after = write::edit(conn, (&row, &text), &article, &file.rendered, by)?;
    let after = turn(conn, after, wants, by)?;
    keep_aliases(conn, row.id, file, now)?;
    keep_names(conn, file)?;
    store::upsert_imported(conn, &file.path, row.id, &file.sha256, now)?;
    Ok(Outcome::Updated(state_of(&after, now)))
}

/// Moves an article to the state that its file wants, unless an editor has decided otherwise: an
/// article that an editor has published, scheduled, withdrawn or blocked stays so, and one that
/// was public and is a draft now was made one by an editor.
fn turn(conn: &mut Conn, row: ArticleRow, wants: Wants, by: By<'_>) -> Result<ArticleRow, Problem> {
    let is_new = row.state == Standing::Draft && row.went_public_at.is_none();
    let is_out = row.state == Standing::Published;
    let to_come = |at: &i64| is_out && *at > by.now().as_micros();
    let scheduled = row.went_public_at.filter(to_come);
    // An article that an editor has published or scheduled is left to the editor.
    let is_ours = is_out && store::is_published_by(conn, row.id, ACTOR.name)?;
    match wants {
        Wants::Draft if is_ours => write::unpublish(conn, &row, None, by),
        Wants::Public if is_new || is_ours && scheduled.is_some() => {
            write::publish(conn, &row, None, None, by)
        }
        Wants::Later(at) if is_new => write::schedule(conn, &row, at, None, by),
        Wants::Later(at) if is_ours && scheduled == Some(at.as_micros()) => Ok(row),
        Wants::Later(at) if is_ours && scheduled.is_some() => {
            write::schedule(conn, &row, at, None, by)
        }
        // Its site no longer shows it until then.
        Wants::Later(at) if is_ours => {
            let draft = write::unpublish(conn, &row, None, by)?;
            write::schedule(conn, &draft, at, None, by)
        }
        _ => Ok(row),
    }
}
