//! The contract in code: a newsroom in memory, and what each caller is told of it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::article::{Article, Kept, Past, Removal, Rung};
use super::steps::{Act, Offset, Tag, Who, Words, scopes};
use super::wire::{self, instant};

/// Micro-seconds since the epoch.
pub type Micros = i64;
/// A refusal: its status, its code, and members that must be told.
pub type Refusal = (u16, &'static str, Value);

pub const SLUGS: [&str; 3] = ["a", "b", "c"];
pub const POLICIES: [&str; 3] = ["open", "moderated", "closed"];
pub const TITLES: [&str; 2] = ["One", "Two"];
pub const BODIES: [&str; 4] =
    ["", "First words.", "Other words here.", "First words.\n\nAnd more."];

pub fn may(who: Who, scope: &str) -> bool {
    scopes(who).contains(&scope)
}

/// Whether a caller reads what stands there.
pub fn reads(who: Who, rung: Rung) -> bool {
    match rung {
        Rung::Absent => false,
        Rung::Public => true,
        Rung::Restricted => may(who, "restricted:read"),
        Rung::Embargoed => may(who, "embargo:read"),
        _ => may(who, "drafts:read"),
    }
}

pub fn refusal(status: u16, code: &'static str) -> Refusal {
    (status, code, json!({}))
}

pub fn not_found() -> Refusal {
    refusal(404, "article_not_found")
}

/// The newsroom.
#[derive(Default)]
pub struct Newsroom {
    pub articles: Vec<Article>,
    /// Slugs that articles had before.
    pub former: Vec<(String, usize)>,
    /// Answers that are kept: by caller and key.
    pub kept: BTreeMap<(Who, u8), KeptAnswer>,
}

pub struct KeptAnswer {
    pub body: Value,
    pub answer: Vec<u8>,
    pub subject: usize,
    pub at: Micros,
}

/// What of an article's words an edit has changed, in the document's order.
fn changes(before: &Value, after: &Value) -> Vec<&'static str> {
    let members = [
        "title", "slug", "body", "external_id", "comments_policy", "access", "embargo_until",
        "expires_at",
    ];
    members.into_iter().filter(|name| before[*name] != after[*name]).collect()
}

impl Newsroom {
    /// Passes whoever has one of these scopes.
    pub fn lets_in(who: Who, any_of: &[&'static str]) -> Result<(), Refusal> {
        match who {
            Who::Nobody => Err(refusal(401, "unauthenticated")),
            _ if any_of.iter().any(|scope| may(who, scope)) => Ok(()),
            _ => Err((403, "insufficient_scope", json!({"required_scope": any_of[0]}))),
        }
    }

    /// What a GET answers this caller: section 3, from the top.
    pub fn look(&self, which: usize, who: Who, now: Micros) -> Result<&Article, Refusal> {
        let article = self.articles.get(which).ok_or_else(not_found)?;
        self.refuse_unread(article, who, now)?;
        Ok(article)
    }

    fn refuse_unread(&self, article: &Article, who: Who, now: Micros) -> Result<(), Refusal> {
        let rung = article.rung(now);
        if reads(who, rung) {
            return Ok(());
        }
        let told = |at: Option<Micros>| json!(at.map(instant));
        Err(match rung {
            Rung::Embargoed if who != Who::Nobody => {
                (403, "article_embargoed", json!({"embargo_until": told(article.embargo)}))
            }
            Rung::Absent | Rung::Unpublished | Rung::Embargoed | Rung::NeverSeen => not_found(),
            Rung::Blocked => (
                451,
                "blocked_for_legal_reasons",
                json!({"authority": "A court", "reference": null}),
            ),
            Rung::Withdrawn => {
                let at = article.removal.as_ref().and_then(|removal| removal.withdrawn_at);
                (
                    410,
                    "article_withdrawn",
                    json!({"withdrawn_at": told(at), "notice": null, "replaced_by": null}),
                )
            }
            Rung::Expired => (410, "article_expired", json!({"expired_at": told(article.end)})),
            Rung::Restricted | Rung::Public => (
                403,
                "article_restricted",
                json!({"required_scope": "restricted:read", "article": wire::teaser(article, now)}),
            ),
        })
    }

    /// A version that was kept: read by who reads the article, and would if it were as closed as then.
    pub fn look_back(
        &self,
        which: usize,
        version: i64,
        who: Who,
        now: Micros,
    ) -> Result<&Past, Refusal> {
        let article = &self.articles[which];
        let index = usize::try_from(version - 1).unwrap_or(usize::MAX);
        let absent = || (404, "revision_not_found", json!({"id": version.to_string()}));
        let past = article.past.get(index).ok_or_else(absent)?;
        let as_then =
            Article { restricted: past.restricted, embargo: past.embargo, ..article.clone() };
        self.refuse_unread(&as_then, who, now)?;
        Ok(past)
    }

    /// The article that has this slug now.
    pub fn owner(&self, slug: &str) -> Option<usize> {
        self.articles
            .iter()
            .position(|article| article.slug == slug && !article.trashed && !article.is_purged)
    }

    fn owner_of_external_id(&self, id: &str) -> Option<usize> {
        let has = |article: &Article| {
            article.external_id.as_deref() == Some(id) && !article.trashed && !article.is_purged
        };
        self.articles.iter().position(has)
    }

    fn taken(&self, code: &'static str, owner: usize, who: Who, now: Micros) -> Refusal {
        // Whose it is, is told to those who may know of that article.
        let known = !matches!(self.look(owner, who, now), Err((404, _, _)));
        (409, code, json!({"conflicting_id": known.then(|| self.articles[owner].id.clone())}))
    }

    /// Passes a tag of the present version, and none.
    pub fn check_tag(tag: Tag) -> Result<(), Refusal> {
        match tag {
            Tag::Stale => Err(refusal(412, "precondition_failed")),
            Tag::None | Tag::Present => Ok(()),
        }
    }

    /// Whether slug and external id are to be had for `but`.
    pub fn check_free(
        &self,
        slug: Option<&str>,
        external_id: Option<&str>,
        but: Option<usize>,
        who: Who,
        now: Micros,
    ) -> Result<(), Refusal> {
        if let Some(owner) =
            slug.and_then(|slug| self.owner(slug)).filter(|owner| Some(*owner) != but)
        {
            return Err(self.taken("slug_taken", owner, who, now));
        }
        if let Some(owner) = external_id
            .and_then(|id| self.owner_of_external_id(id))
            .filter(|owner| Some(*owner) != but)
        {
            return Err(self.taken("external_id_taken", owner, who, now));
        }
        Ok(())
    }

    fn free_slug(&self, title: &str) -> String {
        let base = title.to_lowercase();
        let mut candidates =
            std::iter::once(base.clone()).chain((2..).map(|n| format!("{base}-{n}")));
        let is_used = |slug: &String| {
            self.owner(slug).is_some() || self.former.iter().any(|(left, _)| left == slug)
        };
        candidates.find(|slug| !is_used(slug)).unwrap()
    }

    /// The article to which a slug leads that it had before.
    pub fn leads_to(&self, slug: &str, who: Who, now: Micros) -> Option<usize> {
        let left = self.former.iter().rev().filter(|(left, _)| left == slug);
        let known = |which: &usize| !matches!(self.look(*which, who, now), Err((404, _, _)));
        left.map(|(_, which)| *which).find(known)
    }

    /// For the article itself a slug is none that it had before.
    fn take_slug(&mut self, slug: &str, which: usize) {
        self.former.retain(|(left, owner)| (left.as_str(), *owner) != (slug, which));
    }

    /// Adds an article that `who` has made at `now`.
    pub fn create(
        &mut self,
        id: &str,
        who: Who,
        words: &Words,
        published: bool,
        asked: Micros,
        now: Micros,
    ) -> usize {
        let title = TITLES[usize::from(words.title)];
        let slug = words
            .slug
            .map_or_else(|| self.free_slug(title), |slug| SLUGS[usize::from(slug)].to_owned());
        let mut article = Article {
            id: id.to_owned(),
            slug,
            title,
            body: "",
            restricted: false,
            embargo: None,
            end: None,
            external_id: None,
            policy: POLICIES[0],
            kept: if published { Kept::Published } else { Kept::Draft },
            goes_public: published.then_some(now),
            published_at: published.then_some(now),
            seen: None,
            removal: None,
            trashed: false,
            is_purged: false,
            version: 1,
            created_at: now,
            updated_at: now,
            corrections: Vec::new(),
            notices: Vec::new(),
            remarks: Vec::new(),
            past: Vec::new(),
        };
        write_words(&mut article, words, false, asked);
        self.articles.push(article);
        let which = self.articles.len() - 1;
        self.record(which, who, json!({"event": "created"}), &[], now);
        which
    }

    /// What is left of `words` for an article that is there: PUT defaults, PATCH stays.
    pub fn edited(&self, which: usize, words: &Words, put: bool, asked: Micros) -> Article {
        let mut article = self.articles[which].clone();
        if put {
            article.body = "";
            article.restricted = false;
            article.embargo = None;
            article.end = None;
            article.policy = POLICIES[0];
        }
        write_words(&mut article, words, true, asked);
        article
    }

    /// Writes an article's words as they were worked out, as its next version.
    pub fn write(&mut self, which: usize, words: Article, who: Who, entry: Value, now: Micros) {
        self.articles[which].notice_readers(now);
        let before = wire::article(&self.articles[which], now);
        let old_slug = self.articles[which].slug.clone();
        self.articles[which] = Article { seen: self.articles[which].seen, ..words };
        let slug = self.articles[which].slug.clone();
        if slug != old_slug {
            self.take_slug(&slug, which);
            self.take_slug(&old_slug, which);
            self.former.push((old_slug, which));
        }
        let after = wire::article(&self.articles[which], now);
        self.next(which, who, entry, &changes(&before, &after), now);
    }

    /// Counts a write and notes it.
    pub fn next(&mut self, which: usize, who: Who, entry: Value, changes: &[&str], now: Micros) {
        self.articles[which].version += 1;
        self.articles[which].updated_at = now;
        self.record(which, who, entry, changes, now);
    }

    fn record(&mut self, which: usize, who: Who, entry: Value, changes: &[&str], now: Micros) {
        let article = wire::article(&self.articles[which], now);
        let entry = wire::entry(&article, who, &entry, changes);
        let (restricted, embargo) = (self.articles[which].restricted, self.articles[which].embargo);
        self.articles[which].past.push(Past { restricted, embargo, article, entry });
    }

    /// What an action is allowed from: the state machine.
    pub fn check_act(article: &Article, act: &str, now: Micros) -> Result<(), Refusal> {
        let state = article.state(now);
        let allowed: &[&str] = match state {
            "draft" => &["publish", "block"],
            "scheduled" => &["publish", "unpublish", "block"],
            "published" => &["unpublish", "withdraw", "block", "correct"],
            "withdrawn" => &["publish", "unpublish", "block", "correct"],
            "blocked" => &["unblock", "correct"],
            _ => &["restore"],
        };
        match allowed.contains(&act) {
            true => Ok(()),
            false => Err((409, "invalid_transition", json!({"state": state, "allowed": allowed}))),
        }
    }

    /// Does what an action does, at `now`.
    pub fn act(&mut self, which: usize, act: Act, at: Option<Micros>, who: Who, now: Micros) {
        let mut event = match act {
            Act::Publish => "published",
            Act::Unpublish => "unpublished",
            Act::Withdraw => "withdrawn",
            Act::Block => "blocked",
            Act::Unblock => "unblocked",
            Act::Restore => "restored",
        };
        let article = &mut self.articles[which];
        article.notice_readers(now);
        match act {
            Act::Publish => {
                let at = at.unwrap_or(now);
                article.removal = None;
                article.kept = Kept::Published;
                article.goes_public = Some(at);
                article.published_at =
                    article.published_at.filter(|since| *since <= now).or(Some(at));
                if at > now {
                    event = "scheduled";
                }
            }
            Act::Unpublish => {
                article.removal = None;
                article.kept = Kept::Draft;
                article.published_at = article.published_at.filter(|since| *since <= now);
                article.goes_public = article.goes_public.filter(|since| *since <= now);
            }
            Act::Withdraw | Act::Block => {
                let removal = article.removal.get_or_insert(Removal {
                    withdrawn_at: None,
                    blocked_at: None,
                    before: article.kept,
                    aside: article.goes_public,
                });
                if act == Act::Withdraw {
                    removal.withdrawn_at = Some(now);
                    article.kept = Kept::Withdrawn;
                } else {
                    removal.blocked_at = Some(now);
                    removal.before = article.kept;
                    article.kept = Kept::Blocked;
                }
                article.goes_public = article.seen;
            }
            Act::Unblock => {
                let removal = article.removal.clone().unwrap();
                article.kept = removal.before;
                if removal.before != Kept::Withdrawn {
                    // A schedule whose time came meanwhile comes true now.
                    let came = removal.aside > removal.blocked_at && removal.aside < Some(now);
                    article.goes_public = if came { Some(now) } else { removal.aside };
                    if came && article.published_at == removal.aside {
                        article.published_at = Some(now);
                    }
                    article.removal = None;
                }
            }
            Act::Restore => {
                article.trashed = false;
            }
        }
        let details = match (act, at) {
            (Act::Publish, Some(at)) => json!({"at": instant(at)}),
            (Act::Block, _) => json!({"authority": "A court"}),
            _ => json!({}),
        };
        let entry = json!({"event": event, "details": details});
        self.next(which, who, entry, &[], now);
    }

    pub fn trash(&mut self, which: usize, who: Who, now: Micros) {
        self.articles[which].notice_readers(now);
        self.articles[which].trashed = true;
        self.next(which, who, json!({"event": "trashed"}), &[], now);
    }

    pub fn purge(&mut self, which: usize) {
        self.articles[which].is_purged = true;
        self.former.retain(|(_, owner)| *owner != which);
        self.kept.retain(|_, kept| kept.subject != which);
    }

    /// What a list shows this caller, in its order.
    pub fn list(&self, who: Who, state: Option<&str>, now: Micros) -> Vec<Value> {
        let stands = |article: &&Article| {
            let rung = article.rung(now);
            let listed = reads(who, rung) || rung == Rung::Restricted;
            match state {
                _ if article.is_purged => false,
                Some("trashed") => article.trashed && may(who, "drafts:read"),
                None => listed,
                Some("expired") => {
                    listed
                        && article.kept == Kept::Published
                        && article.end.is_some_and(|end| end <= now)
                }
                Some(state) => listed && article.state(now) == state,
            }
        };
        let mut found: Vec<&Article> = self.articles.iter().filter(stands).collect();
        // Newest publication first, what was never published before that; of two, the later made.
        found.reverse();
        found.sort_by_key(|article| {
            let published = article.published_at.map(|at| at.max(article.embargo.unwrap_or(at)));
            std::cmp::Reverse(published.map_or((1, article.created_at), |at| (0, at)))
        });
        let entry = |article: &Article| {
            let mut untrashed = article.clone();
            untrashed.trashed = false;
            wire::list_item(article, reads(who, untrashed.rung(now)), now)
        };
        found.into_iter().map(entry).collect()
    }
}

fn write_words(article: &mut Article, words: &Words, is_there: bool, asked: Micros) {
    let instant = |offset: Option<Offset>| offset.map(|millis| asked + millis * 1_000);
    if words.with_title || !is_there {
        article.title = TITLES[usize::from(words.title)];
    }
    if let (Some(slug), true) = (words.slug, is_there) {
        article.slug = SLUGS[usize::from(slug)].to_owned();
    }
    if let Some(body) = words.body {
        article.body = BODIES[usize::from(body)];
    }
    if let Some(restricted) = words.restricted {
        article.restricted = restricted;
    }
    if let Some(embargo) = words.embargo {
        article.embargo = instant(embargo);
    }
    if let Some(end) = words.end {
        article.end = instant(end);
    }
    if let Some(id) = words.external_id {
        article.external_id = id.map(|id| format!("x{id}"));
    }
    if let Some(policy) = words.policy {
        article.policy = POLICIES[usize::from(policy)];
    }
}
