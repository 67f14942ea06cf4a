//! Imports that do not come to their end, and what dry runs say.

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use copydesk::db::Db;
use copydesk::domain::ids::SystemEntropy;
use copydesk::import::{Reading, Source, run, take};
use indicatif::ProgressBar;

use super::{import, pages, reading, summary};
use crate::support::TestApp;
use crate::support::process::{Server, command};

const FEED: &str = "<rss version=\"2.0\"><channel><title>N</title><link>https://news.example/</link><item><title>Storm</title><guid>1</guid><pubDate>Fri, 09 Jan 2026 18:30:00 +0100</pubDate><description>x</description></item></channel></rss>";

/// A report that tells its import to end once something is written to it: a signal at a known place.
struct Ends(Arc<AtomicBool>);

impl Write for Ends {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.store(true, Ordering::Release);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[actix_web::test]
async fn an_import_that_is_told_to_end_says_how_far_it_is_and_is_gone_on_with() {
    let app = TestApp::new().await;
    let dir = pages(450);
    let news = dir.path().join("news");
    // It is refused: the first line of the report, behind the first batch.
    fs::write(news.join("-.md"), "---\ntitle: T\n---\n").unwrap();
    let is_over = Arc::new(AtomicBool::new(false));
    let reading = Reading { is_over: Some(Arc::clone(&is_over)), ..reading() };
    let (shared, folder) = (app.parts.shared.clone(), news.clone());
    let told = std::thread::spawn(move || {
        let db = Db::new(&shared).unwrap();
        let entropy = Arc::new(SystemEntropy);
        run(&folder, &db, &reading, entropy, &ProgressBar::hidden(), &mut Ends(is_over))
            .unwrap_err()
    });
    let told = told.join().unwrap();
    assert_eq!(told.kind(), io::ErrorKind::Interrupted);
    let told = told.to_string();
    assert!(told.starts_with("told to end: 200 created, 0 updated (200 public, "), "{told}");
    assert_eq!(import(&app, &news).0, summary(250, 0, 200, 0, 1));
}

#[actix_web::test]
async fn what_was_read_before_a_fault_is_imported() {
    let app = TestApp::new().await;
    let dir = tempfile::tempdir().unwrap();
    let other = dir.path().join("b.xml");
    fs::write(dir.path().join("a.xml"), FEED).unwrap();
    fs::write(&other, FEED).unwrap();
    let source = Source::of(dir.path()).unwrap();
    // It cannot be read any more.
    fs::remove_file(&other).unwrap();
    fs::create_dir(&other).unwrap();
    let shared = app.parts.shared.clone();
    let told = std::thread::spawn(move || {
        let db = Db::new(&shared).unwrap();
        let (entropy, mut report) = (Arc::new(SystemEntropy), Vec::new());
        take(&source, &db, &reading(), entropy, &ProgressBar::hidden(), &mut report).unwrap_err()
    });
    let told = told.join().unwrap().to_string();
    assert!(told.contains("b.xml cannot be read to its end ("), "{told}");
    assert!(told.contains("; until then: 1 created, 0 updated (1 public, "), "{told}");
    app.get("/v1/articles/storm").ok().await;
}

/// How much was written to a database in a folder of a dry run.
fn written(base: &Path) -> u64 {
    let folders = fs::read_dir(base).unwrap().flatten();
    let logs = folders.map(|folder| folder.path().join("copydesk.db-wal"));
    logs.filter_map(|log| fs::metadata(log).ok()).map(|found| found.len()).sum()
}

#[test]
fn a_dry_run_that_is_told_to_end_leaves_nothing() {
    /// Bytes of some articles.
    const SOME: u64 = 100_000;
    let (dir, scratch) = (pages(1_500), tempfile::tempdir().unwrap());
    let mut dry = command(dir.path())
        .args(["import", "news", "--dry-run"])
        .env("TMPDIR", scratch.path())
        .env("RUST_LOG", "info")
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    while written(scratch.path()) < SOME && dry.try_wait().unwrap().is_none() {
        std::thread::yield_now();
    }
    Command::new("kill").args(["-TERM", &dry.id().to_string()]).status().unwrap();
    let ended = dry.wait_with_output().unwrap();
    let said = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(143), "{said}");
    assert!(said.contains("told to end: ") && !said.contains("was moved"), "{said}");
    assert!(said.contains("a dry run: copydesk.db is as it was"), "{said}");
    assert_eq!(fs::read_dir(scratch.path()).unwrap().count(), 0);
}

#[test]
fn a_dry_run_beside_a_server_says_what_the_import_will() {
    let dir = pages(1);
    let _server = Server::start(dir.path(), 1, &[("COPYDESK_ADMIN_KEY", "a-key-of-my-own-0123")]);
    let run = |arguments: &[&str]| {
        let output = command(dir.path()).args(arguments).env("RUST_LOG", "info").output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    // Its copy is whole.
    let (code, said) = run(&["import", "news", "--dry-run"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(!said.contains("lacks the newest writes"), "{said}");
    assert_eq!(run(&["export", "news.jsonl"]).0, Some(0));
    for arguments in [&["import", "news.jsonl"][..], &["import", "news.jsonl", "--dry-run"]] {
        assert_eq!(run(arguments).0, Some(10));
    }
}

#[test]
fn a_dry_run_without_room_says_where_it_wants_some() {
    let dir = pages(1);
    let mut dry = command(dir.path());
    let dry = dry.args(["import", "news", "--dry-run"]).env("TMPDIR", dir.path().join("none"));
    let told = String::from_utf8(dry.output().unwrap().stderr).unwrap();
    assert!(told.contains("none cannot hold") && told.contains("TMPDIR"), "{told}");
}
