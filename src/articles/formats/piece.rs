//! An article as other formats show it, and the feed that it is in.

use super::uri::uri;
use crate::articles::api::{ArticleHead, AttachedDisclaimer, Correction};
use crate::articles::ladder::{Rung, Sight};
use crate::articles::read::Story;
use crate::articles::words::State;
use crate::domain::instant::Instant;
use crate::problem::Problem;
use crate::web::publishing::PagePattern;
use crate::web::reply::JSON;

/// The media type of pages.
pub const HTML: &str = "text/html";

/// Characters of an instant with milliseconds, without its end: "2026-11-22T10:00:00.123".
const MILLIS: usize = 23;
/// Characters of a date: "2026-11-22".
const DATE: usize = 10;

/// The newsroom, as its feeds name it.
#[derive(Clone, Debug)]
pub struct Site {
    /// Its name.
    pub name: String,
    /// Its language (BCP 47).
    pub language: String,
    /// The absolute URL of its start page.
    pub home: String,
    /// The absolute URL under which the API is reached, without a `/` at its end.
    pub api: String,
    /// The URLs of the pages of articles; without them, articles are linked to in the API.
    pub pages: Option<PagePattern>,
}

/// What the URL of an article's page is made of.
#[derive(Clone, Copy, Debug)]
pub struct Page<'a> {
    /// Its id.
    pub id: &'a str,
    /// Its slug.
    pub slug: &'a str,
    /// Its section.
    pub section: Option<&'a str>,
    /// Its language.
    pub language: &'a str,
    /// The time of its publication.
    pub published_at: Option<Instant>,
}

impl Site {
    /// The absolute URL of an article's page.
    #[must_use]
    pub fn url_of(&self, page: Page<'_>) -> String {
        let Some(pages) = &self.pages else {
            return format!("{}/v1/articles/{}", self.api, page.slug);
        };
        let published = page.published_at.map(|at| at.to_string()).unwrap_or_default();
        let date = |nth: usize| {
            let day = published.get(..DATE).unwrap_or_default();
            day.split('-').nth(nth).unwrap_or_default().to_owned()
        };
        pages.url(|place| match place {
            "id" => page.id.to_owned(),
            "slug" => page.slug.to_owned(),
            "section" => page.section.unwrap_or_default().to_owned(),
            "language" => page.language.to_owned(),
            "year" => date(0),
            "month" => date(1),
            _ => date(2),
        })
    }
}

/// A feed, or another document of several articles.
pub struct Feed {
    /// Whose it is.
    pub site: Site,
    /// What it holds, in words ("city, weather"); `None` if nothing narrows it.
    pub about: Option<String>,
    /// Its own absolute URL.
    pub url: String,
    /// The absolute URL of its next page.
    pub next: Option<String>,
    /// The absolute URL of its WebSub hub (W3C WebSub section 4).
    pub hub: Option<String>,
    /// The articles, in order.
    pub pieces: Vec<Piece>,
}

impl Feed {
    /// When something in it last changed; `None` if it is empty.
    #[must_use]
    pub fn updated_at(&self) -> Option<Instant> {
        self.pieces.iter().map(Piece::changed_at).max()
    }

    /// Its title.
    #[must_use]
    pub fn title(&self) -> String {
        match &self.about {
            None => self.site.name.clone(),
            Some(about) => format!("{}: {about}", self.site.name),
        }
    }
}

/// An article as other formats show it.
pub struct Piece {
    /// All but the text; of a licensed article that the caller may not read, what its teaser shows.
    pub head: ArticleHead,
    /// The text as sanitised HTML; `None` in a teaser.
    pub html: Option<String>,
    /// The corrections, in the order in which they were made; none in a teaser. Withdrawn ones are among them.
    pub corrections: Vec<Correction>,
    /// The disclaimers that must be shown with it, in display order, with their texts.
    pub disclaimers: Vec<AttachedDisclaimer>,
    /// The absolute URL of its page for readers.
    pub url: String,
    /// The media type of that page: JSON where no pages are set, and it is the article in the API.
    pub url_type: &'static str,
    /// Its absolute URL in the API, by its id.
    pub api_url: String,
}

/// An article's head as strict readers take it: URLs as URIs, and no embargo that is over.
fn strict(mut head: ArticleHead, at: Instant) -> ArticleHead {
    head.embargo_until = head.embargo_until.filter(|end| *end > at);
    let urls = [
        head.canonical_url.as_mut(),
        head.image.as_mut().map(|image| &mut image.url),
        head.source.as_mut().and_then(|source| source.url.as_mut()),
    ];
    let of_authors = head.authors.iter_mut().filter_map(|author| author.url.as_mut());
    for url in urls.into_iter().flatten().chain(of_authors) {
        *url = uri(url);
    }
    head
}

impl Piece {
    /// An article as shown to a caller: in full, or as a teaser for those who may not read it.
    ///
    /// # Errors
    /// `internal` if a stored member is damaged.
    pub fn new(story: Story, sight: Sight, site: &Site) -> Result<Self, Problem> {
        let story = story.into_parts();
        let reads = sight.reads(Rung::of(&story.row, sight.now));
        let at = story.at;
        let head = strict(ArticleHead::new(story.row, at, story.takes_comments)?, at);
        let corrections = story.corrections.into_iter().filter(|_| reads);
        Ok(Self {
            url: site.url_of(Page {
                id: &head.id,
                slug: &head.slug,
                section: head.section.as_deref(),
                language: &head.language,
                published_at: head.published_at,
            }),
            url_type: if site.pages.is_some() { HTML } else { JSON },
            api_url: format!("{}/v1/articles/{}", site.api, head.id),
            html: story.text.filter(|_| reads).map(|text| text.body_html),
            corrections: corrections.map(Correction::from).collect(),
            disclaimers: story.disclaimers.into_iter().map(AttachedDisclaimer::from).collect(),
            head: if reads { head } else { head.teaser() },
        })
    }

    /// When it last changed for its readers: the last write, or its publication if that was scheduled before.
    #[must_use]
    pub fn changed_at(&self) -> Instant {
        let published_at = self.head.published_at.filter(|_| self.head.state != State::Scheduled);
        published_at.map_or(self.head.updated_at, |at| at.max(self.head.updated_at))
    }

    /// An instant with three digits of the second: there are readers that take more for thousandths as well.
    #[must_use]
    pub fn in_millis(at: Instant) -> String {
        let text = at.to_string();
        text.get(..MILLIS).map_or(text.clone(), |short| format!("{short}Z"))
    }

    /// True if only its teaser is shown.
    #[must_use]
    pub fn is_teaser(&self) -> bool {
        self.html.is_none()
    }
}
