//! Bare addresses in Markdown that become links.

use std::ops::Range;

use pulldown_cmark::{CowStr, Event, LinkType, Tag, TagEnd};

use super::autolink::{Piece, address_at, link, next_start, pieces};

/// Turns bare addresses into links, outside of links and code. An address is taken from the source
/// as it is written there: `_` and `*` in it are no emphasis.
pub fn with_links<'a>(
    body: &'a str,
    events: impl Iterator<Item = (Event<'a>, Range<usize>)>,
) -> Vec<Event<'a>> {
    let mut linker = Linker { body, ..Linker::default() };
    events.for_each(|(event, range)| linker.take(event, range));
    linker.out
}

#[derive(Default)]
struct Linker<'a> {
    body: &'a str,
    out: Vec<Event<'a>>,
    /// Links, images and code that are open.
    open: usize,
    tables: usize,
    /// True within an HTML element `a`.
    in_anchor: bool,
    /// The end of the last link in the source: what began before it is part of it.
    until: usize,
    /// For each tag that is open, whether it is part of a link and left out.
    left_out: Vec<bool>,
}

impl<'a> Linker<'a> {
    fn take(&mut self, event: Event<'a>, range: Range<usize>) {
        let is_part = range.start < self.until;
        match &event {
            Event::Start(tag) => {
                self.left_out.push(is_part);
                if is_part {
                    return;
                }
                match tag {
                    Tag::Link { .. } | Tag::Image { .. } | Tag::CodeBlock(_) => self.open += 1,
                    Tag::Table(_) => self.tables += 1,
                    _ => {}
                }
            }
            Event::End(tag) => {
                if self.left_out.pop().unwrap_or_default() {
                    return;
                }
                match tag {
                    TagEnd::Link | TagEnd::Image | TagEnd::CodeBlock => self.open -= 1,
                    TagEnd::Table => self.tables -= 1,
                    TagEnd::Paragraph | TagEnd::Heading(_) | TagEnd::Item | TagEnd::TableCell => {
                        self.in_anchor = false;
                    }
                    _ => {}
                }
            }
            Event::Text(text) if self.open == 0 && !self.in_anchor => {
                let start = range.start.max(self.until);
                return match self.body.get(range.clone()) == Some(&**text) {
                    true if start < range.end => self.source_text(start..range.end),
                    // The link has taken all of it.
                    _ if is_part => {}
                    _ => self.other_text(text),
                };
            }
            Event::InlineHtml(tag) => self.anchor(tag),
            _ => {}
        }
        if !is_part || range.end > self.until {
            self.out.push(event);
        }
    }

    fn anchor(&mut self, tag: &str) {
        match tag.get(..2).map(str::to_ascii_lowercase).as_deref() {
            Some("<a") if tag[2..].starts_with(|c: char| c.is_whitespace() || c == '>') => {
                self.in_anchor = true;
            }
            Some("</") if tag.get(2..3).is_some_and(|c| c.eq_ignore_ascii_case("a")) => {
                self.in_anchor = false;
            }
            _ => {}
        }
    }

    /// Text that stands in the source as it is. A link in it may go on beyond it.
    fn source_text(&mut self, range: Range<usize>) {
        let (mut plain, mut at) = (range.start, range.start);
        while let Some(found) = next_start(&self.body[range.start..range.end], at - range.start) {
            let found = range.start + found;
            let in_table = self.tables > 0;
            let rest = &self.body[found..];
            // White space ends an address anyway: no search goes to the end of the text.
            let ends =
                |c: char| c.is_whitespace() || matches!(c, '`' | '\\') || c == '|' && in_table;
            let end = rest.find(ends);
            let address = address_at(&rest[..end.unwrap_or(rest.len())]);
            at = found + address.len().max(1);
            if let Some(piece) = link(address) {
                self.plain(plain..found);
                self.piece(piece);
                plain = at;
                self.until = at;
            }
            if at >= range.end {
                break;
            }
        }
        self.plain(plain..range.end);
    }

    fn plain(&mut self, range: Range<usize>) {
        if range.start < range.end {
            self.out.push(Event::Text(CowStr::from(&self.body[range])));
        }
    }

    /// Text with character references or escapes.
    fn other_text(&mut self, text: &CowStr<'a>) {
        match pieces(text)[..] {
            [] | [Piece::Plain(_)] => self.out.push(Event::Text(text.clone())),
            ref found => found.iter().for_each(|piece| self.piece(*piece)),
        }
    }

    fn piece(&mut self, piece: Piece<'_>) {
        let owned = |text: &str| CowStr::from(text.to_owned());
        let (dest_url, shown) = match piece {
            Piece::Plain(text) => return self.out.push(Event::Text(owned(text))),
            Piece::Link(address) => (owned(address), address),
            Piece::WebLink(address) => (format!("http://{address}").into(), address),
        };
        let (title, id) = (CowStr::from(""), CowStr::from(""));
        let link = Tag::Link { link_type: LinkType::Inline, dest_url, title, id };
        let shown = Event::Text(owned(shown));
        self.out.extend([Event::Start(link), shown, Event::End(TagEnd::Link)]);
    }
}
