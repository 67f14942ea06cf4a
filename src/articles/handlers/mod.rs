//! The operations on articles: parse, decide, store, reply.

mod actions;
mod attachments;
mod carried;
mod corrections;
mod found;
mod history;
mod list;

use diesel::sqlite::SqliteConnection;

use uuid::Uuid;

use super::api::{Article, ArticleCreate, ArticleInput, HistoryEvent, InitialState};
use super::difference::changed_members;
use super::ladder::{Rung, Sight};
use super::rules::{initial_published_at, next_change};
use super::store::{self, ArticleRow, BodyRow, Creation, Entry};
use super::{FirstComments, INCLUDE};
use crate::disclaimers;
use crate::disclaimers::api::BodyFormat;
use crate::domain::ids::{Entropy, new_id};
use crate::domain::instant::Instant;
use crate::domain::markup::{Rendered, render};
use crate::domain::slug::{first_free, slugify};
use crate::domain::text::{look_alike, normalize_newlines};
use crate::problem::{Code, Problem};
use crate::web::call::PendingChange;
use crate::web::caller::Actor;
use crate::web::etag::Precondition;
use crate::web::idempotency::Created;
use crate::web::input::Change;
use crate::web::path::Locator;
use crate::web::scope::Scope;
use crate::web::{Call, Reply, reply};

pub use actions::*;
pub use attachments::*;
pub use carried::*;
pub use corrections::*;
pub use found::*;
pub use history::*;
pub use list::*;

const LIST_PATH: &str = "/v1/articles";
/// Members that PUT leaves as they are where the body leaves them out.
const STICKY: &[&str] = &["slug", "external_id"];

/// Create an article
///
/// A draft, or published at once, which needs `articles:publish`. Left out, the slug is made from the title and is free.
#[utoipa::path(post, path = "/v1/articles", responses((status = 201, description = "The article as stored.", body = Article)))]
pub async fn create_article(call: Call) -> Result<Reply, Problem> {
    let input: ArticleCreate = call.new_body()?;
    if input.creation.state == InitialState::Published {
        call.caller.require(&[Scope::ArticlesPublish])?;
    }
    if let Some(reply) = call.kept_reply()? {
        return Ok(reply);
    }
    let rendered = rendered(&input.article)?;
    // What the body alone shows is refused before the writer is bothered; it checks again at its own instant.
    initial_published_at(&input.creation, call.services.now())?;
    let entropy = std::sync::Arc::clone(&call.services.entropy);
    let caller = call.caller.clone();
    call.create(move |conn, now| {
        let created = create(
            conn,
            &input,
            &rendered,
            caller.actor(),
            entropy.as_ref(),
            now,
        );
        let sight = Sight::of(&caller, now);
        let locator = created.map_err(|problem| discreet(conn, problem, sight))?;
        let article = whole(conn, &locator, now)?;
        let reply = Reply::created(format!("{LIST_PATH}/{}", article.head.id), &article)?;
        Ok(Created {
            reply: reply.version(article.head.version),
            subject: article.head.id,
        })
    })
    .await
}

/// Creates an article; the one way in for requests and imports.
///
/// # Errors
/// `slug_taken`, `external_id_taken`, `validation_failed`, or a database fault.
pub fn create(
    conn: &mut SqliteConnection,
    input: &ArticleCreate,
    rendered: &Rendered,
    actor: Actor<'_>,
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
    let (source, external_id) = provider(&input.article);
    refuse_taken_external_id(conn, source, external_id, 0)?;
    let id = store::insert(conn, &creation, &input.article, &slug, rendered, now)?;
    record(conn, id, &Entry::of(HistoryEvent::Created), actor, now)?;
    Ok(Locator::Id(creation.id))
}

/// Read an article
///
/// By id or slug, with its text and the disclaimers that must be shown with it.
/// A draft is read with `drafts:read`; to anyone else it does not exist. A slug that the
/// article had before leads to the present one (308).
#[utoipa::path(get, path = "/v1/articles/{article}", responses((status = 200, description = "The article.", body = Article)))]
pub async fn read_article(call: Call, first_comments: FirstComments) -> Result<Reply, Problem> {
    let locator = call.locator("article")?;
    let sight = Sight::of_call(&call);
    let read = call.services.db.read(|conn| {
        look_up(conn, &locator, sight)?.and_then(|(row, body)| {
            let next_change = next_change(&row, sight.now);
            let id = row.id;
            let mut article = representation(conn, row, body, sight.now)?;
            if call.query.names(INCLUDE.name, "comments") {
                article.comments = Some(first_comments(conn, id, &article.head.id, sight)?);
            }
            Ok((article, next_change))
        })
    })?;
    match read {
        Found::Here((article, next_change)) => {
            let turns = [next_change, article.next_change];
            Ok(shown(&article)?.changes_at(turns.into_iter().flatten().min(), sight.now))
        }
        Found::Moved(slug) => Ok(moved(&call, &slug)),
    }
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
    let sight = Sight::of_call(&call);
    let change: PendingChange<ArticleInput> = call.change(kind, Article::READ_ONLY)?;
    let caller = call.caller.clone();
    // What PUT leaves out takes its default, what PATCH leaves out stays.
    let format = change.text("body_format").or(match kind {
        Change::Replace { .. } => Some(BodyFormat::Markdown.word()),
        Change::Merge => None,
    });
    let ahead = match change.text("body") {
        Some(body) => render_ahead(&call, &locator, sight, body, format)?,
        None => None,
    };
    let article = call
        .services
        .db
        .write(move |conn, now| {
            // What was true before it waited for the writer may not be any more.
            let sight = Sight::of(&caller, now);
            let (row, body) = find(conn, &locator, sight)?;
            check_precondition(conn, &change.precondition, &row, body.clone(), now)?;
            let present = representation(conn, row.clone(), body.clone(), now)?;
            let shown = serde_json::to_value(&present).map_err(Problem::internal)?;
            let input = change.apply(&shown)?;
            let stored = RenderedText::stored(&row, body);
            let rendered = rendered_of(&input, [ahead, Some(stored)])?;
            replace(conn, &row, &input, &rendered, caller.actor(), now)
                .map_err(|problem| discreet(conn, problem, sight))?;
            by_id(conn, &row, now)
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

/// The text of `input` as HTML: what is at hand where it fits, else rendered here.
fn rendered_of<const N: usize>(
    input: &ArticleInput,
    at_hand: [Option<RenderedText>; N],
) -> Result<Rendered, Problem> {
    let fitting = at_hand.into_iter().flatten().find(|text| text.is_of(input));
    fitting.map_or_else(|| rendered(input), |text| Ok(text.rendered))
}

/// Renders the text of a change before the writer is asked, so that no other
/// write waits for it. In the writer the article may be written another way by
/// then; what was rendered here is used only where it still fits.
///
/// `format` is what the change says; without it the article's own holds.
fn render_ahead(
    call: &Call,
    locator: &Locator,
    sight: Sight,
    body: &str,
    format: Option<&str>,
) -> Result<Option<RenderedText>, Problem> {
    let format = match format {
        Some(word) => word.to_owned(),
        None => {
            let read = |conn: &mut SqliteConnection| find(conn, locator, sight);
            call.services.db.read(read)?.0.body_format
        }
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

/// Edits an article; the one way for requests and imports.
///
/// # Errors
/// `slug_taken`, `external_id_taken`, or a database fault.
pub fn replace(
    conn: &mut SqliteConnection,
    row: &ArticleRow,
    input: &ArticleInput,
    rendered: &Rendered,
    actor: Actor<'_>,
    now: Instant,
) -> Result<(), Problem> {
    let entry = Entry::of(HistoryEvent::Edited);
    write_members(conn, row, input, rendered, entry, actor, now)
}

/// Writes an article's members anew, keeps what they were where they change, and
/// notes it in the history as `entry`.
///
/// # Errors
/// `slug_taken`, `external_id_taken`, or a database fault.
fn write_members(
    conn: &mut SqliteConnection,
    row: &ArticleRow,
    input: &ArticleInput,
    rendered: &Rendered,
    entry: Entry<'_>,
    actor: Actor<'_>,
    now: Instant,
) -> Result<(), Problem> {
    let slug = free_slug(conn, input, row.id)?;
    let (source, external_id) = provider(input);
    // What it has already stays its own: files from before may hold two spellings of one provider.
    let is_its_own = external_id == row.external_id.as_deref()
        && source.map(look_alike) == row.source_name.as_deref().map(look_alike);
    if !is_its_own {
        refuse_taken_external_id(conn, source, external_id, row.id)?;
    }
    let text = store::select_body(conn, row.id)?;
    let mut after = members_of(input)?;
    after.insert("slug".to_owned(), slug.clone().into());
    let mut changes = changed_members(&members_as_they_are(row, &text.body, now)?, &after);
    if !changes.is_empty() {
        // Another format makes other HTML of the same text.
        let is_other_text = changes.iter().any(|name| name.starts_with("body"));
        store::keep_content(conn, row, is_other_text.then_some(&text))?;
    }
    store::update(conn, row, input, &slug, rendered, now)?;
    // An import writes it beside.
    if store::select_row(conn, row.id)?.published_at != row.published_at {
        changes.push("published_at");
    }
    record(conn, row.id, &entry.changing(&changes), actor, now)
}

/// Delete an article
///
/// Into the trash: no read meets it any more, and its slug is free. `restore` brings it back.
/// With `purge=true` it is forgotten for good, also out of the trash.
#[utoipa::path(delete, path = "/v1/articles/{article}", responses((status = 204, description = "It is gone.")))]
pub async fn delete_article(call: Call) -> Result<Reply, Problem> {
    if call.query.purge() {
        call.caller.require(&[Scope::ArticlesPurge])?;
        write_to(&call, Reach::ToForget, no_more, |conn, row, (), _, _| {
            Ok(store::purge(conn, row)?)
        })
        .await?;
        return Ok(Reply::no_content());
    }
    call.caller.require(&[Scope::ArticlesWrite])?;
    write_to(&call, Reach::There, no_more, |conn, row, (), actor, now| {
        store::trash(conn, row.id, now)?;
        record(conn, row.id, &Entry::of(HistoryEvent::Trashed), actor, now)
    })
    .await?;
    Ok(Reply::no_content())
}

/// Which articles a write reaches.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// Those that are there.
    There,
    /// Those, and those in the trash that the caller reads.
    Trash,
    /// Those, and all in the trash.
    ToForget,
}

/// Runs a write to the article that the path names. `look_up` finds what else
/// the path names, before the condition is checked: 404 comes before 412.
async fn write_to<L: Send + 'static, T: Send + 'static>(
    call: &Call,
    reach: Reach,
    look_up: impl FnOnce(&mut SqliteConnection, &ArticleRow) -> Result<L, Problem> + Send + 'static,
    work: impl FnOnce(&mut SqliteConnection, &ArticleRow, L, Actor<'_>, Instant) -> Result<T, Problem>
    + Send
    + 'static,
) -> Result<T, Problem> {
    let unit = unit_on(call, reach, look_up, work)?;
    call.services.db.write(unit).await
}

/// The unit of the writer that [`write_to`] runs.
fn unit_on<L: Send + 'static, T: Send + 'static>(
    call: &Call,
    reach: Reach,
    look_up: impl FnOnce(&mut SqliteConnection, &ArticleRow) -> Result<L, Problem> + Send + 'static,
    work: impl FnOnce(&mut SqliteConnection, &ArticleRow, L, Actor<'_>, Instant) -> Result<T, Problem>
    + Send
    + 'static,
) -> Result<
    impl FnOnce(&mut SqliteConnection, Instant) -> Result<T, Problem> + Send + 'static,
    Problem,
> {
    let locator = call.locator("article")?;
    let caller = call.caller.clone();
    let precondition = call.precondition.clone();
    Ok(move |conn: &mut SqliteConnection, now: Instant| {
        let sight = Sight::of(&caller, now);
        let (row, body) = match find(conn, &locator, sight) {
            // The trash is looked into where nothing else has the name.
            Err(problem) if reach != Reach::There && problem.code() == Code::ArticleNotFound => {
                trashed(conn, &locator, reach, sight)?.ok_or(problem)?
            }
            found => found?,
        };
        let found = look_up(conn, &row)?;
        check_precondition(conn, &precondition, &row, body, now)?;
        let done = work(conn, &row, found, caller.actor(), now);
        done.map_err(|problem| discreet(conn, problem, sight))
    })
}

/// The article in the trash, where nothing that is there has the name, and the caller
/// may reach it: to forget it, or because it was one that the caller reads.
fn trashed(
    conn: &mut SqliteConnection,
    locator: &Locator,
    wants: Reach,
    sight: Sight,
) -> Result<Option<(ArticleRow, BodyRow)>, Problem> {
    if let Locator::Slug(slug) = locator
        && store::select_slug_owner(conn, slug, 0)?.is_some()
    {
        return Ok(None);
    }
    let found = store::select_trashed(conn, locator)?;
    Ok(found.filter(|(row, _)| wants == Reach::ToForget || sight.reads(Rung::of(row, sight.now))))
}

/// For a path that names an article and nothing more.
fn no_more(_: &mut SqliteConnection, _: &ArticleRow) -> Result<(), Problem> {
    Ok(())
}

fn check_precondition(
    conn: &mut SqliteConnection,
    precondition: &Precondition,
    row: &ArticleRow,
    body: BodyRow,
    now: Instant,
) -> Result<(), Problem> {
    precondition.check(row.version, || {
        let article = representation(conn, row.clone(), body, now)?;
        reply::tag_of(row.version, &article)
    })
}

fn representation(
    conn: &mut SqliteConnection,
    row: ArticleRow,
    body: BodyRow,
    now: Instant,
) -> Result<Article, Problem> {
    let corrections = store::select_corrections(conn, &[row.id])?;
    let mut carried = carried_by(conn, [&row], now, true)?;
    let next_change = carried.next_change.map(Instant::from_micros);
    let rows = carried.take(row.id);
    let mut article = Article::new(row, body, corrections, rows, now)?;
    article.next_change = next_change;
    Ok(article)
}

/// The article as it now is, for the one who has just written it.
fn whole(conn: &mut SqliteConnection, locator: &Locator, now: Instant) -> Result<Article, Problem> {
    let (row, body) = find(conn, locator, Sight::whole(now))?;
    representation(conn, row, body, now)
}

pub(super) fn by_id(
    conn: &mut SqliteConnection,
    row: &ArticleRow,
    now: Instant,
) -> Result<Article, Problem> {
    let id = Uuid::try_parse(&row.public_id).map_err(Problem::internal)?;
    whole(conn, &Locator::Id(id), now)
}

fn shown(article: &Article) -> Result<Reply, Problem> {
    let with = match article.comments {
        Some(_) => " comments",
        None => "",
    };
    let keys = format!("articles disclaimers{with} article-{}", article.head.id);
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

/// The slug that the article asks for, or one made from its title that no other has or had.
fn free_slug(
    conn: &mut SqliteConnection,
    input: &ArticleInput,
    but: i64,
) -> Result<String, Problem> {
    let Some(slug) = &input.slug else {
        return first_free(&slugify(&input.title), |slug| {
            Ok(store::is_slug_used(conn, slug, but)?)
        });
    };
    refuse_taken_slug(conn, slug, but)?;
    Ok(slug.clone().into_string())
}

fn refuse_taken_slug(conn: &mut SqliteConnection, slug: &str, but: i64) -> Result<(), Problem> {
    match store::select_slug_owner(conn, slug, but)? {
        None => Ok(()),
        Some(owner) => {
            let detail = format!("The slug `{slug}` belongs to another article. Choose another.");
            Err(taken(Code::SlugTaken, detail, owner, "/slug"))
        }
    }
}

fn refuse_taken_external_id(
    conn: &mut SqliteConnection,
    source: Option<&str>,
    external_id: Option<&str>,
    but: i64,
) -> Result<(), Problem> {
    let Some(external_id) = external_id else {
        return Ok(());
    };
    match store::select_external_id_owner(conn, source, external_id, but)? {
        None => Ok(()),
        Some(owner) => {
            let detail = format!(
                "The external id `{external_id}` of this source belongs to another article. Update that one."
            );
            Err(taken(Code::ExternalIdTaken, detail, owner, "/external_id"))
        }
    }
}

/// What an article's own words say of it at its provider.
fn provider(input: &ArticleInput) -> (Option<&str>, Option<&str>) {
    let source = input.source.as_ref().map(|source| &*source.name);
    (source, input.external_id.as_deref())
}

/// Leaves out whose a value is, where the caller may not know of that article.
fn discreet(conn: &mut SqliteConnection, problem: Problem, sight: Sight) -> Problem {
    let owner = problem.member("conflicting_id").and_then(|id| id.as_str());
    let Some(id) = owner.and_then(|id| Uuid::try_parse(id).ok()) else {
        return problem;
    };
    match store::select(conn, &Locator::Id(id), sight) {
        Ok(Some(_)) => problem,
        _ => problem.with("conflicting_id", serde_json::Value::Null),
    }
}

fn taken(code: Code, detail: String, owner: String, pointer: &str) -> Problem {
    Problem::new(code, detail)
        .with("conflicting_id", owner)
        .with("pointer", pointer)
}
