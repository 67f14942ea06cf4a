//! What a page says of its visibility where no generator is known that would read it: the templates and plugins of
//! its site may go by any member whose name speaks of it.

use serde_json::{Map, Value};

use super::dates::{Zones, dated};
use super::front::DATES;
use super::visibility::{is_embargo, speaks_of_it};
use crate::domain::instant::Instant;
use crate::import::speaks::{self, Said, bare, is_publication, speaks};
use crate::import::words;

/// Names of maps in which such a site has members of its own.
const MAPS: [&str; 10] = [
    "custom", "data", "editorial", "extra", "meta", "metadata", "params", "publication",
    "publishing", "workflow",
];
/// How much of a value is shown, in code points.
const SHOWN_MAX: usize = 40;

/// What was heard of a page.
#[derive(Default)]
pub struct Heard {
    /// What holds it back: the name of the member (for its line), and a text.
    pub held: Vec<(String, String)>,
    /// From when it is published.
    pub dates: Vec<Instant>,
    /// The ends of its embargoes.
    embargoes: Vec<Instant>,
    /// Dates from which it, or what it is about, is there.
    releases: Vec<Instant>,
}

/// Hears what the members of a page (names in lower case) say of it that no known generator reads.
///
/// # Errors
/// The name of the member that speaks of its visibility and is not understood, and why.
pub fn hear(members: &Map<String, Value>) -> Result<Heard, (String, String)> {
    let mut heard = Heard::default();
    for (name, value) in members {
        if !is_read_everywhere(name) {
            heard.hear(name, name, name, value)?;
        }
        let below = value.as_object().filter(|_| MAPS.contains(&&*bare(name)));
        for (inner, value) in below.into_iter().flatten() {
            let path = format!("{name}.{inner}");
            heard.hear(name, &path, inner, value)?;
            // `{"workflow": {"state": "draft"}}` is `workflowState`.
            heard.hear(name, &path, &format!("{name}{inner}"), value)?;
        }
    }
    Ok(heard)
}

impl Heard {
    /// The ends of its embargoes. What is released before it is published holds nothing back.
    pub fn ends(&self, published: Option<Instant>) -> impl Iterator<Item = Instant> {
        let later = self.releases.iter().filter(move |at| Some(**at) > published);
        self.embargoes.iter().chain(later).copied()
    }

    /// Hears one value; `top` is the member that it is in, and `path` names it for people.
    fn hear(
        &mut self,
        top: &str,
        path: &str,
        name: &str,
        value: &Value,
    ) -> Result<(), (String, String)> {
        let date = |text: &str| dated(text, &Zones::default(), false).ok().map(|date| date.at);
        let shown = || words::cut(&value.to_string(), SHOWN_MAX).0;
        match speaks(name, value, &date) {
            Said::Nothing | Said::Shown => {}
            Said::Hidden => {
                let text = format!("`{path}` is {}, which may hold it back on its site", shown());
                let held = (top.to_owned(), text);
                if !self.held.contains(&held) {
                    self.held.push(held);
                }
            }
            Said::Until(at) if speaks::is_embargo(name) => self.embargoes.push(at),
            Said::Until(at) if is_publication(name) => self.dates.push(at),
            Said::Until(at) => self.releases.push(at),
            Said::Unclear => {
                let reason = format!(
                    "`{path}` is {}: whether the page is public cannot be told; say `draft: true` in its place, or leave it out if it is public",
                    shown()
                );
                return Err((top.to_owned(), reason));
            }
        }
        Ok(())
    }
}

/// True if a member is read in the pages of every site.
fn is_read_everywhere(name: &str) -> bool {
    DATES.contains(&name) || speaks_of_it(name) || is_embargo(name)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn heard(front: &Value) -> Result<Heard, String> {
        hear(front.as_object().unwrap()).map_err(|(name, reason)| format!("{name}: {reason}"))
    }

    #[test]
    fn any_name_that_speaks_of_visibility_is_heard() {
        for (front, want) in [
            (json!({"visible": "false"}), 1),
            (json!({"hide": "true"}), 1),
            (json!({"show": "false"}), 1),
            (json!({"post_status": "draft", "workflow_state": "draft"}), 2),
            (json!({"state": "awaiting legal"}), 1),
            (json!({"audience": "staff"}), 1),
            (json!({"params": {"draft": "true"}}), 1),
            (json!({"workflow": {"state": "Pending review"}}), 1),
            // These are read in the pages of every site.
            (json!({"draft": "true", "access": "members", "publishdate": "2099-01-01"}), 0),
            (json!({"hide": ["toc", "navigation"], "state": "Saxony", "kicker": "Draft"}), 0),
            (json!({"author": {"private": "true"}}), 0),
        ] {
            assert_eq!(heard(&front).unwrap().held.len(), want, "{front}");
        }
        let heard = heard(&json!({"params": {"visible": "no"}})).unwrap();
        let text = "`params.visible` is \"no\", which may hold it back on its site";
        assert_eq!(heard.held, [("params".to_owned(), text.to_owned())]);
    }

    #[test]
    fn dates_to_come_hold_a_page_back_until_then() {
        let at = |text: &str| Instant::parse(&format!("{text}T00:00:00Z"));
        let heard_of = |front: Value| heard(&front).unwrap();
        for name in ["publish_at", "publishedAt", "publish_on", "pub_date", "goLive"] {
            let dates = heard_of(json!({name: "2099-01-01"})).dates;
            assert_eq!(dates, [at("2099-01-01").unwrap()], "{name}");
        }
        for name in ["release_date", "scheduled_for", "available_from"] {
            let heard = heard_of(json!({name: "2020-01-01"}));
            assert_eq!(heard.ends(at("2019-01-01")).count(), 1, "{name}");
            assert_eq!(heard.ends(at("2021-01-01")).count(), 0, "{name}");
            assert_eq!(heard.ends(None).count(), 1, "{name}");
        }
        let embargo = heard_of(json!({"meta": {"embargo_lifts_at": "2020-01-01"}}));
        assert_eq!(embargo.ends(at("2021-01-01")).max(), at("2020-01-01"));
    }

    #[test]
    fn what_speaks_of_it_and_is_not_understood_is_refused() {
        for (front, want) in [
            (json!({"post_status": "gold"}), "post_status: `post_status` is \"gold\": whether"),
            (json!({"publish_at": "soon"}), "publish_at: "),
            (json!({"audience": "gold"}), "audience: "),
            (json!({"meta": {"visibility": "gold"}}), "meta: `meta.visibility` is"),
        ] {
            let reason = heard(&front).err().unwrap();
            assert!(reason.starts_with(want), "{reason}");
        }
    }
}
