//! What stands for a notice in a text of Markdown, and is none of the templates of `templates.rs`: components,
//! includes of other programs, a name in brackets. In an article it would be plain text or nothing, and the notice would
//! be lost.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::LazyLock;

use pulldown_cmark::{Event, Options, Parser, Tag};
use regex::{Captures, Regex};

use super::Refused;
use super::notices::{names_legal_text, names_notice, pattern};
use crate::import::words;

/// Longest text that is searched, in bytes: an article of twice its limit is refused anyway.
const LOOKED_THROUGH_MAX: usize = 1024 * 1024;
/// How much of a placeholder is shown, in code points.
const SHOWN_MAX: usize = 60;
/// Lines of a container at most: one that is longer is not a notice.
const CONTAINER_MAX: usize = 100;
/// Endings of files that are no text.
const MEDIA: [&str; 10] =
    [".avif", ".gif", ".jpeg", ".jpg", ".mp3", ".mp4", ".pdf", ".png", ".svg", ".webp"];
/// Elements that a script may fill, where they are empty.
const BLOCKS: [&str; 5] = ["aside", "div", "footer", "p", "section"];
/// Components that bring in what their attributes name.
const BRING_IN: [&str; 5] = ["embed", "include", "partial", "render", "snippet"];

/// An opening tag: its name, its attributes, a slash if it has no content.
static TAG: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r#"<(?P<name>[A-Za-z][\w.:-]*)(?P<attributes>(?:\s(?:"[^"]*"|'[^']*'|\{[^{}]*\}|[^<>"'{}])*?)?)(?P<slash>/?)>"#,
    )
});
/// What brings in a file, or a text by its name (`what`).
static INCLUDE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r#"(?xim)
        \{\{\{?\#?>\s*(?P<partial>[^\s{}]+)
        | !\[\[(?P<embed>[^\[\]|\#]+)[^\[\]]*\]\]
        | \{!(?P<braces>[^!{}\n]+)!\}
        | <%(?P<script>[^%\#][^%]*)%>
        | \[!include(?P<docfx>[^\n]*)
        | ^[\x20\t]*-+8<-+[\x20\t]*["']?(?P<snippet>[^"'\s-][^"'\n]*)
        | ^[\x20\t]*-+8<-+[\x20\t\r]*\n(?P<snippets>[^\n]+)\n
        | ^[\x20\t]*(?:\.\.\x20)?(?:include|import|insert|partial|snippet|transclude)::[\x20\t]*(?P<directive>\S[^\n]*)
        | ^[\x20\t]*[!@\#%\\$:]+(?:include|includeif|import|input|insert|partial|render|snippet|transclude)\b(?P<line>[^\n]*)
        | ^import[\x20\t][^\n]*from[\x20\t]+["'](?P<module>[^"'\n]+)["']
        "#,
    )
});
/// A name alone on its line, in brackets or between other marks.
static ALONE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?m)^[ \t]*(?:\[(?P<code>\pL[\pL\d_-]*)(?:[ \t][^\[\]\n]*=[^\[\]\n]*)?[ \t]*/?\]|\{(?P<braces>\pL[\pL\d_-]*)\}|%+(?P<percent>\pL[\pL\d_-]*)%+|::(?P<leaf>\pL[\pL\d_-]*)(?:[\[{][^\n]*)?)[ \t\r]*$",
    )
});

/// The target of a link of Markdown, which stands elsewhere.
static TARGET: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?m)^[ \t]{0,3}\[(?P<name>[^\[\]\n]+)\]:"));

/// Looks for placeholders in a text that begins on `first_line`; code is shown as it is written.
///
/// # Errors
/// The one that stands for a notice.
pub fn look(body: &str, first_line: usize) -> Result<(), Refused> {
    if body.len() > LOOKED_THROUGH_MAX {
        return Ok(());
    }
    let mut found: Vec<Range<usize>> = Vec::new();
    found.extend(TAG.captures_iter(body).filter_map(|tag| component(body, &tag)));
    found.extend(INCLUDE.captures_iter(body).filter_map(|include| included(&include)));
    let targets = TARGET.captures_iter(body).map(|target| target["name"].to_lowercase());
    let targets: HashSet<String> = targets.collect();
    found.extend(ALONE.captures_iter(body).filter_map(|alone| named(body, &alone, &targets)));
    if found.is_empty() {
        return Ok(());
    }
    found.sort_unstable_by_key(|range| range.start);
    let code = code_in(body);
    let first = found.into_iter().find(|range| {
        let before = code.partition_point(|code| code.end <= range.start);
        let is_code = code.get(before).is_some_and(|code| code.start <= range.start);
        !is_code && !body[..range.start].ends_with('\\')
    });
    let Some(range) = first else {
        return Ok(());
    };
    let line = first_line + body[..range.start].matches('\n').count();
    Err(Refused::at(line, lost(&body[range])))
}

/// Why a text is refused that has this placeholder.
pub fn lost(placeholder: &str) -> String {
    let shown = placeholder.split_whitespace().collect::<Vec<_>>().join(" ");
    let (shown, _) = words::cut(&shown, SHOWN_MAX);
    format!(
        "`{shown}` stands for a notice that only the site's templates know, and it would be lost; write its words out, or attach a disclaimer by a rule, and take it out here"
    )
}

/// A component without words of its own.
fn component(body: &str, tag: &Captures<'_>) -> Option<Range<usize>> {
    let (whole, name) = (tag.get(0)?, &tag["name"]);
    let attributes = &tag["attributes"];
    let local = name.rsplit([':', '.']).next().unwrap_or(name).to_lowercase();
    let is_notice = match () {
        () if BLOCKS.contains(&&*local) => {
            let marks = ["class=", "id=", "data-"];
            marks.iter().any(|mark| attributes.contains(mark)) && names_legal_text(attributes)
        }
        () if BRING_IN.contains(&&*local) => names_notice(attributes),
        () => names_notice(name),
    };
    if !is_notice {
        return None;
    }
    let is_empty = || {
        let behind = body[whole.end()..].trim_start().strip_prefix("</");
        behind.is_some_and(|behind| behind.starts_with(name))
    };
    let is_component = !BLOCKS.contains(&&*local);
    (is_component && !tag["slash"].is_empty() || is_empty()).then(|| whole.range())
}

/// What brings in a notice.
fn included(include: &Captures<'_>) -> Option<Range<usize>> {
    // The whole is the first of the groups.
    let what = include.iter().skip(1).flatten().next()?;
    let file = what.as_str().trim().to_lowercase();
    let is_media = MEDIA.iter().any(|ending| file.ends_with(ending));
    (!is_media && names_notice(&file)).then(|| trimmed(include))
}

/// The name of a notice, alone. It may be a link of Markdown.
fn named(body: &str, alone: &Captures<'_>, targets: &HashSet<String>) -> Option<Range<usize>> {
    let code = alone.name("code");
    let name = alone.iter().skip(1).flatten().next()?.as_str();
    // `[Correction]` is a label, and its text stands below.
    let is_notice = if code.is_some() { names_legal_text(name) } else { names_notice(name) };
    if !is_notice {
        return None;
    }
    let is_link = code.is_some_and(|code| targets.contains(&code.as_str().to_lowercase()));
    // What is in a container has words of its own.
    let behind = &body[alone.get(0)?.end()..];
    let is_filled = alone.name("leaf").is_some()
        && !behind.trim_start().starts_with("::")
        && behind.lines().take(CONTAINER_MAX).any(|line| line.trim() == "::");
    (!is_link && !is_filled).then(|| trimmed(alone))
}

/// Where a placeholder stands, without what is blank before it.
fn trimmed(found: &Captures<'_>) -> Range<usize> {
    found.get(0).map_or(0..0, |whole| {
        let blank = whole.as_str().len() - whole.as_str().trim_start().len();
        whole.start() + blank..whole.end()
    })
}

/// The parts of a text of Markdown that are code, in their order.
fn code_in(body: &str) -> Vec<Range<usize>> {
    let parser = Parser::new_ext(body, Options::ENABLE_TABLES).into_offset_iter();
    let is_code =
        |event: &Event<'_>| matches!(event, Event::Code(_) | Event::Start(Tag::CodeBlock(_)));
    parser.filter(|(event, _)| is_code(event)).map(|(_, range)| range).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_for_a_notice_is_refused_with_its_line() {
        for (body, shown) in [
            ("<Disclaimer />", "<Disclaimer />"),
            ("a <Disclaimer id=\"3\"></Disclaimer>", "<Disclaimer id=\"3\">"),
            ("<disclaimer-box a='>'>\n</disclaimer-box>", "<disclaimer-box a='>'>"),
            ("<Legal.Notice on={() => 1}/>", "<Legal.Notice on={() => 1}/>"),
            ("<esi:include src=\"/legal.html\"/>", "<esi:include src=\"/legal.html\"/>"),
            ("<div class=\"legal-notice\"></div>", "<div class=\"legal-notice\">"),
            ("{{> disclaimer}}", "{{> disclaimer"),
            ("{{#>legal/long}}", "{{#>legal/long"),
            ("![[disclaimer]]", "![[disclaimer]]"),
            ("![[notes/Disclaimer#long|x]]", "![[notes/Disclaimer#long|x]]"),
            ("--8<-- \"disclaimer.md\"", "--8<-- \"disclaimer.md"),
            ("--8<--\nlegal.md\n--8<--", "--8<-- legal.md"),
            ("{!legal.md!}", "{!legal.md!}"),
            ("<%- include(\"disclaimer\") %>", "<%- include(\"disclaimer\") %>"),
            ("<%= render 'shared/legal' %>", "<%= render 'shared/legal' %>"),
            ("@include(legal)", "@include(legal)"),
            ("#include \"legal.md\"", "#include \"legal.md\""),
            ("include::disclaimer.adoc[]", "include::disclaimer.adoc[]"),
            ("[!INCLUDE [x](../legal.md)]", "[!INCLUDE [x](../legal.md)]"),
            ("import Note from './disclaimer.mdx'", "import Note from './disclaimer.mdx'"),
            ("[disclaimer]", "[disclaimer]"),
            ("  [Legal-Notice id=3 /]  ", "[Legal-Notice id=3 /]"),
            ("[haftungsausschluss]", "[haftungsausschluss]"),
            ("{disclaimer}", "{disclaimer}"),
            ("%%DISCLAIMER%%", "%%DISCLAIMER%%"),
            ("::disclaimer{id=3}", "::disclaimer{id=3}"),
        ] {
            let refused = look(&format!("One\n\n{body}\n\nTwo"), 5);
            let reason = refused.err().unwrap_or_else(|| panic!("{body}")).to_string();
            assert!(reason.starts_with(&format!("7: `{shown}` stands")), "{body}: {reason}");
        }
        let reason = look("[disclaimer]\n\n<Legal />", 1).err().unwrap().to_string();
        assert!(reason.starts_with("1: `[disclaimer]`"), "{reason}");
    }

    #[test]
    fn words_links_and_code_are_no_placeholders() {
        for body in [
            "See the [disclaimer].\n\n[disclaimer]: /legal/",
            "[Disclaimer]\n\n[disclaimer]: /legal/",
            "[disclaimer](/legal/)",
            "[Legal advice for tenants]",
            "[Import legal rules](/x) and include legal advice.",
            "# Import of legal texts",
            "<Disclaimer>No liability.</Disclaimer>",
            "<div class=\"disclaimer\">No liability.</div>",
            "<a id=\"disclaimer\"></a>",
            "<div class=\"advert\"></div>\n\n[Correction]\n\n[Advertisement]",
            "<Figure caption=\"No legal advice\" />",
            "<https://site.example/legal> <legal@site.example>",
            "![[illegal-parking]] ![[legal-map.png]]",
            "`<Disclaimer />` and `[disclaimer]`",
            "```mdx\n<Disclaimer />\n[disclaimer]\n```\n",
            "    [disclaimer]\n",
            "\\<Disclaimer />",
            "::disclaimer\nNo liability.\n::",
            ":::disclaimer\nNo liability.\n:::",
            "<%# legal %> 5 <% of legal staff",
            "--8<-- \"chart.md\"",
            "{!chart.md!} {{> chart}} @include(chart) <Chart />",
        ] {
            assert!(look(body, 1).is_ok(), "{body}");
        }
        let many = "<a \"".repeat(100_000);
        assert!(look(&many, 1).is_ok());
    }
}
