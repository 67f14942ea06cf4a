//! Sources: which form a file or folder has. It is told by content, never by the name of a file.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::os::unix::fs::FileTypeExt as _;
use std::path::{Path, PathBuf};

use super::item::{At, Item, Options, Sink};
use super::{disqus, feed, ghost, isso, ninjs, remark42, site, wordpress};
use crate::db::isso::is_newsroom;
use crate::export;

/// How much of a file is looked at, in bytes: headers with comments and styles are before it.
const LOOKED_AT: u64 = 64 * 1024;
/// The same of what is in memory.
const LOOKED_AT_OF_FEED: usize = 64 * 1024;

/// A form of files.
#[derive(Clone, Copy, Debug)]
struct Form {
    /// What such a file is.
    name: &'static str,
    is_it: fn(&[u8]) -> bool,
    /// Tells, where its start does not, that a file of a folder is of no such form.
    is_another: Option<fn(&Path) -> bool>,
    read: fn(&Path, &Options, &mut Sink<'_>) -> io::Result<()>,
}

/// The forms, in the order in which they are tried.
const FORMS: [Form; 7] = [
    Form {
        name: "a database of Isso",
        is_it: isso::is_it,
        is_another: Some(isso::is_another),
        read: isso::read,
    },
    Form {
        name: "an export of WordPress",
        is_it: wordpress::is_it,
        is_another: None,
        read: wordpress::read,
    },
    Form {
        name: "an export of Disqus",
        is_it: disqus::is_it,
        is_another: None,
        read: disqus::read,
    },
    Form { name: "an export of Ghost", is_it: ghost::is_it, is_another: None, read: ghost::read },
    Form {
        name: "a backup of Remark42",
        is_it: remark42::is_it,
        is_another: None,
        read: remark42::read,
    },
    Form { name: "a file of ninjs", is_it: ninjs::is_it, is_another: None, read: ninjs::read },
    Form { name: "a feed", is_it: feed::is_it, is_another: None, read: feed::read },
];

/// The first bytes of packed files, and what has packed them.
const PACKED: [(&[u8], &str); 6] = [
    (b"\x1f\x8b", "gzip"),
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\0", "xz"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
];
/// What declares an entity in XML: what it stands for can be a file of this machine, or endless.
const ENTITY: &[u8] = b"<!ENTITY";
/// Standard input in the place of a file.
const STREAM: &str = "-";

/// What SQLite appends to the name of a database for the files beside it: they are part of that.
const OF_SQLITE: [&str; 3] = ["-journal", "-shm", "-wal"];

/// Something to import.
#[derive(Debug)]
pub struct Source(Kind);

#[derive(Debug)]
enum Kind {
    /// The pages of a site, or one of them, and what else is in its folder.
    Site(PathBuf, Vec<Beside>),
    /// Files, each of its own form, and what else is in their folder.
    Files(Vec<(PathBuf, Form)>, Vec<Beside>),
    /// A feed that was fetched, and its URL.
    Feed(String, Vec<u8>),
    /// An export of Copydesk: a newsroom as it was, not items for one.
    Export(PathBuf),
}

/// A file or folder that is not taken.
#[derive(Debug)]
struct Beside {
    path: PathBuf,
    /// Why, and what to do.
    reason: String,
    /// True if it may be one to import.
    is_refused: bool,
    /// True if it can be imported once something is done with it.
    is_near: bool,
}

impl Beside {
    fn skipped(path: PathBuf, reason: impl Into<String>) -> Self {
        Self { path, reason: reason.into(), is_refused: false, is_near: false }
    }

    fn item(&self) -> Item {
        let (at, reason) = (At::file(&self.path), self.reason.clone());
        match self.is_refused {
            true => Item::Refused { at, reason },
            false => Item::Skipped { at, reason },
        }
    }
}

/// What is in a folder, but for what is hidden.
#[derive(Default)]
struct Folder {
    files: Vec<(PathBuf, Form)>,
    beside: Vec<Beside>,
    /// Exports of Copydesk.
    exports: Vec<PathBuf>,
}

impl Folder {
    fn of(path: &Path) -> io::Result<Self> {
        let mut paths = Vec::new();
        for entry in fs::read_dir(path)? {
            paths.push(entry?.path());
        }
        paths.sort_unstable();
        let mut folder = Self::default();
        paths.into_iter().for_each(|path| folder.add(path));
        Ok(folder)
    }

    fn add(&mut self, path: PathBuf) {
        let name = path.file_name().unwrap_or_default().as_encoded_bytes();
        let is_hidden = name.starts_with(b".");
        if is_hidden || OF_SQLITE.iter().any(|end| name.ends_with(end.as_bytes())) {
            return;
        }
        if path.is_dir() {
            self.beside.push(Beside::skipped(path, "is a folder: name it to import it"));
            return;
        }
        if !path.is_file() {
            self.beside.push(Beside::skipped(path, "is no regular file"));
            return;
        }
        let start = match start_of(&path) {
            Ok(start) => start,
            Err(error) => {
                let reason = format!("cannot be read: {error}");
                self.beside.push(Beside { path, reason, is_refused: true, is_near: false });
                return;
            }
        };
        if export::is_it(&start) {
            self.exports.push(path.clone());
            let reason = "is an export of Copydesk: name the file to import it";
            self.beside.push(Beside::skipped(path, reason));
            return;
        }
        let form = form_of(&start);
        let form = form.filter(|form| !form.is_another.is_some_and(|is| is(&path)));
        match (form, why_not(&start)) {
            (Some(form), _) => self.files.push((path, form)),
            (None, Some(reason)) => {
                self.beside.push(Beside { path, reason, is_refused: false, is_near: true });
            }
            (None, None) => self.beside.push(Beside::skipped(path, "is of no known form")),
        }
    }

    /// What is told of it where it is the folder of a site: the exports, which may have been meant.
    fn beside_pages(self) -> Vec<Beside> {
        let of_export = |beside: &Beside| self.exports.contains(&beside.path);
        let mut told: Vec<Beside> = self.beside.into_iter().filter(of_export).collect();
        let others = self.files.into_iter().filter(|(path, _)| !site::is_it(path));
        told.extend(others.map(|(path, form)| {
            Beside::skipped(path, format!("is {}: name the file to import it", form.name))
        }));
        told
    }
}

impl Source {
    /// The source at `path`.
    ///
    /// # Errors
    /// If it cannot be read, or nothing in it can be imported.
    pub fn of(path: &Path) -> io::Result<Self> {
        let unread = |error: io::Error| {
            let text =
                format!("{} cannot be read ({error}); name a file or a folder.", path.display());
            io::Error::new(error.kind(), text)
        };
        if let Some(what) = stream(path) {
            let text = format!(
                "{} is {what}: write what comes from it to a file, and import that; an import reads it more than once.",
                path.display()
            );
            return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
        }
        if site::is_it(path) {
            // A folder that cannot be read is told of when its pages are.
            let folder = if path.is_dir() { Folder::of(path).ok() } else { None };
            let beside = folder.map(Folder::beside_pages).unwrap_or_default();
            return Ok(Self(Kind::Site(path.to_owned(), beside)));
        }
        if !fs::metadata(path).map_err(unread)?.is_dir() {
            let start = start_of(path).map_err(unread)?;
            if export::is_it(&start) {
                return Ok(Self(Kind::Export(path.to_owned())));
            }
            let form = form_of(&start).ok_or_else(|| match why_not(&start) {
                Some(reason) => not_as_it_is(path, &reason),
                None => unknown(path),
            })?;
            return Ok(Self(Kind::Files(vec![(path.to_owned(), form)], Vec::new())));
        }
        let Folder { files, beside, exports } = Folder::of(path).map_err(unread)?;
        match (files.is_empty(), exports.first()) {
            (false, _) => Ok(Self(Kind::Files(files, beside))),
            (true, Some(export)) => {
                let text = format!(
                    "{} is an export of Copydesk, and a whole newsroom: name the file to import it.",
                    export.display()
                );
                Err(io::Error::new(io::ErrorKind::InvalidInput, text))
            }
            (true, None) => Err(match beside.iter().find(|beside| beside.is_near) {
                Some(Beside { path, reason, .. }) => not_as_it_is(path, reason),
                None => unknown(path),
            }),
        }
    }

    /// The feed that was fetched from `url`.
    ///
    /// # Errors
    /// If it is none.
    pub fn fetched(url: &str, bytes: Vec<u8>) -> io::Result<Self> {
        let start = &bytes[..bytes.len().min(LOOKED_AT_OF_FEED)];
        match feed::is_it(without_mark(start)) {
            true => Ok(Self(Kind::Feed(url.to_owned(), bytes))),
            false => {
                let name = match export::is_it(start) {
                    true => Some("an export of Copydesk"),
                    false => form_of(start).map(|form| form.name),
                };
                let named = name.map(|name| format!("is {name}"));
                let text = match named.or_else(|| why_not(start)) {
                    Some(what) => {
                        format!("{url} is no feed: it {what}; download it, and import the file.")
                    }
                    None => format!("{url} is no feed: neither RSS nor Atom nor JSON Feed."),
                };
                Err(io::Error::new(io::ErrorKind::InvalidData, text))
            }
        }
    }

    /// The file, if it is an export of Copydesk.
    #[must_use]
    pub fn export(&self) -> Option<&Path> {
        match &self.0 {
            Kind::Export(path) => Some(path),
            _ => None,
        }
    }

    /// Reads it all.
    ///
    /// # Errors
    /// If it cannot be read, or what the sink gives.
    pub(super) fn read(&self, options: &Options, sink: &mut Sink<'_>) -> io::Result<()> {
        match &self.0 {
            // It is read by `export::restore`, which takes no options.
            Kind::Export(_) => Ok(()),
            Kind::Site(path, beside) => {
                beside.iter().try_for_each(|beside| sink(beside.item()))?;
                site::read(path, options, sink)
            }
            Kind::Feed(url, bytes) => {
                feed::read_bytes(bytes, Some(url), &At::file(url), options, sink)
            }
            Kind::Files(files, beside) => {
                beside.iter().try_for_each(|beside| sink(beside.item()))?;
                for (path, form) in files {
                    // It is not opened: where a process has a database open, closing that file takes its locks away.
                    if let Err(error) = fs::metadata(path) {
                        let reason = format!("cannot be read: {error}");
                        sink(Item::Refused { at: At::file(path), reason })?;
                        continue;
                    }
                    let mut is_sinks = false;
                    let mut passing = |item: Item| sink(item).inspect_err(|_| is_sinks = true);
                    let read = (form.read)(path, options, &mut passing);
                    read.map_err(|error| if is_sinks { error } else { cut_short(path, &error) })?;
                }
                Ok(())
            }
        }
    }
}

fn unknown(path: &Path) -> io::Error {
    let text = format!(
        "there is nothing at {} that can be imported: a folder of Markdown files, or an export of WordPress (WXR), Ghost, Isso, Remark42 or Disqus, a feed, ninjs, or an export of Copydesk.",
        path.display()
    );
    io::Error::new(io::ErrorKind::InvalidInput, text)
}

/// A file that cannot be read from some place on.
fn cut_short(path: &Path, error: &io::Error) -> io::Error {
    let text = format!("{} cannot be read to its end ({error})", path.display());
    io::Error::new(error.kind(), text)
}

/// A file that is of a form once something is done with it.
fn not_as_it_is(path: &Path, reason: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, format!("{} {reason}.", path.display()))
}

/// What is at `path` if it can be read only once, or is nothing to read.
fn stream(path: &Path) -> Option<&'static str> {
    if path == Path::new(STREAM) {
        return Some("standard input");
    }
    // What cannot be looked at is told of where it is read.
    let found = fs::metadata(path).ok()?;
    match () {
        () if found.is_file() || found.is_dir() => None,
        () if found.file_type().is_fifo() => Some("a pipe"),
        () => Some("a device or a socket"),
    }
}

/// Why a file of no form is none, and what to do with it, if its start says so.
fn why_not(start: &[u8]) -> Option<String> {
    if start.is_empty() {
        return Some("is empty".to_owned());
    }
    if let Some((_, by)) = PACKED.iter().find(|(magic, _)| start.starts_with(magic)) {
        return Some(format!("is packed ({by}): unpack it first"));
    }
    if is_newsroom(start) {
        let reason = "is a database of Copydesk: make an export of it with `copydesk export` and import that, or copy it whole with `copydesk copy`";
        return Some(reason.to_owned());
    }
    let text = without_mark(start);
    let is_xml = text.trim_ascii_start().starts_with(b"<");
    let declares = text.windows(ENTITY.len()).any(|part| part == ENTITY);
    (is_xml && declares).then(|| {
        "is XML that declares entities (<!ENTITY), which no export has: take the declarations out"
            .to_owned()
    })
}

fn start_of(path: &Path) -> io::Result<Vec<u8>> {
    let mut start = Vec::new();
    File::open(path)?.take(LOOKED_AT).read_to_end(&mut start)?;
    Ok(start)
}

fn form_of(start: &[u8]) -> Option<Form> {
    FORMS.into_iter().find(|form| (form.is_it)(without_mark(start)))
}

/// A byte order mark says nothing of the form.
fn without_mark(start: &[u8]) -> &[u8] {
    start.strip_prefix("\u{feff}".as_bytes()).unwrap_or(start)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::item::Expiry;

    const FEED: &str = "<rss version=\"2.0\"><channel><title>N</title></channel></rss>";
    const EXPORT: &str = "{\"record\": \"copydesk\", \"schema\": 1}\n";

    /// What is told of the files in `dir` by their names.
    fn told(dir: &Path) -> Vec<String> {
        let options = Options { expiry: Expiry::Kept };
        let mut lines = Vec::new();
        let source = Source::of(dir).unwrap();
        source
            .read(&options, &mut |item| {
                if let Item::Skipped { at, reason } = item {
                    let name = at.path().file_name().unwrap().to_str().unwrap().to_owned();
                    lines.push(format!("{name}: {reason}"));
                }
                Ok(())
            })
            .unwrap();
        lines
    }

    #[test]
    fn what_is_not_taken_of_a_folder_is_told_of_once() {
        let dir = tempfile::tempdir().unwrap();
        let mut ours = b"SQLite format 3\0".to_vec();
        ours.resize(68, 0);
        ours.extend(0x4344_534b_u32.to_be_bytes());
        fs::write(dir.path().join("copydesk.db"), ours).unwrap();
        for (name, text) in [
            ("a.xml", FEED),
            ("b.txt", "Some text."),
            (".hidden", "x"),
            ("copydesk.db-wal", "x"),
            ("d.jsonl", EXPORT),
        ] {
            fs::write(dir.path().join(name), text).unwrap();
        }
        fs::create_dir(dir.path().join("more")).unwrap();
        assert_eq!(
            told(dir.path()),
            [
                "b.txt: is of no known form",
                "copydesk.db: is a database of Copydesk: make an export of it with `copydesk export` and import that, or copy it whole with `copydesk copy`",
                "d.jsonl: is an export of Copydesk: name the file to import it",
                "more: is a folder: name it to import it",
            ]
        );
        let page = "---\ntitle: T\ndate: 2020-01-01\n---\n";
        fs::write(dir.path().join("more/page.md"), page).unwrap();
        assert_eq!(
            told(dir.path()),
            [
                "d.jsonl: is an export of Copydesk: name the file to import it",
                "a.xml: is a feed: name the file to import it",
            ]
        );
    }

    #[test]
    fn what_cannot_be_read_as_it_is_says_what_to_do() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        for (bytes, want) in [
            (&b""[..], "is empty"),
            (b"\x1f\x8b\x08\0", "is packed (gzip): unpack it first"),
            (b"PK\x03\x04", "is packed (zip): unpack it first"),
            (b"<?xml version=\"1.0\"?>\n<!DOCTYPE a [<!ENTITY b \"c\">]><a/>", "declares entities"),
        ] {
            fs::write(&path, bytes).unwrap();
            // By its name, in its folder, and at a URL.
            let fetched = Source::fetched("https://x.example/", bytes.to_vec());
            for told in [Source::of(&path), Source::of(dir.path()), fetched] {
                let told = told.unwrap_err().to_string();
                assert!(told.contains(want), "{told}");
            }
        }
        let site = "<rss xmlns:wp=\"http://wordpress.org/export/1.2/\"><channel></channel></rss>";
        for (bytes, want) in
            [(site, "it is an export of WordPress"), (EXPORT, "it is an export of Copydesk")]
        {
            let told = Source::fetched("https://x.example/", bytes.into()).unwrap_err().to_string();
            assert!(told.contains(&format!("{want}; download it, and import the file.")), "{told}");
        }
    }

    #[test]
    fn what_can_be_read_once_is_refused_before_it_is_read() {
        let told = Source::of(Path::new("-")).unwrap_err().to_string();
        assert!(told.starts_with("- is standard input: write"), "{told}");
        let told = Source::of(Path::new("/dev/null")).unwrap_err().to_string();
        assert!(told.contains("is a device or a socket"), "{told}");
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("pipe.md");
        let is_made = std::process::Command::new("mkfifo").arg(&path).status().unwrap();
        assert!(is_made.success());
        let told = Source::of(&path).unwrap_err().to_string();
        assert!(told.contains("pipe.md is a pipe: write"), "{told}");
    }

    #[test]
    fn a_folder_with_an_export_of_copydesk_alone_says_what_to_name() {
        let dir = tempfile::tempdir().unwrap();
        let of = || Source::of(dir.path()).unwrap_err().to_string();
        assert!(of().starts_with("there is nothing at"), "{}", of());
        let path = dir.path().join("news.jsonl");
        fs::write(&path, EXPORT).unwrap();
        assert!(of().starts_with(&format!("{} is an export of Copydesk", path.display())));
        assert!(Source::of(&path).unwrap().export().is_some());
    }
}
