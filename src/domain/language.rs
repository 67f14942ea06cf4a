//! Languages as they are compared: a tag (BCP 47) and the range that it stands in.

use std::cell::RefCell;
use std::collections::HashMap;

use icu_locale::{Locale, LocaleCanonicalizer};

/// Most tags whose canonical form a thread remembers: a newsroom writes in a handful.
const REMEMBERED_MAX: usize = 256;

/// The form of a language tag in which it is compared: lower case, with the preferred value where
/// the registry has one (RFC 5646 section 4.5): `iw` is `he`, `sh` is `sr-latn`, `zh-cmn` and `cmn`
/// are `zh`.
#[must_use]
pub fn canonical(tag: &str) -> String {
    thread_local! {
        static KNOWN: RefCell<HashMap<String, String>> = RefCell::default();
    }
    KNOWN.with_borrow_mut(|known| {
        if let Some(form) = known.get(tag) {
            return form.clone();
        }
        let form = canonicalize(tag);
        if known.len() >= REMEMBERED_MAX {
            known.clear();
        }
        known.insert(tag.to_owned(), form.clone());
        form
    })
}

fn canonicalize(tag: &str) -> String {
    // An extended language stands for itself (RFC 5646 section 4.5 rule 3): `zh-yue` is `yue`.
    let extended = oxilangtag::LanguageTag::parse(tag).ok().and_then(|parsed| {
        let extended = parsed.extended_language()?.to_owned();
        let rest = &tag[parsed.primary_language().len() + 1 + extended.len()..];
        Some(format!("{extended}{rest}"))
    });
    let tag = extended.as_deref().unwrap_or(tag);
    match tag.parse::<Locale>() {
        Ok(mut locale) => {
            LocaleCanonicalizer::new_extended().canonicalize(&mut locale);
            locale.to_string().to_ascii_lowercase()
        }
        // A tag that Unicode's locales do not have, such as one that was withdrawn.
        Err(_) => tag.to_ascii_lowercase(),
    }
}

/// Whether `tag` is in the range that `range` names (RFC 4647 section 3.3.1), both as they are written
/// or both in canonical form.
#[must_use]
pub fn is_in_range(tag: &str, range: &str) -> bool {
    let starts = tag
        .get(..range.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(range));
    starts && matches!(tag.as_bytes().get(range.len()), None | Some(b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_and_long_names_of_a_language_are_its_own() {
        for (tags, form) in [
            (&["he", "iw", "HE"][..], "he"),
            (&["id", "in"], "id"),
            (&["yi", "ji"], "yi"),
            (&["sr-Latn", "sh"], "sr-latn"),
            (&["ro", "mo"], "ro"),
            (
                &["zh-Hant-TW", "zh-cmn-Hant-TW", "cmn-Hant-TW"],
                "zh-hant-tw",
            ),
            (&["yue-HK", "zh-yue-HK"], "yue-hk"),
            (&["pt-BR", "pt-br"], "pt-br"),
            (&["my-MM", "my-BU"], "my-mm"),
            (&["de-DE", "de-DD"], "de-de"),
            (&["en-x-copy"], "en-x-copy"),
            (&["de-1996"], "de-1996"),
        ] {
            for tag in tags {
                assert_eq!(canonical(tag), form, "{tag}");
                // And as it is remembered.
                assert_eq!(canonical(tag), form, "{tag}");
            }
        }
    }

    #[test]
    fn a_range_ends_at_a_hyphen() {
        for (tag, range, holds) in [
            ("pt-BR", "pt", true),
            ("pt-BR", "PT-br", true),
            ("pt-BR", "p", false),
            ("ptx", "pt", false),
            ("pt", "pt-BR", false),
        ] {
            assert_eq!(is_in_range(tag, range), holds, "{tag} {range}");
        }
    }
}
