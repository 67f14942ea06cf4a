//! The actions on an article: each moves it where its state allows.

use diesel::sqlite::SqliteConnection;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{
    Reach, by_id, carried_by, no_more, record, refuse_taken_external_id, refuse_taken_slug, shown,
    write_to,
};
use crate::articles::api::{
    ActionInput, Article, BlockInput, HistoryEvent, PublishInput, RestoreInput, WithdrawInput,
};
use crate::articles::ladder::Sight;
use crate::articles::rules::{Action, publication_at, state_of};
use crate::articles::store::{self, ArticleRow, Entry};
use crate::domain::instant::Instant;
use crate::problem::{Code, Fault, FaultCode, Problem};
use crate::web::{Call, Reply};

/// Publish an article
///
/// At once, or at an instant to come. The first publication sets `published_at`; later ones leave it.
#[utoipa::path(post, path = "/v1/articles/{article}/publish", responses((status = 200, description = "The article as published.", body = Article)))]
pub async fn publish_article(call: Call) -> Result<Reply, Problem> {
    let input: PublishInput = call.body_or_nothing()?;
    publication_at(input.at, call.services.now())?;
    act(
        call,
        Action::Publish,
        input.reason,
        json!({"at": input.at}),
        move |conn, row, now| {
            let at = publication_at(input.at, now)?;
            let before = pinned(conn, row, now)?;
            store::publish(conn, row, at, now)?;
            if at > now {
                return Ok(Done::of(HistoryEvent::Scheduled));
            }
            let published = store::select_row(conn, row.id)?;
            let after = pinned(conn, &published, now)?;
            let mut done = Done::of(Action::Publish.event());
            // A text that was pinned before is pinned anew.
            if row.went_public_at.is_some() && before != after {
                done.details.insert("disclaimers".to_owned(), after);
            }
            Ok(done)
        },
    )
    .await
}

/// Unpublish an article
///
/// Makes it a draft again: to whoever may not read drafts it does not exist any more.
#[utoipa::path(post, path = "/v1/articles/{article}/unpublish", responses((status = 200, description = "The article as a draft.", body = Article)))]
pub async fn unpublish_article(call: Call) -> Result<Reply, Problem> {
    let input: ActionInput = call.body_or_nothing()?;
    act(
        call,
        Action::Unpublish,
        input.reason,
        json!({}),
        |conn, row, now| {
            store::unpublish(conn, row, now)?;
            Ok(Done::of(Action::Unpublish.event()))
        },
    )
    .await
}

/// Withdraw an article
///
/// Takes it back and says so: readers get 410 with the notice, and the article that stands in its place.
#[utoipa::path(post, path = "/v1/articles/{article}/withdraw", responses((status = 200, description = "The article as withdrawn.", body = Article)))]
pub async fn withdraw_article(call: Call) -> Result<Reply, Problem> {
    let input: WithdrawInput = call.body_or_nothing()?;
    let caller = call.caller.clone();
    let details = json!({"notice": input.notice, "replaced_by": input.replaced_by});
    act(
        call,
        Action::Withdraw,
        input.reason,
        details,
        move |conn, row, now| {
            let successor = input
                .replaced_by
                .map(|id| successor(conn, row, id, Sight::of(&caller, now)))
                .transpose()?;
            store::withdraw(conn, row, input.notice.as_deref(), successor, now)?;
            Ok(Done::of(Action::Withdraw.event()))
        },
    )
    .await
}

/// The article that replaces another one.
fn successor(
    conn: &mut SqliteConnection,
    row: &ArticleRow,
    id: Uuid,
    sight: Sight,
) -> Result<i64, Problem> {
    let found = store::select_id(conn, id, sight)?.filter(|found| *found != row.id);
    found.ok_or_else(|| {
        Problem::validation(vec![Fault {
            pointer: "/replaced_by".to_owned(),
            code: FaultCode::UnknownValue,
            detail: "must be the id of another article that you may read.".to_owned(),
        }])
    })
}

/// Block an article
///
/// On a legal demand, and only for that: readers get 451 with whose demand it is (RFC 7725).
#[utoipa::path(post, path = "/v1/articles/{article}/block", responses((status = 200, description = "The article as blocked.", body = Article)))]
pub async fn block_article(call: Call) -> Result<Reply, Problem> {
    let input: BlockInput = call.body()?;
    let details = json!({"authority": input.authority, "reference": input.reference});
    act(
        call,
        Action::Block,
        input.reason,
        details,
        move |conn, row, now| {
            let reference = input.reference.as_deref();
            store::block(conn, row, &input.authority, reference, now)?;
            Ok(Done::of(Action::Block.event()))
        },
    )
    .await
}

/// Unblock an article
///
/// It is again what it was before.
#[utoipa::path(post, path = "/v1/articles/{article}/unblock", responses((status = 200, description = "The article as it was.", body = Article)))]
pub async fn unblock_article(call: Call) -> Result<Reply, Problem> {
    let input: ActionInput = call.body_or_nothing()?;
    act(
        call,
        Action::Unblock,
        input.reason,
        json!({}),
        |conn, row, now| {
            store::unblock(conn, row.id, now)?;
            Ok(Done::of(Action::Unblock.event()))
        },
    )
    .await
}

/// Restore an article
///
/// Out of the trash, to what it was before. Its slug or its `external_id` may belong to another by now (409): name
/// others here.
#[utoipa::path(post, path = "/v1/articles/{article}/restore", responses((status = 200, description = "The article as it was.", body = Article)))]
pub async fn restore_article(call: Call) -> Result<Reply, Problem> {
    let input: RestoreInput = call.body_or_nothing()?;
    let details = json!({"slug": input.slug, "external_id": input.external_id});
    act(
        call,
        Action::Restore,
        input.reason,
        details,
        move |conn, row, now| {
            let slug = input.slug.as_deref().unwrap_or(&row.slug);
            let external_id = input.external_id.as_deref().or(row.external_id.as_deref());
            refuse_taken_slug(conn, slug, row.id).map_err(at_restore)?;
            let source = row.source_name.as_deref();
            refuse_taken_external_id(conn, source, external_id, row.id).map_err(at_restore)?;
            let mut done = Done::of(Action::Restore.event());
            if slug != row.slug {
                done.changes.push("slug");
            }
            if external_id != row.external_id.as_deref() {
                done.changes.push("external_id");
            }
            if !done.changes.is_empty() {
                store::keep_content(conn, row, None)?;
            }
            store::restore(conn, row, slug, external_id, now)?;
            Ok(done)
        },
    )
    .await
}

/// Says what to do about a value that another article has taken while this one was in the trash.
fn at_restore(problem: Problem) -> Problem {
    let member = match problem.code() {
        Code::SlugTaken => "slug",
        Code::ExternalIdTaken => "external_id",
        _ => return problem,
    };
    problem.advising(&format!(
        "It was free while this article was in the trash. Restore it under another: send `{{\"{member}\": \"..\"}}` with the request, or take it from the article that has it now."
    ))
}

/// What was given, without what was not.
fn said(details: Value) -> Map<String, Value> {
    let mut said = match details {
        Value::Object(members) => members,
        _ => Map::new(),
    };
    said.retain(|_, value| !value.is_null());
    said
}

/// What an action has done.
struct Done {
    event: HistoryEvent,
    /// What history says of it beside what it was given.
    details: Map<String, Value>,
    /// The members that it has changed.
    changes: Vec<&'static str>,
}

impl Done {
    fn of(event: HistoryEvent) -> Self {
        Self {
            event,
            details: Map::new(),
            changes: Vec::new(),
        }
    }
}

/// Which versions of disclaimers stand beside an article.
fn pinned(conn: &mut SqliteConnection, row: &ArticleRow, now: Instant) -> Result<Value, Problem> {
    let carried = carried_by(conn, [row], now, false)?.take(row.id);
    let references = carried
        .into_iter()
        .map(|one| json!({"key": one.key, "version": one.version}));
    Ok(references.collect())
}

/// Takes an action: where the state allows it, `work` and an entry in the history.
async fn act(
    call: Call,
    action: Action,
    reason: Option<impl std::ops::Deref<Target = str> + Send + 'static>,
    details: Value,
    work: impl FnOnce(&mut SqliteConnection, &ArticleRow, Instant) -> Result<Done, Problem>
    + Send
    + 'static,
) -> Result<Reply, Problem> {
    let reach = match action {
        Action::Restore => Reach::Trash,
        _ => Reach::There,
    };
    let article = write_to(&call, reach, no_more, move |conn, row, (), actor, now| {
        action.check(state_of(row, now)?)?;
        let done = work(conn, row, now)?;
        let mut details = said(details);
        details.extend(done.details);
        let entry = Entry::of(done.event)
            .because(reason.as_deref())
            .changing(&done.changes)
            .with(details);
        record(conn, row.id, &entry, actor, now)?;
        by_id(conn, row, now)
    })
    .await?;
    shown(&article)
}
