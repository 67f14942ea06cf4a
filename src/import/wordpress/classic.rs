//! Texts without blocks: those of WordPress's first editor, and of comments. Blank lines are paragraphs there, and
//! single newlines are breaks.

/// Elements that stand apart from a paragraph.
const BLOCKS: [&str; 46] = [
    "address", "article", "aside", "blockquote", "caption", "center", "col", "colgroup", "dd",
    "details", "dialog", "dir", "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer",
    "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hgroup", "hr", "legend", "li", "main",
    "menu", "nav", "ol", "p", "section", "summary", "table", "tbody", "td", "tfoot", "th", "thead",
    "tr", "ul",
];
/// Elements that have no end.
const VOID: [&str; 2] = ["col", "hr"];
/// Elements whose text is left as it is.
const VERBATIM: [&str; 9] =
    ["iframe", "math", "object", "pre", "script", "style", "svg", "textarea", "video"];
/// Elements whose text is in paragraphs.
const OF_PARAGRAPHS: [&str; 11] = [
    "article", "aside", "blockquote", "center", "details", "div", "fieldset", "footer", "form",
    "main", "section",
];
/// Elements whose text is in paragraphs if it has several.
const OF_SEVERAL: [&str; 4] = ["dd", "li", "td", "th"];

/// How far an end looks for its beginning: elements are nested less deep, and it bounds the work.
const NEAR: usize = 100;

/// A part of a paragraph.
enum Part<'a> {
    /// A tag, or an element that is left as it is.
    Raw(&'a str),
    /// Text, whose newlines count.
    Text(&'a str),
}

/// A text with its paragraphs and breaks marked, as WordPress shows it.
pub fn paragraphs(text: &str) -> String {
    let out = String::with_capacity(text.len() * 5 / 4);
    let mut writer = Writer { out, parts: Vec::new(), open: Vec::new() };
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        let (before, from) = rest.split_at(at);
        writer.text(before);
        let Some(name) = name_of(from) else {
            writer.text(&from[..1]);
            rest = &from[1..];
            continue;
        };
        // Without its end nothing behind it is a tag.
        let Some(length) = length_of(from) else {
            rest = from;
            break;
        };
        let (tag, behind) = from.split_at(length);
        let is_end = tag.starts_with("</");
        if VERBATIM.contains(&name.as_str()) && !is_end {
            let end = end_of(behind, &name).unwrap_or(behind.len());
            let whole = &from[..length + end];
            match name.as_str() {
                "pre" => writer.block(whole),
                _ => writer.parts.push(Part::Raw(whole)),
            }
            rest = &from[length + end..];
            continue;
        }
        match BLOCKS.contains(&name.as_str()) {
            true => writer.tag(tag, name, is_end),
            false => writer.parts.push(Part::Raw(tag)),
        }
        rest = behind;
    }
    writer.text(rest);
    writer.flush();
    writer.out.trim().to_owned()
}

/// The name of the tag at the start of a text, in lower case; none if it is no tag.
fn name_of(from: &str) -> Option<String> {
    let inside = from[1..].strip_prefix('/').unwrap_or(&from[1..]);
    let end = inside.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(inside.len());
    let begins = inside.starts_with(|c: char| c.is_ascii_alphabetic());
    begins.then(|| inside[..end].to_ascii_lowercase())
}

/// The length of the tag at the start of a text, up to its `>`; one in quotes does not count.
fn length_of(from: &str) -> Option<usize> {
    let mut quote = None;
    for (at, byte) in from.bytes().enumerate() {
        match (quote, byte) {
            (None, b'>') => return Some(at + 1),
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), _) if open == byte => quote = None,
            _ => {}
        }
    }
    None
}

/// Where the element `name` ends in a text, behind its closing tag.
fn end_of(text: &str, name: &str) -> Option<usize> {
    let mut from = 0;
    while let Some(at) = text[from..].find("</") {
        let start = from + at + "</".len();
        let is_it =
            text[start..].get(..name.len()).is_some_and(|next| next.eq_ignore_ascii_case(name));
        if is_it {
            return Some(start + text[start..].find('>')? + 1);
        }
        from = start;
    }
    None
}

/// True for a break.
fn is_break(tag: &str) -> bool {
    let inside = tag.trim_start_matches('<').trim_end_matches('>').trim_end_matches('/').trim();
    inside.eq_ignore_ascii_case("br")
}

/// Writes a text.
struct Writer<'a> {
    out: String,
    /// The paragraphs that were not written yet.
    parts: Vec<Part<'a>>,
    /// The elements that are open.
    open: Vec<String>,
}

impl<'a> Writer<'a> {
    fn text(&mut self, text: &'a str) {
        if !text.is_empty() {
            self.parts.push(Part::Text(text));
        }
    }

    /// Writes a block as it is.
    fn block(&mut self, whole: &str) {
        self.flush();
        self.out.push_str(whole);
        self.out.push('\n');
    }

    /// Writes the tag of an element that stands apart.
    fn tag(&mut self, tag: &str, name: String, is_end: bool) {
        self.flush();
        self.out.push_str(tag);
        if is_end {
            // What was opened within it and has no end ends with it.
            let nearest = self.open.iter().rev().take(NEAR).position(|open| *open == name);
            if let Some(above) = nearest {
                self.open.truncate(self.open.len() - above - 1);
            }
            self.out.push('\n');
        } else if VOID.contains(&name.as_str()) || tag.ends_with("/>") {
            self.out.push('\n');
        } else {
            self.open.push(name);
        }
    }

    /// Writes the paragraphs that were read.
    fn flush(&mut self) {
        let pieces = pieces(&std::mem::take(&mut self.parts));
        let several = pieces.len() > 1;
        let within = self.open.last().map(String::as_str);
        let is_of_paragraphs = within.is_none_or(|name| {
            OF_PARAGRAPHS.contains(&name) || several && OF_SEVERAL.contains(&name)
        });
        if is_of_paragraphs {
            for piece in pieces {
                self.out.push_str("<p>");
                self.out.push_str(&piece);
                self.out.push_str("</p>\n");
            }
            return;
        }
        let between = if within == Some("p") { "</p>\n<p>" } else { "<br>\n<br>\n" };
        self.out.push_str(&pieces.join(between));
    }
}

/// The paragraphs in parts of a text; a break is a newline.
fn pieces(parts: &[Part<'_>]) -> Vec<String> {
    let mut pieces: Vec<String> = Vec::new();
    let mut current = String::new();
    let (mut newlines, mut is_behind_break) = (0_usize, false);
    for part in parts {
        let text = match part {
            Part::Raw(tag) if is_break(tag) => {
                newlines += 1;
                is_behind_break = true;
                continue;
            }
            Part::Raw(tag) => {
                settle(&mut pieces, &mut current, &mut newlines);
                is_behind_break = false;
                current.push_str(tag);
                continue;
            }
            Part::Text(text) => text,
        };
        for (number, line) in text.split('\n').enumerate() {
            if number > 0 {
                // A break at the end of a line is that line's.
                newlines += usize::from(!is_behind_break);
                is_behind_break = false;
            }
            if !line.trim().is_empty() {
                settle(&mut pieces, &mut current, &mut newlines);
                is_behind_break = false;
                let line = if current.ends_with('\n') { line.trim_start() } else { line };
                current.push_str(line);
            } else if newlines == 0 && !current.is_empty() {
                current.push_str(line);
            }
        }
    }
    pieces.push(current);
    pieces.iter().map(|piece| piece.trim().to_owned()).filter(|piece| !piece.is_empty()).collect()
}

/// Writes the newlines that stand before what comes.
fn settle(pieces: &mut Vec<String>, current: &mut String, newlines: &mut usize) {
    if *newlines > 1 {
        pieces.push(std::mem::take(current));
    } else if *newlines == 1 && !current.trim().is_empty() {
        current.truncate(current.trim_end().len());
        current.push_str("<br>\n");
    }
    *newlines = 0;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blank_lines_are_paragraphs() {
        for (text, want) in [
            ("One\n\ntwo\nthree", "<p>One</p>\n<p>two<br>\nthree</p>"),
            ("One\n \n\n<b>two</b>\n", "<p>One</p>\n<p><b>two</b></p>"),
            ("One<br />\ntwo<br><br>three", "<p>One<br>\ntwo</p>\n<p>three</p>"),
            ("a <b>c</b> <i>d</i>", "<p>a <b>c</b> <i>d</i></p>"),
            ("One\n<hr />\n<small>two</small>", "<p>One</p>\n<hr />\n<p><small>two</small></p>"),
            ("<pre>a\n\nb</pre>\nc", "<pre>a\n\nb</pre>\n<p>c</p>"),
            ("<pre>a < b\n\n</pre", "<pre>a < b\n\n</pre"),
            (
                "<blockquote>One\n\ntwo</blockquote>",
                "<blockquote><p>One</p>\n<p>two</p>\n</blockquote>",
            ),
            (
                "<ul>\n<li>one</li>\n<li>two\nthree</li>\n</ul>",
                "<ul><li>one</li>\n<li>two<br>\nthree</li>\n</ul>",
            ),
            ("<li>one\n\ntwo</li>", "<li><p>one</p>\n<p>two</p>\n</li>"),
            ("<p>One\n\ntwo</p>three", "<p>One</p>\n<p>two</p>\n<p>three</p>"),
            ("<h2>Title</h2>\ntext", "<h2>Title</h2>\n<p>text</p>"),
            (
                "<figure><img src=\"a>b.png\"><figcaption>c</figcaption></figure>d",
                "<figure><img src=\"a>b.png\"><figcaption>c</figcaption>\n</figure>\n<p>d</p>",
            ),
            ("1 < 2 <3\n\nx <b\n", "<p>1 < 2 <3</p>\n<p>x <b</p>"),
            ("", ""),
        ] {
            assert_eq!(paragraphs(text), want, "{text}");
        }
    }

    /// Time grows with the length alone.
    #[test]
    fn hostile_texts_are_read_at_once() {
        for piece in
            ["<a ", "<a \"", "<", "</p>", "<div>", "<pre>", "<pre></pr>", "\n", "<br>", "a\n"]
        {
            let text = piece.repeat(100_000);
            assert!(paragraphs(&text).len() < text.len() * 4, "{piece}");
        }
    }
}
