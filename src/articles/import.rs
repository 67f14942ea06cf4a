//! Taking articles from files: what a second run leaves alone, and what an
//! edited file changes.

use diesel::sqlite::SqliteConnection;

use super::api::{ArticleCreate, ArticleInput, InitialState};
use super::handlers::{by_id, record};
use super::ladder::Sight;
use super::rules::{Action, initial_published_at};
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
    /// What it says.
    pub article: ArticleCreate,
    /// The slugs that it had before.
    pub former_slugs: Vec<String>,
    /// Its text, rendered.
    pub rendered: Rendered,
}

/// What became of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It made a new article.
    Created,
    /// It was edited since the last import, and its article with it.
    Updated,
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
    now: Instant,
) -> Result<ArticleInput, Problem> {
    let present = serde_json::to_value(by_id(conn, row, now)?).map_err(Problem::internal)?;
    let mut article = serde_json::to_value(file).map_err(Problem::internal)?;
    for name in NOT_IN_FILES {
        article[name] = present[name].clone();
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
    let Some(before) = store::select_imported(conn, &file.path)? else {
        let locator = create(conn, &file.article, &file.rendered, ACTOR, entropy, now)?;
        let (row, _) = find(conn, &locator, Sight::whole(now))?;
        store::upsert_imported(conn, &file.path, row.id, &file.sha256, now)?;
        keep_aliases(conn, row.id, file, now)?;
        return Ok(Outcome::Created);
    };
    if before.sha256 == file.sha256 {
        return Ok(Outcome::Unchanged);
    }
    let Some(row) = before.article else {
        return Ok(Outcome::InTrash);
    };
    let published_at = initial_published_at(&file.article.creation, now)?;
    let article = over_present(conn, &row, &file.article.article, now)?;
    store::set_published_at(conn, row.id, published_at)?;
    replace(conn, &row, &article, &file.rendered, ACTOR, now)?;
    let is_draft = row.state == store::DRAFT;
    // What an editor has withdrawn or blocked stays so, whatever its file says.
    let action = match file.article.creation.state {
        // One that was public before is a draft because an editor wants it so.
        InitialState::Published if is_draft && row.went_public_at.is_none() => {
            store::publish(conn, &row, now, now)?;
            Some(Action::Publish)
        }
        InitialState::Draft if row.state == store::PUBLISHED => {
            store::unpublish(conn, &row, now)?;
            Some(Action::Unpublish)
        }
        _ => None,
    };
    if let Some(action) = action {
        record(conn, row.id, &Entry::of(action.event()), ACTOR, now)?;
    }
    keep_aliases(conn, row.id, file, now)?;
    store::upsert_imported(conn, &file.path, row.id, &file.sha256, now)?;
    Ok(Outcome::Updated)
}
