//! A page's front matter: YAML between two lines of `---`, TOML between two of `+++`, or a JSON
//! object, as in Hugo, Jekyll and similar generators. YAML scalars are kept as text: `title: 1.10`
//! is the title "1.10".

use std::collections::{HashMap, HashSet};

use saphyr_parser::{Event, Parser, ScalarStyle};
use serde_json::{Map, Value};
use toml::de::{DeTable, DeValue};

use super::Refused;
use crate::domain::text::is_blank;
use crate::web::json;

/// Deepest nesting of front matter: it bounds the stack that a hostile file can use.
const DEPTH_MAX: usize = 32;

/// The parts of a page.
pub struct Page<'a> {
    /// The front matter: texts, numbers, booleans, lists, maps, and null for an empty value. YAML
    /// has only text, lists, maps and null.
    pub members: Map<String, Value>,
    /// The line in the file at which each member begins.
    pub lines: HashMap<String, usize>,
    /// The members whose value is a text between quotation marks (YAML): other readers take it for no date.
    pub quoted: HashSet<String>,
    /// The line at which the front matter begins.
    pub first_line: usize,
    /// Everything after the front matter.
    pub body: &'a str,
    /// The line at which the body begins.
    pub body_line: usize,
}

fn refused(line: usize, reason: impl Into<String>) -> Refused {
    Refused::at(line, reason)
}

/// Splits a page into its parts; `None` if it has no front matter.
///
/// # Errors
/// A description of what is wrong with the front matter, with its line in the file.
pub fn split(text: &str) -> Result<Option<Page<'_>>, Refused> {
    // Blank lines may precede it, as in Hugo; a byte order mark too.
    let start = text.trim_start_matches('\u{feff}').trim_start();
    let line_of = |rest: &str| text[..text.len() - rest.len()].matches('\n').count() + 1;
    let (first_line, (members, lines, quoted), rest) = if let Some(rest) = opened(start, "---") {
        let first_line = line_of(rest);
        // Three dots end a YAML document as well (YAML 1.2.2 section 9.1.2).
        let (yaml, rest) = up_to(rest, &["---", "..."])
            .ok_or_else(|| refused(first_line, unended("--- or ...")))?;
        (first_line, parse_yaml(yaml, first_line)?, rest)
    } else if let Some(rest) = opened(start, "+++") {
        let first_line = line_of(rest);
        let (toml, rest) =
            up_to(rest, &["+++"]).ok_or_else(|| refused(first_line, unended("+++")))?;
        (first_line, parse_toml(toml, first_line)?, rest)
    } else if opens_json(start) {
        let first_line = line_of(start);
        let (parsed, rest) = parse_json(start, first_line)?;
        (first_line, parsed, rest)
    } else {
        return Ok(None);
    };
    let (members, lines, quoted) = trimmed((members, lines, quoted))?;
    let body = rest.trim_start_matches(['\r', '\n']);
    Ok(Some(Page { members, lines, quoted, first_line, body, body_line: line_of(body) }))
}

/// The members of a whole file of settings in the format that its ending names: `toml`, `json`, else YAML.
///
/// # Errors
/// What is wrong with it, with the line.
pub(super) fn settings(text: &str, ending: &str) -> Result<Map<String, Value>, Refused> {
    let text = text.trim_start_matches('\u{feff}');
    let (members, ..) = match ending {
        "toml" => parse_toml(text, 1)?,
        "json" if text.trim().is_empty() => return Ok(Map::new()),
        "json" => parse_json(text, 1)?.0,
        _ => parse_yaml(text, 1)?,
    };
    Ok(members)
}

/// A name without what cannot be seen around it: whoever wrote `"draft ": true` meant `draft`.
pub(super) fn bare_name(name: &str) -> &str {
    name.trim_matches(is_blank)
}

/// The same with bare names.
fn trimmed(parsed: Parsed) -> Result<Parsed, Refused> {
    let (members, mut lines, mut quoted) = parsed;
    if members.keys().all(|name| bare_name(name) == name) {
        return Ok((members, lines, quoted));
    }
    let mut bare_members = Map::new();
    for (name, value) in members {
        let bare = bare_name(&name);
        let line = lines.get(&name).copied().unwrap_or(1);
        if bare_members.get(bare).is_some_and(|before| *before != value) {
            let reason =
                format!("`{bare}` stands twice, with different values and space in its name");
            return Err(refused(line, reason));
        }
        if bare != name {
            lines.remove(&name);
            lines.entry(bare.to_owned()).or_insert(line);
            if quoted.remove(&name) {
                quoted.insert(bare.to_owned());
            }
        }
        bare_members.insert(bare.to_owned(), value);
    }
    Ok((bare_members, lines, quoted))
}

fn unended(mark: &str) -> String {
    format!("the front matter that begins here has no end: a line of {mark} is missing")
}

/// The text after a first line that is `mark`, from the end of that mark.
fn opened<'a>(start: &'a str, mark: &str) -> Option<&'a str> {
    start
        .strip_prefix(mark)
        .filter(|rest| rest.trim_start_matches([' ', '\t', '\r']).starts_with('\n'))
}

/// The text before the first line that is one of `marks`, and the text after it.
fn up_to<'a>(rest: &'a str, marks: &[&str]) -> Option<(&'a str, &'a str)> {
    let mut offset = 0;
    for line in rest.split_inclusive('\n') {
        if marks.contains(&line.trim_end()) {
            return Some((&rest[..offset], &rest[offset + line.len()..]));
        }
        offset += line.len();
    }
    None
}

/// True if a JSON object begins here, and not a shortcode or template tag.
fn opens_json(start: &str) -> bool {
    let inside = start.strip_prefix('{').map(str::trim_start);
    inside.is_some_and(|inside| inside.starts_with(['"', '}']))
}

/// Parses the object at the start of a text, and returns the text after it.
fn parse_json(text: &str, first_line: usize) -> Result<(Parsed, &str), Refused> {
    let fault = |line: usize, why: &str| refused(first_line + line - 1, format!("not JSON: {why}"));
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<serde::de::IgnoredAny>();
    match values.next() {
        Some(Ok(_)) => {}
        Some(Err(error)) => return Err(fault(error.line(), &error.to_string())),
        None => return Err(fault(1, "it is empty")),
    }
    let (object, rest) = text.split_at(values.byte_offset());
    if !rest.trim_start_matches([' ', '\t', '\r']).starts_with('\n') && !rest.trim().is_empty() {
        return Err(fault(1, "something stands behind the object on its last line"));
    }
    // Parse it again, as strictly as a client's: no duplicate members, limited depth.
    let value = json::parse(object.as_bytes()).map_err(|problem| fault(1, &problem.detail()))?;
    let Value::Object(members) = value else {
        return Err(fault(1, "it is no object"));
    };
    // The members are in the order of the text: each is looked for behind the one before it.
    let (mut line, mut left) = (first_line, object);
    let mut lines = HashMap::new();
    for name in members.keys() {
        let written = Value::from(name.as_str()).to_string();
        if let Some(at) = left.find(&written) {
            line += left[..at].matches('\n').count();
            left = &left[at..];
        }
        lines.insert(name.clone(), line);
    }
    Ok(((members, lines, HashSet::new()), rest))
}

fn parse_toml(text: &str, first_line: usize) -> Result<Parsed, Refused> {
    let line_at = |offset: usize| {
        let before = text.get(..offset).unwrap_or(text);
        first_line + before.matches('\n').count()
    };
    let table = DeTable::parse(text).map_err(|error| {
        let line = line_at(error.span().map_or(0, |span| span.start));
        refused(line, format!("not TOML: {}", error.message()))
    })?;
    let (mut members, mut lines) = (Map::new(), HashMap::new());
    for (name, value) in table.into_inner() {
        let line = line_at(name.span().start);
        lines.insert(name.get_ref().to_string(), line);
        let value = toml_value(value.into_inner()).map_err(|why| refused(line, why))?;
        members.insert(name.into_inner().into_owned(), value);
    }
    Ok((members, lines, HashSet::new()))
}

fn toml_value(value: DeValue<'_>) -> Result<Value, String> {
    Ok(match value {
        DeValue::String(text) => Value::String(text.into_owned()),
        DeValue::Boolean(truth) => Value::Bool(truth),
        // A date is text here, as in YAML.
        DeValue::Datetime(at) => Value::String(at.to_string()),
        DeValue::Integer(number) => {
            let text = number.to_string();
            serde_json::from_str(&text).unwrap_or(Value::String(text))
        }
        DeValue::Float(number) => {
            let text = number.to_string();
            serde_json::from_str(&text).unwrap_or(Value::String(text))
        }
        DeValue::Array(items) => {
            items.into_iter().map(|item| toml_value(item.into_inner())).collect::<Result<_, _>>()?
        }
        DeValue::Table(table) => {
            let mut members = Map::new();
            for (name, value) in table {
                members.insert(name.into_inner().into_owned(), toml_value(value.into_inner())?);
            }
            Value::Object(members)
        }
    })
}

/// Members, their lines, and those that are quoted.
type Parsed = (Map<String, Value>, HashMap<String, usize>, HashSet<String>);

fn parse_yaml(yaml: &str, first_line: usize) -> Result<Parsed, Refused> {
    let spaced = without_tabs(yaml);
    let mut reader = Reader {
        parser: Parser::new_from_str(&spaced),
        in_file: lines_in_file(&spaced, first_line),
        lines: HashMap::new(),
        quoted: HashSet::new(),
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
    Ok((members, reader.lines, reader.quoted))
}

/// In YAML a tab after the colon of a name separates like a space (YAML 1.2.2 section 6.2), but
/// the parser does not support it. The lines stay the same.
fn without_tabs(yaml: &str) -> String {
    let line = |line: &str| {
        let name = line.find(":\t").filter(|at| {
            let before = &line[..*at];
            !before.is_empty() && !before.contains(['"', '\'', '#', ':'])
        });
        match name {
            Some(at) => format!("{}: {}", &line[..at], line[at + 1..].trim_start_matches('\t')),
            None => line.to_owned(),
        }
    };
    yaml.split_inclusive('\n').map(line).collect()
}

/// The line in the file of each line of the YAML that begins on `first_line`: there a carriage return alone ends one too
/// (YAML 1.2.2 section 5.4), as in no other place.
fn lines_in_file(yaml: &str, first_line: usize) -> Vec<usize> {
    let (mut lines, mut line) = (vec![first_line], first_line);
    let mut bytes = yaml.bytes().peekable();
    while let Some(byte) = bytes.next() {
        line += usize::from(byte == b'\n');
        if byte == b'\n' || (byte == b'\r' && bytes.peek() != Some(&b'\n')) {
            lines.push(line);
        }
    }
    lines
}

struct Reader<'a> {
    parser: Parser<'a, saphyr_parser::StrInput<'a>>,
    /// The line in the file of each of the parser's lines.
    in_file: Vec<usize>,
    /// The line at which each member of the outermost map begins.
    lines: HashMap<String, usize>,
    /// Those of them that are texts between quotation marks.
    quoted: HashSet<String>,
}

impl<'a> Reader<'a> {
    /// The line in the file of a line of the parser, which counts from 1.
    fn line(&self, of_parser: usize) -> usize {
        let last = self.in_file.last().copied().unwrap_or_default();
        self.in_file.get(of_parser.saturating_sub(1)).copied().unwrap_or(last)
    }

    /// The next event with its line in the file.
    fn next(&mut self) -> Result<(Event<'a>, usize), Refused> {
        match self.parser.next_event() {
            Some(Ok((event, span))) => Ok((event, self.line(span.start.line()))),
            Some(Err(error)) => {
                let line = self.line(error.marker().line());
                Err(refused(line, format!("not YAML: {}", error.info())))
            }
            None => Ok((Event::StreamEnd, self.line(1))),
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
                        (Event::Scalar(name, style, ..), line) => {
                            // A merge key brings in members that this reader would not see.
                            if name == "<<" && matches!(style, ScalarStyle::Plain) {
                                return Err(refused(line, "YAML merge keys (<<) are not taken"));
                            }
                            let (event, value_line) = self.next()?;
                            if let Event::Scalar(_, style, ..) = &event
                                && depth == 0
                                && *style != ScalarStyle::Plain
                            {
                                self.quoted.insert(name.clone().into_owned());
                            }
                            let value = self.value(event, value_line, depth + 1)?;
                            // A duplicate with the same value is no contradiction; old archives
                            // are full of them.
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
        assert_eq!(page.quoted, HashSet::from(["quoted".to_owned()]));
    }

    #[test]
    fn what_has_no_front_matter_is_told_from_what_is_broken() {
        for text in [
            "", "# Title\n", "--- not\n", "----\na: 1\n----\n", "{{< note >}}\n",
            "{% include a %}\n", "{: .x}\n", "{x}",
        ] {
            assert!(split(text).unwrap().is_none(), "{text:?}");
        }
        for (text, want) in [
            ("---\na: 1\n", "1: the front matter that begins here has no end"),
            ("---\na: 1\na: 2\n---\n", "3: `a` stands twice, with"),
            ("\n\n---\nb: 1\na: \"x\n---\n", "5: not YAML"),
            ("---\n- a\n---\n", "2: the front matter is no map"),
            ("---\na: &x 1\nb: *x\n---\n", "3: YAML aliases"),
            ("---\na: 1\n<<: {draft: true}\n---\n", "3: YAML merge keys"),
            ("---\na:\n  <<: {draft: true}\n---\n", "3: YAML merge keys"),
            ("\n+++\ntitle = 'A'\n", "2: the front matter that begins here has no end"),
            ("+++\n\ntitle = A\n+++\n", "3: not TOML"),
            ("+++\na = 1\na = 2\n+++\n", "3: not TOML"),
            ("{\n \"a\": }\n", "2: not JSON"),
            ("{\"a\": 1} text\n", "1: not JSON"),
            ("{\"a\": 1, \"a\": 2}\n", "1: not JSON"),
        ] {
            let reason = split(text).err().unwrap().to_string();
            assert!(reason.starts_with(want), "{text:?}: {reason}");
        }
    }

    #[test]
    fn blank_lines_and_windows_newlines_are_fine() {
        let page = split("\n\n---\r\ntitle: A\r\n---\r\n\r\nBody\r\n").unwrap().unwrap();
        assert_eq!((page.members["title"].clone(), page.body), (json!("A"), "Body\r\n"));
        assert_eq!((page.lines["title"], page.first_line, page.body_line), (4, 3, 7));
        // A carriage return alone ends a line in YAML; those of a file are counted by their newlines.
        let page = split("---\na: 1\rb: 2\r\nc: 3\n---\n").unwrap().unwrap();
        assert_eq!(["a", "b", "c"].map(|name| page.lines[name]), [2, 2, 3]);
        assert_eq!(split("---\n---\n").unwrap().unwrap().members, Map::new());
        assert_eq!(split("---\ntitle: A\n---").unwrap().unwrap().body, "");
    }

    #[test]
    fn three_dots_end_it_and_nothing_below_is_lost() {
        let page = split("---\ntitle: A\n...\nOne\n\n---\n\nTwo\n").unwrap().unwrap();
        assert_eq!((page.body, page.body_line), ("One\n\n---\n\nTwo\n", 4));
        let page = split("---\ntitle: A\n---\nOne\n\n---\n\n...\n").unwrap().unwrap();
        assert_eq!(page.body, "One\n\n---\n\n...\n");
    }

    #[test]
    fn a_tab_separates_and_is_kept_within() {
        let text = "---\ntitle:\tA\nsummary:\t\t\"a:\tb\"\nmap:\n  in:\tx\nurl: http://a\tb\n---\n";
        let page = split(text).unwrap().unwrap();
        let want =
            json!({"title": "A", "summary": "a:\tb", "map": {"in": "x"}, "url": "http://a\tb"});
        assert_eq!(Value::Object(page.members), want);
    }

    #[test]
    fn names_are_read_without_the_space_around_them() {
        for text in [
            "---\n\"draft \": true\n---\n",
            "+++\n\"\\u00a0draft\" = 'true'\n+++\n",
            "{\n\"draft\u{200b}\": \"true\"}\n",
        ] {
            let page = split(text).unwrap().unwrap();
            assert_eq!(Value::Object(page.members), json!({"draft": "true"}), "{text}");
            assert_eq!(page.lines["draft"], 2, "{text}");
        }
        let page = split("---\n\"date \": \"2020-01-01\"\n---\n").unwrap().unwrap();
        assert!(page.quoted.contains("date"));
        let twice = split("---\ndraft: false\n\"draft \": true\n---\n").err().unwrap();
        assert!(twice.to_string().starts_with("3: `draft` stands twice"), "{twice}");
    }

    #[test]
    fn toml_and_json_are_read_as_well() {
        let text = "+++\ntitle = \"1.10\"\ndate = 2026-02-01T07:00:00+01:00\nday = 2026-02-02\nweight = 8\ndraft = true\ntags = [\"a\", 2]\n[params]\ndateline = 'HAMBURG'\n[[resources]]\nsrc = 'x.png'\n+++\n\nText\n";
        let page = split(text).unwrap().unwrap();
        assert_eq!(
            Value::Object(page.members),
            json!({"title": "1.10", "date": "2026-02-01T07:00:00+01:00", "day": "2026-02-02", "weight": 8, "draft": true,
                "tags": ["a", 2], "params": {"dateline": "HAMBURG"}, "resources": [{"src": "x.png"}]})
        );
        assert_eq!((page.lines["draft"], page.lines["params"], page.body), (6, 8, "Text\n"));
        let text = "{\n  \"title\": \"A\",\n  \"draft\": true, \"tags\": [500]\n}\n\nText {not front matter}\n";
        let page = split(text).unwrap().unwrap();
        assert_eq!(
            Value::Object(page.members),
            json!({"title": "A", "draft": true, "tags": [500]})
        );
        assert_eq!((page.lines["draft"], page.body_line), (3, 6));
        assert_eq!(page.body, "Text {not front matter}\n");
    }
}
