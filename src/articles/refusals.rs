//! The refusals of the ladder, for those who may not read an article.

use super::api::{ArticleTeaser, Successor};
use super::ladder::{Rung, Sight};
use super::model::ArticleRow;
use super::read::{Met, Want, meet, meet_present, story};
use super::store::{self, Looked};
use crate::db::Conn;
use crate::domain::instant::Instant;
use crate::domain::scope::Scope;
use crate::domain::until::Until;
use crate::problem::{Code, Problem};
use crate::web::url::Locator;

/// The problem codes of the ladder.
pub const LADDER: &[Code] = &[
    Code::ArticleRestricted,
    Code::ArticleEmbargoed,
    Code::ArticleNotFound,
    Code::ArticleWithdrawn,
    Code::ArticleExpired,
    Code::BlockedForLegalReasons,
];

/// The article that `locator` names, for a write or for its subresources.
///
/// # Errors
/// The ladder's refusal for this caller: `article_not_found`, `article_embargoed`,
/// `article_restricted`, `article_withdrawn`, `article_expired`, `blocked_for_legal_reasons`; or a
/// database fault.
pub fn find<R: Looked>(conn: &mut Conn, locator: &Locator, sight: Sight) -> Result<R, Problem> {
    match meet_present(conn, locator, sight)? {
        Met::Read(row) => Ok(row),
        Met::Refused(rung, row) => Err(refusal(conn, rung, *row, locator, sight)?),
        Met::Moved(_) | Met::Absent => Err(article_not_found(locator, sight)),
    }
}

/// The result of a look-up that was not refused.
pub enum Found<T> {
    /// The resource.
    Here(T),
    /// The present slug: the path has a former one.
    Moved(String),
}

impl<T> Found<T> {
    /// Applies `work` to the resource.
    ///
    /// # Errors
    /// Any error of `work`.
    pub fn try_map<U>(
        self,
        work: impl FnOnce(T) -> Result<U, Problem>,
    ) -> Result<Found<U>, Problem> {
        match self {
            Self::Here(thing) => work(thing).map(Found::Here),
            Self::Moved(slug) => Ok(Found::Moved(slug)),
        }
    }
}

/// Looks up `locator` for a read.
///
/// # Errors
/// As [`find`].
pub fn look_up<R: Looked>(
    conn: &mut Conn,
    locator: &Locator,
    sight: Sight,
) -> Result<Found<R>, Problem> {
    let refused = match meet(conn, locator, sight)? {
        Met::Read(row) => return Ok(Found::Here(row)),
        Met::Moved(slug) => return Ok(Found::Moved(slug)),
        Met::Refused(rung, row) => refusal(conn, rung, *row, locator, sight)?,
        Met::Absent => article_not_found(locator, sight),
    };
    // A teaser has disclaimers, and those have their own times.
    let own = refused.known_until().unwrap_or(Until::EVER);
    Err(refused.until(own.and(store::select_listed_until(conn, sight)?)))
}

/// The ladder's refusal for an article that the caller may not read.
pub fn refusal(
    conn: &mut Conn,
    rung: Rung,
    row: ArticleRow,
    locator: &Locator,
    sight: Sight,
) -> Result<Problem, Problem> {
    Ok(match rung {
        Rung::Unpublished | Rung::NeverSeen => article_not_found(locator, sight),
        Rung::Embargoed => {
            Problem::plain(Code::ArticleEmbargoed).with("embargo_until", instant(row.embargo_until))
        }
        Rung::Blocked => blocked(conn, &row)?,
        Rung::Withdrawn => withdrawn(conn, &row, sight)?,
        Rung::Expired => {
            Problem::plain(Code::ArticleExpired).with("expired_at", instant(row.expires_at))
        }
        Rung::Restricted | Rung::Public => restricted(conn, row, sight)?,
    })
}

/// 404: the same for hidden and for absent articles.
#[must_use]
pub fn article_not_found(locator: &Locator, sight: Sight) -> Problem {
    let problem = Problem::plain(Code::ArticleNotFound).with("id", locator.to_string());
    match sight.has_key() {
        true => problem.say("hint", ""),
        false => problem,
    }
}

/// An instant as problems tell it; empty if there is none.
pub fn instant(at: Option<i64>) -> String {
    at.map_or_else(String::new, |at| Instant::from_micros(at).to_string())
}

fn blocked(conn: &mut Conn, row: &ArticleRow) -> Result<Problem, Problem> {
    let removal = store::select_removal(conn, row.id)?;
    let (authority, reference) =
        removal.map(|removal| (removal.authority, removal.reference)).unwrap_or_default();
    Ok(Problem::plain(Code::BlockedForLegalReasons)
        .with("authority", authority.unwrap_or_default())
        .with("reference", reference))
}

fn withdrawn(conn: &mut Conn, row: &ArticleRow, sight: Sight) -> Result<Problem, Problem> {
    let removal = store::select_removal(conn, row.id)?
        .ok_or_else(|| Problem::internal("an article was withdrawn without a word"))?;
    // Only a successor that this caller's lists include is named.
    let successor = match removal.replaced_by {
        Some(id) => store::select_listed(conn, id, sight)?,
        None => None,
    };
    let successor = successor.map(|(id, slug)| Successor { id, slug });
    Ok(Problem::plain(Code::ArticleWithdrawn)
        .with("withdrawn_at", instant(removal.withdrawn_at))
        .with("notice", removal.notice)
        .with("replaced_by", serde_json::json!(successor)))
}

/// 403: an article whose teaser alone the caller may see.
///
/// # Errors
/// A database fault.
pub fn restricted(conn: &mut Conn, row: ArticleRow, sight: Sight) -> Result<Problem, Problem> {
    let (story, until) = story(conn, row, Want::TEASER, sight)?;
    let teaser = serde_json::to_value(ArticleTeaser::new(story)?).map_err(Problem::internal)?;
    Ok(Problem::plain(Code::ArticleRestricted)
        .with("article", teaser)
        .with("required_scope", Scope::RestrictedRead.word())
        .until(until))
}
