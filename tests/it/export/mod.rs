//! `copydesk export`: everything that the newsroom has, and the same again after it was read back.

mod limited;
mod restore;

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use copydesk::db::Db;
use copydesk::domain::instant::{Clock as _, Instant};
use copydesk::domain::markup::Renderer;
use copydesk::export::{self, Counts, Filters, Restoring};
use jsonschema::Validator;
use serde_json::{Value, json};

use crate::support::TestApp;
use crate::support::database::url_of;
use crate::support::make::{attachment, comment_path, comments_of, notice_path, path_of, text};
use crate::support::process::command;

/// A newsroom, and the instants at which something had just happened in it.
struct Newsroom {
    app: TestApp,
    articles: Vec<Value>,
    instants: Vec<Instant>,
}

impl Newsroom {
    /// A second goes by.
    fn tick(&mut self) {
        self.instants.push(self.app.clock.now());
        self.app.clock.advance(1_000_000);
    }

    async fn make(&mut self, body: Value) -> Value {
        let article = self.app.article_of(body).await;
        self.articles.push(article.clone());
        self.tick();
        article
    }
}

/// A newsroom in which everything has happened once.
async fn newsroom() -> Newsroom {
    let app = TestApp::new().await;
    let mut room = Newsroom { app, articles: Vec::new(), instants: Vec::new() };
    let rule = json!({"sources": ["Northwire"], "tags": []});
    let body =
        json!({"key": "wire", "title": "Wire", "body": "As *received*.", "applies_to": rule});
    let wire = room.app.key().post("/v1/disclaimers", &body).created().await;
    let body = json!({"key": "wire", "language": "de", "title": "Agentur", "body": "Wie erhalten.",
        "applies_to": rule, "text_mode": "current"});
    room.app.key().post("/v1/disclaimers", &body).created().await;
    let notice = room.app.disclaimer("notice").await;
    room.tick();
    let storm = json!({"title": "Storm", "state": "published", "body": "A[^1] *storm*.\n\n[^1]: Big.\n",
        "source": {"name": "Northwire"}, "external_id": "n-1", "section": "city", "tags": ["weather"],
        "authors": [{"name": "Ida Marsh"}], "image": {"url": "https://example.com/a.jpg", "alt": ""},
        "metadata": {"deck": 1.5, "z": null, "a": [1, "\u{e9}"]}});
    let storm = room.make(storm).await;
    let plain = room
        .make(json!({"title": "Plain", "state": "published", "language": "de",
        "body": "<p id=\"x\">Text</p>", "body_format": "html", "section": "city"}))
        .await;
    let draft = json!({"title": "A draft", "body": "Secret", "section": "old-desk",
        "authors": [{"name": "Old Hand"}], "source": {"name": "Oldwire"}});
    let draft = room.make(draft).await;
    let embargoed = room
        .make(json!({"title": "Later", "state": "published",
        "embargo_until": "2099-01-01T00:00:00Z", "access": "restricted"}))
        .await;
    let app = &room.app;
    app.attach(&plain, &notice).await;
    app.act(&draft, "publish", json!({"at": "2098-01-01T00:00:00Z"})).await;
    room.tick();
    let app = &room.app;
    app.key().patch(path_of(&storm), json!({"slug": "storm-2", "title": "Storm 2"})).ok().await;
    app.key().patch(path_of(&storm), json!({"body": "Another text."})).ok().await;
    let moved = json!({"section": "new-desk", "authors": [{"name": "New Hand"}],
        "source": {"name": "Newwire"}});
    app.key().patch(path_of(&draft), moved).ok().await;
    app.key().patch(notice_path(&wire), json!({"body": "As received, unchecked."})).ok().await;
    app.key().patch(notice_path(&notice), json!({"key": "note", "priority": 3})).ok().await;
    room.tick();
    let app = &room.app;
    app.key().delete(attachment(&plain, &notice)).done().await;
    app.act(&storm, "correct", json!({"note": "It was bigger."})).await;
    app.act(&plain, "unpublish", json!({"reason": "Not yet."})).await;
    app.act(&plain, "publish", json!({})).await;
    app.key().put("/v1/tags/weather", json!({"name": "The weather"})).ok().await;
    room.tick();
    let first = room.app.comment(&storm, "First").await;
    let reply = json!({"author_name": "Kim", "author_email": "kim@example.com", "body": "Reply",
        "parent_id": first["id"]});
    let reply = room.app.post(comments_of(&storm), &reply).created().await;
    let deep = json!({"author_name": "Lee", "body": "Deep", "parent_id": reply["id"]});
    room.app.post(comments_of(&storm), &deep).created().await;
    let spam = room.app.comment(&plain, "Spam https://example.com").await;
    room.tick();
    let app = &room.app;
    let report = json!({"reason": "Rude"});
    app.post(format!("{}/reports", comment_path(&first)), &report).done().await;
    app.key().post(format!("{}/reports", comment_path(&first)), &report).done().await;
    app.key().delete(comment_path(&reply)).done().await;
    app.key().patch(comment_path(&spam), json!({"state": "spam", "reason": "Ad"})).ok().await;
    let withdrawn = room.make(json!({"title": "Wrong", "state": "published"})).await;
    let blocked = room.make(json!({"title": "Blocked", "state": "published"})).await;
    let trashed = room.make(json!({"title": "Storm 2", "state": "published"})).await;
    let app = &room.app;
    let replaced = json!({"notice": "It was wrong.", "replaced_by": plain["id"]});
    app.act(&withdrawn, "withdraw", replaced).await;
    app.act(&blocked, "block", json!({"authority": "A court", "reference": "1/26"})).await;
    app.key().delete(path_of(&trashed)).done().await;
    app.key().post_empty(format!("{}/retire", notice_path(&notice))).ok().await;
    app.key().patch(path_of(&embargoed), json!({"expires_at": "2099-06-01T00:00:00Z"})).ok().await;
    room.tick();
    room
}

/// The export of a newsroom.
fn exported(app: &TestApp, filters: &Filters) -> (String, Counts) {
    let mut out = Vec::new();
    let db = app.db();
    db.settle();
    let now = db.now(app.clock.as_ref());
    let counts = export::export(&db, filters, now, &mut out, &mut |_| ()).unwrap();
    (String::from_utf8(out).unwrap(), counts)
}

fn all(app: &TestApp) -> String {
    exported(app, &Filters::default()).0
}

/// Reads an export back on a thread of its own, as the command does in a process of its own; what is reported, or why it
/// is refused.
fn restored(app: &TestApp, text: &str) -> Result<String, String> {
    restored_while(app, text, |_| ())
}

/// The same; `meanwhile` is called after each unit but the last, with what ends the import once it is true.
fn restored_while(
    app: &TestApp,
    text: &str,
    mut meanwhile: impl FnMut(&AtomicBool) + Send + 'static,
) -> Result<String, String> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("x.jsonl");
    fs::write(&file, text).unwrap();
    let (shared, clock, path) = (app.parts.shared.clone(), app.clock.clone(), file.clone());
    let done = std::thread::spawn(move || {
        let db = Db::new(&shared).unwrap();
        let renderer = Renderer::default();
        let is_over = AtomicBool::new(false);
        let with = Restoring { renderer: &renderer, clock: clock.as_ref(), is_over: &is_over };
        let mut report = Vec::new();
        let done = export::restore(&path, &db, with, &mut report, &mut |_| meanwhile(&is_over));
        let report = String::from_utf8(report).unwrap();
        done.map(|_| report).map_err(|error| error.to_string())
    });
    let name = file.display().to_string();
    done.join().unwrap().map_err(|error| error.replace(&name, "x"))
}

/// An empty newsroom at the same time as another.
async fn empty_like(app: &TestApp) -> TestApp {
    let other = TestApp::new().await;
    let ahead = app.clock.now().as_micros() - other.clock.now().as_micros();
    other.clock.advance(ahead);
    other
}

/// The lines of an export, each with what it is.
fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The same as text.
fn as_text(lines: &[Value]) -> String {
    lines.iter().map(Value::to_string).collect::<Vec<_>>().join("\n") + "\n"
}

fn count(text: &str, record: &str) -> usize {
    lines(text).iter().filter(|line| line["record"] == record).count()
}

#[actix_web::test]
async fn what_is_read_back_is_the_same() {
    let room = newsroom().await;
    let app = &room.app;
    let key = app.key_with(&["drafts:read"]).await;
    app.as_key(&key).get("/v1/articles").ok().await;
    let before = all(app);
    assert_eq!(before, all(app), "an export says nothing of when it was made");
    let other = empty_like(app).await;
    let report = restored(&other, &before).unwrap();
    assert!(report.contains("the keys of the export (1) open nothing here"), "{report}");
    assert!(!report.contains("warning"), "{report}");
    let after = all(&other);
    for (one, two) in before.lines().zip(after.lines()) {
        assert_eq!(one, two);
    }
    assert_eq!(before, after);
    // The same answers, of the present and of the past.
    let mut paths = vec![
        "/v1/articles?limit=100".to_owned(),
        "/v1/articles?q=text&sort=title".to_owned(),
        "/v1/articles?state=trashed".to_owned(),
        "/v1/disclaimers".to_owned(),
        "/v1/tags".to_owned(),
        "/v1/sources".to_owned(),
        "/v1/comments?state=spam".to_owned(),
        "/v1/articles/storm".to_owned(),
    ];
    for article in &room.articles {
        let path = path_of(article);
        for below in ["", "/history", "/revisions/1", "/comments?state=published", "/disclaimers"] {
            paths.push(format!("{path}{below}"));
        }
        let at = |at: &Instant| format!("{path}/disclaimers?as_of={at}");
        paths.extend(room.instants.iter().map(at));
    }
    for path in &paths {
        for (here, there) in [(app.key(), other.key()), (app.as_key(""), other.as_key(""))] {
            let (here, there) = (here.get(path).send().await, there.get(path).send().await);
            assert_eq!(here.status, there.status, "{path}");
            if here.status < 300 {
                assert_eq!(here.json(), there.json(), "{path}");
            }
        }
    }
    // What opens this newsroom does not open the other, and its own clock goes on.
    app.as_key(&key).get("/v1/articles").ok().await;
    other.as_key(&key).get("/v1/articles").expect(401).await;
    let (public, secret) = key.trim_start_matches("cdk_").split_once('_').unwrap();
    assert!(!before.contains(public) && !before.contains(secret));
    let edited = other.key().patch(path_of(&room.articles[0]), json!({"title": "New"})).ok().await;
    assert!(text(&edited["updated_at"]) > text(&room.articles[0]["updated_at"]));
    other.comment(&room.articles[0], "New here").await;
    other.article("Newer").await;
}

#[actix_web::test]
async fn what_is_read_back_is_sound_and_told() {
    let room = newsroom().await;
    let other = empty_like(&room.app).await;
    restored(&other, &all(&room.app)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut check = command(folder.path());
    let checked = check.env("DATABASE_URL", url_of(&other.location)).arg("check").output().unwrap();
    assert!(checked.status.success(), "{checked:?}");
    // The log begins anew, with what is public.
    let told = other.get("/v1/changes?types=article&limit=100").ok().await;
    let told = told["items"].as_array().unwrap().len();
    let public = other.get("/v1/articles?limit=100").ok().await;
    assert_eq!(told, public["items"].as_array().unwrap().len());
}

fn schema() -> Validator {
    let schema: Value = serde_json::from_str(&export::schema()).unwrap();
    jsonschema::options().should_validate_formats(true).build(&schema).unwrap()
}

#[actix_web::test]
async fn each_line_is_what_the_schema_says() {
    let room = newsroom().await;
    room.app.key_with(&["drafts:read"]).await;
    let text = all(&room.app);
    let schema = schema();
    let mut met = BTreeSet::new();
    for line in lines(&text) {
        let faults: Vec<String> =
            schema.iter_errors(&line).map(|error| error.to_string()).collect();
        assert!(faults.is_empty(), "{line}: {faults:?}");
        met.insert(line["record"].as_str().unwrap().to_owned());
        let mut other = line.clone();
        other["more"] = json!(1);
        assert!(!schema.is_valid(&other), "{other}");
    }
    let known = [
        "article", "comment", "copydesk", "disclaimer", "disclaimer_version", "end", "history",
        "key", "languages", "revision", "term",
    ];
    assert_eq!(met.iter().map(String::as_str).collect::<Vec<_>>(), known);
}

/// Compares the checked-in schema with what the code makes; `UPDATE=1` writes it.
#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "UPDATE=1 is for the person at the keyboard, not for the program"
)]
fn the_schema_is_the_one_checked_in() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/export.schema.json");
    let made = export::schema();
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, &made).unwrap();
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        kept == made,
        "docs/export.schema.json is out of date; run: UPDATE=1 cargo test --test it export"
    );
}

/// As any version up to the present one writes it: members with a default are left out.
const OLD: &str = r#"{"record":"copydesk","schema":1}
{"record":"languages","languages":[{"since":"1970-01-01T00:00:00Z","language":"en"}]}
{"record":"article","number":3,"id":"0192d5a0-0000-7000-8000-000000000001","version":1,"created_at":"2024-01-01T00:00:00Z","content":{"slug":"old","state":"published","access":"public","published_at":"2024-01-01T00:00:00Z","went_public_at":"2024-01-01T00:00:00Z","updated_at":"2024-01-01T00:00:00Z","title":"Old","body_format":"text","language":"en","comments_policy":"open"},"body":"Text","body_html":"<p>Text</p>"}
{"record":"history","article":"0192d5a0-0000-7000-8000-000000000001","version":1,"at":"2024-01-01T00:00:00Z","event":"created","actor":"admin"}
{"record":"comment","number":7,"id":"0192d5a0-0000-7000-8000-000000000002","article":"0192d5a0-0000-7000-8000-000000000001","version":1,"state":"published","created_at":"2024-01-02T00:00:00Z","updated_at":"2024-01-02T00:00:00Z","author_name":"Sam","body":"Hello","history":[{"version":1,"at":"2024-01-02T00:00:00Z","state":"published","actor":"anonymous"}]}
{"record":"end","articles":1,"revisions":0,"comments":1,"disclaimer_versions":0,"terms":0,"keys":0}
"#;

#[actix_web::test]
async fn members_that_came_later_have_defaults() {
    let app = TestApp::new().await;
    restored(&app, OLD).unwrap();
    let shown = app.get("/v1/articles/old?include=comments").ok().await;
    assert_eq!((&shown["title"], &shown["comment_count"]), (&json!("Old"), &json!(1)));
    assert_eq!(shown["tags"], json!([]));
    let again = all(&app);
    let other = empty_like(&app).await;
    restored(&other, &again).unwrap();
    assert_eq!(all(&other), again);
}

/// Two articles of which one was purged while the export was made: what was its own may be the other's by then.
#[actix_web::test]
async fn what_went_from_one_article_to_another_is_told() {
    let from = json!([{"source_id": "a.md", "sha256": "0".repeat(64),
        "imported_at": "2024-01-01T00:00:00Z"}]);
    let one =
        OLD.replace("\"body\":\"Text\"", &format!("\"imported_from\":{from},\"body\":\"Text\""));
    let lines: Vec<&str> = one.lines().collect();
    let (start, end) = (lines[..5].join("\n"), lines[5]);
    let other = lines[2..5].join("\n");
    let other = other.replace("000000000001\"", "000000000003\"");
    let other = other.replace("000000000002\"", "000000000004\"");
    let other = other.replace("\"number\":3", "\"number\":4");
    let other = other.replace("\"slug\":\"old\"", "\"slug\":\"new\"");
    let two = end.replace("\"articles\":1", "\"articles\":2");
    let two = two.replace("\"comments\":1", "\"comments\":2");
    let app = TestApp::new().await;
    let report = restored(&app, &format!("{start}\n{other}\n{two}\n")).unwrap();
    let id = "0192d5a0-0000-7000-8000-00000000000";
    assert!(report.contains(&format!("what the article {id}1 was imported from")), "{report}");
    assert!(report.contains(&format!("the number of the comment {id}4")), "{report}");
    let again = all(&app);
    assert_eq!((count(&again, "comment"), again.matches("\"a.md\"").count()), (2, 1));
    // In one article nothing can have gone anywhere.
    let twice = lines[4].replace("000000000002\"", "000000000004\"");
    let told = restored(&TestApp::new().await, &format!("{start}\n{twice}\n{two}\n")).unwrap_err();
    assert!(told.contains("x:6: ") && told.contains("`number` 7"), "{told}");
    assert!(told.contains("nothing is imported"), "{told}");
}

#[actix_web::test]
async fn the_command_makes_a_file_for_its_owner_alone() {
    let room = newsroom().await;
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| {
        let mut command = command(folder.path());
        command.env("DATABASE_URL", url_of(&room.app.location)).arg("export").args(arguments);
        command.output().unwrap()
    };
    let done = run(&["news.jsonl"]);
    assert!(done.status.success(), "{done:?}");
    let file = folder.path().join("news.jsonl");
    let kept = fs::read_to_string(&file).unwrap();
    assert_eq!(kept, all(&room.app));
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing else is left");
    let streamed = run(&["-"]);
    assert_eq!(String::from_utf8(streamed.stdout).unwrap(), kept);
    let refused = run(&["news.jsonl"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("--force"), "{refused:?}");
    assert!(run(&["news.jsonl", "--force", "--only", "keys"]).status.success());
    assert_eq!(count(&fs::read_to_string(&file).unwrap(), "article"), 0);
    for (arguments, want) in [
        (&["-", "--only", "comments"][..], "add `articles`"),
        (&["-", "--only", "podcasts"], "podcasts"),
        (&["-", "--only", "keys", "--section", "city"], "add `articles`"),
        (&["-", "--section", "!!"], "no name of a section"),
        (&["-", "--section", "nope"], "no section `nope`; there are `city`, `new-desk`"),
        (&["-", "--published-after", "yesterday"], "RFC 3339"),
    ] {
        let refused = run(arguments);
        assert_eq!(refused.status.code(), Some(2), "{arguments:?}: {refused:?}");
        let told = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(told.contains(want), "{want} in {told}");
    }
}

/// Whatever it is called by, the database is no file to replace, and neither is a log that SQLite would read into it.
#[test]
fn the_command_does_not_replace_the_database() {
    let folder = tempfile::tempdir().unwrap();
    let run = |url: &str, arguments: &[&str]| {
        command(folder.path()).env("DATABASE_URL", url).args(arguments).output().unwrap()
    };
    assert!(run("news.db", &["migrate"]).status.success());
    let link = folder.path().join("link.db");
    std::os::unix::fs::symlink("news.db", &link).unwrap();
    let before = fs::read(folder.path().join("news.db")).unwrap();
    for (url, file) in [
        ("news.db", "news.db"),
        ("link.db", "news.db"),
        ("news.db", "link.db"),
        ("link.db", "link.db"),
        ("news.db", "news.db-wal"),
        ("news.db", "./news.db-shm"),
        ("link.db", "news.db-journal"),
    ] {
        let refused = run(url, &["export", file, "--force"]);
        assert_eq!(refused.status.code(), Some(1), "{url} {file}: {refused:?}");
        let told = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(told.contains("give the export another name"), "{url} {file}: {told}");
    }
    assert_eq!(fs::read(folder.path().join("news.db")).unwrap(), before);
    assert!(link.is_symlink());
}
