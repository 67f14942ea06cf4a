//! What the newsroom tells readers of itself in feeds, and where its pages are.

use url::Url;

/// The newsroom's name, where none is set.
const NAME: &str = "Newsroom";
/// What stands in the pattern of pages, and is replaced.
const PLACES: [&str; 7] =
    ["{id}", "{slug}", "{section}", "{language}", "{year}", "{month}", "{day}"];

/// What the newsroom tells readers of itself.
#[derive(Clone, Debug)]
pub struct Publishing {
    /// Its name.
    pub name: String,
    /// Its language (BCP 47).
    pub language: String,
    /// The URL of its start page.
    pub home: Option<String>,
    /// The URLs of its articles' pages.
    pub pages: Option<PagePattern>,
    /// The URL of its WebSub hub.
    pub hub: Option<String>,
}

impl Default for Publishing {
    fn default() -> Self {
        Self {
            name: NAME.to_owned(),
            language: "en".to_owned(),
            home: None,
            pages: None,
            hub: None,
        }
    }
}

/// The URLs of pages, as `https://news.example/{section}/{slug}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PagePattern(String);

impl PagePattern {
    /// Parses it.
    ///
    /// # Errors
    /// What is wrong with it, as the end of a sentence.
    pub fn parse(text: &str) -> Result<Self, String> {
        let plain = PLACES.iter().fold(text.to_owned(), |text, place| text.replace(place, "a"));
        if plain.contains(['{', '}']) {
            return Err(format!("has a place that is none of {}", PLACES.join(" ")));
        }
        if !text.contains("{slug}") && !text.contains("{id}") {
            return Err("has neither {slug} nor {id}: all articles would have one page".to_owned());
        }
        match Url::parse(&plain) {
            Ok(url) if matches!(url.scheme(), "http" | "https") && url.host().is_some() => {
                Ok(Self(text.to_owned()))
            }
            _ => Err("is no web URL, as in https://news.example/{section}/{slug}".to_owned()),
        }
    }

    /// The URL of a page; `value` gives what stands at a place. What is empty leaves no empty segment.
    #[must_use]
    pub fn url(&self, value: impl Fn(&str) -> String) -> String {
        let mut url = self.0.clone();
        for place in PLACES {
            if url.contains(place) {
                let value = value(place.trim_matches(['{', '}']));
                let whole = if value.is_empty() { format!("{place}/") } else { place.to_owned() };
                url = url.replace(&whole, &value).replace(place, &value);
            }
        }
        url
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_names_an_article() {
        let pattern =
            PagePattern::parse("https://news.example/{section}/{year}/{slug}.html").unwrap();
        let value = |section: &'static str| {
            move |place: &str| match place {
                "section" => section.to_owned(),
                "year" => "2026".to_owned(),
                "slug" => "flood".to_owned(),
                other => panic!("{other}"),
            }
        };
        assert_eq!(pattern.url(value("city")), "https://news.example/city/2026/flood.html");
        assert_eq!(pattern.url(value("")), "https://news.example/2026/flood.html");
        for wrong in [
            "https://news.example/",
            "/articles/{slug}",
            "https://news.example/{title}/{slug}",
            "{slug}",
            "ftp://a/{id}",
        ] {
            assert!(PagePattern::parse(wrong).is_err(), "{wrong}");
        }
    }
}
