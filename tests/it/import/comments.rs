//! Comments of other systems: threads in the order of time, states as they were, and nothing twice.

use copydesk::articles::article_of;
use copydesk::comments::words::State;
use copydesk::comments::{self, Below, CommentOutcome, ImportedComment, import};
use copydesk::domain::ids::SystemEntropy;
use copydesk::domain::instant::Instant;
use copydesk::problem::Problem;
use serde_json::{Value, json};

use crate::support::TestApp;
use crate::support::app::ManualClock;
use crate::support::database::url_of;
use crate::support::make::{DAY, bodies, comments_of, path_of, text, texts};
use crate::support::process::command;

/// A published comment of 2020, written some microseconds into that year.
fn comment(id: &str, body: &str, after: i64) -> ImportedComment {
    ImportedComment {
        source_id: id.to_owned(),
        sha256: [1; 32],
        parent: None,
        state: State::Published,
        author_name: "Sam".to_owned(),
        author_email: None,
        address: None,
        body: body.to_owned(),
        created_at: Instant::from_micros(1_577_836_800_000_000 + after),
        edited_at: None,
        source_version: None,
    }
}

/// Imports a comment on an article, below the one that was imported as `parent`.
async fn try_below(
    app: &TestApp,
    article: &Value,
    parent: Option<&'static str>,
    comment: ImportedComment,
) -> Result<CommentOutcome, Problem> {
    let on = [text(&article["slug"]).to_owned()];
    let db = app.db();
    let unit = db.write(move |conn, now| {
        let article = article_of(conn, &on)?.unwrap();
        let place = parent.map(|id| comments::below(conn, &article, id)).transpose()?;
        let parent = match place {
            Some(Below::It(id) | Below::Above(id)) => Some(id),
            Some(Below::Nobody) | None => None,
        };
        import(conn, &article, &ImportedComment { parent, ..comment }, &SystemEntropy, now)
    });
    unit.await
}

async fn below(app: &TestApp, article: &Value, parent: &'static str, comment: ImportedComment) {
    let outcome = try_below(app, article, Some(parent), comment).await.unwrap();
    assert_eq!(outcome, CommentOutcome::Created);
}

async fn add(app: &TestApp, article: &Value, comment: ImportedComment) -> CommentOutcome {
    try_below(app, article, None, comment).await.unwrap()
}

/// The thread of an article as readers see it.
async fn thread(app: &TestApp, article: &Value) -> Value {
    app.get(format!("{}?limit=100", comments_of(article))).ok().await
}

/// The same page by page, one comment each: `-` for the place of one that is not shown.
async fn read_through(app: &TestApp, article: &Value) -> Vec<String> {
    let (mut read, mut next) = (Vec::new(), String::new());
    loop {
        let page = app.get(format!("{}?limit=1{next}", comments_of(article))).ok().await;
        let items = page["items"].as_array().unwrap().iter();
        read.extend(items.map(|item| item["body"].as_str().unwrap_or("-").to_owned()));
        match page["next"].as_str() {
            Some(cursor) => next = format!("&cursor={cursor}"),
            None => return read,
        }
    }
}

/// `copydesk check` finds nothing.
fn is_sound(app: &TestApp) {
    let folder = tempfile::tempdir().unwrap();
    let mut check = command(folder.path());
    let output = check.env("DATABASE_URL", url_of(&app.location)).arg("check").output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && told.trim_end().ends_with("is sound."), "{output:?}");
}

#[actix_web::test]
async fn a_thread_is_in_the_order_of_time_whatever_came_first() {
    let app = TestApp::new().await;
    let article = app.article("A").await;
    app.comment(&article, "here 1").await;
    app.clock.advance(DAY);
    app.comment(&article, "here 2").await;
    let at = |body: &str, micros: i64| ImportedComment {
        created_at: Instant::from_micros(micros),
        ..comment(body, body, 0)
    };
    for one in [
        at("between", ManualClock::START + DAY / 2),
        comment("old 2", "old 2", 20),
        comment("old 1", "old 1", 10),
        at("to come", ManualClock::START + 9 * DAY),
        comment("old 3", "old 3", 30),
        at("before all", -5),
    ] {
        assert_eq!(add(&app, &article, one).await, CommentOutcome::Created);
    }
    below(&app, &article, "old 1", comment("reply 2", "reply 2", 18)).await;
    below(&app, &article, "old 1", comment("reply 1", "reply 1", 15)).await;
    below(&app, &article, "reply 2", comment("deeper", "deeper", 19)).await;
    // A reader goes on in an old thread.
    let list = thread(&app, &article).await;
    let old = list["items"].as_array().unwrap().iter().find(|item| item["body"] == "old 1");
    let reply = json!({"author_name": "Bo", "body": "reply 3", "parent_id": old.unwrap()["id"]});
    app.post(comments_of(&article), &reply).created().await;
    let want = [
        "before all", "old 1", "reply 1", "reply 2", "deeper", "reply 3", "old 2", "old 3",
        "here 1", "between", "here 2", "to come",
    ];
    let list = thread(&app, &article).await;
    assert_eq!(bodies(&list), want);
    assert_eq!(read_through(&app, &article).await, want);
    let flat = app.get(format!("{}?limit=100&order=oldest", comments_of(&article))).ok().await;
    let mut times = texts(&flat["items"], "created_at");
    assert_eq!(times[1], "2020-01-01T00:00:00.000010Z");
    assert!(times.is_sorted(), "{times:?}");
    times.dedup();
    assert_eq!(times.len(), want.len());
    let whole = app.get(path_of(&article)).ok().await;
    assert_eq!(whole["comment_count"], want.len());
    is_sound(&app);
}

/// Each level has a newer comment that came first.
#[actix_web::test]
async fn the_deepest_place_fits_a_cursor() {
    const LEVELS: [&str; 11] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10"];
    let app = TestApp::new().await;
    let article = app.article("A").await;
    let mut above = None;
    for level in LEVELS {
        let newer = comment(&format!("newer {level}"), "newer", 20);
        for one in [newer, comment(level, "older", 10)] {
            let outcome = try_below(&app, &article, above, one).await.unwrap();
            assert_eq!(outcome, CommentOutcome::Created);
        }
        above = Some(level);
    }
    // It stands beside what it replies to.
    below(&app, &article, above.unwrap(), comment("11", "too deep", 30)).await;
    let read = read_through(&app, &article).await;
    let mut want = [["older"; LEVELS.len()], ["newer"; LEVELS.len()]].concat();
    want.insert(LEVELS.len() + 1, "too deep");
    assert_eq!(read, want);
    is_sound(&app);
}

#[actix_web::test]
async fn a_comment_is_shown_as_its_source_showed_it() {
    let app = TestApp::new().await;
    let article = app.article("A").await;
    let states = [
        ("1", State::Published),
        ("2", State::Pending),
        ("3", State::Rejected),
        ("4", State::Spam),
        ("5", State::Removed),
        ("6", State::Removed),
    ];
    for (id, state) in states {
        let one = ImportedComment {
            state,
            author_email: Some("sam@site.example".to_owned()),
            address: Some("192.0.2.1".parse().unwrap()),
            ..comment(id, state.word(), 0)
        };
        assert_eq!(add(&app, &article, one).await, CommentOutcome::Created);
    }
    assert_eq!(bodies(&thread(&app, &article).await), ["published"]);
    // Replies keep the places of those that are not shown.
    let nameless = ImportedComment { author_name: String::new(), ..comment("7", "below", 1) };
    below(&app, &article, "5", nameless).await;
    below(&app, &article, "2", ImportedComment { state: State::Pending, ..comment("8", "x", 1) })
        .await;
    below(&app, &article, "8", comment("9", "deeper", 2)).await;
    let list = thread(&app, &article).await;
    let items = list["items"].as_array().unwrap();
    let shape = |item: &Value| (item["body"].clone(), item["state"].clone());
    let tombstone = (Value::Null, json!("removed"));
    let want = [
        (json!("published"), json!("published")),
        tombstone.clone(),
        tombstone.clone(),
        (json!("deeper"), json!("published")),
        tombstone,
        (json!("below"), json!("published")),
    ];
    assert_eq!(items.iter().map(shape).collect::<Vec<_>>(), want);
    assert_eq!((&items[1]["author_name"], &items[5]["author_name"]), (&Value::Null, &json!("")));
    let waiting = app.key().get("/v1/comments?state=pending").ok().await;
    assert_eq!(bodies(&waiting), ["pending", "x"]);
    let first = &waiting["items"][0];
    assert_eq!(
        (&first["held_by"], &first["author_email"]),
        (&json!("moderator"), &json!("sam@site.example"))
    );
    // Nothing is left of what was deleted there, so no moderator can show it.
    assert_eq!(app.key().get("/v1/comments?state=removed&count=true").ok().await["total"], 0);
    let left = "select count(*) as n from comments where state = 'removed' and (body <> '' or author_name <> '' or author_email is not null)";
    assert_eq!(app.count(left), 0);
    assert_eq!(app.count("select count(*) as n from comment_addresses"), 4);
    assert_eq!(app.get(path_of(&article)).ok().await["comment_count"], 3);
    is_sound(&app);
}

#[actix_web::test]
async fn a_second_import_changes_only_what_was_changed_there() {
    let app = TestApp::new().await;
    let article = app.article("A").await;
    let first = comment("1", "first", 0);
    assert_eq!(add(&app, &article, first.clone()).await, CommentOutcome::Created);
    let before = thread(&app, &article).await;
    let same = ImportedComment { body: "its digest decides".to_owned(), ..first.clone() };
    assert_eq!(add(&app, &article, same).await, CommentOutcome::Unchanged);
    assert_eq!(thread(&app, &article).await, before);
    let id = text(&before["items"][0]["id"]).to_owned();
    let edited = |digest: u8, state, author: &str, body: &str| ImportedComment {
        sha256: [digest; 32],
        state,
        author_name: author.to_owned(),
        body: body.to_owned(),
        ..first.clone()
    };
    let (shown, gone, waits) = (State::Published, State::Removed, State::Pending);
    for (number, (state, author, body, outcome)) in (2..).zip([
        (shown, "Sam", "first", CommentOutcome::Unchanged),
        (shown, "Sam", "second", CommentOutcome::Updated),
        (shown, "Bo", "second", CommentOutcome::Updated),
        (waits, "Bo", "second", CommentOutcome::Updated),
        (shown, "Bo", "third", CommentOutcome::Updated),
        (gone, "", "", CommentOutcome::Updated),
        (gone, "Bo", "third", CommentOutcome::Unchanged),
        (shown, "Bo", "third", CommentOutcome::Updated),
    ]) {
        let one = edited(number, state, author, body);
        assert_eq!(add(&app, &article, one.clone()).await, outcome, "{number}");
        assert_eq!(add(&app, &article, one).await, CommentOutcome::Unchanged, "{number}");
        let list = thread(&app, &article).await;
        match state {
            State::Published => {
                let item = &list["items"][0];
                assert_eq!(
                    (&item["id"], &item["author_name"], &item["body"]),
                    (&json!(id), &json!(author), &json!(body))
                );
            }
            _ => assert_eq!(bodies(&list), [""; 0]),
        }
    }
    let history = app.key().get(format!("/v1/comments/{id}/history")).ok().await;
    let by: Vec<&str> = texts(&history["items"], "actor");
    assert_eq!(by, ["import"; 7]);
    let told = app.get("/v1/changes?limit=100&types=comment").ok().await;
    let want = [
        "comment.published", "comment.edited", "comment.edited", "comment.removed",
        "comment.published", "comment.removed", "comment.published",
    ];
    assert_eq!(texts(&told["items"], "type"), want);
    assert_eq!(app.get(path_of(&article)).ok().await["comment_count"], 1);
    is_sound(&app);
}

/// A deletion stays, whatever order the states of a source come in.
#[actix_web::test]
async fn an_older_state_brings_nothing_back() {
    let app = TestApp::new().await;
    let article = app.article("A").await;
    let as_of = |digest: u8, state, source_version| ImportedComment {
        sha256: [digest; 32],
        state,
        source_version,
        ..comment("1", "first", 0)
    };
    let (shown, gone, waits) = (State::Published, State::Removed, State::Pending);
    for (digest, state, version, outcome) in [
        (1, shown, Some(10), CommentOutcome::Created),
        (1, shown, Some(20), CommentOutcome::Unchanged),
        (2, gone, Some(15), CommentOutcome::Older),
        (3, waits, Some(20), CommentOutcome::Updated),
        (1, shown, Some(20), CommentOutcome::Updated),
        (2, gone, Some(20), CommentOutcome::Updated),
        // Of one instant, what is taken down is the newer.
        (1, shown, Some(20), CommentOutcome::Older),
        (1, shown, Some(19), CommentOutcome::Older),
        (1, shown, Some(21), CommentOutcome::Updated),
    ] {
        let done = add(&app, &article, as_of(digest, state, version)).await;
        assert_eq!(done, outcome, "{digest} {version:?}");
    }
    assert_eq!(bodies(&thread(&app, &article).await), ["first"]);
    is_sound(&app);
}

#[actix_web::test]
async fn what_was_done_here_stays() {
    let app = TestApp::new().await;
    let article = app.article("A").await;
    for id in ["1", "2", "3"] {
        add(&app, &article, comment(id, id, 0)).await;
    }
    let list = thread(&app, &article).await;
    let ids = texts(&list["items"], "id");
    let spam = json!({"state": "spam", "reason": "Sells boats."});
    app.key().patch(format!("/v1/comments/{}", ids[0]), spam).ok().await;
    app.key().post("/v1/comments/erase", json!({"ids": [ids[1]]})).ok().await;
    app.key().delete(format!("/v1/comments/{}", ids[2])).done().await;
    for (id, outcome) in [
        ("1", CommentOutcome::EditedHere),
        ("2", CommentOutcome::Gone),
        ("3", CommentOutcome::EditedHere),
    ] {
        let same = comment(id, id, 0);
        assert_eq!(add(&app, &article, same).await, CommentOutcome::Unchanged);
        let edited = ImportedComment { sha256: [2; 32], ..comment(id, "edited there", 0) };
        assert_eq!(add(&app, &article, edited).await, outcome);
    }
    assert_eq!(bodies(&thread(&app, &article).await), [""; 0]);
    assert_eq!(app.count("select count(*) as n from comments where body = 'edited there'"), 0);
    is_sound(&app);
    // What is purged takes along what was known of it.
    app.key().delete(format!("{}?purge=true", path_of(&article))).done().await;
    assert_eq!(app.count("select count(*) as n from imported_comments"), 0);
}

#[actix_web::test]
async fn what_breaks_a_rule_is_refused_whole() {
    let app = TestApp::new().await;
    let (article, other) = (app.article("A").await, app.article("B").await);
    add(&app, &article, comment("1", "first", 0)).await;
    for (one, pointer) in [
        (comment("2", "", 1), "/body"),
        (comment("2", "a\u{7}b", 1), "/body"),
        (ImportedComment { author_name: "a".repeat(81), ..comment("2", "b", 1) }, "/author_name"),
        (
            ImportedComment { author_email: Some("sam".to_owned()), ..comment("2", "b", 1) },
            "/author_email",
        ),
    ] {
        let problem = try_below(&app, &article, None, one).await.unwrap_err();
        let faults = problem.member("errors").unwrap();
        assert_eq!(faults[0]["pointer"], pointer, "{faults}");
    }
    assert_eq!(app.count("select count(*) as n from comments"), 1);
    // A reply to what is on another article stands at the top.
    below(&app, &other, "1", comment("2", "elsewhere", 1)).await;
    assert_eq!(bodies(&thread(&app, &other).await), ["elsewhere"]);
}
