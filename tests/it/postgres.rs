//! What a database on a server alone has: several programs on it, its refusals, a replica, and the way there and back.
//! Skipped where `COPYDESK_TEST_SERVER` names none; the rest of the suite runs there as well.

use std::collections::BTreeSet;
use std::process::Output;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use copydesk::app::Parts;
use copydesk::commands::exit;
use copydesk::db::{self, Location, Options, Reason, Server as DatabaseServer, TABLES};
use copydesk::domain::ids::SystemEntropy;
use futures_util::future::join_all;
use serde_json::json;

use crate::support::TestApp;
use crate::support::app::{KEY, Setup};
use crate::support::database::{
    Kept, administer, connect, empty_on_server, fresh, fresh_file, server, url_of,
};
use crate::support::make::{path_of, text};
use crate::support::process::{Server, command};

/// Returns from the test, visibly, where there is no server.
macro_rules! on_server {
    () => {
        if server().is_none() {
            return eprintln!("skipped, for want of COPYDESK_TEST_SERVER");
        }
    };
}

/// Starts a server on a database.
fn start(location: &Location, arguments: &[&str]) -> Server {
    let folder = tempfile::tempdir().unwrap();
    let mut command = command(folder.path());
    command.env("DATABASE_URL", url_of(location)).args(arguments);
    Server::of(command, 1, &[("COPYDESK_ADMIN_KEY", KEY)])
}

/// Runs a command on a database, and takes the time.
fn run(url: &str, arguments: &[&str]) -> (Output, Duration) {
    let folder = tempfile::tempdir().unwrap();
    let mut command = command(folder.path());
    let began = Instant::now();
    let output = command
        .env("DATABASE_URL", url)
        .env("RUST_LOG", "trace")
        .args(["--listen", "127.0.0.1:0"])
        .args(arguments)
        .output()
        .unwrap();
    (output, began.elapsed())
}

/// The command ends soon, with the exit code of a reason, a sentence that has some words in it, and no password.
fn is_refused(url: &str, arguments: &[&str], reason: Reason, words: &str) {
    let (output, took) = run(url, arguments);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(exit::of(reason).code.into()), "{arguments:?}: {said}");
    assert!(said.contains(words), "{words} in {said}");
    assert!(!said.contains("s3cret"), "{said}");
    assert!(took < Duration::from_secs(5), "{took:?}");
}

#[test]
fn a_server_that_is_not_there_is_told_of() {
    // A port on which nobody listens: one that was free a moment ago.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let url = format!("postgres://anna:s3cret@127.0.0.1:{free}/news");
    for arguments in [&["serve"][..], &["migrate"], &["check"], &["key", "list"]] {
        is_refused(&url, arguments, Reason::Unreachable, "cannot be reached");
    }
    let two = format!("postgres://anna:s3cret@127.0.0.1:{free},localhost:{free}/news");
    is_refused(&two, &["migrate"], Reason::Unreachable, "start it, or name another");
}

#[test]
fn what_works_on_files_alone_says_so() {
    let url = "postgres://anna:s3cret@127.0.0.1:9/news";
    for (arguments, words) in [
        (&["backup", "x.db"][..], "pg_dump"),
        (&["restore", "x.db"], "pg_restore"),
        (&["compact"], "vacuum"),
    ] {
        is_refused(url, arguments, Reason::ForFiles, words);
    }
    let (output, _) = run("news.db", &["serve", "--replica-url", url]);
    assert_eq!(output.status.code(), Some(exit::USAGE.code.into()), "{output:?}");
    let (output, _) = run(url, &["serve", "--backup-dir", "backups"]);
    assert_eq!(output.status.code(), Some(exit::USAGE.code.into()), "{output:?}");
}

#[test]
fn a_server_that_refuses_is_told_of() {
    on_server!();
    let (location, _kept) = fresh();
    let url = url_of(&location);
    let nobody = url.replacen("copydesk@", "nobody_at_all:s3cret@", 1);
    is_refused(&nobody, &["serve"], Reason::Refused, "refuses the connection");
    let elsewhere = format!("{url}_that_is_not_there");
    is_refused(&elsewhere, &["serve"], Reason::Refused, "does not exist");
    is_refused(&elsewhere, &["check"], Reason::Refused, "does not exist");
}

#[test]
fn a_database_of_another_program_is_left_alone() {
    on_server!();
    let (location, _kept) = empty_on_server();
    let url = url_of(&location);
    // What an extension brings is nobody's: managed servers come with some.
    let has_one = connect(&location).batch_execute("create extension pg_stat_statements").is_ok();
    // A mistyped name has nothing to list.
    is_refused(&url, &["key", "list"], Reason::Other, "has no newsroom yet");
    if !has_one {
        eprintln!(
            "skipped, for want of pg_stat_statements (Debian: apt-get install postgresql-contrib)"
        );
    }
    connect(&location).batch_execute("create table customers (id integer)").unwrap();
    for arguments in [&["serve"][..], &["migrate"], &["check"]] {
        is_refused(&url, arguments, Reason::Foreign, "another program");
    }
}

#[test]
fn a_newer_schema_is_left_alone() {
    on_server!();
    let (location, _kept) = fresh();
    let newer = "insert into __diesel_schema_migrations (version) values ('29990101000001')";
    connect(&location).batch_execute(newer).unwrap();
    for arguments in [&["serve"][..], &["migrate"]] {
        is_refused(&url_of(&location), arguments, Reason::Newer, "newer Copydesk");
    }
}

#[test]
fn many_may_start_at_once_on_an_empty_database() {
    on_server!();
    let (location, _kept) = empty_on_server();
    let servers: Vec<Server> = thread::scope(|scope| {
        let starts: Vec<_> = (0..10).map(|_| scope.spawn(|| start(&location, &[]))).collect();
        starts.into_iter().map(|start| start.join().unwrap()).collect()
    });
    for server in &servers {
        assert_eq!(server.send("GET", "/readyz", KEY, "").0, 200);
    }
    let made = servers[0].send("POST", "/v1/articles", KEY, r#"{"title":"A"}"#).1;
    let path = format!("/v1/articles/{}", made["id"].as_str().unwrap());
    for server in &servers {
        assert_eq!(server.send("GET", &path, KEY, "").0, 200);
    }
}

/// An upgrade makes the index of words anew: one server does, the others wait for it.
#[test]
fn many_may_start_at_once_after_an_upgrade() {
    on_server!();
    let (location, _kept) = fresh();
    let first = start(&location, &[]);
    for number in 0..450 {
        let body = json!({"title": format!("Otter {number}"), "state": "published"}).to_string();
        assert_eq!(first.send("POST", "/v1/articles", KEY, &body).0, 201);
    }
    drop(first);
    connect(&location).batch_execute("update reading_rules set version = ''").unwrap();
    let servers: Vec<Server> = thread::scope(|scope| {
        let starts: Vec<_> = (0..4).map(|_| scope.spawn(|| start(&location, &[]))).collect();
        starts.into_iter().map(|start| start.join().unwrap()).collect()
    });
    for server in &servers {
        let found = server.send("GET", "/v1/articles?q=otter&count=true&limit=1", KEY, "").1;
        assert_eq!(found["total"], 450);
    }
    let (output, _) = run(&url_of(&location), &["check"]);
    assert!(output.status.success(), "{output:?}");
}

#[test]
fn an_import_goes_there_too() {
    on_server!();
    let (location, _kept) = empty_on_server();
    let folder = tempfile::tempdir().unwrap();
    for number in 0..30 {
        let page = format!("---\ntitle: Page {number}\ndate: 2026-01-02\n---\nSome *text*.\n");
        std::fs::write(folder.path().join(format!("page-{number}.md")), page).unwrap();
    }
    let pages = folder.path().to_str().unwrap();
    for arguments in [&["import", "--dry-run", pages][..], &["import", pages], &["check"]] {
        let (output, _) = run(&url_of(&location), arguments);
        assert!(output.status.success(), "{arguments:?}: {output:?}");
    }
    let server = start(&location, &[]);
    let all = server.send("GET", "/v1/articles?count=true&limit=1", KEY, "").1;
    assert_eq!(all["total"], 30);
}

#[test]
fn a_database_of_another_encoding_is_refused() {
    on_server!();
    let (location, _kept) = empty_on_server();
    let name = location.to_string().rsplit('/').next().unwrap().to_owned();
    administer(&format!("drop database {name}"));
    administer(&format!("create database {name} template template0 encoding 'LATIN1' locale 'C'"));
    is_refused(&url_of(&location), &["migrate"], Reason::Other, "--encoding UTF8");
}

/// Three newsrooms of one database, each with a writer of its own.
async fn three() -> ([TestApp; 3], Kept) {
    let (location, kept) = fresh();
    let one = async || {
        // Else each would make the ids that the others make.
        let change: fn(&mut Parts) = |parts| parts.entropy = Arc::new(SystemEntropy);
        let location = Some(location.clone());
        TestApp::with(Setup { location, change: Some(change), ..Setup::default() }).await
    };
    ([one().await, one().await, one().await], kept)
}

#[actix_web::test]
async fn one_of_many_writers_wins() {
    on_server!();
    let (apps, _kept) = three().await;
    let article = apps[0].article("A").await;
    let path = path_of(&article);
    let seen = apps[1].key().get(&path).expect(200).await;
    let etag = seen.header("etag").to_owned();
    let edits = (0..64).map(|number| {
        let title = json!({"title": format!("T{number}")});
        apps[number % 3].key().patch(&path, title).header("If-Match", &etag).send()
    });
    let statuses: Vec<u16> = join_all(edits).await.iter().map(|answer| answer.status).collect();
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 412).count(), 63, "{statuses:?}");
}

/// All that is written has one order, whatever the clocks of the servers say.
#[actix_web::test]
async fn instants_have_one_order() {
    on_server!();
    let (apps, _kept) = three().await;
    apps[0].clock.advance(60_000_000);
    apps[2].clock.advance(-60_000_000);
    let mut instants = Vec::new();
    for number in 0..30 {
        let article = apps[number % 3].article(&format!("A{number}")).await;
        instants.push(article["created_at"].as_str().unwrap().to_owned());
    }
    assert!(instants.is_sorted_by(|a, b| a < b), "{instants:?}");
    let together = (0..30).map(|number| {
        let body = json!({"title": format!("B{number}")});
        apps[number % 3].key().post("/v1/articles", body).send()
    });
    let together = join_all(together).await;
    let distinct: BTreeSet<String> =
        together.iter().map(|answer| answer.json()["created_at"].to_string()).collect();
    assert_eq!(distinct.len(), 30);
}

#[actix_web::test]
async fn an_idempotency_key_is_answered_once_by_all() {
    on_server!();
    let (apps, _kept) = three().await;
    let posts = (0..12).map(|number| {
        let body = json!({"title": "Once"});
        apps[number % 3].key().post("/v1/articles", body).header("Idempotency-Key", "k1").send()
    });
    let answers = join_all(posts).await;
    let ids: BTreeSet<String> =
        answers.iter().map(|answer| answer.json()["id"].to_string()).collect();
    assert!(answers.iter().all(|answer| answer.status == 201), "{answers:?}");
    assert_eq!(ids.len(), 1);
    assert_eq!(apps[0].count("select count(*) as n from articles"), 1);
}

#[actix_web::test]
async fn a_key_is_known_and_revoked_at_once() {
    on_server!();
    let (apps, _kept) = three().await;
    let key = apps[0].key_with(&["drafts:read"]).await;
    for app in &apps {
        app.as_key(&key).get("/v1/articles?state=draft").expect(200).await;
    }
    let all = apps[1].key().get("/v1/keys").ok().await;
    let id = all["items"][0]["id"].as_str().unwrap();
    apps[1].key().delete(format!("/v1/keys/{id}")).done().await;
    for app in &apps {
        app.as_key(&key).get("/v1/articles?state=draft").refused("invalid_key").await;
    }
}

/// What one server has answered is what the others show within a quarter of a second, and never less after that.
#[actix_web::test]
async fn a_write_is_seen_by_the_others() {
    on_server!();
    let (apps, _kept) = three().await;
    let article = apps[0].article("T0").await;
    let path = path_of(&article);
    let shown = async |app: &TestApp| app.get(&path).ok().await["title"].clone();
    for number in 1..20 {
        let title = format!("T{number}");
        // They keep it.
        shown(&apps[1]).await;
        apps[0].key().patch(&path, json!({"title": &title})).ok().await;
        assert_eq!(shown(&apps[0]).await, title.as_str(), "who wrote it sees it");
        let until = Instant::now() + Duration::from_millis(250);
        while shown(&apps[1]).await != title.as_str() {
            assert!(Instant::now() < until, "{title} is not seen");
        }
        for _ in 0..20 {
            assert_eq!(shown(&apps[1]).await, title.as_str(), "it was seen before");
        }
    }
}

/// A replica that is behind is not asked.
#[actix_web::test]
async fn a_replica_answers_where_it_has_caught_up() {
    on_server!();
    let with_replica = |location: &Location, replica: &Location| {
        let Location::Server(server) = replica else { panic!("it is on a server") };
        let replica = Some(Arc::new(server.clone()));
        let options = Options { replica, ..Options::default() };
        Setup { location: Some(location.clone()), options: Some(options), ..Setup::default() }
    };
    let (location, _kept) = fresh();
    // Of the same content always: reads that are asked there are answered there.
    let app = TestApp::with(with_replica(&location, &location)).await;
    let article = app.article("A").await;
    app.get(path_of(&article)).ok().await;
    // Another database, whose clock stands before all that was written here, and which then is ahead.
    let (other, _other) = fresh();
    let app = TestApp::with(with_replica(&location, &other)).await;
    app.key().patch(path_of(&article), json!({"title": "B"})).ok().await;
    assert_eq!(app.key().get(path_of(&article)).ok().await["title"], "B");
    connect(&other)
        .batch_execute("update history_clock set last_at = 9000000000000000000")
        .unwrap();
    let until = Instant::now() + Duration::from_secs(20);
    // It is connected to beside the reads.
    while app.key().get(path_of(&article)).send().await.status != 404 {
        assert!(Instant::now() < until, "the replica is never asked");
    }
    // One that is not there is left alone.
    let nowhere = DatabaseServer::parse("postgres://copydesk@127.0.0.1:1/news").unwrap();
    let app = TestApp::with(with_replica(&location, &Location::Server(nowhere))).await;
    assert_eq!(app.key().get(path_of(&article)).ok().await["title"], "B");
}

/// The writer's connection is ended, and the next write is done by another.
#[actix_web::test]
async fn a_connection_that_was_ended_is_made_anew() {
    on_server!();
    let app = TestApp::new().await;
    let article = app.article("A").await;
    let end = "select pg_terminate_backend(pid) from pg_stat_activity where datname = ";
    for number in 0..5 {
        administer(&format!("{end}'{}'", app.database_name()));
        let title = format!("T{number}");
        let edited = app.key().patch(path_of(&article), json!({"title": title})).ok().await;
        assert_eq!(edited["version"], number + 2);
        assert_eq!(app.get(path_of(&article)).ok().await["title"], title.as_str());
    }
}

/// A connection that is lost in a commit: the server is asked what became of it.
#[actix_web::test]
async fn what_became_of_a_commit_is_asked() {
    on_server!();
    let app = TestApp::new().await;
    app.run_beside(
        "create function ended() returns trigger language plpgsql as
             'begin perform pg_terminate_backend(pg_backend_pid()); perform pg_sleep(1); return null; end';
         create constraint trigger ended after insert on disclaimers deferrable initially deferred
             for each row execute function ended()",
    );
    let body = json!({"key": "k", "title": "T", "body": "B"});
    app.key().post("/v1/disclaimers", &body).refused("database_unavailable").await;
    assert_eq!(app.count("select count(*) as n from disclaimers"), 0);
    app.article("A").await;
}

/// All of a newsroom goes there and back, and is the same.
#[actix_web::test]
async fn a_newsroom_is_copied_there_and_back() {
    on_server!();
    let (there, _there) = empty_on_server();
    let app = TestApp::in_file().await;
    let article = app.article("Caf\u{e9} \u{1f600}").await;
    app.key().patch(path_of(&article), json!({"body": "Some *words*."})).ok().await;
    app.comment(&article, "Hello").await;
    let notice = app.disclaimer("notice").await;
    app.attach(&article, &notice).await;
    let key = app.key_with(&["drafts:read"]).await;
    let log = app.get("/v1/changes").ok().await;
    let copied = |from: &Location, to: &Location| {
        db::transfer((from, to), &Options::default(), &mut |_, _| ()).unwrap()
    };
    let first = copied(&app.location, &there);
    let folder = tempfile::tempdir().unwrap();
    let back = Location::File(folder.path().join("back.db"));
    assert_eq!(copied(&there, &back).rows, first.rows);
    for location in [there.clone(), back.clone()] {
        // The index of words is made by the next that opens it.
        for arguments in [["migrate"], ["check"]] {
            let (output, _) = run(&url_of(&location), &arguments);
            assert!(output.status.success(), "{output:?}");
        }
        let setup = Setup { location: Some(location), ..Setup::default() };
        let copy = TestApp::with(setup).await;
        for path in ["", "/history", "/comments", "/revisions"] {
            let path = format!("{}{path}", path_of(&article));
            let (was, is) = (app.key().get(&path).ok().await, copy.key().get(&path).ok().await);
            assert_eq!(was, is, "{path}");
        }
        copy.as_key(&key).get("/v1/articles?state=draft").expect(200).await;
        // It goes on from there, for those who follow it too.
        copy.article("Next").await;
        let news = copy.get(format!("/v1/changes?after={}", text(&log["next"]))).ok().await;
        assert_eq!(news["items"].as_array().unwrap().len(), 1);
        copy.comment(&article, "Again").await;
    }
    // What is used already is left alone.
    let again = db::transfer((&app.location, &there), &Options::default(), &mut |_, _| ());
    assert_eq!(again.err().map(|error| error.reason()), Some(Reason::Exists));
}

/// Both engines have the same tables, and all of them are copied.
#[test]
fn both_engines_have_the_same_columns() {
    on_server!();
    let columns = |location: &Location, sql: &str| -> BTreeSet<String> {
        #[derive(diesel::QueryableByName)]
        struct Column {
            #[diesel(sql_type = diesel::sql_types::Text)]
            name: String,
        }
        let mut conn = connect(location);
        let all: Vec<Column> = db::Run::load(diesel::sql_query(sql), &mut conn).unwrap();
        all.into_iter().map(|column| column.name).collect()
    };
    let (file, _file) = fresh_file();
    let (server, _server) = fresh();
    let in_file = columns(
        &file,
        "select tables.name || '.' || columns.name || case columns.type when 'TEXT' then ' text' when 'BLOB' then ' bytea' else ' bigint' end
             || case columns.\"notnull\" when 1 then ' not null' else '' end as name
         from sqlite_schema as tables join pragma_table_xinfo(tables.name) as columns
         where tables.type = 'table' and tables.name not like 'article_search%' and tables.name not like '\\_\\_%' escape '\\'
             and tables.name not like 'sqlite%'",
    );
    let on_server = columns(
        &server,
        "select table_name || '.' || column_name || ' ' || data_type || case is_nullable when 'NO' then ' not null' else '' end as name
         from information_schema.columns where table_schema = 'public' and table_name <> 'article_search' and table_name not like '\\_\\_%'",
    );
    let is_generated = |name: &&String| {
        ["articles.sort_key", "comments.in_thread", "comments.email_key"]
            .iter()
            .any(|generated| name.starts_with(generated))
    };
    let differ: Vec<&String> =
        in_file.symmetric_difference(&on_server).filter(|name| !is_generated(name)).collect();
    assert_eq!(differ, [""; 0]);
    let tables: BTreeSet<&str> = in_file.iter().filter_map(|name| name.split('.').next()).collect();
    let copied: BTreeSet<&str> = TABLES.into_iter().chain(["reading_rules"]).collect();
    assert_eq!(tables, copied);
}
