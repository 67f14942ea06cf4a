//! Markdown to HTML that is not sanitised yet.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use pulldown_cmark::{CowStr, Event, Options, Parser, Tag, TagEnd, TextMergeWithOffset, html};

use super::bare_links::with_links;

/// CommonMark with tables, strikethrough, footnotes, task lists and autolinks, as GitHub Flavored
/// Markdown has them.
pub fn to_html(body: &str) -> String {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_TASKLISTS;
    let events = TextMergeWithOffset::new(Parser::new_ext(body, options).into_offset_iter());
    let mut out = String::with_capacity(body.len() * 5 / 4);
    html::push_html(&mut out, with_notes(with_links(body, events)).into_iter());
    out
}

/// The footnotes of a text.
#[derive(Default)]
struct Notes<'a> {
    /// Their labels, in the order in which they are shown.
    order: Vec<CowStr<'a>>,
    /// Number of references to each.
    references: Vec<usize>,
    number_of: HashMap<CowStr<'a>, usize>,
}

impl<'a> Notes<'a> {
    /// The number of a footnote, from 0; one that is new gets the next.
    fn number(&mut self, label: &CowStr<'a>) -> usize {
        match self.number_of.entry(label.clone()) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(free) => {
                self.order.push(label.clone());
                self.references.push(0);
                *free.insert(self.order.len() - 1)
            }
        }
    }

    /// A reference to a footnote, as a link to it.
    fn reference(&mut self, label: &CowStr<'a>) -> Event<'a> {
        let number = self.number(label);
        self.references[number] += 1;
        let anchor = anchor(number, self.references[number]);
        let number = number + 1;
        let link = format!("<sup><a href=\"#fn-{number}\" id=\"{anchor}\">{number}</a></sup>");
        Event::InlineHtml(link.into())
    }

    /// The links from a footnote back to its references.
    fn ways_back(&self, number: usize) -> Event<'a> {
        let links = (1..=self.references[number]).map(|reference| {
            // Followed by the selector of the text form: some devices show a picture instead.
            format!(" <a href=\"#{}\">\u{21a9}\u{fe0e}</a>", anchor(number, reference))
        });
        Event::InlineHtml(links.collect::<String>().into())
    }
}

/// The id of a reference to a footnote.
fn anchor(number: usize, reference: usize) -> String {
    match reference {
        1 => format!("fnref-{}", number + 1),
        _ => format!("fnref-{}-{reference}", number + 1),
    }
}

/// Moves the footnotes to the end, numbered in the order of their references, each with links back
/// to them. A footnote without a reference is kept: nothing of a text is lost.
fn with_notes(events: Vec<Event<'_>>) -> Vec<Event<'_>> {
    let mut notes = Notes::default();
    let mut out = Vec::with_capacity(events.len());
    let mut texts: HashMap<CowStr<'_>, Vec<Event<'_>>> = HashMap::new();
    let mut labels = Vec::new();
    // Footnotes may stand within footnotes.
    let mut open: Vec<(CowStr<'_>, Vec<Event<'_>>)> = Vec::new();
    for event in events {
        match event {
            Event::Start(Tag::FootnoteDefinition(label)) => open.push((label, Vec::new())),
            Event::End(TagEnd::FootnoteDefinition) => {
                if let Some((label, text)) = open.pop() {
                    labels.push(label.clone());
                    texts.entry(label).or_default().extend(text);
                }
            }
            // Within a footnote it is numbered later, when that one is.
            Event::FootnoteReference(label) if open.is_empty() => out.push(notes.reference(&label)),
            event => open.last_mut().map_or(&mut out, |(_, text)| text).push(event),
        }
    }
    if texts.is_empty() {
        return out;
    }
    let mut numbered = Vec::new();
    let mut labels = labels.iter();
    loop {
        let Some(label) = notes.order.get(numbered.len()).cloned() else {
            match labels.find(|label| !notes.number_of.contains_key(*label)) {
                Some(label) => notes.number(label),
                None => break,
            };
            continue;
        };
        let text = texts.remove(&label).unwrap_or_default().into_iter();
        let text = text.map(|event| match event {
            Event::FootnoteReference(label) => notes.reference(&label),
            event => event,
        });
        numbered.push(text.collect::<Vec<_>>());
    }
    out.push(Event::Html("<section class=\"footnotes\">\n<ol>\n".into()));
    for (number, mut text) in numbered.into_iter().enumerate() {
        out.push(Event::Html(format!("<li id=\"fn-{}\">\n", number + 1).into()));
        let end = match text.last() {
            Some(Event::End(TagEnd::Paragraph)) => text.len() - 1,
            _ => text.len(),
        };
        text.insert(end, notes.ways_back(number));
        out.extend(text);
        out.push(Event::Html("</li>\n".into()));
    }
    out.push(Event::Html("</ol>\n</section>\n".into()));
    out
}
