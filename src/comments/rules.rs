//! The rules for a comment's state: pure decisions, no IO.

use super::policy::{Holds, Names};
use super::words::{HeldBy, State};
use crate::articles::model::ArticleRow;
use crate::articles::rules::{CommentsEnd, comments_end};
use crate::articles::words::CommentsPolicy;
use crate::domain::instant::Instant;
use crate::domain::text::folded;
use crate::problem::{Code, Problem};

/// The state of a new comment under an article's policy, if the article's comments close as `ends`
/// says.
///
/// # Errors
/// `comments_closed` if the article takes no comments, or no longer.
pub fn initial_state(
    policy: CommentsPolicy,
    ends: CommentsEnd,
    now: Instant,
) -> Result<State, Problem> {
    let closed_at = ends.at().filter(|at| *at <= now);
    let told = |problem: Problem| {
        let closed_at = closed_at.map(|at| at.to_string());
        Err(problem.with("closed_at", closed_at).with("policy", policy.word()))
    };
    let refuse = |detail: String| told(Problem::new(Code::CommentsClosed, detail));
    match (policy, closed_at) {
        (CommentsPolicy::Closed, _) => told(Problem::plain(Code::CommentsClosed)),
        (_, Some(at)) => refuse(match ends {
            CommentsEnd::ByRule(_) => format!(
                "This article takes no comments any more: by the newsroom's rule they closed at {at}. An editor can set its `comments_close_at` to later."
            ),
            _ => format!(
                "This article takes no comments any more: they closed at {at}, its `comments_close_at`. An editor can change that."
            ),
        }),
        (CommentsPolicy::Open, None) => Ok(State::Published),
        (CommentsPolicy::Moderated, None) => Ok(State::Pending),
    }
}

/// The reason why a comment waits because of its text, if it does.
#[must_use]
pub fn held_by_text(holds: &Holds, author_name: &str, body: &str) -> Option<HeldBy> {
    // The separator keeps the end of one from being read with the start of the other.
    let names = |names: &Names| names(&format!("{author_name}\n.\n{body}"));
    if holds.words.as_ref().is_some_and(names) {
        return Some(HeldBy::Words);
    }
    let too_many = holds.links.is_some_and(|most| count_links(body) > most);
    too_many.then_some(HeldBy::Links)
}

/// Number of web addresses in a text, including those that only some front ends would turn into
/// links.
fn count_links(text: &str) -> usize {
    let text = folded(text);
    let bare = text.match_indices("www.").filter(|(at, _)| {
        let before = text[..*at].chars().next_back();
        before.is_none_or(|c| c != '/' && !c.is_alphanumeric())
    });
    text.matches("http://").count() + text.matches("https://").count() + bare.count()
}

/// Time within which the same words by the same author on the same article count as a double
/// click, in seconds.
pub const DUPLICATE_WINDOW: i64 = 10 * 60;
/// Time within which comments are counted as a flood, in seconds.
pub const FLOOD_WINDOW: i64 = 60;

/// Edit window: time during which a comment's author may read, edit and delete it with its token,
/// in seconds.
pub const EDIT_WINDOW: i64 = 15 * 60;
/// Deepest level of a comment in a thread; the top level is 0. A screen has no room for more, and
/// a reply to the tenth level says whom it answers.
pub const DEPTH_MAX: i64 = 10;

/// Checks that a comment of `created_at` may still be edited.
///
/// # Errors
/// `edit_window_closed`.
pub fn check_window(created_at: Instant, now: Instant) -> Result<(), Problem> {
    if is_in_window(created_at, now) {
        return Ok(());
    }
    Err(Problem::plain(Code::EditWindowClosed).with("window_seconds", EDIT_WINDOW))
}

/// True if a comment of `created_at` may still be edited.
#[must_use]
pub fn is_in_window(created_at: Instant, now: Instant) -> bool {
    now.as_micros() - created_at.as_micros() < EDIT_WINDOW * 1_000_000
}

/// The depth of a reply to a comment at `depth`.
///
/// # Errors
/// `thread_too_deep` past the deepest level.
pub fn depth_below(depth: i64) -> Result<i64, Problem> {
    if depth < DEPTH_MAX {
        return Ok(depth + 1);
    }
    Err(Problem::plain(Code::ThreadTooDeep).with("max_depth", DEPTH_MAX))
}

/// The change in the number of public comments that a change of state makes.
#[must_use]
pub fn count_difference(before: State, after: State) -> i64 {
    let shown = |state: State| i64::from(state == State::Published);
    shown(after) - shown(before)
}

/// The state that an article's policy gives to a comment now; `close_after` is the newsroom's
/// rule, in microseconds.
///
/// # Errors
/// `comments_closed`.
pub fn state_under_policy(
    article: &ArticleRow,
    close_after: Option<i64>,
    now: Instant,
) -> Result<State, Problem> {
    let ends = comments_end(article, close_after, now);
    initial_state(article.comments_policy, ends, now)
}

/// The state of a comment after the newsroom's rules, which may hold what the article's policy
/// lets through.
#[must_use]
pub fn screened_state(under_policy: State, held_by: Option<HeldBy>) -> (State, Option<HeldBy>) {
    match (under_policy, held_by) {
        (State::Pending, None) => (State::Pending, Some(HeldBy::Policy)),
        (_, Some(why)) => (State::Pending, Some(why)),
        (state, None) => (state, None),
    }
}

/// The reason why a comment waits after a moderator has set its state, if it does: the reason for
/// which it waited before, or the moderator.
#[must_use]
pub fn held_by_moderator(before: Option<HeldBy>, state: State) -> Option<HeldBy> {
    (state == State::Pending).then_some(before.unwrap_or(HeldBy::Moderator))
}

/// A change of a comment, reduced to the facts that decide its state.
#[derive(Clone, Copy, Debug)]
pub struct Edit {
    /// True if a moderator makes it.
    pub by_moderator: bool,
    /// The requested state.
    pub wanted: State,
    /// The reason why the comment waited before.
    pub held_before: Option<HeldBy>,
    /// The state that the article's policy gives to a new text; `None` if the text stays.
    pub under_policy: Option<State>,
    /// The reason why the new text itself is held.
    pub held_by_text: Option<HeldBy>,
    /// The reason why it is held, for its text or for its author.
    pub held_by: Option<HeldBy>,
}

/// The state of a comment after a change. A changed text is treated like a new comment; as the
/// reason for waiting, the new text comes first, then the reason before.
#[must_use]
pub fn after_edit(edit: Edit) -> (State, Option<HeldBy>) {
    let (state, held_by) = match edit.under_policy.map(|to| screened_state(to, edit.held_by)) {
        _ if edit.by_moderator => (edit.wanted, held_by_moderator(edit.held_before, edit.wanted)),
        Some((State::Pending, why)) => {
            (State::Pending, edit.held_by_text.or(edit.held_before).or(why))
        }
        _ => (edit.wanted, edit.held_before),
    };
    (state, held_by.filter(|_| state == State::Pending))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policy_and_clock_decide() {
        let (now, later) =
            (Instant::from_micros(10), CommentsEnd::ByRule(Instant::from_micros(11)));
        for (policy, want) in
            [(CommentsPolicy::Open, State::Published), (CommentsPolicy::Moderated, State::Pending)]
        {
            assert_eq!(initial_state(policy, CommentsEnd::Never, now).unwrap(), want);
            assert_eq!(initial_state(policy, later, now).unwrap(), want);
            let closed = initial_state(policy, CommentsEnd::ByItself(now), now).unwrap_err();
            assert_eq!(closed.member("closed_at"), Some(&now.to_string().into()));
        }
        let closed = initial_state(CommentsPolicy::Closed, CommentsEnd::Never, now).unwrap_err();
        assert_eq!(closed.member("closed_at"), Some(&serde_json::Value::Null));
        assert_eq!(closed.member("policy"), Some(&"closed".into()));
    }

    #[test]
    fn a_window_closes_at_its_microsecond() {
        let (made, end) = (Instant::from_micros(5), 5 + EDIT_WINDOW * 1_000_000);
        assert!(check_window(made, Instant::from_micros(end - 1)).is_ok());
        let late = check_window(made, Instant::from_micros(end)).unwrap_err();
        assert_eq!(late.code(), Code::EditWindowClosed);
        assert_eq!(depth_below(0).unwrap(), 1);
        assert_eq!(depth_below(9).unwrap(), 10);
        assert_eq!(depth_below(10).unwrap_err().code(), Code::ThreadTooDeep);
    }

    #[test]
    fn a_text_is_held_for_its_words_first() {
        let holds = Holds {
            links: Some(1),
            words: Some(std::sync::Arc::new(|text| text.contains("casino"))),
            ..Holds::default()
        };
        let held = |name: &str, body: &str| held_by_text(&holds, name, body);
        assert_eq!(held("Sam", "https://a.example"), None);
        assert_eq!(held("Sam", "<a href <a href www http:/ awww. https"), None);
        for two in [
            "HTTPS://a.example (https://b.example)",
            "https://a,https://b",
            "[t](https://a) x:http://b",
            "\u{200b}https://a \u{200b}https://b",
            "www.a.example, WWW.b.example",
        ] {
            assert_eq!(held("Sam", two), Some(HeldBy::Links), "{two}");
        }
        assert_eq!(held("Sam", "https://www.a.example"), None, "that is one");
        let two = "https://a.example https://b.example";
        assert_eq!(held("Sam", two), Some(HeldBy::Links));
        assert_eq!(held("Sam", &format!("casino {two}")), Some(HeldBy::Words));
        assert_eq!(held("casino", "Hello"), Some(HeldBy::Words));
        let none = Holds::default();
        assert_eq!(held_by_text(&none, "casino", &two.repeat(9)), None);
    }

    #[test]
    fn only_published_comments_count() {
        let all = || State::WORDS.iter().filter_map(|word| State::from_word(word));
        for before in all() {
            for after in all() {
                let shown = |state| i64::from(state == State::Published);
                let want = shown(after) - shown(before);
                assert_eq!(count_difference(before, after), want, "{before:?} -> {after:?}");
            }
        }
    }

    #[test]
    fn a_change_decides_as_a_new_comment_would() {
        let edit = Edit {
            by_moderator: false,
            wanted: State::Published,
            held_before: None,
            under_policy: None,
            held_by_text: None,
            held_by: None,
        };
        let (published, pending) = (State::Published, State::Pending);
        let by = |why| Some(why);
        for (what, edit, want) in [
            ("the text stays", edit, (published, None)),
            ("a good text", Edit { under_policy: Some(published), ..edit }, (published, None)),
            (
                "a moderated article",
                Edit { under_policy: Some(pending), ..edit },
                (pending, by(HeldBy::Policy)),
            ),
            (
                "two links",
                Edit {
                    under_policy: Some(published),
                    held_by_text: by(HeldBy::Links),
                    held_by: by(HeldBy::Links),
                    ..edit
                },
                (pending, by(HeldBy::Links)),
            ),
            (
                "it waited before",
                Edit {
                    wanted: pending,
                    held_before: by(HeldBy::Flood),
                    under_policy: Some(pending),
                    ..edit
                },
                (pending, by(HeldBy::Flood)),
            ),
            (
                "a moderator publishes",
                Edit { by_moderator: true, held_before: by(HeldBy::Links), ..edit },
                (published, None),
            ),
            (
                "a moderator holds",
                Edit { by_moderator: true, wanted: pending, ..edit },
                (pending, by(HeldBy::Moderator)),
            ),
            (
                "a moderator leaves it",
                Edit {
                    by_moderator: true,
                    wanted: pending,
                    held_before: by(HeldBy::Words),
                    ..edit
                },
                (pending, by(HeldBy::Words)),
            ),
        ] {
            assert_eq!(after_edit(edit), want, "{what}");
        }
    }
}
