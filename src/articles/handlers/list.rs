//! The list of articles.

use std::collections::HashMap;

use super::{LIST_PATH, carried_by};
use crate::articles::EXPIRED;
use crate::articles::api::{
    ArticleHead, ArticleListItem, AttachedDisclaimer, Correction, DisclaimerReference,
    ListedDisclaimer, State,
};
use crate::articles::ladder::{Rung, Sight};
use crate::articles::store::{self, BodyRow, Filter};
use crate::domain::instant::Instant;
use crate::problem::Problem;
use crate::web::paging::{Listing, Page};
use crate::web::{Call, Reply};

/// List articles
///
/// Newest publication first; what was never published stands before that, newest first. Without
/// `state` all that the caller may read, and the teasers of licensed articles; the trash not.
#[utoipa::path(get, path = "/v1/articles", responses((status = 200, description = "A page of articles.", body = [ArticleListItem])))]
pub async fn list_articles(call: Call) -> Result<Reply, Problem> {
    let sight = Sight::of_call(&call);
    let asked = call.query.state();
    let listing = Listing::new(LIST_PATH, &[("state", asked.unwrap_or_default())]);
    let after = listing.start(&call.query, store::FIRST)?;
    let filter = filter_of(asked)?;
    // What is answered without a look cannot be made to cost one.
    if !filter.may_show(sight) {
        let nothing = Page {
            items: Vec::new(),
            next: None,
        };
        return shown_list(&call, nothing, call.query.count().then_some(0), sight, None);
    }
    let limit = call.query.limit();
    let wants = |name: &str| {
        call.query
            .fields()
            .is_some_and(|fields| fields.contains(&name))
    };
    let whole = call.query.names("include", "disclaimers");
    let with_bodies = wants("body") || wants("body_html");
    let (rows, mut carried, mut corrections, mut bodies, next_change) =
        call.services.db.read(|conn| {
            let rows = store::select_page(conn, sight, filter, after, limit + 1)?;
            let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
            let carried = carried_by(conn, &rows, sight.now, whole)?;
            let mut corrections: HashMap<i64, Vec<Correction>> = HashMap::new();
            for row in store::select_corrections(conn, &ids)? {
                corrections
                    .entry(row.article_id)
                    .or_default()
                    .push(row.into());
            }
            let bodies: HashMap<i64, BodyRow> = if with_bodies {
                store::select_bodies(conn, &ids)?.into_iter().collect()
            } else {
                HashMap::new()
            };
            let next_change = match call.caller.is_anonymous() {
                true => [store::next_change(conn, sight.now)?, carried.next_change]
                    .into_iter()
                    .flatten()
                    .min(),
                false => None,
            };
            Ok((rows, carried, corrections, bodies, next_change))
        })?;
    let total = match call.query.count() {
        true => Some(
            call.services
                .db
                .search(move |conn| Ok(store::count(conn, sight, filter)?))
                .await?,
        ),
        false => None,
    };
    let page = Page::of(
        rows,
        limit,
        |row| listing.seal(&(row.sort_key, row.id)),
        |row| {
            let reads = sight.reads(Rung::of(&row, sight.now));
            // A teaser has no text, whoever asks for it, and nothing that tells of it.
            let body = bodies.remove(&row.id).filter(|_| reads);
            let (body, body_html) = body.map(|body| (body.body, body.body_html)).unzip();
            let comment_count = reads.then_some(row.comment_count);
            let listed = |row| match whole {
                true => ListedDisclaimer::Whole(AttachedDisclaimer::from(row)),
                false => ListedDisclaimer::Reference(DisclaimerReference::from(row)),
            };
            let disclaimers = carried.take(row.id).into_iter().map(listed).collect();
            let corrections = corrections
                .remove(&row.id)
                .filter(|_| reads)
                .unwrap_or_default();
            let head = ArticleHead::new(row, sight.now)?;
            Ok(ArticleListItem {
                disclaimers,
                corrections,
                comment_count: wants("comment_count").then_some(comment_count),
                body: wants("body").then_some(body),
                body_html: wants("body_html").then_some(body_html),
                head: if reads { head } else { head.teaser() },
            })
        },
    );
    let items = page
        .items
        .into_iter()
        .collect::<Result<Vec<_>, Problem>>()?;
    let page = Page {
        items,
        next: page.next,
    };
    shown_list(&call, page, total, sight, next_change)
}

/// What the parameter `state` asks for.
fn filter_of(asked: Option<&str>) -> Result<Filter, Problem> {
    let Some(word) = asked else {
        return Ok(Filter::All);
    };
    if word == EXPIRED {
        return Ok(Filter::Expired);
    }
    match State::from_word(word) {
        Some(State::Draft) => Ok(Filter::Draft),
        Some(State::Scheduled) => Ok(Filter::Scheduled),
        Some(State::Published) => Ok(Filter::Published),
        Some(State::Withdrawn) => Ok(Filter::Withdrawn),
        Some(State::Blocked) => Ok(Filter::Blocked),
        Some(State::Trashed) => Ok(Filter::Trashed),
        None => Err(Problem::internal(format!("no list of articles is {word}"))),
    }
}

fn shown_list(
    call: &Call,
    page: Page<ArticleListItem>,
    total: Option<i64>,
    sight: Sight,
    next_change: Option<i64>,
) -> Result<Reply, Problem> {
    // No article leaves without its disclaimers, whatever is asked for.
    Ok(Reply::page(call, page, total, &["id", "disclaimers"])?
        .changes_at(next_change.map(Instant::from_micros), sight.now)
        .surrogate_key("articles disclaimers"))
}
