//! The place at the start of a news text: `[MOSCOW]`, `BERLIN, 9 January (Agency) -`.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::blocks::{Block, Form};

/// Words in capital letters at the start of a text that are no places: marks of editors, and agencies. A text that
/// begins with one has no dateline.
const NOT_PLACES: [&str; 151] = [
    "AD", "ADS", "ADV", "ADVERTISEMENT", "ADVERTORIAL", "AFP", "ALERT", "ANALYSE", "ANALYSIS",
    "ANNONCE", "ANSA", "ANZEIGE", "AP", "APA", "ARCHIV", "ARCHIVE", "ARCHIVED", "AUDIO", "AWP",
    "BBC", "BPT", "BREAKING", "CAUTION", "CLARIFICATION", "CNN", "COLUMN", "COMMENT", "COMMENTARY",
    "CONFIDENCIAL", "CONFIDENTIAL", "CONFIDENTIEL", "CONTENT", "CORRECTED", "CORRECTION",
    "DELETED", "DPA", "DRAFT", "EDITOR", "EDITORIAL", "EDITORS", "EFE", "EMBARGO", "EMBARGOED",
    "END", "ENDS", "ESSAI", "ESSAY", "EXCLUSIF", "EXCLUSIVE", "EXKLUSIV", "EXPIRED", "FACT", "FAQ",
    "FEATURE", "FILE", "FIRST", "FOTO", "FOTOS", "GALLERY", "GLOSSE", "HOAX", "INTERFAX", "INTERN",
    "INTERNAL", "INTERVIEW", "JOKE", "KNA", "KOMMENTAR", "LEAD", "LEGAL", "LIVE", "MORE", "NAPSI",
    "NASDAQ", "NEWS", "NEWSWIRE", "NOTE", "NOTICE", "NYSE", "OBITUARY", "OPINION", "OPINIÃO",
    "OPINIÓN", "OUTDATED", "PAID", "PARODIA", "PARODIE", "PARODY", "PARTNER", "PAYWALL", "PHOTO",
    "PHOTOS", "PODCAST", "POLL", "PREMIUM", "PRESS", "PREVIEW", "PRNEWSWIRE", "PROFILE", "PROMO",
    "PROMOTION", "PUBLI", "PUBLICATION", "PUBLICIDAD", "PUBLICITE", "PUBLICITÉ", "PUBLIREPORTAJE",
    "QUIZ", "RECAP", "RECIPE", "REDACTED", "REMOVED", "REPORT", "REPOST", "RETRACTED", "REUTERS",
    "REVIEW", "RUMOR", "RUMOUR", "SATIRA", "SATIRE", "SDA", "SIC", "SPECIAL", "SPOILER",
    "SPONSORED", "SPONSORISÉ", "TASS", "TEST", "TRAILER", "TRANSCRIPT", "TRANSLATION", "TRIBUNE",
    "UPDATE", "UPDATED", "UPI", "URGENT", "VIDEO", "WARNING", "WATCH", "WERBUNG", "WITHDRAWN",
    "XINHUA", "МНЕНИЕ", "ОБНОВЛЕНИЕ", "ОБНОВЛЕНО", "ПАРОДИЯ", "РЕКЛАМА", "САТИРА", "СРОЧНО",
    "ТАСС",
];
/// Places with short names. Other short words in capital letters are mostly names of bodies (`NASA`, `ЦСКА`).
const SHORT_PLACES: [&str; 67] = [
    "ADEN", "APIA", "BAKU", "BALI", "BARI", "BERN", "BONN", "BRNO", "CALI", "CHAD", "CORK", "CUBA",
    "DOHA", "FIJI", "GAZA", "GENF", "GENT", "GERA", "GRAZ", "GUAM", "HULL", "IOWA", "IRAK", "IRAN",
    "IRAQ", "KIEL", "KIEV", "KIEW", "KYIV", "KÖLN", "LAOS", "LEÓN", "LIMA", "LINZ", "LODZ", "LOMÉ",
    "LVIV", "LYON", "MALI", "METZ", "NICE", "OHIO", "OMAN", "OSLO", "PERU", "PISA", "RIGA", "ROM",
    "ROMA", "ROME", "SUVA", "TOGO", "ULM", "UTAH", "VIGO", "WIEN", "ŁÓDŹ", "БАКУ", "КИЕВ", "ОМСК",
    "ОСЛО", "РИГА", "РИМ", "СОЧИ", "ТУЛА", "УФА", "ЧИТА",
];
/// Places of several words. Others are mostly a note (`STAFF REPORT`, `PAID CONTENT`).
const LONG_PLACES: [&str; 52] = [
    "ABU DHABI", "ADDIS ABABA", "ADDIS ABEBA", "BAD HOMBURG", "BUENOS AIRES", "CAPE TOWN",
    "DEN HAAG", "DES MOINES", "EL PASO", "FRANKFURT AM MAIN", "GUATEMALA CITY",
    "HALLE AN DER SAALE", "HO CHI MINH CITY", "HONG KONG", "JERSEY CITY", "KANSAS CITY",
    "KUALA LUMPUR", "KUWAIT CITY", "LA HAVANE", "LA PAZ", "LA ROCHELLE", "LE CAIRE", "LE HAVRE",
    "LE MANS", "MEXICO CITY", "NEW DELHI", "NEW HAVEN", "NEW JERSEY", "NEW MEXICO", "NEW ORLEANS",
    "NEW YORK", "NEW YORK CITY", "NEW ZEALAND", "NORTH KOREA", "OKLAHOMA CITY", "PALM BEACH",
    "PALO ALTO", "PANAMA CITY", "PHNOM PENH", "RIO DE JANEIRO", "SALT LAKE CITY", "SAUDI ARABIA",
    "SIERRA LEONE", "SOUTH AFRICA", "SOUTH KOREA", "SRI LANKA", "TEL AVIV", "THE HAGUE",
    "VATICAN CITY", "WASHINGTON DC", "WASHINGTON D.C.", "WEST PALM BEACH",
];
/// Words that names of places begin with.
const PLACE_BEGINS: [&str; 15] = [
    "FORT", "LAS", "LOS", "PORT", "PUERTO", "SAINT", "SAN", "SANKT", "SANTA", "SANTO", "SAO",
    "ST.", "SÃO", "ВЕЛИКИЙ", "НИЖНИЙ",
];
/// Ends of words that are rarely places: `COMPILATION`, `STATEMENT`. Of these too it is only told.
const NOTE_ENDS: [&str; 6] = ["ENTIAL", "MENT", "MENTS", "SSION", "TION", "TIONS"];
/// Fewest letters of a place that needs no list.
const PLACE_LETTERS_MIN: usize = 5;
/// Longest dateline, in code points.
const PLACE_MAX: usize = 60;
/// How much of a text is looked at, in bytes.
const LOOKED_AT: usize = 300;
/// What stands around a dateline for emphasis.
const EMPHASIS: [(&str, &str); 9] = [
    ("", ""),
    ("**", "**"),
    ("__", "__"),
    ("*", "*"),
    ("_", "_"),
    ("<strong>", "</strong>"),
    ("<b>", "</b>"),
    ("<em>", "</em>"),
    ("<i>", "</i>"),
];
/// What stands between a dateline and its text, as HTML may write it.
const BETWEEN: [&str; 9] =
    ["&nbsp;", "&ndash;", "&mdash;", "&#160;", "&#8211;", "&#8212;", "\u{2013}", "\u{2014}", ":"];

/// A pattern of this file.
fn pattern(text: &str) -> Regex {
    #[expect(clippy::expect_used, reason = "fixed patterns, which the tests use")]
    Regex::new(text).expect("a regular expression")
}

/// A place in brackets, in capital letters.
static BRACKETED: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^([\[(])[ ]?(\p{Lu}[\p{Lu}\p{M}'\u{2019}., /-]*)[ ]?([\])])"));
/// Other forms of datelines.
static OTHER: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    let capitals = r"\p{Lu}[\p{Lu}\p{M}'\u{2019}. /-]{2,40}";
    let name = r"\p{Lu}[\p{Ll}\p{M}'\u{2019}-]+(?: (?:\p{Lu}|d[aeiu]|am|an|sur)[\p{Ll}\p{M}'\u{2019}-]*){0,3}";
    let dash = r"\s*(?:-{1,2}|\u{2013}|\u{2014})\s";
    // With a letter: a number is an age.
    let agency = r"\s?\([^()\n]{0,20}\p{L}[^()\n]{1,30}\)";
    let more = r", [^()\n\u{2013}\u{2014}]{2,40}?";
    let dated = r", (?:[^()\n\u{2013}\u{2014}]{2,30}, )?[^()\n\u{2013}\u{2014},]{0,12}\d{1,2}[^()\n\u{2013}\u{2014}]{0,20}?";
    [
        // MOSCOW (Agency) - MOSCOW, Russia (Agency) -
        format!("^({capitals})(?:{more})?{agency}{dash}"),
        format!("^({name})(?:{more})?{agency}{dash}"),
        // BERLIN, 9 January -
        format!("^({capitals}){dated}{dash}"),
        format!("^({name}){dated}{dash}"),
        // LONDON -
        format!("^({capitals}){dash}"),
        // (Berlin, 9 January) - [Berlin] -
        format!(r"^[\[(]({name})(?:{dated})?[\])]{dash}"),
        format!(r"^[\[(]({capitals}){dated}[\])]"),
    ]
    .iter()
    .map(|text| pattern(text))
    .collect()
});

/// A dateline at the start of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dateline {
    /// Where it begins, in the source.
    pub at: usize,
    /// The words of it, as readers see them.
    pub words: String,
    /// The place, and what is to be taken out of the source with it; `None` if that is for editors to decide.
    pub place: Option<(String, Range<usize>)>,
}

/// The dateline of a text, if it begins with one.
#[must_use]
pub fn find(body: &str, blocks: &[Block], is_markdown: bool) -> Option<Dateline> {
    let mut texts = blocks.iter().filter(|block| !block.is_blank() && block.form != Form::Heading);
    let block = texts.next().filter(|block| block.form == Form::Paragraph)?;
    let text = block.text.get(..block.text.floor_char_boundary(LOOKED_AT))?;
    let at = block.range.start;
    if let Some(found) = BRACKETED.captures(text) {
        let place = found[2].trim().trim_end_matches(',').to_owned();
        let is_pair = matches!((&found[1], &found[3]), ("[", "]") | ("(", ")"));
        if !is_pair || is_mark(&place) {
            return None;
        }
        let behind = text[found[0].len()..].trim_start_matches(is_between);
        let is_certain = is_place(&place) && begins_sentence(behind);
        let taken = is_certain.then(|| taken_out(body, block, &found[0], is_markdown)).flatten();
        let place = taken.map(|taken| (place, taken));
        return Some(Dateline { at, words: found[0].to_owned(), place });
    }
    let found = OTHER.iter().find_map(|form| form.captures(text))?;
    let words = found[0].trim_end_matches(is_between).to_owned();
    let place = found[1].trim_end_matches(is_between);
    let letters = place.chars().filter(|c| c.is_alphabetic()).count();
    let is_short = words == place && letters < PLACE_LETTERS_MIN;
    let is_one = !is_mark(&found[1]) && (!is_short || SHORT_PLACES.contains(&words.as_str()));
    is_one.then_some(Dateline { at, words, place: None })
}

/// True for what stands between a dateline and its text.
pub fn is_between(c: char) -> bool {
    c.is_whitespace() || matches!(c, '-' | '\u{2013}' | '\u{2014}' | ':')
}

/// True for words that are a mark of an editor or an agency, or a number.
fn is_mark(words: &str) -> bool {
    let is_end = |c: char| !c.is_alphanumeric();
    let is_roman = words.chars().all(|c| "IVXLCDM".contains(c));
    let mut words = words.split(is_end).map(str::to_uppercase);
    is_roman || words.any(|word| NOT_PLACES.contains(&word.as_str()))
}

/// True for words in capital letters that are certainly meant as a place: one word, or a known form; behind a comma
/// the region or country.
fn is_place(words: &str) -> bool {
    let name = words.split(',').next().unwrap_or_default().trim();
    let letters = name.chars().filter(|c| c.is_alphabetic()).count();
    let is_fit = words.chars().count() <= PLACE_MAX;
    let is_name = match name.split_once(' ') {
        Some((first, _)) => LONG_PLACES.contains(&name) || PLACE_BEGINS.contains(&first),
        None => {
            let is_long = letters >= PLACE_LETTERS_MIN;
            let is_note = NOTE_ENDS.iter().any(|end| name.ends_with(end));
            is_long && !is_note || SHORT_PLACES.contains(&name)
        }
    };
    is_fit && is_name
}

/// True for the start of a sentence, and where nothing follows.
fn begins_sentence(text: &str) -> bool {
    let first = text.chars().next();
    first.is_none_or(|c| {
        !c.is_lowercase()
            && (c.is_alphanumeric() || "\"'([\u{ab}\u{201c}\u{201e}\u{2018}".contains(c))
    })
}

/// The place of a dateline in the source, with what stands between it and the text; `None` if it is written in another
/// way there, or what follows would be read as markup without it.
fn taken_out(body: &str, block: &Block, words: &str, is_markdown: bool) -> Option<Range<usize>> {
    let source = &body[block.inner.clone()];
    let start = block.inner.start + source.len() - source.trim_start().len();
    let source = source.trim_start();
    let written = EMPHASIS.iter().find_map(|(open, close)| {
        let rest = source.strip_prefix(open)?;
        // Markdown may write the brackets with backslashes.
        let rest = match rest.strip_prefix('\\').filter(|_| is_markdown) {
            Some(escaped) => {
                let (inner, last) = words.split_at(words.len() - 1);
                escaped.strip_prefix(inner)?.strip_prefix('\\')?.strip_prefix(last)?
            }
            None => rest.strip_prefix(words)?,
        };
        // Emphasis that goes on behind it is none of its own.
        between(rest).strip_prefix(close).or_else(|| rest.strip_prefix(close))
    })?;
    let behind = between(written);
    if behind.is_empty() {
        return Some(block.range.clone());
    }
    let is_markup = |c: char| c.is_ascii_digit() || "#>+*=|~`<".contains(c);
    if is_markdown && behind.starts_with(is_markup) {
        return None;
    }
    Some(start..start + source.len() - behind.len())
}

/// A text without the dash and spaces that it begins with.
fn between(mut text: &str) -> &str {
    loop {
        let trimmed = text.trim_start();
        let hyphens = trimmed.trim_start_matches('-');
        // A minus belongs to its number.
        let is_minus =
            hyphens.len() < trimmed.len() && hyphens.starts_with(|c: char| c.is_ascii_digit());
        let trimmed = if is_minus { trimmed } else { hyphens };
        let next = BETWEEN.iter().find_map(|mark| trimmed.strip_prefix(mark)).unwrap_or(trimmed);
        if next.len() == text.len() {
            return text;
        }
        text = next;
    }
}

#[cfg(test)]
mod tests {
    use super::super::{html, markdown, plain};
    use super::*;

    /// The place, and the text without it.
    fn moved(body: &str, blocks: &[Block], is_markdown: bool) -> Option<(String, String)> {
        let (place, range) = find(body, blocks, is_markdown)?.place?;
        Some((place, format!("{}{}", &body[..range.start], &body[range.end..])))
    }

    fn markdown(body: &str) -> Option<(String, String)> {
        moved(body, &markdown::blocks(body).list, true)
    }

    fn told(body: &str) -> Option<String> {
        find(body, &markdown::blocks(body).list, true).map(|found| found.words)
    }

    #[test]
    fn a_place_in_brackets_is_taken_out() {
        for (body, place, rest) in [
            ("[MOSCOW] The strait is open.", "MOSCOW", "The strait is open."),
            ("(BERLIN) \u{2013} Die Brücke", "BERLIN", "Die Brücke"),
            ("# A\n\n(WASHINGTON, D.C.) - \"We", "WASHINGTON, D.C.", "# A\n\n\"We"),
            ("(NEW YORK) - Text", "NEW YORK", "Text"),
            ("**[SÃO PAULO]** Text", "SÃO PAULO", "Text"),
            ("*(KÖLN) \u{2014}* Text", "KÖLN", "Text"),
            ("\\[MOSCOW\\] Text", "MOSCOW", "Text"),
            ("(САНКТ-ПЕТЕРБУРГ) Мост", "САНКТ-ПЕТЕРБУРГ", "Мост"),
            ("(ROM)\n\nText", "ROM", "\n\nText"),
            ("[SAN FRANCISCO] Text", "SAN FRANCISCO", "Text"),
            ("[KYIV, UKRAINE] Text", "KYIV, UKRAINE", "Text"),
        ] {
            assert_eq!(markdown(body), Some((place.to_owned(), rest.to_owned())), "{body}");
        }
        let body = "<p><strong>(MOSCOW)</strong>&nbsp;&ndash; The strait</p>";
        let moved_html = moved(body, &html::blocks(body).list, false).unwrap();
        assert_eq!(moved_html, ("MOSCOW".to_owned(), "<p>The strait</p>".to_owned()));
        let body = "[LONDON]\nThe strait";
        let moved_text = moved(body, &plain::blocks(body).list, false).unwrap();
        assert_eq!(moved_text, ("LONDON".to_owned(), "The strait".to_owned()));
    }

    #[test]
    fn other_forms_are_told_of() {
        for (body, words) in [
            ("MOSCOW (Agency) - The strait", "MOSCOW (Agency)"),
            ("MOSCOW, Russia (Agency) \u{2014} The strait", "MOSCOW, Russia (Agency)"),
            ("BERLIN, 9 January - The strait", "BERLIN, 9 January"),
            ("**HAMBURG, 9 January (Northwire)** \u{2013} All", "HAMBURG, 9 January (Northwire)"),
            ("Berlin (dpa) - Die Brücke", "Berlin (dpa)"),
            ("Frankfurt am Main, 9. Januar \u{2013} Die Brücke", "Frankfurt am Main, 9. Januar"),
            ("LONDON -- The strait", "LONDON"),
            ("OSLO - The strait", "OSLO"),
            ("МОСКВА, 9 января \u{2014} Мост", "МОСКВА, 9 января"),
            ("(MOSCOW, 9 January) The strait", "(MOSCOW, 9 January)"),
            // In brackets, but not certain.
            ("(NASA) The agency", "(NASA)"),
            ("(MOSCOW) and others", "(MOSCOW)"),
            ("(BERLIN) 1. FC Union", "(BERLIN)"),
            ("[STAFF WRITERS] The strait", "[STAFF WRITERS]"),
            ("[COMPILATION] The strait", "[COMPILATION]"),
            ("(NASA, ESA) The strait", "(NASA, ESA)"),
        ] {
            assert_eq!(told(body).as_deref(), Some(words), "{body}");
            assert_eq!(markdown(body), None, "{body}");
        }
    }

    #[test]
    fn other_words_are_no_places() {
        for body in [
            "(AP) The strait",
            "[UPDATE] The strait",
            "[SPONSORED] The strait",
            "[PAID CONTENT] The strait",
            "[PUBLICITÉ] The strait",
            "[PARODY] The strait",
            "[VIDEO, MOSCOW] The strait",
            "(III) The strait",
            "(a) The strait",
            "[Moscow](https://site.example) The strait",
            "[MOSCOW]\n\n[MOSCOW]: https://site.example",
            "(MOSCOW] The strait",
            "(The strait is open.) All",
            "NASA - the agency - said",
            "UPDATE - The strait",
            "The mayor (51) - a sailor - said",
            "Ida Marsh (51) - a sailor - said",
            "The strait, 9 miles wide - is",
            "> (MOSCOW) The strait",
            "- (MOSCOW) The strait",
            "The strait\n\n(MOSCOW) The strait",
            "",
        ] {
            assert_eq!(told(body), None, "{body}");
        }
    }
}
