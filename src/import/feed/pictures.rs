//! The picture of a record: the first file that came with it and is one.

use serde_json::{Value, json};
use url::Url;

use crate::import::words;

/// Longest description of a picture, in code points.
const ALT_MAX: usize = 1_000;
/// Longest credit line, in code points.
const CREDIT_MAX: usize = 300;
/// Lost files that have a warning each: of more of them the number is told.
const LOST_MAX: usize = 20;
/// Types of pictures that browsers show. Some feeds have `image/mp3`.
const TYPES: [&str; 8] = ["jpeg", "jpg", "pjpeg", "png", "gif", "webp", "avif", "svg+xml"];
/// Endings of the names of such files.
const ENDINGS: [&str; 7] = ["jpg", "jpeg", "png", "gif", "webp", "avif", "svg"];

/// A file that came with a record.
#[derive(Debug)]
struct File {
    url: String,
    kind: Option<String>,
    alt: Option<String>,
    credit: Option<String>,
}

/// The files that came with a record.
#[derive(Debug, Default)]
pub struct Media {
    /// What relative URLs are relative to, before the page of the record.
    pub base: Option<Url>,
    /// The page of the record.
    pub page: Option<String>,
    files: Vec<File>,
    small: Vec<File>,
}

impl Media {
    /// Adds a file with its media type, its description and its credit line.
    pub fn push(
        &mut self,
        url: &str,
        kind: Option<&str>,
        alt: Option<String>,
        credit: Option<String>,
    ) {
        let kind = kind.map(str::to_ascii_lowercase);
        self.files.push(File { url: url.to_owned(), kind, alt, credit });
    }

    /// Adds a file that is known to be a picture, whatever its name.
    pub fn push_picture(&mut self, url: &str) {
        self.push(url, Some("image/jpeg"), None, None);
    }

    /// Adds a small picture, which is taken where there is no other.
    pub fn push_small(&mut self, url: &str, alt: Option<String>, credit: Option<String>) {
        self.small.push(File { url: url.to_owned(), kind: None, alt, credit });
    }

    /// What relative URLs are relative to.
    fn base(&self) -> Option<Url> {
        self.base.clone().or_else(|| Url::parse(self.page.as_deref()?).ok())
    }
}

fn absolute(url: &str, base: Option<&Url>) -> Option<String> {
    words::web_url(url).or_else(|| words::web_url(base?.join(url).ok()?.as_str()))
}

/// The picture as an article has it, and a sentence for each file that is lost.
pub fn picture(media: &Media) -> (Option<Value>, Vec<String>) {
    let base = media.base();
    let is_picture = |file: &&File| file.is_picture();
    let mut candidates = media.files.iter().filter(is_picture).chain(&media.small);
    let chosen = candidates.find_map(|file| Some((absolute(&file.url, base.as_ref())?, file)));
    let rest = media.files.iter().filter(|file| {
        let url = absolute(&file.url, base.as_ref());
        url.is_none() || url.as_ref() != chosen.as_ref().map(|(url, _)| url)
    });
    let mut lost = words::each_once(rest.map(|file| {
        let kind = file.kind.as_deref().unwrap_or("of no type");
        format!("lost: a file that came with it ({kind}): {}", file.url)
    }));
    if let Some(more) = lost.len().checked_sub(LOST_MAX).filter(|more| *more > 0) {
        lost.truncate(LOST_MAX);
        lost.push(format!("lost: {more} more files that came with it"));
    }
    let cut =
        |text: &Option<String>, max: usize| text.as_deref().map(|text| words::cut(text, max).0);
    let image = chosen.map(|(url, file)| {
        json!({"url": url, "alt": cut(&file.alt, ALT_MAX), "credit": cut(&file.credit, CREDIT_MAX)})
    });
    (image, lost)
}

impl File {
    fn is_picture(&self) -> bool {
        match &self.kind {
            Some(kind) => {
                let name = kind.split(';').next().unwrap_or_default().trim();
                name.strip_prefix("image/").is_some_and(|name| TYPES.contains(&name))
            }
            None => {
                let path = self.url.split(['?', '#']).next().unwrap_or_default();
                let ending = path.rsplit_once('.').map_or("", |(_, ending)| ending);
                ENDINGS.iter().any(|known| known.eq_ignore_ascii_case(ending))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_picture_is_taken_and_the_rest_is_told() {
        let mut media = Media { page: Some("https://x.example/a/".to_owned()), ..Media::default() };
        media.push("https://x.example/a.mp3", Some("image/mp3"), None, None);
        media.push("b.png?c=1", Some("image/PNG"), Some("Waves".to_owned()), None);
        media.push("https://x.example/c.JPG", None, None, None);
        media.push_small("https://x.example/d.jpg", None, None);
        let (image, lost) = picture(&media);
        let want = json!({"url": "https://x.example/a/b.png?c=1", "alt": "Waves", "credit": null});
        assert_eq!(image, Some(want));
        assert_eq!(
            lost,
            [
                "lost: a file that came with it (image/mp3): https://x.example/a.mp3",
                "lost: a file that came with it (of no type): https://x.example/c.JPG"
            ]
        );
        let mut media = Media::default();
        media.push_small("javascript:x", None, None);
        assert_eq!(picture(&media), (None, vec![]));
        for number in 0..5_000 {
            media.push(&format!("https://x.example/{number}.mp3"), Some("audio/mpeg"), None, None);
        }
        let (_, lost) = picture(&media);
        assert_eq!(lost.len(), LOST_MAX + 1);
        assert_eq!(lost[LOST_MAX], "lost: 4980 more files that came with it");
    }
}
