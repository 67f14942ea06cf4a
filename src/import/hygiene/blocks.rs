//! A text as the blocks that its reader sees, each with its place in the source: what is taken out of a text is taken
//! out of its source, and the rest stays as it was written.

use std::ops::Range;

/// What a block is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A paragraph, or text that stands in no element of its own.
    Paragraph,
    /// A heading.
    Heading,
    /// A quotation, whole.
    Quote,
    /// A list, whole.
    List,
    /// A line between parts.
    Rule,
    /// The text of a footnote, which is shown at the end wherever it stands.
    Note,
    /// Anything else: a table, code, a picture with its caption.
    Other,
}

/// A line break in a paragraph, outside of emphasis and links: what follows it can be taken out alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Break {
    /// Where it begins, in the source.
    pub at: usize,
    /// Where the line behind it begins, in the text.
    pub text_at: usize,
}

/// A link in a block.
#[derive(Clone, Debug)]
pub struct Link {
    /// Where its words begin, in the text.
    pub text_at: usize,
    /// Where it leads.
    pub address: String,
}

/// A block.
#[derive(Clone, Debug)]
pub struct Block {
    /// What it is.
    pub form: Form,
    /// The whole of it, in the source.
    pub range: Range<usize>,
    /// Its content, in the source: without the tags around it.
    pub inner: Range<usize>,
    /// Its text: white space is joined, and a line break is a newline.
    pub text: String,
    /// The line breaks of a paragraph.
    pub breaks: Vec<Break>,
    /// Its links, in their order.
    pub links: Vec<Link>,
    /// The length of the emphasised words that its text begins with.
    pub lead: Option<usize>,
    /// True if there is nothing in it but text: no picture, no frame, no footnote.
    pub is_plain: bool,
}

impl Block {
    /// A line between parts.
    #[must_use]
    pub fn rule(range: Range<usize>) -> Self {
        let (inner, text) = (range.clone(), String::new());
        let (breaks, links, lead, is_plain) = (Vec::new(), Vec::new(), None, true);
        Self { form: Form::Rule, range, inner, text, breaks, links, lead, is_plain }
    }

    /// True if a reader sees nothing of it, or only a line.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        self.form == Form::Rule || self.is_plain && self.text.is_empty()
    }

    /// Moves it, as when the source is a part of a longer one.
    pub fn shift(&mut self, by: usize) {
        let moved = |range: &Range<usize>| range.start + by..range.end + by;
        (self.range, self.inner) = (moved(&self.range), moved(&self.inner));
        for line in &mut self.breaks {
            line.at += by;
        }
    }
}

/// An element around blocks, which is taken out with the last of them.
#[derive(Clone, Debug)]
pub struct Frame {
    /// The whole of it, in the source.
    pub range: Range<usize>,
    /// The numbers of its blocks.
    pub blocks: Range<usize>,
}

/// The blocks of a text, in their order.
#[derive(Clone, Debug, Default)]
pub struct Blocks {
    /// The blocks.
    pub list: Vec<Block>,
    /// The elements around them.
    pub frames: Vec<Frame>,
}

impl Blocks {
    /// Adds the blocks of a part of the source that begins at `at`.
    pub fn extend(&mut self, part: Self, at: usize) {
        let before = self.list.len();
        self.list.extend(part.list.into_iter().map(|mut block| {
            block.shift(at);
            block
        }));
        self.frames.extend(part.frames.into_iter().map(|frame| Frame {
            range: frame.range.start + at..frame.range.end + at,
            blocks: frame.blocks.start + before..frame.blocks.end + before,
        }));
    }
}

/// Collects the text of a block.
#[derive(Debug)]
pub struct Text {
    text: String,
    breaks: Vec<Break>,
    links: Vec<Link>,
    lead: Option<usize>,
    /// Emphasis that is open, if the text began with it.
    emphasis: usize,
    is_plain: bool,
}

impl Default for Text {
    fn default() -> Self {
        Self {
            text: String::new(),
            breaks: Vec::new(),
            links: Vec::new(),
            lead: None,
            emphasis: 0,
            is_plain: true,
        }
    }
}

impl Text {
    /// Adds text; white space is joined.
    pub fn push(&mut self, text: &str) {
        for c in text.chars() {
            let begins = self.text.is_empty() || self.text.ends_with([' ', '\n']);
            match c.is_whitespace() {
                true if begins => {}
                true => self.text.push(' '),
                false => self.text.push(c),
            }
        }
    }

    /// The end of a line or of a part. If it is a line break that text can be divided at, `at` is its place.
    pub fn end_line(&mut self, at: Option<usize>) {
        self.text.truncate(self.text.trim_end().len());
        if self.text.is_empty() {
            return;
        }
        self.text.push('\n');
        if let Some(at) = at {
            self.breaks.push(Break { at, text_at: self.text.len() });
        }
    }

    /// A link begins.
    pub fn link(&mut self, address: &str) {
        let (text_at, address) = (self.text.len(), address.to_owned());
        self.links.push(Link { text_at, address });
    }

    /// Emphasis begins.
    pub fn open_emphasis(&mut self) {
        if self.emphasis > 0 || self.text.is_empty() && self.lead.is_none() {
            self.emphasis += 1;
        }
    }

    /// Emphasis ends.
    pub fn close_emphasis(&mut self) {
        if self.emphasis > 0 {
            self.emphasis -= 1;
            if self.emphasis == 0 && !self.text.is_empty() {
                self.lead = Some(self.text.len());
            }
        }
    }

    /// There is something that is no text.
    pub fn is_more(&mut self) {
        self.is_plain = false;
    }

    /// The block.
    #[must_use]
    pub fn block(mut self, form: Form, range: Range<usize>, inner: Range<usize>) -> Block {
        self.text.truncate(self.text.trim_end().len());
        let length = self.text.len();
        // A line break at the end divides nothing.
        self.breaks.retain(|line| line.text_at < length && form == Form::Paragraph);
        let lead = self.lead.map(|lead| lead.min(length));
        Block {
            form,
            range,
            inner,
            text: self.text,
            breaks: self.breaks,
            links: self.links,
            lead,
            is_plain: self.is_plain,
        }
    }
}
