//! The newsroom's list of words and patterns: a comment that contains one of them is held.
//!
//! A line is a word or some words (matched whole, in any case, ignoring invisible characters) or,
//! between slashes, a regular expression that is matched against the normalized text ([`folded`]);
//! `#` begins a comment line. Both are matched in time that is linear in the comment: no pattern
//! can block the server.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use aho_corasick::AhoCorasick;
use regex::{RegexSet, RegexSetBuilder};

use crate::domain::text::folded;

/// Largest file, in bytes: some fifty thousand words. It is read while a comment waits.
const FILE_MAX: u64 = 1024 * 1024;
/// Most patterns: each costs as much as thousands of words.
const PATTERNS_MAX: usize = 1_000;
/// Most memory for the compiled patterns, in bytes: a second of work.
const COMPILED_MAX: usize = 16 * 1024 * 1024;

/// The entries of a list.
struct Entries {
    words: AhoCorasick,
    patterns: RegexSet,
}

impl Entries {
    /// Parses a list.
    ///
    /// # Errors
    /// The error, with its line.
    fn parse(text: &str) -> Result<Self, String> {
        let mut words = Vec::new();
        let mut patterns = Vec::new();
        for (number, line) in text.lines().enumerate() {
            let line = line.trim().trim_start_matches('\u{feff}');
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let pattern = line
                .strip_prefix('/')
                .and_then(|rest| rest.strip_suffix('/'))
                .filter(|pattern| !pattern.is_empty());
            match pattern {
                Some(pattern) => patterns.push((number + 1, pattern)),
                None if line.starts_with('/') => {
                    return Err(format!(
                        "line {}: {line} begins like a pattern and does not end with a slash",
                        number + 1
                    ));
                }
                None => words.push(folded(line)),
            }
        }
        words.retain(|word| !word.is_empty());
        let words = AhoCorasick::new(&words).map_err(|error| error.to_string())?;
        Ok(Self { words, patterns: compile_all(&patterns)? })
    }

    /// True if `text` contains one of them.
    fn are_in(&self, text: &str) -> bool {
        let text = folded(text);
        let stands_alone = |start: usize, end: usize| {
            let is_part = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
            !is_part(text[..start].chars().next_back()) && !is_part(text[end..].chars().next())
        };
        self.words
            .find_overlapping_iter(&text)
            .any(|found| stands_alone(found.start(), found.end()))
            || self.patterns.is_match(&text)
    }
}

fn compile(patterns: &[&str]) -> Result<RegexSet, regex::Error> {
    RegexSetBuilder::new(patterns).case_insensitive(true).size_limit(COMPILED_MAX).build()
}

/// Compiles patterns together, or returns an error naming the unusable one, with its line.
fn compile_all(patterns: &[(usize, &str)]) -> Result<RegexSet, String> {
    if patterns.len() > PATTERNS_MAX {
        return Err(format!("has {} patterns; at most {PATTERNS_MAX} are taken", patterns.len()));
    }
    let all: Vec<&str> = patterns.iter().map(|(_, pattern)| *pattern).collect();
    let compiled = compile(&all).map_err(|error| {
        let alone = |(line, pattern): &(usize, &str)| {
            let error = compile(&[pattern]).err()?;
            // The last line is the message, those before it point to the position.
            let text = error.to_string();
            let last = text.lines().next_back().unwrap_or_default();
            Some(format!("line {line}: /{pattern}/ is no regular expression: {}", last.trim()))
        };
        patterns
            .iter()
            .find_map(alone)
            .unwrap_or_else(|| format!("its patterns are too much together: {error}"))
    })?;
    match compiled.matches("").iter().next().and_then(|at| patterns.get(at)) {
        Some((line, pattern)) => Err(format!("line {line}: /{pattern}/ is found in every text")),
        None => Ok(compiled),
    }
}

/// Metadata that tells versions of a file apart without reading it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    written_at: Option<SystemTime>,
    length: u64,
    /// The identity of the file, and the time of its last change, including that of its
    /// permissions.
    inode: u64,
    changed_at: (i64, i64),
}

impl Stamp {
    fn of(path: &Path) -> Result<Self, String> {
        let found = fs::metadata(path).map_err(|error| error.to_string())?;
        if !found.is_file() {
            return Err("is no file".to_owned());
        }
        if found.len() > FILE_MAX {
            return Err(format!("is longer than {FILE_MAX} bytes"));
        }
        Ok(Self {
            written_at: found.modified().ok(),
            length: found.len(),
            inode: found.ino(),
            changed_at: (found.ctime(), found.ctime_nsec()),
        })
    }
}

/// A list in a file, read again after a change.
pub struct WordList {
    path: PathBuf,
    read: Mutex<Read>,
}

/// The result of the last read.
struct Read {
    entries: Entries,
    stamp: Result<Stamp, String>,
}

impl WordList {
    /// Reads the list at `path`.
    ///
    /// # Errors
    /// The reason why it cannot be used: the file, or a line of it.
    pub fn open(path: &Path) -> Result<Self, String> {
        let named = |why: String| format!("{}: {why}", path.display());
        let stamp = Stamp::of(path).map_err(named)?;
        let entries = Self::text(path).and_then(|text| Entries::parse(&text)).map_err(named)?;
        let stamp = Ok(stamp);
        Ok(Self { path: path.to_owned(), read: Mutex::new(Read { entries, stamp }) })
    }

    fn text(path: &Path) -> Result<String, String> {
        let bytes = fs::read(path).map_err(|error| error.to_string())?;
        String::from_utf8(bytes).map_err(|_| "is not UTF-8".to_owned())
    }

    /// True if a text contains an entry of the list, as its file is now. If the file can no longer
    /// be used, the last entries stay in force, and the log reports it once.
    #[must_use]
    pub fn is_in(&self, text: &str) -> bool {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let stamp = Stamp::of(&self.path);
        // A file that could not be read is tried again each time; one that was read but cannot be
        // used, after it changes.
        if stamp != read.stamp {
            let text = stamp.clone().and_then(|_| Self::text(&self.path));
            let told = read.stamp.clone().err();
            read.stamp = text.as_ref().map_err(Clone::clone).and(stamp);
            let path = self.path.display();
            match text.and_then(|text| Entries::parse(&text)) {
                Ok(entries) => {
                    read.entries = entries;
                    log::info!("read {path} anew");
                }
                Err(why) if told.as_ref() == Some(&why) => {}
                Err(why) => log::warn!("{path}: {why}; what it said before stays in force"),
            }
        }
        read.entries.are_in(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(list: &str, text: &str) -> bool {
        Entries::parse(list).unwrap().are_in(text)
    }

    #[test]
    fn a_word_is_found_whole_and_however_it_is_written() {
        let list =
            "# Remarks are none\n\ncasino\nquick  money\nf**k\nкази́но\nλόγος\nstraße\nвойна\n";
        for text in [
            "Casino", "the CASINO!", "a c\u{200b}a\u{ad}si\u{301}no", "QUICK\n\t money",
            "what the f**k", "КАЗИНО", "CASİNO", "ｃａｓｉｎｏ", "c\u{489}a\u{fe20}sino", "ΛΌΓΟΣ",
            "STRASSE", "вои\u{306}на",
        ] {
            assert!(holds(list, text), "{text}");
        }
        for text in ["casinos", "ocasino", "quickmoney", "remarks", "fk", ""] {
            assert!(!holds(list, text), "{text}");
        }
        // A longer entry that fails does not hide a shorter one.
        assert!(holds("bet\nbetter odds", "better bet"));
        assert!(!holds("bet", "better"));
        assert!(!holds("", "anything"));
        assert!(!holds("\u{200b}", "anything"));
    }

    #[test]
    fn a_pattern_is_found_in_linear_time() {
        let list = "/(\\w+\\s?)+crypto$/\n/tel:\\d{6,}/";
        assert!(holds(list, "buy CRYPTO"));
        assert!(holds(list, "Tel:123456"));
        assert!(!holds(list, "tel:12345"));
        // Backtracking would take practically for ever.
        assert!(!holds(list, &"a".repeat(5_000)));
    }

    #[test]
    fn a_list_that_cannot_be_used_says_where() {
        for (list, want) in [
            ("ok\n/(/", "line 2: /(/ is no regular expression"),
            ("/a*/", "line 1: /a*/ is found in every text"),
            ("/a/i", "line 1: /a/i begins like a pattern"),
            ("//", "line 1: // begins like a pattern"),
            ("ok\n/\\w{9999}{9999}/", "line 2"),
        ] {
            let why = Entries::parse(list).err().unwrap();
            assert!(why.starts_with(want), "{why}");
        }
    }

    #[test]
    fn a_file_is_read_anew_when_it_changes_and_kept_where_it_cannot_be() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("list");
        fs::write(&path, "casino").unwrap();
        let list = WordList::open(&path).unwrap();
        assert!(list.is_in("casino"));
        fs::write(&path, "lottery\n").unwrap();
        assert!(!list.is_in("casino") && list.is_in("lottery"));
        fs::write(&path, "/(/").unwrap();
        assert!(list.is_in("lottery"));
        fs::remove_file(&path).unwrap();
        assert!(list.is_in("lottery"));
        fs::write(&path, "casino again").unwrap();
        assert!(list.is_in("casino again"));
        assert!(WordList::open(dir.path()).is_err());
    }
}
