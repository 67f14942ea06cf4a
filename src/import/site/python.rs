//! Plain assignments in a file of Python, as in Pelican's configuration: nothing is run. A value that is no literal is
//! told of, not guessed.

use serde_json::{Map, Value};

/// Deepest nesting of a value: it bounds the stack.
const DEPTH_MAX: usize = 8;

/// An assignment to one of the names that were asked for.
#[derive(Debug, PartialEq, Eq)]
pub struct Assigned {
    /// The name.
    pub name: &'static str,
    /// The line, counted from 1.
    pub line: usize,
    /// Its value: a text, number, boolean, list, map or null; `None` if it is anything else, or depends on a condition.
    pub value: Option<Value>,
}

/// The assignments to `names` in a text, in order.
pub fn assignments(text: &str, names: &[&'static str]) -> Vec<Assigned> {
    let mut found = Vec::new();
    let mut offset = 0;
    for (number, line) in text.split_inclusive('\n').enumerate() {
        let here = &text[offset..];
        offset += line.len();
        let bare = line.trim_start_matches([' ', '\t']);
        let is_indented = bare.len() < line.len();
        let mut rest = here;
        let mut assigned = Vec::new();
        // `A = B = 'x'` is an assignment to both.
        loop {
            let start = rest.trim_start_matches([' ', '\t']);
            let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
            let end = start.find(|c| !is_part(c)).unwrap_or(start.len());
            let (name, after) = start.split_at(end);
            let after = after.trim_start_matches([' ', '\t']);
            let known = names.iter().copied().find(|known| *known == name);
            match after.strip_prefix('=').filter(|after| !after.starts_with('=')) {
                Some(value) if !name.is_empty() => {
                    assigned.extend(known);
                    rest = value;
                }
                _ => {
                    // `A['x'] = ..`, `A += ..`, `A.update(..)`.
                    let is_change = after.starts_with(['[', '.'])
                        || ["+=", "|=", ":"].iter().any(|sign| after.starts_with(sign));
                    if let Some(name) = known.filter(|_| assigned.is_empty() && is_change) {
                        found.push(Assigned { name, line: number + 1, value: None });
                    }
                    break;
                }
            }
        }
        if assigned.is_empty() {
            continue;
        }
        let value = literal(rest).filter(|_| !is_indented);
        let each = assigned.into_iter().map(|name| {
            let value = value.clone();
            Assigned { name, line: number + 1, value }
        });
        found.extend(each);
    }
    found
}

/// The literal that is the rest of a statement.
fn literal(text: &str) -> Option<Value> {
    let mut reader = Literal { rest: text };
    let value = reader.value(0, false)?;
    let line = reader.rest.split('\n').next().unwrap_or_default().trim();
    (line.is_empty() || line.starts_with('#')).then_some(value)
}

struct Literal<'a> {
    rest: &'a str,
}

impl Literal<'_> {
    /// Leaves out white space, and within brackets newlines and remarks.
    fn space(&mut self, in_brackets: bool) {
        loop {
            let blank: &[char] =
                if in_brackets { &[' ', '\t', '\r', '\n'] } else { &[' ', '\t', '\r'] };
            self.rest = self.rest.trim_start_matches(blank);
            if !in_brackets || !self.rest.starts_with('#') {
                return;
            }
            let end = self.rest.find('\n').unwrap_or(self.rest.len());
            self.rest = &self.rest[end..];
        }
    }

    fn takes(&mut self, mark: &str) -> bool {
        match self.rest.strip_prefix(mark) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn value(&mut self, depth: usize, in_brackets: bool) -> Option<Value> {
        if depth > DEPTH_MAX {
            return None;
        }
        self.space(in_brackets);
        if self.takes("[") {
            return self.items("]", depth).map(|(items, _)| Value::Array(items));
        }
        if self.takes("(") {
            let (mut items, has_comma) = self.items(")", depth)?;
            // Brackets around one value alone make no tuple.
            return match (items.len(), has_comma) {
                (1, false) => items.pop(),
                _ => Some(Value::Array(items)),
            };
        }
        if self.takes("{") {
            return self.map(depth);
        }
        if let Some(text) = self.text(in_brackets) {
            return Some(Value::String(text));
        }
        let is_part = |c: char| c.is_ascii_alphanumeric() || "_.+-".contains(c);
        let end = self.rest.find(|c| !is_part(c)).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        let value = match word {
            "True" => Value::Bool(true),
            "False" => Value::Bool(false),
            "None" => Value::Null,
            number => Value::from(number.parse::<i64>().ok()?),
        };
        self.rest = rest;
        Some(value)
    }

    /// The items up to a closing bracket, and whether a comma stood among them.
    fn items(&mut self, end: &str, depth: usize) -> Option<(Vec<Value>, bool)> {
        let (mut items, mut has_comma) = (Vec::new(), false);
        loop {
            self.space(true);
            if self.takes(end) {
                return Some((items, has_comma));
            }
            items.push(self.value(depth + 1, true)?);
            self.space(true);
            if self.takes(",") {
                has_comma = true;
            } else if !self.rest.starts_with(end) {
                return None;
            }
        }
    }

    fn map(&mut self, depth: usize) -> Option<Value> {
        let mut members = Map::new();
        loop {
            self.space(true);
            if self.takes("}") {
                return Some(Value::Object(members));
            }
            let name = self.text(true)?;
            self.space(true);
            if !self.takes(":") {
                return None;
            }
            let value = self.value(depth + 1, true)?;
            members.insert(name, value);
            self.space(true);
            if !self.takes(",") && !self.rest.starts_with('}') {
                return None;
            }
        }
    }

    /// A text in single or double quotation marks; several that follow each other are one.
    fn text(&mut self, in_brackets: bool) -> Option<String> {
        let mut text = self.one_text()?;
        loop {
            let before = self.rest;
            self.space(in_brackets);
            match self.one_text() {
                Some(more) => text.push_str(&more),
                None => {
                    self.rest = before;
                    return Some(text);
                }
            }
        }
    }

    fn one_text(&mut self) -> Option<String> {
        let (is_raw, rest) = match self.rest.strip_prefix(['r', 'R', 'u', 'U']) {
            Some(rest) if rest.starts_with(['\'', '"']) => {
                (self.rest.starts_with(['r', 'R']), rest)
            }
            _ => (false, self.rest),
        };
        let mark = rest.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
        let inside = &rest[1..];
        let doubled = [mark, mark].iter().collect::<String>();
        if inside.starts_with(&doubled) {
            return None;
        }
        let mut text = String::new();
        let mut chars = inside.char_indices();
        while let Some((at, c)) = chars.next() {
            match c {
                c if c == mark => {
                    self.rest = &inside[at + 1..];
                    return Some(text);
                }
                '\n' => return None,
                '\\' => match (chars.next()?.1, is_raw) {
                    (c @ ('\\' | '\'' | '"'), false) => text.push(c),
                    ('n', false) => text.push('\n'),
                    ('t', false) => text.push('\t'),
                    // Codes of characters and the like.
                    ('x' | 'u' | 'U' | 'N' | '0'..='7' | '\n', false) => return None,
                    // Python leaves the others as they are.
                    (c, _) => text.extend(['\\', c]),
                },
                c => text.push(c),
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(text: &str) -> Vec<(usize, Option<Value>)> {
        let found = assignments(text, &["A", "B"]);
        found.into_iter().map(|assigned| (assigned.line, assigned.value)).collect()
    }

    #[test]
    fn literals_are_read() {
        for (text, want) in [
            ("A = 'x'\n", json!("x")),
            ("A=\"x\" # why\n", json!("x")),
            ("A = 'it''s' \"!\"\n", json!("its!")),
            ("A = r'(?P<date>\\d{4}).*'\n", json!("(?P<date>\\d{4}).*")),
            ("A = '\\d\\n\\''\n", json!("\\d\n'")),
            ("A = True\n", json!(true)),
            ("A = None", json!(null)),
            ("A = 10\n", json!(10)),
            ("A = ['a', 'b',]\n", json!(["a", "b"])),
            ("A = ('a')\n", json!("a")),
            ("A = ('a',)\n", json!(["a"])),
            ("A = ()\n", json!([])),
            (
                "A = {\n    'status': 'draft',  # all\n    'n': [1],\n}\n",
                json!({"status": "draft", "n": [1]}),
            ),
            ("A = 'ы'\n", json!("ы")),
        ] {
            assert_eq!(read(text), [(1, Some(want))], "{text}");
        }
        assert_eq!(
            read("# A = 1\nA = B = 'x'\nC = 2\nA == 3\n"),
            [(2, Some(json!("x"))), (2, Some(json!("x")))]
        );
    }

    #[test]
    fn what_is_no_literal_is_told_of() {
        for text in [
            "A = os.environ['A']\n",
            "A = f'{x}'\n",
            "A = 'a' + b\n",
            "A = '''x'''\n",
            "A = 'x\n",
            "A = [x]\n",
            "A = {'a': 1\n",
            "A = \n",
            "    A = 'x'\n",
            "A['x'] = 1\n",
            "A.update(x)\n",
            "A += ['x']\n",
            "A = '\\x41'\n",
            &format!("A = {}\n", "[".repeat(100)),
        ] {
            assert_eq!(read(text), [(1, None)], "{text}");
        }
    }
}
