//! An export that is read back: all of it or nothing, and as safe as it was.

use std::collections::BTreeSet;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::Output;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use copydesk::commands::exit;
use copydesk::db::{Conn, Db, Location, Reason, Run as _, UNFINISHED};
use copydesk::domain::instant::{Clock as _, Instant};
use copydesk::domain::markup::Renderer;
use copydesk::export::{self, Restoring};
use serde_json::{Value, json};

use super::{all, as_text, count, empty_like, lines, newsroom, restored, restored_while};
use crate::support::TestApp;
use crate::support::app::Setup;
use crate::support::database::{connect, fresh, url_of};
use crate::support::make::{path_of, text};
use crate::support::process::{Server, command};

#[actix_web::test]
async fn a_file_that_is_not_whole_or_not_understood_changes_nothing() {
    let room = newsroom().await;
    let good = all(&room.app);
    let other = empty_like(&room.app).await;
    let without = |record: &str, nth: usize| {
        let is_it = |line: &&str| line.starts_with(&format!("{{\"record\":\"{record}\""));
        let gone = good.lines().filter(is_it).nth(nth).unwrap();
        good.replacen(&format!("{gone}\n"), "", 1)
    };
    let ahead = Instant::from_micros(other.clock.now().as_micros() + 3_600_000_000).to_string();
    let newest = good.lines().filter_map(|line| line.split("\"at\":\"").nth(1));
    let newest = newest.map(|rest| &rest[..27]).max().unwrap();
    let cases = [
        (good.replace("{\"record\":\"end\"", "{\"record\":\"the_end\""), "unknown variant"),
        (without("end", 0), "its last line is missing"),
        (good[..good.floor_char_boundary(good.len() / 2)].to_owned(), "x:"),
        (without("comment", 3), "lines are missing"),
        (without("comment", 0), "which it replies to, does not stand before it"),
        (without("revision", 0), "a revision is missing"),
        (without("history", 2), "is missing in the history"),
        (without("disclaimer_version", 0), "version 1 of the disclaimer"),
        (without("disclaimer", 0), "does not stand behind the disclaimer"),
        (without("article", 0), "does not stand behind the article"),
        (good.replace("\"schema\":1", "\"schema\":2"), "version 2 of the schema"),
        (good.replace("\"access\":\"restricted\"", "\"access\":\"members\""), "unknown variant"),
        (good.replace("\"embargo_until\"", "\"embargo_til\""), "unknown field `embargo_til`"),
        (good.replace("https://example.com/a.jpg", "javascript:alert(1)"), "image/url"),
        (good.replace("\"authority\":\"A court\",", ""), "`authority` of its `removal` is missing"),
        (good.replace(newest, &ahead), "set the clock"),
        (format!("{good}{{\"record\":\"end\"}}\n"), "missing field"),
        ("{\"title\":\"A\"}\n".to_owned(), "no export of Copydesk"),
    ];
    for (text, want) in cases {
        assert_ne!(text, good, "{want}");
        let told = restored(&other, &text).unwrap_err();
        assert!(told.contains(want), "{want} in {told}");
        assert!(told.contains("nothing is imported"), "{told}");
        assert_eq!(count(&all(&other), "article"), 0, "{want}");
        assert_eq!(count(&all(&other), "disclaimer"), 0, "{want}");
    }
    restored(&other, &good).unwrap();
    let told = restored(&other, &good).unwrap_err();
    assert!(told.contains("has content already"), "{told}");
    assert_eq!(all(&other), good);
}

#[actix_web::test]
async fn what_cannot_be_written_whole_is_taken_out_again() {
    let room = newsroom().await;
    let (other, empty) = (empty_like(&room.app).await, all(&empty_like(&room.app).await));
    // More than one unit writes, before all that is in the newsroom.
    let good = with_articles_before(&all(&room.app), 400);
    // Two articles with one comment: only the database sees it.
    let comments: Vec<Value> =
        lines(&good).into_iter().filter(|line| line["record"] == "comment").collect();
    let (one, two) = (&comments[0], comments.last().unwrap());
    assert_ne!(one["article"], two["article"]);
    let bad = good.replace(text(&two["id"]), text(&one["id"]));
    let told = restored(&other, &bad).unwrap_err();
    assert!(told.contains("is taken out again"), "{told}");
    let line = bad.lines().position(|line| line.contains(text(&two["body"]))).unwrap() + 1;
    assert!(told.contains(&format!("x:{line}: ")), "{line} in {told}");
    assert_eq!(all(&other), empty);
    restored(&other, &good).unwrap();
    assert_eq!(count(&all(&other), "article"), count(&good, "article"));
}

#[actix_web::test]
async fn a_key_that_changed_hands_while_the_export_was_made_is_read_back() {
    let (a, b) = ("0192d5a0-0000-7000-8000-00000000000a", "0192d5a0-0000-7000-8000-00000000000b");
    let at = "2024-01-01T00:00:00Z";
    let notice = |id: &str, number: u32, version: u32| {
        json!({"record": "disclaimer", "number": number, "id": id, "version": version,
            "created_at": at, "updated_at": at})
    };
    let version = |id: &str, version: u32, key: &str| {
        json!({"record": "disclaimer_version", "disclaimer": id, "version": version, "created_at": at,
            "key": key, "title": "T", "body": "B", "body_format": "text", "body_html": "<p>B</p>",
            "kind": "legal", "placement": "after", "priority": 0, "text_mode": "pinned"})
    };
    let file = |more: &[Value]| {
        let mut lines = vec![
            json!({"record": "copydesk", "schema": 1}),
            json!({"record": "languages",
                "languages": [{"since": "1970-01-01T00:00:00Z", "language": "en"}]}),
            notice(a, 1, 1),
            version(a, 1, "wire"),
            notice(b, 2, 1),
            version(b, 1, "wire"),
        ];
        lines.extend(more.iter().cloned());
        let versions = lines.iter().filter(|line| line["record"] == "disclaimer_version").count();
        lines.push(json!({"record": "end", "articles": 0, "revisions": 0, "comments": 0,
            "disclaimer_versions": versions, "terms": 0, "keys": 0}));
        as_text(&lines)
    };
    let keys = async |app: &TestApp| {
        let key = async |id: &str| {
            let found = app.key().get(format!("/v1/disclaimers/{id}")).ok().await;
            text(&found["key"]).to_owned()
        };
        [key(a).await, key(b).await]
    };
    let app = TestApp::new().await;
    let report = restored(&app, &file(&[notice(a, 1, 2), version(a, 2, "agency")])).unwrap();
    assert!(!report.contains("warning"), "{report}");
    assert_eq!(keys(&app).await, ["agency", "wire"]);
    // It was deleted in between: its text is not lost.
    let app = TestApp::new().await;
    let report = restored(&app, &file(&[])).unwrap();
    assert!(report.contains("it has the key wire-1 here"), "{report}");
    assert_eq!(keys(&app).await, ["wire-1", "wire"]);
    let other = empty_like(&app).await;
    restored(&other, &all(&app)).unwrap();
    assert_eq!(all(&other), all(&app));
    // Its number was given anew.
    let c = "0192d5a0-0000-7000-8000-00000000000c";
    let app = TestApp::new().await;
    let report = restored(&app, &file(&[notice(c, 2, 1), version(c, 1, "desk")])).unwrap();
    assert!(report.contains(&format!("the disclaimer {b} was deleted")), "{report}");
    let bad = file(&[]).replace("\"priority\":0", "\"priority\":0,\"applies_to\":{\"all\":true,\"sources\":[],\"sections\":[],\"tags\":[],\"languages\":[],\"authors\":[\"A\"]}");
    let told = restored(&TestApp::new().await, &bad).unwrap_err();
    assert!(told.contains("unknown field `authors`"), "{told}");
}

/// Whether it has written something yet or not.
#[actix_web::test]
async fn an_import_that_is_told_to_end_leaves_nothing() {
    let room = newsroom().await;
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), all(&room.app)).unwrap();
    let other = empty_like(&room.app).await;
    let empty = all(&other);
    let (shared, clock) = (other.parts.shared.clone(), other.clock.clone());
    let told = std::thread::spawn(move || {
        let (renderer, is_over) = (Renderer::default(), AtomicBool::new(true));
        let with = Restoring { renderer: &renderer, clock: clock.as_ref(), is_over: &is_over };
        let db = Db::new(&shared).unwrap();
        export::restore(file.path(), &db, with, &mut Vec::<u8>::new(), &mut |_| ()).unwrap_err()
    });
    let told = told.join().unwrap().to_string();
    assert!(told.contains("told to end; nothing is imported"), "{told}");
    assert_eq!(all(&other), empty);
    let long = with_articles_before(&all(&room.app), 400);
    let told = restored_while(&other, &long, |is_over| is_over.store(true, Ordering::Relaxed))
        .unwrap_err();
    assert!(told.contains("told to end; what was imported of it is taken out again"), "{told}");
    assert_eq!(all(&other), empty);
    restored(&other, &long).unwrap();
}

/// An export with some plain articles before those that it has, whose numbers follow.
fn with_articles_before(export: &str, count: u64) -> String {
    let mut lines = lines(export);
    for line in &mut lines {
        let number = line["number"].as_u64().filter(|_| line["record"] == "article");
        if let Some(number) = number {
            line["number"] = json!(number + count);
        }
    }
    let at = "2024-01-01T00:00:00.000000Z";
    let some = (1..=count).flat_map(|number| {
        let id = format!("0192d5a0-0000-7000-9000-{number:012}");
        [
            json!({"record": "article", "number": number, "id": id, "version": 1, "created_at": at,
                "content": {"slug": format!("plain-{number}"), "state": "draft", "access": "public",
                "updated_at": at, "title": "Plain", "body_format": "text", "language": "en",
                "comments_policy": "open"}, "body": "Text", "body_html": "<p>Text</p>"}),
            json!({"record": "history", "article": id, "version": 1, "at": at, "event": "created",
                "actor": "admin"}),
        ]
    });
    let first = lines.iter().position(|line| line["record"] == "article").unwrap();
    lines.splice(first..first, some.collect::<Vec<_>>());
    let end = lines.last_mut().unwrap();
    end["articles"] = json!(end["articles"].as_u64().unwrap() + count);
    as_text(&lines)
}

#[actix_web::test]
async fn html_that_somebody_has_changed_is_sanitised() {
    let app = TestApp::new().await;
    let article = app.article_of(json!({"title": "A", "state": "published", "body": "Text"})).await;
    let bad = all(&app).replace(
        "\"body_html\":\"<p>Text</p>",
        "\"body_html\":\"<p>Text</p><script>alert(1)</script>",
    );
    let other = empty_like(&app).await;
    let report = restored(&other, &bad).unwrap();
    assert!(report.contains("the HTML of 1 texts"), "{report}");
    let shown = other.get(path_of(&article)).ok().await;
    assert_eq!(text(&shown["body_html"]).trim(), "<p>Text</p>");
}

/// What somebody else writes in the middle of it stays, and takes no number of what is still to come.
#[actix_web::test]
async fn what_others_write_meanwhile_stays() {
    let long = with_articles_before(&all(&newsroom().await.app), 400);
    let app = TestApp::new().await;
    app.clock.advance(3_600_000_000);
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("page.md"), "---\ntitle: A\ndate: 2020-01-01\n---\nB.\n").unwrap();
    let (url, location) = (url_of(&app.location), app.location.clone());
    let (path, calls) = (folder.path().to_owned(), AtomicUsize::new(0));
    let report = restored_while(&app, &long, move |_| {
        if calls.fetch_add(1, Ordering::Relaxed) > 0 {
            return;
        }
        let mut import = command(Path::new(&path));
        let done = import.env("DATABASE_URL", &url).args(["import", "page.md"]).output().unwrap();
        assert!(String::from_utf8_lossy(&done.stderr).contains(UNFINISHED), "{done:?}");
        let other = Setup { location: Some(location.clone()), ..Setup::default() };
        actix_web::rt::System::new().block_on(async {
            let other = TestApp::with(other).await;
            // At another time, so that its ids are others.
            other.clock.advance(7_200_000_000);
            other.article("Meanwhile").await;
        });
    });
    assert!(!report.unwrap().contains("warning"));
    let meanwhile = app.get("/v1/articles/meanwhile").ok().await;
    let mut want = articles_of(&long);
    want.insert(text(&meanwhile["id"]).to_owned());
    let left = all(&app);
    assert_eq!(articles_of(&left), want);
    for record in ["revision", "comment", "disclaimer_version"] {
        assert_eq!(count(&left, record), count(&long, record), "{record}");
    }
    let order = |export: &str| {
        let lines = lines(export).into_iter().filter(|line| line["record"] == "article");
        let ids = lines.map(|line| text(&line["id"]).to_owned());
        ids.filter(|id| *id != text(&meanwhile["id"])).collect::<Vec<_>>()
    };
    assert_eq!(order(&left), order(&long));
    app.clock.advance(7_200_000_000);
    app.article("Newer").await;
}

/// The ids of the articles of an export.
fn articles_of(export: &str) -> BTreeSet<String> {
    let lines = lines(export).into_iter().filter(|line| line["record"] == "article");
    lines.map(|line| text(&line["id"]).to_owned()).collect()
}

/// Runs the program on a database.
fn run(location: &Location, folder: &Path, arguments: &[&str]) -> Output {
    command(folder).env("DATABASE_URL", url_of(location)).args(arguments).output().unwrap()
}

fn number_of(conn: &mut Conn, table: &str) -> i64 {
    #[derive(diesel::QueryableByName)]
    struct Number {
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        n: i64,
    }
    let sql = format!("select count(*) as n from {table}");
    diesel::sql_query(sql).get_result::<Number>(conn).unwrap().n
}

#[actix_web::test]
async fn an_import_that_was_killed_is_begun_anew() {
    let room = newsroom().await;
    let long = with_articles_before(&all(&room.app), 900);
    let whole = empty_like(&room.app).await;
    restored(&whole, &long).unwrap();
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("news.jsonl"), &long).unwrap();
    let (location, _kept) = fresh();
    let mut import = command(folder.path())
        .env("DATABASE_URL", url_of(&location))
        .args(["import", "news.jsonl"])
        .spawn()
        .unwrap();
    let mut conn = connect(&location);
    if let Conn::Sqlite(_) = conn {
        conn.batch_execute("pragma busy_timeout = 5000").unwrap();
    }
    while number_of(&mut conn, "articles") == 0 && import.try_wait().unwrap().is_none() {
        std::thread::yield_now();
    }
    import.kill().unwrap();
    import.wait().unwrap();
    assert_eq!(number_of(&mut conn, "unfinished_imports"), 1, "it was killed on its way");
    drop(conn);
    let damaged = Some(i32::from(exit::of(Reason::Damaged).code));
    for arguments in [&["check"][..], &["check", "--fix"], &["--listen", "127.0.0.1:0"]] {
        let refused = run(&location, folder.path(), arguments);
        assert_eq!(refused.status.code(), damaged, "{arguments:?}: {refused:?}");
        let told = [refused.stdout, refused.stderr].concat();
        let told = String::from_utf8(told).unwrap();
        assert!(told.contains("an import was killed here"), "{arguments:?}: {told}");
        assert!(told.contains("import the export again"), "{arguments:?}: {told}");
        assert!(!told.contains("backup"), "{arguments:?}: {told}");
    }
    let again = run(&location, folder.path(), &["import", "news.jsonl"]);
    let told = String::from_utf8_lossy(&again.stderr).into_owned();
    assert!(again.status.success() && told.contains("had written is taken out"), "{again:?}");
    let exported = run(&location, folder.path(), &["export", "-"]);
    assert!(String::from_utf8(exported.stdout).unwrap() == all(&whole));
    assert!(run(&location, folder.path(), &["check"]).status.success());
}

/// An export with keys behind those that it has.
fn with_keys_behind(export: &str, count: u64) -> String {
    let mut lines = lines(export);
    let mut end = lines.pop().unwrap();
    end["keys"] = json!(end["keys"].as_u64().unwrap() + count);
    lines.extend((1..=count).map(|number| {
        json!({"record": "key", "id": format!("0192d5a0-0000-7000-a000-{number:012}"),
            "name": format!("Key {number}"), "scopes": [], "created_at": "2024-01-01T00:00:00Z"})
    }));
    lines.push(end);
    as_text(&lines)
}

/// Reads an export back, and dies after so many units without a word to the database, as if it was killed.
fn killed_after(app: &TestApp, export: &str, units: usize) {
    let mut left = units;
    let dies = move |_: &AtomicBool| {
        left -= 1;
        assert!(left > 0, "killed, as the test wants it");
    };
    assert!(catch_unwind(AssertUnwindSafe(|| restored_while(app, export, dies))).is_err());
}

#[actix_web::test]
async fn wherever_an_import_was_killed_nothing_is_left_of_it() {
    let room = newsroom().await;
    let long = with_keys_behind(&with_articles_before(&all(&room.app), 260), 1_100);
    let whole = empty_like(&room.app).await;
    let units = Arc::new(AtomicUsize::new(0));
    let counting = Arc::clone(&units);
    restored_while(&whole, &long, move |_| {
        counting.fetch_add(1, Ordering::Relaxed);
    })
    .unwrap();
    let (units, want) = (units.load(Ordering::Relaxed), lines(&all(&whole)));
    let others = |mut lines: Vec<Value>| -> Vec<Value> {
        // The last line counts the keys.
        lines.retain(|line| line["record"] != "key" && line["record"] != "end");
        lines
    };
    let keys = |lines: &[Value]| -> BTreeSet<String> {
        let keys = lines.iter().filter(|line| line["record"] == "key");
        keys.map(|line| text(&line["id"]).to_owned()).collect()
    };
    for after in [1, units] {
        let app = empty_like(&room.app).await;
        let own = app.key_with(&["drafts:read"]).await;
        let before = keys(&lines(&all(&app)));
        killed_after(&app, &long, after);
        // Of another export, nothing of the first is left.
        let short = all(&room.app);
        let report = restored(&app, &short).unwrap();
        assert!(report.contains("an import of an export was killed here"), "{report}");
        assert_eq!(others(lines(&all(&app))), others(lines(&short)), "{after}");
        assert_eq!(keys(&lines(&all(&app))), before, "{after}");
        app.as_key(&own).get("/v1/articles").ok().await;
        // Nor is anything of the same there twice.
        let app = empty_like(&room.app).await;
        killed_after(&app, &long, after);
        killed_after(&app, &long, 1);
        restored(&app, &long).unwrap();
        assert_eq!(lines(&all(&app)), want, "{after}");
    }
}

/// An import that another has taken for killed leaves all to that one.
#[actix_web::test]
async fn an_import_that_another_has_taken_up_ends() {
    let room = newsroom().await;
    let long = with_articles_before(&all(&room.app), 400);
    let app = empty_like(&room.app).await;
    let location = app.location.clone();
    let told = restored_while(&app, &long, move |_| {
        connect(&location).batch_execute("update unfinished_imports set taken_at = 1").unwrap();
    });
    let told = told.unwrap_err();
    assert!(told.contains("another import of an export has begun here; that one"), "{told}");
    assert!(app.count("select count(*) as n from articles") > 0);
    restored(&app, &long).unwrap();
    assert_eq!(articles_of(&all(&app)), articles_of(&long));
}

/// Memory is bounded by what one unit writes, also where an article has many former texts.
#[actix_web::test]
async fn former_versions_of_one_article_are_written_in_several_units() {
    let app = TestApp::new().await;
    let article = app.article("Long").await;
    for number in 0..30 {
        let body = format!("{number} {}", "word ".repeat(20_000));
        app.key().patch(path_of(&article), json!({"body": body})).ok().await;
    }
    let (want, other) = (all(&app), empty_like(&app).await);
    let units = Arc::new(AtomicUsize::new(0));
    let counting = Arc::clone(&units);
    restored_while(&other, &want, move |_| {
        counting.fetch_add(1, Ordering::Relaxed);
    })
    .unwrap();
    assert!(units.load(Ordering::Relaxed) >= 2, "{units:?}");
    assert!(all(&other) == want);
}

/// The keys that an export names open nothing here, so whoever starts the server for the first time is given one.
#[actix_web::test]
async fn a_newsroom_that_was_read_back_gives_its_first_key() {
    let room = newsroom().await;
    room.app.key_with(&["drafts:read"]).await;
    let folder = tempfile::tempdir().unwrap();
    let export = all(&room.app);
    assert_eq!(count(&export, "key"), 1);
    fs::write(folder.path().join("news.jsonl"), &export).unwrap();
    let done = command(folder.path()).args(["import", "news.jsonl"]).output().unwrap();
    assert!(done.status.success(), "{done:?}");
    let server = Server::start(folder.path(), 3, &[]);
    let key = fs::read_to_string(folder.path().join("copydesk.db.admin-key")).unwrap();
    let (status, drafts) = server.send("GET", "/v1/articles?state=scheduled", key.trim(), "");
    assert_eq!((status, drafts["items"].as_array().unwrap().len()), (200, 1));
}
