//! Marks at the start of a text that say that it is not for readers: `[NOT FOR PUBLICATION]`.

use std::sync::LazyLock;

use regex::Regex;

use super::blocks::Block;

/// A mark in brackets, in five languages.
static MARK: LazyLock<Regex> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "a fixed pattern, which the tests use")]
    Regex::new(concat!(
        r"(?i)^[\[(]\s*(?:",
        r"not (?:for|to be) (?:publi[a-z]+|releas[a-z]+)|do not (?:publish|release|post)|unpublished|draft|",
        r"(?:strictly |company )?confidential|(?:for )?internal(?: use)?(?: only)?|off the record|",
        r"(?:under )?embargo(?:ed)?(?:[ :,][^\[\]()]*)?|",
        "nicht (?:zur veröffentlichung|veröffentlichen|freigegeben)|(?:streng )?vertraulich|(?:nur )?intern|entwurf|",
        r"(?:sperrfrist|gesperrt)(?:[ :,][^\[\]()]*)?|",
        r"ne pas (?:publier|diffuser)|confidentiel|brouillon|sous embargo(?:[ :,][^\[\]()]*)?|",
        r"no publicar|confidencial|borrador|embargado(?:[ :,][^\[\]()]*)?|",
        "не (?:для публикации|публиковать)|конфиденциально|для служебного пользования|черновик",
        r")[\s.:!]*[\])]",
    ))
    .expect("a regular expression")
});

/// The mark that a text begins with. In round brackets only capital letters are one: others may be a sentence's.
#[must_use]
pub fn mark(blocks: &[Block]) -> Option<&str> {
    let first = blocks.iter().find(|block| !block.is_blank())?;
    let words = MARK.find(&first.text)?.as_str();
    (words.starts_with('[') || !words.contains(char::is_lowercase)).then_some(words)
}

#[cfg(test)]
mod tests {
    use super::super::plain;
    use super::*;

    #[test]
    fn marks_are_known_in_five_languages() {
        for text in [
            "[NOT FOR PUBLICATION] The bank has told its owners.",
            "[Confidential] The bank",
            "(CONFIDENTIAL)\n\nThe bank",
            "[EMBARGOED]",
            "[EMBARGOED UNTIL 6 PM] The bank",
            "[INTERNAL] The bank",
            "[VERTRAULICH!] Die Bank",
            "[Ne pas publier] La banque",
            "[NO PUBLICAR] El banco",
            "[НЕ ДЛЯ ПУБЛИКАЦИИ] Банк",
        ] {
            assert!(mark(&plain::blocks(text).list).is_some(), "{text}");
        }
        for text in [
            "[MOSCOW] The strait is open.", "(Confidential) papers",
            "[Internal affairs] A minister", "[INTERNATIONAL] News", "The bank\n\n[CONFIDENTIAL]",
            "Confidential: the bank", "",
        ] {
            assert_eq!(mark(&plain::blocks(text).list), None, "{text}");
        }
    }
}
