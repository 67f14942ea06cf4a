//! Taking articles from files: what a second run leaves alone, and what an
//! edited file changes.

use diesel::sqlite::SqliteConnection;

use super::api::{ArticleCreate, ArticleInput};
use super::handlers::by_id;
use super::rules::{Action, initial_published_at};
use super::store::ArticleRow;
use super::{create, find, replace, store};
use crate::articles::store::Sight;
use crate::domain::ids::Entropy;
use crate::domain::instant::Instant;
use crate::domain::markup::Rendered;
use crate::problem::Problem;
use crate::web::input::read_body;

/// An article as a file has it.
pub struct ImportedFile {
    /// The file's whole path, without symbolic links: what it is known by.
    pub path: String,
    /// SHA-256 of the whole file.
    pub sha256: [u8; 32],
    /// What it says.
    pub article: ArticleCreate,
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
const ACTOR: &str = "import";

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
const NOT_IN_FILES: [&str; 6] = [
    "comments_policy",
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
) -> Result<ArticleInput, Problem> {
    let present = serde_json::to_value(by_id(conn, row)?).map_err(Problem::internal)?;
    let mut article = serde_json::to_value(file).map_err(Problem::internal)?;
    for name in NOT_IN_FILES {
        article[name] = present[name].clone();
    }
    // A slug that was made from the title does not follow it later.
    if file.slug.is_none() {
        article["slug"] = present["slug"].clone();
    }
    read_body(article)
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
        let (row, _) = find(conn, &locator, Sight { unpublished: true })?;
        store::upsert_imported(conn, &file.path, row.id, &file.sha256, now)?;
        return Ok(Outcome::Created);
    };
    if before.sha256 == file.sha256 {
        return Ok(Outcome::Unchanged);
    }
    let Some(row) = before.article else {
        return Ok(Outcome::InTrash);
    };
    let published_at = initial_published_at(&file.article.creation, now)?;
    let article = over_present(conn, &row, &file.article.article)?;
    replace(conn, &row, &article, &file.rendered, ACTOR, now)?;
    store::set_published_at(conn, row.id, published_at)?;
    let wanted = file.article.creation.state;
    if wanted.word() != row.state {
        let action = if wanted == super::api::State::Published {
            Action::Publish
        } else {
            Action::Unpublish
        };
        store::set_state(conn, row.id, wanted, now)?;
        store::insert_event(conn, row.id, action.event(), ACTOR, None, now)?;
    }
    store::upsert_imported(conn, &file.path, row.id, &file.sha256, now)?;
    Ok(Outcome::Updated)
}
