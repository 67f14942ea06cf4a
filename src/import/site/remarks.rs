//! Comments of HTML in a text of Markdown: readers of a site never saw them, and here the text itself is public.

use std::ops::Range;

use pulldown_cmark::{Event, Options, Parser, Tag};

use super::Refused;
use super::notices::names_notice;
use super::placeholders::lost;

/// Longest text that is searched, in bytes: an article of twice its limit is refused anyway.
const LOOKED_THROUGH_MAX: usize = 1024 * 1024;
const OPENS: &str = "<!--";
const CLOSES: &str = "-->";

/// A text without its comments.
#[derive(Debug)]
pub struct Bare {
    /// The text.
    pub text: String,
    /// What to say of it, with lines.
    pub warnings: Vec<(usize, String)>,
}

/// Takes the comments out of a text that begins on `first_line`. Those in code are shown as they are written and stay; so
/// does the mark of a summary, `<!--more-->`.
///
/// # Errors
/// If a comment has no end: what of it is to be public cannot be told.
pub fn take_out(body: &str, first_line: usize) -> Result<Bare, Refused> {
    if !body.contains(OPENS) || body.len() > LOOKED_THROUGH_MAX {
        return Ok(Bare { text: body.to_owned(), warnings: Vec::new() });
    }
    let (blocks, tags) = html_in(body);
    let mut text = String::with_capacity(body.len());
    let (mut from, mut next, mut line) = (0, 0, first_line);
    let (mut count, mut first) = (0_usize, None);
    let (mut directives, mut first_directive) = (0_usize, None);
    // To where a block of HTML is comments alone.
    let mut bare_to = 0;
    while let Some(start) = body[next..].find(OPENS).map(|at| next + at) {
        line += body[next..start].matches('\n').count();
        next = start + OPENS.len();
        let block = range_with(&blocks, start);
        let end = match (range_with(&tags, start), block) {
            (Some(tag), _) if tag.start == start => tag.end,
            (_, Some(_)) => match body[next..].find(CLOSES) {
                Some(length) => next + length + CLOSES.len(),
                None => {
                    let reason = "a comment of HTML begins here and has no end: what of it is to be public cannot be told; close it with -->";
                    return Err(Refused::at(line, reason));
                }
            },
            // It is text, and shown.
            _ => continue,
        };
        let comment = &body[start..end];
        let lines = comment.matches('\n').count();
        let inside = comment.strip_prefix(OPENS).and_then(|rest| rest.strip_suffix(CLOSES));
        next = end;
        if inside.is_some_and(|inside| inside.trim() == "more") {
            line += lines;
            continue;
        }
        // It is not a remark: a server puts something in its place.
        if let Some(directive) = inside.and_then(|inside| inside.strip_prefix('#')) {
            if names_notice(directive) {
                return Err(Refused::at(line, lost(comment)));
            }
            directives += 1;
            first_directive.get_or_insert(line);
        } else {
            count += 1;
            first.get_or_insert(line);
        }
        text.push_str(&body[from..start]);
        match block {
            // Lines behind it keep their numbers.
            Some(block) if body[bare_to.max(block.start)..start].trim().is_empty() => {
                text.push_str(&"\n".repeat(lines));
                bare_to = end;
            }
            // A blank line would end the block, and make code of what is indented behind it.
            Some(_) => text.push_str("<!-- -->"),
            // A blank line would end the paragraph.
            None if lines > 0 => text.push('\n'),
            None => {}
        }
        from = end;
        line += lines;
    }
    text.push_str(&body[from..]);
    let remarks = first.map(|line| {
        let told = format!(
            "remarks that readers were never shown (comments of HTML) are taken out of the text ({count})"
        );
        (line, told)
    });
    let served = first_directive.map(|line| {
        let told = format!(
            "lost: what the site's server puts in the place of comments such as <!--#include --> ({directives})"
        );
        (line, told)
    });
    Ok(Bare { text, warnings: remarks.into_iter().chain(served).collect() })
}

/// The blocks of HTML in a text of Markdown, and the tags elsewhere in it, each in its order.
fn html_in(body: &str) -> (Vec<Range<usize>>, Vec<Range<usize>>) {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_TASKLISTS;
    let (mut blocks, mut tags) = (Vec::new(), Vec::new());
    for (event, range) in Parser::new_ext(body, options).into_offset_iter() {
        match event {
            Event::Start(Tag::HtmlBlock) => blocks.push(range),
            Event::InlineHtml(_) => tags.push(range),
            _ => {}
        }
    }
    (blocks, tags)
}

/// The one of some ranges, which are in order, that has a place in it.
fn range_with(ranges: &[Range<usize>], place: usize) -> Option<&Range<usize>> {
    let before = ranges.partition_point(|range| range.start <= place);
    ranges[..before].last().filter(|range| range.contains(&place))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_are_taken_out_and_lines_keep_their_numbers() {
        for (body, want) in [
            ("One <!-- Ida --> two", "One  two"),
            ("<!-- Ida:\nPeter\n\nQuay -->\n\nTwo", "\n\n\n\n\nTwo"),
            ("One <!-- a\nb\nc --> two", "One \n two"),
            ("<div>\n<!-- a -->\n    <p>x</p>\n</div>", "<div>\n<!-- -->\n    <p>x</p>\n</div>"),
            ("a <b><!-- Ida --></b>", "a <b></b>"),
            ("> <!-- a -->\n>\n> b", "> \n>\n> b"),
            ("<!-- more: the source is Ida -->", ""),
            ("<!-- a --><!-- b -->x", "x"),
            ("- a <!-- b -->\n- c", "- a \n- c"),
        ] {
            let bare = take_out(body, 5).unwrap();
            assert_eq!(bare.text, want, "{body}");
            let line = 5 + body.lines().position(|line| line.contains(OPENS)).unwrap();
            assert_eq!((bare.warnings[0].0, bare.warnings.len()), (line, 1), "{body}");
        }
        let bare = take_out("x\n<!-- a -->\ny <!-- b -->", 5).unwrap();
        let (line, told) = &bare.warnings[0];
        assert!(*line == 6 && told.ends_with("(2)"), "{line} {told}");
    }

    #[test]
    fn what_a_server_puts_in_is_no_remark() {
        let bare = take_out("x <!-- a -->\n<!--#include virtual=\"/map.html\" -->\n", 5).unwrap();
        assert_eq!(bare.warnings.len(), 2);
        let (line, told) = &bare.warnings[1];
        assert!(*line == 6 && told.starts_with("lost: what the site's server"), "{line} {told}");
        let refused = take_out("x\n\n<!--#include virtual=\"/legal.html\" -->\n", 5);
        let reason = refused.unwrap_err().to_string();
        assert!(reason.starts_with("7: `<!--#include virtual=\"/legal.html\" -->`"), "{reason}");
    }

    #[test]
    fn what_is_shown_stays() {
        for body in [
            "a <!--more--> b",
            "a <!-- more -->",
            "`<!-- a -->`",
            "```html\n<!-- a -->\n```\n",
            "Text\n\n    <!-- a -->\n",
            "\\<!-- a -->",
            "It begins with <!-- and is shown",
            "x <!- -> --> y",
        ] {
            let bare = take_out(body, 5).unwrap();
            assert_eq!((bare.text.as_str(), bare.warnings), (body, Vec::new()));
        }
        let reason = take_out("a\n\n<!-- secret\n\nb", 5).unwrap_err().to_string();
        assert!(reason.starts_with("7: a comment of HTML begins here"), "{reason}");
    }

    #[test]
    fn many_that_have_no_end_take_no_longer() {
        let body = "a <!-- ".repeat(10_000);
        assert_eq!(take_out(&body, 1).unwrap().text, body);
    }
}
