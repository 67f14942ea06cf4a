//! Slugs: the names of articles and disclaimers in URLs.

use super::ids::parse_id;

/// The pattern of a slug.
pub const SLUG_PATTERN: &str = "^[a-z0-9]+(-[a-z0-9]+)*$";
/// Longest slug, in characters: keeps a URL below the length at which proxies and mail programs
/// truncate.
pub const SLUG_MAX: usize = 200;
/// The slug of a title that has no letters or digits to transliterate.
const NAMELESS: &str = "article";

/// True if `text` is a valid slug. A UUID has the same form, but is refused:
/// `/v1/articles/{id or slug}` must know which of the two it was given.
#[must_use]
pub fn is_slug(text: &str) -> bool {
    let well_formed = !text.is_empty()
        && text.len() <= SLUG_MAX
        && text.split('-').all(|word| {
            !word.is_empty() && word.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
        });
    well_formed && parse_id(text).is_none()
}

/// Converts any text to a slug, with a fallback name for a text that cannot be transliterated or
/// would read as an id.
#[must_use]
pub fn slugify(text: &str) -> String {
    match spell(text) {
        None => NAMELESS.to_owned(),
        Some(slug) if parse_id(&slug).is_some() => format!("{NAMELESS}-{slug}"),
        Some(slug) => slug,
    }
}

/// The replacement for a character that the transliteration table lacks or has wrong.
fn spelled(c: char) -> char {
    match c {
        // Schwa, a letter of Azerbaijani, and related letters.
        '\u{18e}' | '\u{18f}' | '\u{1dd}' | '\u{259}' | '\u{4d8}'..='\u{4db}' => 'e',
        '\u{526}' | '\u{527}' => 'h',
        '\u{245}' => 'v',
        // Alef, ayin and related letters: readers take them for vowels.
        '\u{5d0}' | '\u{5e2}' | '\u{623}' | '\u{627}' | '\u{629}' | '\u{639}' | '\u{649}' => 'a',
        '\u{625}' => 'i',
        // A currency sign is not a word; the euro sign is transliterated.
        '\u{20ac}' => c,
        c if is_currency(c) => ' ',
        c => c,
    }
}

/// True if `c` is a currency sign (Unicode: Sc).
fn is_currency(c: char) -> bool {
    use icu_properties::props::{EnumeratedProperty as _, GeneralCategory};
    GeneralCategory::for_char(c) == GeneralCategory::CurrencySymbol
}

/// Converts a text to a slug: transliterated to ASCII, lower case, words joined by hyphens, cut at
/// the end of a word if it is too long; `None` if it has no letters or digits to transliterate.
#[must_use]
pub fn spell(text: &str) -> Option<String> {
    let known: String = text.chars().map(spelled).collect();
    let ascii = deunicode::deunicode(&known);
    let mut slug = String::new();
    for word in ascii
        // An apostrophe joins ("don't" -> "dont"), anything else separates.
        .replace(['\'', '\u{2019}'], "")
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
    {
        let room = SLUG_MAX.saturating_sub(slug.len() + usize::from(!slug.is_empty()));
        if word.len() > room {
            if slug.is_empty() {
                slug = word[..SLUG_MAX].to_ascii_lowercase();
            }
            break;
        }
        if !slug.is_empty() {
            slug.push('-');
        }
        slug.push_str(&word.to_ascii_lowercase());
    }
    (!slug.is_empty()).then_some(slug)
}

/// `base` with the suffix `-number`, shortened so that it is still a valid slug.
#[must_use]
pub fn with_suffix(base: &str, number: u64) -> String {
    let suffix = format!("-{number}");
    let room = SLUG_MAX - suffix.len();
    let stem = &base[..base.len().min(room)];
    format!("{}{suffix}", stem.trim_end_matches('-'))
}

/// Numbers that are tried one by one: gaps left by deleted articles are filled up to here.
const TRIED_IN_TURN: u64 = 32;

/// The first free variant of `base`: itself, then `-2`, `-3`..
///
/// Past the first 32 it doubles the number until a free one is found and bisects back from there,
/// so that the ten-thousandth "Update" costs some sixty look-ups; a gap may be skipped.
///
/// # Errors
/// The error of `is_taken`.
pub fn first_free<E>(
    base: &str,
    mut is_taken: impl FnMut(&str) -> Result<bool, E>,
) -> Result<String, E> {
    if !is_taken(base)? {
        return Ok(base.to_owned());
    }
    for number in 2..=TRIED_IN_TURN {
        let slug = with_suffix(base, number);
        if !is_taken(&slug)? {
            return Ok(slug);
        }
    }
    let (mut taken, mut free) = (TRIED_IN_TURN, TRIED_IN_TURN * 2);
    while is_taken(&with_suffix(base, free))? {
        taken = free;
        free *= 2;
    }
    while free - taken > 1 {
        let middle = taken + (free - taken) / 2;
        if is_taken(&with_suffix(base, middle))? {
            taken = middle;
        } else {
            free = middle;
        }
    }
    Ok(with_suffix(base, free))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_become_slugs() {
        for (title, slug) in [
            ("Ministry doesn\u{2019}t confirm figures", "ministry-doesnt-confirm-figures"),
            ("  Prix: 5 \u{20ac}, déjà vu! ", "prix-5-eur-deja-vu"),
            ("Москва", "moskva"),
            ("\u{18f}liyev", "eliyev"),
            ("m\u{259}rh\u{259}m\u{259}t", "merhemet"),
            ("\u{4d9}\u{43a}\u{435}", "eke"),
            ("\u{a3}5 fares", "5-fares"),
            ("\u{a5}100 and \u{20b9}20", "100-and-20"),
            ("$5 and \u{20bf}1", "5-and-1"),
            ("!!!", "article"),
            ("", "article"),
            (
                "0192d5a0-0000-7000-8000-000000000000",
                "article-0192d5a0-0000-7000-8000-000000000000",
            ),
        ] {
            assert_eq!(slugify(title), slug, "{title}");
        }
        let long = slugify(&"word ".repeat(100));
        assert!(is_slug(&long) && long.ends_with("word"), "{long}");
        assert_eq!(slugify(&"x".repeat(500)).len(), SLUG_MAX);
    }

    /// Letters of the scripts that newsrooms write in; letters without a transliteration are
    /// listed by code point.
    #[test]
    fn no_letter_of_a_living_alphabet_is_lost() {
        let blocks = [
            0xc0..=0x24f,
            0x370..=0x52f,
            0x531..=0x587,
            0x5d0..=0x5ea,
            0x620..=0x64a,
            0x904..=0x939,
            0x10d0..=0x10f0,
            0x1e00..=0x1eff,
        ];
        let lost: Vec<String> = blocks
            .into_iter()
            .flatten()
            .filter_map(char::from_u32)
            .filter(|c| c.is_alphabetic() && spell(&c.to_string()).is_none())
            .map(|c| format!("{:04x}", u32::from(c)))
            .collect();
        // Clicks, glottal stops, hard and soft signs, numeral signs: transliterated to nothing.
        let silent = "01c0 01c1 01c2 01c3 0241 0242 0374 03cf 03d7 042a 042c 044a 044c 048c 048d 04c0 0559 0621 0640";
        assert_eq!(lost.join(" "), silent);
    }

    #[test]
    fn only_slugs_are_slugs() {
        for text in ["a", "a-b", "2026", "x1-y2"] {
            assert!(is_slug(text), "{text}");
        }
        let long = "a".repeat(SLUG_MAX + 1);
        for text in [
            "",
            "-",
            "a-",
            "-a",
            "a--b",
            "A",
            "ä",
            "a b",
            "0192d5a0-0000-7000-8000-000000000000",
            &long,
        ] {
            assert!(!is_slug(text), "{text}");
        }
    }

    #[test]
    fn the_first_free_number_is_found() {
        for taken_up_to in [0_u64, 1, 2, 3, 4, 5, 8, 9, 31, 32, 33, 64, 65, 1000, 10_000] {
            let mut asked = 0;
            let found = first_free::<()>("news", |slug| {
                asked += 1;
                let number = slug.strip_prefix("news-").map_or(1, |n| n.parse().unwrap());
                Ok(number <= taken_up_to)
            })
            .unwrap();
            let want = match taken_up_to {
                0 => "news".to_owned(),
                n => format!("news-{}", n + 1),
            };
            assert_eq!(found, want);
            assert!(asked < 60, "{asked} look-ups for {taken_up_to}");
        }
        // A deleted article has left its number free.
        let taken = ["news", "news-2", "news-4", "news-5"];
        let found = first_free::<()>("news", |slug| Ok(taken.contains(&slug)));
        assert_eq!(found.unwrap(), "news-3");
    }
}
