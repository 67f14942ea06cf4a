//! Reading articles: the look-up by path, and stories, which are articles ready to be shown.
//!
//! A [`Story`] is made here and nowhere else, and always with the disclaimers that its article
//! carries. Every view (JSON, list, teaser, feed) is made from one, so no article leaves without
//! them.

use std::collections::HashMap;

use super::carried::carried_by;
use super::ids::ArticleId;
use super::ladder::{Rung, Sight};
use super::model::{ArticleRow, BodyRow, CorrectionRow};
use super::rules;
use super::store::{self, Looked};
use crate::db::Conn;
use crate::disclaimers::model::CarriedRow;
use crate::domain::instant::Instant;
use crate::domain::until::Until;
use crate::problem::Problem;
use crate::web::url::Locator;

/// The result of looking up a path for a caller.
pub enum Met<R = ArticleRow> {
    /// An article that the caller may read.
    Read(R),
    /// An article that the caller may know of but not read.
    Refused(Rung, Box<ArticleRow>),
    /// The present slug of an article that had the requested one before.
    Moved(String),
    /// No article that the caller may know of.
    Absent,
}

/// Looks up `locator` for a write: former slugs are not followed. The text is loaded too if `R` is
/// [`store::Whole`].
pub fn meet_present<R: Looked>(
    conn: &mut Conn,
    locator: &Locator,
    sight: Sight,
) -> Result<Met<R>, Problem> {
    let Some(found) = R::select(conn, locator, sight)? else {
        return Ok(Met::Absent);
    };
    Ok(match Rung::of(found.row(), sight.now) {
        rung if sight.reads(rung) => Met::Read(found),
        rung => Met::Refused(rung, Box::new(found.into_row())),
    })
}

/// Looks up `locator` for a read.
pub fn meet<R: Looked>(
    conn: &mut Conn,
    locator: &Locator,
    sight: Sight,
) -> Result<Met<R>, Problem> {
    let met = meet_present(conn, locator, sight)?;
    let (Met::Absent, Locator::Slug(slug)) = (&met, locator) else {
        return Ok(met);
    };
    // An article that has the slug now, but that the caller may not know of, does not break the
    // redirect.
    let Some(id) = store::select_by_former_slug(conn, slug, sight)? else {
        return Ok(met);
    };
    Ok(match meet_present(conn, &Locator::Id(id), sight)? {
        Met::Read(row) => Met::Moved(<ArticleRow as Looked>::into_row(row).slug),
        Met::Refused(rung, row) => Met::Refused(rung, row),
        Met::Moved(slug) => Met::Moved(slug),
        Met::Absent => Met::Absent,
    })
}

/// An article as shown at an instant, with all that must be shown with it.
pub struct Story {
    row: ArticleRow,
    text: Option<BodyRow>,
    corrections: Vec<CorrectionRow>,
    disclaimers: Vec<CarriedRow>,
    at: Instant,
    takes_comments: bool,
}

/// The instant for which a story is made, and the newsroom's rule for comments then.
#[derive(Clone, Copy, Debug)]
pub struct When {
    at: Instant,
    closing_after: Option<i64>,
}

impl From<Instant> for When {
    fn from(at: Instant) -> Self {
        Self { at, closing_after: None }
    }
}

impl From<Sight> for When {
    fn from(sight: Sight) -> Self {
        Self { at: sight.now, closing_after: sight.closing_after() }
    }
}

/// A story taken apart, for a view.
pub struct Parts {
    /// The article.
    pub row: ArticleRow,
    /// Its text, if it was loaded.
    pub text: Option<BodyRow>,
    /// The corrections, in the order in which they were made.
    pub corrections: Vec<CorrectionRow>,
    /// The disclaimers that must be shown with it, in display order.
    pub disclaimers: Vec<CarriedRow>,
    /// The instant for which it was made.
    pub at: Instant,
    /// Whether it takes comments then.
    pub takes_comments: bool,
}

impl Story {
    /// Its parts.
    #[must_use]
    pub fn into_parts(self) -> Parts {
        let Self { row, text, corrections, disclaimers, at, takes_comments } = self;
        Parts { row, text, corrections, disclaimers, at, takes_comments }
    }
}

/// The parts of a story to load. Disclaimers are always loaded.
#[derive(Clone, Copy, Debug, Default)]
pub struct Want {
    /// The texts of the articles.
    pub texts: bool,
    /// The corrections.
    pub corrections: bool,
    /// The texts of the disclaimers, and not only their names.
    pub notices: bool,
}

impl Want {
    /// Everything.
    pub const ALL: Self = Self { texts: true, corrections: true, notices: true };
    /// The parts of a teaser.
    pub const TEASER: Self = Self { texts: false, corrections: false, notices: true };
}

/// Articles as shown at an instant, and the time at which that next changes.
pub fn stories(
    conn: &mut Conn,
    rows: Vec<ArticleRow>,
    want: Want,
    when: impl Into<When>,
) -> Result<(Vec<Story>, Until), Problem> {
    let When { at, closing_after } = when.into();
    let ids: Vec<ArticleId> = rows.iter().map(|row| row.id).collect();
    let mut carried = carried_by(conn, &rows, at, want.notices)?;
    let mut corrections: HashMap<ArticleId, Vec<CorrectionRow>> = HashMap::new();
    if want.corrections {
        for row in store::select_corrections(conn, &ids)? {
            corrections.entry(row.article_id).or_default().push(row);
        }
    }
    let mut texts: HashMap<ArticleId, BodyRow> = match want.texts {
        true => store::select_bodies(conn, ids)?.into_iter().collect(),
        false => HashMap::new(),
    };
    let ends = rows.iter().map(|row| rules::comments_end(row, closing_after, at).at());
    let ends = Until::after(at, ends.map(|end| end.map(Instant::as_micros)));
    let until = carried.until.and(ends);
    let stories = rows.into_iter().map(|row| Story {
        text: texts.remove(&row.id),
        corrections: corrections.remove(&row.id).unwrap_or_default(),
        disclaimers: carried.take(row.id),
        takes_comments: rules::takes_comments(&row, closing_after, at),
        at,
        row,
    });
    Ok((stories.collect(), until))
}

/// One article as shown at an instant, and the time at which that next changes, also by its own
/// dates.
pub fn story(
    conn: &mut Conn,
    row: ArticleRow,
    want: Want,
    when: impl Into<When>,
) -> Result<(Story, Until), Problem> {
    let when = when.into();
    let own = rules::until(&row, when.at);
    let (mut stories, until) = stories(conn, vec![row], want, when)?;
    let story = stories.pop();
    let story = story.ok_or_else(|| Problem::internal("a story is gone as soon as it is there"))?;
    Ok((story, until.and(own)))
}

/// Like [`story`], with a text that is already loaded: read with the article, just written, or of
/// a past version.
pub fn story_with(
    conn: &mut Conn,
    row: ArticleRow,
    text: BodyRow,
    when: impl Into<When>,
) -> Result<(Story, Until), Problem> {
    let want = Want { texts: false, ..Want::ALL };
    let (story, until) = story(conn, row, want, when)?;
    let text = Some(text);
    Ok((Story { text, ..story }, until))
}
