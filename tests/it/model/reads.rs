//! The steps that read.

use proptest::test_runner::TestCaseError;
use serde_json::{Value, json};

use super::newsroom::{Newsroom, not_found};
use super::run::{Run, Told, plain};
use super::same;
use super::steps::Who;
use crate::support::make::text;

impl Run {
    pub async fn read(&mut self, who: Who, which: usize, by_slug: bool) -> Told {
        if let (true, Some(article)) = (by_slug, self.room.articles.get(which)) {
            return self.read_slug(who, article.slug.clone()).await;
        }
        let answer = self.ask(who, "GET", &self.path(which), &[], None).await;
        let about = format!("{who:?} reads {which}");
        let now = self.now();
        match self.room.look(which, who, now) {
            Err(refusal) => Self::refused(&answer, &refusal, &about),
            Ok(_) => {
                same!(answer.status, 200, "{about}: {}", answer.text());
                self.shows(&answer, which, now, &about)
            }
        }
    }

    /// Whoever has the slug answers; else who had it before leads on, after its own ladder.
    pub async fn read_slug(&mut self, who: Who, slug: String) -> Told {
        let answer = self.ask(who, "GET", &format!("/v1/articles/{slug}"), &[], None).await;
        let about = format!("{who:?} reads /{slug}");
        let now = self.now();
        let is_known =
            |which: &usize| !matches!(self.room.look(*which, who, now), Err((404, _, _)));
        let owner = self.room.owner(&slug).filter(is_known);
        let former = self.room.leads_to(&slug, who, now);
        let Some(which) = owner.or(former) else {
            let (status, code, _) = not_found();
            return Self::refused(&answer, &(status, code, json!({"id": slug})), &about);
        };
        match self.room.look(which, who, now) {
            Err(refusal) => Self::refused(&answer, &refusal, &about),
            Ok(_) if owner.is_some() => {
                same!(answer.status, 200, "{about}: {}", answer.text());
                self.shows(&answer, which, now, &about)
            }
            Ok(article) => {
                same!(answer.status, 308, "{about}: {}", answer.text());
                same!(
                    answer.header("location"),
                    format!("/v1/articles/{}", article.slug),
                    "{about}"
                );
                Ok(())
            }
        }
    }

    pub async fn history(&mut self, who: Who, which: usize, about: &str) -> Told {
        let path = format!("{}/history?limit=100", self.path(which));
        let answer = self.ask(who, "GET", &path, &[], None).await;
        let now = self.now();
        match Newsroom::lets_in(who, &["drafts:read"])
            .and_then(|()| self.room.look(which, who, now))
        {
            Err(refusal) => Self::refused(&answer, &refusal, about),
            Ok(article) => {
                same!(answer.status, 200, "{about}: {}", answer.text());
                let entries: Vec<Value> =
                    article.past.iter().rev().map(|past| past.entry.clone()).collect();
                let items = answer.json()["items"].as_array().cloned();
                let items = items.into_iter().flatten();
                let items: Vec<Value> =
                    items.map(|item| self.by_its_key(item)).collect::<Result<_, _>>()?;
                same!(items, entries, "{about}");
                Ok(())
            }
        }
    }

    pub async fn revision(
        &mut self,
        who: Who,
        which: usize,
        version: i64,
        against: Option<i64>,
        about: &str,
    ) -> Told {
        let query = against.map(|version| format!("?against={version}")).unwrap_or_default();
        let path = format!("{}/revisions/{version}{query}", self.path(which));
        let answer = self.ask(who, "GET", &path, &[], None).await;
        let now = self.now();
        let expected = Newsroom::lets_in(who, &["drafts:read"]).and_then(|()| {
            self.room.look(which, who, now)?;
            let past = self.room.look_back(which, version, who, now)?;
            let (mut whole, entry) = (past.article.clone(), &past.entry);
            for name in ["event", "actor", "reason", "changes", "at"] {
                whole[name] = entry[name].clone();
            }
            let other = match against {
                Some(against) => {
                    let other = self.room.look_back(which, against, who, now)?;
                    Some(other.article.clone())
                }
                None => None,
            };
            Ok((whole, other))
        });
        let (mut want, other) = match expected {
            Err(refusal) => return Self::refused(&answer, &refusal, about),
            Ok(expected) => expected,
        };
        same!(answer.status, 200, "{about}: {}", answer.text());
        let mut shown = self.by_its_key(plain(answer.json()))?;
        let difference = shown["difference"].take();
        want.as_object_mut().unwrap().shift_remove("comment_count");
        want.as_object_mut().unwrap().shift_remove("comments");
        want["difference"] = Value::Null;
        same!(shown, want, "{about}");
        let Some(other) = other else {
            same!(difference, Value::Null, "{about}");
            return Ok(());
        };
        let members = [
            "title", "slug", "external_id", "comments_policy", "access", "embargo_until",
            "expires_at", "state", "published_at", "disclaimers",
        ];
        let differ: Vec<&str> =
            members.into_iter().filter(|name| want[*name] != other[*name]).collect();
        let named = difference["changes"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|change| text(&change["member"]).to_owned());
        same!(named.collect::<Vec<_>>(), differ, "{about}");
        same!(difference["body"].is_string(), want["body"] != other["body"], "{about}");
        Ok(())
    }

    pub async fn list(&mut self, who: Who, state: Option<&'static str>) -> Told {
        let query = state.map(|state| format!("&state={state}")).unwrap_or_default();
        let answer = self
            .ask(who, "GET", &format!("/v1/articles?limit=100&count=true{query}"), &[], None)
            .await;
        let about = format!("{who:?} lists {state:?}");
        same!(answer.status, 200, "{about}: {}", answer.text());
        let want = self.room.list(who, state, self.now());
        let shown = plain(answer.json());
        same!(shown["items"], json!(want), "{about}");
        same!(shown["total"], json!(want.len()), "{about}");
        Ok(())
    }
}
