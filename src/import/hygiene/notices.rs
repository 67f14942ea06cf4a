//! Headings and leads that a legal notice stands under, in texts whose newsroom has no disclaimer for it.

use std::collections::HashSet;
use std::sync::LazyLock;

use regex::Regex;
use sha2::{Digest as _, Sha256};

use super::blocks::{Block, Form};
use super::normal::{Word, phrase, words};
use crate::domain::text::hex;

/// The words over a notice, without marks of punctuation. Words that are also the headings of news (`Notice`,
/// `Warning`, `Copyright`) are not among them.
const LABELS: [&str; 83] = [
    // English.
    "disclaimer",
    "disclaimers",
    "legal disclaimer",
    "general disclaimer",
    "medical disclaimer",
    "health disclaimer",
    "financial disclaimer",
    "investment disclaimer",
    "affiliate disclaimer",
    "external links disclaimer",
    "disclaimer of liability",
    "disclaimer of endorsement",
    "disclaimer of warranty",
    "liability disclaimer",
    "limitation of liability",
    "no liability",
    "legal notice",
    "legal notices",
    "legal note",
    "legal information",
    "legal statement",
    "copyright notice",
    "disclosure",
    "disclosures",
    "full disclosure",
    "legal disclosure",
    "financial disclosure",
    "affiliate disclosure",
    "disclosure statement",
    "conflict of interest",
    "conflicts of interest",
    "conflict of interest statement",
    "risk warning",
    "risk disclosure",
    "forward looking statements",
    "safe harbor statement",
    // German.
    "haftungsausschluss",
    "haftungshinweis",
    "rechtlicher hinweis",
    "rechtliche hinweise",
    "rechtshinweis",
    "rechtshinweise",
    "risikohinweis",
    "risikohinweise",
    "transparenzhinweis",
    "urheberrechtshinweis",
    "offenlegung",
    "interessenkonflikt",
    // French.
    "avertissement",
    "avertissement légal",
    "avertissement juridique",
    "avis légal",
    "avis juridique",
    "mention légale",
    "mentions légales",
    "note légale",
    "avis de non-responsabilité",
    "clause de non-responsabilité",
    "décharge de responsabilité",
    "exclusion de responsabilité",
    "limitation de responsabilité",
    "conflit d'intérêts",
    "conflits d'intérêts",
    // Spanish.
    "aviso legal",
    "advertencia legal",
    "nota legal",
    "descargo de responsabilidad",
    "exención de responsabilidad",
    "exoneración de responsabilidad",
    "limitación de responsabilidad",
    "renuncia de responsabilidad",
    "cláusula de exención de responsabilidad",
    "conflicto de intereses",
    // Russian.
    "отказ от ответственности",
    "ограничение ответственности",
    "дисклеймер",
    "правовая информация",
    "правовая оговорка",
    "правовое уведомление",
    "юридическая информация",
    "юридическое уведомление",
    "предупреждение о рисках",
    "конфликт интересов",
];
/// Longest label with its punctuation, in bytes.
const LABEL_MAX: usize = 120;
/// Most blocks under a heading that are taken for its notice; a longer one is a part of the article.
const BLOCKS_MAX: usize = 10;
/// Hexadecimal digits of a digest: enough to tell the notices of a newsroom apart.
const DIGEST_DIGITS: usize = 16;

/// Words in the names of what makes notices to readers: of templates, files and fields.
static NAMES: LazyLock<Regex> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "a fixed pattern, which the tests use")]
    Regex::new(concat!(
        "(?i)disclaim|disclos|notice|legal|imprint|impressum|sponsor|advert|affiliat|correction|corrigend|",
        r"\berrat(?:um|a)\b|copyright|advisory|embargo|haftung|rechtlich|hinweis|berichtigung|gegendarstellung|",
        "mentions[-_ ]?l|avertissement|paid[-_ ]?(?:content|partner|post|promo)|promoted|branded|дисклеймер",
    ))
    .expect("a regular expression")
});
/// [`LABELS`] in the form for comparisons.
static PHRASES: LazyLock<HashSet<String>> =
    LazyLock::new(|| LABELS.iter().map(|label| phrase(label)).collect());
/// The most words of a label.
static WORDS_MAX: LazyLock<usize> = LazyLock::new(|| {
    let counts = PHRASES.iter().map(|label| label.split(' ').count());
    counts.max().unwrap_or_default()
});

/// A notice that may be one of many articles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Where it begins, in the source.
    pub at: usize,
    /// Its heading, as written.
    pub title: String,
    /// Its text.
    pub text: String,
    /// A digest of its words: that of the same notice in other articles.
    pub digest: String,
}

impl Candidate {
    fn new(at: usize, title: &str, text: &str) -> Option<Self> {
        let words: Vec<String> = words(text).into_iter().map(|word| word.text).collect();
        if words.is_empty() {
            return None;
        }
        let mut digest = hex(&Sha256::digest(words.join(" ").as_bytes()));
        digest.truncate(DIGEST_DIGITS);
        let title = title.trim().trim_end_matches([':', '.']).trim_end().to_owned();
        Some(Self { at, title, text: text.trim().to_owned(), digest })
    }
}

/// How many words at the start of a text are a label; the longest one counts.
#[must_use]
pub fn label_words(words: &[Word]) -> usize {
    let longest = words.len().min(*WORDS_MAX);
    let is_label = |count: &usize| {
        let text: Vec<&str> = words[..*count].iter().map(|word| word.text.as_str()).collect();
        PHRASES.contains(&phrase(&text.join(" ")))
    };
    (1..=longest).rev().find(is_label).unwrap_or_default()
}

/// True if what has this name makes a notice to readers.
#[must_use]
pub fn names_notice(name: &str) -> bool {
    NAMES.is_match(name)
}

/// True if a text is nothing but words that stand over a notice.
#[must_use]
pub fn is_label(text: &str) -> bool {
    text.len() <= LABEL_MAX && PHRASES.contains(&phrase(text))
}

/// The notices in a text, in their order.
#[must_use]
pub fn candidates(blocks: &[Block]) -> Vec<Candidate> {
    let mut found = Vec::new();
    let mut number = 0;
    while let Some(block) = blocks.get(number) {
        let is_line = matches!(block.form, Form::Heading | Form::Paragraph);
        if is_line && is_label(&block.text) {
            let under = under(&blocks[number + 1..]);
            let text: Vec<&str> = under.iter().map(|block| block.text.as_str()).collect();
            let text = text.join("\n");
            found.extend(Candidate::new(block.range.start, &block.text, &text));
            number += under.len();
        } else if matches!(block.form, Form::Paragraph | Form::Quote) {
            found.extend(lead(block));
        }
        number += 1;
    }
    found
}

/// The blocks under a heading.
fn under(blocks: &[Block]) -> &[Block] {
    let is_under = |block: &&Block| {
        matches!(block.form, Form::Paragraph | Form::Quote | Form::List) && !is_label(&block.text)
    };
    let count = blocks.iter().take(BLOCKS_MAX).take_while(is_under).count();
    &blocks[..count]
}

/// The notice that a block begins with, or one of its lines.
fn lead(block: &Block) -> Option<Candidate> {
    let text = &block.text;
    let emphasised = block.lead.filter(|lead| is_label(&text[..*lead]));
    if let Some(lead) = emphasised {
        let rest = text[lead..].trim_start_matches(is_between);
        return Candidate::new(block.range.start, &text[..lead], rest);
    }
    let start = (block.range.start, 0);
    let lines = block.breaks.iter().map(|line| (line.at, line.text_at));
    for (at, begins) in std::iter::once(start).chain(lines) {
        let line = &text[begins..];
        let near = &line[..line.floor_char_boundary(LABEL_MAX)];
        let Some(colon) = near.find([':', '\u{ff1a}']).filter(|colon| is_label(&near[..*colon]))
        else {
            continue;
        };
        let rest = line[colon..].trim_start_matches(is_between);
        return Candidate::new(at, &near[..colon], rest);
    }
    None
}

/// What stands between a label and its text.
fn is_between(c: char) -> bool {
    c.is_whitespace() || matches!(c, ':' | '\u{ff1a}' | '.' | '-' | '\u{2013}' | '\u{2014}')
}

#[cfg(test)]
mod tests {
    use super::super::{html, markdown, plain};
    use super::*;

    fn shown(blocks: &[Block]) -> Vec<(String, String)> {
        candidates(blocks).into_iter().map(|found| (found.title, found.text)).collect()
    }

    fn one(title: &str, text: &str) -> Vec<(String, String)> {
        vec![(title.to_owned(), text.to_owned())]
    }

    #[test]
    fn headings_and_leads_are_found_in_five_languages() {
        for (body, title, text) in [
            (
                "A.\n\n## Legal Disclaimer:\n\nSupplied.\n\nUnchecked.\n\n## More\n\nB.",
                "Legal Disclaimer",
                "Supplied.\nUnchecked.",
            ),
            ("A.\n\n**Disclaimer:** Supplied by us.", "Disclaimer", "Supplied by us."),
            (
                "A.\n\n**Haftungsausschluss** \u{2013} Ohne Gew\u{e4}hr.",
                "Haftungsausschluss",
                "Ohne Gew\u{e4}hr.",
            ),
            (
                "A.\n\n*Rechtlicher Hinweis: Ohne Gew\u{e4}hr.*",
                "Rechtlicher Hinweis",
                "Ohne Gew\u{e4}hr.",
            ),
            ("A.\n\nAvertissement\u{a0}: Sans garantie.", "Avertissement", "Sans garantie."),
            (
                "A.\n\n### MENTIONS L\u{c9}GALES\n\n> Sans garantie.",
                "MENTIONS L\u{c9}GALES",
                "Sans garantie.",
            ),
            (
                "A.\n\nDescargo de responsabilidad: Sin garant\u{ed}a.",
                "Descargo de responsabilidad",
                "Sin garant\u{ed}a.",
            ),
            (
                "A.\n\n**Отказ от ответственности**\n\nБез гарантий.",
                "Отказ от ответственности",
                "Без гарантий.",
            ),
            ("A.\n\n> **Disclosure:** I own shares.", "Disclosure", "I own shares."),
            ("A.\nDisclaimer: Supplied.\nB.", "Disclaimer", "Supplied.\nB."),
            ("A.\n\nDisclaimer\n---\n\n- One\n- Two", "Disclaimer", "One\nTwo"),
        ] {
            assert_eq!(shown(&markdown::blocks(body).list), one(title, text), "{body}");
        }
        let html = "<p>A.</p><h4>Legal notice</h4><p>Supplied.</p><hr><p>B</p>";
        assert_eq!(shown(&html::blocks(html).list), one("Legal notice", "Supplied."));
        let html = "<div><small><b>Disclaimer</b>: Supplied.</small></div>";
        assert_eq!(shown(&html::blocks(html).list), one("Disclaimer", "Supplied."));
        let text = "A.\n\nLEGAL NOTICE\n\nSupplied.";
        assert_eq!(shown(&plain::blocks(text).list), one("LEGAL NOTICE", "Supplied."));
    }

    #[test]
    fn texts_about_notices_are_none() {
        for body in [
            "## How to write a legal disclaimer\n\nSay little.",
            "The disclaimer: it says little.",
            "**Disclaimers are dull.** They say little.",
            "Disclosure of the papers took a year.",
            "A disclaimer is text.",
            "## Notice\n\nThe road is closed.",
            "Warning: ice on the road.",
            "## Disclaimer\n",
            "| Disclaimer: |\n|---|\n| x |",
            "```\nDisclaimer: x\n```",
            "- Disclaimer: x",
        ] {
            assert!(shown(&markdown::blocks(body).list).is_empty(), "{body}");
        }
    }

    #[test]
    fn the_same_notice_has_the_same_digest() {
        let digest = |body: &str| candidates(&markdown::blocks(body).list).remove(0).digest;
        let one = digest("A.\n\n**Disclaimer:** Supplied by \"Northwire\".");
        assert_eq!(one.len(), DIGEST_DIGITS);
        assert_eq!(one, digest("## Legal notice\n\nSupplied by *Northwire*"));
        assert_ne!(one, digest("## Legal notice\n\nNot supplied by Northwire"));
        assert_eq!(label_words(&words("Clause de non-responsabilit\u{e9} du site")), 4);
        assert_eq!(label_words(&words("A disclaimer")), 0);
    }

    #[test]
    fn notices_are_known_by_names() {
        for name in
            ["disclaimer.html", "LegalNotice", "paid_content", "haftung", "Errata", "CORRIGENDUM"]
        {
            assert!(names_notice(name), "{name}");
        }
        for name in ["MONTSERRAT", "MOSCOW", "related", "prepaid", "SENEGAL"] {
            assert!(!names_notice(name), "{name}");
        }
    }
}
