//! Importing comments of other systems: a second run leaves unchanged ones alone, and applies what has changed at their
//! source.

use std::net::IpAddr;

use serde_json::json;

use super::ids::CommentId;
use super::input::CommentInput;
use super::model::{CommentRow, Creation, Decided};
use super::rules::{DEPTH_MAX, depth_below, held_by_moderator};
use super::store::{self, Content, ImportedRow};
use super::words::State;
use super::write;
use crate::articles;
use crate::articles::model::ArticleRow;
use crate::changes::words::ChangeType;
use crate::db::Conn;
use crate::db::secret::site_secret;
use crate::domain::ids::{Entropy, new_id};
use crate::domain::instant::Instant;
use crate::domain::markup::render_comment;
use crate::problem::{FaultCode, Problem};
use crate::web::address::digest_of;
use crate::web::caller::Actor;
use crate::web::input::read_body;

/// A comment as its source has it.
#[derive(Clone, Debug)]
pub struct ImportedComment {
    /// What its source knows it by, with the name of the source: imported again, it is the same comment.
    pub source_id: String,
    /// SHA-256 of its record.
    pub sha256: [u8; 32],
    /// The comment that it replies to, in any state, on the same article and above the deepest level
    /// (`rules::DEPTH_MAX`).
    pub parent: Option<CommentId>,
    /// Its state. Of one that is `removed` nothing else is stored but its place and its times.
    pub state: State,
    /// The name of its author, 1 to 80 code points; an empty one is that of nobody.
    pub author_name: String,
    /// The email address of its author, which only moderators see.
    pub author_email: Option<String>,
    /// The whole IP address that it came from: only a digest of it is stored. Not of a comment that is older than the
    /// newsroom keeps addresses.
    pub address: Option<IpAddr>,
    /// Its plain text, up to 5,000 code points.
    pub body: String,
    /// When it was written; an instant in the future counts as now.
    pub created_at: Instant,
    /// When it was last edited there.
    pub edited_at: Option<Instant>,
    /// The instant at which its source said so, in microseconds since 1970: an older one changes nothing.
    pub source_version: Option<i64>,
}

/// What became of a comment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is new here.
    Created,
    /// It has changed at its source since the last import, and is as there now.
    Updated,
    /// Nothing that is stored of it has changed.
    Unchanged,
    /// What was imported is newer: nothing was changed.
    Older,
    /// It has changed at its source, but its author or a moderator has changed it here: it was left alone.
    EditedHere,
    /// It has changed at its source, but was erased here: an import does not undo that.
    Gone,
}

/// The actor in the history.
const ACTOR: Actor<'static> = Actor::named("import");

/// What a comment becomes that its source has taken down.
const TAKEN_DOWN: [State; 3] = [State::Rejected, State::Removed, State::Spam];

/// The name under which a comment by nobody is checked.
const NAMELESS: &str = "-";

/// Where a reply to a comment of another system stands here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Below {
    /// Below that comment.
    It(CommentId),
    /// Below the comment that that one replies to: it is at the deepest level itself.
    Above(CommentId),
    /// At the top: that comment was not imported, or is on another article.
    Nobody,
}

/// Where a reply stands to the comment that was imported as `source_id`.
///
/// # Errors
/// A database fault.
pub fn below(conn: &mut Conn, article: &ArticleRow, source_id: &str) -> Result<Below, Problem> {
    let found = store::select_imported(conn, source_id)?;
    let Some(found) = found.filter(|found| found.article == article.id) else {
        return Ok(Below::Nobody);
    };
    if found.depth < DEPTH_MAX {
        return Ok(Below::It(found.id));
    }
    let above = store::select_parent(conn, found.id)?;
    Ok(above.map_or(Below::Nobody, Below::Above))
}

/// Imports one comment on an article, in a unit of the writer. A comment that is known stays on its article and below
/// its parent.
///
/// # Errors
/// `thread_too_deep`; `validation_failed` for a member that breaks a rule, or a parent that is not on this article;
/// or a database fault.
pub fn import(
    conn: &mut Conn,
    article: &ArticleRow,
    comment: &ImportedComment,
    entropy: &dyn Entropy,
    now: Instant,
) -> Result<Outcome, Problem> {
    match store::select_imported(conn, &comment.source_id)? {
        None => take_over(conn, article, comment, entropy, now),
        Some(known) if known.sha256 == comment.sha256 => {
            // What is older than this is older than what its source still says.
            let newer =
                comment.source_version.filter(|version| Some(*version) > known.source_version);
            if let Some(version) = newer {
                store::note_version(conn, &comment.source_id, version)?;
            }
            Ok(Outcome::Unchanged)
        }
        Some(known) if is_older(comment, &known) => Ok(Outcome::Older),
        Some(known) => renew(conn, known.id, comment, now),
    }
}

/// True if what was imported of a comment is newer. Of one instant, that which its source has taken down is: a deletion has
/// no time in some systems.
fn is_older(comment: &ImportedComment, known: &ImportedRow) -> bool {
    let brings_back = TAKEN_DOWN.contains(&known.state) && !TAKEN_DOWN.contains(&comment.state);
    match comment.source_version.zip(known.source_version) {
        Some((version, known)) => version < known || version == known && brings_back,
        None => false,
    }
}

/// The author and the text of a comment, which keep the rules.
#[derive(Debug, Default)]
struct Checked {
    author_name: String,
    author_email: Option<String>,
    body: String,
    body_html: String,
}

impl Checked {
    fn of(comment: &ImportedComment) -> Result<Self, Problem> {
        if comment.state == State::Removed {
            return Ok(Self::default());
        }
        let is_nameless = comment.author_name.is_empty();
        let name = if is_nameless { NAMELESS } else { comment.author_name.as_str() };
        let input: CommentInput = read_body(json!({
            "author_name": name,
            "author_email": comment.author_email,
            "body": comment.body,
        }))?;
        Ok(Self {
            author_name: if is_nameless { String::new() } else { input.author_name.into_string() },
            author_email: input.author_email.map(|email| email.into_string()),
            body_html: render_comment(&input.body),
            body: input.body.into_string(),
        })
    }

    fn content(&self) -> Content<'_> {
        Content {
            author_name: &self.author_name,
            author_email: self.author_email.as_deref(),
            body: &self.body,
            body_html: &self.body_html,
        }
    }
}

/// Adds a comment that is not known yet.
fn take_over(
    conn: &mut Conn,
    article: &ArticleRow,
    comment: &ImportedComment,
    entropy: &dyn Entropy,
    now: Instant,
) -> Result<Outcome, Problem> {
    let checked = Checked::of(comment)?;
    let created_at = comment.created_at.min(now);
    let updated_at = comment.edited_at.map_or(created_at, |at| at.min(now).max(created_at));
    let parent = match comment.parent {
        Some(id) => Some(parent(conn, article, id)?),
        None => None,
    };
    let depth = match &parent {
        Some(parent) => depth_below(parent.depth)?,
        None => 0,
    };
    let address = match comment.address.filter(|_| comment.state != State::Removed) {
        Some(address) => Some(digest_of(&site_secret(conn)?, address)),
        None => None,
    };
    let creation = Creation {
        id: new_id(created_at, entropy),
        article: article.id,
        article_public_id: &article.public_id,
        parent: parent.as_ref(),
        depth,
        state: comment.state,
        held_by: held_by_moderator(None, comment.state),
        actor: ACTOR,
        is_by_site: false,
        address: address.as_deref(),
    };
    let times = (created_at, updated_at);
    let row = store::insert_imported(conn, &creation, checked.content(), times, now)?;
    let version = (&comment.sha256[..], comment.source_version);
    store::upsert_imported(conn, &comment.source_id, row.id, version, now)?;
    if row.state == State::Published {
        articles::store::add_to_comment_count(conn, article.id, 1)?;
        write::tell(conn, &row, Some(ChangeType::CommentPublished), row.version, now)?;
    }
    Ok(Outcome::Created)
}

/// The comment that a new one replies to.
fn parent(conn: &mut Conn, article: &ArticleRow, id: CommentId) -> Result<CommentRow, Problem> {
    let found = store::select_row(conn, id)?;
    found.filter(|row| row.article_id == article.id).ok_or_else(|| {
        let detail = "must be a comment on this article.";
        Problem::fault("/parent_id", FaultCode::UnknownValue, detail)
    })
}

/// Applies what has changed at a comment's source since it was imported, unless anyone has changed it here.
fn renew(
    conn: &mut Conn,
    id: CommentId,
    comment: &ImportedComment,
    now: Instant,
) -> Result<Outcome, Problem> {
    let is_erased = store::is_erased(conn, id)?;
    if store::is_written_by_others(conn, id, ACTOR.name)? {
        return Ok(if is_erased { Outcome::Gone } else { Outcome::EditedHere });
    }
    let Some(row) = store::select_row(conn, id)? else {
        return Err(Problem::internal(
            "an imported comment is gone, and what it was made from is not",
        ));
    };
    let checked = Checked::of(comment)?;
    let is_changed = match comment.state {
        State::Removed if is_erased => false,
        State::Removed => {
            write::erase(conn, &row, ACTOR, now)?;
            true
        }
        _ => rewrite(conn, row, is_erased, comment.state, &checked, now)?,
    };
    let version = (&comment.sha256[..], comment.source_version);
    store::upsert_imported(conn, &comment.source_id, id, version, now)?;
    Ok(if is_changed { Outcome::Updated } else { Outcome::Unchanged })
}

/// Writes a known comment as its source has it. Returns whether anything was different.
fn rewrite(
    conn: &mut Conn,
    mut row: CommentRow,
    is_erased: bool,
    state: State,
    checked: &Checked,
    now: Instant,
) -> Result<bool, Problem> {
    let has_other_author =
        row.author_name != checked.author_name || row.author_email != checked.author_email;
    if has_other_author || is_erased {
        store::set_author(conn, row.id, checked.content())?;
        row.author_name.clone_from(&checked.author_name);
        row.author_email.clone_from(&checked.author_email);
    }
    let has_other_text = has_other_author || row.body != checked.body;
    if !has_other_text && !is_erased && row.state == state {
        return Ok(false);
    }
    let text = has_other_text.then_some((checked.body.as_str(), checked.body_html.as_str()));
    let decided = Decided {
        state,
        reason: row.state_reason.as_deref(),
        held_by: held_by_moderator(row.held_by, state),
        text,
        deleted_at: None,
        settles: false,
    };
    write::decide(conn, &row, &decided, ACTOR, now)?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn comment(state: State, author_name: &str, body: &str) -> ImportedComment {
        ImportedComment {
            source_id: "test 1".to_owned(),
            sha256: [0; 32],
            parent: None,
            state,
            author_name: author_name.to_owned(),
            author_email: Some("sam@site.example".to_owned()),
            address: None,
            body: body.to_owned(),
            created_at: Instant::from_micros(1),
            edited_at: None,
            source_version: None,
        }
    }

    #[test]
    fn texts_keep_the_rules_of_comments() {
        let checked = Checked::of(&comment(State::Published, "Sam", "A\r\nB")).unwrap();
        assert_eq!(
            (&*checked.author_name, &*checked.body, checked.author_email.as_deref()),
            ("Sam", "A\nB", Some("sam@site.example"))
        );
        assert!(checked.body_html.starts_with("<p>A"), "{}", checked.body_html);
        assert_eq!(Checked::of(&comment(State::Spam, "", "A")).unwrap().author_name, "");
        for (name, body) in [("Sam", ""), ("Sam", "\u{7}A"), (" ", "A"), ("S\nam", "A")] {
            let problem = Checked::of(&comment(State::Published, name, body)).unwrap_err();
            assert!(problem.member("errors").is_some(), "{name:?} {body:?}");
        }
        let long = "a".repeat(5_001);
        assert!(Checked::of(&comment(State::Pending, "Sam", &long)).is_err());
        assert!(Checked::of(&comment(State::Pending, "Sam", &long[1..])).is_ok());
    }

    #[test]
    fn nothing_is_kept_of_what_its_source_has_deleted() {
        let checked = Checked::of(&comment(State::Removed, "Sam", "Words")).unwrap();
        assert_eq!(checked.content(), Content::default());
    }
}
