//! The storage platform: what a write promises, and what a search may not do.

use std::time::Duration;

use copydesk::db::{self, Conn, Db, Location, Options, Run, Shared, within_deadline};
use copydesk::domain::instant::{Instant, SystemClock};
use copydesk::problem::Code;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer};
use futures_util::future::join_all;
use serde_json::json;

use crate::support::TestApp;
use crate::support::app::{ManualClock, Setup};
use crate::support::database::{file_of, fresh_database};
use crate::support::process::{Server, try_send_with};

#[test]
fn the_sqlite_inside_is_the_one_that_was_asked_for() {
    db::assert_sqlite().unwrap();
    let mut conn = SqliteConnection::establish(":memory:").unwrap();
    let version = db::sqlite_version(&mut conn).unwrap();
    assert!(version.starts_with("3.5"), "{version}");
    let options = db::compile_options(&mut conn).unwrap();
    for wanted in [
        "ENABLE_QPSG", "DEFAULT_MEMSTATUS=0", "LIKE_DOESNT_MATCH_BLOBS", "OMIT_SHARED_CACHE",
        "ENABLE_FTS5",
    ] {
        assert!(options.iter().any(|option| option == wanted), "{wanted} in {options:?}");
    }
    for unwanted in ["ENABLE_STAT4", "ENABLE_MEMORY_MANAGEMENT"] {
        assert!(!options.iter().any(|option| option == unwanted), "{unwanted}");
    }
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = Integer)]
    n: i32,
}

#[actix_web::test]
async fn a_write_is_durable_and_a_reader_cannot_write() {
    let app = TestApp::in_file().await;
    let number = |sql: &'static str| {
        move |conn: &mut Conn| {
            Ok(RunQueryDsl::get_result::<Number>(diesel::sql_query(sql), file_of(conn))?.n)
        }
    };
    let sync = app
        .db()
        .write(move |conn, _| number("select synchronous as n from pragma_synchronous")(conn))
        .await
        .unwrap();
    assert_eq!(sync, 2, "synchronous is full");
    let keys = app
        .db()
        .write(move |conn, _| number("select foreign_keys as n from pragma_foreign_keys")(conn))
        .await
        .unwrap();
    assert_eq!(keys, 1);
    let refused =
        app.db().read(|conn| Ok(conn.batch_execute("delete from articles")?)).unwrap_err();
    assert_eq!(refused.code(), Code::DatabaseReadOnly);
}

#[actix_web::test]
async fn units_commit_together_and_fail_alone() {
    let app = TestApp::new().await;
    let db = app.db();
    let units = (0..100_i64).map(|number| {
        db.write(move |conn, at| {
            let sql = format!("insert into article_history (article_id, version, event, actor, at) values (1, {number}, 'edited', 'x', 1)");
            // Every third unit writes and then fails: nothing of it may stay.
            conn.batch_execute(&format!("insert into disclaimers (public_id, key, version, created_at, updated_at) values ('d{number}', 'k{number}', 1, 1, 1)"))?;
            if number % 3 == 0 {
                conn.batch_execute(&sql)?;
            }
            Ok(at)
        })
    });
    let results = join_all(units).await;
    let mut instants: Vec<Instant> = Vec::new();
    for (number, result) in results.into_iter().enumerate() {
        match result {
            Ok(at) => instants.push(at),
            Err(problem) => {
                assert_eq!(
                    (number % 3, problem.code()),
                    (0, Code::Internal),
                    "a foreign key fails"
                );
            }
        }
    }
    assert_eq!(instants.len(), 66);
    assert!(
        instants.windows(2).all(|pair| pair[0] < pair[1]),
        "one order, though the clock stands still"
    );
    assert_eq!(app.get("/v1/disclaimers?count=true&limit=1&fields=key").ok().await["total"], 66);
}

#[actix_web::test]
async fn history_has_one_order_even_if_the_clock_steps_back() {
    let app = TestApp::new().await;
    app.clock.advance(1_000_000);
    let first = app.article("First").await;
    app.clock.advance(-5_000_000);
    let second = app.article("Second").await;
    assert_eq!(first["created_at"], "2026-11-22T10:00:01.000000Z");
    assert_eq!(second["created_at"], "2026-11-22T10:00:01.000001Z");
    // Another process that opens the file goes on from there.
    let clock = std::sync::Arc::new(copydesk::domain::instant::SystemClock);
    let shared = Shared::open(&app.location, Options::default(), clock).unwrap();
    let at = db::Db::new(&shared).unwrap().write(|_, at| Ok(at)).await.unwrap();
    assert!(
        at > Instant::from_micros(ManualClock::START + 1_000_001)
            || at.as_micros() == ManualClock::START + 1_000_002
    );
}

#[actix_web::test]
async fn a_search_ends_at_its_deadline() {
    let options = Options { search_deadline: Duration::from_millis(30), ..Options::default() };
    let app = TestApp::with(Setup { options: Some(options), ..Setup::default() }).await;
    let endless = "with recursive n(i) as (select cast(1 as bigint) union all select i + 1 from n) select count(*) as n from n where within_deadline()";
    let problem = app
        .db()
        .search(move |conn| Ok(Run::get_result::<Big>(diesel::sql_query(endless), conn)?.n))
        .await
        .unwrap_err();
    assert_eq!(problem.code(), Code::Overloaded);
    // The thread and its connection live on, and outside of a search there is no deadline.
    let one = app
        .db()
        .search(|conn| Ok(Run::get_result::<bool>(diesel::select(within_deadline()), conn)?))
        .await
        .unwrap();
    assert!(one);
    let panicked = app.db().search::<()>(|_| panic!("as this test wants it")).await.unwrap_err();
    assert_eq!(panicked.code(), Code::Internal);
    assert_eq!(app.get("/v1/articles?count=true").ok().await["total"], 0);
}

#[actix_web::test]
async fn a_full_queue_is_told_and_loses_nothing() {
    let options = Options { write_queue: 1, ..Options::default() };
    let app = TestApp::with(Setup { options: Some(options), ..Setup::default() }).await;
    let posts = (0..64).map(|number| {
        app.key()
            .post("/v1/articles", json!({"title": format!("n{number}"), "state": "published"}))
            .send()
    });
    let statuses: Vec<u16> = join_all(posts).await.iter().map(|answer| answer.status).collect();
    let created = statuses.iter().filter(|status| **status == 201).count();
    assert!(
        created > 0 && statuses.iter().all(|status| matches!(status, 201 | 503)),
        "{statuses:?}"
    );
    assert_eq!(app.get("/v1/articles?count=true").send().await.json()["total"], created);
}

#[actix_web::test]
async fn who_waits_behind_a_lock_is_told_with_the_first() {
    let options = Options { busy_timeout: Duration::from_millis(300), ..Options::default() };
    let app = TestApp::with(Setup { options: Some(options), ..Setup::default() }).await;
    let other = app.write_beside();
    let posts = (0..8).map(|_| app.key().post("/v1/articles", json!({"title": "B"})).send());
    let statuses: Vec<u16> = join_all(posts).await.iter().map(|answer| answer.status).collect();
    assert_eq!(statuses, [503; 8]);
    // They have waited once, and not one after the other.
    let metrics = app.key().get("/metrics").expect(200).await;
    assert!(metrics.text().contains("\ncopydesk_write_transaction_failures_total 1\n"));
    drop(other);
    app.article("B").await;
}

#[actix_web::test]
async fn a_deadline_is_asked_at_every_row() {
    let app = TestApp::new().await;
    app.article("A").await;
    let db = app.db();
    let count = db.search(|conn| {
        let sql = "select count(*) as n from articles where within_deadline()";
        Ok(Run::get_result::<Big>(diesel::sql_query(sql), conn)?.n)
    });
    assert_eq!(count.await.unwrap(), 1);
}

#[derive(QueryableByName)]
struct Big {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

#[test]
fn what_is_purged_is_not_in_the_file_any_more() {
    let dir = tempfile::tempdir().unwrap();
    let key = "test-key-0123456789";
    let mut server = Server::start(dir.path(), 3, &[("COPYDESK_ADMIN_KEY", key)]);
    let body = r#"{"title":"T","slug":"t","body":"XYZZY-one","state":"published"}"#;
    let once = "Idempotency-Key: once\r\n";
    let made = try_send_with(&server.address, "POST", "/v1/articles", key, once, body);
    assert_eq!(made.unwrap().0, 201);
    let edit = r#"{"body":"XYZZY-two"}"#;
    assert_eq!(server.send("PATCH", "/v1/articles/t", key, edit).0, 200);
    assert_eq!(server.send("DELETE", "/v1/articles/t?purge=true", key, "").0, 204);
    assert!(server.signal("-TERM").success());
    let file = std::fs::read(dir.path().join("copydesk.db")).unwrap();
    assert!(!file.windows(5).any(|window| window == b"XYZZY"));
}

#[actix_web::test]
async fn the_last_one_to_close_takes_the_log_back() {
    // Two that close at the same moment would each leave it to the other.
    for turn in 0..40 {
        let (_dir, path) = fresh_database();
        let clock = std::sync::Arc::new(SystemClock);
        let shared =
            Shared::open(&Location::File(path.clone()), Options::default(), clock).unwrap();
        let db = Db::new(&shared).unwrap();
        db.write(|conn, _| Ok(conn.batch_execute("update history_clock set last_at = 1")?))
            .await
            .unwrap();
        drop(db);
        drop(shared);
        let log = path.with_file_name("test.db-wal");
        assert!(!log.exists(), "the log is left after {turn} times");
    }
}
