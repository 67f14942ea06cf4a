//! The steps of readers and their moderators.

use proptest::test_runner::TestCaseError;
use serde_json::{Value, json};

use super::newsroom::{Newsroom, Refusal, may, reads, refusal};
use super::remarks::{
    Hand, MAIL, Remark, RemarkStep, SAYS, STATES, View, held_by_words, judged, lets_in, moderates,
};
use super::run::{Run, Told};
use super::same;
use super::steps::Who;
use crate::support::Answer;
use crate::support::make::{NOWHERE, text};

/// A comment as it is compared: when it was last written apart.
fn plain(mut shown: Value) -> Value {
    let members = shown.as_object_mut().unwrap();
    members.shift_remove("updated_at");
    members.shift_remove("edit_token");
    shown
}

fn all(items: &Value) -> Vec<Value> {
    items.as_array().into_iter().flatten().cloned().map(plain).collect()
}

impl Run {
    fn remark_id(&self, which: usize, nth: usize) -> String {
        let article = self.room.articles.get(which);
        let one = article.and_then(|article| article.remarks.get(nth));
        one.map_or(NOWHERE, |one| &one.id).to_owned()
    }

    /// The header with a token, as the step has it.
    fn hand(&self, which: usize, nth: usize, hand: Hand) -> Vec<(&'static str, String)> {
        let article = self.room.articles.get(which);
        let own = article.and_then(|article| article.remarks.get(nth));
        match hand {
            Hand::Empty => Vec::new(),
            Hand::Own => vec![("Edit-Token", own.map_or("none", |one| &one.token).to_owned())],
            Hand::Wrong => vec![("Edit-Token", "bm90IGl0cyB0b2tlbg".to_owned())],
        }
    }

    /// A comment on an article that the caller reads; on another there is none.
    fn beheld(
        &self,
        (which, nth): (usize, usize),
        who: Who,
        hand: Hand,
        to_write: bool,
    ) -> Result<View, Refusal> {
        let now = self.now();
        let article =
            self.room.look(which, who, now).map_err(|_| refusal(404, "comment_not_found"))?;
        match to_write {
            true => article.look_to_write(nth, who, hand, now),
            false => article.look_at(nth, who, hand, now),
        }
    }

    /// Compares an answer with a comment, where the model lets the caller through.
    fn shows_remark(
        &self,
        answer: &Answer,
        (which, nth): (usize, usize),
        view: View,
        about: &str,
    ) -> Told {
        same!(answer.status, 200, "{about}: {}", answer.text());
        same!(plain(answer.json()), self.room.articles[which].remark(nth, view), "{about}");
        Ok(())
    }

    pub async fn remark(&mut self, step: RemarkStep, about: &str) -> Told {
        match step {
            RemarkStep::Write { who, which, says, to, mail } => {
                self.write_remark(who, which, SAYS[says], to, mail, about).await
            }
            RemarkStep::Edit { who, which, nth, hand, says } => {
                let change = json!({"body": SAYS[says]});
                self.change_remark((which, nth), who, hand, change, Some(SAYS[says]), None, about)
                    .await
            }
            RemarkStep::Decide { who, which, nth, hand, state } => {
                let change = json!({"state": STATES[state]});
                self.change_remark(
                    (which, nth),
                    who,
                    hand,
                    change,
                    None,
                    Some(STATES[state]),
                    about,
                )
                .await
            }
            RemarkStep::Moderate { who, which, nths, state } => {
                self.moderate(who, which, nths, STATES[state], about).await
            }
            RemarkStep::Delete { who, which, nth, hand } => {
                self.delete_remark((which, nth), who, hand, about).await
            }
            RemarkStep::Report { who, which, nth } => self.report((which, nth), who, about).await,
            RemarkStep::Read { who, which, nth, hand } => {
                let path = format!("/v1/comments/{}", self.remark_id(which, nth));
                let headers = self.hand(which, nth, hand);
                let answer = self.ask(who, "GET", &path, &headers, None).await;
                match self.beheld((which, nth), who, hand, false) {
                    Err(refusal) => Self::refused(&answer, &refusal, about),
                    Ok(view) => self.shows_remark(&answer, (which, nth), view, about),
                }
            }
            RemarkStep::History { who, which, nth } => {
                self.remark_history((which, nth), who, about).await
            }
            RemarkStep::Thread { who, which } => self.thread(who, which, about).await,
            RemarkStep::Queue { who, state } => {
                self.queue(who, state.map(|state| STATES[state]), about).await
            }
            RemarkStep::Counts { who } => self.counts(who, about).await,
            RemarkStep::Export { who } => self.export(who, about).await,
            RemarkStep::Erase { who } => self.erase(who, about).await,
        }
    }

    async fn write_remark(
        &mut self,
        who: Who,
        which: usize,
        says: &'static str,
        to: Option<usize>,
        mail: bool,
        about: &str,
    ) -> Told {
        let parent = to.map(|to| self.remark_id(which, to));
        // Any case of letters is the same address.
        let email = mail.then_some(MAIL);
        let body =
            json!({"author_name": "Sam", "author_email": email, "body": says, "parent_id": parent});
        let path = format!("{}/comments", self.path(which));
        let answer = self.ask(who, "POST", &path, &[], Some(&body)).await;
        let now = self.now();
        let by_site = may(who, "comments:write");
        let expected = self.room.look(which, who, now).and_then(|article| {
            judged(article.policy, None)?;
            let parent = to.map(|to| article.remarks.get(to)).map(|one| {
                let fits = one.is_some_and(|one| one.state == "published" && !one.deleted);
                fits.then_some(one).flatten().ok_or_else(|| refusal(422, "validation_failed"))
            });
            let depth = match parent.transpose()? {
                Some(parent) if parent.depth == 10 => {
                    return Err((409, "thread_too_deep", json!({"max_depth": 10})));
                }
                Some(parent) => parent.depth + 1,
                None => 0,
            };
            if let Some(first) = article.said_before(says, mail, to, now) {
                return Err((409, "duplicate_comment", json!({"comment_id": first.id})));
            }
            let by_rule = if by_site { None } else { article.held_by(says, now) };
            Ok((judged(article.policy, by_rule)?, depth))
        });
        let ((state, held_by), depth) = match expected {
            Err(refusal) => return Self::refused(&answer, &refusal, about),
            Ok(expected) => expected,
        };
        same!(answer.status, 201, "{about}: {}", answer.text());
        let shown = answer.json();
        let created_at =
            copydesk::domain::instant::Instant::parse(text(&shown["created_at"])).unwrap();
        let mut one = Remark {
            id: text(&shown["id"]).to_owned(),
            token: text(&shown["edit_token"]).to_owned(),
            body: says,
            mail,
            parent: to,
            depth,
            state,
            held_by,
            version: 1,
            created_at: created_at.as_micros(),
            deleted: false,
            erased: false,
            by_site,
            reporters: Default::default(),
            reports: 0,
            past: Vec::new(),
        };
        one.note(who, false);
        let article = &mut self.room.articles[which];
        article.remarks.push(one);
        let nth = article.remarks.len() - 1;
        same!(plain(shown), article.remark(nth, View::Author), "{about}");
        Ok(())
    }

    #[expect(clippy::too_many_arguments, reason = "a step has what it has")]
    async fn change_remark(
        &mut self,
        (which, nth): (usize, usize),
        who: Who,
        hand: Hand,
        change: Value,
        says: Option<&'static str>,
        state: Option<&'static str>,
        about: &str,
    ) -> Told {
        let path = format!("/v1/comments/{}", self.remark_id(which, nth));
        let headers = self.hand(which, nth, hand);
        let answer = self.ask(who, "PATCH", &path, &headers, Some(&change)).await;
        let expected = lets_in(who, hand).and_then(|()| {
            let view = self.beheld((which, nth), who, hand, true)?;
            let article = &self.room.articles[which];
            let one = &article.remarks[nth];
            let is_own = hand == Hand::Own && one.is_in_window(self.now());
            let says = says.filter(|says| *says != one.body);
            let writes = says.filter(|_| is_own);
            let under_policy = writes.map(|_| judged(article.policy, None)).transpose()?;
            let decides = view == View::Moderator;
            if (says.is_some() && !is_own)
                || (!decides && state.is_some_and(|state| state != one.state))
            {
                return Err(refusal(422, "validation_failed"));
            }
            let state = state.unwrap_or(one.state);
            let (state, held_by) = match (decides, writes, under_policy) {
                (true, ..) => (state, Some("moderator")),
                (false, Some(says), Some(_)) => {
                    let is_free = one.by_site || may(who, "comments:write");
                    let by_rule = held_by_words(says).filter(|_| !is_free);
                    match judged(article.policy, by_rule)? {
                        ("pending", held_by) => ("pending", by_rule.or(one.held_by).or(held_by)),
                        _ => (state, None),
                    }
                }
                _ => (state, None),
            };
            let held_by = match (decides, writes) {
                (false, Some(_)) => held_by.or(one.held_by),
                _ => one.held_by.or(held_by),
            };
            let held_by = held_by.filter(|_| state == "pending");
            Ok((view, state, held_by, writes))
        });
        let (view, state, held_by, writes) = match expected {
            Err(refusal) => return Self::refused(&answer, &refusal, about),
            Ok(expected) => expected,
        };
        let one = &mut self.room.articles[which].remarks[nth];
        one.body = writes.unwrap_or(one.body);
        if view == View::Moderator && says.is_none() {
            one.reports = 0;
        }
        one.becomes(state, held_by, who, writes.is_some());
        self.shows_remark(&answer, (which, nth), view, about)
    }

    async fn delete_remark(
        &mut self,
        (which, nth): (usize, usize),
        who: Who,
        hand: Hand,
        about: &str,
    ) -> Told {
        let path = format!("/v1/comments/{}", self.remark_id(which, nth));
        let headers = self.hand(which, nth, hand);
        let answer = self.ask(who, "DELETE", &path, &headers, None).await;
        let expected = lets_in(who, hand).and_then(|()| self.beheld((which, nth), who, hand, true));
        let view = match expected {
            Err(refusal) => return Self::refused(&answer, &refusal, about),
            Ok(view) => view,
        };
        same!(answer.status, 204, "{about}");
        let one = &mut self.room.articles[which].remarks[nth];
        one.deleted = true;
        if view == View::Moderator {
            one.reports = 0;
        }
        one.becomes("removed", None, who, false);
        Ok(())
    }

    async fn report(&mut self, (which, nth): (usize, usize), who: Who, about: &str) -> Told {
        let path = format!("/v1/comments/{}/reports", self.remark_id(which, nth));
        let answer = self.ask(who, "POST", &path, &[], None).await;
        let expected =
            self.beheld((which, nth), who, Hand::Empty, false).and_then(|_| {
                match self.room.articles[which].remarks[nth].state {
                    "published" => Ok(()),
                    _ => Err(refusal(404, "comment_not_found")),
                }
            });
        if let Err(refusal) = expected {
            return Self::refused(&answer, &refusal, about);
        }
        same!(answer.status, 204, "{about}");
        self.room.articles[which].report(nth, who);
        Ok(())
    }

    async fn moderate(
        &mut self,
        who: Who,
        which: usize,
        nths: Vec<usize>,
        state: &'static str,
        about: &str,
    ) -> Told {
        let ids: Vec<String> = nths.iter().map(|nth| self.remark_id(which, *nth)).collect();
        let body = json!({"ids": ids, "state": state});
        let answer = self.ask(who, "POST", "/v1/comments/moderate", &[], Some(&body)).await;
        if let Err(refusal) = Newsroom::lets_in(who, &["comments:moderate"]) {
            return Self::refused(&answer, &refusal, about);
        }
        same!(answer.status, 200, "{about}: {}", answer.text());
        let is_read = self.room.look(which, who, self.now()).is_ok();
        let mut want = Vec::new();
        for (nth, id) in nths.into_iter().zip(&ids) {
            let article = self.room.articles.get_mut(which).filter(|_| is_read);
            let one = article
                .and_then(|article| article.remarks.get_mut(nth))
                .filter(|one| !one.erased && !one.deleted);
            let Some(one) = one else {
                want.push(json!({"id": id, "state": null, "code": "comment_not_found"}));
                continue;
            };
            one.reports = 0;
            let held_by = one.held_by.or(Some("moderator")).filter(|_| state == "pending");
            one.becomes(state, held_by, who, false);
            want.push(json!({"id": id, "state": state, "code": null}));
        }
        same!(answer.json()["items"], json!(want), "{about}");
        Ok(())
    }

    async fn remark_history(
        &mut self,
        (which, nth): (usize, usize),
        who: Who,
        about: &str,
    ) -> Told {
        let path = format!("/v1/comments/{}/history?limit=100", self.remark_id(which, nth));
        let answer = self.ask(who, "GET", &path, &[], None).await;
        let expected = Newsroom::lets_in(who, &["comments:moderate"]).and_then(|()| {
            let article = self.room.look(which, who, self.now()).ok();
            let one =
                article.and_then(|article| article.remarks.get(nth)).filter(|one| !one.erased);
            one.ok_or_else(|| refusal(404, "comment_not_found"))
        });
        let one = match expected {
            Err(refusal) => return Self::refused(&answer, &refusal, about),
            Ok(one) => one,
        };
        let mut items = answer.json()["items"].clone();
        for item in items.as_array_mut().into_iter().flatten() {
            item.as_object_mut().unwrap().retain(|name, _| name != "at" && name != "reason");
        }
        let order = ["version", "state", "actor", "held_by", "edited"];
        let want: Vec<Value> = one.past.clone();
        for (item, want) in items.as_array().into_iter().flatten().zip(&want) {
            for name in order {
                same!(item[name], want[name], "{about}: {name}");
            }
        }
        same!(items.as_array().map(Vec::len), Some(want.len()), "{about}");
        Ok(())
    }

    async fn thread(&mut self, who: Who, which: usize, about: &str) -> Told {
        let path = format!("{}/comments?limit=100&count=true", self.path(which));
        let answer = self.ask(who, "GET", &path, &[], None).await;
        let article = match self.room.look(which, who, self.now()) {
            Err(refusal) => return Self::refused(&answer, &refusal, about),
            Ok(article) => article,
        };
        same!(answer.status, 200, "{about}: {}", answer.text());
        let view = if moderates(who) { View::Moderator } else { View::Public };
        let shown = answer.json();
        let want = article.thread(view);
        same!(all(&shown["items"]), want, "{about}");
        same!(shown["total"], json!(want.len()), "{about}");
        Ok(())
    }

    async fn queue(&mut self, who: Who, state: Option<&'static str>, about: &str) -> Told {
        let query = state.map(|state| format!("&state={state}")).unwrap_or_default();
        let path = format!("/v1/comments?limit=100&count=true{query}");
        let answer = self.ask(who, "GET", &path, &[], None).await;
        if let Err(refusal) = Newsroom::lets_in(who, &["comments:moderate"]) {
            return Self::refused(&answer, &refusal, about);
        }
        same!(answer.status, 200, "{about}: {}", answer.text());
        let now = self.now();
        let mut found = Vec::new();
        for article in self.room.articles.iter().filter(|article| reads(who, article.rung(now))) {
            for (nth, one) in article.remarks.iter().enumerate() {
                if one.state == state.unwrap_or("pending") && !one.erased {
                    found.push((one.created_at, article.remark(nth, View::Moderator)));
                }
            }
        }
        found.sort_by_key(|(at, _)| *at);
        let want: Vec<Value> = found.into_iter().map(|(_, one)| one).collect();
        let shown = answer.json();
        same!(all(&shown["items"]), want, "{about}");
        same!(shown["total"], json!(want.len()), "{about}");
        Ok(())
    }

    async fn counts(&mut self, who: Who, about: &str) -> Told {
        let ids: Vec<&str> = self.room.articles.iter().map(|article| article.id.as_str()).collect();
        let path = format!("/v1/comment-counts?article={}", ids.join(","));
        let answer = self.ask(who, "GET", &path, &[], None).await;
        same!(answer.status, 200, "{about}: {}", answer.text());
        let now = self.now();
        let read = self.room.articles.iter().filter(|article| reads(who, article.rung(now)));
        let want: Vec<Value> = read
            .map(|article| json!({"article_id": article.id, "slug": article.slug, "count": article.published_remarks()}))
            .collect();
        same!(answer.json()["items"], json!(want), "{about}");
        Ok(())
    }

    /// All comments of the one person who gives an address, on all articles that were not purged.
    fn of_person(&self) -> Vec<(usize, usize)> {
        let mut found = Vec::new();
        for (which, article) in self.room.articles.iter().enumerate() {
            for (nth, one) in article.remarks.iter().enumerate() {
                if one.mail && !one.erased && !article.is_purged {
                    found.push((one.created_at, (which, nth)));
                }
            }
        }
        found.sort_unstable();
        found.into_iter().map(|(_, place)| place).collect()
    }

    async fn export(&mut self, who: Who, about: &str) -> Told {
        let body = json!({"author_email": MAIL.to_uppercase()});
        let answer = self.ask(who, "POST", "/v1/comments/export?limit=100", &[], Some(&body)).await;
        if let Err(refusal) = Newsroom::lets_in(who, &["comments:moderate"]) {
            return Self::refused(&answer, &refusal, about);
        }
        same!(answer.status, 200, "{about}: {}", answer.text());
        let own = self.of_person().into_iter();
        let want: Vec<Value> = own
            .map(|(which, nth)| self.room.articles[which].remark(nth, View::Moderator))
            .collect();
        same!(all(&answer.json()["items"]), want, "{about}");
        Ok(())
    }

    async fn erase(&mut self, who: Who, about: &str) -> Told {
        let body = json!({"author_email": MAIL});
        let answer = self.ask(who, "POST", "/v1/comments/erase", &[], Some(&body)).await;
        if let Err(refusal) = Newsroom::lets_in(who, &["comments:moderate"]) {
            return Self::refused(&answer, &refusal, about);
        }
        let own = self.of_person();
        same!(answer.json(), json!({"erased": own.len()}), "{about}");
        for (which, nth) in own {
            let one = &mut self.room.articles[which].remarks[nth];
            (one.erased, one.deleted, one.reports) = (true, true, 0);
            one.becomes("removed", None, who, true);
        }
        Ok(())
    }
}
