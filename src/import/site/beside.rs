//! Exports of other systems that lie in the folders of a site: each is told of, since it may have been meant. (The folder
//! that is named itself is looked at in `import/source.rs`.)

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use crate::export;
use crate::import::item::{At, Item, Sink};
use crate::import::{disqus, feed, ghost, isso, ninjs, remark42, wordpress};

/// How much of a file is looked at, in bytes: headers with comments and styles are before it.
const LOOKED_AT: u64 = 64 * 1024;
/// Files that are looked at: a site has some feeds and files of data; more are the packages of a program.
const FILES_MAX: usize = 2_000;
/// Endings of the names of exports.
const ENDINGS: [&str; 11] =
    ["atom", "db", "json", "jsonl", "ndjson", "rdf", "rss", "sqlite", "sqlite3", "wxr", "xml"];
/// Endings of databases, and what SQLite appends to their names while a program has them open.
const DATABASES: [&str; 3] = ["db", "sqlite", "sqlite3"];
const WHILE_OPEN: [&str; 3] = ["-journal", "-shm", "-wal"];

/// Tells a form by the start of a file.
type IsIt = fn(&[u8]) -> bool;

/// The forms, in the order in which they are tried.
const FORMS: [(&str, IsIt); 8] = [
    ("an export of Copydesk", export::is_it),
    ("a database of Isso", isso::is_it),
    ("an export of WordPress", wordpress::is_it),
    ("an export of Disqus", disqus::is_it),
    ("an export of Ghost", ghost::is_it),
    ("a backup of Remark42", remark42::is_it),
    ("a file of ninjs", ninjs::is_it),
    ("a feed", feed::is_it),
];

/// True if the name of a file may be that of an export.
pub fn may_be_export(path: &Path) -> bool {
    ending_of(path).is_some_and(|ending| ENDINGS.contains(&&*ending))
}

/// Tells of those of `files` that are exports.
///
/// # Errors
/// What the sink gives.
pub fn tell(files: &[PathBuf], sink: &mut Sink<'_>) -> io::Result<()> {
    for path in files.iter().take(FILES_MAX) {
        if let Some(name) = form_of(path) {
            let reason = format!("is {name}: name the file to import it");
            sink(Item::Skipped { at: At::file(path), reason })?;
        }
    }
    if let Some(first) = files.get(FILES_MAX) {
        let text = format!(
            "of the files that may be exports of other systems only {FILES_MAX} were looked at, and {} from here on were not: name what is to be imported",
            files.len() - FILES_MAX
        );
        sink(Item::Warning { at: At::file(first), text })?;
    }
    Ok(())
}

/// What a file is. One that cannot be read is none that was meant.
fn form_of(path: &Path) -> Option<&'static str> {
    // Where this process has a database open, closing the file takes its locks away.
    let is_database = ending_of(path).is_some_and(|ending| DATABASES.contains(&&*ending));
    if is_database && is_open(path) {
        return None;
    }
    let mut start = Vec::new();
    File::open(path).and_then(|file| file.take(LOOKED_AT).read_to_end(&mut start)).ok()?;
    let start = start.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&start);
    let name = FORMS.iter().find(|(_, is_it)| is_it(start)).map(|(name, _)| *name)?;
    let is_another = isso::is_it(start) && isso::is_another(path);
    (!is_another).then_some(name)
}

/// True if a program has the database at `path` open, or has ended without closing it.
fn is_open(path: &Path) -> bool {
    WHILE_OPEN.iter().any(|end| {
        let mut name = path.as_os_str().to_owned();
        name.push(end);
        fs::symlink_metadata(name).is_ok()
    })
}

fn ending_of(path: &Path) -> Option<String> {
    Some(path.extension()?.to_str()?.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exports_are_told_by_what_is_in_them() {
        let dir = tempfile::tempdir().unwrap();
        let feed = "<rss version=\"2.0\"><channel><title>N</title></channel></rss>";
        let mut files = Vec::new();
        for (name, text) in [
            ("a.xml", feed),
            ("b.json", "{\"a\": 1}"),
            ("c.jsonl", "{\"record\": \"copydesk\", \"schema\": 1}\n"),
            ("d.db", "SQLite format 3\0"),
            ("d.db-wal", ""),
            ("e.XML", "<urlset/>"),
            ("f.txt", feed),
        ] {
            let path = dir.path().join(name);
            fs::write(&path, text).unwrap();
            files.extend(Some(path).filter(|path| may_be_export(path)));
        }
        assert_eq!(files.len(), 5);
        let mut told = Vec::new();
        tell(&files, &mut |item| {
            if let Item::Skipped { at, reason } = item {
                let name = at.path().file_name().unwrap().to_str().unwrap().to_owned();
                told.push(format!("{name} {reason}"));
            }
            Ok(())
        })
        .unwrap();
        assert_eq!(
            told,
            [
                "a.xml is a feed: name the file to import it",
                "c.jsonl is an export of Copydesk: name the file to import it",
            ]
        );
        let many = vec![dir.path().join("b.json"); FILES_MAX + 2];
        let mut warnings = Vec::new();
        tell(&many, &mut |item| {
            warnings.extend(match item {
                Item::Warning { text, .. } => Some(text),
                _ => None,
            });
            Ok(())
        })
        .unwrap();
        assert!(warnings[0].contains("only 2000 were looked at, and 2 from"), "{warnings:?}");
    }
}
