//! Reading an export: lines, each with its number, or what is wrong with it.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read as _, Seek as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use serde::Deserialize;
use serde_json::error::Category;

use super::line::{Line, SCHEMA};
use crate::domain::text::is_forbidden_in_line;

/// Longest line that is read, in bytes: an article with its text, and the HTML of that, is at most some 20 MB.
const LINE_MAX: u64 = 64 * 1024 * 1024;
/// Most characters of a reason that are shown: it may repeat what the file has.
const REASON_MAX: usize = 600;
/// The record of the first line.
const FIRST: &str = "copydesk";
/// The byte order mark, which some editors put before UTF-8: it is no part of the first line.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// The members of the first line that are read before all others: a newer schema may have members that this program does
/// not know.
#[derive(Deserialize)]
struct First {
    record: String,
    schema: u32,
}

/// True if a file that starts with these bytes is an export of Copydesk.
#[must_use]
pub fn is_it(start: &[u8]) -> bool {
    let start = start.strip_prefix(MARK).unwrap_or(start);
    let end = start.iter().position(|byte| *byte == b'\n').unwrap_or(start.len());
    serde_json::from_slice::<First>(&start[..end]).is_ok_and(|first| first.record == FIRST)
}

/// Passes unless a signal has ended the import.
///
/// # Errors
/// If one has.
pub(super) fn go_on(is_over: &AtomicBool) -> io::Result<()> {
    match is_over.load(Ordering::Relaxed) {
        false => Ok(()),
        true => Err(io::Error::new(io::ErrorKind::Interrupted, "the import was told to end")),
    }
}

/// The lines of a file.
pub(super) struct Lines<'a> {
    input: BufReader<File>,
    path: PathBuf,
    number: usize,
    buffer: Vec<u8>,
    /// Set by a signal.
    is_over: &'a AtomicBool,
}

impl<'a> Lines<'a> {
    /// Opens a file.
    ///
    /// # Errors
    /// If it cannot be opened, or is none: it is read twice.
    pub fn open(path: &Path, is_over: &'a AtomicBool) -> io::Result<Self> {
        let refused = || {
            io::Error::new(
                io::ErrorKind::InvalidInput,
                format!(
                    "{} is no regular file, and an export is read twice: write it to a file first",
                    path.display()
                ),
            )
        };
        // Before it is opened too: opening a pipe waits for its other end.
        if !fs::metadata(path)?.is_file() {
            return Err(refused());
        }
        let file = File::open(path)?;
        if !file.metadata()?.is_file() {
            return Err(refused());
        }
        let input = BufReader::new(file);
        Ok(Self { input, path: path.to_owned(), number: 0, buffer: Vec::new(), is_over })
    }

    /// Goes back to the first line of the same file, whatever is at its path by now.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn rewind(&mut self) -> io::Result<()> {
        self.number = 0;
        self.input.rewind()
    }

    /// The number of the line that was read last.
    pub const fn number(&self) -> usize {
        self.number
    }

    /// The next line and its length in bytes; `None` at the end of the file.
    ///
    /// # Errors
    /// If the file cannot be read, a signal has ended the import, or with its place if a line is no record of an export.
    pub fn read_next(&mut self) -> io::Result<Option<(Line, usize)>> {
        go_on(self.is_over)?;
        self.buffer.clear();
        let mut limited = (&mut self.input).take(LINE_MAX);
        if limited.read_until(b'\n', &mut self.buffer)? == 0 {
            return Ok(None);
        }
        self.number += 1;
        if !self.buffer.ends_with(b"\n") && self.buffer.len() as u64 == LINE_MAX {
            return Err(self.refused(&format!("the line is longer than {LINE_MAX} bytes")));
        }
        if self.number == 1 {
            if self.buffer.starts_with(MARK) {
                self.buffer.drain(..MARK.len());
            }
            self.check_schema()?;
        }
        let line = read_line(&self.buffer).map_err(|reason| self.refused(&reason))?;
        Ok(Some((line, self.buffer.len())))
    }

    /// Refuses a schema that this program does not know.
    fn check_schema(&self) -> io::Result<()> {
        let first: First = serde_json::from_slice(&self.buffer)
            .map_err(|_| self.refused("the file is no export of Copydesk"))?;
        match (first.record == FIRST, first.schema) {
            (false, _) => Err(self.refused("the file is no export of Copydesk")),
            (true, 1..=SCHEMA) => Ok(()),
            (true, other) => Err(self.refused(&format!(
                "the export has version {other} of the schema, and this program reads up to {SCHEMA}; import it with the program that made it, or a newer one"
            ))),
        }
    }

    /// The error that the line which was read last is refused with.
    pub fn refused(&self, reason: &str) -> io::Error {
        self.refused_at(self.number.max(1), reason)
    }

    /// The same of another line.
    pub fn refused_at(&self, number: usize, reason: &str) -> io::Error {
        let place = format!("{}:{number}", self.path.display());
        io::Error::new(io::ErrorKind::InvalidData, format!("{place}: {}", shown(reason)))
    }
}

/// A reason as a terminal may show it: what it repeats of the file is cut, and no control character is left in it.
fn shown(reason: &str) -> String {
    let mut text = String::new();
    for c in reason.chars().take(REASON_MAX) {
        match is_forbidden_in_line(c) {
            true => text.extend(c.escape_unicode()),
            false => text.push(c),
        }
    }
    if reason.chars().nth(REASON_MAX).is_some() {
        text.push_str(" ..");
    }
    text
}

/// The record in a line, or what is wrong with it.
fn read_line(bytes: &[u8]) -> Result<Line, String> {
    if bytes.trim_ascii().is_empty() {
        return Err("the line is empty, and each line is a record: remove it".to_owned());
    }
    let is_cut = || match bytes.ends_with(b"\n") {
        true => "the line is cut short: it is no whole JSON object".to_owned(),
        false => "the file is cut short in this line: make the export, or the copy of it, again"
            .to_owned(),
    };
    let text = std::str::from_utf8(bytes).map_err(|error| match error.error_len() {
        // It ends in the middle of a character.
        None => is_cut(),
        Some(_) => format!("the line is not UTF-8 from byte {} on", error.valid_up_to() + 1),
    })?;
    serde_json::from_str(text).map_err(|error| match error.classify() {
        Category::Eof => is_cut(),
        Category::Syntax => {
            format!("the line is no JSON object: {}", without_place(&error.to_string()))
        }
        Category::Data | Category::Io => without_place(&error.to_string()),
    })
}

/// What is wrong with JSON, without the line that is counted there: each line is a text of its own.
fn without_place(error: &str) -> String {
    error.rsplit_once(" at line ").map_or(error, |(reason, _)| reason).to_owned()
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn lines_of(text: impl AsRef<[u8]>) -> Vec<Result<(), String>> {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(text.as_ref()).unwrap();
        let is_over = AtomicBool::new(false);
        let mut lines = Lines::open(file.path(), &is_over).unwrap();
        let mut found = Vec::new();
        loop {
            match lines.read_next() {
                Ok(None) => return found,
                Ok(Some(_)) => found.push(Ok(())),
                Err(error) => {
                    let text = error.to_string();
                    let name = file.path().display().to_string();
                    found.push(Err(text.replace(&name, "x")));
                    return found;
                }
            }
        }
    }

    #[test]
    fn an_export_is_told_by_its_first_line() {
        for (start, is) in [
            (r#"{"record":"copydesk","schema":1}"#, true),
            ("{\"record\": \"copydesk\", \"schema\": 99, \"more\": {}}\n{\"rec", true),
            ("\u{feff}{\"record\":\"copydesk\",\"schema\":1}\n", true),
            (r#"{"record":"article","schema":1}"#, false),
            (r#"{"type":"article"}"#, false),
            ("---\ntitle: A\n---\n", false),
            ("", false),
        ] {
            assert_eq!(is_it(start.as_bytes()), is, "{start}");
        }
    }

    #[test]
    fn a_line_that_is_not_understood_is_refused_with_its_number() {
        let first = "{\"record\":\"copydesk\",\"schema\":1}\n";
        let end = r#"{"record":"end","articles":0,"revisions":0,"comments":0,"disclaimer_versions":0,"terms":0,"keys":0}"#;
        for mark in ["", "\u{feff}"] {
            let fine = lines_of(format!("{mark}{first}{end}"));
            assert!(fine.len() == 2 && fine.iter().all(Result::is_ok), "{fine:?}");
        }
        let cut = "x:2: the file is cut short in this line";
        for (text, want) in [
            (format!("{first}{{\"record\":\"podcast\"}}\n"), "x:2: unknown variant `podcast`"),
            (format!("{first}{{\"record\":\"end\"}}\n"), "x:2: missing field `articles`"),
            (format!("{first}{}", &end[..end.len() - 4]), cut),
            (format!("{first}{{\"record\":\"e"), cut),
            (format!("{first}{{\"record\":\"e\n{end}"), "x:2: the line is no JSON object: control"),
            (format!("{first}{}\n", &end[..end.len() - 1]), "x:2: the line is cut short"),
            (format!("{first}oops\n"), "x:2: the line is no JSON object: expected value"),
            (format!("{first}{}", end.replace("articles", "artikels")), "unknown field `artikels`"),
            (format!("{first}\n"), "x:2: the line is empty"),
            (first.replace('1', "2"), "x:1: the export has version 2 of the schema"),
            (first.replace('1', "0"), "x:1: the export has version 0 of the schema"),
            ("{}\n".to_owned(), "x:1: the file is no export"),
        ] {
            let found = lines_of(text);
            let told = found.last().unwrap().as_ref().unwrap_err();
            assert!(told.contains(want), "{want} in {told}");
        }
        for (bytes, want) in [
            (&b"{\"record\":\"\xff\"}\n"[..], "x:2: the line is not UTF-8 from byte 12 on"),
            (b"{\"record\":\"\xc3", cut),
        ] {
            let found = lines_of([first.as_bytes(), bytes].concat());
            let told = found.last().unwrap().as_ref().unwrap_err();
            assert!(told.contains(want), "{want} in {told}");
        }
    }

    #[test]
    fn nothing_of_the_file_is_shown_raw() {
        let first = "{\"record\":\"copydesk\",\"schema\":1}\n";
        let found = lines_of(format!("{first}{{\"record\":\"\\u001b[2J\\u202e\"}}\n"));
        let told = found.last().unwrap().as_ref().unwrap_err();
        assert!(told.contains("\\u{1b}[2J\\u{202e}"), "{told}");
        assert!(!told.contains(is_forbidden_in_line), "{told}");
        let found = lines_of(format!("{first}{{\"record\":\"{}\"}}\n", "a".repeat(10_000)));
        let told = found.last().unwrap().as_ref().unwrap_err();
        assert!(told.len() < 700 && told.ends_with(" .."), "{told}");
    }

    #[test]
    fn a_file_is_read_again_from_its_start_and_a_signal_ends_it() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(b"{\"record\":\"copydesk\",\"schema\":1}\n").unwrap();
        let is_over = AtomicBool::new(false);
        let mut lines = Lines::open(file.path(), &is_over).unwrap();
        for _ in 0..2 {
            assert!(lines.read_next().unwrap().is_some());
            assert!(lines.read_next().unwrap().is_none());
            lines.rewind().unwrap();
        }
        is_over.store(true, Ordering::Relaxed);
        assert_eq!(lines.read_next().unwrap_err().kind(), io::ErrorKind::Interrupted);
        let folder = tempfile::tempdir().unwrap();
        let told = Lines::open(folder.path(), &is_over).map(drop).unwrap_err().to_string();
        assert!(told.contains("no regular file"), "{told}");
    }
}
