//! Past versions of an article, and how to restore them.

use serde_json::{Map, Value};

use super::{By, RenderedText, input_with, rendered_of, write_members};
use crate::articles::carried::carried_by_one;
use crate::articles::input::ArticleInput;
use crate::articles::ladder::{Rung, Sight};
use crate::articles::model::{ArticleRow, BodyRow, Entry, EntryRow, written_members};
use crate::articles::store::{self, PastBody};
use crate::articles::words::{Access, HistoryEvent};
use crate::db::Conn;
use crate::domain::instant::Instant;
use crate::domain::markup::{Markup, Renderer};
use crate::problem::Problem;

/// The members that restoring a revision brings back. Those that decide the article's source, its
/// slug, its audience, its comments and its expiry are left out and stay as they are: undoing an
/// edit must not lift an embargo, take another article's slug, or turn one agency's id into
/// another's.
const CONTENT: &[&str] = &[
    "title", "summary", "body", "body_format", "dateline", "authors", "canonical_url", "language",
    "section", "tags", "image", "metadata",
];

/// An article as it was in one version.
pub struct Past {
    /// The article.
    pub row: ArticleRow,
    /// Its text.
    pub text: PastBody,
    /// The write that made the version.
    pub entry: EntryRow,
}

/// The result of looking up a version.
pub enum MetPast {
    /// A version that the caller may read.
    Read(Box<Past>),
    /// A version that was more restricted then than its article is now.
    Refused(Rung, Box<ArticleRow>),
    /// No saved version.
    Absent,
}

impl Past {
    /// The version of the article `present`. Content that was licensed then, or is still under the
    /// embargo that it had then, is read only by those who may read such articles.
    pub fn meet(
        conn: &mut Conn,
        present: &ArticleRow,
        version: i64,
        sight: Sight,
    ) -> Result<MetPast, Problem> {
        let entry = store::select_entry(conn, present.id, version)?;
        let content = store::select_content(conn, present, version)?;
        let Some((entry, (content, text))) = entry.zip(content) else {
            return Ok(MetPast::Absent);
        };
        let as_closed_as_then = ArticleRow {
            access: content.access,
            embargo_until: content.embargo_until,
            ..present.clone()
        };
        let rung = Rung::of(&as_closed_as_then, sight.now);
        if !sight.reads(rung) {
            return Ok(MetPast::Refused(rung, Box::new(as_closed_as_then)));
        }
        let row = ArticleRow {
            version,
            published_at: entry.published_at,
            went_public_at: entry.went_public_at,
            updated_at: entry.at,
            ..content
        };
        Ok(MetPast::Read(Box::new(Self { row, text, entry })))
    }

    /// Its text with the HTML that is made of it now. A text that is no longer rendered is shown as it was written.
    ///
    /// # Errors
    /// `internal` if it cannot be shown at all.
    pub fn rendered(&self, renderer: &Renderer) -> Result<BodyRow, Problem> {
        rendered_past(&self.row, &self.text, renderer)
    }

    /// The time when it was made.
    #[must_use]
    pub fn at(&self) -> Instant {
        Instant::from_micros(self.entry.at)
    }

    /// All members that can differ: the written ones, the state, and the disclaimers shown with
    /// it.
    pub fn members(&self, conn: &mut Conn) -> Result<Map<String, Value>, Problem> {
        let mut members = written_members(&self.row, &self.text.body)?;
        let published_at = crate::articles::rules::shown_published_at(&self.row, self.at());
        let carried = carried_by_one(conn, &self.row, self.at())?.into_iter();
        let named = carried.map(|one| {
            serde_json::json!({"key": one.key, "version": one.version, "placement": one.placement})
        });
        let others = [
            ("state", serde_json::json!(self.entry.state)),
            ("published_at", serde_json::json!(published_at)),
            ("disclaimers", named.collect()),
        ];
        members.extend(others.map(|(name, value)| (name.to_owned(), value)));
        Ok(members)
    }
}

/// A text as an article had it, with the HTML that is made of it now. One that is no longer rendered is shown as it was
/// written.
///
/// # Errors
/// `internal` if it cannot be shown at all.
pub fn rendered_past(
    row: &ArticleRow,
    PastBody { body, html }: &PastBody,
    renderer: &Renderer,
) -> Result<BodyRow, Problem> {
    let body_html = match html {
        Some(html) => html.clone(),
        None => renderer
            .render(body, row.body_format.into())
            .or_else(|_| renderer.render(body, Markup::Text))
            .map_err(|_| Problem::internal("a former text cannot be rendered"))?
            .html_of(&row.public_id)
            .into_owned(),
    };
    Ok(BodyRow { body: body.clone(), body_html })
}

/// Restores the content of an earlier version.
pub fn restore_revision(
    conn: &mut Conn,
    row: &ArticleRow,
    past: &Past,
    (renderer, ahead, reason): (&Renderer, Option<RenderedText>, Option<&str>),
    by: By<'_>,
) -> Result<ArticleRow, Problem> {
    let text = store::select_body(conn, row.id)?;
    let mut was = written_members(&past.row, &past.text.body)?;
    was.retain(|name, _| CONTENT.contains(&name.as_str()));
    let mut article = input_with(row, &text.body, was)?;
    keep_closed(&mut article, &past.row, by.now());
    let present = RenderedText::stored(row, &text);
    let rendered = rendered_of(renderer, &article, [ahead, Some(present)])?;
    let entry = Entry {
        restored_version: Some(past.row.version),
        ..Entry::of(HistoryEvent::Restored).because(reason)
    };
    write_members(conn, (row, &text), &article, &rendered, entry, by)
}

/// Restores the restrictions of the past content: restoring never opens a licensed or embargoed
/// text.
fn keep_closed(article: &mut ArticleInput, past: &ArticleRow, now: Instant) {
    if past.access == Access::Restricted {
        article.access = Access::Restricted;
    }
    let embargo = past.embargo_until.map(Instant::from_micros);
    if embargo > Some(now) {
        article.embargo_until = article.embargo_until.max(embargo);
    }
}
