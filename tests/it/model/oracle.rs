//! What readers were shown, remembered: the past is that, later.

use proptest::test_runner::TestCaseError;
use serde_json::Value;

use super::newsroom::Micros;
use super::run::{Run, Told};
use super::same;
use super::steps::Who;
use super::wire::instant;
use crate::support::Answer;
use crate::support::make::text;

/// Half of the time between two steps: after all that one did, before all that the next does.
const WITHIN_A_STEP: Micros = 500;

/// What a reader was told of an article at an instant.
#[derive(Debug)]
pub struct Shown {
    which: usize,
    at: Micros,
    status: u16,
    body: Value,
}

/// A body without what is another one in each answer.
fn plain(mut body: Value) -> Value {
    if let Some(members) = body.as_object_mut() {
        members.shift_remove("instance");
    }
    body
}

impl Run {
    /// Reads all articles as a reader does, and remembers what was shown.
    pub async fn remember(&mut self) {
        let at = self.now() + WITHIN_A_STEP;
        for which in 0..self.room.articles.len() {
            let answer = self.ask(Who::Nobody, "GET", &self.path(which), &[], None).await;
            let (status, body) = (answer.status, plain(answer.json()));
            self.shown.push(Shown { which, at, status, body });
        }
    }

    async fn as_of(&mut self, which: usize, at: Micros) -> Answer {
        let path = format!("{}?as_of={}", self.path(which), instant(at));
        self.ask(Who::Nobody, "GET", &path, &[], None).await
    }

    /// What was shown then is what is shown of then, as far as the ladder of now lets a reader see it.
    pub async fn recall(&mut self) -> Result<(), TestCaseError> {
        let shown = std::mem::take(&mut self.shown);
        for Shown { which, at, status, body } in &shown {
            let about = format!("{which} as of {}", instant(*at));
            let now = self.ask(Who::Nobody, "GET", &self.path(*which), &[], None).await;
            let then = self.as_of(*which, *at).await;
            if now.status != 200 {
                same!((then.status, code(&then)), (now.status, code(&now)), "{about}");
                continue;
            }
            same!(then.status, *status, "{about}: {}", then.text());
            self.is_the_same(&then, body, &about)?;
        }
        self.shown = shown;
        Ok(())
    }

    fn is_the_same(&self, then: &Answer, shown: &Value, about: &str) -> Told {
        let mut now = plain(then.json());
        let mut shown = shown.clone();
        // A successor is named as it can be found now.
        for body in [&mut now, &mut shown] {
            if let Some(members) = body.as_object_mut() {
                members.shift_remove("replaced_by");
            }
        }
        same!(now, shown, "{about}");
        Ok(())
    }
}

/// The code of a refusal; empty for an article.
fn code(answer: &Answer) -> String {
    match answer.status {
        400.. => text(&answer.json()["code"]).to_owned(),
        _ => String::new(),
    }
}
