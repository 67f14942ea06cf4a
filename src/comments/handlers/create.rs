//! How a comment comes in: the one way.

use std::sync::Arc;

use diesel::sqlite::SqliteConnection;
use uuid::Uuid;

use crate::articles;
use crate::articles::api::CommentsPolicy;
use crate::articles::ladder::Sight;
use crate::articles::rules::shown_published_at;
use crate::articles::store::ArticleRow;
use crate::comments::api::{Comment, CommentInput, HeldBy, NewComment, State, View};
use crate::comments::rules::{
    DUPLICATE_WINDOW, Ends, FLOOD_WINDOW, depth_below, held_by_text, initial_state,
};
use crate::comments::store::{self, Author, CommentRow, Creation};
use crate::comments::token;
use crate::db::secret::site_secret;
use crate::domain::ids::{Entropy, new_id};
use crate::domain::instant::Instant;
use crate::domain::markup::render_comment;
use crate::problem::{Code, Fault, FaultCode, Problem};
use crate::web::caller::Actor;
use crate::web::idempotency::Created;
use crate::web::limit::key_of;
use crate::web::scope::Scope;
use crate::web::site::{Holds, Site};
use crate::web::{Call, Reply};

/// Comment on an article
///
/// Anyone may. Under the policy `open` the comment is shown at once, under `moderated` it is
/// `pending` until a moderator decides, under `closed` it is refused. `edit_token`, sent as the header
/// `Edit-Token`, reads, edits and deletes it for 15 minutes.
#[utoipa::path(post, path = "/v1/articles/{article}/comments", responses((status = 201, description = "The comment as stored.", body = NewComment)))]
pub async fn create_comment(call: Call) -> Result<Reply, Problem> {
    let locator = call.locator("article")?;
    let caller = call.caller.clone();
    let input: CommentInput = call.body()?;
    if let Some(reply) = call.kept_reply()? {
        return Ok(reply);
    }
    // Who comments for the newsroom is not counted.
    let is_counted = !caller.may(Scope::CommentsWrite);
    let site = Arc::clone(&call.services.site);
    let address = call.address;
    let left = match (&site.comment_limit, address) {
        (Some(limit), Some(address)) if is_counted => Some(limit.check(&key_of(address))?),
        _ => None,
    };
    let held_by_text = match is_counted {
        true => judge_text(&site, &input.author_name, &input.body).await?,
        false => None,
    };
    let html = render_comment(&input.body);
    let entropy = Arc::clone(&call.services.entropy);
    let created = call.create(move |conn, now| {
        let (article, _) = articles::find(conn, &locator, Sight::of(&caller, now))?;
        let secret = site_secret(conn)?;
        let screened = is_counted.then(|| Screened {
            holds: &site.holds,
            held_by_text,
            address: address.map(|address| token::of_address(&secret, address)),
        });
        let by = By {
            actor: caller.actor(),
            close_after: site.comments_close_after,
            screened,
        };
        let row = create(conn, &article, &input, &html, &by, entropy.as_ref(), now)?;
        // Last: what is refused for another reason is not counted.
        if let (Some(limit), true) = (&site.article_limit, is_counted) {
            limit.check(&article.public_id)?;
        }
        forget_some_addresses(conn, &site, now)?;
        let version = row.version;
        let edit_token = token::make(&secret, &row.public_id);
        let comment = Comment::new(row, View::Author);
        let location = format!("/v1/comments/{}", comment.id);
        let made = NewComment {
            comment,
            edit_token,
        };
        Ok(Created {
            reply: Reply::created(location, &made)?.version(version),
            subject: made.comment.id,
        })
    });
    let reply = created.await?;
    Ok(match left {
        Some(left) => left.told(reply),
        None => reply,
    })
}

/// Why a comment waits for what it says, where it does. A list of words in a file is read anew
/// where that has changed, apart from the threads for which others wait.
pub(super) async fn judge_text(
    site: &Arc<Site>,
    author_name: &str,
    body: &str,
) -> Result<Option<HeldBy>, Problem> {
    if site.holds.words.is_none() {
        return Ok(held_by_text(&site.holds, author_name, body));
    }
    let (site, author_name, body) = (Arc::clone(site), author_name.to_owned(), body.to_owned());
    let judge = move || held_by_text(&site.holds, &author_name, &body);
    actix_web::web::block(judge)
        .await
        .map_err(Problem::internal)
}

/// Forgets addresses whose time is over, more than a write adds and few enough not to be felt.
pub(super) fn forget_some_addresses(
    conn: &mut SqliteConnection,
    site: &Site,
    now: Instant,
) -> Result<(), Problem> {
    if let Some(kept_for) = site.addresses_kept_for {
        store::forget_addresses(conn, now.minus(kept_for), store::FORGOTTEN_AT_ONCE)?;
    }
    Ok(())
}

/// By whom a comment is written, and under which rules of the newsroom.
pub struct By<'a> {
    /// Who history says has written it.
    pub actor: Actor<'a>,
    /// How long after its publication an article takes comments, in microseconds.
    pub close_after: Option<i64>,
    /// What may hold it; nothing but the article's policy where it is the newsroom that writes.
    pub screened: Option<Screened<'a>>,
}

/// What a reader's comment is judged by, beside the article's policy.
pub struct Screened<'a> {
    /// The newsroom's rules.
    pub holds: &'a Holds,
    /// What they make of its words.
    pub held_by_text: Option<HeldBy>,
    /// From where it comes, as it is known.
    pub address: Option<String>,
}

impl Screened<'_> {
    /// Why a new comment waits, where it does: what can be read in it, then who wrote it, then
    /// with how many others it came.
    fn held_by(
        &self,
        conn: &mut SqliteConnection,
        article: &ArticleRow,
        input: &CommentInput,
        now: Instant,
    ) -> Result<Option<HeldBy>, Problem> {
        if self.held_by_text.is_some() {
            return Ok(self.held_by_text);
        }
        let author = Author {
            name: &input.author_name,
            email: input.author_email.as_deref(),
            address: self.address.as_deref(),
        };
        if self.holds.first_comment && !store::is_known_author(conn, &author, 0)? {
            return Ok(Some(HeldBy::FirstComment));
        }
        if let Some(most) = self.holds.flood {
            let since = now.minus(FLOOD_WINDOW * 1_000_000);
            if store::has_shown(conn, article.id, most, since)? {
                return Ok(Some(HeldBy::Flood));
            }
        }
        Ok(None)
    }
}

/// What an article's policy makes of a comment now.
pub(super) fn state_under_policy(
    article: &ArticleRow,
    close_after: Option<i64>,
    now: Instant,
) -> Result<State, Problem> {
    let policy = CommentsPolicy::from_word(&article.comments_policy).ok_or_else(|| {
        Problem::internal(format!(
            "an article has the policy {}",
            article.comments_policy
        ))
    })?;
    // What an editor has said of this article goes before the newsroom's rule.
    let ends = match article.comments_close_at.map(Instant::from_micros) {
        Some(at) => Ends::ByItself(at),
        None => match shown_published_at(article, now).zip(close_after) {
            Some((at, after)) => {
                Ends::ByRule(Instant::from_micros(at.as_micros().saturating_add(after)))
            }
            None => Ends::Never,
        },
    };
    initial_state(policy, ends, now)
}

/// What becomes of a comment that the article's policy lets into a state, and a rule of the
/// newsroom perhaps holds.
pub(super) fn screened_state(
    under_policy: State,
    held_by: Option<HeldBy>,
) -> (State, Option<HeldBy>) {
    match (under_policy, held_by) {
        (State::Pending, None) => (State::Pending, Some(HeldBy::Policy)),
        (_, Some(why)) => (State::Pending, Some(why)),
        (state, None) => (state, None),
    }
}

/// Adds a comment to an article, as its policy has it; the one way in.
///
/// # Errors
/// `comments_closed`, `thread_too_deep`, `duplicate_comment`, `validation_failed` for a parent that is
/// not shown on this article, or a database fault.
pub fn create(
    conn: &mut SqliteConnection,
    article: &ArticleRow,
    input: &CommentInput,
    html: &str,
    by: &By<'_>,
    entropy: &dyn Entropy,
    now: Instant,
) -> Result<CommentRow, Problem> {
    let under_policy = state_under_policy(article, by.close_after, now)?;
    let parent = match input.parent_id {
        Some(id) => Some(parent(conn, article, id, now)?),
        None => None,
    };
    let depth = match &parent {
        Some(parent) => depth_below(parent.depth)?,
        None => 0,
    };
    let since = now.minus(DUPLICATE_WINDOW * 1_000_000);
    let address = by
        .screened
        .as_ref()
        .and_then(|screened| screened.address.as_deref());
    if let Some(first) = store::select_duplicate(conn, article.id, input, address, since)? {
        return Err(Problem::plain(Code::DuplicateComment).with("comment_id", first));
    }
    let held_by = match &by.screened {
        Some(screened) => screened.held_by(conn, article, input, now)?,
        None => None,
    };
    let (state, held_by) = screened_state(under_policy, held_by);
    let creation = Creation {
        id: new_id(now, entropy),
        article: article.id,
        parent: parent.as_ref(),
        depth,
        state,
        held_by,
        actor: by.actor,
        is_by_site: by.screened.is_none(),
        address,
    };
    store::insert(conn, &creation, input, html, now)?;
    if state == State::Published {
        articles::store::add_to_comment_count(conn, article.id, 1)?;
    }
    // Its author sees a pending one.
    store::select(conn, creation.id, Sight::whole(now))?
        .ok_or_else(|| Problem::internal("a comment is gone as soon as it is there"))
}

/// The comment that a new one answers.
fn parent(
    conn: &mut SqliteConnection,
    article: &ArticleRow,
    id: Uuid,
    now: Instant,
) -> Result<CommentRow, Problem> {
    let found = store::select(conn, id, Sight::whole(now))?;
    let fits =
        |row: &CommentRow| row.article_id == article.id && row.state == State::Published.word();
    found.filter(fits).ok_or_else(|| {
        Problem::validation(vec![Fault {
            pointer: "/parent_id".to_owned(),
            code: FaultCode::UnknownValue,
            detail: "must be the id of a published comment on this article.".to_owned(),
        }])
    })
}
