//! The picture of a ninjs item: one of its associations, if its own state lets it be shown.

use serde_json::{Map, Value, json};

use super::members::{Members, text_in};
use super::state::{State, embargo_of, state_of};
use super::text;
use crate::import::feed::speaking::{Spoken, texts_of};
use crate::import::words;

/// Names of the association that is the picture of the item, without marks between words.
const NAMES: [&str; 12] = [
    "featureimage", "featuredimage", "featuremedia", "featuredmedia", "mainimage", "mainpicture",
    "mainpic", "mainphoto", "main", "leadimage", "hero", "teaserimage",
];
/// Widest picture that is taken where there is a smaller one, in pixels: wider ones are for print.
const WIDTH_MAX: f64 = 2_048.0;
/// Longest description of a picture, in code points.
const ALT_MAX: usize = 1_000;
/// Longest credit line, in code points.
const CREDIT_MAX: usize = 300;
/// How much of a member's name is told, in code points.
const NAME_MAX: usize = 80;

/// The picture, and its own terms of use.
pub struct Picture {
    /// As an article has it.
    pub image: Value,
    /// What its provider says of its use.
    pub terms: Option<String>,
}

/// Takes the picture out of the associations.
pub fn picture(members: &mut Members, warnings: &mut Vec<String>) -> Option<Picture> {
    let mut found = associations(members.take("associations")?);
    let pictures: Vec<usize> = (0..found.len()).filter(|at| found[*at].is_picture()).collect();
    let named = pictures.iter().copied().find(|at| found[*at].is_named());
    let chosen = named.or_else(|| pictures.first().copied()).map(|at| found.remove(at));
    let picture = chosen.and_then(|chosen| match chosen.shown() {
        Ok(picture) => Some(picture),
        Err(why) => {
            warnings.push(format!("lost: its picture, {why}"));
            None
        }
    });
    if !found.is_empty() {
        let names: Vec<String> = found.iter().map(Association::told).collect();
        let (names, _) = words::cut(&names.join(", "), 200);
        warnings.push(format!("lost: {} associations ({names})", found.len()));
    }
    picture
}

/// An association: its name, and the item in it.
struct Association {
    name: String,
    item: Map<String, Value>,
}

/// Associations: an object by name in 1.x, a list of items with names since 2.0.
fn associations(value: Value) -> Vec<Association> {
    let of = |name: String, item: Value| match item {
        Value::Object(item) => Some(Association { name, item }),
        _ => None,
    };
    match value {
        Value::Object(items) => {
            items.into_iter().filter_map(|(name, item)| of(name, item)).collect()
        }
        Value::Array(items) => items
            .into_iter()
            .filter_map(|item| {
                let name = item.as_object().and_then(|item| text_in(item, "name"));
                of(name.unwrap_or_default(), item)
            })
            .collect(),
        _ => vec![],
    }
}

impl Association {
    fn kind(&self) -> String {
        text_in(&self.item, "type").unwrap_or_default().to_lowercase()
    }

    fn is_picture(&self) -> bool {
        matches!(&*self.kind(), "picture" | "graphic" | "image")
    }

    fn is_named(&self) -> bool {
        let plain = |name: &str| {
            name.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_lowercase()
        };
        let is_known = |name: &str| NAMES.contains(&&*plain(name));
        is_known(&self.name) || text_in(&self.item, "rel").is_some_and(|rel| is_known(&rel))
    }

    fn told(&self) -> String {
        let name: &str = if self.name.is_empty() { "without a name" } else { &self.name };
        let kind = self.kind();
        if kind.is_empty() { name.to_owned() } else { format!("{name}: {kind}") }
    }

    /// The picture, if it may be shown now.
    fn shown(self) -> Result<Picture, String> {
        let mut item = Members::of(self.item)?;
        match state_of(&mut item)? {
            State::Usable => {}
            State::Withheld => return Err("which is withheld".to_owned()),
            State::Canceled => return Err("which is canceled".to_owned()),
        }
        if let Some(reason) = item.twice() {
            return Err(format!("of which {reason}"));
        }
        let mut spoken = Spoken::default();
        for (name, value) in item.strangers() {
            spoken.hear_in(&words::cut(&name, NAME_MAX).0, "", &name, &value)?;
        }
        if spoken.is_held {
            return Err("which is held back".to_owned());
        }
        // What the end of its embargo is compared with is the business of those who publish.
        if let Some(until) = embargo_of(&mut item)?.max(spoken.embargo) {
            return Err(format!("which has an embargo of its own (until {until})"));
        }
        let url =
            rendition(item.take("renditions")).ok_or("which has no rendition with a web URL")?;
        let mut unused = Vec::new();
        let summary = text::summary(&mut item, &mut unused);
        let (headline, _) = text::headlines(&mut item);
        let alt = summary.and_then(|summary| words::line(&summary)).or(headline);
        let by = item.text("by").or_else(|| item.text("byline"));
        let credit = by.or_else(|| item.text("copyrightholder")).and_then(|by| words::line(&by));
        let cut = |text: Option<String>, max: usize| text.map(|text| words::cut(&text, max).0);
        let mut terms = Vec::new();
        for name in ["usageterms", "copyrightnotice"] {
            terms.extend(item.text(name));
            if item.says(name) {
                return Err(format!("of which `{name}` is no text"));
            }
        }
        terms.extend(spoken.legal.iter().map(|(_, value)| texts_of(value)));
        terms.retain(|text| !text.is_empty());
        Ok(Picture {
            image: json!({"url": url, "alt": cut(alt, ALT_MAX), "credit": cut(credit, CREDIT_MAX)}),
            terms: (!terms.is_empty()).then(|| terms.join("\n")),
        })
    }
}

/// The URL of the rendition that suits a page: the widest that is not for print, without a watermark.
fn rendition(renditions: Option<Value>) -> Option<String> {
    let named: Vec<(String, Value)> = match renditions? {
        Value::Object(items) => items.into_iter().collect(),
        Value::Array(items) => items.into_iter().map(|item| (String::new(), item)).collect(),
        _ => vec![],
    };
    let mut best: Option<((bool, bool, f64), String)> = None;
    for (name, item) in &named {
        let Some(item) = item.as_object() else {
            continue;
        };
        let kind = text_in(item, "contenttype").or_else(|| text_in(item, "mimetype"));
        let is_picture = kind.is_none_or(|kind| kind.to_lowercase().starts_with("image/"));
        let Some(url) =
            text_in(item, "href").and_then(|url| words::web_url(&url)).filter(|_| is_picture)
        else {
            continue;
        };
        let names =
            [Some(name.clone()), text_in(item, "name"), text_in(item, "title"), Some(url.clone())];
        let names = names.into_iter().flatten().collect::<Vec<_>>().join(" ").to_lowercase();
        let width =
            text_in(item, "width").and_then(|width| width.parse::<f64>().ok()).unwrap_or(0.0);
        let is_fit = width <= WIDTH_MAX;
        // Of those for print the narrowest.
        let rank = (!names.contains("watermark"), is_fit, if is_fit { width } else { -width });
        if best.as_ref().is_none_or(|(known, _)| rank > *known) {
            best = Some((rank, url));
        }
    }
    best.map(|(_, url)| url)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(associations: Value) -> (Option<Picture>, Vec<String>) {
        let mut members = Members::default();
        let object = json!({"associations": associations});
        if let Value::Object(object) = object {
            members = Members::of(object).unwrap();
        }
        let mut warnings = Vec::new();
        (picture(&mut members, &mut warnings), warnings)
    }

    #[test]
    fn the_picture_is_the_one_of_the_item() {
        let (found, warnings) = read(json!([
            {"name": "side", "type": "picture", "renditions": [{"href": "https://x.example/s.jpg"}]},
            {"name": "main-image", "type": "picture", "by": "I. Marsh", "usageTerms": "Online only.",
             "descriptions": [{"role": "caption", "value": "Waves"}],
             "renditions": [
                {"href": "https://x.example/print.jpg", "width": 6000},
                {"href": "https://x.example/WatermarkWeb.jpg", "width": 1200},
                {"href": "https://x.example/web.jpg", "width": 1024, "contentType": "image/jpeg"},
                {"href": "https://x.example/small.jpg", "width": 100},
                {"href": "https://x.example/film.mp4", "width": 2000, "contentType": "video/mp4"},
             ]},
        ]));
        let found = found.unwrap();
        assert_eq!(
            found.image,
            json!({"url": "https://x.example/web.jpg", "alt": "Waves", "credit": "I. Marsh"})
        );
        assert_eq!(found.terms.as_deref(), Some("Online only."));
        assert_eq!(warnings, ["lost: 1 associations (side: picture)"]);
        let (old, _) = read(
            json!({"main": {"type": "picture", "headline": "Waves", "renditions": {"web": {"href": "https://x.example/1.jpg", "mimetype": "image/jpeg"}}}}),
        );
        assert_eq!(old.unwrap().image["url"], "https://x.example/1.jpg");
    }

    #[test]
    fn a_picture_that_may_not_be_shown_is_not() {
        for (more, why) in [
            (json!({"pubStatus": "withheld"}), "withheld"),
            (json!({"pubstatus": "canceled"}), "canceled"),
            (json!({"pubStatus": "odd"}), "pubstatus"),
            (json!({"pub_status": "withheld"}), "withheld"),
            (json!({"access": "restricted"}), "held back"),
            (json!({"status": "gold"}), "cannot be told"),
            (json!({"embargo": "2031-01-01T00:00:00Z"}), "embargo"),
            (json!({"embargoedUntil": "2031-01-01T00:00:00Z"}), "embargo"),
            (json!({"usageTerms": ["Online only."]}), "usageterms"),
            (json!({"renditions": []}), "no rendition"),
            (json!({"renditions": [{"href": "ftp://x.example/1"}]}), "no rendition"),
        ] {
            let mut item =
                json!({"type": "picture", "renditions": [{"href": "https://x.example/1.jpg"}]});
            for (name, value) in more.as_object().unwrap() {
                item[name] = value.clone();
            }
            let (found, warnings) = read(json!([item]));
            assert!(found.is_none(), "{more}");
            assert!(
                warnings[0].starts_with("lost: its picture") && warnings[0].contains(why),
                "{warnings:?}"
            );
        }
    }
}
