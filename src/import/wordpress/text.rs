//! The text of a post as the HTML of an article.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::blocks::{EXPANDED_MAX, Expanded, expand};
use super::classic::paragraphs;
use super::export::Site;
use super::names::pattern;
use super::record::Post;
use super::shortcodes::{gate_of, written_out};
use crate::domain::text::is_forbidden_in_text;

/// How a text in blocks is known.
const BLOCK: &str = "<!-- wp:";

/// Elements whose text is left as it is.
static VERBATIM: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?is)<pre\b.*?</pre\s*>|<script\b.*?</script\s*>|<style\b.*?</style\s*>|<textarea\b.*?</textarea\s*>",
    )
});
/// A line that is an address alone: WordPress embeds what is there.
static ADDRESS: LazyLock<Regex> =
    LazyLock::new(|| pattern(r#"(?m)^([ \t]*)(https?://[^\s<>"]+)([ \t]*)$"#));
/// A paragraph that is one.
static ADDRESS_IN_PARAGRAPH: LazyLock<Regex> =
    LazyLock::new(|| pattern(r#"(?i)(<p(?:\s[^<>]*)?>)\s*(https?://[^\s<>"]+)\s*(</p>)"#));

/// The text of a post.
#[derive(Debug, PartialEq, Eq)]
pub struct Text {
    /// Its HTML.
    pub html: String,
    /// What is lost or was changed.
    pub told: Vec<String>,
    /// What says that not all of it is for every reader.
    pub gate: Option<String>,
    /// The fields of the post that stand in it.
    pub fields: BTreeSet<String>,
}

/// Makes the HTML of a post's text.
///
/// # Errors
/// If what it shows cannot be told, or a notice in it would be lost.
pub fn text_of(content: &str, post: &Post, site: &Site) -> Result<Text, String> {
    if content.len() > EXPANDED_MAX {
        return Err(format!(
            "its text is longer than {} MiB: no article is that long; divide it",
            EXPANDED_MAX >> 20
        ));
    }
    let is_in_blocks = content.contains(BLOCK);
    let Expanded { html, mut told, gate, fields } = expand(content, post, site)?;
    let enclosing = gate_of(&html)?;
    let (html, embeds) = linked(&written_out(&html));
    if embeds > 0 {
        told.push(format!("what is embedded becomes a link ({embeds})"));
    }
    let html = match is_in_blocks {
        true => html.trim().to_owned(),
        false => paragraphs(&html),
    };
    let html = match html.contains(is_forbidden_in_text) {
        true => {
            told.push("control characters are left out of the text".to_owned());
            html.chars().filter(|c| !is_forbidden_in_text(*c)).collect()
        }
        false => html,
    };
    Ok(Text { html, told, gate: gate.or(enclosing), fields })
}

/// A text with its lone addresses as links, and their number.
fn linked(html: &str) -> (String, usize) {
    let mut count = 0;
    let mut out = String::with_capacity(html.len());
    let mut from = 0;
    for verbatim in VERBATIM.find_iter(html) {
        out.push_str(&linked_part(&html[from..verbatim.start()], &mut count));
        out.push_str(verbatim.as_str());
        from = verbatim.end();
    }
    out.push_str(&linked_part(&html[from..], &mut count));
    (out, count)
}

fn linked_part(html: &str, count: &mut usize) -> String {
    let mut link = |found: &Captures<'_>| {
        *count += 1;
        let address = found[2].replace("&amp;", "&").replace('&', "&amp;");
        format!("{}<a href=\"{address}\">{address}</a>{}", &found[1], &found[3])
    };
    let html = ADDRESS_IN_PARAGRAPH.replace_all(html, &mut link);
    ADDRESS.replace_all(&html, &mut link).into_owned()
}

#[cfg(test)]
mod tests {
    use super::super::export::Pattern;
    use super::*;

    fn site() -> Site {
        let mut site = Site::default();
        let text = |text: &str| Pattern::Text(text.to_owned());
        for (id, pattern) in [
            (
                18,
                text(
                    "<!-- wp:paragraph -->\n<p>Supplied by Northwire.</p>\n<!-- /wp:paragraph -->",
                ),
            ),
            (19, text("<!-- wp:block {\"ref\":18} /-->")),
            (20, text("<!-- wp:block {\"ref\":20} /-->")),
            (21, Pattern::Hidden),
            (
                22,
                text(
                    "<!-- wp:paragraph {\"metadata\":{\"name\":\"Provider\",\"bindings\":{\"__default\":{\"source\":\"core/pattern-overrides\"}}}} -->\n<p>By nobody.</p>\n<!-- /wp:paragraph -->",
                ),
            ),
            (23, text(&"<!-- wp:block {\"ref\":24} /-->".repeat(40))),
            (24, text(&"<!-- wp:block {\"ref\":25} /-->".repeat(40))),
            (25, text("")),
            (
                26,
                text(
                    "<!-- wp:paragraph {\"metadata\":{\"name\":\"A\\u002d\\u002d\\u0022B\",\"bindings\":{\"__default\":{\"source\":\"core/pattern-overrides\"}}}} -->\n<p>By nobody.</p>\n<!-- /wp:paragraph -->",
                ),
            ),
        ] {
            site.patterns.insert(id, pattern);
        }
        site
    }

    fn post() -> Post {
        let mut post = Post::default();
        let notes = "[{\"content\":\"The <em>court</em>.\",\"id\":\"a-1\"}]";
        for (key, value) in
            [("footnotes", notes), ("court", "Hamburg & <b>Kiel</b>"), ("_hidden", "x")]
        {
            post.add_meta(key.to_owned(), value.to_owned());
        }
        post
    }

    fn made(content: &str) -> Result<Text, String> {
        text_of(content, &post(), &site())
    }

    fn html(content: &str) -> String {
        made(content).unwrap_or_else(|reason| panic!("{content}: {reason}")).html
    }

    fn told(content: &str) -> String {
        made(content).unwrap_or_else(|reason| panic!("{content}: {reason}")).told.join("; ")
    }

    #[test]
    fn the_marks_of_blocks_are_taken_out() {
        let text = "<!-- wp:paragraph {\"fontSize\":\"small\"} -->\n<p>One</p>\n<!-- /wp:paragraph -->\n\n<!-- wp:quote -->\n<blockquote><!-- wp:core/paragraph -->\n<p>Two</p>\n<!-- /wp:core/paragraph --><cite>Ida</cite></blockquote>\n<!-- /wp:quote -->\n\n<!-- wp:more -->\n<!--more-->\n<!-- /wp:more -->\n\n<!-- wp:spacer /-->";
        assert_eq!(html(text), "<p>One</p>\n\n<blockquote><p>Two</p><cite>Ida</cite></blockquote>");
        assert_eq!(told(text), "");
        let remark = "<!-- wp:html -->\n<p>a</p><!-- Ida: ask legal -->\n<!-- /wp:html -->";
        assert_eq!(
            (html(remark).as_str(), told(remark).as_str()),
            ("<p>a</p>", "comments of HTML are left out of the text (1)")
        );
        let paged = "<!-- wp:nextpage -->\n<!--nextpage-->\n<!-- /wp:nextpage -->";
        assert!(told(paged).starts_with("the pages"), "{}", told(paged));
        assert_eq!(html("One<!-- x --!> two <!-- y -->three"), "<p>One two three</p>");
    }

    #[test]
    fn synced_patterns_stand_in_their_place() {
        let notice = "<p>Supplied by Northwire.</p>";
        for reference in ["<!-- wp:block {\"ref\":18} /-->", "<!-- wp:block {\"ref\":19} /-->"] {
            assert_eq!(
                html(&format!(
                    "<!-- wp:paragraph -->\n<p>a</p>\n<!-- /wp:paragraph -->\n\n{reference}"
                )),
                format!("<p>a</p>\n\n{notice}")
            );
        }
        let given = "<!-- wp:block {\"ref\":22,\"content\":{\"Provider\":{\"content\":\"By Northwire.\"}}} /-->";
        assert_eq!(html(given), "<p>By Northwire.</p>");
        // The editor writes two hyphens, which would end a comment, as escapes.
        let given = given.replace("{\"ref\":22", "{\"ref\":26").replace("Provider", "A--\\\"B");
        assert_eq!(html(&given), "<p>By Northwire.</p>");
        assert_eq!(html("<!-- wp:block {\"ref\":22} /-->"), "<p>By nobody.</p>");
        assert!(told("<!-- wp:block {\"ref\":21} /-->").contains("pattern 21 is left out"));
        for (reference, want) in [
            ("{\"ref\":99}", "synced pattern 99"),
            ("{\"ref\":20}", "stands within itself"),
            ("{\"ref\":23}", "in too many others"),
            ("{\"ref\":\"x\"}", "has no number"),
            ("{\"ref\":22,\"content\":{\"Provider\":\"x\"}}", "form that is not known"),
            ("{\"ref\":22,\"content\":{\"Other\":{\"content\":\"x\"}}}", "words for `Other`"),
            ("{\"ref\":22,\"content\":{\"Prov\":{\"content\":\"x\"}}}", "words for `Prov`"),
            ("{\"ref\":22,\"content\":{\"Provider\":{\"style\":\"x\"}}}", "the style of a block"),
            ("{\"ref\":22,\"overrides\":{}}", "form that is not known"),
            ("{\"ref\":18", "no JSON"),
        ] {
            let reason = made(&format!("<!-- wp:block {reference} /-->")).expect_err(reference);
            assert!(reason.contains(want), "{reference}: {reason}");
        }
    }

    #[test]
    fn fields_of_the_post_stand_in_their_place() {
        let bound = |source: &str, key: &str| {
            format!(
                "<!-- wp:paragraph {{\"metadata\":{{\"bindings\":{{\"content\":{{\"source\":\"{source}\",\"args\":{{\"key\":\"{key}\"}}}}}}}}}} -->\n<p>The court</p>\n<!-- /wp:paragraph -->"
            )
        };
        assert_eq!(html(&bound("core/post-meta", "court")), "<p>Hamburg & <b>Kiel</b></p>");
        assert_eq!(html(&bound("core/post-meta", "_hidden")), "<p>The court</p>");
        assert!(made(&bound("core/post-meta", "judge")).is_err());
        assert!(made(&bound("acme/fields", "court")).is_err());
    }

    #[test]
    fn footnotes_come_from_their_field() {
        let text = "<!-- wp:paragraph -->\n<p>One<sup data-fn=\"a-1\" class=\"fn\"><a href=\"#a-1\" id=\"a-1-link\">1</a></sup></p>\n<!-- /wp:paragraph -->";
        let shown = html(&format!("{text}\n\n<!-- wp:footnotes /-->"));
        assert!(shown.ends_with("<ol><li id=\"a-1\">The <em>court</em>. <a href=\"#a-1-link\">\u{21a9}\u{fe0e}</a></li></ol>"), "{shown}");
        assert!(told(text).contains("its footnotes are left out"));
        let other = text.replace("a-1", "b-2");
        assert!(made(&format!("{other}<!-- wp:footnotes /-->")).is_err());
        assert!(text_of(text, &Post::default(), &site()).is_err());
    }

    #[test]
    fn what_wordpress_hides_stays_hidden() {
        let hidden = "<!-- wp:group {\"metadata\":{\"blockVisibility\":false}} -->\n<div><!-- wp:paragraph -->\n<p>secret</p>\n<!-- /wp:paragraph --><!-- wp:block {\"ref\":99} /--></div>\n<!-- /wp:group -->\n\n<p>b</p>";
        assert_eq!(html(hidden), "<p>b</p>");
        assert!(told(hidden).contains("hides"));
        assert!(made("<!-- wp:paragraph {\"metadata\":{\"blockVisibility\":\"x\"}} -->\n<p>a</p>\n<!-- /wp:paragraph -->").is_err());
        assert!(made("<!-- wp:paragraph {\"blockVisibility\":{\"hideBlock\":true}} -->\n<p>a</p>\n<!-- /wp:paragraph -->").is_err());
        assert!(made("One <!-- secret").is_err());
        for gate in [
            "<!-- wp:jetpack/paywall /-->",
            "<!-- wp:premium-content/container -->\n<p>a</p>\n<!-- /wp:premium-content/container -->",
            "<!-- wp:passster/content -->\n<p>a</p>\n<!-- /wp:passster/content -->",
            "<!-- wp:group {\"contentControls\":{\"enabled\":true,\"rules\":[1]}} -->\n<p>a</p>\n<!-- /wp:group -->",
            "<!-- wp:block {\"ref\":18,\"userVisibility\":\"logged-in\"} /-->",
        ] {
            assert!(made(gate).unwrap().gate.is_some(), "{gate}");
        }
        for open in [
            "<!-- wp:video {\"showControls\":true} -->\n<p>a</p>\n<!-- /wp:video -->",
            "<!-- wp:group {\"contentControls\":{\"enabled\":false}} -->\n<p>a</p>\n<!-- /wp:group -->",
        ] {
            assert_eq!(made(open).unwrap().gate, None, "{open}");
        }
    }

    #[test]
    fn what_wordpress_makes_itself_is_told_of() {
        assert!(
            told("<!-- wp:latest-posts /-->\n<!-- wp:latest-posts /-->")
                .ends_with("`latest-posts` (2 times)")
        );
        for text in [
            "<!-- wp:acme/disclaimer {\"id\":1} /-->",
            "<!-- wp:pattern {\"slug\":\"theme/footer\"} /-->",
            "[legal_notice]",
        ] {
            assert!(made(text).is_err(), "{text}");
        }
    }

    #[test]
    fn no_control_characters_are_left() {
        assert_eq!(html("a\u{b}b\tc"), "<p>ab\tc</p>");
        assert!(told("a\u{b}b").contains("control characters"));
    }

    #[test]
    fn lone_addresses_are_links() {
        let link = "<a href=\"https://v.example/?a=1&amp;b=2\">https://v.example/?a=1&amp;b=2</a>";
        assert_eq!(
            html("One\n\nhttps://v.example/?a=1&b=2\n\ntwo https://x.example"),
            format!("<p>One</p>\n<p>{link}</p>\n<p>two https://x.example</p>")
        );
        let embed = "<!-- wp:embed {\"url\":\"x\"} -->\n<figure><div>\nhttps://v.example/?a=1&amp;b=2\n</div></figure>\n<!-- /wp:embed -->";
        assert_eq!(html(embed), format!("<figure><div>\n{link}\n</div></figure>"));
        assert_eq!(html("<pre>\nhttps://v.example\n</pre>"), "<pre>\nhttps://v.example\n</pre>");
    }

    #[test]
    fn hostile_texts_are_refused_at_once() {
        let long = "x".repeat(EXPANDED_MAX + 1);
        assert!(made(&long).is_err());
        let deep = "<!-- wp:group -->".repeat(200);
        assert!(made(&deep).unwrap_err().contains("nested deeper"));
        for piece in
            ["<!-- /wp:x -->", "[a_", "[a_b=", "<pre>", "https://", "[caption", "[caption]", "<p>"]
        {
            let _ = made(&piece.repeat(20_000));
        }
    }
}
