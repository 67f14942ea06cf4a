//! Paragraphs that stand twice in a text.

use std::collections::HashMap;
use std::ops::Range;

use super::blocks::{Block, Form};
use super::dateline::is_between;

/// Shortest paragraph that is looked at, in code points: shorter ones are often repeated on purpose.
const LENGTH_MIN: usize = 40;
/// A paragraph of lines that are all shorter, in code points, is a poem, or an address.
const LINE_MIN: usize = 60;

/// Longest name of who says something, with a role, in bytes.
const NAME_MAX: usize = 60;
/// Most words of such a name: with more before the colon it is a sentence.
const NAME_WORDS_MAX: usize = 5;

/// A paragraph that stands in the text before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repeated {
    /// The number of its block.
    pub block: usize,
    /// True if it is written in the same way there, so that nothing is lost without it.
    pub is_same: bool,
    /// True if it is certainly a mistake: under another heading, or as what somebody says again, it may be meant.
    pub is_certain: bool,
}

/// A dateline that is taken out of the text: its paragraph is compared without it, too.
#[derive(Clone, Debug)]
pub struct Dateline {
    /// Where its paragraph begins, in the source.
    pub at: usize,
    /// Its length, in the text of the paragraph.
    pub length: usize,
    /// What is taken out, in the source.
    pub taken: Range<usize>,
}

/// The paragraphs that stand in a text before, in their order. What is in tables, lists, code and quotations is not
/// looked at.
#[must_use]
pub fn find(body: &str, blocks: &[Block], dateline: Option<&Dateline>) -> Vec<Repeated> {
    // Each text, with its block, and how it is written: in two parts, if something is taken out between them.
    let mut met: HashMap<&str, (usize, [&str; 2])> = HashMap::new();
    let opens = openings(blocks);
    let mut found = Vec::new();
    for (number, block) in blocks.iter().enumerate().filter(|(_, block)| is_looked_at(block)) {
        let source = &body[block.inner.clone()];
        if let Some((first, written)) = met.get(block.text.as_str()) {
            // Links, for example, may lead elsewhere.
            let words = written.iter().flat_map(|part| part.split_whitespace());
            let is_same = words.eq(source.split_whitespace());
            let is_certain = is_certain(blocks, *first, number, &opens);
            found.push(Repeated { block: number, is_same, is_certain });
            continue;
        }
        met.insert(&block.text, (number, [source, ""]));
        let Some(Dateline { length, taken, .. }) =
            dateline.filter(|dateline| dateline.at == block.range.start)
        else {
            continue;
        };
        let rest = block.text[*length..].trim_start_matches(is_between);
        if is_longer(rest, LENGTH_MIN) {
            let before = &body[block.inner.start..taken.start];
            met.entry(rest).or_insert((number, [before, &body[taken.end..block.inner.end]]));
        }
    }
    found
}

/// How many blocks before each one begin a part of the text: headings, lines, and bold words that stand for headings.
fn openings(blocks: &[Block]) -> Vec<usize> {
    let is_opening = |block: &Block| {
        let is_bold = || !block.text.is_empty() && block.lead == Some(block.text.len());
        matches!(block.form, Form::Heading | Form::Rule) || is_bold()
    };
    let counts = blocks.iter().scan(0, |count, block| {
        let before = *count;
        *count += usize::from(is_opening(block));
        Some(before)
    });
    counts.collect()
}

/// True if the second of two blocks with one text is a mistake: they stand one behind the other, or in one part of the
/// text, and it is nobody's words.
fn is_certain(blocks: &[Block], first: usize, second: usize, opens: &[usize]) -> bool {
    let is_empty = |block: &Block| block.form != Form::Rule && block.is_blank();
    let before = (first + 1..second).rev().find(|number| !is_empty(&blocks[*number]));
    let Some(before) = before else {
        return true;
    };
    // A paragraph that is itself bold begins no part here.
    let is_one_part = opens[first + 1] == opens[second];
    let announces = blocks[before].text.ends_with([':', '\u{ff1a}', '?']);
    is_one_part && !announces && !is_said(&blocks[second])
}

/// True for words behind the name of who says them: `Mayor: no`.
fn is_said(block: &Block) -> bool {
    let is_label = block.lead.is_some_and(|lead| lead < block.text.len());
    let near = &block.text[..block.text.floor_char_boundary(NAME_MAX)];
    let name = near.find([':', '\u{ff1a}']).map(|colon| &near[..colon]);
    is_label || name.is_some_and(|name| name.split_whitespace().count() <= NAME_WORDS_MAX)
}

/// True for a text of `min` code points or more.
fn is_longer(text: &str, min: usize) -> bool {
    text.chars().nth(min - 1).is_some()
}

fn is_looked_at(block: &Block) -> bool {
    let is_poem =
        || !block.breaks.is_empty() && !block.text.lines().any(|line| is_longer(line, LINE_MIN));
    let is_text = block.form == Form::Paragraph && block.is_plain;
    is_text && is_longer(&block.text, LENGTH_MIN) && !is_poem()
}

#[cfg(test)]
mod tests {
    use super::super::{html, markdown};
    use super::*;

    const LONG: &str = "All crossings of the strait are cancelled until Monday.";

    fn found(body: &str) -> Vec<(usize, bool)> {
        let found = find(body, &markdown::blocks(body).list, None);
        found.into_iter().map(|one| (one.block, one.is_same)).collect()
    }

    #[test]
    fn paragraphs_that_stand_twice_are_found() {
        assert_eq!(found(&format!("{LONG}\n\nA.\n\n{LONG}\n\n{LONG}\n")), [(2, true), (3, true)]);
        let wrapped = LONG.replace(" until", "\nuntil");
        assert_eq!(found(&format!("{LONG}\n\n{LONG}")), [(1, true)]);
        assert!(found(&format!("{wrapped}\n\n{wrapped}")).is_empty());
        let (one, other) = (format!("[{LONG}](/a)"), format!("[{LONG}](/b)"));
        assert_eq!(found(&format!("{one}\n\n{other}\n\n{one}")), [(1, false), (2, true)]);
        let body = format!("<div><p>{LONG}</p></div><p class=\"x\">{LONG}</p>");
        assert_eq!(find(&body, &html::blocks(&body).list, None).len(), 1);
    }

    #[test]
    fn what_may_be_meant_is_not_certain() {
        let is_certain = |body: &str| {
            let found = find(body, &markdown::blocks(body).list, None);
            found.iter().map(|one| one.is_certain).collect::<Vec<_>>()
        };
        for body in [
            format!("{LONG}\n\n{LONG}"),
            format!("{LONG}\n\nA.\n\n{LONG}"),
            format!("## A\n\n{LONG}\n\n{LONG}\n\n## B"),
            format!("**A:** {LONG}\n\n**A:** {LONG}"),
            format!("**{LONG}**\n\nA.\n\n**{LONG}**"),
        ] {
            assert_eq!(is_certain(&body), [true], "{body}");
        }
        for body in [
            format!("## A\n\n{LONG}\n\n## B\n\n{LONG}"),
            format!("{LONG}\n\n**Option B**\n\n{LONG}"),
            format!("{LONG}\n\nA.\n\n---\n\n{LONG}"),
            format!("{LONG}\n\nThe union answered in the evening:\n\n{LONG}"),
            format!("{LONG}\n\nWhat does the union say?\n\n{LONG}"),
            format!("**Mayor:** {LONG}\n\n**Union:** no.\n\n**Mayor:** {LONG}"),
            format!("Mayor Marsh: {LONG}\n\nUnion: no.\n\nMayor Marsh: {LONG}"),
        ] {
            assert_eq!(is_certain(&body), [false], "{body}");
        }
    }

    #[test]
    fn what_is_repeated_on_purpose_is_left() {
        let verse = "The wind is cold, the wind is cold,\nthe sea is high, and we are old";
        for body in [
            "Short.\n\nShort.".to_owned(),
            format!("{verse}\n\nA\n\n{verse}"),
            format!("- {LONG}\n- {LONG}"),
            format!("> {LONG}\n\n> {LONG}"),
            format!("    {LONG}\n\nA\n\n    {LONG}"),
            format!("|{LONG}|{LONG}|\n|-|-|\n|a|b|"),
            format!("## {LONG}\n\n## {LONG}"),
            format!("{LONG} ![](a.png)\n\n{LONG} ![](b.png)"),
            format!("{LONG}\n\n{LONG} Not."),
        ] {
            assert!(found(&body).is_empty(), "{body}");
        }
    }
}
