//! What only the system that a text comes from understands: shortcodes, Liquid, references to blocks. In an article it
//! would be plain text. (`site/templates.rs` does this for the files of a site.)

use std::collections::HashSet;
use std::ops::Range;
use std::sync::LazyLock;

use regex::{Match, Regex};

use super::notices::{is_label, names_notice};
use super::tags::{Token, tokens};

/// Shortcodes that are known by their names; others by their attributes, or by their end.
const SHORTCODES: [&str; 13] = [
    "audio", "caption", "contact-form", "contact-form-7", "disclaimer", "embed", "footnotes",
    "gallery", "playlist", "toc", "video", "wp_caption", "youtube",
];
/// Names of those that bring in what their arguments name.
const BRING_IN: [&str; 6] =
    ["include", "include_relative", "include_cached", "partial", "render", "snippet"];
/// Most names that one warning lists.
const NAMED_MAX: usize = 10;

/// A pattern of this file.
fn pattern(text: &str) -> Regex {
    #[expect(clippy::expect_used, reason = "fixed patterns, which the tests use")]
    Regex::new(text).expect("a regular expression")
}

/// The forms. None goes beyond the next opening mark, so that a text is read once.
static MARKS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?x)
        \{%-?\s*(?P<tag>[\pL_][\w-]*)(?P<tag_rest>[^{}%]*)
        | \{\{[<%>{&]?-?\s*/?\s*(?P<value>[\pL_\#][\w./-]*)(?P<value_rest>[^{}]*)
        | \[(?P<end>/?)(?P<code>\pL[\w-]{1,40})(?P<code_rest>(?:\s[^\[\]]*)?)\]
        | <!--\s*wp:(?P<block>block|pattern|template-part)\s[^<>]*/-->
        | <!--\#\s*include\s(?P<server>[^<>]*)-->
        | <(?P<element>[A-Za-z][\w.]*[:-][\w.:-]*)(?P<element_rest>[^<>]*)>
        | (?P<address>__GHOST_URL__|\{(?:filename|static|attach|author|category|tag|index)\})",
    )
});

/// What was found: where it begins first, and a sentence about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leftovers {
    /// Where the first one begins.
    pub at: usize,
    /// What they are.
    pub text: String,
}

/// What of another system is left in a text, without its `code`: parts of it, in their order.
///
/// # Errors
/// The one that stands for a notice, which would be lost.
pub fn find(
    body: &str,
    code: Vec<Range<usize>>,
    is_markdown: bool,
) -> Result<Option<Leftovers>, String> {
    let mut code = code.into_iter().peekable();
    let (mut ended, mut linked) = (HashSet::new(), HashSet::new());
    for found in MARKS.captures_iter(body) {
        let (Some(whole), Some(name)) = (found.get(0), found.name("code")) else {
            continue;
        };
        if found.name("end").is_some_and(|end| !end.is_empty()) {
            ended.insert(name.as_str());
        } else if is_markdown && body[whole.end()..].starts_with(':') {
            linked.insert(whole.as_str());
        }
    }
    // Markdown writes links in brackets too.
    let is_link = |whole: &Match<'_>| {
        let is_followed = body[whole.end()..].starts_with(['(', '[']);
        whole.as_str().starts_with('[') && (is_followed || linked.contains(whole.as_str()))
    };
    let (mut first, mut names) = (None, Vec::<(String, usize)>::new());
    for found in MARKS.captures_iter(body) {
        let Some(whole) = found.get(0) else {
            continue;
        };
        let at = whole.start();
        while code.next_if(|range| range.end <= at).is_some() {}
        // In doubled brackets it is meant as it is written.
        let is_quoted =
            body[..at].ends_with('[') || code.peek().is_some_and(|range| range.contains(&at));
        let part = |name: &str| found.name(name).map_or("", |part| part.as_str());
        if is_quoted || part("end") == "/" || is_markdown && is_link(&whole) {
            continue;
        }
        // With an end, its text stands in it.
        let is_placeholder = !part("code").is_empty()
            && !ended.contains(part("code"))
            && is_placeholder(whole.as_str())
            && stands_alone(&body[..at], &body[whole.end()..]);
        let shown = match is_placeholder {
            true => Some((whole.as_str().to_owned(), true)),
            false => brought_in(&part, &body[whole.end()..]).or_else(|| shown(&part, &ended)),
        };
        let Some((shown, is_notice)) = shown else {
            continue;
        };
        if is_notice {
            return Err(format!(
                "`{shown}` stands for a notice that only the system it comes from knows, and it would be lost; write its words out, or attach a disclaimer by a rule, and take it out here"
            ));
        }
        first = first.or(Some(at));
        match names.iter().position(|(name, _)| *name == shown) {
            Some(known) => names[known].1 += 1,
            None if names.len() <= NAMED_MAX => names.push((shown, 1)),
            None => {}
        }
    }
    let told = names.iter().take(NAMED_MAX).map(|(name, count)| match count {
        1 => format!("`{name}`"),
        count => format!("`{name}` ({count} times)"),
    });
    let told = told.collect::<Vec<_>>().join(", ");
    let more = if names.len() > NAMED_MAX { " .." } else { "" };
    let text =
        format!("stays as text, since only the system that it comes from knows it: {told}{more}");
    Ok(first.map(|at| Leftovers { at, text }))
}

/// True for brackets with nothing but what stands over a notice, or the name of one: `[DISCLAIMER 3]`,
/// `[legal-notice]`.
fn is_placeholder(brackets: &str) -> bool {
    let words = brackets.trim_matches(['[', ']']);
    let bare = words.trim_end_matches(|c: char| c.is_ascii_digit() || " #:_-".contains(c));
    let is_name = !words.contains(char::is_whitespace) && words.contains(['-', '_']);
    is_label(bare) || is_name && names_notice(words)
}

/// True for what has a line or an element for itself, with no other line under it: there it would be a heading.
fn stands_alone(before: &str, behind: &str) -> bool {
    let is_space = |c: char| c.is_whitespace() && c != '\n';
    let before = before.trim_end_matches(is_space);
    let behind = behind.trim_start_matches(is_space);
    let ends = match behind.strip_prefix('\n') {
        Some(next) => next.trim_start_matches(is_space),
        None => behind,
    };
    let is_end = ends.is_empty() || ends.starts_with('\n') || behind.starts_with('<');
    (before.is_empty() || before.ends_with(['\n', '>'])) && is_end && !behind.starts_with("<br")
}

/// What stands for a notice and leaves nothing in a text: an include of a server, or an element of a script, which has
/// no text itself. The form of it in reports, and true.
fn brought_in<'a>(part: &impl Fn(&str) -> &'a str, behind: &str) -> Option<(String, bool)> {
    let (server, element, rest) = (part("server"), part("element"), part("element_rest"));
    if !server.is_empty() {
        return names_notice(server)
            .then(|| (format!("<!--#include {}-->", server.trim_start()), true));
    }
    let is_include = element.ends_with(":include") || element.ends_with(":inline");
    let is_empty = rest.trim_end().ends_with('/') || behind.trim_start().starts_with("</");
    let is_notice = is_include && names_notice(rest) || is_empty && names_notice(element);
    is_notice.then(|| (format!("<{element}>"), true))
}

/// The form of a leftover in reports, and whether it stands for a notice; `None` if it is none.
fn shown<'a>(part: &impl Fn(&str) -> &'a str, ended: &HashSet<&str>) -> Option<(String, bool)> {
    let (tag, value, code) = (part("tag"), part("value"), part("code"));
    if !tag.is_empty() {
        let brings_in = BRING_IN.contains(&tag) && names_notice(part("tag_rest"));
        return Some((format!("{{% {tag} %}}"), brings_in || names_notice(tag)));
    }
    if !value.is_empty() {
        let brings_in = BRING_IN.contains(&value) && names_notice(part("value_rest"));
        return Some((format!("{{{{ {value} }}}}"), brings_in || names_notice(value)));
    }
    if !code.is_empty() {
        let rest = part("code_rest");
        let is_ended = ended.contains(code);
        let has_attributes = rest.split_once('=').is_some_and(|(name, value)| {
            let name = name.split_whitespace().next_back().unwrap_or_default();
            let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
            !name.is_empty() && name.chars().all(is_name) && !value.trim().is_empty()
        });
        let is_closed = rest.trim_end().ends_with('/');
        // With a bar in it, nobody writes that in a sentence.
        let is_bare = rest.is_empty() && code.contains('_') && names_notice(code);
        let is_known = SHORTCODES.contains(&code) || is_bare;
        let is_one = is_ended || has_attributes || is_closed || is_known;
        // With an end, its text stands in it.
        return is_one.then(|| (format!("[{code}]"), names_notice(code) && !is_ended));
    }
    let (block, address) = (part("block"), part("address"));
    match (block.is_empty(), address.is_empty()) {
        (false, _) => Some((format!("<!-- wp:{block} -->"), false)),
        (true, false) => Some((address.to_owned(), false)),
        (true, true) => None,
    }
}

/// The parts of HTML that are shown as code.
#[must_use]
pub fn code_in(html: &str) -> Vec<Range<usize>> {
    let (mut open, mut begins, mut found) = (0_usize, 0, Vec::new());
    let is_code = |name: &str| matches!(name, "code" | "kbd" | "listing" | "pre" | "samp");
    for (token, range) in tokens(html) {
        match token {
            Token::Open(name) if is_code(&name) => {
                if open == 0 {
                    begins = range.start;
                }
                open += 1;
            }
            Token::Close(name) if is_code(&name) && open > 0 => {
                open -= 1;
                if open == 0 {
                    found.push(begins..range.end);
                }
            }
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::markdown;
    use super::*;

    fn in_html(body: &str) -> Result<Option<Leftovers>, String> {
        find(body, code_in(body), false)
    }

    fn told(body: &str) -> Option<(usize, String)> {
        let found = in_html(body).unwrap_or_else(|reason| panic!("{body}: {reason}"))?;
        Some((found.at, found.text.rsplit_once(": ").unwrap().1.to_owned()))
    }

    #[test]
    fn what_another_system_knows_is_told_of() {
        for (body, at, names) in [
            ("<p>a [gallery ids=\"1,2\"] [gallery]</p>", 5, "`[gallery]` (2 times)"),
            ("[su_box title=\"x\"]text[/su_box]", 0, "`[su_box]`"),
            ("[caption id=x]y[/caption]", 0, "`[caption]`"),
            ("x{% link a.md %} {{ page.title }}", 1, "`{% link %}`, `{{ page.title }}`"),
            ("{{< youtube x >}}{{% tip %}}", 0, "`{{ youtube }}`, `{{ tip }}`"),
            ("<!-- wp:block {\"ref\":18} /-->", 0, "`<!-- wp:block -->`"),
            ("<a href=\"__GHOST_URL__/x\">y</a>", 9, "`__GHOST_URL__`"),
            ("<img src=\"{static}/x.png\">", 10, "`{static}`"),
            ("[disclaimer]Supplied.[/disclaimer]", 0, "`[disclaimer]`"),
            ("[wpcode id=\"7\" /]", 0, "`[wpcode]`"),
        ] {
            assert_eq!(told(body), Some((at, names.to_owned())), "{body}");
        }
        let many: String = (0..30).map(|number| format!("{{{{ a{number} }}}} ")).collect();
        assert!(told(&many).unwrap().1.ends_with("`{{ a9 }}` .."));
        assert!(find("[gallery]", Vec::new(), false).unwrap().is_some());
    }

    #[test]
    fn other_brackets_are_text() {
        for body in [
            "He said [sic] that [the mayor] left [1] [a] [...] [email&#160;protected]",
            "<pre>[gallery]</pre> <code>{{ x }}</code>",
            "[[gallery]]",
            "a {b} c {{ }} {% %} {} %}",
            "<!-- wp:paragraph {\"x\":1} --><p>a</p><!-- /wp:paragraph -->",
            "[Legal] [disclosure] a",
            "[DISCLOSURE] The author owns shares of the bank.",
            "[Disclaimer]\nThe author owns shares.",
            "<p>[Disclaimer]<br>The author owns shares.</p>",
            "<p>[The disclaimer was changed.]</p>",
            "<legal-notice>Supplied.</legal-notice>",
            "<esi:include src=\"/related.html\"/> <o:p></o:p> <!--#include virtual=\"/menu.html\" -->",
            "f[x = y] for x = 1",
        ] {
            assert_eq!(told(body), None, "{body}");
        }
    }

    #[test]
    fn what_stands_for_a_notice_is_refused() {
        for body in [
            "<p>a</p>[disclaimer]",
            "[disclaimer id=\"3\"]",
            "[legal_note]",
            "{% include disclaimer.html %}",
            "{{< disclaimer >}}",
            "{{ partial \"legal.html\" }}",
            "{{> disclaimer}}",
            "{{{disclaimer}}}",
            "<p>a</p><p>[DISCLAIMER]</p>",
            "a\n[Disclaimer]",
            "a\n\n[Disclaimer 3]\n\nb",
            "[legal-notice]",
            "<div> [haftungsausschluss]</div>",
            "<p>[Mentions l\u{e9}gales]</p>",
            "<legal-disclaimer></legal-disclaimer>",
            "<x-disclaimer id=\"3\"/>",
            "<esi:include src=\"/disclaimer.html\"/>",
            "<p>a</p><!--#include virtual=\"/legal.html\" -->",
        ] {
            let reason = in_html(body).unwrap_err();
            assert!(reason.starts_with('`') && reason.contains("would be lost"), "{reason}");
        }
    }

    #[test]
    fn links_of_markdown_are_text() {
        let in_markdown = |body: &str| find(body, markdown::code(body), true);
        for body in [
            "See the [disclaimer](/legal/) and [video][1].",
            "See the [disclaimer].\n\n[disclaimer]: /legal/",
            "![gallery](a.png)",
            "`{{< disclaimer >}}`\n\n```\n[gallery]\n```\n\n    {% include legal.html %}\n",
        ] {
            assert_eq!(in_markdown(body), Ok(None), "{body}");
        }
        for body in
            ["A.\n\n{{< disclaimer >}}", "A.\n\n[disclaimer]", "`a` {% include legal.html %}"]
        {
            assert!(in_markdown(body).unwrap_err().contains("would be lost"), "{body}");
        }
        assert_eq!(in_markdown("`[gallery]` [gallery]").unwrap().unwrap().at, 12);
    }

    #[test]
    fn hostile_texts_are_read_once() {
        for hostile in [
            "[", "[a ", "[a b=", "{{", "{% a ", "{{ a ", "<!-- wp:block ", "<!--", "[/a]", "<code>",
        ] {
            let body = hostile.repeat(100_000 / hostile.len());
            assert!(in_html(&body).is_ok());
            assert!(find(&body, Vec::new(), true).is_ok());
        }
    }
}
