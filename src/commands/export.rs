//! `copydesk export`: the newsroom as JSON Lines.

use std::error::Error;
use std::ffi::OsString;
use std::fs;
use std::io::{self, BufWriter, Write as _};
use std::path::Path;
use std::process::ExitCode;

use indicatif::{ProgressBar, ProgressStyle};

use super::exit::WrongSetting;
use super::place::Place;
use super::signals::on_ending;
use super::{Ended, failed, open_once, say};
use crate::articles::store as articles;
use crate::articles::term_slug;
use crate::articles::words::TermKind;
use crate::db::{self, Db};
use crate::domain::instant::SystemClock;
use crate::export::{self, Counts, Filters, Part};
use crate::settings::{Cli, Exporting};

/// Standard output in the place of a file.
const STREAM: &str = "-";
/// Sections that are named where one is not known: more do not fit into a sentence.
const SECTIONS_TOLD: i64 = 20;

/// Writes the newsroom in the settings to a file, which is there once it is whole, or to standard output.
pub(super) fn run(cli: &Cli, asked: &Exporting) -> Ended {
    db::assert_sqlite()?;
    let filters = filters(asked)?;
    let is_stream = asked.file == Path::new(STREAM);
    let place = Place::of(cli)?;
    if let Some(database) = place.location.path().filter(|_| !is_stream)
        && db::is_part_of(database, &asked.file)
    {
        let name = asked.file.display();
        let why = "is the newsroom's database, or belongs to it";
        return Err(format!("{name} {why}; give the export another name.").into());
    }
    if !is_stream && let Ok(found) = fs::symlink_metadata(&asked.file) {
        if !found.is_file() {
            let name = asked.file.display();
            return Err(format!("{name} is a link, a folder or a device; name a file.").into());
        }
        if !asked.force {
            return Err(exists(&asked.file).into());
        }
    }
    db::must_exist(&place.location)?;
    let database = open_once(&place)?;
    if let Some(section) = &filters.section {
        must_have_section(&database, section)?;
    }
    if is_stream {
        let mut out = BufWriter::new(io::stdout().lock());
        let now = database.now(&SystemClock);
        let counts = export::export(&database, &filters, now, &mut out, &mut |_| ())?;
        // Standard output is the export.
        eprintln!("copydesk: {counts}");
        warn_of_nothing(&filters, counts);
        return Ok(ExitCode::SUCCESS);
    }
    let counts = to_file(&database, &filters, asked)?;
    say(format_args!("{}: {counts}", asked.file.display()));
    warn_of_nothing(&filters, counts);
    Ok(ExitCode::SUCCESS)
}

/// Refuses a section that no article is in and nobody has named: it is misspelled.
fn must_have_section(database: &Db, section: &str) -> Result<(), Box<dyn Error>> {
    let found = database.read(|conn| {
        if articles::export::has_term(conn, TermKind::Section, section)? {
            return Ok(None);
        }
        let mut next = |after: &str| {
            let kind = TermKind::Section;
            articles::export::select_next_terms(conn, kind, after, SECTIONS_TOLD)
        };
        let (known, last) = next("")?;
        let others = last.map(|last| next(&last)).transpose()?;
        Ok(Some((known, others.is_some_and(|(others, _)| !others.is_empty()))))
    });
    let Some((known, has_others)) = found.map_err(failed)? else {
        return Ok(());
    };
    let known: Vec<String> = known.into_iter().map(|term| format!("`{}`", term.value)).collect();
    let known = match (known.is_empty(), has_others) {
        (true, _) => "it has none".to_owned(),
        (false, false) => format!("there are {}", known.join(", ")),
        (false, true) => format!("there are {} and others", known.join(", ")),
    };
    let why = format!("the newsroom has no section `{section}`; {known}");
    Err(WrongSetting { name: "--section", why }.into())
}

/// Says that the filters have left no article.
fn warn_of_nothing(filters: &Filters, counts: Counts) {
    let is_limited = !filters.has_all_articles() && filters.has(Part::Articles);
    if is_limited && counts.articles == 0 {
        eprintln!("copydesk: warning: no article meets what the export is limited to: it has none");
    }
}

/// What the command line limits an export to.
fn filters(asked: &Exporting) -> Result<Filters, WrongSetting> {
    let wrong = |why: String| WrongSetting { name: "--only", why };
    let part = |word: &String| {
        let known = Part::from_word(word);
        known.ok_or_else(|| wrong(format!("`{word}` is none of {}", Part::WORDS.join(", "))))
    };
    let only = asked.only.iter().map(part).collect::<Result<Vec<Part>, WrongSetting>>()?;
    if only.contains(&Part::Comments) && !only.contains(&Part::Articles) {
        return Err(wrong("comments stand behind their articles: add `articles`".to_owned()));
    }
    let section = match asked.section.as_deref() {
        None => None,
        Some(name) => Some(term_slug(name).ok_or_else(|| WrongSetting {
            name: "--section",
            why: format!("{name:?} is no name of a section"),
        })?),
    };
    let Exporting { published_after, published_before, .. } = *asked;
    let filters = Filters { only, section, published_after, published_before };
    if !filters.has_all_articles() && !filters.has(Part::Articles) {
        let why = "a section or dates limit articles, and there are none: add `articles`";
        return Err(wrong(why.to_owned()));
    }
    Ok(filters)
}

fn exists(file: &Path) -> String {
    format!("{} is there already; give another name, or --force to replace it.", file.display())
}

/// Writes an export beside the file that it is to be, and puts it in its place once it is on the disk. Only its owner may
/// read it: it has what no reader sees.
fn to_file(database: &Db, filters: &Filters, asked: &Exporting) -> io::Result<Counts> {
    let file = &*asked.file;
    let fault = |error: io::Error| {
        io::Error::new(error.kind(), format!("{} cannot be written: {error}.", file.display()))
    };
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or_else(|| Path::new("."));
    let mut prefix: OsString = file.file_name().unwrap_or_default().to_owned();
    prefix.push("-new-");
    let made = tempfile::Builder::new().prefix(&prefix).tempfile_in(folder).map_err(fault)?;
    let unfinished = made.path().to_owned();
    on_ending(move |code| {
        // What is left is a file that nothing reads.
        let _ = fs::remove_file(&unfinished);
        std::process::exit(code.into());
    })?;
    // It is visible only on a terminal.
    let bar = ProgressBar::no_length();
    let style = ProgressStyle::with_template("{spinner} {pos} articles, {msg} comments");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
    let mut progress = |counts: &Counts| {
        bar.set_message(counts.comments.to_string());
        bar.set_position(counts.articles);
    };
    let mut out = BufWriter::new(made.as_file());
    let now = database.now(&SystemClock);
    let counts = export::export(database, filters, now, &mut out, &mut progress)?;
    out.flush().map_err(fault)?;
    drop(out);
    bar.finish_and_clear();
    made.as_file().sync_all().map_err(fault)?;
    let placed = match asked.force {
        true => made.persist(file),
        false => made.persist_noclobber(file),
    };
    placed.map_err(|failed| match failed.error.kind() {
        io::ErrorKind::AlreadyExists => io::Error::new(failed.error.kind(), exists(file)),
        _ => fault(failed.error),
    })?;
    Ok(counts)
}
