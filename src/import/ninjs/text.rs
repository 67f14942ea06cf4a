//! The texts of a ninjs item: headlines, descriptions and bodies, each with a role and a type.

use serde_json::{Map, Value, json};

use super::members::{Members, text_in, text_of};
use crate::import::feed::look::{clean, has_elements, plain_line};
use crate::import::hygiene::holds_notice;
use crate::import::words;

/// Longest summary of an article, in code points.
const SUMMARY_MAX: usize = 2_000;
/// How much of a lost text a warning shows, in code points.
const SHOWN_MAX: usize = 100;
/// Lost texts that have a warning each: of more of them the number is told.
const LOST_MAX: usize = 20;
/// Words in the roles of texts that are notices.
const NOTICES: [&str; 7] =
    ["copyright", "disclaim", "disclosure", "legal", "notice", "rights", "usage"];

/// A text with its role.
#[derive(Debug)]
struct Part {
    role: String,
    kind: String,
    text: String,
}

impl Part {
    fn is_html(&self) -> bool {
        let essence = self.kind.split(';').next().unwrap_or_default().trim();
        matches!(essence, "text/html" | "application/xhtml+xml")
    }

    fn is_plain(&self) -> bool {
        self.kind.is_empty()
            || self.kind.split(';').next().is_some_and(|kind| kind.trim() == "text/plain")
    }

    fn line(&self) -> Option<String> {
        if self.is_html() { words::line_of_html(&self.text) } else { plain_line(&self.text) }
    }

    /// Its words with one space before, between and behind them, whatever the form; `None` if it has none.
    fn words(&self) -> Option<String> {
        let line = self.line()?.to_lowercase();
        let words = line.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
        let words = words.collect::<Vec<_>>().join(" ");
        (!words.is_empty()).then(|| format!(" {words} "))
    }

    /// True if its role or its text is that of a notice.
    fn is_notice(&self) -> bool {
        let is_html = self.is_html() || has_elements(&self.text);
        NOTICES.iter().any(|word| self.role.contains(word)) || holds_notice(&self.text, is_html)
    }
}

/// The parts that say something that the chosen one does not: one text in several forms is one text.
fn others<'a>(best: &Part, parts: &'a [Part]) -> Vec<&'a Part> {
    let whole = if parts.is_empty() { None } else { best.words() };
    let is_in = |part: &Part| {
        part.words().zip(whole.as_ref()).is_some_and(|(words, whole)| whole.contains(&words))
    };
    parts.iter().filter(|part| !is_in(part)).collect()
}

/// Tells of parts that are lost.
fn tell_lost(what: &str, parts: &[&Part], warnings: &mut Vec<String>) {
    warnings.extend(parts.iter().take(LOST_MAX).map(|part| lost(what, part)));
    if let Some(more) = parts.len().checked_sub(LOST_MAX).filter(|more| *more > 0) {
        warnings.push(format!("lost: {more} more of its texts ({what})"));
    }
}

/// The parts in a list of 2.x and 3.x, and in the members of 1.x: `headline` and `headline_sub`.
fn parts(members: &mut Members, list: &str, old: &str) -> Vec<Part> {
    let of_list = members.list(list).into_iter().filter_map(|part: Map<String, Value>| {
        Some(Part {
            role: text_in(&part, "role").unwrap_or_default().to_lowercase(),
            kind: text_in(&part, "contenttype").unwrap_or_default().to_lowercase(),
            text: text_in(&part, "value")?,
        })
    });
    let mut out: Vec<Part> = of_list.collect();
    if let Some(text) = members.text(old) {
        out.push(Part { role: "main".to_owned(), kind: String::new(), text });
    }
    for (role, value) in members.beginning(&format!("{old}_")) {
        let Some(text) = text_of(&value) else {
            continue;
        };
        let is_html = role.split('_').any(|word| matches!(word, "html" | "xhtml" | "html5"));
        let kind = if is_html { "text/html" } else { "" }.to_owned();
        out.push(Part { role, kind, text });
    }
    out
}

/// Takes the part that is best by an order; the first of several.
fn take_best(parts: &mut Vec<Part>, rank: impl Fn(&Part) -> u8) -> Option<Part> {
    let best = parts.iter().enumerate().min_by_key(|(_, part)| rank(part)).map(|(at, _)| at)?;
    Some(parts.remove(best))
}

/// The headline in one line, and the others by their roles.
pub fn headlines(members: &mut Members) -> (Option<String>, Map<String, Value>) {
    let mut parts = parts(members, "headlines", "headline");
    let main = take_best(&mut parts, |part| match &*part.role {
        "main" => 0,
        "" => 1,
        _ => 2,
    });
    let mut others = Map::new();
    for part in parts {
        if let Some(line) = part.line() {
            let role: &str = if part.role.is_empty() { "other" } else { &part.role };
            others.entry(role).or_insert_with(|| json!(line));
        }
    }
    (main.and_then(|main| main.line()), others)
}

/// The summary in plain text.
pub fn summary(members: &mut Members, warnings: &mut Vec<String>) -> Option<String> {
    let mut parts = parts(members, "descriptions", "description");
    let best = take_best(&mut parts, |part| match &*part.role {
        "summary" => 0,
        "main" => 1,
        "text" | "" => 2,
        _ => 3,
    })?;
    tell_lost("description", &others(&best, &parts), warnings);
    let text = match best.is_html() || has_elements(&best.text) {
        true => words::text_of_html(&best.text),
        false => clean(&best.text),
    };
    let (text, is_cut) = words::cut(text.trim(), SUMMARY_MAX);
    if is_cut {
        warnings.push(format!("its summary is cut to {SUMMARY_MAX} characters"));
    }
    (!text.is_empty()).then_some(text)
}

/// The body and its format: HTML before plain text, the main one before others.
///
/// # Errors
/// The body beside it that is a notice, which would be lost.
pub fn body(
    members: &mut Members,
    warnings: &mut Vec<String>,
) -> Result<Option<(String, &'static str)>, String> {
    let mut parts = parts(members, "bodies", "body");
    let best = take_best(&mut parts, |part| match (part.is_html(), part.is_plain()) {
        (true, _) if part.role == "main" => 0,
        (true, _) => 1,
        (_, true) if part.role == "main" => 2,
        (_, true) => 3,
        _ => 4,
    });
    let Some(best) = best else {
        return Ok(None);
    };
    let others = others(&best, &parts);
    if let Some(notice) = others.iter().find(|part| part.is_notice()) {
        let (line, role) = (notice.line().unwrap_or_default(), &notice.role);
        let (shown, _) = words::cut(&line, SHOWN_MAX);
        return Err(format!(
            "has a notice as a body of its own with the role `{role}`, which would be lost ({shown}); put it into the main body, or make it a disclaimer with a rule and take it out"
        ));
    }
    tell_lost("body", &others, warnings);
    if !best.is_html() && !best.is_plain() {
        warnings.push(format!("lost: its body, which is {}, not HTML or plain text", best.kind));
        return Ok(None);
    }
    let is_html = best.is_html() || (best.kind.is_empty() && has_elements(&best.text));
    if is_html && !best.is_html() {
        warnings.push("its body is not said to be HTML, and is: it is read as HTML".to_owned());
    }
    Ok(Some((clean(&best.text), if is_html { "html" } else { "text" })))
}

fn lost(what: &str, part: &Part) -> String {
    let line = part.line().unwrap_or_default();
    let (shown, _) = words::cut(&line, SHOWN_MAX);
    format!("lost: the {what} with the role `{}`: {shown}", part.role)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn members(value: &Value) -> Members {
        Members::of(value.as_object().unwrap().clone()).unwrap()
    }

    #[test]
    fn the_main_headline_is_the_title() {
        let mut item = members(&json!({"headlines": [
            {"role": "sub", "value": "All cancelled"}, {"value": "None"},
            {"role": "main", "value": "Storm &amp; <em>sea</em>", "contentType": "text/html"},
        ]}));
        let (title, others) = headlines(&mut item);
        assert_eq!(title.as_deref(), Some("Storm & sea"));
        assert_eq!(json!(others), json!({"sub": "All cancelled", "other": "None"}));
        let mut old = members(&json!({"headline": "Storm", "headline_sub": "All cancelled"}));
        let (title, others) = headlines(&mut old);
        assert_eq!(title.as_deref(), Some("Storm"));
        assert_eq!(json!(others), json!({"sub": "All cancelled"}));
    }

    #[test]
    fn html_is_taken_before_plain_text() {
        for (item, want, lost) in [
            (
                json!({"bodies": [{"value": "a"}, {"contenttype": "text/html", "value": "<p>a</p>"}]}),
                Some(("<p>a</p>", "html")),
                0,
            ),
            (
                json!({"bodies": [{"role": "x", "contentType": "text/html", "value": "<i>x</i>"}, {"role": "main", "contentType": "text/html", "value": "<p>a</p>"}]}),
                Some(("<p>a</p>", "html")),
                1,
            ),
            (json!({"bodies": [{"value": "a < b\r\nc"}]}), Some(("a < b\nc", "text")), 0),
            (json!({"bodies": [{"value": "<p>a</p>"}]}), Some(("<p>a</p>", "html")), 1),
            (
                json!({"bodies": [{"contentType": "text/plain", "value": "<p>a</p>"}]}),
                Some(("<p>a</p>", "text")),
                0,
            ),
            (json!({"bodies": [{"contentType": "application/xml", "value": "<x/>"}]}), None, 1),
            (json!({"body_text": "a", "body_xhtml": "<p>a</p>"}), Some(("<p>a</p>", "html")), 0),
            (
                json!({"body_html": "<p>a</p>", "body_footer": "Supplied by N."}),
                Some(("<p>a</p>", "html")),
                1,
            ),
            (json!({"body_text": ""}), None, 0),
            // Two texts of one role are two, also in two forms.
            (
                json!({"bodies": [{"role": "main", "contentType": "text/html", "value": "<p>a</p>"}, {"role": "main", "contentType": "text/html", "value": "<p>b</p>"}]}),
                Some(("<p>a</p>", "html")),
                1,
            ),
            (
                json!({"bodies": [{"value": "A:\nb c"}, {"contentType": "text/html", "value": "<p>a</p><p>B, c.</p>"}]}),
                Some(("<p>a</p><p>B, c.</p>", "html")),
                0,
            ),
            (
                json!({"bodies": [{"value": "a d"}, {"contentType": "text/html", "value": "<p>a</p>"}]}),
                Some(("<p>a</p>", "html")),
                1,
            ),
        ] {
            let mut warnings = Vec::new();
            let read = body(&mut members(&item), &mut warnings).unwrap();
            let read = read.as_ref().map(|(text, format)| (&**text, *format));
            assert_eq!(read, want, "{item}");
            assert_eq!(warnings.len(), lost, "{item}: {warnings:?}");
        }
    }

    #[test]
    fn a_notice_beside_the_body_is_not_lost() {
        let main = json!({"role": "main", "contentType": "text/html", "value": "<p>a</p>"});
        for notice in [
            json!({"role": "disclaimer", "value": "Supplied by N."}),
            json!({"role": "main", "contentType": "text/html", "value": "<h3>Legal notice</h3><p>Supplied by N.</p>"}),
            json!({"value": "Disclaimer: supplied by N."}),
        ] {
            let mut warnings = Vec::new();
            let read = body(&mut members(&json!({"bodies": [main, notice]})), &mut warnings);
            assert!(read.unwrap_err().contains("which would be lost"), "{notice}");
        }
        let many: Vec<Value> =
            (0..30).map(|number| json!({"role": "x", "value": format!("t{number}")})).collect();
        let mut warnings = Vec::new();
        assert!(body(&mut members(&json!({"bodies": many})), &mut warnings).unwrap().is_some());
        assert_eq!(warnings.len(), LOST_MAX + 1);
        assert_eq!(warnings[LOST_MAX], "lost: 9 more of its texts (body)");
    }

    #[test]
    fn a_summary_is_the_description_of_that_role() {
        let mut warnings = Vec::new();
        let mut item = members(
            &json!({"descriptions": [{"role": "caption", "value": "C"}, {"role": "summary", "value": "S"}]}),
        );
        assert_eq!(summary(&mut item, &mut warnings).as_deref(), Some("S"));
        assert_eq!(warnings, ["lost: the description with the role `caption`: C"]);
        let mut old = members(&json!({"description_text": "All <b>cancelled</b>."}));
        assert_eq!(summary(&mut old, &mut warnings).as_deref(), Some("All cancelled."));
    }
}
