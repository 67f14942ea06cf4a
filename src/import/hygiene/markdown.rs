//! Markdown as blocks.

use std::ops::Range;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use super::blocks::{Block, Blocks, Form, Text};
use super::html;
use super::tags::{Token, is_void, link_of, tokens};

fn options() -> Options {
    Options::ENABLE_TABLES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_TASKLISTS
}

/// The blocks of Markdown, as it is rendered here (`domain/markup/markdown.rs`).
#[must_use]
pub fn blocks(body: &str) -> Blocks {
    let mut scan = Scan { body, out: Blocks::default(), current: None, depth: 0 };
    for (event, range) in Parser::new_ext(body, options()).into_offset_iter() {
        scan.take(event, range);
    }
    scan.out
}

/// The parts of Markdown that are shown as code, in their order.
#[must_use]
pub fn code(body: &str) -> Vec<Range<usize>> {
    let pieces = Parser::new_ext(body, options()).into_offset_iter();
    let is_code =
        |event: &Event<'_>| matches!(event, Event::Code(_) | Event::Start(Tag::CodeBlock(_)));
    pieces.filter(|(event, _)| is_code(event)).map(|(_, range)| range).collect()
}

/// A block whose end has not been met.
struct Current {
    /// `None` for HTML, which is divided into blocks of its own.
    form: Option<Form>,
    range: Range<usize>,
    text: Text,
    /// HTML elements that are open in it.
    inline: usize,
    /// Pictures that are open: their description is not text.
    pictures: usize,
}

struct Scan<'a> {
    body: &'a str,
    out: Blocks,
    current: Option<Current>,
    /// The number of open tags.
    depth: usize,
}

fn form_of(tag: &Tag<'_>) -> Option<Form> {
    match tag {
        Tag::Paragraph => Some(Form::Paragraph),
        Tag::Heading { .. } => Some(Form::Heading),
        Tag::BlockQuote(_) => Some(Form::Quote),
        Tag::List(_) => Some(Form::List),
        Tag::FootnoteDefinition(_) => Some(Form::Note),
        Tag::HtmlBlock => None,
        _ => Some(Form::Other),
    }
}

impl Scan<'_> {
    fn take(&mut self, event: Event<'_>, range: Range<usize>) {
        let is_top = self.depth == 1;
        match event {
            Event::Rule if self.depth == 0 => {
                let end = range.start + self.body[range.clone()].trim_end().len();
                self.out.list.push(Block::rule(range.start..end));
            }
            Event::Start(tag) => {
                match &mut self.current {
                    Some(current) => current.start(&tag),
                    None => {
                        let (form, text) = (form_of(&tag), Text::default());
                        self.current = Some(Current { form, range, text, inline: 0, pictures: 0 });
                    }
                }
                self.depth += 1;
            }
            Event::End(tag) => {
                self.depth = self.depth.saturating_sub(1);
                if self.depth == 0 {
                    self.finish();
                } else if let Some(current) = &mut self.current {
                    current.end(tag);
                }
            }
            event => {
                if let Some(current) = &mut self.current {
                    current.take(&event, &range, is_top);
                }
            }
        }
    }

    fn finish(&mut self) {
        let Some(current) = self.current.take() else {
            return;
        };
        let Current { form, range, mut text, .. } = current;
        let source = &self.body[range.clone()];
        let Some(form) = form else {
            self.out.extend(html::blocks(source), range.start);
            return;
        };
        if form == Form::Other {
            text.is_more();
        }
        let range = range.start..range.start + source.trim_end().len();
        self.out.list.push(text.block(form, range.clone(), range));
    }
}

impl Current {
    /// A tag in it begins.
    fn start(&mut self, tag: &Tag<'_>) {
        match tag {
            Tag::Emphasis | Tag::Strong => self.text.open_emphasis(),
            Tag::Image { .. } => {
                self.pictures += 1;
                self.text.is_more();
            }
            Tag::Strikethrough | Tag::Table(_) | Tag::CodeBlock(_) | Tag::HtmlBlock => {
                self.text.is_more();
            }
            Tag::Link { dest_url, .. } => self.text.link(dest_url),
            Tag::Superscript | Tag::Subscript => {}
            _ => self.text.end_line(None),
        }
    }

    /// A tag in it ends.
    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Emphasis | TagEnd::Strong => self.text.close_emphasis(),
            TagEnd::Image => self.pictures = self.pictures.saturating_sub(1),
            TagEnd::Paragraph | TagEnd::Item | TagEnd::TableCell | TagEnd::Heading(_) => {
                self.text.end_line(None);
            }
            _ => {}
        }
    }

    /// Something that has no end of its own. `is_top` is true outside of emphasis and links.
    fn take(&mut self, event: &Event<'_>, range: &Range<usize>, is_top: bool) {
        let divides = is_top && self.inline == 0;
        match event {
            _ if self.pictures > 0 => {}
            Event::Text(text) | Event::Code(text) => self.text.push(text),
            Event::SoftBreak | Event::HardBreak => {
                self.text.end_line(divides.then_some(range.start));
            }
            Event::InlineHtml(tag) => self.html(tag, range.start, is_top),
            // A note is shown elsewhere: without it, it would refer to nothing.
            _ => self.text.is_more(),
        }
    }

    /// A tag of HTML in it.
    fn html(&mut self, tag: &str, at: usize, is_top: bool) {
        for (token, range) in tokens(tag) {
            match token {
                Token::Open(name) if name == "br" => {
                    let divides = is_top && self.inline == 0;
                    self.text.end_line(divides.then_some(at));
                }
                Token::Open(name) if is_void(&name) => self.text.is_more(),
                Token::Open(name) => {
                    self.inline += 1;
                    if let Some(address) = link_of(&name, &tag[range]) {
                        self.text.link(&address);
                    }
                    match name.as_str() {
                        "b" | "em" | "i" | "strong" => self.text.open_emphasis(),
                        "a" | "abbr" | "cite" | "font" | "mark" | "small" | "span" | "sub"
                        | "sup" | "u" => {}
                        _ => self.text.is_more(),
                    }
                }
                Token::Close(name) => {
                    self.inline = self.inline.saturating_sub(1);
                    if matches!(name.as_str(), "b" | "em" | "i" | "strong") {
                        self.text.close_emphasis();
                    }
                }
                Token::Text | Token::Unseen => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(body: &str) -> Vec<String> {
        let shown = blocks(body).list.into_iter().map(|block| {
            let plain = if block.is_plain { "" } else { "+" };
            format!("{:?}{plain} {} | {}", block.form, block.text, &body[block.range])
        });
        shown.collect()
    }

    #[test]
    fn a_text_is_divided_as_readers_see_it() {
        assert_eq!(
            shown("# A &amp; b\n\nOne *two*\n[three](x)\n\n---\n\n> q\n>\n> r\n\n- a\n- b\n"),
            [
                "Heading A & b | # A &amp; b",
                "Paragraph One two\nthree | One *two*\n[three](x)",
                "Rule  | ---",
                "Quote q\nr | > q\n>\n> r",
                "List a\nb | - a\n- b",
            ]
        );
        assert_eq!(
            shown("![alt](x) a\n\n<div class=\"x\">\n<p>b</p>\n</div>\n\nc[^1]\n\n[^1]: d\n"),
            [
                "Paragraph+ a | ![alt](x) a", "Paragraph b | <p>b</p>", "Paragraph+ c | c[^1]",
                "Note d | [^1]: d",
            ]
        );
        assert_eq!(shown("<div>\n\n*a*\n\n</div>\n"), ["Paragraph a | *a*"]);
        assert_eq!(shown("```\nx\n```\n"), ["Other+ x | ```\nx\n```"]);
        let body = "a `b` c\n\n```\nd\n```\n";
        let code: Vec<_> = code(body).into_iter().map(|range| body[range].trim()).collect();
        assert_eq!(code, ["`b`", "```\nd\n```"]);
    }

    #[test]
    fn lines_of_a_paragraph_are_known() {
        let body = "One  \ntwo\\\n*three\nfour*\n<small>a<br>b</small><br>five\n";
        let block = blocks(body).list.remove(0);
        let lines: Vec<_> = block.breaks.iter().map(|line| &block.text[line.text_at..]).collect();
        assert_eq!(
            lines,
            ["two\nthree\nfour\na\nb\nfive", "three\nfour\na\nb\nfive", "a\nb\nfive", "five"]
        );
        assert_eq!(&body[..block.breaks[0].at], "One");
        assert_eq!(&body[..block.breaks[1].at], "One  \ntwo");
        let lead = |body: &str| {
            let block = blocks(body).list.remove(0);
            block.lead.map(|lead| block.text[..lead].to_owned())
        };
        assert_eq!(lead("**Note:** x").as_deref(), Some("Note:"));
        assert_eq!(lead("***Note:** x*").as_deref(), Some("Note: x"));
        assert_eq!(lead("x **Note:**"), None);
    }
}
