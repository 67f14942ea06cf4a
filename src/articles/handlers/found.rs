//! What a path leads to, and what those are told who may not go there: the ladder's words.

use diesel::sqlite::SqliteConnection;

use super::carried_by_one;
use crate::articles::api::{ArticleHead, ArticleTeaser};
use crate::articles::ladder::{Rung, Sight};
use crate::articles::store::{self, ArticleRow, BodyRow};
use crate::domain::instant::Instant;
use crate::problem::{Code, Problem};
use crate::web::path::Locator;
use crate::web::scope::Scope;
use crate::web::{Call, Reply};

/// What a path leads to.
pub enum Found<T> {
    /// The thing.
    Here(T),
    /// Its present slug: the path has one that it had before.
    Moved(String),
}

impl<T> Found<T> {
    /// Goes on with what is here.
    ///
    /// # Errors
    /// What `work` fails with.
    pub fn and_then<U>(
        self,
        work: impl FnOnce(T) -> Result<U, Problem>,
    ) -> Result<Found<U>, Problem> {
        match self {
            Self::Here(thing) => work(thing).map(Found::Here),
            Self::Moved(slug) => Ok(Found::Moved(slug)),
        }
    }
}

/// What `locator` leads to on a read.
///
/// # Errors
/// As [`find`].
pub fn look_up(
    conn: &mut SqliteConnection,
    locator: &Locator,
    sight: Sight,
) -> Result<Found<(ArticleRow, BodyRow)>, Problem> {
    let absent = match (find(conn, locator, sight), locator) {
        (Ok(found), _) => return Ok(Found::Here(found)),
        (Err(problem), Locator::Slug(slug)) if problem.code() == Code::ArticleNotFound => {
            (problem, slug)
        }
        (Err(problem), _) => return Err(problem),
    };
    let (problem, slug) = absent;
    // One that has the slug and of which the caller may not know takes no address away.
    let Some(id) = store::select_by_former_slug(conn, slug, sight)? else {
        return Err(problem);
    };
    let (row, _) = find(conn, &Locator::Id(id), sight)?;
    Ok(Found::Moved(row.slug))
}

/// 308 to the path of this request with the present slug in it.
#[must_use]
pub fn moved(call: &Call, slug: &str) -> Reply {
    let mut segments: Vec<&str> = call.uri_path.split('/').collect();
    // `/v1/articles/{article}`, and whatever follows it.
    if let Some(segment) = segments.get_mut(3) {
        *segment = slug;
    }
    let mut location = segments.join("/");
    if !call.raw_query.is_empty() {
        location.push('?');
        location.push_str(&call.raw_query);
    }
    Reply::moved(location)
}

/// The article that `locator` names.
///
/// # Errors
/// What the ladder has for this caller: `article_not_found`, `article_embargoed`,
/// `article_restricted`, `article_withdrawn`, `article_expired`, `blocked_for_legal_reasons`;
/// or a database fault.
pub fn find(
    conn: &mut SqliteConnection,
    locator: &Locator,
    sight: Sight,
) -> Result<(ArticleRow, BodyRow), Problem> {
    let Some((row, body)) = store::select(conn, locator, sight)? else {
        return Err(article_not_found(locator, sight));
    };
    refuse_unread(conn, &row, locator, sight)?;
    Ok((row, body))
}

/// Passes where `row` is read as it stands.
///
/// # Errors
/// What the ladder has for this caller.
pub(super) fn refuse_unread(
    conn: &mut SqliteConnection,
    row: &ArticleRow,
    locator: &Locator,
    sight: Sight,
) -> Result<(), Problem> {
    let rung = Rung::of(row, sight.now);
    if sight.reads(rung) {
        return Ok(());
    }
    Err(match rung {
        Rung::Unpublished | Rung::NeverSeen => article_not_found(locator, sight),
        Rung::Embargoed => embargoed(row),
        Rung::Blocked => blocked(conn, row)?,
        Rung::Withdrawn => withdrawn(conn, row, sight)?,
        Rung::Expired => expired(row),
        Rung::Restricted | Rung::Public => restricted(conn, row.clone(), sight)?,
    })
}

/// 404: hidden and absent read the same.
fn article_not_found(locator: &Locator, sight: Sight) -> Problem {
    let hint = match sight.has_key() {
        true => "",
        false => " A draft is read with a key.",
    };
    let detail = format!("There is no article `{locator}` that you may read.{hint}");
    Problem::new(Code::ArticleNotFound, detail).with("id", locator.to_string())
}

fn instant(at: Option<i64>) -> String {
    at.map_or_else(String::new, |at| Instant::from_micros(at).to_string())
}

fn embargoed(row: &ArticleRow) -> Problem {
    let until = instant(row.embargo_until);
    let detail = format!(
        "This article is under an embargo until {until}. Ask again then, or use a key with the scope `{}`.",
        Scope::EmbargoRead.word()
    );
    Problem::new(Code::ArticleEmbargoed, detail).with("embargo_until", until)
}

fn blocked(conn: &mut SqliteConnection, row: &ArticleRow) -> Result<Problem, Problem> {
    let removal = store::select_removal(conn, row.id)?;
    let (authority, reference) = removal
        .map(|removal| (removal.authority, removal.reference))
        .unwrap_or_default();
    let authority = authority.unwrap_or_default();
    let detail = format!("This article is blocked on a legal demand of {authority}.");
    Ok(Problem::new(Code::BlockedForLegalReasons, detail)
        .with("authority", authority)
        .with("reference", reference))
}

fn withdrawn(
    conn: &mut SqliteConnection,
    row: &ArticleRow,
    sight: Sight,
) -> Result<Problem, Problem> {
    let removal = store::select_removal(conn, row.id)?
        .ok_or_else(|| Problem::internal("an article was withdrawn without a word"))?;
    // Only what this caller meets elsewhere too is named.
    let successor = match removal.replaced_by {
        Some(id) => store::select_listed(conn, id, sight)?,
        None => None,
    };
    let successor = successor.map(|(id, slug)| serde_json::json!({"id": id, "slug": slug}));
    Ok(Problem::plain(Code::ArticleWithdrawn)
        .with("withdrawn_at", instant(removal.withdrawn_at))
        .with("notice", removal.notice)
        .with("replaced_by", successor.unwrap_or_default()))
}

fn expired(row: &ArticleRow) -> Problem {
    let at = instant(row.expires_at);
    Problem::new(
        Code::ArticleExpired,
        format!("This article was public until {at}."),
    )
    .with("expired_at", at)
}

fn restricted(
    conn: &mut SqliteConnection,
    row: ArticleRow,
    sight: Sight,
) -> Result<Problem, Problem> {
    let carried = carried_by_one(conn, &row, sight.now)?;
    let teaser = ArticleTeaser::new(ArticleHead::new(row, sight.now)?, carried);
    let teaser = serde_json::to_value(teaser).map_err(Problem::internal)?;
    Ok(Problem::plain(Code::ArticleRestricted)
        .with("article", teaser)
        .with("required_scope", Scope::RestrictedRead.word()))
}
