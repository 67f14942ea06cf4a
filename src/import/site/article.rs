//! Converts front matter to an article as a client would send it, so that the same rules apply to
//! both.

use std::collections::HashSet;
use std::path::Path;

use serde_json::{Value, json};

use super::Refused;
use super::address::{self, Parts};
use super::dates::of_name;
use super::desk;
use super::front::{Front, line_of, text_of};
use super::front_matter::Page;
use super::making::{Made, Making};
use super::names::stem_of;
use super::notices;
use super::tree::Place;
use super::unknown::{Heard, hear};
use super::visibility::{is_kept_back, speaks_of_it};
use crate::import::item::Expiry;

/// What a page is.
pub enum Found {
    /// An article.
    Article(Box<Made>),
    /// No article, and why.
    NoPage(&'static str),
}

/// Makes the body of a creation from front matter and text. Members that an article does not have
/// go to `metadata`. `gate` is the line and the reason if the text is not all for every reader.
///
/// # Errors
/// The value that cannot be understood, with its line.
pub fn from_page(
    page: &Page<'_>,
    body: &str,
    path: &Path,
    place: &Place,
    gate: Option<&(usize, String)>,
    expiry: Expiry,
) -> Result<Found, Refused> {
    let mut front = Front::of(page, place)?;
    let mut making = Making { page, place, made: Made::default() };
    let is_kept_back = is_kept_back(&front.members)
        .map_err(|(name, reason)| Refused::at(making.at_name(&name), reason))?;
    let heard = match place.has_known_generator() {
        true => Heard::default(),
        false => hear(&front.members)
            .map_err(|(name, reason)| Refused::at(making.at_name(&name), reason))?,
    };
    let is_held =
        is_kept_back || !heard.held.is_empty() || place.is_draft || place.held_back.is_some();
    let draft = is_held || gate.is_some();
    let of_place = place.held_back.as_ref().map(|why| (page.first_line, why));
    for (line, why) in of_place.into_iter().chain(gate.map(|(line, why)| (*line, why))) {
        making.warn(line, format!("is a draft here: {why}"));
    }
    for (name, why) in &heard.held {
        making.warn(making.at_name(name), format!("is a draft here: {why}"));
    }
    let named = of_name(stem_of(path, place.language.as_deref()));
    let all = front.members.clone();
    making.name(&mut front, named.map(|(_, rest)| rest));
    let state = if draft { "draft" } else { "published" };
    making.set("state", json!(state));
    let date = making.published_at(&mut front, named.map(|(day, _)| day), &heard.dates)?;
    match date {
        Some(date) => making.set("published_at", json!(date.at)),
        None if is_held => {}
        None if making.is_page_of_jekyll() => {
            return Ok(Found::NoPage("is a page, not a post (Jekyll)"));
        }
        None if draft => {}
        None => {
            let reason = "`date` is missing: an article that is no draft needs the instant of its publication";
            return Err(Refused::at(line_of(page, "/published_at"), reason));
        }
    }
    making.expiry(&mut front, expiry)?;
    making.embargo(&mut front, heard.ends(date.map(|date| date.at)))?;
    making.authors(&mut front);
    making.tags(&mut front);
    if let Some(name) = front.take("source") {
        let url = front.take("source_url");
        making.set("source", json!({"name": text_of(name), "url": url}));
    }
    if let Some(url) = front.take("canonical") {
        making.set("canonical_url", url);
    }
    making.summary(&mut front);
    making.language(&mut front);
    let categories = making.section(&mut front);
    let title = making.made.article.get("title").and_then(Value::as_str).unwrap_or_default();
    let day = date.map(|date| date.day);
    let parts = Parts { place, path, members: &all, day, title, categories: &categories };
    let address = address::address(&parts);
    making.addresses(&front.members, address, named.map(|(_, rest)| rest));
    front.members.retain(|name, _| !speaks_of_it(name) && name != "cascade");
    let (mut rest, mut lost) = (front.rest(), Vec::new());
    desk::take_out(&mut rest, &mut lost);
    if let Some(first) = lost.first() {
        let line = making.at_name(&first.to_lowercase());
        let which = if lost.len() == 1 { "which" } else { "each of which" };
        let names = lost.join("`, `");
        making.warn(line, format!("lost: `{names}`, {which} may be for the desk alone"));
    }
    let said: HashSet<String> = page.members.keys().map(|name| name.to_lowercase()).collect();
    let is_own =
        |name: &String| said.contains(&name.split('.').next().unwrap_or_default().to_lowercase());
    let (mut own, of_place) = notices::fields(&rest).into_iter().partition::<Vec<_>, _>(is_own);
    let line_of =
        |name: &String| making.at_name(&name.split('.').next().unwrap_or_default().to_lowercase());
    own.sort_by_key(line_of);
    if let Some(line) = own.first().map(line_of) {
        making.warn(line, notices::told(&own));
    }
    making.made.notices_of_place = of_place;
    making.set("metadata", Value::Object(rest));
    making.set("body", json!(body));
    Ok(Found::Article(Box::new(making.made)))
}

#[cfg(test)]
mod tests {
    use super::super::front_matter::split;
    use super::*;

    fn article(front: &str) -> Result<Value, String> {
        made(front, "page.md").map(|made| Value::Object(made.article))
    }

    fn made(front: &str, path: &str) -> Result<Made, String> {
        let text = format!("---\n{front}\n---\n\nText");
        let page = split(&text).unwrap().unwrap();
        let place =
            Place { language: path.contains(".fr.").then(|| "fr".to_owned()), ..Place::default() };
        match from_page(&page, page.body, Path::new(path), &place, None, Expiry::Kept) {
            Ok(Found::Article(made)) => Ok(*made),
            Ok(Found::NoPage(why)) => Err(why.to_owned()),
            Err(refused) => Err(refused.to_string()),
        }
    }

    #[test]
    fn everything_finds_its_place() {
        let front = "slug: a-b\ndate: 2014-09-19 9:00:38 -0400\ntitle: A\ndeck: D\nkicker: K\nauthors: [one, {name: two}, ]\ntopics: [Open Data, open-data]\nsource: 18f\nsource_url: https://18f.example/x\ncanonical: https://example.com/y\nexpirydate: 2025-01-01\nweight: 1\naliases: [/old]\nsummary: ''\nimage:";
        assert_eq!(
            article(front).unwrap(),
            json!({
                "slug": "a-b", "title": "A", "state": "published", "published_at": "2014-09-19T13:00:38.000000Z",
                "authors": [{"name": "one"}, {"name": "two"}], "tags": ["open-data"],
                "source": {"name": "18f", "url": "https://18f.example/x"}, "canonical_url": "https://example.com/y",
                "summary": "D", "body": "Text",
                "metadata": {"deck": "D", "kicker": "K", "expirydate": "2025-01-01", "weight": "1", "aliases": ["/old"]},
            })
        );
    }

    #[test]
    fn what_is_refused_has_its_line() {
        for (front, want) in [
            ("title: A", "1: `date` is missing"),
            ("title: A\ndraft: maybe", "3: `draft`"),
            ("title: A\nDraft: true\ndraft: false", "4: `draft` stands twice"),
            ("title: A\ndate: soon", "3: `date` must be a date"),
            ("title: A\nPublishDate: soon\ndate: 2020-01-01", "3: `publishdate` must be a date"),
            ("title: A\nstatus: almost", "3: `status` must be"),
            (
                "title: A\ndate: 2020-01-01\nEmbargoUntil: the speech",
                "4: `embargountil` must be a date",
            ),
            ("title: A\npaywall: perhaps", "3: `paywall` must be true or false"),
            ("title: A\nparams:\n  access: gold", "3: `params.access` must be public"),
        ] {
            let reason = article(front).unwrap_err();
            assert!(reason.starts_with(want), "{reason}");
        }
        assert_eq!(article("title: A\ndraft: 'true'").unwrap()["state"], "draft");
        let page =
            split("---\ntitle: A\n\ntopics: [x]\nsource_url: u\n---\nText").unwrap().unwrap();
        for (pointer, line) in [
            ("/slug", 2),
            ("/tags/0", 4),
            ("/source/url", 5),
            ("/source", 1),
            ("/metadata/x", 1),
            ("/body", 7),
        ] {
            assert_eq!(line_of(&page, pointer), line, "{pointer}");
        }
    }

    #[test]
    fn an_embargo_is_the_article_s_own() {
        let made = made(
            "title: A\ndate: 2020-01-01\nembargo: 2020-02-01\nembargo_until: 2030-01-01 18:00:00 +0100\nembargoed: 'false'",
            "a.md",
        )
        .unwrap();
        assert_eq!(made.article["embargo_until"], "2030-01-01T17:00:00.000000Z");
        assert_eq!(
            (&made.article["state"], &made.said[..]),
            (&json!("published"), &["embargo_until"][..])
        );
        assert_eq!(made.article["metadata"], json!({}));
        let below = article("title: A\ndate: 2020-01-01\nparams: {embargoUntil: 2030-01-01}");
        assert_eq!(below.unwrap()["embargo_until"], "2030-01-01T00:00:00.000000Z");
        assert_eq!(article("title: A\nembargoed: true").unwrap()["state"], "draft");
    }

    #[test]
    fn of_a_site_of_no_known_generator_every_word_about_visibility_counts() {
        let of = |front: &str| article(&format!("title: A\ndate: 2020-01-01\n{front}"));
        for front in ["visible: false", "post_status: draft", "scheduled: true", "audience: staff"]
        {
            assert_eq!(of(front).unwrap()["state"], "draft", "{front}");
        }
        let later = "2099-01-01T00:00:00.000000Z";
        for front in ["publish_at: 2099-01-01", "publishedAt: 2099-01-01", "pubDate: 2099-01-01"] {
            assert_eq!(of(front).unwrap()["published_at"], later, "{front}");
        }
        for front in ["release_date: 2099-01-01", "embargo_date_time: 2099-01-01"] {
            assert_eq!(of(front).unwrap()["embargo_until"], later, "{front}");
        }
        assert_eq!(of("release_date: 1994").unwrap().get("embargo_until"), None);
        assert!(of("workflow_state: gold").unwrap_err().starts_with("4: `workflow_state` is"));
        let dated = article("title: A\npublishedAt: 2020-02-01").unwrap();
        assert_eq!(dated["published_at"], "2020-02-01T00:00:00.000000Z");
    }

    #[test]
    fn what_is_for_the_desk_is_lost_and_told_of() {
        let made = made(
            "title: A\ndate: 2020-01-01\nkicker: K\neditorNote: Call Ida\nparams: {author_email: i@x.example}\nemail: ''",
            "a.md",
        )
        .unwrap();
        assert_eq!(made.article["metadata"], json!({"kicker": "K", "params": {}}));
        let told = "lost: `author_email`, `editorNote`, each of which may be for the desk alone";
        assert_eq!(made.warnings, [(1, told.to_owned())]);
    }

    #[test]
    fn what_may_be_a_notice_is_told_of() {
        let of =
            |front: &str| made(&format!("title: A\ndate: 2020-01-01\n{front}"), "a.md").unwrap();
        let made = of("kicker: K\nDisclaimer: No advice\nparams: {showCorrection: true}");
        let want =
            json!({"kicker": "K", "Disclaimer": "No advice", "params": {"showCorrection": "true"}});
        assert_eq!(made.article["metadata"], want);
        let told = "only in `metadata`: fields that may be notices to readers: `Disclaimer`, `params.showCorrection`; write them into the text, or attach a disclaimer by a rule";
        assert_eq!(made.warnings, [(5, told.to_owned())]);
        assert!(of("sponsored: 'false'\ndisclaimer: ''").warnings.is_empty());
    }

    #[test]
    fn a_text_that_is_not_for_every_reader_is_a_draft() {
        let page = split("---\ntitle: A\ndate: 2020-01-01\n---\nText").unwrap().unwrap();
        let (path, place) = (Path::new("a.md"), Place::default());
        let gate = (5, "it may keep text".to_owned());
        let found = from_page(&page, page.body, path, &place, Some(&gate), Expiry::Kept).unwrap();
        let Found::Article(made) = found else { panic!("an article") };
        assert_eq!(made.article["state"], "draft");
        assert_eq!(made.warnings, [(5, "is a draft here: it may keep text".to_owned())]);
    }

    #[test]
    fn names_are_read_in_any_case_and_kept_as_they_are_written() {
        let front = "Title: A\nDATE: 2020-01-01\nDescription: D\nKicker: K\nTags: [X]\nLang: fr\nexpiryDate: 2021-01-01";
        let made = article(front).unwrap();
        assert_eq!(made["title"], "A");
        assert_eq!(made["summary"], "D");
        assert_eq!((&made["tags"], &made["language"]), (&json!(["x"]), &json!("fr")));
        assert_eq!(made["metadata"], json!({"Kicker": "K", "expiryDate": "2021-01-01"}));
        let twice = article("title: A\nTitle: A\ndate: 2020-01-01").unwrap();
        assert_eq!(twice["title"], "A");
    }

    #[test]
    fn the_latest_of_several_dates_counts() {
        for (front, want) in [
            ("date: 2020-01-01\npublishDate: 2021-01-01", "2021-01-01"),
            ("date: 2022-01-01\npublishDate: 2021-01-01", "2022-01-01"),
            ("published: 2021-01-01", "2021-01-01"),
            ("published: true\ndate: 2020-01-01", "2020-01-01"),
        ] {
            let made = article(&format!("title: A\n{front}")).unwrap();
            assert_eq!(made["published_at"], format!("{want}T00:00:00.000000Z"), "{front}");
        }
    }

    #[test]
    fn a_files_name_says_its_date_its_language_and_an_address() {
        let post = made(
            "title: A\nurl: /legal/imprint.html\nredirect_from: [/old/]",
            "_posts/2026-01-09-storm-closes.fr.md",
        )
        .unwrap();
        assert_eq!(post.article["published_at"], "2026-01-09T00:00:00.000000Z");
        assert_eq!(post.article["language"], "fr");
        assert_eq!(post.said, ["language"]);
        assert_eq!(post.former_slugs, ["imprint", "old", "storm-closes"]);
        let own =
            made("title: A\ndate: 2025-01-01\nlanguage: de", "2026-01-09-storm.fr.md").unwrap();
        assert_eq!(own.article["published_at"], "2025-01-01T00:00:00.000000Z");
        assert_eq!(own.article["language"], "de");
    }
}
