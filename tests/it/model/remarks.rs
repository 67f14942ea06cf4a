//! Readers' comments as the model has them, and what is done to them.

use std::collections::BTreeSet;
use std::sync::Arc;

use copydesk::app::Parts;
use copydesk::comments::policy::{Holds, Policy};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use super::article::Article;
use super::newsroom::{Micros, Newsroom, Refusal, may, refusal};
use super::steps::Who;
use super::wire::instant;

pub const SAYS: [&str; 3] = ["Fine.", "The casino wins.", "A third thing."];
pub const STATES: [&str; 5] = ["pending", "published", "rejected", "spam", "removed"];
pub const MAIL: &str = "sam@example.org";
const MINUTE: Micros = 60_000_000;
/// Reports that hold a comment, and comments of a minute past which more are held.
const REPORTS: usize = 2;
const FLOOD: usize = 3;

/// The newsroom's rules in these runs.
pub fn with_rules(parts: &mut Parts) {
    parts.comments = Arc::new(Policy {
        holds: Holds {
            words: Some(Arc::new(|text| text.contains("casino"))),
            flood: Some(3),
            reports: Some(2),
            ..Holds::default()
        },
        ..Policy::default()
    });
}

/// What a caller shows beside its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hand {
    Empty,
    Own,
    Wrong,
}

/// What is done to comments. `nth` counts those on an article; past the last it is one that never was.
#[derive(Clone, Debug)]
pub enum RemarkStep {
    Write { who: Who, which: usize, says: usize, to: Option<usize>, mail: bool },
    Edit { who: Who, which: usize, nth: usize, hand: Hand, says: usize },
    Decide { who: Who, which: usize, nth: usize, hand: Hand, state: usize },
    Moderate { who: Who, which: usize, nths: Vec<usize>, state: usize },
    Delete { who: Who, which: usize, nth: usize, hand: Hand },
    Report { who: Who, which: usize, nth: usize },
    Read { who: Who, which: usize, nth: usize, hand: Hand },
    History { who: Who, which: usize, nth: usize },
    Thread { who: Who, which: usize },
    Queue { who: Who, state: Option<usize> },
    Counts { who: Who },
    Export { who: Who },
    Erase { who: Who },
}

/// One of them.
pub fn remark(
    who: impl Strategy<Value = Who>,
    which: impl Strategy<Value = usize>,
) -> impl Strategy<Value = RemarkStep> {
    let writer = select(vec![Who::Nobody, Who::Nobody, Who::Stranger, Who::Reader, Who::Author]);
    let judge = select(vec![Who::Moderator, Who::Editor, Who::Admin, Who::Admin, Who::Nobody]);
    let hand = select(vec![Hand::Empty, Hand::Own, Hand::Own, Hand::Own, Hand::Wrong]);
    let nth = || prop_oneof![20 => 0..5_usize, 1 => Just(usize::MAX)];
    let common = (who, which, writer, judge, hand, (nth(), nth(), nth()));
    (0..36_u8, common, 0..SAYS.len(), 0..STATES.len(), proptest::option::weighted(0.5, 0..5_usize))
        .prop_map(
            |(kind, (who, which, writer, judge, hand, (nth, second, third)), says, state, to)| {
                match kind {
                    0..=10 => RemarkStep::Write { who: writer, which, says, to, mail: state > 2 },
                    11..=13 => RemarkStep::Edit { who: writer, which, nth, hand, says },
                    14 => RemarkStep::Edit { who: judge, which, nth, hand, says },
                    15..=18 => {
                        RemarkStep::Decide { who: judge, which, nth, hand: Hand::Empty, state }
                    }
                    19 => RemarkStep::Decide { who, which, nth, hand, state },
                    20..=21 => RemarkStep::Moderate {
                        who: judge,
                        which,
                        nths: vec![nth, second, third],
                        state,
                    },
                    22..=23 => RemarkStep::Delete { who: writer, which, nth, hand },
                    24 => RemarkStep::Delete { who: judge, which, nth, hand: Hand::Empty },
                    25..=27 => RemarkStep::Report { who, which, nth },
                    28..=29 => RemarkStep::Read { who, which, nth, hand },
                    30 => RemarkStep::History { who: judge, which, nth },
                    31..=32 => RemarkStep::Thread { who, which },
                    33 => RemarkStep::Queue { who: judge, state: to },
                    34 => RemarkStep::Counts { who },
                    _ if state == 0 => RemarkStep::Erase { who: judge },
                    _ => RemarkStep::Export { who: judge },
                }
            },
        )
}

/// A comment.
#[derive(Clone, Debug)]
pub struct Remark {
    pub id: String,
    pub token: String,
    pub body: &'static str,
    pub mail: bool,
    pub parent: Option<usize>,
    pub depth: usize,
    pub state: &'static str,
    pub held_by: Option<&'static str>,
    pub version: i64,
    pub created_at: Micros,
    pub deleted: bool,
    pub erased: bool,
    pub by_site: bool,
    /// Who has ever reported it, and how many since a moderator decided.
    pub reporters: BTreeSet<Who>,
    pub reports: usize,
    /// State, who did it, why it waits, and whether the text was changed, of each version.
    pub past: Vec<Value>,
}

/// As whom a comment is seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    Public,
    Author,
    Moderator,
}

pub fn moderates(who: Who) -> bool {
    may(who, "comments:moderate")
}

fn absent() -> Refusal {
    refusal(404, "comment_not_found")
}

/// Passes who has the scope, or shows a token.
pub fn lets_in(who: Who, hand: Hand) -> Result<(), Refusal> {
    match hand {
        Hand::Empty => Newsroom::lets_in(who, &["comments:moderate"]),
        _ => Ok(()),
    }
}

impl Remark {
    pub fn is_in_window(&self, now: Micros) -> bool {
        now - self.created_at < 15 * MINUTE
    }

    /// Becomes something else by a write.
    pub fn becomes(
        &mut self,
        state: &'static str,
        held_by: Option<&'static str>,
        who: Who,
        edited: bool,
    ) {
        self.version += 1;
        self.state = state;
        self.held_by = held_by;
        self.note(who, edited);
    }

    pub fn note(&mut self, who: Who, edited: bool) {
        let actor = match who {
            Who::Nobody => "anonymous".to_owned(),
            who => super::wire::actor(who),
        };
        let entry = json!({"version": self.version, "state": self.state, "actor": actor,
            "held_by": self.held_by, "edited": edited});
        self.past.insert(0, entry);
    }
}

/// What the article's policy and the newsroom's rules make of words.
pub fn judged(
    policy: &str,
    by_rule: Option<&'static str>,
) -> Result<(&'static str, Option<&'static str>), Refusal> {
    match (policy, by_rule) {
        ("closed", _) => {
            Err((403, "comments_closed", json!({"policy": "closed", "closed_at": null})))
        }
        (_, Some(why)) => Ok(("pending", Some(why))),
        ("moderated", None) => Ok(("pending", Some("policy"))),
        _ => Ok(("published", None)),
    }
}

pub fn held_by_words(says: &str) -> Option<&'static str> {
    says.contains("casino").then_some("words")
}

impl Article {
    pub fn published_remarks(&self) -> usize {
        self.remarks.iter().filter(|one| one.state == "published").count()
    }

    /// What a new comment's rules say: its words, and with how many others it comes.
    pub fn held_by(&self, says: &str, now: Micros) -> Option<&'static str> {
        let lately = self
            .remarks
            .iter()
            .filter(|one| one.state == "published" && one.created_at > now - MINUTE);
        held_by_words(says).or((lately.count() >= FLOOD).then_some("flood"))
    }

    pub fn said_before(
        &self,
        says: &str,
        mail: bool,
        to: Option<usize>,
        now: Micros,
    ) -> Option<&Remark> {
        let same = |one: &&Remark| {
            one.body == says
                && one.mail == mail
                && one.parent == to
                && !one.deleted
                && one.created_at > now - 10 * MINUTE
        };
        self.remarks.iter().find(same)
    }

    /// The comment, as a caller has it before it who reads the article.
    pub fn look_at(&self, nth: usize, who: Who, hand: Hand, now: Micros) -> Result<View, Refusal> {
        let one =
            self.remarks.get(nth).filter(|one| !one.deleted && !one.erased).ok_or_else(absent)?;
        let is_own = hand == Hand::Own;
        let waits = is_own && one.state == "pending";
        if one.state != "published" && !waits && !moderates(who) {
            return Err(absent());
        }
        if hand == Hand::Wrong {
            return Err((403, "edit_token_invalid", json!({"window_seconds": 900})));
        }
        if waits && !moderates(who) && !one.is_in_window(now) {
            return Err((403, "edit_window_closed", json!({"window_seconds": 900})));
        }
        Ok(match (moderates(who), is_own && one.is_in_window(now)) {
            (true, _) => View::Moderator,
            (false, true) => View::Author,
            (false, false) => View::Public,
        })
    }

    /// The same for a write.
    pub fn look_to_write(
        &self,
        nth: usize,
        who: Who,
        hand: Hand,
        now: Micros,
    ) -> Result<View, Refusal> {
        let view = self.look_at(nth, who, hand, now)?;
        let is_late = hand == Hand::Own && !self.remarks[nth].is_in_window(now);
        match is_late && view != View::Moderator {
            true => Err((403, "edit_window_closed", json!({"window_seconds": 900}))),
            false => Ok(view),
        }
    }

    fn answers(&self, nth: usize) -> Vec<usize> {
        (0..self.remarks.len()).filter(|one| self.remarks[*one].parent == Some(nth)).collect()
    }

    /// Whether it has a place in the thread: it is published, or something below it has one.
    fn has_place(&self, nth: usize) -> bool {
        self.remarks[nth].state == "published" || self.replies(nth) > 0
    }

    pub fn replies(&self, nth: usize) -> usize {
        self.answers(nth).into_iter().filter(|one| self.has_place(*one)).count()
    }

    /// The thread, each answer below what it answers.
    pub fn thread(&self, view: View) -> Vec<Value> {
        let mut out = Vec::new();
        for top in (0..self.remarks.len()).filter(|one| self.remarks[*one].parent.is_none()) {
            self.add_part(top, view, &mut out);
        }
        out
    }

    fn add_part(&self, nth: usize, view: View, out: &mut Vec<Value>) {
        if !self.has_place(nth) {
            return;
        }
        let mut shown = self.remark(nth, view);
        if self.remarks[nth].state != "published" {
            shown["state"] = json!("removed");
            for name in
                ["body", "author_name", "author_email", "held_by", "report_count", "body_html"]
            {
                shown[name] = Value::Null;
            }
        }
        out.push(shown);
        for answer in self.answers(nth) {
            self.add_part(answer, view, out);
        }
    }

    /// A comment on the wire, without when it was written last.
    pub fn remark(&self, nth: usize, view: View) -> Value {
        let one = &self.remarks[nth];
        let moderates = view == View::Moderator;
        let email = (one.mail && view != View::Public).then_some(MAIL);
        json!({
            "id": one.id, "article_id": self.id, "parent_id": one.parent.map(|parent| &self.remarks[parent].id),
            "depth": one.depth, "reply_count": self.replies(nth), "state": one.state, "reason": null,
            "held_by": one.held_by.filter(|_| moderates), "report_count": moderates.then_some(one.reports),
            "version": one.version, "author_name": "Sam", "author_email": email, "body": one.body,
            "body_html": format!("<p>{}</p>\n", one.body), "created_at": instant(one.created_at),
        })
    }

    /// Notes a report: whether it holds the comment.
    pub fn report(&mut self, nth: usize, who: Who) {
        let one = &mut self.remarks[nth];
        if !one.reporters.insert(who) {
            return;
        }
        one.reports += 1;
        if one.reports >= REPORTS && !one.by_site {
            one.becomes("pending", Some("reports"), who, false);
        }
    }
}
