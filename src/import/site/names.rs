//! What the name of a file says: its format, its language, whether it is the page of a bundle or section.

use std::path::{Path, PathBuf};

use crate::domain::language::is_language;

/// Extensions of Markdown files.
const MARKDOWN: [&str; 6] = ["md", "markdown", "mkd", "mkdn", "mkdown", "mdown"];
/// Extensions of other formats that sites write pages in, and what they are called.
const OTHER_FORMATS: [(&str, &str); 7] = [
    ("html", "HTML"),
    ("htm", "HTML"),
    ("adoc", "AsciiDoc"),
    ("asciidoc", "AsciiDoc"),
    ("org", "Org"),
    ("rst", "reStructuredText"),
    ("pandoc", "Pandoc"),
];

/// True if a site may have a page in this file.
pub fn is_content(path: &Path) -> bool {
    is_markdown(path) || other_format(path).is_some()
}

/// The format of a page that is not read.
pub fn other_format(path: &Path) -> Option<&'static str> {
    let ending = ending_of(path)?;
    OTHER_FORMATS.iter().find(|(known, _)| *known == ending).map(|(_, name)| *name)
}

fn ending_of(path: &Path) -> Option<String> {
    Some(path.extension()?.to_str()?.to_ascii_lowercase())
}

/// True if the name is that of a Markdown file.
pub fn is_markdown(path: &Path) -> bool {
    ending_of(path).is_some_and(|ending| MARKDOWN.contains(&&*ending))
}

/// A file's name without its extension and language.
pub fn stem_of<'a>(path: &'a Path, language: Option<&str>) -> &'a str {
    let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    let without = language.and_then(|language| stem.strip_suffix(language)?.strip_suffix('.'));
    without.unwrap_or(stem)
}

/// A possible language in a file's name: `storm.fr.md`, `storm.pt-br.md`.
fn language_of(path: &Path) -> Option<&str> {
    let (stem, language) = path.file_stem()?.to_str()?.rsplit_once('.')?;
    let (primary, region) = language.split_once('-').unwrap_or((language, "XX"));
    let letters = |text: &str, count: std::ops::RangeInclusive<usize>| {
        count.contains(&text.len()) && text.bytes().all(|c| c.is_ascii_alphabetic())
    };
    // Many words have three letters: `notes.old.md`; and `about.us.md` names no language.
    let fits = !stem.is_empty() && letters(primary, 2..=2) && letters(region, 2..=4);
    (fits && is_language(primary)).then_some(language)
}

/// The last part of a file's name before its extension, as written: `fr` of `storm.fr.md`.
pub fn last_part(path: &Path) -> Option<&str> {
    let (stem, part) = path.file_stem()?.to_str()?.rsplit_once('.')?;
    (!stem.is_empty()).then_some(part)
}

/// The language in a file's name, if the same page exists next to it without one or in another:
/// `intro.ts.md` alone has none. A bundle's page needs no other.
pub fn language_among(path: &Path, names: &[PathBuf]) -> Option<String> {
    let language = language_of(path)?;
    let stem = stem_of(path, Some(language));
    let is_same = |other: &&PathBuf| {
        other.file_name() != path.file_name()
            && is_content(other)
            && stem_of(other, language_of(other)) == stem
    };
    (stem == "index" || names.iter().any(|other| is_same(&other))).then(|| language.to_owned())
}

/// True if a file is the page of a bundle.
pub fn is_index(path: &Path) -> bool {
    stem_of(path, language_of(path)) == "index"
}

/// True if a file is the page of a section.
pub fn is_section(path: &Path) -> bool {
    stem_of(path, language_of(path)) == "_index"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_its_language() {
        for (name, language, stem) in [
            ("storm.fr.md", Some("fr"), "storm"),
            ("storm.pt-br.md", Some("pt-br"), "storm"),
            ("index.zh-hant.md", Some("zh-hant"), "index"),
            ("storm.md", None, "storm"),
            ("notes.old.md", None, "notes.old"),
            ("about.us.md", None, "about.us"),
            ("vue.js.md", None, "vue.js"),
            ("about.it.md", Some("it"), "about"),
            ("v1.10.md", None, "v1.10"),
            (".fr.md", None, ".fr"),
        ] {
            let path = Path::new(name);
            let found = language_of(path);
            assert_eq!((found, stem_of(path, found)), (language, stem), "{name}");
        }
        assert_eq!(last_part(Path::new("storm.old.md")), Some("old"));
        assert_eq!(last_part(Path::new(".fr.md")), None);
    }

    #[test]
    fn a_language_is_one_where_the_page_has_others() {
        let folder =
            ["intro.ts.md", "storm.md", "storm.fr.md", "sea.de.md", "sea.fr.html", "index.en.md"]
                .map(PathBuf::from);
        let found = folder.each_ref().map(|path| language_among(path, &folder));
        let want = [None, None, Some("fr"), Some("de"), Some("fr"), Some("en")];
        assert_eq!(found, want.map(|language| language.map(str::to_owned)));
    }

    #[test]
    fn other_formats_have_their_names() {
        assert_eq!(other_format(Path::new("a.RST")), Some("reStructuredText"));
        assert_eq!(other_format(Path::new("a.md")), None);
        assert!(is_markdown(Path::new("a.Markdown")) && !is_markdown(Path::new("md")));
    }
}
