//! A consumer of the change feed: it reads on now and then, and has what is public each time it has read to the end.

use std::collections::{BTreeMap, BTreeSet};

use proptest::test_runner::TestCaseError;
use serde_json::Value;

use super::article::Rung;
use super::run::{Run, Told};
use super::same;
use super::steps::Who;
use crate::support::make::text;

/// What a consumer has.
#[derive(Debug, Default)]
pub struct Follower {
    cursor: Option<String>,
    /// The versions of articles.
    articles: BTreeMap<String, i64>,
    comments: BTreeSet<String>,
    disclaimers: BTreeSet<String>,
    last: Option<String>,
}

impl Follower {
    /// Applies one change: it must be one of what the consumer has. From a log that was compacted, an update may be
    /// the first that is heard of an article.
    fn apply(&mut self, change: &Value, is_compacted: bool) -> Told {
        let about = change.to_string();
        let id = |name: &str| change[name].as_str().unwrap_or_default().to_owned();
        let (article, comment) = (id("article_id"), id("comment_id"));
        match text(&change["type"]) {
            "article.published" => {
                let version = change["version"].as_i64().unwrap_or_default();
                let before = self.articles.insert(article, version);
                same!(before, None, "published again: {about}");
            }
            "article.updated" => {
                let version = change["version"].as_i64().unwrap_or_default();
                let before = self.articles.insert(article, version);
                same!(before.is_some() || is_compacted, true, "updated: {about}");
                same!(before < Some(version), true, "an older version: {about}");
            }
            "comment.published" => {
                same!(self.comments.insert(comment), true, "published again: {about}");
            }
            "comment.edited" => {
                let is_new = self.comments.insert(comment);
                same!(is_new && !is_compacted, false, "edited: {about}");
            }
            "comment.removed" => {
                let was_there = self.comments.remove(&comment);
                same!(was_there || is_compacted, true, "removed: {about}");
            }
            "disclaimer.created" => {
                same!(self.disclaimers.insert(id("disclaimer_id")), true, "created: {about}");
            }
            "disclaimer.updated" | "disclaimer.retired" => {}
            _ => {
                let was_there = self.articles.remove(&article).is_some();
                same!(was_there || is_compacted, true, "removed: {about}");
            }
        }
        // Each once.
        let id = Some(text(&change["id"]).to_owned());
        same!(id != self.last, true, "twice: {about}");
        self.last = id;
        Ok(())
    }
}

impl Run {
    /// Reads on to the end.
    async fn read_on(&mut self, follower: &mut Follower, is_compacted: bool) -> Told {
        loop {
            let after = follower.cursor.as_ref().map(|after| format!("&after={after}"));
            let path = format!(
                "/v1/changes?types=article,comment,disclaimer&limit=7{}",
                after.unwrap_or_default()
            );
            let answer = self.ask(Who::Nobody, "GET", &path, &[], None).await;
            same!(answer.status, 200, "{path}: {}", answer.text());
            let page = answer.json();
            for change in page["items"].as_array().into_iter().flatten() {
                follower.apply(change, is_compacted)?;
            }
            follower.cursor = Some(text(&page["next"]).to_owned());
            if page["has_more"] == false {
                return Ok(());
            }
        }
    }

    /// What the consumer has is what is public.
    fn agrees(&self, follower: &Follower, about: &str) -> Told {
        let now = self.now();
        let (mut articles, mut comments) = (BTreeMap::new(), BTreeSet::new());
        for article in &self.room.articles {
            let rung = article.rung(now);
            if matches!(rung, Rung::Public | Rung::Restricted) {
                articles.insert(article.id.clone(), article.version);
            }
            if rung == Rung::Public {
                let public = article.remarks.iter().filter(|one| one.state == "published");
                comments.extend(public.map(|one| one.id.clone()));
            }
        }
        same!(follower.articles, articles, "{about}: articles");
        same!(follower.comments, comments, "{about}: comments");
        same!(follower.disclaimers.len(), self.notices.len() - 1, "{about}: disclaimers");
        Ok(())
    }

    /// The consumer of this run reads on.
    pub async fn follow(&mut self, about: &str) -> Told {
        let mut follower = std::mem::take(&mut self.follower);
        self.read_on(&mut follower, false).await?;
        self.agrees(&follower, about)?;
        self.follower = follower;
        Ok(())
    }

    /// The consumer reads to the end; one that begins now has the same, also once old changes are gone.
    pub async fn follow_to_the_end(&mut self) -> Result<(), TestCaseError> {
        self.follow("at the end").await?;
        let mut second = Follower::default();
        self.read_on(&mut second, false).await?;
        self.agrees(&second, "from the start")?;
        self.app.compact().await;
        let mut third = Follower::default();
        self.read_on(&mut third, true).await?;
        self.agrees(&third, "from the start of what is kept")
    }
}
