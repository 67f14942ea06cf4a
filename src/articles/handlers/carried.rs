//! The disclaimers of articles, and the articles of a disclaimer.

use super::ARTICLE_SEGMENT;
use crate::articles::api::CarriedDisclaimers;
use crate::articles::carried::{carried_by, facts};
use crate::articles::ids::ArticleId;
use crate::articles::ladder::{Rung, Sight};
use crate::articles::model::ArticleRow;
use crate::articles::read::{Want, story};
use crate::articles::refusals::{Found, look_up};
use crate::articles::{ArticlePath, ListCarried, ListCarriers, PreviewRule, groups, rules, store};
use crate::db::{Conn, Shows};
use crate::disclaimers::DisclaimerPath;
use crate::disclaimers::api::{DisclaimerCarrier, DisclaimerCarriers, RulePreview};
use crate::disclaimers::input::PreviewInput;
use crate::disclaimers::read;
use crate::disclaimers::rules::{ReadyRule, Rule};
use crate::domain::groups::{ARTICLES, DISCLAIMERS};
use crate::domain::instant::Instant;
use crate::problem::{Code, Problem};
use crate::web::body::Json;
use crate::web::paging::{Listing, Page};
use crate::web::{Call, Reply};

/// List an article's disclaimers
///
/// Its disclaimers in display order. With `as_of`, the ones that a reader was shown at that
/// instant, from the versions and rules in force then and the article as it was: none before it
/// was public.
#[utoipa::path(get, path = "/v1/articles/{article}/disclaimers", responses((status = 200, description = "The disclaimers.", body = CarriedDisclaimers)))]
pub async fn list_carried(call: Call<ArticlePath, ListCarried>) -> Result<Reply, Problem> {
    let (sight, as_of) = (Sight::of_call(&call), call.query.as_of);
    if as_of.is_some_and(|at| at > sight.now) {
        return Err(Problem::parameter(
            "as_of",
            "The parameter `as_of` must not be in the future: what will be shown then is not known yet.",
        ));
    }
    let read = call.services.db.read(|conn| {
        look_up(conn, &call.path.0, sight)?.try_map(|row: ArticleRow| {
            let id = row.public_id.clone();
            let (carried, until) = match as_of {
                None => {
                    let (story, until) = story(conn, row, Want::TEASER, sight)?;
                    (CarriedDisclaimers::from(story), until)
                }
                // What was shown then stays; who may ask for it does not.
                Some(at) => (shown_then(conn, &row, at)?, rules::until(&row, sight.now)),
            };
            Ok((id, carried, until))
        })
    })?;
    match read {
        Found::Here((id, carried, until)) => Ok(Reply::ok(&carried)?
            .until(until)
            .shows(Shows::nothing())
            .groups(&groups::of_shown(&id)[..2])),
        Found::Moved(slug) => Ok(Reply::renamed(&call, ARTICLE_SEGMENT, &slug)),
    }
}

/// The disclaimers that readers were shown with an article, or with its teaser, at an instant;
/// none if they could see neither.
fn shown_then(
    conn: &mut Conn,
    present: &ArticleRow,
    at: Instant,
) -> Result<CarriedDisclaimers, Problem> {
    let is_shown = |row: &ArticleRow| {
        row.trashed_at.is_none() && matches!(Rung::of(row, at), Rung::Public | Rung::Restricted)
    };
    match store::select_row_at(conn, present, at)?.filter(is_shown) {
        Some(then) => Ok(story(conn, then, Want::TEASER, at)?.0.into()),
        None => Ok(CarriedDisclaimers { items: Vec::new() }),
    }
}

/// The path of the lists of articles that carry a disclaimer, or would.
const CARRIERS_PATH: &str = "/v1/disclaimers";
/// The cache groups of a list of carriers.
const CARRIERS_GROUPS: [&str; 2] = [ARTICLES, DISCLAIMERS];

/// List a disclaimer's articles
///
/// The articles that carry it now and that the caller may list, the oldest first, with the version
/// that each shows.
#[utoipa::path(get, path = "/v1/disclaimers/{disclaimer}/articles", responses((status = 200, description = "A page of articles.", body = DisclaimerCarriers)))]
pub async fn list_carriers(call: Call<DisclaimerPath, ListCarriers>) -> Result<Reply, Problem> {
    let (DisclaimerPath(id), limit) = (call.path.clone(), call.query.limit);
    let sight = Sight::of_call(&call);
    let listing = Listing::of(&format!("{CARRIERS_PATH}/{id}/articles"), &call.query);
    let after = listing.start(&call.query.cursor, ArticleId::START)?;
    let page = call.services.db.search(move |conn| {
        let disclaimer = read::find(conn, id)?;
        let rule = disclaimer.rule().unwrap_or_default();
        let own = Some(disclaimer.id);
        let rows = store::select_carriers(conn, own, &rule, sight, after, limit.0 + 1)?;
        let mut carried = carried_by(conn, &rows, sight.now, false)?;
        let page = Page::of(rows, limit, |row| listing.seal(&row.id));
        Ok(page.map(|row| {
            let mut shown = carried.take(row.id).into_iter();
            let found = shown.find(|one| one.disclaimer == disclaimer.id);
            found.map(|one| DisclaimerCarrier {
                article_id: row.public_id,
                slug: row.slug,
                version: Some(one.version),
                matched_by: one.matched_by,
            })
        }))
    });
    let page = page.await?;
    let carriers =
        DisclaimerCarriers { items: page.items.into_iter().flatten().collect(), next: page.next };
    Ok(Reply::ok(&carriers)?.groups(&CARRIERS_GROUPS))
}

/// Preview a rule
///
/// The articles listed for the caller that a rule would match as they are now, before it is saved.
#[utoipa::path(post, path = "/v1/disclaimers/preview", responses((status = 200, description = "A page of articles.", body = RulePreview)))]
pub async fn preview_rule(
    call: Call<(), PreviewRule, Json<PreviewInput>>,
) -> Result<Reply, Problem> {
    let Call { context: call, query, body: Json(input), .. } = call;
    let rule: Rule = input.applies_to.rule().unwrap_or_default();
    let sight = Sight::of_call(&call);
    let asked = serde_json::to_string(&rule).map_err(Problem::internal)?;
    let listing = Listing::new(&format!("{CARRIERS_PATH}/preview"), &[("rule", asked)]);
    let after = listing.start(&query.cursor, ArticleId::START)?;
    let preview = call.services.db.search(move |conn| {
        let limit = query.limit;
        let rows = store::select_carriers(conn, None, &rule, sight, after, limit.0 + 1)?;
        let total = match query.count.0 {
            true => Some(store::count_matching(conn, &rule, sight)?),
            false => None,
        };
        // Reported once, with the first page.
        let unmatched = match query.cursor.0.is_none() {
            true => unmatched(conn, &rule, sight)?,
            false => None,
        };
        let ready = ReadyRule::from(rule);
        let page = Page::of(rows, limit, |row| listing.seal(&row.id));
        let page = page.try_map(|row| {
            let why = ready.matched(&facts(&row, sight.now)?);
            Ok(why.map(|matched_by| DisclaimerCarrier {
                article_id: row.public_id,
                slug: row.slug,
                version: None,
                matched_by,
            }))
        })?;
        Ok(RulePreview {
            items: page.items.into_iter().flatten().collect(),
            next: page.next,
            total,
            unmatched,
        })
    });
    Ok(Reply::ok(&preview.await?)?.groups(&CARRIERS_GROUPS))
}

/// The conditions of a rule that no article listed for the caller meets: most likely misspelt
/// names. `None` if it takes longer than the time limit of a search.
fn unmatched(conn: &mut Conn, rule: &Rule, sight: Sight) -> Result<Option<Vec<String>>, Problem> {
    let said = match store::select_said(conn, rule, sight).map_err(Problem::from) {
        Ok(said) => said,
        Err(late) if late.code() == Code::Overloaded => return Ok(None),
        Err(problem) => return Err(problem),
    };
    let is_met =
        |condition: &ReadyRule| said.iter().any(|facts| condition.matched(facts).is_some());
    let conditions = rule.conditions().into_iter();
    let unmet = conditions.filter(|(_, condition)| !is_met(&ReadyRule::from(condition.clone())));
    Ok(Some(unmet.map(|(name, _)| name).collect()))
}
