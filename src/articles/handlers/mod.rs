//! The operations on articles: parse, read or write, reply.

mod actions;
mod attachments;
mod carried;
mod corrections;
mod feeds;
mod history;
mod list;
mod listed;
mod mementos;
mod pieces;
mod related;
mod terms;

use std::sync::Arc;

use serde_json::Value;

use super::api::Article;
use super::format::{JSON_LD, NEWSML, NINJS, refuse_members};
use super::formats::{self, Piece};
use super::input::{ArticleCreate, ArticleInput};
use super::ladder::{Rung, Sight};
use super::model::{ArticleRow, BodyRow, written_members};
use super::read::{Met, Want, meet_present, story, story_with};
use super::refusals::{Found, article_not_found, find, look_up};
use super::rules::initial_published_at;
use super::store::{self, Whole};
use super::words::{Format, WithArticle};
use super::write::{self, By, ForgetComments, RenderedText, forget_words, rendered, rendered_of};
use super::{
    ArticlePath, CountThen, DeleteArticle, FirstComments, ReadArticle, comments_of, groups,
};
use crate::db::{Conn, Shows, Touched};
use crate::disclaimers::words::BodyFormat;
use crate::domain::ids::new_id;
use crate::domain::instant::Instant;
use crate::domain::markup::Rendered;
use crate::domain::scope::Scope;
use crate::problem::Problem;
use crate::web::body::{Changeable as _, Json, Merge, PendingChange, Replace};
use crate::web::caller::Caller;
use crate::web::etag::Precondition;
use crate::web::idempotency::Created;
use crate::web::selection::{Selected, Selection};
use crate::web::url::Locator;
use crate::web::{Call, Context, Reply, reply};
use mementos::{accept_datetime, lead_back, read_then, with_past};
use pieces::{of_host, site};

pub use actions::*;
pub use attachments::*;
pub use carried::*;
pub use corrections::*;
pub use feeds::*;
pub use history::*;
pub use list::*;
pub use mementos::{__path_read_timemap, LINK_FORMAT, read_timemap};
pub use related::*;
pub use terms::*;

const LIST_PATH: &str = "/v1/articles";
/// Index of the article's segment in the paths below `LIST_PATH`, counted from the empty one
/// before the first slash.
pub const ARTICLE_SEGMENT: usize = 3;

/// Create an article
///
/// A draft, or published at once, which needs `articles:publish`. If the slug is left out, a free
/// one is made from the title.
#[utoipa::path(post, path = "/v1/articles", responses((status = 201, description = "The article as stored.", body = Article)))]
pub async fn create_article(call: Call<(), (), Json<ArticleCreate>>) -> Result<Reply, Problem> {
    let Call { context: call, body: Json(input), .. } = call;
    let rendered = rendered(&call.services.live.get().renderer, &input.article)?;
    // Errors visible in the body alone are reported before the writer is used; it checks again at
    // its own instant.
    initial_published_at(&input.creation, call.services.now())?;
    let entropy = Arc::clone(&call.services.entropy);
    let (caller, sight) = (call.caller.clone(), Sight::of_call(&call));
    call.create(move |conn, now| {
        let by = by(&caller, sight, now);
        let row = write::create(conn, &input, &rendered, new_id(now, entropy.as_ref()), by)?;
        let text = text_of(&row, input.article, &rendered);
        let changed = groups::changed_with(&row)?;
        let article = Article::new(story_with(conn, row, text, by.sight)?.0)?;
        let article = Article { removed: rendered.removed, ..article };
        let reply = Reply::created(format!("{LIST_PATH}/{}", article.head.id), &article)?;
        let reply = reply.invalidates(&changed);
        Ok(Created {
            reply: reply.version(article.head.version),
            subject: article.head.id,
            touched: Touched::Everything,
        })
    })
    .await
}

/// The article's text after a write.
fn text_of(row: &ArticleRow, input: ArticleInput, rendered: &Rendered) -> BodyRow {
    BodyRow {
        body: input.body.into_string(),
        body_html: rendered.html_of(&row.public_id).into_owned(),
    }
}

/// The actor of a write.
fn by(caller: &Caller, sight: Sight, now: Instant) -> By<'_> {
    By { actor: caller.actor(), sight: sight.at(now) }
}

/// Read an article
///
/// By id or slug, with its text and the disclaimers that must be shown with it. A draft is read
/// with `drafts:read`; for anyone else it does not exist. A former slug redirects to the present
/// one (308).
#[utoipa::path(get, path = "/v1/articles/{article}", responses((status = 200, description = "The article.", body = Article)))]
pub async fn read_article(
    call: Call<ArticlePath, ReadArticle>,
    (first_comments, count_then): (FirstComments, CountThen),
) -> Result<Reply, Problem> {
    let sight = Sight::of_call(&call);
    if let Some(at) = call.query.as_of {
        refuse_past_in(&call.query, "as_of")?;
        return read_then(&call, at, count_then).await;
    }
    if let Some(wanted) = accept_datetime(&call)? {
        refuse_past_in(&call.query, "Accept-Datetime")?;
        return lead_back(&call, wanted);
    }
    let format = call.query.format.of(&call.headers);
    if format != Format::Json {
        return read_in(&call, format, sight);
    }
    let with_comments = call.query.include.has(WithArticle::Comments);
    let read = call.services.db.read(|conn| {
        look_up::<Whole>(conn, &call.path.0, sight)?.try_map(|(row, text)| {
            let id = row.id;
            let (story, until) = story_with(conn, row, text, sight)?;
            let mut article = Article::new(story)?;
            if with_comments {
                article.comments = Some(first_comments(conn, id, &article.head.id, sight)?);
            }
            Ok((article, id, until))
        })
    })?;
    match read {
        Found::Here((article, id, until)) => {
            let fields = call.query.fields.names();
            let reply = shown(&article, fields)?.until(until).shows(comments_of([id]));
            Ok(with_past(&call, call.query.format.noted(reply), &article.head.id))
        }
        Found::Moved(slug) => Ok(Reply::renamed(&call, ARTICLE_SEGMENT, &slug)),
    }
}

/// Refuses what the past has not: other formats, and the comments of then. `by` is what asks for it.
fn refuse_past_in(query: &ReadArticle, by: &str) -> Result<(), Problem> {
    if query.format.given().is_some_and(|format| format != Format::Json) {
        let detail =
            format!("The past (`{by}`) is shown with `format=json` alone; leave `format` out.");
        return Err(Problem::parameter("format", detail));
    }
    if !query.include.0.is_empty() {
        let detail =
            format!("The past (`{by}`) is shown without its comments; leave `include` out.");
        return Err(Problem::parameter("include", detail));
    }
    Ok(())
}

/// The article in another format.
fn read_in(
    call: &Call<ArticlePath, ReadArticle>,
    format: Format,
    sight: Sight,
) -> Result<Reply, Problem> {
    let given = [
        ("fields", call.query.fields.names().is_some()),
        ("include", !call.query.include.0.is_empty()),
    ];
    refuse_members(&given)?;
    let site = site(call);
    let read = call.services.db.read(|conn| {
        look_up::<Whole>(conn, &call.path.0, sight)?.try_map(|(row, text)| {
            let (story, until) = story_with(conn, row, text, sight)?;
            Ok((Piece::new(story, sight, &site)?, until))
        })
    })?;
    let (piece, until) = match read {
        Found::Here(read) => read,
        Found::Moved(slug) => return Ok(Reply::renamed(call, ARTICLE_SEGMENT, &slug)),
    };
    let reply = match format {
        Format::NewsMl => {
            Reply::of_type(NEWSML, formats::newsml::newsml(&piece, &site).into_bytes())
        }
        Format::JsonLd => Reply::json_of_type(JSON_LD, &formats::json_ld::json_ld(&piece, &site))?,
        Format::Ninjs | Format::Json => {
            Reply::json_of_type(NINJS, &formats::ninjs::ninjs(&piece, &site))?
        }
    };
    let reply = with_past(call, of_host(call, call.query.format.noted(reply)), &piece.head.id);
    let groups = groups::of_shown(&piece.head.id);
    Ok(reply.version(piece.head.version).until(until).shows(Shows::nothing()).groups(&groups[..2]))
}

/// Replace an article
///
/// Members that are left out take their defaults, except `slug` and `external_id`, which stay.
/// Read-only members may be sent unchanged.
#[utoipa::path(put, path = "/v1/articles/{article}", responses((status = 200, description = "The article as stored.", body = Article)))]
pub async fn replace_article(
    call: Call<ArticlePath, (), Replace<ArticleInput>>,
) -> Result<Reply, Problem> {
    let Call { context, path, body: Replace(change), .. } = call;
    edit(&context, path, change).await
}

/// Change an article
///
/// The body is a JSON Merge Patch (RFC 7396): members that are left out stay, null sets the
/// default.
#[utoipa::path(patch, path = "/v1/articles/{article}", responses((status = 200, description = "The article as stored.", body = Article)))]
pub async fn update_article(
    call: Call<ArticlePath, (), Merge<ArticleInput>>,
) -> Result<Reply, Problem> {
    let Call { context, path, body: Merge(change), .. } = call;
    edit(&context, path, change).await
}

async fn edit(
    call: &Context,
    path: ArticlePath,
    change: PendingChange<ArticleInput>,
) -> Result<Reply, Problem> {
    let live = call.services.live.get();
    let ahead = match change.text("body") {
        Some(body) => {
            let format = format_of(call, &path.0, &change)?;
            format.map(|format| RenderedText::ahead(&live.renderer, body, format))
        }
        None if INDEXED.iter().any(|name| change.names(name)) => stored_ahead(call, &path.0),
        None => None,
    };
    let (caller, sight) = (call.caller.clone(), Sight::of_call(call));
    let article = call.services.db.write(move |conn, now| {
        // A check made before waiting for the writer may no longer hold.
        let by = by(&caller, sight, now);
        let (row, text) = find::<Whole>(conn, &path.0, by.sight)?;
        check(conn, &change.precondition, &row, by.sight)?;
        let present = present(conn, &row, &text, &change, by.sight)?;
        let input = change.apply(&present)?;
        let at_hand = [ahead, Some(RenderedText::stored(&row, &text))];
        let rendered = rendered_of(&live.renderer, &input, at_hand)?;
        let after = write::edit(conn, (&row, &text), &input, &rendered, by)?;
        let text = text_of(&after, input, &rendered);
        let changed = changed(&row, &after)?;
        let article = Article::new(story_with(conn, after, text, by.sight)?.0)?;
        Ok((Article { removed: rendered.removed, ..article }, changed))
    });
    let (article, changed) = article.await?;
    written(&article, &changed)
}

/// The members that an article is found by, besides its text: with one of them, its entry in the
/// search index is written anew.
const INDEXED: [&str; 9] =
    ["title", "summary", "authors", "source", "section", "tags", "dateline", "language", "access"];

/// The text of an article as it is now. A refusal is reported by the write.
fn stored_ahead(call: &Context, article: &Locator) -> Option<RenderedText> {
    let sight = Sight::of_call(call);
    let found = call.services.db.read(|conn| find::<Whole>(conn, article, sight));
    found.ok().map(|(row, text)| RenderedText::stored_ahead(&row, &text))
}

/// The format of a changed text: as in the change, or as in the article.
fn format_of(
    call: &Context,
    article: &Locator,
    change: &PendingChange<ArticleInput>,
) -> Result<Option<BodyFormat>, Problem> {
    match change.text("body_format") {
        Some(word) => Ok(BodyFormat::from_word(word)),
        // A member that is left out takes its default with PUT, and stays with PATCH.
        None if change.is_replacement() => Ok(Some(BodyFormat::Markdown)),
        None => format_of_text(call, article).map(Some),
    }
}

/// The format of the text of an article that is about to be corrected.
fn format_of_text(call: &Context, article: &Locator) -> Result<BodyFormat, Problem> {
    let sight = Sight::of_call(call);
    let row: ArticleRow = call.services.db.read(|conn| find(conn, article, sight))?;
    Ok(row.body_format)
}

/// The article for comparison with a change: its written members, and the full article if the
/// change names others.
fn present(
    conn: &mut Conn,
    row: &ArticleRow,
    text: &BodyRow,
    change: &PendingChange<ArticleInput>,
    sight: Sight,
) -> Result<Value, Problem> {
    if ArticleInput::READ_ONLY.iter().any(|member| change.names(member.name())) {
        let whole = Article::new(story_with(conn, row.clone(), text.clone(), sight)?.0)?;
        return serde_json::to_value(whole).map_err(Problem::internal);
    }
    written_members(row, &text.body).map(Value::Object)
}

/// Delete an article
///
/// Moves it to the trash: it can no longer be read, and its slug is free. `restore` brings it
/// back. With `purge=true` it is deleted for good, also from the trash.
#[utoipa::path(delete, path = "/v1/articles/{article}", responses((status = 204, description = "It is gone.")))]
pub async fn delete_article(
    call: Call<ArticlePath, DeleteArticle>,
    forget_comments: ForgetComments,
) -> Result<Reply, Problem> {
    let Call { context: call, path, query, .. } = call;
    let needed = if query.purge { Scope::ArticlesPurge } else { Scope::ArticlesWrite };
    call.caller.require(&[needed])?;
    let changed = if query.purge {
        let target = Target::of(&call, path, Reach::ToForget);
        let changed = write_to(&call, target, move |conn, row, by| {
            let changed = groups::changed_with(row)?;
            write::erase(conn, row, forget_comments, by.now())?;
            Ok(changed)
        });
        let changed = changed.await?;
        // It is gone: a fault here must not say that it is not.
        if let Err(problem) = forget_words(&call.services.db).await {
            let cause = problem.cause().unwrap_or_default().to_owned();
            log::warn!(request_id:display = call.request_id; "words of a purged article stay in the search index until the next purge: {cause}");
        }
        changed
    } else {
        let target = Target::of(&call, path, Reach::There);
        let changed = write_to(&call, target, |conn, row, by| {
            write::trash(conn, row, by)?;
            groups::changed_with(row)
        });
        changed.await?
    };
    Ok(Reply::no_content().invalidates(&changed))
}

/// The articles that a write can address.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// Those outside the trash.
    There,
    /// Those, and the ones in the trash that the caller may read.
    Trash,
    /// Those, and all in the trash, for a purge.
    ToForget,
}

/// The target of a write: the article, the caller and the precondition.
struct Target {
    locator: Locator,
    reach: Reach,
    caller: Caller,
    sight: Sight,
    precondition: Precondition,
}

impl Target {
    fn of(call: &Context, ArticlePath(locator): ArticlePath, reach: Reach) -> Self {
        Self {
            locator,
            reach,
            caller: call.caller.clone(),
            sight: Sight::of_call(call),
            precondition: call.precondition.clone(),
        }
    }

    /// Looks up the article. The trash is searched only if no other article has the slug.
    fn meet(&self, conn: &mut Conn, sight: Sight) -> Result<ArticleRow, Problem> {
        if self.reach == Reach::There {
            return find(conn, &self.locator, sight);
        }
        let met: Met = meet_present(conn, &self.locator, sight)?;
        let is_hidden = |rung: &Rung| matches!(rung, Rung::Unpublished | Rung::NeverSeen);
        match met {
            Met::Read(row) => return Ok(row),
            Met::Refused(rung, _) if !is_hidden(&rung) => return find(conn, &self.locator, sight),
            _ => {}
        }
        let absent = || article_not_found(&self.locator, sight);
        if let Locator::Slug(slug) = &self.locator
            && store::select_slug_owner(conn, slug)?.is_some()
        {
            return Err(absent());
        }
        let may_reach = |row: &ArticleRow| {
            self.reach == Reach::ToForget || sight.reads(Rung::of(row, sight.now))
        };
        let trashed = store::select_trashed(conn, &self.locator)?;
        trashed.filter(may_reach).ok_or_else(absent)
    }
}

/// Runs a write to an article.
async fn write_to<T: Send + 'static>(
    call: &Context,
    target: Target,
    work: impl FnOnce(&mut Conn, &ArticleRow, By<'_>) -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    let unit = unit_on(target, |_, _, _| Ok(()), move |conn, row, (), by| work(conn, row, by));
    call.services.db.write(unit).await
}

/// The unit of the writer for a write to an article. `look_up` finds other resources that the path
/// names, before the precondition is checked: 404 comes before 412.
fn unit_on<L, T>(
    target: Target,
    look_up: impl FnOnce(&mut Conn, &ArticleRow, Sight) -> Result<L, Problem> + Send + 'static,
    work: impl FnOnce(&mut Conn, &ArticleRow, L, By<'_>) -> Result<T, Problem> + Send + 'static,
) -> impl FnOnce(&mut Conn, Instant) -> Result<T, Problem> + Send + 'static {
    move |conn: &mut Conn, now: Instant| {
        let by = by(&target.caller, target.sight, now);
        let row = target.meet(conn, by.sight)?;
        let found = look_up(conn, &row, by.sight)?;
        check(conn, &target.precondition, &row, by.sight)?;
        work(conn, &row, found, by)
    }
}

/// Checks the precondition of a write; the entity tag is computed only if needed.
fn check(
    conn: &mut Conn,
    precondition: &Precondition,
    row: &ArticleRow,
    sight: Sight,
) -> Result<(), Problem> {
    let present = || reply::tag_of(row.version, &whole(conn, row.clone(), sight)?);
    precondition.check(row.version, present)
}

/// The full article after a write.
fn whole(conn: &mut Conn, row: ArticleRow, sight: Sight) -> Result<Article, Problem> {
    Article::new(story(conn, row, Want::ALL, sight)?.0)
}

/// The article after a write, which has changed the answers of these groups.
fn written(article: &Article, changed: &[String]) -> Result<Reply, Problem> {
    Ok(Reply::ok(article)?.version(article.head.version).invalidates(changed))
}

/// The groups that a write changes: of what showed the article before, and shows it now.
fn changed(before: &ArticleRow, after: &ArticleRow) -> Result<Vec<String>, Problem> {
    Ok([groups::changed_with(after)?, groups::changed_with(before)?].concat())
}

/// The article, or only the members in `fields` and those that are always there.
fn shown(article: &Article, fields: Option<&[&str]>) -> Result<Reply, Problem> {
    let always: &[&str] = match article.comments {
        Some(_) => &["id", "disclaimers", "comments"],
        None => &["id", "disclaimers"],
    };
    let reply = match fields {
        None => Reply::ok(article)?,
        Some(_) => Reply::ok(&Selected { item: article, selection: Selection { fields, always } })?,
    };
    Ok(reply.version(article.head.version).groups(&groups::of_shown(&article.head.id)))
}
