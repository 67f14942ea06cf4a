//! What in a text keeps parts of it from readers: shortcodes and tags that enclose what is for some of them or for none,
//! and conditions of Liquid. In an article all of the text would be public, so the page is a draft.

use std::collections::HashMap;
use std::sync::LazyLock;

use regex::Regex;

/// Words in the names of what encloses a text for some readers alone. Nobody `remember`s, is a `secretary` or wants
/// `accessible` tables by them.
static ENCLOSES: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        "(?i)(^|[^e])member|privat|(^|[^a-z]|is|user)log(ged)?[-_]?in|(^|[^a-z])sign(ed)?[-_]?in([^a-z]|$)|subscri(ber|ption)|hide|hidden|visib|(^|[^a-z])roles?([^a-z]|$)|paid|access([-_]?control|level|[^a-z]|$)|premium|paywall|restrict|protected|password|draft|unpublish|embargo|internal|(^|[^a-z])gated|confidential|secret([^a]|$)|(^|[^a-z])(staff|vip)([^a-z]|$)|^(if|unless|when)([^a-z]|$)",
    )
});
/// Names of what stands alone, and keeps from some readers what is behind it or what its arguments say.
static MARK: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        "(?i)paywall|premium|restrict|(^|[^a-z])gated|(member|subscriber)s?[-_]?only|^(private|hide|hidden|secret|confidential|internal|draft|embargoed)$",
    )
});
/// Words in the names of what is about members and shown to everyone: forms, links, embedded pages.
static FOR_ALL: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        "(?i)(^|[_-])(log[_-]?(in|out)|sign[_-]?(in|up)|regist[a-z]*|forms?|account|profile|checkout|buttons?|links?|pric[a-z]*|plans|levels|reset|iframe|cta|badges?|banner)([_-]|$)",
    )
});

/// Blocks of Liquid that show their text only sometimes, or elsewhere.
const CONDITIONS: [&str; 7] = ["capture", "case", "for", "if", "ifchanged", "tablerow", "unless"];
/// Elements of HTML whose text no reader sees.
const UNSEEN: [&str; 2] = ["script", "style"];

/// A regular expression that is fixed.
fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a fixed pattern, which the tests use")
}

/// A template in a text.
pub struct Seen<'a> {
    /// The mark that opens it.
    pub mark: &'a str,
    /// Its name.
    pub name: &'a str,
    /// True if it closes another one.
    pub closes: bool,
    /// Its form for people.
    pub shown: &'a str,
    /// Its line in the file.
    pub line: usize,
    /// Its length, in bytes.
    pub length: usize,
}

/// What was found in a text.
#[derive(Debug, Default)]
pub struct Gates {
    /// The first template that is for some readers alone: its line and its form.
    enclosed: Option<(usize, String)>,
    /// The first condition with words in it.
    condition: Option<(usize, String)>,
    /// The lines where templates with such names begin.
    begun: HashMap<String, usize>,
    /// The last tag of Liquid with such a name: some end with `{% end %}`.
    tag: Option<(usize, String)>,
    /// The outermost condition that is open: its line, its form, and where its text begins.
    open: Option<(usize, String, usize)>,
    /// How many are open.
    depth: usize,
}

impl Gates {
    /// Looks at the template that stands behind `text`.
    pub fn see(&mut self, seen: &Seen<'_>, text: &str) {
        match seen.mark {
            "{%" => self.see_tag(seen, text),
            "{{" => {}
            _ => self.see_name(seen, seen.name, seen.closes),
        }
    }

    /// Says that the text is at its end.
    pub fn end(&mut self, text: &str) {
        self.depth = 0;
        self.close(text);
    }

    /// The line and the reason, if not all of the text is for every reader. A site that does not know Liquid
    /// (`knows_liquid`) shows its conditions with their text.
    pub fn why(&self, knows_liquid: bool) -> Option<(usize, String)> {
        if let Some((line, shown)) = &self.enclosed {
            let why = format!(
                "`{shown}` may keep text from readers; take out what is not for everyone, then publish it"
            );
            return Some((*line, why));
        }
        let (line, shown) = self.condition.as_ref().filter(|_| knows_liquid)?;
        let why = format!(
            "whether readers see the text in `{shown}` cannot be told; take out what is not for them, then publish it"
        );
        Some((*line, why))
    }

    fn see_tag(&mut self, seen: &Seen<'_>, text: &str) {
        let ended = seen.name.strip_prefix("end");
        if CONDITIONS.contains(&seen.name) {
            if self.depth == 0 {
                self.open = Some((seen.line, seen.shown.to_owned(), text.len() + seen.length));
            }
            self.depth += 1;
        } else if ended.is_some_and(|name| CONDITIONS.contains(&name)) {
            self.depth = self.depth.saturating_sub(1);
            if self.depth == 0 {
                self.close(text);
            }
        } else if ended == Some("") {
            self.enclosed = self.enclosed.take().or_else(|| self.tag.take());
        } else if let Some(name) = ended {
            self.see_name(seen, name, true);
        } else {
            if ENCLOSES.is_match(seen.name) && !FOR_ALL.is_match(seen.name) {
                self.tag = Some((seen.line, seen.shown.to_owned()));
            }
            self.see_name(seen, seen.name, false);
        }
    }

    /// Looks at a name: one that ends encloses a text.
    fn see_name(&mut self, seen: &Seen<'_>, name: &str, closes: bool) {
        let encloses = ENCLOSES.is_match(name);
        let is_mark = MARK.is_match(name) && !FOR_ALL.is_match(name);
        if self.enclosed.is_some() || !encloses && !is_mark {
            return;
        }
        if closes || is_mark {
            let line = self.begun.get(name).copied().unwrap_or(seen.line);
            let shown = seen.shown.replacen(&format!("end{name}"), name, 1);
            self.enclosed = Some((line, shown));
        } else {
            self.begun.entry(name.to_owned()).or_insert(seen.line);
        }
    }

    /// The outermost condition ends, or the text does.
    fn close(&mut self, text: &str) {
        let Some((line, shown, from)) = self.open.take() else {
            return;
        };
        // What is not where it should be is not looked at in parts.
        let inside = text.get(from..).unwrap_or(text);
        if self.condition.is_none() && has_words(inside) {
            self.condition = Some((line, shown));
        }
    }
}

/// True if a text has words for readers beside templates and markup.
fn has_words(text: &str) -> bool {
    let has_some = |text: &str| text.replace("&nbsp;", " ").contains(char::is_alphanumeric);
    let mut rest = text;
    while let Some(at) = rest.find(['<', '{']) {
        if has_some(&rest[..at]) {
            return true;
        }
        rest = &rest[at..];
        let name = rest[1..].split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
        let end = match () {
            () if rest.starts_with("{{") => "}}",
            () if rest.starts_with("{%") => "%}",
            // Attributes of kramdown.
            () if rest.starts_with("{:") => "}",
            () if rest.starts_with('{') => "{",
            () if UNSEEN.contains(&&*name.to_lowercase()) => match name {
                name if name.eq_ignore_ascii_case("script") => "</script",
                _ => "</style",
            },
            () => ">",
        };
        match rest.find(end) {
            Some(length) => rest = &rest[length + end.len()..],
            None => return has_some(rest),
        }
        if end.starts_with("</") {
            rest = rest.split_once('>').map_or("", |(_, behind)| behind);
        }
    }
    has_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_speak_of_who_sees_a_text() {
        for name in [
            "private", "hidden", "hide", "members-only", "members_only", "member", "ifmember",
            "if-logged-in", "subscribers", "subscriber-only", "premium", "paid", "paywall",
            "login", "draft", "embargo", "restrict", "restricted", "protected", "internal",
            "unless", "secret", "memberAccess", "access", "role", "isLoggedIn", "gated",
        ] {
            assert!(ENCLOSES.is_match(name), "{name}");
        }
        for name in [
            "remember", "accessible", "secretary", "international", "scroll", "tip", "details",
            "spoiler", "highlight", "box", "subscribe", "ifconfig", "aircraft", "quote-block",
            "blogindex", "designing", "aggregated",
        ] {
            assert!(!ENCLOSES.is_match(name), "{name}");
        }
    }

    #[test]
    fn markup_has_no_words() {
        for text in [
            "",
            " \n* ",
            "{% include card.html %}",
            "{{ page.title }}",
            "<img src=\"a.png\">",
            "<script>\nlet a = 1;\n</script>\n",
            "<style>a {b: c}</style>",
            "&nbsp;",
            "{: .pull }",
            "<p>{{ x }}</p>{% else %}<hr/>",
        ] {
            assert!(!has_words(text), "{text}");
        }
        for text in [
            "x", "<p>No</p>", "{{ a }} b", "<script>let a", "{a", "{% raw %}x{% endraw %}", "< x",
            "<br>x", "{{ x",
        ] {
            assert!(has_words(text), "{text}");
        }
        assert!(has_words(&"<script> {".repeat(50_000)));
    }
}
