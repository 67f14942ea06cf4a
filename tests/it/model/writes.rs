//! The steps that write.

use proptest::test_runner::TestCaseError;
use serde_json::{Value, json};

use super::article::{Article, Correction};
use super::newsroom::{
    BODIES, KeptAnswer, Micros, Newsroom, Refusal, SLUGS, TITLES, not_found, reads, refusal,
};
use super::run::{Run, Told, plain};
use super::same;
use super::steps::{Act, Tag, Who, Words};
use super::wire::{self, NOTICES, instant};
use crate::support::Answer;
use crate::support::make::{NOWHERE, text};

const DAY: Micros = 86_400_000_000;
const NOTE: &str = "What was wrong.";

impl Run {
    pub async fn create(
        &mut self,
        who: Who,
        words: Words,
        published: bool,
        once: Option<u8>,
        about: &str,
    ) -> Told {
        // What is sent again must say the same.
        let words = match once {
            Some(name) => Words { title: name, ..Words::default() },
            None => words,
        };
        let asked = self.now();
        let mut body = wire::words(&words, false, asked);
        if published {
            body["state"] = json!("published");
        }
        let headers: Vec<_> =
            once.iter().map(|name| ("Idempotency-Key", format!("once-{name}"))).collect();
        let answer = self.ask(who, "POST", "/v1/articles", &headers, Some(&body)).await;
        let slug = words.slug.map(|slug| SLUGS[usize::from(slug)]);
        let external_id = words.external_id.flatten().map(|id| format!("x{id}"));
        let expected = Newsroom::lets_in(who, &["articles:write"]).and_then(|()| {
            if published { Newsroom::lets_in(who, &["articles:publish"]) } else { Ok(()) }
        });
        let kept = once
            .and_then(|name| self.room.kept.get(&(who, name)))
            .filter(|kept| kept.at + DAY > asked);
        let expected = match (expected, kept) {
            (Ok(()), Some(kept)) if kept.body == body => {
                same!(answer.status, 201, "{about}: {}", answer.text());
                same!(answer.body.as_ref(), kept.answer.as_slice(), "{about}: byte for byte");
                same!(answer.find("idempotent-replayed"), Some("true"), "{about}");
                return Ok(());
            }
            (Ok(()), Some(_)) => Err(refusal(422, "idempotency_key_reused")),
            (Ok(()), None) => self.room.check_free(slug, external_id.as_deref(), None, who, asked),
            (refused, _) => refused,
        };
        if let Err(refusal) = expected {
            return Self::refused(&answer, &refusal, about);
        }
        same!(answer.status, 201, "{about}: {}", answer.text());
        same!(answer.find("idempotent-replayed"), None, "{about}");
        let shown = answer.json();
        let at = self.instant_of(&shown)?;
        let which = self.room.create(text(&shown["id"]), who, &words, published, asked, at);
        if let Some(name) = once {
            let kept = KeptAnswer { body, answer: answer.body.to_vec(), subject: which, at };
            self.room.kept.insert((who, name), kept);
        }
        self.shows(&answer, which, at, about)
    }

    /// Compares an answer with the article that it shows.
    pub fn shows(&self, answer: &Answer, which: usize, at: Micros, about: &str) -> Told {
        let article = &self.room.articles[which];
        same!(plain(answer.json()), wire::article(article, at), "{about}");
        let tag = answer.header("etag").trim_matches('"');
        same!(
            tag.split('-').next().map(str::to_owned),
            Some(article.version.to_string()),
            "{about}: {tag}"
        );
        Ok(())
    }

    pub async fn edit(
        &mut self,
        who: Who,
        which: usize,
        mut words: Words,
        put: bool,
        tag: Tag,
        about: &str,
    ) -> Told {
        words.with_title |= put;
        let asked = self.now();
        let (method, body) = (if put { "PUT" } else { "PATCH" }, wire::words(&words, true, asked));
        let answer =
            self.ask(who, method, &self.path(which), &self.tag(which, tag), Some(&body)).await;
        let slug = words.slug.map(|slug| SLUGS[usize::from(slug)]);
        let expected = Newsroom::lets_in(who, &["articles:write"]).and_then(|()| {
            self.room.look(which, who, asked)?;
            Newsroom::check_tag(tag)?;
            let edited = self.room.edited(which, &words, put, asked);
            self.room.check_free(slug, edited.external_id.as_deref(), Some(which), who, asked)?;
            Ok(edited)
        });
        match expected {
            Err(refusal) => Self::refused(&answer, &refusal, about),
            Ok(edited) => {
                self.written(&answer, which, edited, who, json!({"event": "edited"}), about)
            }
        }
    }

    /// Takes over what a write of words has made, and compares it.
    fn written(
        &mut self,
        answer: &Answer,
        which: usize,
        words: Article,
        who: Who,
        entry: Value,
        about: &str,
    ) -> Told {
        same!(answer.status, 200, "{about}: {}", answer.text());
        let at = self.instant_of(&answer.json())?;
        self.room.write(which, words, who, entry, at);
        self.shows(answer, which, at, about)
    }

    /// The article that an action reaches: `restore` reaches the trash of those who read it.
    fn reached(&self, which: usize, who: Who, trash: bool) -> Result<&Article, Refusal> {
        let in_trash = self
            .room
            .articles
            .get(which)
            .filter(|article| trash && article.trashed && !article.is_purged);
        let Some(article) = in_trash else {
            return self.room.look(which, who, self.now());
        };
        let mut there = article.clone();
        there.trashed = false;
        match reads(who, there.rung(self.now())) {
            true => Ok(article),
            false => Err(not_found()),
        }
    }

    pub async fn act(
        &mut self,
        who: Who,
        which: usize,
        act: Act,
        at: Option<i64>,
        tag: Tag,
        about: &str,
    ) -> Told {
        let asked = self.now();
        let at = at.filter(|_| act == Act::Publish).map(|millis| asked + millis * 1_000);
        let (word, scope) = match act {
            Act::Publish => ("publish", "articles:publish"),
            Act::Unpublish => ("unpublish", "articles:publish"),
            Act::Withdraw => ("withdraw", "articles:publish"),
            Act::Block => ("block", "articles:publish"),
            Act::Unblock => ("unblock", "articles:publish"),
            Act::Restore => ("restore", "articles:write"),
        };
        let body = match (act, at) {
            (Act::Block, _) => json!({"authority": "A court"}),
            (_, Some(at)) => json!({"at": instant(at)}),
            _ => json!({}),
        };
        let path = format!("{}/{word}", self.path(which));
        let answer = self.ask(who, "POST", &path, &self.tag(which, tag), Some(&body)).await;
        let expected = Newsroom::lets_in(who, &[scope]).and_then(|()| {
            let article = self.reached(which, who, act == Act::Restore)?;
            Newsroom::check_tag(tag)?;
            Newsroom::check_act(article, word, asked)?;
            if act == Act::Restore {
                let (slug, id) = (Some(article.slug.as_str()), article.external_id.as_deref());
                self.room.check_free(slug, id, Some(which), who, asked)?;
            }
            Ok(())
        });
        if let Err(refusal) = expected {
            return Self::refused(&answer, &refusal, about);
        }
        same!(answer.status, 200, "{about}: {}", answer.text());
        let written = self.instant_of(&answer.json())?;
        self.room.act(which, act, at, who, written);
        self.shows(&answer, which, written, about)
    }

    pub async fn delete(
        &mut self,
        who: Who,
        which: usize,
        purge: bool,
        tag: Tag,
        about: &str,
    ) -> Told {
        let path = format!("{}{}", self.path(which), if purge { "?purge=true" } else { "" });
        let answer = self.ask(who, "DELETE", &path, &self.tag(which, tag), None).await;
        let scope: &[&'static str] = if purge { &["articles:purge"] } else { &["articles:write"] };
        let either = Newsroom::lets_in(who, &["articles:write", "articles:purge"]);
        let expected = either
            .and_then(|()| Newsroom::lets_in(who, scope))
            .and_then(|()| self.reached(which, who, purge).and_then(|_| Newsroom::check_tag(tag)));
        if let Err(refusal) = expected {
            return Self::refused(&answer, &refusal, about);
        }
        same!(answer.status, 204, "{about}: {}", answer.text());
        if purge {
            self.room.purge(which);
        } else {
            let at = self.written_at(which, true).await?;
            self.room.trash(which, who, at);
        }
        Ok(())
    }

    pub async fn attach(
        &mut self,
        who: Who,
        which: usize,
        notice: usize,
        tag: Tag,
        on: bool,
        about: &str,
    ) -> Told {
        let path = format!("{}/disclaimers/{}", self.path(which), self.notices[notice]);
        let answer = self
            .ask(who, if on { "PUT" } else { "DELETE" }, &path, &self.tag(which, tag), None)
            .await;
        let now = self.now();
        let expected =
            Newsroom::lets_in(who, &["articles:write", "disclaimers:write"]).and_then(|()| {
                let article = self.room.look(which, who, now)?;
                let carries = article.notices.contains(&notice);
                if notice >= NOTICES.len() || (!on && !carries) {
                    return Err((404, "disclaimer_not_found", json!({"id": self.notices[notice]})));
                }
                Newsroom::check_tag(tag)?;
                Ok(carries)
            });
        let carries = match expected {
            Err(refusal) => return Self::refused(&answer, &refusal, about),
            Ok(carries) => carries,
        };
        same!(answer.status, 204, "{about}: {}", answer.text());
        if on && carries {
            return Ok(());
        }
        let at = self.written_at(which, false).await?;
        let carried = &mut self.room.articles[which].notices;
        carried.retain(|one| *one != notice);
        if on {
            carried.push(notice);
        }
        let entry = json!({"event": if on { "attached" } else { "detached" }, "disclaimer_id": self.notices[notice]});
        self.room.next(which, who, entry, &[], at);
        Ok(())
    }

    pub async fn correct(
        &mut self,
        who: Who,
        which: usize,
        text_of: Option<u8>,
        tag: Tag,
        about: &str,
    ) -> Told {
        let path = format!("{}/correct", self.path(which));
        let body = match text_of {
            Some(text) => json!({"note": NOTE, "body": BODIES[usize::from(text)]}),
            None => json!({"note": NOTE}),
        };
        let answer = self.ask(who, "POST", &path, &self.tag(which, tag), Some(&body)).await;
        let now = self.now();
        let expected = Newsroom::lets_in(who, &["articles:write"]).and_then(|()| {
            let article = self.room.look(which, who, now)?;
            Newsroom::check_tag(tag)?;
            Newsroom::check_act(article, "correct", now)
        });
        if let Err(refusal) = expected {
            return Self::refused(&answer, &refusal, about);
        }
        same!(answer.status, 200, "{about}: {}", answer.text());
        let shown = answer.json();
        let at = self.instant_of(&shown)?;
        let newest =
            shown["corrections"].as_array().and_then(|all| all.last()).cloned().unwrap_or_default();
        let id = newest["id"].as_str().unwrap_or_default().to_owned();
        let mut words = self.room.articles[which].clone();
        words.corrections.push(Correction {
            id: id.clone(),
            note: NOTE.to_owned(),
            corrected_at: at,
            withdrawn_at: None,
        });
        if let Some(text) = text_of {
            words.body = BODIES[usize::from(text)];
        }
        self.written(
            &answer,
            which,
            words,
            who,
            json!({"event": "corrected", "correction_id": id}),
            about,
        )
    }

    pub async fn withdraw_correction(
        &mut self,
        who: Who,
        which: usize,
        nth: usize,
        tag: Tag,
        about: &str,
    ) -> Told {
        let corrections = self
            .room
            .articles
            .get(which)
            .map(|article| article.corrections.clone())
            .unwrap_or_default();
        let id = corrections.get(nth).map_or(NOWHERE, |one| &one.id).to_owned();
        let path = format!("{}/corrections/{id}", self.path(which));
        let answer = self.ask(who, "DELETE", &path, &self.tag(which, tag), None).await;
        let now = self.now();
        let expected = Newsroom::lets_in(who, &["articles:write"]).and_then(|()| {
            self.room.look(which, who, now)?;
            match corrections.get(nth) {
                Some(one) if one.withdrawn_at.is_none() => Newsroom::check_tag(tag),
                _ => Err((404, "correction_not_found", json!({"id": id}))),
            }
        });
        if let Err(refusal) = expected {
            return Self::refused(&answer, &refusal, about);
        }
        same!(answer.status, 204, "{about}: {}", answer.text());
        let at = self.written_at(which, false).await?;
        self.room.articles[which].corrections[nth].withdrawn_at = Some(at);
        self.room.next(
            which,
            who,
            json!({"event": "correction_withdrawn", "correction_id": id}),
            &[],
            at,
        );
        Ok(())
    }

    pub async fn restore_revision(
        &mut self,
        who: Who,
        which: usize,
        version: i64,
        tag: Tag,
        about: &str,
    ) -> Told {
        let path = format!("{}/revisions/{version}/restore", self.path(which));
        let answer = self.ask(who, "POST", &path, &self.tag(which, tag), None).await;
        let now = self.now();
        let expected = Newsroom::lets_in(who, &["articles:write"]).and_then(|()| {
            let article = self.room.look(which, who, now)?;
            let past = self.room.look_back(which, version, who, now)?;
            Newsroom::check_tag(tag)?;
            let mut words = article.clone();
            let known = |list: &[&'static str], said: &Value| {
                list.iter().find(|one| *said == **one).copied()
            };
            words.title = known(&TITLES, &past.article["title"]).unwrap_or_default();
            words.body = known(&BODIES, &past.article["body"]).unwrap_or_default();
            // What was closed is closed again.
            words.restricted |= past.restricted;
            if past.embargo > Some(now) {
                words.embargo = words.embargo.max(past.embargo);
            }
            Ok(words)
        });
        match expected {
            Err(refusal) => Self::refused(&answer, &refusal, about),
            Ok(words) => {
                let entry = json!({"event": "restored", "restored_version": version});
                self.written(&answer, which, words, who, entry, about)
            }
        }
    }
}
