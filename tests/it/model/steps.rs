//! What the model's callers do: steps, and how they are made up.

use proptest::prelude::*;
use proptest::sample::select;

use super::remarks::{RemarkStep, remark};

/// Who asks. Each has a key with the scopes of a preset, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Who {
    Nobody,
    Stranger,
    Reader,
    Author,
    Editor,
    Moderator,
    Legal,
    Admin,
}

pub const CALLERS: [Who; 8] = [
    Who::Nobody,
    Who::Stranger,
    Who::Reader,
    Who::Author,
    Who::Editor,
    Who::Moderator,
    Who::Legal,
    Who::Admin,
];

/// The scopes of a caller, as the contract's section 3 lists them.
pub fn scopes(who: Who) -> Vec<&'static str> {
    const READER: [&str; 2] = ["restricted:read", "embargo:read"];
    const AUTHOR: [&str; 4] =
        ["articles:write", "drafts:read", "restricted:read", "comments:write"];
    match who {
        Who::Nobody | Who::Stranger => Vec::new(),
        Who::Reader => READER.to_vec(),
        Who::Author => AUTHOR.to_vec(),
        Who::Editor => {
            [&AUTHOR[..], &["articles:publish", "embargo:read", "comments:moderate"]].concat()
        }
        Who::Moderator => vec!["comments:moderate", "comments:write", "restricted:read"],
        Who::Legal => vec![
            "disclaimers:write", "articles:publish", "drafts:read", "embargo:read",
            "restricted:read",
        ],
        Who::Admin => [
            &AUTHOR[..],
            &[
                "articles:publish", "embargo:read", "comments:moderate", "disclaimers:write",
                "articles:purge", "keys:manage",
            ],
        ]
        .concat(),
    }
}

/// An instant, in milliseconds from now.
pub type Offset = i64;

/// What a body says of an article; `None` leaves a member out, `Some(None)` says null.
#[derive(Clone, Debug, Default)]
pub struct Words {
    pub title: u8,
    pub with_title: bool,
    pub slug: Option<u8>,
    pub body: Option<u8>,
    pub restricted: Option<bool>,
    pub embargo: Option<Option<Offset>>,
    pub end: Option<Option<Offset>>,
    pub external_id: Option<Option<u8>>,
    pub policy: Option<u8>,
}

/// Which version `If-Match` names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tag {
    None,
    Present,
    Stale,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    Publish,
    Unpublish,
    Withdraw,
    Block,
    Unblock,
    Restore,
}

/// One thing that a caller does to an article, or asks for. `which` counts the articles made
/// so far; past the last it is one that never was.
#[derive(Clone, Debug)]
pub enum Step {
    Wait(Offset),
    Create {
        who: Who,
        words: Words,
        published: bool,
        once: Option<u8>,
    },
    Edit {
        who: Who,
        which: usize,
        words: Words,
        put: bool,
        tag: Tag,
    },
    Act {
        who: Who,
        which: usize,
        act: Act,
        at: Option<Offset>,
        tag: Tag,
    },
    Delete {
        who: Who,
        which: usize,
        purge: bool,
        tag: Tag,
    },
    Attach {
        who: Who,
        which: usize,
        notice: usize,
        tag: Tag,
    },
    Detach {
        who: Who,
        which: usize,
        notice: usize,
        tag: Tag,
    },
    Correct {
        who: Who,
        which: usize,
        body: Option<u8>,
        tag: Tag,
    },
    WithdrawCorrection {
        who: Who,
        which: usize,
        nth: usize,
        tag: Tag,
    },
    RestoreRevision {
        who: Who,
        which: usize,
        version: i64,
        tag: Tag,
    },
    Remark(RemarkStep),
    Read {
        who: Who,
        which: usize,
        by_slug: bool,
    },
    ReadSlug {
        who: Who,
        slug: u8,
    },
    History {
        who: Who,
        which: usize,
    },
    Revision {
        who: Who,
        which: usize,
        version: i64,
        against: Option<i64>,
    },
    List {
        who: Who,
        state: Option<&'static str>,
    },
    /// A consumer of the change feed reads on.
    Follow,
}

pub const STATES: [&str; 7] =
    ["draft", "scheduled", "published", "withdrawn", "blocked", "trashed", "expired"];

fn who() -> impl Strategy<Value = Who> {
    // Whoever may write gets further.
    prop_oneof![
        3 => select(CALLERS.to_vec()),
        3 => select(vec![Who::Author, Who::Editor, Who::Legal]),
        6 => Just(Who::Admin),
    ]
}

fn which() -> impl Strategy<Value = usize> {
    prop_oneof![12 => 0..2_usize, 3 => 2..4_usize, 1 => Just(usize::MAX)]
}

fn tag() -> impl Strategy<Value = Tag> {
    prop_oneof![8 => Just(Tag::None), 3 => Just(Tag::Present), 1 => Just(Tag::Stale)]
}

fn offset() -> impl Strategy<Value = Offset> {
    select(vec![-3_600_000, -1_000, 1_000, 60_000, 3_600_000, 90_000_000])
}

fn words() -> impl Strategy<Value = Words> {
    let instant = || proptest::option::weighted(0.2, proptest::option::weighted(0.7, offset()));
    let maybe = |range: std::ops::Range<u8>| proptest::option::weighted(0.3, range);
    (
        (0..2_u8, any::<bool>(), maybe(0..3), maybe(0..4)),
        proptest::option::weighted(0.15, any::<bool>()),
        (instant(), instant()),
        proptest::option::weighted(0.2, proptest::option::weighted(0.8, 0..2_u8)),
        proptest::option::weighted(0.25, 0..3_u8),
    )
        .prop_map(
            |((title, with_title, slug, body), restricted, (embargo, end), external_id, policy)| {
                Words {
                    title,
                    with_title,
                    slug,
                    body,
                    restricted,
                    embargo,
                    end,
                    external_id,
                    policy,
                }
            },
        )
}

/// The article on which readers talk: written to as often as others, and public at first.
const TALK: usize = 2;

/// Two articles, one to talk about, and then what comes.
pub fn sequence(most: usize) -> impl Strategy<Value = Vec<Step>> {
    let first = || {
        (words(), prop::bool::weighted(0.7)).prop_map(|(words, published)| Step::Create {
            who: Who::Admin,
            words: Words { slug: None, external_id: None, ..words },
            published,
            once: None,
        })
    };
    let talk = proptest::option::weighted(0.3, 0..3_u8).prop_map(|policy| Step::Create {
        who: Who::Admin,
        words: Words { policy, ..Words::default() },
        published: true,
        once: None,
    });
    let rest = proptest::collection::vec(turn(), 1..most);
    (first(), first(), talk, rest).prop_map(|(one, two, talk, rest)| {
        let mut all = vec![one, two, talk];
        all.extend(rest.into_iter().flatten());
        all
    })
}

/// A step, or a few that mean something only one after another.
fn turn() -> impl Strategy<Value = Vec<Step>> {
    let wait = || select(vec![1_000, 3_600_000, 90_000_000]).prop_map(Step::Wait);
    let who = Who::Admin;
    let act = move |which, act, at| Step::Act { who, which, act, at, tag: Tag::None };
    let scheduled_in_a_block = (which(), wait()).prop_map(move |(which, wait)| {
        let later = act(which, Act::Publish, Some(60_000));
        vec![later, act(which, Act::Block, None), wait, act(which, Act::Unblock, None)]
    });
    let sent_again = (0..2_u8, wait(), any::<bool>()).prop_map(move |(name, wait, published)| {
        let words = Words::default();
        let send = Step::Create { who, words, published, once: Some(name) };
        vec![send.clone(), wait, send]
    });
    let there_and_back = (which(), wait()).prop_map(move |(which, wait)| {
        let delete = Step::Delete { who, which, purge: false, tag: Tag::None };
        vec![delete, wait, act(which, Act::Restore, None)]
    });
    let corrected_wrongly = which().prop_map(move |which| {
        let correct = Step::Correct { who, which, body: Some(2), tag: Tag::None };
        let withdraw = Step::WithdrawCorrection { who, which, nth: 0, tag: Tag::None };
        vec![correct, withdraw]
    });
    let conversation =
        proptest::collection::vec(remark(self::who(), Just(TALK)).prop_map(Step::Remark), 2..8);
    prop_oneof![
        20 => step().prop_map(|step| vec![step]),
        1 => scheduled_in_a_block,
        1 => sent_again,
        1 => there_and_back,
        1 => corrected_wrongly,
        6 => conversation,
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let act = select(vec![
        Act::Publish,
        Act::Publish,
        Act::Unpublish,
        Act::Withdraw,
        Act::Block,
        Act::Unblock,
        Act::Restore,
        Act::Restore,
    ]);
    let later = proptest::option::weighted(0.4, select(vec![1_000, 60_000, 3_600_000]));
    let version = || 1..7_i64;
    prop_oneof![
        4 => select(vec![1, 1_000, 60_000, 3_600_000, 90_000_000]).prop_map(Step::Wait),
        4 => (who(), words(), prop::bool::weighted(0.6), proptest::option::weighted(0.3, 0..2_u8))
            .prop_map(|(who, words, published, once)| Step::Create { who, words, published, once }),
        6 => (who(), which(), words(), any::<bool>(), tag())
            .prop_map(|(who, which, words, put, tag)| Step::Edit { who, which, words, put, tag }),
        10 => (who(), which(), act, later, tag())
            .prop_map(|(who, which, act, at, tag)| Step::Act { who, which, act, at, tag }),
        3 => (who(), which(), prop::bool::weighted(0.1), tag())
            .prop_map(|(who, which, purge, tag)| Step::Delete { who, which, purge, tag }),
        2 => (who(), which(), 0..3_usize, tag()).prop_map(|(who, which, notice, tag)| Step::Attach { who, which, notice, tag }),
        2 => (who(), which(), 0..3_usize, tag()).prop_map(|(who, which, notice, tag)| Step::Detach { who, which, notice, tag }),
        3 => (who(), which(), proptest::option::of(0..4_u8), tag())
            .prop_map(|(who, which, body, tag)| Step::Correct { who, which, body, tag }),
        1 => (who(), which(), 0..3_usize, tag())
            .prop_map(|(who, which, nth, tag)| Step::WithdrawCorrection { who, which, nth, tag }),
        3 => (who(), which(), version(), tag())
            .prop_map(|(who, which, version, tag)| Step::RestoreRevision { who, which, version, tag }),
        4 => remark(who(), which()).prop_map(Step::Remark),
        4 => (who(), which(), any::<bool>()).prop_map(|(who, which, by_slug)| Step::Read { who, which, by_slug }),
        2 => (who(), 0..3_u8).prop_map(|(who, slug)| Step::ReadSlug { who, slug }),
        2 => (who(), which()).prop_map(|(who, which)| Step::History { who, which }),
        3 => (who(), which(), version(), proptest::option::of(version()))
            .prop_map(|(who, which, version, against)| Step::Revision { who, which, version, against }),
        3 => Just(Step::Follow),
        4 => (who(), proptest::option::weighted(0.6, select(STATES.to_vec())))
            .prop_map(|(who, state)| Step::List { who, state }),
    ]
}
