//! The operations on articles: parse, decide, store, reply.

use std::collections::HashMap;

use diesel::sqlite::SqliteConnection;

use super::api::{
    ActionInput, Article, ArticleCreate, ArticleHead, ArticleInput, ArticleListItem,
    DisclaimerReference, State,
};
use super::rules::{Action, initial_published_at};
use super::store::{self, ArticleRow, BodyRow, Creation, Sight};
use crate::disclaimers;
use crate::disclaimers::api::BodyFormat;
use crate::domain::ids::{Entropy, new_id};
use crate::domain::instant::Instant;
use crate::domain::markup::{Rendered, render};
use crate::domain::slug::{first_free, slugify};
use crate::domain::text::normalize_newlines;
use crate::problem::{Code, Problem};
use crate::web::call::PendingChange;
use crate::web::caller::Caller;
use crate::web::etag::Precondition;
use crate::web::input::Change;
use crate::web::paging::{Page, Scope};
use crate::web::query::Locator;
use crate::web::{Call, Reply, reply};

const LIST_PATH: &str = "/v1/articles";
/// Members that PUT leaves as they are where the body leaves them out.
const STICKY: &[&str] = &["slug", "external_id"];

impl From<&Caller> for Sight {
    fn from(caller: &Caller) -> Self {
        Self {
            unpublished: caller.sees_unpublished(),
        }
    }
}

/// List articles
///
/// Newest publication first; what was never published stands before that, newest first.
/// Anonymous callers meet published articles only.
#[utoipa::path(get, path = "/v1/articles", responses((status = 200, description = "A page of articles.", body = [ArticleListItem])))]
pub async fn list_articles(call: Call) -> Result<Reply, Problem> {
    let asked = call.query.state();
    let scope = Scope::new(LIST_PATH, &[("state", asked.unwrap_or_default())]);
    let after = scope.start(&call.query, store::FIRST)?;
    // What a caller may not read, the caller meets nowhere.
    let public = State::Published.word();
    let state = match asked {
        _ if call.caller.sees_unpublished() => asked,
        Some(other) if other != public => {
            let nothing = Page {
                items: Vec::new(),
                next: None,
            };
            return shown_list(&call, nothing, call.query.count().then_some(0));
        }
        _ => Some(public),
    };
    let limit = call.query.limit();
    let wants = |name: &str| {
        call.query
            .fields()
            .is_some_and(|fields| fields.contains(&name))
    };
    let with_bodies = wants("body") || wants("body_html");
    let (rows, mut carried, mut bodies) = call.services.db.read(|conn| {
        let rows = store::select_page(conn, state, after, limit + 1)?;
        let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
        let mut carried: HashMap<i64, Vec<DisclaimerReference>> = HashMap::new();
        for row in disclaimers::store::select_references(conn, &ids)? {
            carried.entry(row.article_id).or_default().push(row.into());
        }
        let bodies: HashMap<i64, BodyRow> = if with_bodies {
            store::select_bodies(conn, &ids)?.into_iter().collect()
        } else {
            HashMap::new()
        };
        Ok((rows, carried, bodies))
    })?;
    let total = match call.query.count() {
        true => Some(
            call.services
                .db
                .search(move |conn| Ok(store::count(conn, state)?))
                .await?,
        ),
        false => None,
    };
    let page = Page::of(
        rows,
        limit,
        |row| scope.seal(&(row.sort_key, row.id)),
        |row| {
            let body = bodies.remove(&row.id);
            let (body, body_html) = body.map(|body| (body.body, body.body_html)).unzip();
            Ok(ArticleListItem {
                disclaimers: carried.remove(&row.id).unwrap_or_default(),
                comment_count: wants("comment_count").then_some(row.comment_count),
                body,
                body_html,
                head: ArticleHead::try_from(row)?,
            })
        },
    );
    let items = page
        .items
        .into_iter()
        .collect::<Result<Vec<_>, Problem>>()?;
    shown_list(
        &call,
        Page {
            items,
            next: page.next,
        },
        total,
    )
}

fn shown_list(
    call: &Call,
    page: Page<ArticleListItem>,
    total: Option<i64>,
) -> Result<Reply, Problem> {
    // No article leaves without its disclaimers, whatever is asked for.
    Ok(Reply::page(call, page, total, &["id", "disclaimers"])?
        .surrogate_key("articles disclaimers"))
}

/// Create an article
///
/// A draft, or published at once. Left out, the slug is made from the title and is free.
#[utoipa::path(post, path = "/v1/articles", responses((status = 201, description = "The article as stored.", body = Article)))]
pub async fn create_article(call: Call) -> Result<Reply, Problem> {
    let input: ArticleCreate = call.body()?;
    let rendered = rendered(&input.article)?;
    // What the body alone shows is refused before the writer is bothered; it checks again at its own instant.
    initial_published_at(&input.creation, call.services.clock.now())?;
    let entropy = std::sync::Arc::clone(&call.services.entropy);
    let actor = call.caller.actor().to_owned();
    let article = call
        .services
        .db
        .write(move |conn, now| {
            let locator = create(conn, &input, &rendered, &actor, entropy.as_ref(), now)?;
            whole(conn, &locator)
        })
        .await?;
    let version = article.head.version;
    Ok(Reply::created(format!("{LIST_PATH}/{}", article.head.id), &article)?.version(version))
}

/// Creates an article; the one way in for requests and imports.
///
/// # Errors
/// `slug_taken`, `external_id_taken`, `validation_failed`, or a database fault.
pub fn create(
    conn: &mut SqliteConnection,
    input: &ArticleCreate,
    rendered: &Rendered,
    actor: &str,
    entropy: &dyn Entropy,
    now: Instant,
) -> Result<Locator, Problem> {
    let published_at = initial_published_at(&input.creation, now)?;
    let creation = Creation {
        id: new_id(now, entropy),
        state: input.creation.state,
        published_at,
    };
    let slug = free_slug(conn, &input.article, 0)?;
    refuse_taken_external_id(conn, &input.article, 0)?;
    let id = store::insert(conn, &creation, &input.article, &slug, rendered, now)?;
    store::insert_event(conn, id, "created", actor, None, now)?;
    Ok(Locator::Id(creation.id))
}

/// Read an article
///
/// By id or slug, with its text and the disclaimers that must be shown with it.
/// A draft is read with a key; to anyone else it does not exist.
#[utoipa::path(get, path = "/v1/articles/{article}", responses((status = 200, description = "The article.", body = Article)))]
pub async fn read_article(call: Call) -> Result<Reply, Problem> {
    let locator = call.locator("article")?;
    let sight = Sight::from(&call.caller);
    let article = call.services.db.read(|conn| {
        let (row, body) = find(conn, &locator, sight)?;
        representation(conn, row, body)
    })?;
    shown(&article)
}

/// Replace an article
///
/// Members that are left out take their defaults, apart from `slug` and `external_id`, which stay.
/// Read-only members may be sent as they are.
#[utoipa::path(put, path = "/v1/articles/{article}", responses((status = 200, description = "The article as stored.", body = Article)))]
pub async fn replace_article(call: Call) -> Result<Reply, Problem> {
    change(call, Change::Replace { sticky: STICKY }).await
}

/// Change an article
///
/// The body is a JSON Merge Patch (RFC 7396): members that are left out stay, null sets the default.
#[utoipa::path(patch, path = "/v1/articles/{article}", responses((status = 200, description = "The article as stored.", body = Article)))]
pub async fn update_article(call: Call) -> Result<Reply, Problem> {
    change(call, Change::Merge).await
}

async fn change(call: Call, kind: Change) -> Result<Reply, Problem> {
    let locator = call.locator("article")?;
    let sight = Sight::from(&call.caller);
    let change: PendingChange<ArticleInput> = call.change(kind, Article::READ_ONLY)?;
    let actor = call.caller.actor().to_owned();
    let ahead = render_ahead(&call, &locator, sight, &change, kind)?;
    let article = call
        .services
        .db
        .write(move |conn, now| {
            let (row, body) = find(conn, &locator, sight)?;
            check_precondition(conn, &change.precondition, &row, body.clone())?;
            let present = representation(conn, row.clone(), body.clone())?;
            let shown = serde_json::to_value(&present).map_err(Problem::internal)?;
            let input = change.apply(&shown)?;
            let stored = RenderedText::stored(&row, body);
            let at_hand = [ahead, Some(stored)]
                .into_iter()
                .flatten()
                .find(|text| text.is_of(&input));
            let rendered = at_hand.map_or_else(|| rendered(&input), |text| Ok(text.rendered))?;
            replace(conn, &row, &input, &rendered, &actor, now)?;
            by_id(conn, &row)
        })
        .await?;
    shown(&article)
}

/// A text with what it was rendered to.
struct RenderedText {
    body: String,
    format: String,
    rendered: Rendered,
}

impl RenderedText {
    /// The text as it is stored.
    fn stored(row: &ArticleRow, body: BodyRow) -> Self {
        let words = usize::try_from(row.word_count).unwrap_or_default();
        let rendered = Rendered {
            html: body.body_html,
            words,
        };
        Self {
            body: body.body,
            format: row.body_format.clone(),
            rendered,
        }
    }

    /// Whether it is the text of `input`.
    fn is_of(&self, input: &ArticleInput) -> bool {
        self.format == input.body_format.word() && self.body == *input.body
    }
}

/// Renders the text of a change before the writer is asked, so that no other
/// write waits for it. In the writer the article may be written another way by
/// then; what was rendered here is used only where it still fits.
fn render_ahead(
    call: &Call,
    locator: &Locator,
    sight: Sight,
    change: &PendingChange<ArticleInput>,
    kind: Change,
) -> Result<Option<RenderedText>, Problem> {
    let Some(body) = change.text("body") else {
        return Ok(None);
    };
    let format = match (change.text("body_format"), kind) {
        (Some(word), _) => word.to_owned(),
        (None, Change::Replace { .. }) => BodyFormat::Markdown.word().to_owned(),
        (None, Change::Merge) => call
            .services
            .db
            .read(|conn| Ok(find(conn, locator, sight)?.0.body_format))?,
    };
    let Some(known) = BodyFormat::from_word(&format) else {
        return Ok(None);
    };
    let body = normalize_newlines(body.to_owned());
    // Whether it nests too deep is said in its turn, after the look-up and the condition.
    let rendered = render(&body, known.into()).ok();
    Ok(rendered.map(|rendered| RenderedText {
        body,
        format,
        rendered,
    }))
}

/// Writes an article's members anew; the one way for requests and imports.
///
/// # Errors
/// `slug_taken`, `external_id_taken`, `validation_failed`, or a database fault.
pub fn replace(
    conn: &mut SqliteConnection,
    row: &ArticleRow,
    input: &ArticleInput,
    rendered: &Rendered,
    actor: &str,
    now: Instant,
) -> Result<(), Problem> {
    let slug = free_slug(conn, input, row.id)?;
    refuse_taken_external_id(conn, input, row.id)?;
    store::update(conn, row.id, input, &slug, rendered, now)?;
    Ok(store::insert_event(
        conn, row.id, "edited", actor, None, now,
    )?)
}

/// Delete an article
///
/// Into the trash: no read meets it any more, and its slug is free.
#[utoipa::path(delete, path = "/v1/articles/{article}", responses((status = 204, description = "It is in the trash.")))]
pub async fn delete_article(call: Call) -> Result<Reply, Problem> {
    write_to(&call, no_more, |conn, row, (), actor, now| {
        store::trash(conn, row.id, now)?;
        Ok(store::insert_event(
            conn, row.id, "trashed", actor, None, now,
        )?)
    })
    .await?;
    Ok(Reply::no_content())
}

/// Publish an article
///
/// Makes a draft public. The first publication sets `published_at`; later ones leave it.
#[utoipa::path(post, path = "/v1/articles/{article}/publish", responses((status = 200, description = "The article as published.", body = Article)))]
pub async fn publish_article(call: Call) -> Result<Reply, Problem> {
    act(call, Action::Publish).await
}

/// Unpublish an article
///
/// Makes it a draft again: to anyone without a key it does not exist any more.
#[utoipa::path(post, path = "/v1/articles/{article}/unpublish", responses((status = 200, description = "The article as a draft.", body = Article)))]
pub async fn unpublish_article(call: Call) -> Result<Reply, Problem> {
    act(call, Action::Unpublish).await
}

async fn act(call: Call, action: Action) -> Result<Reply, Problem> {
    let input: Option<ActionInput> = call.optional_body()?;
    let reason = input.and_then(|input| input.reason);
    let article = write_to(&call, no_more, move |conn, row, (), actor, now| {
        let state = State::from_word(&row.state)
            .ok_or_else(|| Problem::internal(format!("an article has the state {}", row.state)))?;
        store::set_state(conn, row.id, action.apply(state)?, now)?;
        store::insert_event(conn, row.id, action.event(), actor, reason.as_deref(), now)?;
        by_id(conn, row)
    })
    .await?;
    shown(&article)
}

/// Attach a disclaimer
///
/// The article carries it from now on, in every answer. Attaching it again changes nothing.
#[utoipa::path(put, path = "/v1/articles/{article}/disclaimers/{disclaimer}", responses((status = 204, description = "The article carries it.")))]
pub async fn attach_disclaimer(call: Call) -> Result<Reply, Problem> {
    let disclaimer = call.id("disclaimer")?;
    let look_up =
        move |conn: &mut SqliteConnection, _: &ArticleRow| disclaimers::find(conn, disclaimer);
    write_to(&call, look_up, move |conn, row, disclaimer, actor, now| {
        attach(conn, row, disclaimer.id, actor, now)
    })
    .await?;
    Ok(Reply::no_content())
}

/// Makes an article carry a disclaimer, unless it does so already; the one way.
///
/// # Errors
/// A database fault.
pub fn attach(
    conn: &mut SqliteConnection,
    row: &ArticleRow,
    disclaimer: i64,
    actor: &str,
    now: Instant,
) -> Result<(), Problem> {
    if store::attach(conn, row.id, disclaimer, now)? {
        store::next_version(conn, row.id, now)?;
        store::insert_event(conn, row.id, "attached", actor, None, now)?;
    }
    Ok(())
}

/// Detach a disclaimer
///
/// The article does not carry it any more. That it did stays recorded.
#[utoipa::path(delete, path = "/v1/articles/{article}/disclaimers/{disclaimer}", responses((status = 204, description = "The article does not carry it any more.")))]
pub async fn detach_disclaimer(call: Call) -> Result<Reply, Problem> {
    let id = call.id("disclaimer")?;
    let look_up = move |conn: &mut SqliteConnection, row: &ArticleRow| {
        let disclaimer = disclaimers::find(conn, id)?;
        if store::carries(conn, row.id, disclaimer.id)? {
            return Ok(disclaimer);
        }
        let detail = format!(
            "The article does not carry the disclaimer `{id}`. Its `disclaimers` lists those that it carries."
        );
        Err(Problem::new(Code::DisclaimerNotFound, detail).with("id", id.to_string()))
    };
    write_to(&call, look_up, move |conn, row, disclaimer, actor, now| {
        store::detach(conn, row.id, disclaimer.id, now)?;
        store::next_version(conn, row.id, now)?;
        Ok(store::insert_event(
            conn, row.id, "detached", actor, None, now,
        )?)
    })
    .await?;
    Ok(Reply::no_content())
}

/// Runs a write to the article that the path names. `look_up` finds what else
/// the path names, before the condition is checked: 404 comes before 412.
async fn write_to<L: Send + 'static, T: Send + 'static>(
    call: &Call,
    look_up: impl FnOnce(&mut SqliteConnection, &ArticleRow) -> Result<L, Problem> + Send + 'static,
    work: impl FnOnce(&mut SqliteConnection, &ArticleRow, L, &str, Instant) -> Result<T, Problem>
    + Send
    + 'static,
) -> Result<T, Problem> {
    let locator = call.locator("article")?;
    let sight = Sight::from(&call.caller);
    let precondition = call.precondition.clone();
    let actor = call.caller.actor().to_owned();
    call.services
        .db
        .write(move |conn, now| {
            let (row, body) = find(conn, &locator, sight)?;
            let found = look_up(conn, &row)?;
            check_precondition(conn, &precondition, &row, body)?;
            work(conn, &row, found, &actor, now)
        })
        .await
}

/// For a path that names an article and nothing more.
fn no_more(_: &mut SqliteConnection, _: &ArticleRow) -> Result<(), Problem> {
    Ok(())
}

/// The article that `locator` names.
///
/// # Errors
/// `article_not_found` where there is none that may be known of, or a database fault.
pub fn find(
    conn: &mut SqliteConnection,
    locator: &Locator,
    sight: Sight,
) -> Result<(ArticleRow, BodyRow), Problem> {
    store::select(conn, locator, sight)?.ok_or_else(|| article_not_found(locator))
}

/// 404: hidden and absent read the same.
fn article_not_found(locator: &Locator) -> Problem {
    let detail =
        format!("There is no article `{locator}` that you may read. A draft is read with a key.");
    Problem::new(Code::ArticleNotFound, detail).with("id", locator.to_string())
}

fn check_precondition(
    conn: &mut SqliteConnection,
    precondition: &Precondition,
    row: &ArticleRow,
    body: BodyRow,
) -> Result<(), Problem> {
    precondition.check(row.version, || {
        let article = representation(conn, row.clone(), body)?;
        reply::tag_of(row.version, &article)
    })
}

fn representation(
    conn: &mut SqliteConnection,
    row: ArticleRow,
    body: BodyRow,
) -> Result<Article, Problem> {
    let carried = disclaimers::store::select_attached(conn, row.id)?;
    Article::new(row, body, carried)
}

/// The article as it now is, for the one who has just written it.
fn whole(conn: &mut SqliteConnection, locator: &Locator) -> Result<Article, Problem> {
    let (row, body) = find(conn, locator, Sight { unpublished: true })?;
    representation(conn, row, body)
}

pub(super) fn by_id(conn: &mut SqliteConnection, row: &ArticleRow) -> Result<Article, Problem> {
    let id = uuid::Uuid::try_parse(&row.public_id).map_err(Problem::internal)?;
    whole(conn, &Locator::Id(id))
}

fn shown(article: &Article) -> Result<Reply, Problem> {
    let keys = format!("articles disclaimers article-{}", article.head.id);
    Ok(Reply::ok(article)?
        .version(article.head.version)
        .surrogate_key(&keys))
}

/// Renders an article's text.
///
/// # Errors
/// `validation_failed` where it nests too deep.
pub fn rendered(input: &ArticleInput) -> Result<Rendered, Problem> {
    render(&input.body, input.body_format.into()).map_err(|_| disclaimers::nested_too_deep())
}

/// The slug that the article asks for, or a free one made from its title.
fn free_slug(
    conn: &mut SqliteConnection,
    input: &ArticleInput,
    but: i64,
) -> Result<String, Problem> {
    let Some(slug) = &input.slug else {
        return first_free(&slugify(&input.title), |slug| {
            Ok(store::select_slug_owner(conn, slug, but)?.is_some())
        });
    };
    match store::select_slug_owner(conn, slug, but)? {
        None => Ok(slug.clone().into_string()),
        Some(owner) => {
            let detail = format!(
                "The slug `{}` belongs to another article. Choose another.",
                &**slug
            );
            Err(taken(Code::SlugTaken, detail, owner, "/slug"))
        }
    }
}

fn refuse_taken_external_id(
    conn: &mut SqliteConnection,
    input: &ArticleInput,
    but: i64,
) -> Result<(), Problem> {
    let Some(external_id) = &input.external_id else {
        return Ok(());
    };
    let source = input.source.as_ref().map(|source| &*source.name);
    match store::select_external_id_owner(conn, source, external_id, but)? {
        None => Ok(()),
        Some(owner) => {
            let detail = format!(
                "The external id `{}` of this source belongs to another article. Update that one.",
                &**external_id
            );
            Err(taken(Code::ExternalIdTaken, detail, owner, "/external_id"))
        }
    }
}

fn taken(code: Code, detail: String, owner: String, pointer: &str) -> Problem {
    Problem::new(code, detail)
        .with("conflicting_id", owner)
        .with("pointer", pointer)
}
