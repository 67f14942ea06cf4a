//! Plain text as blocks: paragraphs apart by blank lines.

use std::ops::Range;

use super::blocks::{Block, Blocks, Form, Text};

/// Fewest signs of a line that divides a text.
const RULE_MIN: usize = 3;

/// The blocks of plain text.
#[must_use]
pub fn blocks(body: &str) -> Blocks {
    let mut out = Blocks::default();
    let mut current: Option<(Range<usize>, Text)> = None;
    let finish = |out: &mut Blocks, current: &mut Option<(Range<usize>, Text)>| {
        if let Some((range, text)) = current.take() {
            out.list.push(text.block(Form::Paragraph, range.clone(), range));
        }
    };
    let mut at = 0;
    for line in body.split_inclusive('\n') {
        let begun = at + line.len() - line.trim_start().len();
        let end = at + line.trim_end().len();
        at += line.len();
        if begun >= end || is_rule(&body[begun..end]) {
            finish(&mut out, &mut current);
            if begun < end {
                out.list.push(Block::rule(begun..end));
            }
            continue;
        }
        match &mut current {
            Some((range, text)) => {
                text.end_line(Some(range.end));
                text.push(&body[begun..end]);
                range.end = end;
            }
            None => {
                let mut text = Text::default();
                text.push(&body[begun..end]);
                current = Some((begun..end, text));
            }
        }
    }
    finish(&mut out, &mut current);
    out
}

/// True for a line of nothing but dashes, stars or the like.
fn is_rule(line: &str) -> bool {
    let is_sign = |c: char| matches!(c, '-' | '*' | '_' | '=' | '~' | '\u{2014}' | ' ');
    line.chars().all(is_sign) && line.chars().filter(|c| *c != ' ').count() >= RULE_MIN
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_stand_apart_by_blank_lines() {
        let body = "\n One\ntwo \n\t\n***\nthree\r\n\r\nfour";
        let blocks = blocks(body).list;
        let shown: Vec<_> =
            blocks.iter().map(|block| (block.text.as_str(), &body[block.range.clone()])).collect();
        assert_eq!(
            shown,
            [("One\ntwo", "One\ntwo"), ("", "***"), ("three", "three"), ("four", "four")]
        );
        assert_eq!(blocks[0].breaks.len(), 1);
    }
}
