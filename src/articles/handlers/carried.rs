//! Which disclaimers articles carry: by hand and by rule, now and then.

use diesel::sqlite::SqliteConnection;

use super::{Found, look_up, moved};
use crate::articles::api::{AttachedDisclaimer, CarriedDisclaimers};
use crate::articles::ladder::{Rung, Sight};
use crate::articles::rules::public_since;
use crate::articles::store::{self, ArticleRow};
use crate::disclaimers;
use crate::disclaimers::api::{DisclaimerCarrier, DisclaimerCarriers, PreviewInput, RulePreview};
use crate::disclaimers::rules::{Facts, ReadyRule, Rule};
use crate::disclaimers::store::{Carried, CarriedRow, Carrier, select_carried};
use crate::domain::instant::Instant;
use crate::problem::{Code, Problem};
use crate::web::paging::{Listing, Page};
use crate::web::{Call, Reply};

/// What rules look at in an article as of an instant.
///
/// # Errors
/// `internal` where its stored tags are damaged.
pub(super) fn carrier(row: &ArticleRow, at: Instant) -> Result<Carrier, Problem> {
    Ok(Carrier {
        id: row.id,
        facts: Facts::new(
            row.source_name.as_deref(),
            row.section.as_deref(),
            serde_json::from_str(&row.tags).map_err(Problem::internal)?,
            &row.language,
            public_since(row, at),
        ),
    })
}

/// What some articles carry as of an instant, in two queries.
///
/// # Errors
/// A database fault.
pub(super) fn carried_by<'a>(
    conn: &mut SqliteConnection,
    rows: impl IntoIterator<Item = &'a ArticleRow>,
    at: Instant,
    with_text: bool,
) -> Result<Carried, Problem> {
    let carriers = rows
        .into_iter()
        .map(|row| carrier(row, at))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(select_carried(conn, &carriers, at, with_text)?)
}

/// What one article carries as of an instant, with the texts.
///
/// # Errors
/// A database fault.
pub(super) fn carried_by_one(
    conn: &mut SqliteConnection,
    row: &ArticleRow,
    at: Instant,
) -> Result<Vec<CarriedRow>, Problem> {
    Ok(carried_by(conn, [row], at, true)?.take(row.id))
}

/// List an article's disclaimers
///
/// Those that it carries, in the order in which they are shown. With `as_of`, what a reader was shown at that
/// instant, from the versions and rules of then and the article as it was: none before it was public.
#[utoipa::path(get, path = "/v1/articles/{article}/disclaimers", responses((status = 200, description = "The disclaimers.", body = CarriedDisclaimers)))]
pub async fn list_carried(call: Call) -> Result<Reply, Problem> {
    let locator = call.locator("article")?;
    let sight = Sight::of_call(&call);
    let asked = call.query.number("as_of").map(Instant::from_micros);
    if asked.is_some_and(|at| at > sight.now) {
        return Err(Problem::parameter(
            "as_of",
            "The parameter `as_of` takes an instant that has come: what will be shown later nobody knows.",
        ));
    }
    let read = call.services.db.read(|conn| {
        look_up(conn, &locator, sight)?.and_then(|(row, _)| {
            let mut carried = match asked {
                None => carried_by(conn, [&row], sight.now, true)?,
                Some(at) => match shown_then(conn, &row, at)? {
                    Some(then) => carried_by(conn, [&then], at, true)?,
                    None => Carried::default(),
                },
            };
            let items = carried
                .take(row.id)
                .into_iter()
                .map(AttachedDisclaimer::from)
                .collect();
            let turns = [
                carried.next_change,
                crate::articles::rules::next_change(&row, sight.now).map(Instant::as_micros),
            ];
            let next_change = turns.into_iter().flatten().min();
            Ok((
                row.public_id,
                CarriedDisclaimers { items },
                next_change.filter(|_| asked.is_none()),
            ))
        })
    })?;
    match read {
        Found::Here((id, carried, next_change)) => Ok(Reply::ok(&carried)?
            .changes_at(next_change.map(Instant::from_micros), sight.now)
            .surrogate_key(&format!("disclaimers article-{id}"))),
        Found::Moved(slug) => Ok(moved(&call, &slug)),
    }
}

/// The article as readers had it at an instant, licensed ones by their teaser; nothing where they did not.
fn shown_then(
    conn: &mut SqliteConnection,
    present: &ArticleRow,
    at: Instant,
) -> Result<Option<ArticleRow>, Problem> {
    let then = store::select_row_at(conn, present, at)?;
    let is_shown = |row: &ArticleRow| {
        row.trashed_at.is_none() && matches!(Rung::of(row, at), Rung::Public | Rung::Restricted)
    };
    Ok(then.filter(is_shown))
}

/// The path of a list of articles that carry a disclaimer, or would.
const CARRIERS_PATH: &str = "/v1/disclaimers";

/// List a disclaimer's articles
///
/// Those that carry it now and that the caller may list, the oldest first, with the version that each shows.
#[utoipa::path(get, path = "/v1/disclaimers/{disclaimer}/articles", responses((status = 200, description = "A page of articles.", body = DisclaimerCarriers)))]
pub async fn list_carriers(call: Call) -> Result<Reply, Problem> {
    let id = call.id("disclaimer")?;
    let sight = Sight::of_call(&call);
    let listing = Listing::new(&format!("{CARRIERS_PATH}/{id}/articles"), &[]);
    let limit = call.query.limit();
    let after = listing.start(&call.query, 0)?;
    let page = call.services.db.search(move |conn| {
        let disclaimer = disclaimers::find(conn, id)?;
        let rule = disclaimer.rule().unwrap_or_default();
        let rows = store::select_carriers(conn, disclaimer.id, &rule, sight, after, limit + 1)?;
        let mut carried = carried_by(conn, &rows, sight.now, false)?;
        let page = Page::of(
            rows,
            limit,
            |row| listing.seal(&row.id),
            |row| {
                let found = carried
                    .take(row.id)
                    .into_iter()
                    .find(|one| one.disclaimer_id == disclaimer.id);
                found.map(|one| DisclaimerCarrier {
                    article_id: row.public_id,
                    slug: row.slug,
                    version: Some(one.version),
                    matched_by: one.matched_by,
                })
            },
        );
        Ok(page)
    });
    let page = page.await?;
    let carriers = DisclaimerCarriers {
        items: page.items.into_iter().flatten().collect(),
        next: page.next,
    };
    Ok(Reply::ok(&carriers)?.surrogate_key(CARRIERS_KEYS))
}

/// Preview a rule
///
/// Which articles that the caller may list a rule would touch, as they are now, before it is saved.
#[utoipa::path(post, path = "/v1/disclaimers/preview", responses((status = 200, description = "A page of articles.", body = RulePreview)))]
pub async fn preview_rule(call: Call) -> Result<Reply, Problem> {
    let input: PreviewInput = call.body()?;
    let rule: Rule = input.applies_to.rule().unwrap_or_default();
    let sight = Sight::of_call(&call);
    let asked = serde_json::to_string(&rule).map_err(Problem::internal)?;
    let listing = Listing::new(&format!("{CARRIERS_PATH}/preview"), &[("rule", &asked)]);
    let limit = call.query.limit();
    let after = listing.start(&call.query, 0)?;
    let wants_total = call.query.count();
    let is_first = after == 0;
    let preview = call
        .services
        .db
        .search(move |conn| {
            let rows = store::select_carriers(conn, 0, &rule, sight, after, limit + 1)?;
            let total = match wants_total {
                true => Some(store::count_matching(conn, &rule, sight)?),
                false => None,
            };
            // Told once, with the first page.
            let unmatched = match is_first {
                true => unmatched(conn, &rule, sight)?,
                false => None,
            };
            let ready = ReadyRule::from(rule);
            let mut items = Vec::new();
            let page = Page::of(rows, limit, |row| listing.seal(&row.id), |row| row);
            for row in page.items {
                let why = ready.matched(&carrier(&row, sight.now)?.facts);
                items.push(why.map(|matched_by| DisclaimerCarrier {
                    article_id: row.public_id,
                    slug: row.slug,
                    version: None,
                    matched_by,
                }));
            }
            Ok(RulePreview {
                items: items.into_iter().flatten().collect(),
                next: page.next,
                total,
                unmatched,
            })
        })
        .await?;
    Ok(Reply::ok(&preview)?.surrogate_key(CARRIERS_KEYS))
}

/// The conditions of a rule that no article meets which the caller may list: misspelt names, most likely.
/// None where that takes longer than a search may.
fn unmatched(
    conn: &mut SqliteConnection,
    rule: &Rule,
    sight: Sight,
) -> Result<Option<Vec<String>>, Problem> {
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

/// What a list of carriers is made of.
const CARRIERS_KEYS: &str = "articles disclaimers";
