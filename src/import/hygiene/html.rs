//! HTML as blocks.

use std::collections::HashMap;
use std::ops::Range;

use super::blocks::{Block, Blocks, Form, Frame, Text};
use super::tags::{Token, decoded, is_void, link_of, tokens};
use crate::import::words::line_of_html;

/// Elements that only stand around others.
const FRAMES: [&str; 11] = [
    "article", "aside", "body", "center", "details", "div", "footer", "header", "html", "main",
    "section",
];
/// Elements that a text is one paragraph or heading in.
const LINES: [&str; 8] = ["h1", "h2", "h3", "h4", "h5", "h6", "p", "summary"];
/// Elements that are one block with all they contain.
const WHOLE: [&str; 23] = [
    "applet", "audio", "blockquote", "canvas", "dialog", "dir", "dl", "fieldset", "figure", "form",
    "hgroup", "listing", "math", "menu", "nav", "object", "ol", "pre", "svg", "table", "template",
    "ul", "video",
];
/// Elements in a block that mean more than their text.
const MORE: [&str; 20] = [
    "audio", "button", "canvas", "del", "embed", "figure", "iframe", "img", "input", "math",
    "noscript", "object", "picture", "pre", "s", "select", "strike", "svg", "table", "video",
];
/// Elements that are never shown.
const UNSEEN: [&str; 6] = ["base", "link", "meta", "script", "style", "title"];
/// Elements in a quotation or list whose tags end a line.
const ENDING: [&str; 15] = [
    "article", "dd", "div", "dt", "footer", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "p",
    "section",
];
/// Emphasis, in which a notice or its heading often stands.
const EMPHASIS: [&str; 4] = ["b", "em", "i", "strong"];

/// The blocks of HTML.
#[must_use]
pub fn blocks(html: &str) -> Blocks {
    let mut scan = Scan {
        html,
        out: Blocks::default(),
        current: None,
        open: Vec::new(),
        counts: HashMap::new(),
    };
    for (token, range) in tokens(html) {
        match token {
            Token::Text => scan.text(range),
            Token::Unseen => {}
            Token::Open(name) | Token::Close(name) if UNSEEN.contains(&name.as_str()) => {}
            Token::Open(name) => scan.open(name, range),
            Token::Close(name) => scan.close(&name, &range),
        }
    }
    scan.finish(html.len(), None);
    scan.out
}

/// What an element is for the division into blocks.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Frame,
    Line,
    Whole,
    Rule,
    Inline,
}

fn class_of(name: &str) -> Class {
    match name {
        "hr" => Class::Rule,
        _ if FRAMES.contains(&name) => Class::Frame,
        _ if LINES.contains(&name) => Class::Line,
        _ if WHOLE.contains(&name) => Class::Whole,
        _ => Class::Inline,
    }
}

fn form_of(name: &str) -> Form {
    match name {
        "p" => Form::Paragraph,
        "blockquote" => Form::Quote,
        "dir" | "dl" | "menu" | "ol" | "ul" => Form::List,
        _ if LINES.contains(&name) => Form::Heading,
        _ => Form::Other,
    }
}

/// A block whose end has not been met.
struct Current {
    form: Form,
    /// The element that it is; `None` for text that stands in none of its own.
    element: Option<String>,
    /// How many elements of this name are open in it, if it is one with all it contains.
    depth: usize,
    start: usize,
    /// Its content so far.
    inner: Range<usize>,
    inline: usize,
    text: Text,
    /// True if it has a reference that only the parser knows.
    is_coded: bool,
}

impl Current {
    fn new(form: Form, element: Option<String>, range: &Range<usize>) -> Self {
        let begins = if element.is_some() { range.end } else { range.start };
        let inner = begins..begins;
        let (start, text) = (range.start, Text::default());
        Self { form, element, depth: 0, start, inner, inline: 0, text, is_coded: false }
    }

    /// An element in it begins, with this tag.
    fn open(&mut self, name: &str, range: &Range<usize>, tag: &str) {
        if MORE.contains(&name) {
            self.text.is_more();
        }
        if name == "br" {
            let divides = self.inline == 0 && self.form == Form::Paragraph;
            self.text.end_line(divides.then_some(range.start));
        } else if ENDING.contains(&name) {
            self.text.end_line(None);
        } else if !is_void(name) {
            self.inline += 1;
            if let Some(address) = link_of(name, tag) {
                self.text.link(&address);
            }
            if EMPHASIS.contains(&name) {
                self.text.open_emphasis();
            }
        }
        self.inner.end = range.end;
    }

    /// An element in it ends.
    fn close(&mut self, name: &str, range: &Range<usize>) {
        if ENDING.contains(&name) {
            self.text.end_line(None);
        } else if !is_void(name) {
            self.inline = self.inline.saturating_sub(1);
            if EMPHASIS.contains(&name) {
                self.text.close_emphasis();
            }
        }
        self.inner.end = range.end;
    }
}

/// A frame whose end has not been met.
struct Open {
    name: String,
    start: usize,
    first: usize,
}

struct Scan<'a> {
    html: &'a str,
    out: Blocks,
    current: Option<Current>,
    open: Vec<Open>,
    /// How many frames of each name are open: an end tag without a start is not looked for.
    counts: HashMap<String, usize>,
}

impl Scan<'_> {
    fn text(&mut self, range: Range<usize>) {
        let source = &self.html[range.clone()];
        if self.current.is_none() {
            let begun = source.trim_start();
            if begun.is_empty() {
                return;
            }
            let start = range.end - begun.len();
            self.current = Some(Current::new(Form::Paragraph, None, &(start..range.end)));
        }
        let Some(current) = &mut self.current else {
            return;
        };
        match decoded(source) {
            Some(text) => current.text.push(&text),
            None => current.is_coded = true,
        }
        current.inner.end = range.end;
    }

    fn open(&mut self, name: String, range: Range<usize>) {
        let tag = &self.html[range.clone()];
        let whole = self.current.as_mut().filter(|current| current.depth > 0);
        if let Some(current) = whole {
            if current.element.as_ref() == Some(&name) {
                current.depth += 1;
            }
            current.open(&name, &range, tag);
            return;
        }
        match class_of(&name) {
            Class::Inline => {
                let begin = || Current::new(Form::Paragraph, None, &range);
                self.current.get_or_insert_with(begin).open(&name, &range, tag);
            }
            Class::Rule => {
                self.finish(range.start, None);
                self.out.list.push(Block::rule(range));
            }
            Class::Frame => {
                self.finish(range.start, None);
                *self.counts.entry(name.clone()).or_insert(0) += 1;
                let first = self.out.list.len();
                self.open.push(Open { name, start: range.start, first });
            }
            class => {
                self.finish(range.start, None);
                let mut current = Current::new(form_of(&name), Some(name), &range);
                current.depth = usize::from(class == Class::Whole);
                self.current = Some(current);
            }
        }
    }

    fn close(&mut self, name: &str, range: &Range<usize>) {
        let current = self.current.as_ref();
        let depth = current.map_or(0, |current| current.depth);
        let is_own = current.is_some_and(|current| current.element.as_deref() == Some(name));
        if depth > 0 {
            if is_own && depth == 1 {
                self.finish(range.end, Some(range.start));
            } else if let Some(current) = &mut self.current {
                current.depth -= usize::from(is_own);
                current.close(name, range);
            }
            return;
        }
        match class_of(name) {
            Class::Inline => {
                if let Some(current) = &mut self.current {
                    current.close(name, range);
                }
            }
            Class::Frame if self.counts.get(name).is_some_and(|count| *count > 0) => {
                self.finish(range.start, None);
                self.end_frame(name, range.end);
            }
            Class::Line if is_own => self.finish(range.end, Some(range.start)),
            _ => {}
        }
    }

    /// Ends the frames down to the last one of this name.
    fn end_frame(&mut self, name: &str, end: usize) {
        while let Some(frame) = self.open.pop() {
            if let Some(count) = self.counts.get_mut(&frame.name) {
                *count -= 1;
            }
            if frame.name == name {
                let blocks = frame.first..self.out.list.len();
                self.out.frames.push(Frame { range: frame.start..end, blocks });
                return;
            }
        }
    }

    /// Ends the block that is open, before `end`; its content ends at `inner`, if it has an end tag.
    fn finish(&mut self, end: usize, inner: Option<usize>) {
        let Some(current) = self.current.take() else {
            return;
        };
        let Current { form, start, inner: met, text, is_coded, .. } = current;
        let begins = met.start;
        let inner_end = inner.unwrap_or(met.end).max(begins);
        let inner_end = begins + self.html[begins..inner_end].trim_end().len();
        // Without an end tag, white space behind it is not part of it.
        let end = if inner.is_some() { end } else { inner_end };
        let mut block = text.block(form, start..end, begins..inner_end);
        if is_coded {
            block.text = line_of_html(&self.html[start..end]).unwrap_or_default();
            (block.breaks, block.lead) = (Vec::new(), None);
        }
        block.is_plain = block.is_plain && form != Form::Other;
        self.out.list.push(block);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(html: &str) -> Vec<String> {
        let shown = blocks(html).list.into_iter().map(|block| {
            let plain = if block.is_plain { "" } else { "+" };
            format!("{:?}{plain} {} | {}", block.form, block.text, &html[block.range])
        });
        shown.collect()
    }

    #[test]
    fn a_text_is_divided_as_readers_see_it() {
        assert_eq!(
            shown(
                "<h2>A &amp; b</h2>\n<p>One <b>two</b>\nthree</p> tail<hr><blockquote><p>q</p><p>r</p></blockquote>"
            ),
            [
                "Heading A & b | <h2>A &amp; b</h2>",
                "Paragraph One two three | <p>One <b>two</b>\nthree</p>",
                "Paragraph tail | tail",
                "Rule  | <hr>",
                "Quote q\nr | <blockquote><p>q</p><p>r</p></blockquote>",
            ]
        );
        // Tags that are left out, or have no start.
        assert_eq!(
            shown("</div><p>a <p>b</section></p><li>c"),
            ["Paragraph a | <p>a", "Paragraph b | <p>b</section></p>", "Paragraph c | <li>c"]
        );
        assert_eq!(
            shown("<ul><li>a<ul><li>b</ul></li></ul><table><tr><td>c</table><p><img src=x>d</p>"),
            [
                "List a\nb | <ul><li>a<ul><li>b</ul></li></ul>",
                "Other+ c | <table><tr><td>c</table>",
                "Paragraph+ d | <p><img src=x>d</p>",
            ]
        );
        assert_eq!(
            shown("<details><summary>Notice</summary>e<p>f</p></details>"),
            [
                "Heading Notice | <summary>Notice</summary>",
                "Paragraph e | e",
                "Paragraph f | <p>f</p>"
            ]
        );
        assert_eq!(shown("<p>f&uuml;r</p>"), ["Paragraph für | <p>f&uuml;r</p>"]);
        assert!(shown("<!-- x --><script>y</script> <link><div></div>").is_empty());
    }

    #[test]
    fn frames_know_their_blocks() {
        let html = "<p>a</p><div><aside>b</aside></div><div>c<section>d</div>";
        let frames: Vec<_> = blocks(html)
            .frames
            .into_iter()
            .map(|frame| (html[frame.range].to_owned(), frame.blocks))
            .collect();
        assert_eq!(
            frames,
            [
                ("<aside>b</aside>".to_owned(), 1..2),
                ("<div><aside>b</aside></div>".to_owned(), 1..2),
                ("<div>c<section>d</div>".to_owned(), 2..4),
            ]
        );
    }

    #[test]
    fn lines_of_a_paragraph_are_known() {
        let html = "<p>One.<br><em>Two<br>three</em><br/>four<br></p>";
        let block = blocks(html).list.remove(0);
        let breaks: Vec<_> = block
            .breaks
            .iter()
            .map(|line| (&html[line.at..line.at + 3], &block.text[line.text_at..]))
            .collect();
        assert_eq!(breaks, [("<br", "Two\nthree\nfour"), ("<br", "four")]);
        let lead = |html: &str| {
            let block = blocks(html).list.remove(0);
            block.lead.map(|lead| block.text[..lead].to_owned())
        };
        assert_eq!(lead("<p><strong>Note:</strong> x</p>").as_deref(), Some("Note:"));
        assert_eq!(lead("<p><em><b>Note</b>: a</em> x</p>").as_deref(), Some("Note: a"));
        assert_eq!(lead("<p>x <b>y</b></p>"), None);
    }

    #[test]
    fn hostile_html_costs_no_more_than_its_length() {
        for (open, close) in
            [("<div>", "</section>"), ("<ul>", "</ol>"), ("<p><b>", "</i>"), ("<b>", "</div>")]
        {
            let html = format!("{}x{}", open.repeat(50_000), close.repeat(50_000));
            assert!(blocks(&html).list.len() <= 50_001);
        }
    }
}
