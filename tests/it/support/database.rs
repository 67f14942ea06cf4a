//! A database a test: a copy of a migrated template, in a file or, where `COPYDESK_TEST_SERVER` names one, on a server.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use copydesk::db::{self, Conn, Location, Options, Server};
use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, PgConnection, SqliteConnection};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

/// What a database lives in; it ends with it.
pub enum Kept {
    File(#[expect(dead_code, reason = "it is removed when it is dropped")] TempDir),
    Server(String),
    /// It is kept by another.
    Elsewhere,
}

impl Drop for Kept {
    fn drop(&mut self) {
        if let Self::Server(name) = self {
            // Connections that the application has not closed yet end with it.
            administer(&format!("drop database if exists {name} with (force)"));
        }
    }
}

/// The URL of the server on which the tests run, without a database: `postgres://user@host:port`.
#[expect(clippy::disallowed_methods, reason = "not a setting of the program")]
pub fn server() -> Option<&'static str> {
    static SERVER: OnceLock<Option<String>> = OnceLock::new();
    SERVER.get_or_init(|| std::env::var("COPYDESK_TEST_SERVER").ok()).as_deref()
}

/// A migrated database of its own, on the engine that the tests run on.
pub fn fresh() -> (Location, Kept) {
    match server() {
        None => fresh_file(),
        Some(url) => {
            let name = new_name();
            administer(&format!("create database {name} template {}", server_template()));
            (at(url, &name), Kept::Server(name))
        }
    }
}

/// An empty database on the server.
pub fn empty_on_server() -> (Location, Kept) {
    let name = new_name();
    administer(&format!("create database {name} template template0 encoding 'UTF8'"));
    (at(server().unwrap(), &name), Kept::Server(name))
}

/// The same in a file.
pub fn fresh_file() -> (Location, Kept) {
    let (dir, path) = fresh_database();
    (Location::File(path), Kept::File(dir))
}

/// A connection to it, as another program has one.
pub fn connect(location: &Location) -> Conn {
    match location {
        Location::File(path) => SqliteConnection::establish(path.to_str().unwrap()).unwrap().into(),
        Location::Server(server) => PgConnection::establish(&url_of_server(server)).unwrap().into(),
    }
}

/// The connection to a file.
pub fn file_of(conn: &mut Conn) -> &mut SqliteConnection {
    match conn {
        Conn::Sqlite(file) => file,
        Conn::Postgres(_) => panic!("the test is for a file"),
    }
}

/// What `DATABASE_URL` is for it.
pub fn url_of(location: &Location) -> String {
    match location {
        Location::File(path) => path.to_str().unwrap().to_owned(),
        Location::Server(server) => url_of_server(server),
    }
}

/// The URL of a database of the tests: it has no password, so nothing of it is hidden but the user.
fn url_of_server(server: &Server) -> String {
    let user = self::server().unwrap_or_default();
    let user = user.split_once("://").map_or(user, |(_, rest)| rest);
    let user = user.split_once('@').map_or("", |(user, _)| user);
    server.to_string().replace("://", &format!("://{user}@"))
}

fn at(url: &str, name: &str) -> Location {
    Location::Server(Server::parse(&format!("{url}/{name}")).unwrap())
}

/// Tests run at once, and other processes of them may too.
fn new_name() -> String {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    format!("copydesk_test_{}_{number}", std::process::id())
}

/// Runs SQL on the server, outside of any database of a test.
pub fn administer(sql: &str) {
    let url = format!("{}/postgres", server().unwrap());
    PgConnection::establish(&url).unwrap().batch_execute(sql).unwrap();
}

/// The template on the server, made once a process.
fn server_template() -> &'static str {
    static TEMPLATE: OnceLock<String> = OnceLock::new();
    TEMPLATE.get_or_init(|| {
        let name = format!("copydesk_template_{}", std::process::id());
        administer(&format!("drop database if exists {name}"));
        administer(&format!("create database {name} template template0 encoding 'UTF8'"));
        let location = at(server().unwrap(), &name);
        drop(db::ensure(&location, &Options::default(), None).unwrap());
        name
    })
}

/// A migrated database in a folder of its own.
pub fn fresh_database() -> (TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let database = dir.path().join("test.db");
    std::fs::copy(template(), &database).unwrap();
    (dir, database)
}

/// The template, made once for these migrations.
fn template() -> &'static Path {
    static TEMPLATE: OnceLock<PathBuf> = OnceLock::new();
    TEMPLATE.get_or_init(make_template)
}

/// Tests may also run in processes of their own, so the file is named by the migrations.
fn make_template() -> PathBuf {
    let mut digest = Sha256::new();
    for file in migration_files() {
        digest.update(std::fs::read(file).unwrap());
    }
    let name: String = digest.finalize()[..8].iter().map(|byte| format!("{byte:02x}")).collect();
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("template-{name}.db"));
    if !path.exists() {
        // Made under a name of its own and put in place whole: another test may be doing the same.
        db::ensure_file(&path, &Options::default(), None).unwrap();
    }
    path
}

pub fn migration_files() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations/sqlite");
    let mut files: Vec<PathBuf> = std::fs::read_dir(root)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .flat_map(|dir| [dir.join("up.sql"), dir.join("down.sql")])
        .collect();
    files.sort();
    files
}
