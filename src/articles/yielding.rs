//! Slugs that two sources want for their articles: what readers are to have comes before a draft.

use serde_json::{Value, json};

use super::input::ArticleInput;
use super::model::{ArticleRow, written_members};
use super::store;
use super::words::{HistoryEvent, Standing};
use super::write::{self, By};
use crate::db::Conn;
use crate::domain::markup::Rendered;
use crate::domain::slug::first_free;
use crate::problem::Problem;
use crate::web::input::{InputObject as _, read_body};

/// Settles who has the slug that a source wants for an article, where another article has it. A draft does without it.
/// For any other, a draft that an import has made, and that readers never had, gets another slug. Returns what is to be
/// told. If nothing was settled, the slug is still taken.
///
/// # Errors
/// A database fault.
pub fn settle_slug(
    conn: &mut Conn,
    input: &mut ArticleInput,
    (present, is_draft): (Option<&ArticleRow>, bool),
    by: By<'_>,
) -> Result<Option<String>, Problem> {
    let Some(slug) = input.slug.as_deref().map(str::to_owned) else {
        return Ok(None);
    };
    let owner = store::select_slug_owner(conn, &slug)?.map(|(id, _)| id);
    let Some(owner) = owner.filter(|id| present.is_none_or(|row| row.id != *id)) else {
        return Ok(None);
    };
    if is_draft {
        input.slug = None;
        let own = if present.is_some() { "keeps its own" } else { "gets one of its title" };
        return Ok(Some(format!("another article has its slug `{slug}`: it {own}")));
    }
    let row = store::select_row(conn, owner)?;
    if !can_give_way(conn, &row, by)? {
        return Ok(None);
    }
    let other = first_free(&slug, |slug| store::is_slug_used(conn, slug, None))?;
    let text = store::select_body(conn, row.id)?;
    let mut members = written_members(&row, &text.body)?;
    members.insert("slug".to_owned(), json!(other));
    members.retain(|name, _| ArticleInput::MEMBERS.contains(&name.as_str()));
    let renamed: ArticleInput = read_body(Value::Object(members))?;
    let words = usize::try_from(row.word_count).unwrap_or_default();
    let own = Rendered::of_html(text.body_html.clone(), words);
    write::edit(conn, (&row, &text), &renamed, &own, by)?;
    Ok(Some(format!("a draft had its slug `{slug}`, and has `{other}` now")))
}

/// True if an article is a draft that an import has made, which readers never had, and whose slug no editor has set.
fn can_give_way(conn: &mut Conn, row: &ArticleRow, by: By<'_>) -> Result<bool, Problem> {
    if row.state != Standing::Draft || store::select_source(conn, row.id)?.is_none() {
        return Ok(false);
    }
    let was_out = store::select_last_entry(conn, row.id, HistoryEvent::Unpublished, by.now())?;
    let theirs = store::members_of_others(conn, row.id, by.actor.name)?;
    Ok(was_out.is_none() && !theirs.contains("slug"))
}
