//! What holds for every input, as functions that panic where it does not. `properties.rs` calls them with generated
//! inputs, and the fuzz targets with those of the fuzzer.

use actix_web::http::header::{HeaderMap, HeaderValue, IF_MATCH, IF_NONE_MATCH};
use copydesk::articles::input::ArticleCreate;
use copydesk::comments::input::CommentInput;
use copydesk::disclaimers::input::DisclaimerInput;
use copydesk::domain::markup::{HTML_MAX, Markup, Renderer, plain_text, render_comment};
use copydesk::domain::search::{self, Indexed};
use copydesk::domain::text::is_forbidden_in_text;
use copydesk::import::site::front_matter;
use copydesk::problem::Code;
use copydesk::web::etag::{self, Precondition};
use copydesk::web::input::{InputObject, read_body};
use copydesk::web::json;
use copydesk::web::paging::Listing;
use serde_json::Value;

/// A body is refused as malformed or as invalid; what is read is written and read again as the same.
pub fn body(bytes: &[u8]) {
    let value = match json::parse(bytes) {
        Ok(value) => value,
        Err(problem) => {
            let code = problem.code();
            assert!(matches!(code, Code::MalformedJson | Code::ValidationFailed), "{code:?}");
            return;
        }
    };
    let written = serde_json::to_vec(&value).unwrap();
    assert_eq!(json::parse(&written).unwrap(), value);
    reads_what_it_writes::<ArticleCreate>(&value);
    reads_what_it_writes::<CommentInput>(&value);
    reads_what_it_writes::<DisclaimerInput>(&value);
}

fn reads_what_it_writes<T: InputObject>(value: &Value) {
    let Ok(read) = read_body::<T>(value.clone()) else {
        return;
    };
    let written = serde_json::to_value(&read).unwrap();
    let again = read_body::<T>(written.clone())
        .unwrap_or_else(|problem| panic!("{written} is refused: {}", problem.detail()));
    assert_eq!(serde_json::to_value(&again).unwrap(), written);
}

/// A cursor opens in its own list alone, to what was put in.
pub fn cursor(text: &str) {
    let listing = Listing::new("/v1/articles", &[("state", "published".to_owned())]);
    let others = [
        Listing::new("/v1/articles", &[("state", "draft".to_owned())]),
        Listing::new("/v1/comments", &[]),
    ];
    if let Ok(key) = listing.open::<Value>(text) {
        assert_eq!(listing.open::<Value>(&listing.seal(&key)).unwrap(), key);
    }
    // No text that is stored has U+0000.
    if let Ok(key) = serde_json::from_str::<Value>(text)
        && !key.to_string().contains("\\u0000")
    {
        let sealed = listing.seal(&key);
        assert_eq!(listing.open::<Value>(&sealed).unwrap(), key);
        assert!(others.iter().all(|other| other.open::<Value>(&sealed).is_err()), "{sealed}");
    }
}

/// The readers of conditions agree on which lists of tags are valid, and compare without a panic.
pub fn entity_tags(bytes: &[u8]) {
    let Ok(value) = HeaderValue::from_bytes(bytes) else {
        return;
    };
    let mut headers = HeaderMap::new();
    headers.insert(IF_NONE_MATCH, value.clone());
    let is_valid = etag::check(&headers).is_ok();
    let known = etag::is_known(&headers, "3-ab");
    assert_eq!(known.is_ok(), is_valid);
    headers.insert(IF_MATCH, value);
    let read = Precondition::read(&headers, false);
    assert_eq!(read.is_ok(), is_valid);
    let Ok(read) = read else {
        return;
    };
    let is_any = std::str::from_utf8(bytes).is_ok_and(|text| text.trim() == "*");
    assert_ne!(read.names_version(), is_any);
    // What names the present version in `If-None-Match` never passes.
    let passes =
        read.check_whole("3-ab").is_ok() || read.check(3, || Ok("3-ab".to_owned())).is_ok();
    assert!(!(passes && known.is_ok_and(|known| known)));
}

/// Whatever is typed gives an expression of the index's language that is made of quoted words, and the excerpt is
/// harmless.
pub fn search(typed: &str, text: &str) {
    let indexed = Indexed::of(text);
    assert!(!indexed.words.contains('"') && !indexed.forms.contains('"'), "{indexed:?}");
    let Some(query) = search::parse(typed) else {
        return;
    };
    is_expression(&query.expression().to_string());
    query.terms().iter().for_each(|term| is_expression(&term.to_string()));
    let is_met = query.is_met_by(text);
    if let Some(excerpt) = search::snippet(&query, text) {
        let bare = excerpt.replace("<mark>", "").replace("</mark>", "");
        assert!(!bare.contains(['<', '>', '"']), "{excerpt}");
        assert_eq!(excerpt.matches("<mark>").count(), excerpt.matches("</mark>").count());
    } else {
        // What is looked for may stand beyond the part that is looked through.
        assert!(!is_met || text.len() > search::SNIPPET_TEXT_MAX, "{typed:?} in {text:?}");
    }
}

/// An expression of quoted strings, `AND`, `OR`, `NOT`, brackets that close, and `*` behind a string.
fn is_expression(sql: &str) {
    let (mut depth, mut after_string) = (0_usize, false);
    let mut rest = sql;
    assert!(!sql.is_empty());
    while let Some(first) = rest.chars().next() {
        if let Some(inside) = rest.strip_prefix('"') {
            let end = inside.find('"').unwrap_or_else(|| panic!("a string does not end: {sql}"));
            assert!(end > 0 && !inside[end + 1..].starts_with('"'), "{sql}");
            (rest, after_string) = (&inside[end + 1..], true);
            continue;
        }
        let words = ["AND ", "OR ", "NOT ", "*", "(", ")", " "];
        let word = words.into_iter().find(|word| rest.starts_with(word));
        let word = word.unwrap_or_else(|| panic!("{first:?} in {sql}"));
        match word {
            "(" => depth += 1,
            ")" => depth = depth.checked_sub(1).unwrap_or_else(|| panic!("{sql}")),
            "*" => assert!(after_string, "{sql}"),
            _ => {}
        }
        after_string &= word == " ";
        rest = &rest[word.len()..];
    }
    assert_eq!(depth, 0, "{sql}");
}

/// Stands before the ids of a text. No input has it.
const OWNER: &str = "0192d5a0-0000-7000-8000-00000000beef";

/// What is rendered is harmless, and sanitising it again changes nothing.
pub fn markup(text: &str) {
    if text.contains(is_forbidden_in_text) || text.contains(OWNER) {
        return;
    }
    let framing = Renderer { embed_hosts: vec!["player.example.com".to_owned()] };
    for renderer in [Renderer::default(), framing] {
        let may_frame = !renderer.embed_hosts.is_empty();
        for form in [Markup::Markdown, Markup::Html, Markup::Text] {
            let Ok(once) = renderer.render(text, form) else {
                continue;
            };
            let html = once.html_of(OWNER);
            is_harmless(&html, may_frame);
            let _words = once.indexed();
            // Plain text is escaped more than it need be.
            if form == Markup::Text {
                continue;
            }
            match renderer.render(&html, Markup::Html) {
                Ok(twice) => {
                    // An id is put under its owner each time.
                    let twice = twice
                        .html_of(OWNER)
                        .replace(&format!("{OWNER}-{OWNER}-"), &format!("{OWNER}-"));
                    assert_eq!(twice, html, "{form:?} of {text:?}");
                }
                Err(why) => assert!(html.len() > HTML_MAX / 2, "{why:?}: {html}"),
            }
        }
    }
    let comment = render_comment(text);
    is_harmless(&comment, false);
    let _plain = plain_text(&comment);
}

/// Elements that run something, load a page, or end the text around them.
const HARMFUL: [&str; 26] = [
    "script", "style", "object", "embed", "applet", "form", "svg", "math", "base", "link", "meta",
    "template", "noscript", "textarea", "select", "button", "plaintext", "xmp", "title", "frame",
    "frameset", "noframes", "noembed", "html", "head", "body",
];
/// Schemes that a link may have.
const SCHEMES: [&str; 4] = ["http", "https", "mailto", "tel"];

/// Panics where HTML has anything but plain tags of harmless elements. It reads only what a serializer writes: names in
/// lower case, values in double quotes.
pub fn is_harmless(html: &str, may_frame: bool) {
    assert!(!html.contains(is_forbidden_in_text), "{html:?}");
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        let tag = &rest[at + 1..];
        let is_end = tag.starts_with('/');
        let tag = tag.strip_prefix('/').unwrap_or(tag);
        let length = tag.find(|c: char| !c.is_ascii_lowercase() && !c.is_ascii_digit());
        let (name, mut attributes) = tag.split_at(length.unwrap_or(tag.len()));
        assert!(!name.is_empty() && !HARMFUL.contains(&name), "<{name} in {html}");
        assert!(may_frame || name != "iframe", "{html}");
        while let Some(one) = attributes.strip_prefix(' ') {
            let (key, value) = one.split_once("=\"").unwrap_or_else(|| panic!("{one:?} in {html}"));
            let (value, after) =
                value.split_once('"').unwrap_or_else(|| panic!("{one:?} in {html}"));
            let is_name = key.bytes().all(|c| c.is_ascii_lowercase() || c == b'-');
            assert!(
                is_name && !is_end && !key.starts_with("on") && key != "srcdoc",
                "{key} in {html}"
            );
            assert!(!value.contains(['<', '>']), "{value} in {html}");
            match key {
                "href" | "src" | "cite" => leads_to_the_web(value),
                "style" => assert!(value.starts_with("text-align:"), "{value} in {html}"),
                _ => {}
            }
            attributes = after;
        }
        rest = attributes
            .strip_prefix('>')
            .unwrap_or_else(|| panic!("<{name} does not end in {html}"));
    }
}

/// As a browser reads it: without spaces and controls, and what stands before the colon is a scheme if it looks like
/// one.
fn leads_to_the_web(value: &str) {
    let decoded = value.replace("&nbsp;", "\u{a0}").replace("&lt;", "<").replace("&gt;", ">");
    let decoded = decoded.replace("&quot;", "\"").replace("&#39;", "'").replace("&amp;", "&");
    let seen: String = decoded.chars().filter(|c| *c > ' ' && !c.is_control()).collect();
    let Some((scheme, _)) = seen.split_once(':') else {
        return;
    };
    let mut chars = scheme.chars();
    let is_scheme = chars.next().is_some_and(|c| c.is_ascii_alphabetic())
        && chars.all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
    let scheme = scheme.to_ascii_lowercase();
    assert!(!is_scheme || SCHEMES.contains(&&*scheme), "{value}");
}

/// A page is divided without a loss, and every member has its line.
pub fn page(text: &str) {
    match front_matter::split(text) {
        Ok(Some(page)) => {
            assert!(text.ends_with(page.body));
            let lines = text.matches('\n').count() + 1;
            assert!(page.first_line <= page.body_line && page.body_line <= lines);
            for name in page.members.keys() {
                let line = page.lines.get(name).unwrap_or_else(|| panic!("{name} has no line"));
                assert!((page.first_line..=lines).contains(line), "{name} at {line} of {lines}");
            }
        }
        Ok(None) => {}
        Err(refused) => assert!(refused.to_string().contains(": ")),
    }
}
