//! What is wrong with the texts of an archive: notices pasted under them, datelines in them, paragraphs that stand
//! twice, what only another system understands, pages of errors. Each is reported with its line; nothing is changed in
//! silence.
//!
//! The rules are pure and read a text once. Where a rule is not certain, it only reports.

mod blocks;
mod dateline;
mod error_page;
mod html;
mod known;
mod leftovers;
mod markdown;
mod normal;
mod notices;
mod plain;
mod prepared;
mod repeated;
mod tags;
mod visibility;

use std::cmp::Reverse;
use std::ops::Range;

use serde_json::{Value, json};

use self::blocks::{Block, Blocks, Form};
use self::known::{Likeness, Notice};
pub use self::notices::names_notice;
use self::prepared::not_shown;
pub use self::prepared::{Known, Prepared};
use self::repeated::Repeated;
use super::item::{ArticleItem, At};
use super::words::cut;
use crate::articles::Lifted;
use crate::articles::input::BODY_MAX;

/// How much of a paragraph or notice a warning quotes, in code points.
const QUOTED_MAX: usize = 80;

/// What an import does about what is wrong with its texts.
#[derive(Clone, Copy, Debug)]
pub struct Hygiene<'a> {
    /// The disclaimers that the newsroom has, in the order of their keys.
    pub known: &'a [Prepared],
    /// The newsroom's language (BCP 47), which an article has that does not say another one.
    pub language: &'a str,
    /// Whether a copy of one at the end of a text is taken out, and the disclaimer attached.
    pub lift_disclaimers: bool,
    /// Whether a paragraph that stands twice is taken out.
    pub fix: bool,
}

/// The kinds of what is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A copy of a disclaimer of the newsroom, or a text that is like one.
    Disclaimer,
    /// A notice under a heading, for which the newsroom may want a disclaimer.
    NoticeCandidate,
    /// The place at the start of a text.
    Dateline,
    /// A paragraph that stands in the text before.
    RepeatedParagraph,
    /// What only the system that a text comes from understands.
    Template,
}

impl Kind {
    /// Its name behind a number of them: `1 dateline in a text`, `12 datelines in texts`.
    #[must_use]
    pub fn word(self, count: usize) -> &'static str {
        let (one, many) = match self {
            Self::Disclaimer => ("copy of a disclaimer", "copies of disclaimers"),
            Self::NoticeCandidate => {
                ("notice without a disclaimer", "notices without a disclaimer")
            }
            Self::Dateline => ("dateline in a text", "datelines in texts"),
            Self::RepeatedParagraph => ("repeated paragraph", "repeated paragraphs"),
            Self::Template => ("text with templates", "texts with templates"),
        };
        if count == 1 { one } else { many }
    }
}

/// Something that is wrong with a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Its line in the body, from 1.
    pub line: Option<usize>,
    /// Its kind.
    pub kind: Kind,
    /// What it is, and what was done about it.
    pub text: String,
    /// Of a notice without a disclaimer, a digest of its words: the same one in every article that has it.
    pub digest: Option<String>,
}

impl Found {
    /// Its line in the file, whose text begins in the line `first`. Of a record in a file it is that line: its reader
    /// has written the text anew, and the lines of that are not those of the file.
    #[must_use]
    pub fn line_in_file(&self, at: &At, first: Option<usize>) -> Option<usize> {
        let line = self.line.filter(|_| !at.is_record()).unwrap_or(1);
        first.map(|first| first + line - 1)
    }
}

/// What was found in an article.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Looked {
    /// What was found, by line.
    pub found: Vec<Found>,
    /// The disclaimers to attach: their copies were taken out of the text.
    pub attach: Vec<Lifted>,
}

/// Looks at an article, and changes its text and its dateline where a rule is certain.
///
/// # Errors
/// Why it must not be imported: it is the page of an error, it begins with a mark that says that it is not for readers,
/// or something in it stands for a notice that would be lost.
pub fn look(article: &mut ArticleItem, hygiene: &Hygiene<'_>) -> Result<Looked, String> {
    let member = |name: &str| {
        let value = article.members.get(name).and_then(Value::as_str);
        value.unwrap_or_default().to_owned()
    };
    let (title, body, dateline) = (member("title"), member("body"), member("dateline"));
    if body.len() > BODY_MAX {
        // It is refused anyway.
        return Ok(Looked::default());
    }
    let format = member("body_format");
    let (is_markdown, blocks) = match &*format {
        "" | "markdown" => (true, markdown::blocks(&body)),
        "html" => (false, html::blocks(&body)),
        "text" => (false, plain::blocks(&body)),
        _ => return Ok(Looked::default()),
    };
    let texts: Vec<&str> = blocks.list.iter().map(|block| block.text.as_str()).collect();
    if let Some(said) = error_page::find(&title, &texts.join("\n")) {
        return Err(format!(
            "is the page of an error (\"{said}\") and no article; take it out of what is imported, or write its text"
        ));
    }
    if member("state") != "draft"
        && let Some(mark) = visibility::mark(&blocks.list)
    {
        return Err(format!(
            "begins with `{mark}`: it may not be meant for readers; take the mark out of the text, or make it a draft at its source"
        ));
    }
    let mut text = Text::new(&body, &blocks, is_markdown);
    // The reader of a site, of which each page is a file, has looked for these, and knows its rules.
    if !is_markdown || article.at.is_record() {
        let code = match &*format {
            "html" => leftovers::code_in(&body),
            "text" => Vec::new(),
            _ => markdown::code(&body),
        };
        if let Some(left) = leftovers::find(&body, code, is_markdown)? {
            text.tell(left.at, Kind::Template, left.text);
        }
    }
    let language = member("language");
    let language = if language.is_empty() { hygiene.language } else { language.as_str() };
    text.look_for_known(hygiene, language);
    text.look_for_notices();
    if let Some(place) = text.look_for_dateline(&dateline) {
        article.members.insert("dateline".to_owned(), json!(place));
        if !article.said.contains(&"dateline") {
            article.said.push("dateline");
        }
    }
    text.look_for_repeated(hygiene.fix);
    let Text { mut found, attach, taken, .. } = text;
    if !taken.is_empty() {
        article.members.insert("body".to_owned(), json!(without(&body, taken)));
    }
    found.sort_by_key(|found| (found.line, found.kind));
    Ok(Looked { found, attach })
}

/// True if a text, HTML or plain, is or holds a notice under its heading.
#[must_use]
pub fn holds_notice(text: &str, is_html: bool) -> bool {
    let blocks = if is_html { html::blocks(text) } else { plain::blocks(text) };
    !notices::candidates(&blocks.list).is_empty()
}

/// A text that is looked at.
struct Text<'a> {
    body: &'a str,
    blocks: &'a [Block],
    frames: &'a [blocks::Frame],
    is_markdown: bool,
    /// The places of its newlines.
    newlines: Vec<usize>,
    found: Vec<Found>,
    attach: Vec<Lifted>,
    /// What is taken out of it.
    taken: Vec<Range<usize>>,
    /// Where the copies of disclaimers at its end begin.
    end: usize,
    /// Where a copy of a disclaimer that it begins with ends.
    beginning: usize,
    /// The dateline that is taken out of it.
    dateline: Option<repeated::Dateline>,
}

impl<'a> Text<'a> {
    fn new(body: &'a str, blocks: &'a Blocks, is_markdown: bool) -> Self {
        let newlines = body.match_indices('\n').map(|(at, _)| at).collect();
        let Blocks { list, frames } = blocks;
        let (found, attach, taken) = (Vec::new(), Vec::new(), Vec::new());
        let end = body.len();
        Self {
            body,
            blocks: list,
            frames,
            is_markdown,
            newlines,
            found,
            attach,
            taken,
            end,
            beginning: 0,
            dateline: None,
        }
    }

    /// The line of a place in the source; of white space, that of what follows it.
    fn line_of(&self, at: usize) -> usize {
        let rest = &self.body[at..];
        let is_blank = |c: char| c.is_whitespace() || c == '\\';
        let at = at + rest.len() - rest.trim_start_matches(is_blank).len();
        self.newlines.partition_point(|newline| *newline < at) + 1
    }

    fn tell(&mut self, at: usize, kind: Kind, text: String) {
        let line = Some(self.line_of(at));
        self.found.push(Found { line, kind, text, digest: None });
    }

    /// Looks for copies of disclaimers in the text of an article in this language.
    fn look_for_known(&mut self, hygiene: &Hygiene<'_>, language: &str) {
        let mut behind = self.blocks.len();
        let beginning = known::beginning(self.blocks, hygiene.known);
        let not_shown = not_shown(hygiene.known, language, hygiene.language);
        for notice in known::notices(self.blocks, hygiene.known, &not_shown) {
            let Notice { disclaimer, likeness, block, line, has_other_links, is_not_shown } =
                notice;
            let key = &disclaimer.key;
            let whole = &self.blocks[block];
            let at = line.map_or(whole.range.start, |line| whole.breaks[line].at);
            let is_all = line.is_none() && self.blocks[..block].iter().all(Block::is_blank);
            let is_like = matches!(likeness, Likeness::Like(..));
            // It stands at the beginning of a short text, and is told of there.
            if is_like && beginning.as_ref().is_some_and(|found| at < found.range.end) {
                continue;
            }
            self.end = at;
            let is_lifted = hygiene.lift_disclaimers && !is_all;
            let place = if is_all { "is" } else { "ends with" };
            if has_other_links && !is_like {
                let text = format!(
                    "{place} a text that is like the disclaimer `{key}`, but its links differ; it stays in the text: compare them"
                );
                self.tell(at, Kind::Disclaimer, text);
                continue;
            }
            if is_not_shown && !is_like {
                let text = format!(
                    "{place} the disclaimer `{key}` in another language, and an article in `{language}` shows another translation of it; it stays in the text: set `language` at the source"
                );
                self.tell(at, Kind::Disclaimer, text);
                continue;
            }
            let what = match likeness {
                Likeness::Like(differences, _) => {
                    let text = format!(
                        "{place} a text that is like the disclaimer `{key}` but not the same ({differences}); it stays in the text: compare them"
                    );
                    self.tell(at, Kind::Disclaimer, text);
                    continue;
                }
                Likeness::Same => format!("{place} the disclaimer `{key}`"),
                Likeness::Nearly(differences) => {
                    format!("{place} nearly the disclaimer `{key}` ({differences})")
                }
            };
            let done = match (is_lifted, is_all) {
                (true, _) => "it is taken out of the text, and the disclaimer is attached",
                (_, true) => "there is no other text, so it stays",
                _ => {
                    "it stays in the text; with --lift-disclaimers it is taken out, and the disclaimer attached"
                }
            };
            self.tell(at, Kind::Disclaimer, format!("{what}: {done}"));
            if is_lifted {
                self.lift(block, line, behind);
                if !self.attach.contains(&disclaimer) {
                    self.attach.push(disclaimer);
                }
            }
            behind = block;
        }
        if let Some(beginning) = beginning.filter(|found| found.range.end <= self.end) {
            self.tell_of_beginning(beginning);
        }
    }

    /// A copy that stands first is only told of: what follows it may belong to it.
    fn tell_of_beginning(&mut self, found: known::Beginning) {
        let known::Beginning { key, likeness, range } = found;
        let stays = "it stays in the text, since only copies at the end are taken out: take it out, and attach the disclaimer";
        let is_in = |block: &Block| block.is_blank() || block.range.end <= range.end;
        let place = if self.blocks.iter().all(is_in) { "is" } else { "begins with" };
        let text = match likeness {
            Likeness::Same => format!("{place} the disclaimer `{key}`: {stays}"),
            Likeness::Nearly(differences) => {
                format!("{place} nearly the disclaimer `{key}` ({differences}): {stays}")
            }
            Likeness::Like(differences, _) => format!(
                "{place} a text that is like the disclaimer `{key}` but not the same ({differences}); it stays in the text: compare them"
            ),
        };
        self.tell(range.start, Kind::Disclaimer, text);
        self.beginning = range.end;
    }

    /// Takes out the blocks from `first`, or from a line in it, to before `behind`, with the lines between parts and
    /// the elements around them. Footnotes stay: the text refers to them.
    fn lift(&mut self, first: usize, line: Option<usize>, behind: usize) {
        let mut start = first;
        if let Some(line) = line {
            let block = &self.blocks[first];
            self.taken.push(block.breaks[line].at..block.inner.end);
            start += 1;
        } else {
            while start > 0 && self.blocks[start - 1].is_blank() {
                start -= 1;
            }
        }
        let all = self.blocks;
        let blocks = all[start..behind].iter().filter(|block| block.form != Form::Note);
        self.taken.extend(blocks.clone().map(|block| block.range.clone()));
        self.take_frames(start..behind);
        let end = blocks.map(|block| block.range.end).max();
        if let Some(end) = end.filter(|_| self.is_markdown && line.is_none()) {
            self.take_fold(all[first].range.start..end);
        }
    }

    /// Takes out `<details>` around a part of Markdown: its tags are blocks of their own there, and without anything in
    /// it, it would still be shown.
    fn take_fold(&mut self, part: Range<usize>) {
        const END: &str = "</details>";
        let body = self.body;
        let before = body[..part.start].trim_end();
        let is_tag = |at: &usize| before[*at..].find('>') == Some(before.len() - at - 1);
        let opens = before.rfind("<details").filter(is_tag);
        let behind = body[part.end..].trim_start();
        if let Some(opens) = opens.filter(|_| behind.starts_with(END)) {
            let at = body.len() - behind.len();
            self.taken.extend([opens..before.len(), at..at + END.len()]);
        }
    }

    /// Takes out the elements around nothing but these blocks.
    fn take_frames(&mut self, blocks: Range<usize>) {
        let is_in = |frame: &&blocks::Frame| {
            let own = &frame.blocks;
            !own.is_empty() && blocks.start <= own.start && own.end <= blocks.end
        };
        // They are in the order of their ends.
        let ended = |at: usize| self.frames.partition_point(|frame| frame.blocks.end <= at);
        let frames = &self.frames[ended(blocks.start)..ended(blocks.end)];
        self.taken.extend(frames.iter().filter(is_in).map(|frame| frame.range.clone()));
    }

    fn look_for_notices(&mut self) {
        for candidate in notices::candidates(self.blocks) {
            if candidate.at >= self.end || candidate.at < self.beginning {
                continue;
            }
            let (title, quoted) = (&candidate.title, quoted(&candidate.text));
            let text = format!(
                "\"{title}\" stands over what may be a notice of many articles, for which a disclaimer with a rule could stand: {quoted}"
            );
            self.tell(candidate.at, Kind::NoticeCandidate, text);
            if let Some(found) = self.found.last_mut() {
                found.digest = Some(candidate.digest);
            }
        }
    }

    /// The place to set as the dateline.
    fn look_for_dateline(&mut self, present: &str) -> Option<String> {
        let found = dateline::find(self.body, self.blocks, self.is_markdown)?;
        let (at, words) = (found.at, found.words);
        if words.starts_with(['[', '(']) && names_notice(&words) {
            let text = format!(
                "begins with `{words}`, under which a notice may stand: it stays in the text"
            );
            self.tell(at, Kind::NoticeCandidate, text);
            return None;
        }
        let (text, place) = match found.place {
            Some((place, range)) if present.trim().is_empty() => {
                let (length, taken) = (words.len(), range.clone());
                self.dateline = Some(repeated::Dateline { at, length, taken });
                self.taken.push(range);
                (format!("`{words}` is taken out of the text, and is its `dateline`"), Some(place))
            }
            _ if !present.trim().is_empty() => {
                (format!("begins with `{words}`, which stays: `dateline` is \"{present}\""), None)
            }
            _ => {
                let text = format!(
                    "begins with `{words}`, which stays in the text; if it is a dateline, set `dateline`"
                );
                (text, None)
            }
        };
        self.tell(at, Kind::Dateline, text);
        place
    }

    fn look_for_repeated(&mut self, fix: bool) {
        let blocks = self.blocks;
        for repeated in repeated::find(self.body, blocks, self.dateline.as_ref()) {
            let block = &blocks[repeated.block];
            if block.range.start >= self.end {
                continue;
            }
            // Without it, what follows would belong to a list before it.
            let before = repeated.block.checked_sub(1).map(|before| blocks[before].form);
            let is_apart = self.is_markdown
                && matches!(before, Some(Form::List | Form::Note | Form::Quote | Form::Other));
            let Repeated { is_same, is_certain, .. } = repeated;
            let done = match (is_same, is_certain, is_apart, fix) {
                (false, ..) => "with other links or tags, so it stays",
                (_, false, ..) => "but may be meant there, so it stays",
                (_, _, true, _) => "behind a list or table, so it stays",
                (.., true) => "it is taken out",
                (.., false) => "with --fix it is taken out",
            };
            let text = format!("stands in the text already, {done}: {}", quoted(&block.text));
            self.tell(block.range.start, Kind::RepeatedParagraph, text);
            if fix && is_same && is_certain && !is_apart {
                self.taken.push(block.range.clone());
                self.take_frames(repeated.block..repeated.block + 1);
            }
        }
    }
}

/// The start of a text in quotation marks, on one line.
fn quoted(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match cut(&line, QUOTED_MAX) {
        (start, true) => format!("\"{start}..\""),
        (whole, false) => format!("\"{whole}\""),
    }
}

/// A text without some parts, and without the blank lines that they leave.
fn without(body: &str, mut taken: Vec<Range<usize>>) -> String {
    taken.sort_by_key(|range| (range.start, Reverse(range.end)));
    let mut out = String::with_capacity(body.len());
    let mut at = 0;
    for range in taken {
        if range.end <= at {
            continue;
        }
        out.push_str(&body[at..range.start.max(at)]);
        at = range.end;
        if out.is_empty() || out.ends_with('\n') {
            at += blank_lines(&body[at..]);
        }
    }
    let rest = &body[at..];
    out.push_str(rest);
    if rest.trim().is_empty() {
        out.truncate(out.trim_end().len());
        if body.ends_with('\n') && !out.is_empty() {
            out.push('\n');
        }
    }
    out
}

/// The length of the blank lines that a text begins with.
fn blank_lines(text: &str) -> usize {
    let lines = text.split_inclusive('\n');
    let blank = lines.take_while(|line| line.ends_with('\n') && line.trim().is_empty());
    blank.map(str::len).sum()
}

#[cfg(test)]
mod tests;
