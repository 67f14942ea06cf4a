//! The HTML of an article as feeds show it: its text with all that must be shown with it.
//!
//! Its parts stand beside each other, each with its own language and direction, in elements that
//! readers of feeds keep: `div`, `p`, `strong`, `time`. What a reader drops (`role`, `class`) only
//! adds to them. A disclaimer for all languages says that its language is unknown (`lang=""`), or it
//! would take that of the article around it.

use icu_locale::{Direction, Locale, LocaleDirectionality};

use super::Piece;
use crate::articles::api::{AttachedDisclaimer, Correction};
use crate::disclaimers::words::{Kind, Placement};
use crate::domain::language::canonical;
use crate::domain::markup::{escape_into, plain_text};

/// An article as HTML: the disclaimers before it, dateline, text, corrections, the disclaimers after
/// it. A teaser has its summary for a text.
#[must_use]
pub fn content(piece: &Piece) -> String {
    between_notices(piece, |out| {
        if let Some(dateline) = &piece.head.dateline {
            out.push_str("<p class=\"dateline\">");
            escape_into(dateline, out);
            out.push_str("</p>\n");
        }
        match &piece.html {
            Some(html) => out.push_str(html),
            None => summary_into(piece, out),
        }
        corrections_into(&piece.corrections, out);
    })
}

/// An article's summary as HTML, with its corrections and between its disclaimers: for readers that
/// show nothing else. Without a summary, there are only these.
#[must_use]
pub fn brief(piece: &Piece) -> String {
    between_notices(piece, |out| {
        summary_into(piece, out);
        corrections_into(&piece.corrections, out);
    })
}

/// An article's summary as plain text, on its own; `None` if it has none.
#[must_use]
pub fn plain_summary(piece: &Piece) -> Option<&str> {
    piece.head.summary.as_deref().map(str::trim).filter(|summary| !summary.is_empty())
}

/// The legal disclaimers of an article as HTML; `None` if it carries none.
#[must_use]
pub fn rights(piece: &Piece) -> Option<String> {
    let mut out = String::new();
    legal(piece).for_each(|disclaimer| notice_into(disclaimer, &mut out));
    Some(out).filter(|out| !out.is_empty())
}

/// The legal disclaimers of an article as plain text, a line each; `None` if it carries none.
#[must_use]
pub fn plain_rights(piece: &Piece) -> Option<String> {
    let lines = legal(piece).map(|disclaimer| {
        let text = plain_text(&disclaimer.body_html);
        let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
        format!("{}: {words}", disclaimer.title)
    });
    Some(lines.collect::<Vec<_>>().join("\n")).filter(|text| !text.is_empty())
}

/// The direction of a language's script, as the attribute `dir` has it; `None` if it is not known.
#[must_use]
pub fn direction(tag: &str) -> Option<&'static str> {
    // The canonical form has no extended language subtags, which this parser does not know.
    let locale = canonical(tag).parse::<Locale>().ok()?;
    match LocaleDirectionality::new_extended().get(&locale.id)? {
        Direction::RightToLeft => Some("rtl"),
        Direction::LeftToRight => Some("ltr"),
        _ => None,
    }
}

fn legal(piece: &Piece) -> impl Iterator<Item = &AttachedDisclaimer> {
    piece.disclaimers.iter().filter(|disclaimer| disclaimer.kind == Kind::Legal)
}

fn between_notices(piece: &Piece, inner: impl FnOnce(&mut String)) -> String {
    let mut out = String::new();
    notices_into(piece, Placement::Before, &mut out);
    let mut text = String::new();
    inner(&mut text);
    if !text.is_empty() {
        out.push_str("<div");
        language_into(Some(&piece.head.language), &mut out);
        out.push_str(">\n");
        out.push_str(&text);
        end_line(&mut out);
        out.push_str("</div>\n");
    }
    notices_into(piece, Placement::After, &mut out);
    out
}

fn notices_into(piece: &Piece, placement: Placement, out: &mut String) {
    let placed = piece.disclaimers.iter().filter(|disclaimer| disclaimer.placement == placement);
    placed.for_each(|disclaimer| notice_into(disclaimer, out));
}

fn notice_into(disclaimer: &AttachedDisclaimer, out: &mut String) {
    out.push_str("<div class=\"disclaimer ");
    out.push_str(disclaimer.kind.word());
    out.push_str("\" role=\"note\"");
    language_into(disclaimer.language.as_deref(), out);
    out.push_str(">\n<p><strong>");
    escape_into(&disclaimer.title, out);
    out.push_str("</strong></p>\n");
    out.push_str(&disclaimer.body_html);
    end_line(out);
    out.push_str("</div>\n");
}

/// The attributes of a text's language and direction.
fn language_into(language: Option<&str>, out: &mut String) {
    out.push_str(" lang=\"");
    escape_into(language.unwrap_or_default(), out);
    out.push_str("\" dir=\"");
    out.push_str(language.and_then(direction).unwrap_or("auto"));
    out.push('"');
}

fn summary_into(piece: &Piece, out: &mut String) {
    if let Some(summary) = plain_summary(piece) {
        out.push_str("<p>");
        lines_into(summary, out);
        out.push_str("</p>\n");
    }
}

/// Corrections that stand, with their times. No word names them: it would be of another language than
/// the article.
fn corrections_into(corrections: &[Correction], out: &mut String) {
    for correction in corrections.iter().filter(|correction| correction.withdrawn_at.is_none()) {
        let at = correction.corrected_at.to_string();
        let (day, time) = (at.get(..10).unwrap_or_default(), at.get(11..16).unwrap_or_default());
        out.push_str("<p class=\"correction\"><time dir=\"ltr\" datetime=\"");
        out.push_str(&at);
        out.push_str("\">");
        out.push_str(day);
        out.push(' ');
        out.push_str(time);
        out.push_str(" UTC</time>: ");
        lines_into(&correction.note, out);
        out.push_str("</p>\n");
    }
}

/// A plain text of one or more lines.
fn lines_into(text: &str, out: &mut String) {
    for (at, line) in text.trim().lines().enumerate() {
        if at > 0 {
            out.push_str("<br>\n");
        }
        escape_into(line, out);
    }
}

fn end_line(out: &mut String) {
    if !out.ends_with('\n') {
        out.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;
    use crate::articles::words::State;
    use crate::domain::instant::Instant;

    fn position(html: &str, part: &str) -> usize {
        html.find(part).unwrap_or_else(|| panic!("{part} is missing in {html}"))
    }

    #[test]
    fn disclaimers_stand_around_the_text_in_full() {
        let html = content(&sample::piece());
        let parts = [
            "<div class=\"disclaimer provider\" role=\"note\" lang=\"\" dir=\"auto\">",
            "<p><strong>Agency &lt;report&gt;</strong></p>",
            &sample::agency().body_html,
            "<div lang=\"en\" dir=\"ltr\">\n<p class=\"dateline\">LOWER VALLEY</p>\n<p>The <em>river</em>",
            "<td>4.2 m</td>",
            "<time dir=\"ltr\" datetime=\"2026-11-22T10:30:00.000000Z\">2026-11-22 10:30 UTC</time>: An",
            "&quot;wrong&quot; &lt;bridge&gt;",
            "<div class=\"disclaimer legal\" role=\"note\" lang=\"ar\" dir=\"rtl\">",
            &sample::advice().title,
            &sample::advice().body_html,
        ];
        let places: Vec<usize> = parts.iter().map(|part| position(&html, part)).collect();
        assert!(places.is_sorted(), "{html}");
        assert!(!html.contains("that was none") && !html.contains("stays"), "{html}");
        assert_eq!(html.matches("<div").count(), html.matches("</div>").count());
        assert!(
            content(&sample::piece_in("ar")).contains("<div lang=\"ar\" dir=\"rtl\">\n<p class")
        );
    }

    #[test]
    fn a_teaser_has_its_summary_and_its_disclaimers() {
        let html = content(&sample::teaser());
        for part in [
            &sample::agency().body_html,
            "LOWER VALLEY",
            "<p>The river rises &amp; &quot;stays&quot; high.</p>",
            &sample::advice().body_html,
        ] {
            position(&html, part);
        }
        assert!(!html.contains("4.2 m"), "{html}");
        let brief = brief(&sample::piece());
        for part in [&sample::agency().body_html, "high.</p>", "10:30", &sample::advice().body_html]
        {
            position(&brief, part);
        }
        assert!(!brief.contains("4.2 m"), "{brief}");
        let bare = sample::bare();
        assert_eq!(
            (content(&bare), plain_summary(&bare), rights(&bare)),
            (String::new(), None, None)
        );
        assert_eq!(plain_rights(&bare), None);
    }

    #[test]
    fn legal_disclaimers_are_the_rights() {
        let piece = sample::piece();
        let html = rights(&piece).unwrap();
        assert!(html.contains(&sample::advice().body_html), "{html}");
        assert!(!html.contains("agency"), "{html}");
        let text = plain_rights(&piece).unwrap();
        assert!(text.starts_with(&format!("{}: ", sample::advice().title)), "{text}");
        assert!(!text.contains(['<', '\n']), "{text}");
    }

    #[test]
    fn what_was_scheduled_changed_when_it_went_public() {
        let mut piece = sample::piece();
        assert_eq!(piece.changed_at(), sample::UPDATED_AT);
        piece.head.updated_at = Instant::from_micros(0);
        assert_eq!(piece.changed_at(), sample::PUBLISHED_AT);
        piece.head.state = State::Scheduled;
        assert_eq!(piece.changed_at(), Instant::from_micros(0));
    }

    #[test]
    fn a_tag_says_its_direction() {
        for (tag, dir) in [
            ("en", Some("ltr")),
            ("en-GB-x-copy", Some("ltr")),
            ("AR", Some("rtl")),
            ("iw", Some("rtl")),
            ("fa-AF", Some("rtl")),
            ("ur", Some("rtl")),
            ("ckb", Some("rtl")),
            ("yi-Latn", Some("ltr")),
            ("az-Arab", Some("rtl")),
            ("zh-yue-HK", Some("ltr")),
            ("de-1996", Some("ltr")),
            ("x-copy", None),
            ("qaa", None),
            ("", None),
        ] {
            assert_eq!(direction(tag), dir, "{tag}");
        }
    }
}
