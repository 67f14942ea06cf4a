//! A page's front matter: YAML between two lines of `---`. Scalars are taken
//! as the text that stands there: `title: 1.10` is the title "1.10".

use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle};
use serde_json::{Map, Value};

use super::Refused;

/// Deepest nesting of front matter: a stack's worth of a hostile file is refused.
const DEPTH_MAX: usize = 32;

/// A page, taken apart.
pub struct Page<'a> {
    /// The front matter: texts, lists, maps, and null for what was left empty.
    pub members: Map<String, Value>,
    /// The line in the file on which each of them begins.
    pub lines: HashMap<String, usize>,
    /// The line on which the front matter begins.
    pub first_line: usize,
    /// Everything below it.
    pub body: &'a str,
    /// The line on which that begins.
    pub body_line: usize,
}

fn refused(line: usize, reason: impl Into<String>) -> Refused {
    Refused::at(line, reason)
}

/// Takes a page apart; `None` where it has no front matter.
///
/// # Errors
/// What is wrong with the front matter, with its line in the file.
pub fn split(text: &str) -> Result<Option<Page<'_>>, Refused> {
    // Blank lines may stand before it, as in Hugo; a byte order mark too.
    let start = text.trim_start_matches('\u{feff}').trim_start();
    let line_of = |rest: &str| text[..text.len() - rest.len()].matches('\n').count() + 1;
    if start.starts_with("+++") {
        let reason = "its front matter is TOML (+++); only YAML (---) is taken";
        return Err(refused(line_of(start), reason));
    }
    let Some(rest) = start
        .strip_prefix("---")
        .filter(|rest| rest.trim_start_matches([' ', '\t', '\r']).starts_with('\n'))
    else {
        return Ok(None);
    };
    let first_line = line_of(rest);
    let mut offset = 0;
    for line in rest.split_inclusive('\n') {
        if line.trim_end() == "---" {
            let body = rest[offset + line.len()..].trim_start_matches(['\r', '\n']);
            let (members, lines) = parse(&rest[..offset], first_line)?;
            return Ok(Some(Page {
                members,
                lines,
                first_line,
                body,
                body_line: line_of(body),
            }));
        }
        offset += line.len();
    }
    let reason = "the front matter that begins here has no end: a line of --- is missing";
    Err(refused(first_line, reason))
}

type Parsed = (Map<String, Value>, HashMap<String, usize>);

fn parse(yaml: &str, first_line: usize) -> Result<Parsed, Refused> {
    let mut reader = Reader {
        parser: Parser::new_from_str(yaml),
        first_line,
        lines: HashMap::new(),
    };
    let members = loop {
        match reader.next()? {
            (Event::StreamStart | Event::DocumentStart(_) | Event::Nothing, _) => {}
            (Event::StreamEnd | Event::DocumentEnd, _) => break Map::new(),
            (event, line) => match reader.value(event, line, 0)? {
                Value::Object(members) => break members,
                Value::Null => break Map::new(),
                _ => {
                    let reason = "the front matter is no map of names to values";
                    return Err(refused(line, reason));
                }
            },
        }
    };
    Ok((members, reader.lines))
}

struct Reader<'a> {
    parser: Parser<'a, saphyr_parser::StrInput<'a>>,
    first_line: usize,
    /// Where each member of the outermost map begins.
    lines: HashMap<String, usize>,
}

impl<'a> Reader<'a> {
    /// The next event with its line in the file.
    fn next(&mut self) -> Result<(Event<'a>, usize), Refused> {
        match self.parser.next_event() {
            // The parser counts from 1, and the YAML begins on the line of the opening dashes.
            Some(Ok((event, span))) => Ok((event, self.first_line + span.start.line() - 1)),
            Some(Err(error)) => {
                let line = self.first_line + error.marker().line() - 1;
                Err(refused(line, format!("not YAML: {}", error.info())))
            }
            None => Ok((Event::StreamEnd, self.first_line)),
        }
    }

    fn value(&mut self, event: Event<'a>, line: usize, depth: usize) -> Result<Value, Refused> {
        if depth > DEPTH_MAX {
            return Err(refused(line, format!("nested deeper than {DEPTH_MAX}")));
        }
        match event {
            Event::Scalar(text, style, ..) => Ok(scalar(&text, style)),
            Event::SequenceStart(..) => {
                let mut items = Vec::new();
                loop {
                    match self.next()? {
                        (Event::SequenceEnd, _) => return Ok(Value::Array(items)),
                        (event, line) => items.push(self.value(event, line, depth + 1)?),
                    }
                }
            }
            Event::MappingStart(..) => {
                let mut members = Map::new();
                loop {
                    match self.next()? {
                        (Event::MappingEnd, _) => return Ok(Value::Object(members)),
                        (Event::Scalar(name, ..), line) => {
                            let (event, value_line) = self.next()?;
                            let value = self.value(event, value_line, depth + 1)?;
                            // Said twice alike is no contradiction; old archives are full of it.
                            if members.get(&*name).is_some_and(|before| *before != value) {
                                let reason =
                                    format!("`{name}` stands twice, with different values");
                                return Err(refused(line, reason));
                            }
                            if depth == 0 {
                                self.lines.entry(name.clone().into_owned()).or_insert(line);
                            }
                            members.insert(name.into_owned(), value);
                        }
                        (_, line) => return Err(refused(line, "a name must be plain text")),
                    }
                }
            }
            Event::Alias(_) => Err(refused(line, "YAML aliases (*name) are not taken")),
            _ => Err(refused(line, "the front matter breaks off")),
        }
    }
}

fn scalar(text: &str, style: ScalarStyle) -> Value {
    let plain = matches!(style, ScalarStyle::Plain);
    if plain && matches!(text, "" | "~" | "null" | "Null" | "NULL") {
        return Value::Null;
    }
    Value::String(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn scalars_are_taken_as_text() {
        let page = split("---\ntitle: 1.10\ndraft: yes\nempty:\nquoted: \"a\\tb\"\nlist: [1, x]\nmap:\n  on: 2020-01-01\n---\n\nText\n").unwrap().unwrap();
        assert_eq!(
            Value::Object(page.members),
            json!({"title": "1.10", "draft": "yes", "empty": null, "quoted": "a\tb", "list": ["1", "x"], "map": {"on": "2020-01-01"}})
        );
        assert_eq!(page.body, "Text\n");
    }

    #[test]
    fn what_has_no_front_matter_is_told_from_what_is_broken() {
        for text in ["", "# Title\n", "--- not\n", "----\na: 1\n----\n"] {
            assert!(split(text).unwrap().is_none(), "{text:?}");
        }
        for (text, want) in [
            (
                "---\na: 1\n",
                "1: the front matter that begins here has no end",
            ),
            ("---\na: 1\na: 2\n---\n", "3: `a` stands twice, with"),
            ("\n\n---\nb: 1\na: \"x\n---\n", "5: not YAML"),
            ("---\n- a\n---\n", "2: the front matter is no map"),
            ("---\na: &x 1\nb: *x\n---\n", "3: YAML aliases"),
            ("\n+++\n", "2: its front matter is TOML"),
        ] {
            let reason = split(text).err().unwrap().to_string();
            assert!(reason.starts_with(want), "{text:?}: {reason}");
        }
    }

    #[test]
    fn blank_lines_and_windows_newlines_are_fine() {
        let page = split("\n\n---\r\ntitle: A\r\n---\r\n\r\nBody\r\n")
            .unwrap()
            .unwrap();
        assert_eq!(
            (page.members["title"].clone(), page.body),
            (json!("A"), "Body\r\n")
        );
        assert_eq!(
            (page.lines["title"], page.first_line, page.body_line),
            (4, 3, 7)
        );
        assert_eq!(split("---\n---\n").unwrap().unwrap().members, Map::new());
        assert_eq!(split("---\ntitle: A\n---").unwrap().unwrap().body, "");
    }
}
