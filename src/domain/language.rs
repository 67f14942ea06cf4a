//! Language tags (BCP 47): their canonical form, and matching by ranges.

use std::cell::RefCell;
use std::collections::HashMap;

/// Most tags whose canonical form a thread caches: a newsroom writes in a handful.
const REMEMBERED_MAX: usize = 256;

/// Preferred values of the IANA Language Subtag Registry (`Preferred-Value`): whole tags first,
/// then languages. `cmn` is replaced by `zh`, the tag in common use, though the registry has it
/// the other way round.
const PREFERRED: [(&str, &str); 41] = [
    ("art-lojban", "jbo"),
    ("en-gb-oed", "en-gb-oxendict"),
    ("i-ami", "ami"),
    ("i-bnn", "bnn"),
    ("i-hak", "hak"),
    ("i-klingon", "tlh"),
    ("i-lux", "lb"),
    ("i-navajo", "nv"),
    ("i-pwn", "pwn"),
    ("i-tao", "tao"),
    ("i-tay", "tay"),
    ("i-tsu", "tsu"),
    ("no-bok", "nb"),
    ("no-nyn", "nn"),
    ("sgn-be-fr", "sfb"),
    ("sgn-be-nl", "vgt"),
    ("sgn-br", "bzs"),
    ("sgn-ch-de", "sgg"),
    ("sgn-de", "gsg"),
    ("sgn-es", "ssp"),
    ("sgn-fr", "fsl"),
    ("sgn-gb", "bfi"),
    ("sgn-it", "ise"),
    ("sgn-jp", "jsl"),
    ("sgn-nl", "dse"),
    ("sgn-us", "ase"),
    ("zh-guoyu", "zh"),
    ("zh-hakka", "hak"),
    ("zh-min-nan", "nan"),
    ("zh-xiang", "hsn"),
    ("zh-cmn", "zh"),
    ("cmn", "zh"),
    ("in", "id"),
    ("iw", "he"),
    ("ji", "yi"),
    ("jw", "jv"),
    ("mo", "ro"),
    ("sh", "sr-latn"),
    ("aam", "aas"),
    ("adp", "dz"),
    ("tie", "ras"),
];
/// Preferred values of regions.
const REGIONS: [(&str, &str); 6] =
    [("bu", "mm"), ("dd", "de"), ("fx", "fr"), ("tp", "tl"), ("yd", "ye"), ("zr", "cd")];

/// The canonical form of a language tag for comparisons: lower case, with the registry's preferred
/// value if there is one (RFC 5646 section 4.5): `iw` is `he`, `my-BU` is `my-mm`, `zh-yue` is
/// `yue`.
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
    let mut form = tag.to_ascii_lowercase();
    let preferred = PREFERRED.iter().find(|(old, _)| is_in_range(&form, old));
    if let Some((old, new)) = preferred {
        form.replace_range(..old.len(), new);
    } else if let Ok(parsed) = oxilangtag::LanguageTag::parse(&*form)
        && let Some(extended) = parsed.extended_language()
    {
        // An extended language subtag replaces the tag's primary language (RFC 5646 section 4.5
        // rule 3).
        let rest = &form[parsed.primary_language().len() + 1 + extended.len()..];
        form = format!("{extended}{rest}");
    }
    let parts = form.split('-').enumerate().map(|(at, part)| {
        let region = REGIONS.iter().find(|(old, _)| at > 0 && part == *old);
        region.map_or(part, |(_, new)| *new)
    });
    parts.collect::<Vec<_>>().join("-")
}

/// True if two letters are the code of a known language (CLDR's likely subtags).
#[must_use]
pub fn is_language(code: &str) -> bool {
    let known = code.parse().map(|mut id: icu_locale::LanguageIdentifier| {
        let expander = icu_locale::LocaleExpander::new_extended();
        expander.maximize(&mut id) == icu_locale::TransformResult::Modified
    });
    known.unwrap_or(false)
}

/// True if `tag` is in the language range `range` (RFC 4647 section 3.3.1); both as written, or
/// both in canonical form.
#[must_use]
pub fn is_in_range(tag: &str, range: &str) -> bool {
    let starts = tag.get(..range.len()).is_some_and(|start| start.eq_ignore_ascii_case(range));
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
            (&["zh-Hant-TW", "zh-cmn-Hant-TW", "cmn-Hant-TW"], "zh-hant-tw"),
            (&["yue-HK", "zh-yue-HK"], "yue-hk"),
            (&["pt-BR", "pt-br"], "pt-br"),
            (&["my-MM", "my-BU"], "my-mm"),
            (&["de-DE", "de-DD"], "de-de"),
            (&["en-x-copy"], "en-x-copy"),
            (&["de-1996"], "de-1996"),
            (&["tlh", "i-klingon"], "tlh"),
            (&["nb", "no-bok"], "nb"),
            (&["nan", "zh-min-nan"], "nan"),
            (&["lb", "i-lux"], "lb"),
            // Distinct languages, though other tables treat them as one.
            (&["cnr"], "cnr"),
            (&["tw"], "tw"),
            (&["prs"], "prs"),
        ] {
            for tag in tags {
                assert_eq!(canonical(tag), form, "{tag}");
                // Again, from the cache.
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
