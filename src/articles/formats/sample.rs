//! Articles for the tests of the formats.

use serde_json::Map;

use super::super::api::{ArticleHead, AttachedDisclaimer, Author, Correction, Image, Source};
use super::super::words::{Access, CommentsPolicy, State};
use super::{Feed, Piece, Site};
use crate::disclaimers::words::{BodyFormat, Kind, Placement};
use crate::domain::instant::Instant;

/// The id of the sample.
pub const ID: &str = "0192d5a0-0000-7000-8000-000000000003";
/// When the sample was published: `2026-11-22T10:00:00.000000Z`, a Sunday.
pub const PUBLISHED_AT: Instant = Instant::from_micros(1_795_341_600_000_000);
/// When it was last written: an hour and half a second later.
pub const UPDATED_AT: Instant = Instant::from_micros(1_795_345_200_500_000);

/// A full English article with all that one can have: two disclaimers, the one after the text in
/// Arabic, and two corrections, the second of which is withdrawn.
pub fn piece() -> Piece {
    piece_in("en")
}

/// The same in another language; what is marked as Arabic stays so.
pub fn piece_in(language: &str) -> Piece {
    Piece {
        head: head(language),
        html: Some(
            "<p>The <em>river</em> &amp; its banks.</p>\n\
             <table>\n<thead>\n<tr><th>Gauge</th><th>Level</th></tr>\n</thead>\n\
             <tbody>\n<tr><td>Old Bridge</td><td>4.2 m</td></tr>\n</tbody>\n</table>\n\
             <p lang=\"ar\" dir=\"rtl\">\u{646}\u{647}\u{631}</p>\n"
                .to_owned(),
        ),
        corrections: vec![
            Correction {
                id: "0192d5a0-0000-7000-8000-000000000005".to_owned(),
                note: "An earlier version named the \"wrong\" <bridge>.".to_owned(),
                corrected_at: Instant::from_micros(PUBLISHED_AT.as_micros() + 1_800_000_000),
                withdrawn_at: None,
            },
            Correction {
                id: "0192d5a0-0000-7000-8000-000000000006".to_owned(),
                note: "A correction that was none.".to_owned(),
                corrected_at: Instant::from_micros(PUBLISHED_AT.as_micros() + 2_400_000_000),
                withdrawn_at: Some(UPDATED_AT),
            },
        ],
        disclaimers: vec![agency(), advice()],
        url: "https://news.example/articles/flood-warning".to_owned(),
        url_type: super::HTML,
        api_url: format!("https://api.news.example/v1/articles/{ID}"),
    }
}

/// A licensed article as those see it who may not read it.
pub fn teaser() -> Piece {
    let whole = piece();
    let head = ArticleHead { access: Access::Restricted, ..whole.head }.teaser();
    Piece { head, html: None, corrections: Vec::new(), ..whole }
}

/// An article without anything that one can do without.
pub fn bare() -> Piece {
    let whole = piece();
    let head = ArticleHead {
        summary: None,
        dateline: None,
        authors: Vec::new(),
        source: None,
        external_id: None,
        canonical_url: None,
        section: None,
        tags: Vec::new(),
        image: None,
        published_at: None,
        state: State::Draft,
        ..whole.head
    };
    Piece {
        head,
        html: Some(String::new()),
        corrections: Vec::new(),
        disclaimers: Vec::new(),
        ..whole
    }
}

/// A feed of these articles, with a next page and a hub.
pub fn feed(pieces: Vec<Piece>) -> Feed {
    Feed {
        site: site(),
        about: Some("city, weather".to_owned()),
        url: "https://api.news.example/feeds/articles.rss?section=city&tag=weather".to_owned(),
        next: Some("https://api.news.example/feeds/articles.rss?cursor=abc&tag=weather".to_owned()),
        hub: Some("https://hub.example/".to_owned()),
        pieces,
    }
}

/// The newsroom.
pub fn site() -> Site {
    Site {
        name: "News & Views".to_owned(),
        language: "en".to_owned(),
        home: "https://news.example/".to_owned(),
        api: "https://api.news.example".to_owned(),
        pages: None,
    }
}

/// The disclaimer before the text: of no language, with a link.
pub fn agency() -> AttachedDisclaimer {
    AttachedDisclaimer {
        id: "0192d5a0-0000-7000-8000-000000000002".to_owned(),
        key: "wire-agency".to_owned(),
        version: 1,
        title: "Agency <report>".to_owned(),
        body_html: "<p>From an agency &amp; not edited: \
                    <a href=\"https://wire.example/?a=1&amp;b=2\" rel=\"noopener\">its terms</a>.</p>\n"
            .to_owned(),
        placement: Placement::Before,
        kind: Kind::Provider,
        language: None,
        matched_by: vec!["source:Valley Wire".to_owned()],
    }
}

/// The disclaimer after the text: a legal one, in Arabic.
pub fn advice() -> AttachedDisclaimer {
    AttachedDisclaimer {
        id: "0192d5a0-0000-7000-8000-000000000004".to_owned(),
        key: "no-advice".to_owned(),
        version: 3,
        title: "\u{62a}\u{646}\u{628}\u{64a}\u{647}".to_owned(),
        body_html:
            "<p>\u{644}\u{64a}\u{633} \u{647}\u{630}\u{627} \u{646}\u{635}\u{64a}\u{62d}\u{629} \
                    \u{642}\u{627}\u{646}\u{648}\u{646}\u{64a}\u{629}.</p>\n"
                .to_owned(),
        placement: Placement::After,
        kind: Kind::Legal,
        language: Some("ar".to_owned()),
        matched_by: vec!["manual".to_owned()],
    }
}

fn head(language: &str) -> ArticleHead {
    let author = |name: &str, url: Option<&str>| Author {
        name: name.to_owned(),
        url: url.map(str::to_owned),
    };
    ArticleHead {
        id: ID.to_owned(),
        slug: "flood-warning".to_owned(),
        state: State::Published,
        version: 7,
        title: "Flood <warning> & more".to_owned(),
        summary: Some("The river rises & \"stays\" high.".to_owned()),
        body_format: BodyFormat::Markdown,
        word_count: 12,
        dateline: Some("LOWER VALLEY".to_owned()),
        authors: vec![
            author("Ada Marsh", Some("https://news.example/ada?a=1&b=2")),
            author("Ben <Ito>", None),
        ],
        source: Some(Source {
            name: "Valley & Co Wire".to_owned(),
            url: Some("https://wire.example/1?a=1&b=2".to_owned()),
        }),
        external_id: Some("vw-1".to_owned()),
        canonical_url: Some("https://wire.example/original".to_owned()),
        language: language.to_owned(),
        section: Some("city".to_owned()),
        tags: vec!["weather".to_owned(), "river".to_owned()],
        image: Some(Image {
            url: "https://img.news.example/river.jpg?w=800&h=600".to_owned(),
            alt: Some("The river \"at\" the bridge".to_owned()),
            credit: Some("Photo: C. <Lund>".to_owned()),
        }),
        comments_policy: CommentsPolicy::Open,
        comments_close_at: None,
        comments_open: true,
        access: Access::Public,
        embargo_until: None,
        expires_at: None,
        metadata: Map::new(),
        published_at: Some(PUBLISHED_AT),
        created_at: PUBLISHED_AT,
        updated_at: UPDATED_AT,
    }
}
