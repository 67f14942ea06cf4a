//! Conversion of Markdown, HTML and plain text to HTML that is safe to display.

mod autolink;
mod bare_links;
mod comment;
mod markdown;
mod plain;
mod sanitize;
mod tree;

use std::borrow::Cow;
use std::sync::OnceLock;

use serde::Serialize;
use utoipa::ToSchema;

use super::search::Indexed;
use super::text::count_words;
use comment::paragraphs;

pub use comment::{escape_into, render_comment};
pub use plain::plain_text;

/// Deepest nesting of elements that is rendered: browsers stop at about 500, and the sanitiser's
/// work per element grows with its depth.
pub const NESTING_MAX: usize = 100;

/// Longest HTML of a text, in bytes: eight times its longest body. Escaping a text of quotation marks
/// alone makes it six times as long; more comes of notes that are referred to without end.
pub const HTML_MAX: usize = 4 * 1024 * 1024;
/// Most attributes of one tag. The parser compares each with all before it.
pub const ATTRIBUTES_MAX: usize = 1_000;
/// Bytes of the id that stands before each id of a text: a UUID.
const OWNER_ID: usize = 36;
/// Stands for the id of the text's owner in rendered HTML. No text contains it: it is a control
/// character.
const OWNER: &str = "\u{1}";

/// A text in displayable form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// Sanitised HTML, with [`OWNER`] before each id.
    html: String,
    /// Number of words that a reader sees.
    pub words: usize,
    /// The elements that were left out, if there are any.
    pub removed: Option<Vec<RemovedElement>>,
    /// Its words for the search index, once they were asked for.
    indexed: OnceLock<Indexed>,
}

impl Rendered {
    /// A text whose HTML is known, and has lost nothing.
    #[must_use]
    pub fn of_html(html: String, words: usize) -> Self {
        Self { html, words, removed: None, indexed: OnceLock::new() }
    }

    /// Its words for the search index: made once, where that is first asked for. That may be asked
    /// ahead of a use.
    pub fn indexed(&self) -> &Indexed {
        self.indexed.get_or_init(|| Indexed::of(&plain_text(&self.html)))
    }

    /// The HTML for the article or disclaimer with this id. Ids in it, and links to them, begin
    /// with the id of the owner: a page may show many texts.
    #[must_use]
    pub fn html_of(&self, owner: &str) -> Cow<'_, str> {
        match self.html.contains(OWNER) {
            true => self.html.replace(OWNER, owner).into(),
            false => (&self.html).into(),
        }
    }
}

/// Elements of a text that its HTML does not have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct RemovedElement {
    /// The name of the elements.
    #[schema(example = "iframe")]
    pub element: String,
    /// Their number.
    #[schema(example = 1, minimum = 1)]
    pub count: usize,
    /// What became of their content.
    pub content: RemovedContent,
}

/// The treatment of what a removed element contained: `kept` in the HTML, or `removed` with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum RemovedContent {
    /// It stayed.
    Kept,
    /// It was removed with the element.
    Removed,
}

/// Why a text cannot be rendered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unrenderable {
    /// It nests elements deeper than [`NESTING_MAX`], or repeats formatting without end.
    NestedTooDeep,
    /// Its HTML is longer than [`HTML_MAX`].
    TooLong,
    /// A tag has more attributes than [`ATTRIBUTES_MAX`].
    TooManyAttributes,
}

/// The format of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Markup {
    /// CommonMark with tables, strikethrough, footnotes, task lists and autolinks; HTML inside is
    /// sanitised.
    Markdown,
    /// HTML, sanitised.
    Html,
    /// Plain text: escaped, in paragraphs.
    Text,
}

/// Renders texts; frames are kept from these hosts alone.
#[derive(Clone, Debug, Default)]
pub struct Renderer {
    /// The names of hosts, in lower case.
    pub embed_hosts: Vec<String>,
}

impl Renderer {
    /// Renders `body` to sanitised HTML.
    ///
    /// # Errors
    /// [`Unrenderable`].
    pub fn render(&self, body: &str, markup: Markup) -> Result<Rendered, Unrenderable> {
        let tree = match markup {
            Markup::Markdown => {
                let html = markdown::to_html(body);
                // Before it costs a parse: a note can be referred to without end.
                if html.len() > HTML_MAX {
                    return Err(Unrenderable::TooLong);
                }
                tree::parse(&html)?
            }
            Markup::Html => tree::parse(body)?,
            Markup::Text => {
                let html = paragraphs(body, escape_into);
                return Ok(Rendered::of_html(html, count_words(body)));
            }
        };
        let sanitized = sanitize::sanitize(&tree, &self.embed_hosts);
        let ids = sanitized.html.matches(OWNER).count();
        if sanitized.html.len() + ids * OWNER_ID > HTML_MAX {
            return Err(Unrenderable::TooLong);
        }
        Ok(Rendered {
            html: sanitized.html,
            words: count_words(&sanitized.text),
            removed: Some(sanitized.removed).filter(|removed| !removed.is_empty()),
            indexed: OnceLock::new(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn render(body: &str, markup: Markup) -> Result<Rendered, Unrenderable> {
        Renderer::default().render(body, markup)
    }

    fn html(body: &str) -> String {
        render(body, Markup::Html).unwrap().html_of("ID").into_owned()
    }

    fn markdown(body: &str) -> String {
        render(body, Markup::Markdown).unwrap().html_of("ID").into_owned()
    }

    /// What was left out, as `name count`, with `+` where the content stayed.
    fn removed(body: &str) -> Vec<String> {
        let removed = render(body, Markup::Html).unwrap().removed.into_iter().flatten();
        let named = removed.map(|one| {
            let stays = if one.content == RemovedContent::Kept { "+" } else { "" };
            format!("{} {}{stays}", one.element, one.count)
        });
        named.collect()
    }

    #[test]
    fn hostile_html_comes_out_harmless() {
        for body in [
            "<script>alert(1)</script>",
            "<img src=x onerror=alert(1)>",
            "<a href=\"javascript:alert(1)\">x</a>",
            "[x](javascript:alert(1))",
            "<svg><script>alert(1)</script></svg>",
            "<iframe src=\"https://example.com\"></iframe>",
            "<style>*{}</style>",
            "<td style=\"background:url(javascript:alert(1))\">",
            "<form action=\"javascript:alert(1)\">x</form>",
            "<input type=\"checkbox\" disabled onfocus=\"alert(1)\">",
            "<a name=\"x\" onclick=\"alert(1)\" href=\"#x\">x</a>",
        ] {
            for markup in [Markup::Markdown, Markup::Html, Markup::Text] {
                let html = render(body, markup).unwrap().html;
                for bad in ["<script", " on", "javascript:", "<iframe", "<style", "url("] {
                    let escaped = markup == Markup::Text || !html.contains('<');
                    let text = html.replace("(javascript:alert(1))", "");
                    assert!(escaped || !text.contains(bad), "{markup:?} {body} -> {html}");
                }
            }
        }
    }

    #[test]
    fn an_element_that_is_dropped_leaves_no_text() {
        for inner in [
            "<noscript><img src=\"x\">no script</noscript>",
            "<iframe src=\"https://example.com\"><p>fallback</iframe>",
            "<noembed><p>x</noembed>",
            "<noframes><p>x</noframes>",
            "<title>Doc</title>",
            "<textarea><b>x</textarea>",
            "<select><option>One<option>Two</select>",
            "<object data=\"x\">fallback</object>",
            "<video src=\"x\">fallback</video>",
            "<audio>fallback</audio>",
            "<canvas>fallback</canvas>",
            "<svg><title>Icon</title><text>x</text></svg>",
            "<math><mi>x</mi></math>",
            "<template><p>x</p></template>",
            "<style>p {}</style>",
            "<script>x</script>",
            "<button>Share</button>",
            "<dialog>x</dialog>",
            "<datalist><option>x</datalist>",
            "<meter>6</meter>",
            "<progress>6</progress>",
            "<applet>x</applet>",
        ] {
            assert_eq!(html(&format!("<p>a</p>{inner}<p>b</p>")), "<p>a</p><p>b</p>", "{inner}");
            assert_eq!(markdown(&format!("<div>{inner}b</div>")), "<div>b</div>", "{inner}");
        }
    }

    #[test]
    fn a_whole_document_gives_its_body() {
        let document = "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
            <title>Doc</title><link rel=\"stylesheet\" href=\"x\"><style>p {}</style></head>\
            <body class=\"x\"><main><p>Text</p></main></body></html>";
        assert_eq!(html(document).trim(), "<main><p>Text</p></main>");
        assert_eq!(removed(document), ["link 1", "meta 1", "style 1", "title 1"]);
    }

    #[test]
    fn what_was_left_out_is_counted() {
        for (body, gone) in [
            ("<p>a</p>", &[][..]),
            ("<iframe src=\"https://example.com/\"></iframe><IFRAME></IFRAME>", &["iframe 2"]),
            ("<video><source src=\"x\"><track></video>", &["video 1"]),
            ("<script>1</script><p>a<script>2</script>", &["script 2"]),
            ("<font color=\"red\">a</font>", &["font 1+"]),
            ("<news-card><p>a</p></news-card>", &["news-card 1+"]),
            ("<svg><path/><path/></svg>", &["svg 1"]),
            ("<input type=\"text\"><input type=\"checkbox\">", &["input 2"]),
            ("<fieldset><legend>a</legend>b</fieldset>", &["fieldset 1+", "legend 1+"]),
        ] {
            assert_eq!(removed(body), gone, "{body}");
        }
        // What is written as if it had no content has none.
        for closed in ["<video src='a/b' />", "<iframe src=x/>", "<script src=\"a>b\" async />"] {
            assert_eq!(html(&format!("<p>a</p>{closed}<p>b</p>")), "<p>a</p><p>b</p>", "{closed}");
            assert!(markdown(&format!("a\n\n{closed}\n\nb\n")).contains('b'), "{closed}");
        }
        assert_eq!(removed("<img src=\"file:///c:/x.png\"><img src=\"/x.png\">"), ["img 1"]);
        assert_eq!(removed("<p style=\"display: none\">a</p>"), ["p 1"]);
        assert_eq!(html("<p hidden>a</p>"), "<p hidden=\"\">a</p>");
        assert_eq!(html("<b style=\"font-weight:normal;\"><p>a</p></b>"), "<p>a</p>");
        assert_eq!(
            html("<table><td style=\"vertical-align:top\" headers=\"x\">a"),
            "<table><tbody><tr><td>a</td></tr></tbody></table>"
        );
        // A paragraph of what is left out leaves no gap.
        assert_eq!(html("<p>a</p><p> <video></video> </p><p></p>"), "<p>a</p>  <p></p>");
        // An element whose content stays does not join the words around it.
        assert_eq!(html("<form>a</form><form>b</form>"), "<div>a</div><div>b</div>");
        assert_eq!(html("<font>a</font>b"), "ab");
        assert_eq!(html("<xmp>a < b\n c</xmp>"), "<pre>a &lt; b\n c</pre>");
    }

    #[test]
    fn frames_of_allowed_hosts_stay() {
        let renderer = Renderer { embed_hosts: vec!["player.example.com".to_owned()] };
        let html = |src: &str| {
            let body = format!("<iframe src=\"{src}\" width=\"560\" onload=\"x\">no</iframe>");
            renderer.render(&body, Markup::Html).unwrap().html
        };
        let kept = html("https://player.example.com/v/1");
        assert!(kept.starts_with("<iframe src=\"https://player.example.com/v/1\""), "{kept}");
        assert!(kept.contains(" width=\"560\"") && kept.contains(" sandbox=\""), "{kept}");
        assert!(!kept.contains("onload") && !kept.contains("no<"), "{kept}");
        assert!(html("//PLAYER.example.com/v/1").starts_with("<iframe"));
        for other in [
            "http://player.example.com/",
            "https://player.example.com.example.org/",
            "https://example.com/",
            "https://user@player.example.com/",
            "https://player.example.com:8443/",
            "/v/1",
            "",
        ] {
            assert_eq!(html(other), "", "{other}");
        }
    }

    #[test]
    fn anchors_and_their_links_stay_under_the_owners_id() {
        for (body, expected) in [
            (
                "<h2 id=\"x\">A</h2><a href=\"#x\">b</a>",
                "<h2 id=\"ID-x\">A</h2><a href=\"#ID-x\">b</a>",
            ),
            // Of older pages.
            ("<a name=\"x\">A</a>", "<a id=\"ID-x\">A</a>"),
            // A link to the page around it stays.
            ("<a href=\"#top\">b</a>", "<a href=\"#top\">b</a>"),
            (
                "<p id=\"\u{e9}t\u{e9}\">A</p><a href=\"#%C3%A9t%C3%A9\">b</a>",
                "<p id=\"ID-\u{e9}t\u{e9}\">A</p><a href=\"#ID-%C3%A9t%C3%A9\">b</a>",
            ),
            (
                "<table><tbody><tr><th id=\"h\">A</th><td headers=\"h\">b</td></tr></tbody></table>",
                "<table><tbody><tr><th id=\"ID-h\">A</th><td headers=\"ID-h\">b</td></tr></tbody></table>",
            ),
            ("<p id=\"a b\">A</p>", "<p>A</p>"),
            ("<p id=\"\">A</p>", "<p>A</p>"),
            ("<p id=\"&#1;x\">&#1;A&#7;</p>", "<p>A</p>"),
            ("<p title=\"&#1;x\">A</p>", "<p title=\"x\">A</p>"),
        ] {
            assert_eq!(html(body), expected, "{body}");
        }
    }

    #[test]
    fn footnotes_lead_there_and_back() {
        assert_eq!(
            markdown(
                "A[^n] b[^n] c[^m].\n\n[^m]: Second.\n[^n]: First,\n    of two\n\n    parts.\n"
            ),
            "<p>A<sup><a id=\"ID-fnref-1\" href=\"#ID-fn-1\">1</a></sup> \
             b<sup><a id=\"ID-fnref-1-2\" href=\"#ID-fn-1\">1</a></sup> \
             c<sup><a id=\"ID-fnref-2\" href=\"#ID-fn-2\">2</a></sup>.</p>\n\
             <section class=\"footnotes\">\n<ol>\n\
             <li id=\"ID-fn-1\">\n<p>First,\nof two</p>\n<p>parts. \
             <a href=\"#ID-fnref-1\">\u{21a9}\u{fe0e}</a> \
             <a href=\"#ID-fnref-1-2\">\u{21a9}\u{fe0e}</a></p>\n</li>\n\
             <li id=\"ID-fn-2\">\n<p>Second. \
             <a href=\"#ID-fnref-2\">\u{21a9}\u{fe0e}</a></p>\n</li>\n\
             </ol>\n</section>\n"
        );
        // A note within a note, one that nothing refers to, one that is a list, one that is not
        // there.
        let html = markdown("A[^1].\n\n[^1]: See[^2].\n[^2]: Two.\n[^3]: Alone.\n[^4]: - x\n");
        let at = |text: &str| html.find(text).unwrap_or_else(|| panic!("{text}: {html}"));
        assert!(at("ID-fn-1\">") < at("ID-fn-2\">") && at("Two.") < at("Alone."), "{html}");
        assert!(html.contains("#ID-fnref-2") && !html.contains("#ID-fnref-3"), "{html}");
        assert_eq!(markdown("A[^1]."), "<p>A[^1].</p>\n");
    }

    #[test]
    fn directions_links_and_lists_keep_their_meaning() {
        for same in [
            "<p dir=\"rtl\" lang=\"ar\">a</p>",
            "<bdo dir=\"ltr\">a</bdo>",
            "<ol type=\"a\" start=\"3\" reversed=\"\"><li value=\"7\">a</li></ol>",
            "<ul type=\"square\"><li type=\"disc\">a</li></ul>",
            "<menu><li>a</li></menu>",
            "<dl><dt>a</dt><dd>b</dd></dl>",
            "<a href=\"https://e.org/\" rel=\"sponsored nofollow noopener\">a</a>",
            "<pre><code class=\"language-rust\">a</code></pre>",
            "<table><thead><tr><th scope=\"col\" abbr=\"A\">a</th></tr></thead><tfoot><tr>\
             <td style=\"text-align:right\">b</td></tr></tfoot></table>",
            "<time datetime=\"2026-11-27\">today</time>",
            "<data value=\"21053\">a</data>",
            "<details open=\"\"><summary>a</summary>b</details>",
            "<section><address>a</address></section>",
            "<pre>\n\na</pre>",
        ] {
            assert_eq!(html(same), same);
        }
        for (body, expected) in [
            ("<a href=\"/x\" rel=\"sponsored nofollow\">a</a>", "sponsored nofollow noopener"),
            ("<a href=\"/x\" rel=\"NoFollow evil UGC nofollow\">a</a>", "nofollow ugc noopener"),
            ("<a href=\"/x\" rel=\"opener\">a</a>", "noopener"),
            ("<a href=\"/x\" rel=\"noreferrer\" target=\"_blank\">a</a>", "noreferrer noopener"),
        ] {
            assert_eq!(html(body), format!("<a href=\"/x\" rel=\"{expected}\">a</a>"), "{body}");
        }
        assert_eq!(
            html("<code class=\"x language-c y\">a</code>"),
            "<code class=\"language-c\">a</code>"
        );
        assert_eq!(html("<p class=\"language-c\">a</p>"), "<p>a</p>");
        assert_eq!(html("<dir><li>a</dir>"), "<ul><li>a</li></ul>");
    }

    #[test]
    fn markdown_keeps_alignment_languages_tasks_and_bare_links() {
        let table = markdown("|a|b|\n|:-:|--:|\n|c|d|\n");
        assert!(table.contains("<td style=\"text-align:center\">c</td>"), "{table}");
        assert!(table.contains("<th style=\"text-align:right\">b</th>"), "{table}");
        assert_eq!(
            markdown("```rust\nfn\n```\n"),
            "<pre><code class=\"language-rust\">fn\n</code></pre>\n"
        );
        let tasks = markdown("- [x] a\n- [ ] b\n");
        assert!(tasks.contains("<input disabled=\"\" type=\"checkbox\" checked=\"\">"), "{tasks}");
        assert_eq!(
            markdown("See https://e.org/a_(b)_c, *www.e.org* and `https://e.org`."),
            "<p>See <a href=\"https://e.org/a_(b)_c\" rel=\"noopener\">https://e.org/a_(b)_c</a>, \
             <em><a href=\"http://www.e.org\" rel=\"noopener\">www.e.org</a></em> and \
             <code>https://e.org</code>.</p>\n"
        );
        // An address is whole, whatever its characters mean elsewhere.
        for address in [
            "https://x.example/__init__.py", "https://x.example/_foo_/bar",
            "https://x.example/~a~/b", "https://x.example/?a=*b*c", "https://x.example/a_b_c",
        ] {
            let link = format!("<a href=\"{address}\" rel=\"noopener\">{address}</a>");
            let html = markdown(&format!("See {address}, *there* and **{address}**."));
            let whole = format!("<p>See {link}, <em>there</em> and <strong>{link}</strong>.</p>\n");
            assert_eq!(html, whole);
            let cells = markdown(&format!("|a|b|\n|-|-|\n|{address}|c|\n"));
            assert!(cells.contains(&format!("<td>{link}</td><td>c</td>")), "{cells}");
        }
        assert_eq!(
            markdown("https://x.example/*a and b* c"),
            "<p><a href=\"https://x.example/*a\" rel=\"noopener\">https://x.example/*a</a> and b c</p>\n"
        );
        // Links do not stand within links.
        for (body, links) in [
            ("[https://e.org](https://e.net)", 1),
            ("<https://e.org>", 1),
            ("<a href=\"https://e.net\">https://e.org</a> https://e.com", 2),
            ("![https://e.org](https://e.net/x.png)", 0),
            ("    https://e.org", 0),
            ("<div>\nhttps://e.org\n</div>", 0),
            ("https://e.org/?a=1&b=2", 1),
        ] {
            assert_eq!(markdown(body).matches("<a ").count(), links, "{body}");
        }
        assert!(markdown("https://e.org/?a=1&b=2").contains("href=\"https://e.org/?a=1&amp;b=2\""));
    }

    #[test]
    fn depth_is_that_of_the_tree() {
        for deep in [
            "<div>".repeat(101),
            "<div><p>x</p>".repeat(101),
            "<b>".repeat(101),
            "<table><td>".repeat(26),
            "<ul><li>".repeat(51),
            format!("<table>{}", "<div>".repeat(101)),
            "<div></x>".repeat(101),
            "<div title=\"</div>\">".repeat(101),
            "<div><!--</div>-->".repeat(101),
            "<svg>".repeat(101),
            "<template>".repeat(101),
        ] {
            assert_eq!(render(&deep, Markup::Html), Err(Unrenderable::NestedTooDeep), "{deep}");
        }
        for flat in [
            format!("<svg>{}</svg>", "<path/>".repeat(500)),
            format!("<math>{}</math>", "<mi>x</mi>".repeat(500)),
            "<div>".repeat(100),
            "<p>one".repeat(500),
            "<li>one".repeat(500),
            format!("<table>{}</table>", "<tr><td>a<td>b".repeat(500)),
            format!("<select>{}</select>", "<option>a".repeat(500)),
            format!("<ruby>{}</ruby>", "a<rt>b".repeat(500)),
            "<div></div>".repeat(500),
            "<br>".repeat(500),
            "<b title='>'>x</b>".repeat(500),
            "a < b <3 ".repeat(500),
            "<script>'<div>'</script>".repeat(500),
            "<a href=x>y".repeat(500),
            "<h1>x".repeat(90),
        ] {
            assert!(render(&flat, Markup::Html).is_ok(), "{flat}");
        }
        assert_eq!(render(&">".repeat(101), Markup::Markdown), Err(Unrenderable::NestedTooDeep));
        assert!(render(&"- item\n".repeat(500), Markup::Markdown).is_ok());
    }

    /// Formatting that is not closed is repeated in each paragraph that follows.
    #[test]
    fn a_text_does_not_grow_without_bound() {
        let open: String = (0..90).map(|n| format!("<b title={n}>")).collect();
        let body = format!("<p>{open}{}", "<p>x".repeat(5_000));
        assert!(render(&body, Markup::Html).is_err());
        let some = format!("<p><b title=1><i>{}", "<p>some words of a paragraph".repeat(5_000));
        assert!(render(&some, Markup::Html).is_ok());
        let notes = format!("{}\n\n[^1]: x", "[^1]".repeat(50_000));
        assert_eq!(render(&notes, Markup::Markdown), Err(Unrenderable::TooLong));
        let tag = |names: std::ops::Range<usize>| {
            let names = names.map(|n| format!(" a{n}=\">\" b='x' c"));
            format!("<p title=\"a > b\"{}>x", names.collect::<String>())
        };
        assert!(render(&tag(0..300), Markup::Html).is_ok());
        assert_eq!(render(&tag(0..400), Markup::Html), Err(Unrenderable::TooManyAttributes));
        assert!(render(&"a b=c ".repeat(5_000), Markup::Html).is_ok(), "a text is no tag");
        let picture = format!("<img src=\"data:image/png;base64,{}\">", "a/".repeat(100_000));
        assert!(render(&picture, Markup::Html).is_ok());
        let quotes = "\"".repeat(512 * 1024);
        assert!(render(&quotes, Markup::Html).is_ok() && render(&quotes, Markup::Text).is_ok());
    }

    #[test]
    fn words_are_those_a_reader_sees() {
        for (html, words) in [
            ("AT&amp;T R&amp;D Q&amp;A", 3),
            ("<p>one</p><p>two</p>", 2),
            ("<table><tr><td>a</td><td>b</td></tr></table>", 2),
            ("<b>bo</b>ld and <img alt='a > b' src='https://example.com/x'>", 2),
            ("one<br>two<hr>three", 3),
            ("caf&eacute; na&iuml;ve", 2),
            ("one&nbsp;two", 2),
            ("&lt;b&gt;", 1),
            ("a<script>b c</script>", 1),
            ("<ruby>\u{6f22}<rt>kan</rt></ruby>", 2),
        ] {
            assert_eq!(render(html, Markup::Html).unwrap().words, words, "{html}");
        }
        let rendered =
            render("# Two *words*\n\n- and [a link](https://example.com)", Markup::Markdown);
        assert_eq!(rendered.unwrap().words, 5);
        assert_eq!(render("AT&T", Markup::Text).unwrap().words, 1);
        assert_eq!(render("", Markup::Markdown).unwrap(), Rendered::of_html(String::new(), 0));
    }
}
