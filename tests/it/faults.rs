//! Faults below the API: what is answered is what is stored, in both directions, whatever the
//! database makes of a transaction.

use std::process::Command;
use std::sync::mpsc;

use copydesk::db::{Conn, Db};
use copydesk::domain::instant::Instant;
use copydesk::problem::{Code, Problem};
use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use diesel::sql_types::Text;
use futures_util::FutureExt as _;
use futures_util::future::{LocalBoxFuture, join_all};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::json;

use crate::support::TestApp;
use crate::support::app::KEY;
use crate::support::database::file_of;
use crate::support::process::{Server, command, try_send};

/// What one unit of the writer does.
#[derive(Clone, Copy, Debug)]
enum Turn {
    /// Writes a thing of its own.
    Write,
    /// Writes, then refuses itself.
    Refuse,
    /// Writes, then panics.
    Panic,
    /// Writes the thing of a number, or says whose it is.
    Take(u8),
    /// Writes, then meets a full disk: SQLite rolls the whole transaction back.
    FullDisk,
    /// Writes, then meets a fault that does the same.
    Rollback,
    /// Meets a fault that undoes its own statement only.
    Abort,
}

/// The things of the test are keys of disclaimers.
fn insert(conn: &mut SqliteConnection, key: &str) -> QueryResult<()> {
    conn.batch_execute(&format!(
        "insert into disclaimers (public_id, key, version, created_at, updated_at) values ('{key}', '{key}', 1, 1, 1)"
    ))
}

#[derive(QueryableByName)]
struct Key {
    #[diesel(sql_type = Text)]
    key: String,
}

fn keys(conn: &mut SqliteConnection) -> QueryResult<Vec<String>> {
    let rows = diesel::sql_query("select key from disclaimers order by id").load::<Key>(conn)?;
    Ok(rows.into_iter().map(|row| row.key).collect())
}

/// Triggers that stand for a disk and a database at fault.
const TRIGGERS: &str =
    "create trigger full_disk before insert on disclaimers when new.key like 'full%'
    begin select raise(rollback, 'database or disk is full'); end;
create trigger rolled_back before insert on disclaimers when new.key like 'rollback%'
    begin select raise(rollback, 'disk I/O error'); end;
create trigger aborted before insert on disclaimers when new.key like 'abort%'
    begin select raise(abort, 'disk I/O error'); end;";

fn unit(db: &Db, number: usize, turn: Turn) -> LocalBoxFuture<'_, Result<String, Problem>> {
    let own = format!("own-{number}");
    let work = move |conn: &mut Conn, _: Instant| -> Result<String, Problem> {
        let conn = file_of(conn);
        let meets = |conn: &mut SqliteConnection, fault: &str| {
            insert(conn, &own)?;
            insert(conn, fault)?;
            Ok::<_, Problem>(own.clone())
        };
        match turn {
            Turn::Write => insert(conn, &own)?,
            Turn::Refuse => {
                insert(conn, &own)?;
                return Err(Problem::plain(Code::InvalidTransition));
            }
            Turn::Panic => {
                insert(conn, &own)?;
                panic!("a unit panics, as the test wants it");
            }
            Turn::Take(number) => {
                let key = format!("shared-{number}");
                if keys(conn)?.contains(&key) {
                    return Err(Problem::new(Code::SlugTaken, key));
                }
                insert(conn, &key)?;
                return Ok(key);
            }
            Turn::FullDisk => return meets(conn, "full"),
            Turn::Rollback => return meets(conn, "rollback"),
            Turn::Abort => return meets(conn, "abort"),
        }
        Ok(own)
    };
    Box::pin(db.write(work))
}

/// Runs units in one group, and gives their answers.
async fn run(db: &Db, turns: &[Turn]) -> Vec<Result<String, Problem>> {
    let (release, held) = mpsc::channel::<()>();
    let (runs, running) = mpsc::channel::<()>();
    // The writer waits in the first unit, in a group of its own, until all the others stand in its queue.
    let mut first = Box::pin(db.write(move |_, _| {
        let _ = (runs.send(()), held.recv());
        Ok(())
    }));
    assert!((&mut first).now_or_never().is_none());
    running.recv().unwrap();
    let units = turns.iter().enumerate();
    let mut all = Box::pin(join_all(units.map(|(number, turn)| unit(db, number, *turn))));
    assert!((&mut all).now_or_never().is_none());
    release.send(()).unwrap();
    first.await.unwrap();
    all.await
}

/// No answer differs from what is stored.
async fn check(turns: &[Turn]) {
    let app = TestApp::in_file().await;
    let db = app.db();
    db.write(|conn, _| Ok(conn.batch_execute(TRIGGERS)?)).await.unwrap();
    let answers = run(&db, turns).await;
    let stored = db.read(|conn| Ok(keys(file_of(conn))?)).unwrap();
    let written: Vec<&String> = answers.iter().filter_map(|answer| answer.as_ref().ok()).collect();
    assert_eq!(stored.iter().collect::<Vec<_>>(), written, "{turns:?}");
    let codes: Vec<_> =
        answers.iter().map(|answer| answer.as_ref().err().map(Problem::code)).collect();
    for (number, (turn, answer)) in turns.iter().zip(&answers).enumerate() {
        let Err(problem) = answer else { continue };
        let (code, takes_down) = (problem.code(), [Turn::FullDisk, Turn::Rollback]);
        let later = &turns[number + 1..];
        let meets_later = later.iter().any(|turn| {
            takes_down.iter().any(|one| std::mem::discriminant(one) == std::mem::discriminant(turn))
        });
        let undone = meets_later && matches!(code, Code::StorageFull | Code::Overloaded);
        let own = match turn {
            Turn::Write => false,
            Turn::Refuse => code == Code::InvalidTransition,
            Turn::Panic | Turn::Rollback | Turn::Abort => code == Code::Internal,
            Turn::FullDisk => code == Code::StorageFull,
            // It was told that another has it: that must be true.
            Turn::Take(_) => {
                code == Code::SlugTaken && stored.contains(&problem.detail().to_owned())
            }
        };
        assert!(own || undone, "{number} of {turns:?}: {codes:?}");
    }
    // And the writer goes on.
    db.write(|conn, _| Ok(insert(file_of(conn), "after")?)).await.unwrap();
}

#[actix_web::test]
async fn a_fault_that_rolls_a_group_back_is_told_to_all_that_it_undid() {
    use Turn::{FullDisk, Refuse, Rollback, Take, Write};
    check(&[Write, Write, FullDisk, Write, Write]).await;
    check(&[Write, Rollback, Write, Rollback, Rollback, Write]).await;
    check(&[FullDisk, Write]).await;
    check(&[Write, FullDisk]).await;
    // Whoever was refused for what another wrote hears of the fault as well.
    check(&[Take(1), Take(1), FullDisk, Take(1), Take(1)]).await;
    check(&[Refuse, Take(2), Refuse, Rollback]).await;
}

#[test]
fn no_answer_differs_from_what_is_stored() {
    let turn = prop_oneof![
        4 => Just(Turn::Write),
        2 => Just(Turn::Refuse),
        1 => Just(Turn::Panic),
        3 => (0_u8..3).prop_map(Turn::Take),
        1 => Just(Turn::FullDisk),
        1 => Just(Turn::Rollback),
        1 => Just(Turn::Abort),
    ];
    let turns = prop::collection::vec(turn, 1..40);
    let config = Config { cases: 60, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new(config);
    runner
        .run(&turns, |turns| {
            actix_web::rt::System::new().block_on(check(&turns));
            Ok(())
        })
        .unwrap();
}

#[actix_web::test]
async fn over_http_those_that_were_undone_are_told_so() {
    let app = TestApp::in_file().await;
    let trigger = "create trigger full_disk before insert on articles when new.title = 'Too much'
        begin select raise(rollback, 'database or disk is full'); end";
    app.db().write(move |conn, _| Ok(conn.batch_execute(trigger)?)).await.unwrap();
    let posts = (0..40).map(|number| {
        let title = if number % 7 == 3 { "Too much" } else { "Fine" };
        app.key().post("/v1/articles", json!({"title": title, "state": "published"})).send()
    });
    let answers = join_all(posts).await;
    let mut told = 0;
    for answer in &answers {
        match answer.status {
            201 => told += 1,
            507 => assert_eq!(answer.json()["code"], "storage_full"),
            other => panic!("{other}: {}", answer.text()),
        }
    }
    assert_eq!(app.get("/v1/articles?count=true").ok().await["total"], told);
    for answer in answers.into_iter().filter(|answer| answer.status == 201) {
        app.get(answer.header("location")).ok().await;
    }
}

/// A file that may not grow: a real fault of writing, in the middle of transactions.
#[test]
fn a_disk_that_takes_no_more_loses_nothing_and_keeps_nothing_that_was_refused() {
    let dir = tempfile::tempdir().unwrap();
    // Made before, so that the limit is met by writes and not by the start.
    assert!(command(dir.path()).arg("migrate").output().unwrap().status.success());
    let mut limited = Command::new("sh");
    // In blocks of 512 bytes (POSIX): 3 MiB. The signal that goes with it would end the process.
    let script = "trap '' XFSZ; ulimit -f 6144; exec \"$0\" \"$@\"";
    limited
        .args(["-c", script, env!("CARGO_BIN_EXE_copydesk")])
        .current_dir(dir.path())
        .env("RUST_LOG", "off");
    crate::support::process::without_settings(&mut limited);
    let server = Server::of(limited, 1, &[("COPYDESK_ADMIN_KEY", KEY)]);
    let address = server.address.clone();
    let writers: Vec<_> = (0..8)
        .map(|writer| {
            let address = address.clone();
            std::thread::spawn(move || {
                let mut answers = Vec::new();
                for number in 0..12 {
                    let slug = format!("w{writer}-{number}");
                    let body = json!({"title": "T", "slug": slug, "state": "published", "body": "x".repeat(60_000)});
                    let answer = try_send(&address, "POST", "/v1/articles", KEY, &body.to_string());
                    answers.push((slug, answer.expect("an answer").0));
                }
                answers
            })
        })
        .collect();
    let answers: Vec<(String, u16)> =
        writers.into_iter().flat_map(|writer| writer.join().unwrap()).collect();
    let count = |wanted: u16| answers.iter().filter(|(_, status)| *status == wanted).count();
    assert!(count(201) > 0, "{answers:?}");
    assert!(count(201) < answers.len(), "the limit was met: {answers:?}");
    let stored = |server: &Server| {
        for (slug, status) in &answers {
            let read = server.send("GET", &format!("/v1/articles/{slug}"), KEY, "").0;
            assert_eq!(read == 200, *status == 201, "{slug} was answered {status}");
        }
    };
    stored(&server);
    drop(server);
    // Killed, and started without the limit.
    let again = Server::start(dir.path(), 1, &[("COPYDESK_ADMIN_KEY", KEY)]);
    stored(&again);
}

/// `mv new.db copydesk.db` beneath a running server: no write is answered that nobody finds again.
#[test]
fn a_file_that_is_replaced_beneath_the_server_takes_no_writes_with_it() {
    use std::fs;
    let dir = tempfile::tempdir().unwrap();
    let other = tempfile::tempdir().unwrap();
    assert!(command(other.path()).arg("migrate").output().unwrap().status.success());
    let log = fs::File::create(dir.path().join("log")).unwrap();
    let mut program = command(dir.path());
    program.env("RUST_LOG", "error").stderr(log);
    let server = Server::of(program, 1, &[("COPYDESK_ADMIN_KEY", KEY)]);
    let write = |title: &str| {
        let body = json!({"title": title, "state": "published"}).to_string();
        server.send("POST", "/v1/articles", KEY, &body)
    };
    let ready = || server.send("GET", "/readyz", KEY, "").0;
    assert_eq!((write("Before").0, ready()), (201, 200));
    let (path, aside) = (dir.path().join("copydesk.db"), dir.path().join("aside.db"));
    let log_path = dir.path().join("copydesk.db-wal");
    let refused = |about: &str| {
        for _ in 0..3 {
            let (status, body) = write("Lost");
            assert_eq!((status, &body["code"]), (503, &json!("database_replaced")), "{about}");
        }
        assert_eq!(ready(), 503, "{about}");
        assert_eq!(server.send("GET", "/v1/articles/before", KEY, "").0, 200, "{about}");
    };
    fs::rename(&path, &aside).unwrap();
    refused("moved away");
    fs::copy(other.path().join("copydesk.db"), &path).unwrap();
    refused("another in its place");
    fs::rename(&aside, &path).unwrap();
    assert_eq!((write("Back").0, ready()), (201, 200));
    // The log holds what was answered and is not in the file yet.
    let log_aside = dir.path().join("log-aside");
    fs::rename(&log_path, &log_aside).unwrap();
    refused("without its log");
    fs::rename(&log_aside, &log_path).unwrap();
    assert_eq!((write("Again").0, ready()), (201, 200));
    let told = fs::read_to_string(dir.path().join("log")).unwrap();
    let lines = told.lines().filter(|line| line.contains("while it is served")).count();
    assert_eq!(lines, 2, "one line a loss: {told}");
    let list = server.send("GET", "/v1/articles?count=true", KEY, "").1;
    assert_eq!(list["total"], 3);
}

/// A file that takes the place of the served one is served as it is at the next start: the old one's
/// log is not read into it, and not lost.
#[test]
fn the_log_of_a_replaced_file_is_put_aside() {
    use std::fs;
    let article = |title: &str| json!({"title": title, "state": "published"}).to_string();
    let fill = |dir: &std::path::Path, title: &str| {
        let mut server = Server::start(dir, 1, &[("COPYDESK_ADMIN_KEY", KEY)]);
        for _ in 0..30 {
            assert_eq!(server.send("POST", "/v1/articles", KEY, &article(title)).0, 201);
        }
        assert!(server.signal("-TERM").success());
    };
    let (dir, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    fill(dir.path(), "Old");
    fill(other.path(), "New");
    let (path, aside) = (dir.path().join("copydesk.db"), dir.path().join("old.db"));
    let mut server = Server::start(dir.path(), 1, &[("COPYDESK_ADMIN_KEY", KEY)]);
    assert_eq!(server.send("POST", "/v1/articles", KEY, &article("Late")).0, 201);
    fs::rename(&path, &aside).unwrap();
    fs::copy(other.path().join("copydesk.db"), &path).unwrap();
    assert!(server.signal("-TERM").success());
    let total = |dir: &std::path::Path| {
        let server = Server::start(dir, 1, &[("COPYDESK_ADMIN_KEY", KEY)]);
        let list = server.send("GET", "/v1/articles?count=true&limit=1&fields=title", KEY, "").1;
        (list["items"][0]["title"].clone(), list["total"].clone())
    };
    assert_eq!(total(dir.path()), (json!("New"), json!(30)));
    // With its log beside it the old one is whole, with what was answered last.
    let again = tempfile::tempdir().unwrap();
    fs::copy(&aside, again.path().join("copydesk.db")).unwrap();
    let entries = fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().path());
    let log = entries.filter(|path| path.to_string_lossy().contains("-wal-of-"));
    let log = log.collect::<Vec<_>>();
    assert_eq!(log.len(), 1, "{log:?}");
    fs::copy(&log[0], again.path().join("copydesk.db-wal")).unwrap();
    assert_eq!(total(again.path()), (json!("Late"), json!(31)));
}
