//! `copydesk import`: whole articles, and nothing twice.

mod comments;
mod editors;
mod ending;
mod exports;
mod feeds;
mod ghost;
mod hygiene;
mod ninjs;
mod records;
mod sites;
mod threads;
mod visibility;
mod watch;
mod wordpress;

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use copydesk::domain::ids::SystemEntropy;
use copydesk::domain::markup::Renderer;
use copydesk::import::{Expiry, Reading, Summary, run};
use indicatif::ProgressBar;
use serde_json::{Value, json};

use diesel::connection::SimpleConnection as _;
use diesel::sql_types::BigInt;
use diesel::{Connection, RunQueryDsl, SqliteConnection};

use crate::support::TestApp;
use crate::support::make::{path_of, text};
use crate::support::process::command;

const PAGE: &str = "---\nslug: one\ndate: 2014-09-19 10:00:38 -0400\ntitle: 2048\nsummary: S\ndeck: D\nauthors:\n  - ada\ntopics: [Open Data]\nsource: 18f\nsource_url: https://18f.example/x\nexpirydate: 2025-01-01\n---\n\nThe *text*.\n";

/// Imports on a thread of its own, as the command does in a process of its own.
fn import(app: &TestApp, dir: &Path) -> (Summary, Vec<String>) {
    import_with(app, dir, Expiry::Kept, vec![])
}

fn import_with(
    app: &TestApp,
    dir: &Path,
    expiry: Expiry,
    defaults: Vec<(&'static str, Value)>,
) -> (Summary, Vec<String>) {
    import_as(app, dir, Reading { expiry, defaults, ..reading() })
}

/// How files are read where no option says otherwise.
fn reading() -> Reading {
    Reading {
        expiry: Expiry::Kept,
        defaults: vec![],
        renderer: Renderer::default(),
        lifts_disclaimers: false,
        addresses_kept_for: None,
        fixes: false,
        imports_purged: false,
        is_over: None,
    }
}

fn import_as(app: &TestApp, dir: &Path, reading: Reading) -> (Summary, Vec<String>) {
    let (db, dir) = (app.parts.shared.clone(), dir.to_owned());
    let imported = std::thread::spawn(move || {
        let mut report = Vec::new();
        let db = copydesk::db::Db::new(&db).unwrap();
        let entropy = std::sync::Arc::new(SystemEntropy);
        let summary =
            run(&dir, &db, &reading, entropy, &ProgressBar::hidden(), &mut report).unwrap();
        let report = String::from_utf8(report).unwrap();
        // What has become public is looked at where that matters.
        let summary = Summary { public: 0, scheduled: 0, ..summary };
        let below = format!("{}/", dir.display());
        (summary, report.replace(&below, "").lines().map(str::to_owned).collect())
    });
    imported.join().unwrap()
}

/// A file or folder of real data, which stands beside the project; skipped, visibly, where it does not.
fn beside(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data").join(name);
    if path.exists() {
        return Some(path);
    }
    // Not a macro: the test runner would keep what it prints to itself.
    let _ = writeln!(std::io::stderr(), "SKIPPED {name}: {} is not there", path.display());
    None
}

/// What another system has exported.
fn exported(name: &str) -> Option<PathBuf> {
    beside(&format!("exports/{name}"))
}

/// Titles of what readers see, or of what editors see, in order.
async fn titles(app: &TestApp, with_key: bool) -> Vec<String> {
    let get = app.get("/v1/articles?limit=100");
    let list = if with_key { get.key().ok().await } else { get.ok().await };
    let items = list["items"].as_array().unwrap().iter();
    let mut titles: Vec<String> = items.map(|item| text(&item["title"]).to_owned()).collect();
    titles.sort_unstable();
    titles
}

fn summary(
    created: usize,
    updated: usize,
    unchanged: usize,
    skipped: usize,
    refused: usize,
) -> Summary {
    Summary { created, updated, unchanged, skipped, refused, ..Summary::default() }
}

#[actix_web::test]
async fn a_page_becomes_an_article() {
    let app = TestApp::new().await;
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("news")).unwrap();
    fs::write(dir.path().join("news/one.md"), PAGE).unwrap();
    fs::write(dir.path().join("draft.md"), "---\ntitle: Draft\ndraft: true\n---\n").unwrap();
    fs::write(dir.path().join("README.md"), "# Not an article\n").unwrap();
    fs::write(dir.path().join("notes.txt"), PAGE).unwrap();
    let skipped = "README.md: skipped, it has no front matter".to_owned();
    assert_eq!(import(&app, dir.path()), (summary(2, 0, 0, 1, 0), vec![skipped]));
    let article = app.get("/v1/articles/one").ok().await;
    for (name, want) in [
        ("title", json!("2048")),
        ("summary", json!("S")),
        ("published_at", json!("2014-09-19T14:00:38.000000Z")),
        ("authors", json!([{"name": "ada", "url": null}])),
        ("tags", json!(["open-data"])),
        ("body", json!("The *text*.\n")),
        ("source", json!({"name": "18f", "url": "https://18f.example/x"})),
        ("metadata", json!({"deck": "D", "expirydate": "2025-01-01"})),
        ("state", json!("published")),
        ("version", json!(1)),
    ] {
        assert_eq!(article[name], want, "{name}");
    }
    app.get("/v1/articles/draft").expect(404).await;
    assert_eq!(app.key().get("/v1/articles/draft").ok().await["published_at"], Value::Null);
}

#[actix_web::test]
async fn a_second_run_changes_only_what_was_edited() {
    let app = TestApp::new().await;
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("one.md");
    fs::write(&file, PAGE).unwrap();
    fs::write(
        dir.path().join("two.md"),
        "---\ntitle: Two words\ndate: 2020-01-01 9:00:00 +0000\n---\nB",
    )
    .unwrap();
    assert_eq!(import(&app, dir.path()).0, summary(2, 0, 0, 0, 0));
    let before = app.get("/v1/articles/one").ok().await;
    assert_eq!(import(&app, dir.path()).0, summary(0, 0, 2, 0, 0));
    assert_eq!(app.get("/v1/articles/one").ok().await, before);
    // Edited: another title, another date, and a draft now.
    fs::write(&file, PAGE.replace("2048", "2049").replace("2014-09-19", "2015-09-19")).unwrap();
    fs::write(dir.path().join("two.md"), "---\ntitle: Renamed\ndraft: true\n---\nB").unwrap();
    assert_eq!(import(&app, dir.path()).0, summary(0, 2, 0, 0, 0));
    let after = app.get("/v1/articles/one").ok().await;
    assert_eq!(
        (&after["title"], &after["id"], &after["version"]),
        (&json!("2049"), &before["id"], &json!(2))
    );
    assert_eq!(after["published_at"], "2015-09-19T14:00:38.000000Z");
    let past = format!("{}/revisions/2?against=1", path_of(&after));
    let past = app.key().get(&past).ok().await;
    assert_eq!(past["changes"], json!(["title", "published_at"]));
    assert_eq!(past["difference"]["changes"][1]["from"], before["published_at"]);
    app.get("/v1/articles/two-words").expect(404).await;
    let draft = app.key().get("/v1/articles/two-words").ok().await;
    assert_eq!((&draft["title"], &draft["state"]), (&json!("Renamed"), &json!("draft")));
    // What an editor set and no file speaks of stays.
    let set = json!({"comments_policy": "closed", "section": "news", "language": "fr"});
    app.key().patch(path_of(&after), &set).ok().await;
    fs::write(&file, PAGE.replace("2048", "2051")).unwrap();
    assert_eq!(import(&app, dir.path()).0, summary(0, 1, 1, 0, 0));
    let kept = app.get("/v1/articles/one").ok().await;
    assert_eq!(kept["title"], "2051");
    for (name, value) in set.as_object().unwrap() {
        assert_eq!(&kept[name], value, "{name}");
    }
    // What an editor deleted stays deleted.
    app.key().delete(path_of(&after)).done().await;
    assert_eq!(import(&app, dir.path()).0, summary(0, 0, 2, 0, 0));
    fs::write(&file, PAGE.replace("2048", "2050")).unwrap();
    let (done, lines) = import(&app, dir.path());
    assert_eq!(done, summary(0, 0, 2, 0, 0));
    let told = "one.md: warning: was edited at its source, and its article is in the trash here: left there";
    assert_eq!(lines, [told]);
}

#[actix_web::test]
async fn files_of_one_name_in_two_folders_are_two_articles() {
    let app = TestApp::new().await;
    for (title, want) in [("One", summary(1, 0, 0, 0, 0)), ("Two", summary(1, 0, 0, 0, 0))] {
        let dir = tempfile::tempdir().unwrap();
        let page = format!(
            "---\ntitle: {title}\ndate: 2020-01-01 10:00:00 +0000\ndraft: False\ntopics: ['!!!', ok]\n---\n"
        );
        fs::write(dir.path().join("index.md"), page).unwrap();
        assert_eq!(import(&app, dir.path()).0, want);
    }
    assert_eq!(app.get("/v1/articles/one").ok().await["title"], "One");
    assert_eq!(app.get("/v1/articles/two").ok().await["tags"], json!(["ok"]));
}

#[actix_web::test]
async fn a_refused_file_is_one_line_with_the_reason_and_leaves_nothing() {
    let app = TestApp::new().await;
    let dir = tempfile::tempdir().unwrap();
    for (name, text, _) in REFUSED {
        fs::write(dir.path().join(name), text).unwrap();
    }
    fs::write(dir.path().join("z.md"), b"---\ntitle: \xff\n---\n").unwrap();
    let (done, lines) = import(&app, dir.path());
    assert_eq!(done, summary(1, 0, 0, 0, REFUSED.len()));
    assert_eq!(lines.len(), REFUSED.len(), "{lines:?}");
    for (name, _, reason) in REFUSED.iter().filter(|(.., reason)| !reason.is_empty()) {
        let line = lines
            .iter()
            .find(|line| line.starts_with(&format!("{name}:")))
            .unwrap_or_else(|| panic!("{name} in {lines:?}"));
        assert!(line.contains(reason), "{line}");
    }
    assert!(lines.contains(&"z.md:2: is not UTF-8".to_owned()), "{lines:?}");
    assert_eq!(app.key().get("/v1/articles?count=true").send().await.json()["total"], 1);
}

const REFUSED: [(&str, &str, &str); 8] = [
    ("a.md", "---\ntitle: A\nslug: taken\ndate: 2020-01-01 10:00:00 +0000\n---\n", ""),
    (
        "b.md",
        "---\ntitle: B\nslug: taken\ndate: 2020-01-01 10:00:00 +0000\n---\n",
        "b.md:3: The slug `taken` belongs to another article",
    ),
    ("c.md", "---\ndate: 2020-01-01 10:00:00 +0000\n---\n", "c.md:1: title is required."),
    ("d.md", "---\ntitle: D\n---\n", "d.md:1: `date` is missing"),
    ("e.md", "---\ntitle: \"E\n---\n", "e.md:2: not YAML"),
    (
        "f.md",
        "---\ntitle: F\ndate: 2999-01-01 10:00:00 +0000\nDraft: yes\n---\n",
        "f.md:4: `draft` must be true or false",
    ),
    ("h.md", "+++\ntitle = 'H'\n+++\n", "h.md:1: `date` is missing"),
    (
        "g.md",
        "---\ntitle: G\nslug: G g\ndate: 2020-01-01 10:00:00 +0000\n---\n",
        "g.md:3: slug must be a slug",
    ),
];

/// Runs over the newsroom archive where it stands beside the project; skipped, visibly, where it does not.
#[actix_web::test]
async fn the_newsroom_archive_comes_in_whole() {
    let Some(archive) = beside("newsroom") else {
        return;
    };
    let app = TestApp::new().await;
    let (first, lines) = import(&app, &archive);
    assert!(
        first.created >= 1_600
            && first.refused + first.skipped
                == lines.iter().filter(|line| !line.contains("warning: ")).count()
            && first.updated == 0,
        "{first}"
    );
    let (second, _) = import(&app, &archive);
    assert_eq!((second.created, second.updated, second.unchanged), (0, 0, first.created));
    let mut path = "/v1/articles?limit=100&fields=slug,published_at&count=true".to_owned();
    let mut seen: Vec<String> = Vec::new();
    loop {
        let page = app.get(&path).ok().await;
        assert_eq!(page["total"], first.created);
        seen.extend(
            page["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|item| item["id"].as_str().unwrap().to_owned()),
        );
        let Some(next) = page["next"].as_str() else {
            break;
        };
        path = format!("/v1/articles?limit=100&fields=slug,published_at&count=true&cursor={next}");
    }
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), first.created, "each once");
}

/// The program, in a folder with these pages.
fn pages(count: usize) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("news")).unwrap();
    for number in 0..count {
        let text = PAGE
            .replace("slug: one", &format!("slug: page-{number}"))
            .replace("The *text*.", &"A sentence of the text. ".repeat(50));
        fs::write(dir.path().join(format!("news/{number}.md")), text).unwrap();
    }
    dir
}

#[test]
fn a_dry_run_says_what_would_be_done_and_does_nothing() {
    let dir = pages(3);
    let run = |arguments: &[&str]| {
        let output = command(dir.path()).args(arguments).output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    let (code, said) = run(&["import", "news", "--dry-run"]);
    assert_eq!(code, Some(0));
    assert!(
        said.starts_with("3 created") && said.contains("a dry run: copydesk.db is as it was"),
        "{said}"
    );
    assert!(!dir.path().join("copydesk.db").exists());
    // A single file will do.
    assert!(run(&["import", "news/0.md"]).1.starts_with("1 created"));
    fs::write(dir.path().join("news/3.md"), PAGE.replace("slug: one", "slug: page-1")).unwrap();
    let before = fs::read(dir.path().join("copydesk.db")).unwrap();
    let (code, said) = run(&["import", "--dry-run", "news"]);
    assert_eq!(code, Some(1));
    assert!(
        said.starts_with("2 created, 0 updated (2 public, 0 scheduled, 0 not), 1 unchanged")
            && said.contains("1 refused"),
        "{said}"
    );
    assert_eq!(fs::read(dir.path().join("copydesk.db")).unwrap(), before);
}

/// Killed at some point of its way, an import has taken whole articles only, and the next one goes on.
#[test]
fn a_killed_import_is_gone_on_with() {
    const PAGES: usize = 700;
    let dir = pages(PAGES);
    let database = dir.path().join("copydesk.db");
    let mut import = command(dir.path()).args(["import", "news"]).spawn().unwrap();
    let goes_on = |import: &mut std::process::Child| import.try_wait().unwrap().is_none();
    // It is put in place whole, so the first that is seen of it can be opened.
    while !database.exists() && goes_on(&mut import) {
        std::thread::yield_now();
    }
    let mut conn = SqliteConnection::establish(database.to_str().unwrap()).unwrap();
    conn.batch_execute("pragma busy_timeout = 5000").unwrap();
    #[derive(diesel::QueryableByName)]
    struct Counts {
        #[diesel(sql_type = BigInt)]
        articles: i64,
        #[diesel(sql_type = BigInt)]
        whole: i64,
    }
    let mut counts = || {
        diesel::sql_query(
            "select (select count(*) from articles) as articles,
             (select count(*) from articles a join article_bodies b on b.article_id = a.id
              join imported_files f on f.article_id = a.id join article_history h on h.article_id = a.id) as whole",
        )
        .get_result::<Counts>(&mut conn)
        .unwrap()
    };
    while counts().articles == 0 && goes_on(&mut import) {
        std::thread::yield_now();
    }
    import.kill().unwrap();
    import.wait().unwrap();
    let Counts { articles, whole } = counts();
    assert_eq!(articles, whole);
    assert!(articles > 0, "it was killed on its way, or has ended well");
    let again = command(dir.path()).args(["import", "news"]).output().unwrap();
    let said = String::from_utf8(again.stdout).unwrap();
    let created = i64::try_from(PAGES).unwrap() - articles;
    assert!(
        said.starts_with(&format!(
            "{created} created, 0 updated ({created} public, 0 scheduled, 0 not), {articles} unchanged"
        )),
        "{said}"
    );
}

#[test]
fn what_cannot_be_looked_into_is_named_and_gone_around() {
    let dir = pages(1);
    let run = |path: &str| command(dir.path()).args(["import", path]).output().unwrap();
    let nothing = run("nowhere");
    assert_eq!(nothing.status.code(), Some(1));
    assert!(!dir.path().join("copydesk.db").exists(), "no database is made for nothing");
    std::os::unix::fs::symlink("0.md", dir.path().join("news/link.md")).unwrap();
    use std::os::unix::ffi::OsStrExt as _;
    let odd = std::ffi::OsStr::from_bytes(b"odd-\xff.md");
    fs::write(dir.path().join("news").join(odd), PAGE).unwrap();
    let done = run("news");
    assert!(String::from_utf8_lossy(&done.stdout).starts_with("1 created"), "{done:?}");
    assert!(String::from_utf8_lossy(&done.stderr).contains("not UTF-8"), "{done:?}");
}

/// Names that people read, and tags that differ by a sign alone.
#[actix_web::test]
async fn tags_keep_the_names_of_the_files() {
    let app = TestApp::new().await;
    let dir = tempfile::tempdir().unwrap();
    let page = |title: &str, tags: &str| {
        format!("---\ntitle: {title}\ndate: 2020-01-01\ntags: [{tags}]\n---\n")
    };
    fs::write(
        dir.path().join("one.md"),
        page("One", "\"C++\", \"C#\", \"S\u{e3}o Paulo\", open-data"),
    )
    .unwrap();
    fs::write(dir.path().join("two.md"), page("Two", "sao-paulo, c")).unwrap();
    assert_eq!(import(&app, dir.path()), (summary(2, 0, 0, 0, 0), vec![]));
    let names = async || {
        let tags = app.key().get("/v1/tags").ok().await;
        let items = tags["items"].as_array().unwrap().iter();
        items
            .map(|tag| {
                (
                    tag["value"].as_str().unwrap().to_owned(),
                    tag["name"].as_str().unwrap().to_owned(),
                )
            })
            .collect::<std::collections::BTreeMap<_, _>>()
    };
    let want = [
        ("c", "C"),
        ("c-plus-plus", "C++"),
        ("c-sharp", "C#"),
        ("open-data", "Open data"),
        ("sao-paulo", "S\u{e3}o Paulo"),
    ];
    let want = want.into_iter().map(|(slug, name)| (slug.to_owned(), name.to_owned())).collect();
    assert_eq!(names().await, want);
    // A name that someone gave stays.
    app.key().put("/v1/tags/c-sharp", json!({"name": "C sharp"})).ok().await;
    fs::write(dir.path().join("one.md"), page("One!", "\"C#\"")).unwrap();
    import(&app, dir.path());
    assert_eq!(names().await["c-sharp"], "C sharp");
}
