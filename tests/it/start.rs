//! What stands at the database's path when a command starts: served, or refused
//! with its own exit code, one sentence, and untouched.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Output;

use copydesk::commands::exit;
use copydesk::db::Reason;
use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, SqliteConnection};
use serde_json::Value;

use crate::support::database::fresh_database;
use crate::support::process::{Server, command};

const KEY: &str = "outside-key-0123456789";

fn serve(dir: &Path, path: &Path) -> Output {
    command(dir).args(["--listen", "127.0.0.1:0", "--database-url"]).arg(path).output().unwrap()
}

/// Expects a refusal for `reason`: its code, and one sentence with the remedy.
#[track_caller]
fn refused(output: &Output, reason: Reason) {
    let text = String::from_utf8_lossy(&output.stderr);
    let wanted = i32::from(exit::of(reason).code);
    assert_eq!(output.status.code(), Some(wanted), "{reason:?}: {text}");
    assert_eq!(text.lines().count(), 1, "{text}");
    assert!(text.starts_with("copydesk: ") && text.contains("DATABASE_URL"), "{text}");
    assert!(output.stdout.is_empty());
}

fn batch(path: &Path, sql: &str) {
    let mut conn = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    conn.batch_execute(sql).unwrap();
}

/// A database of ours at `path`, closed.
fn ours(path: &Path) {
    let (_dir, template) = fresh_database();
    fs::copy(template, path).unwrap();
}

/// Every file in a folder, with what it holds.
fn contents(dir: &Path) -> Vec<(PathBuf, Option<Vec<u8>>)> {
    let entries = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    let mut found: Vec<_> = entries.map(|path| (path.clone(), fs::read(path).ok())).collect();
    found.sort();
    found
}

type Prepare = fn(&Path);

const MATRIX: [(Reason, Prepare); 10] = [
    (Reason::Empty, |path| fs::write(path, "").unwrap()),
    (Reason::NotADatabase, |path| fs::write(path, [7; 9_000]).unwrap()),
    (Reason::NotADatabase, |path| fs::write(path, "SQLite").unwrap()),
    (Reason::Truncated, |path| {
        ours(path);
        let file = fs::OpenOptions::new().write(true).open(path).unwrap();
        file.set_len(file.metadata().unwrap().len() - 1).unwrap();
    }),
    (Reason::Truncated, |path| fs::write(path, "SQLite format 3\0 and no more").unwrap()),
    (Reason::Foreign, |path| batch(path, "create table customers (id integer)")),
    (Reason::Newer, |path| {
        ours(path);
        batch(path, "insert into __diesel_schema_migrations (version) values ('29990101000001')");
    }),
    (Reason::Damaged, |path| {
        ours(path);
        let mut bytes = fs::read(path).unwrap();
        bytes[100..4_096].fill(0xff);
        fs::write(path, bytes).unwrap();
    }),
    (Reason::NotAFile, |path| fs::create_dir(path).unwrap()),
    (Reason::Linked, |path| {
        ours(path);
        fs::hard_link(path, path.with_file_name("other.db")).unwrap();
    }),
];

#[test]
fn what_cannot_be_served_is_refused_and_untouched() {
    for (number, (reason, prepare)) in MATRIX.into_iter().enumerate() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("news.db");
        prepare(&path);
        fs::write(dir.path().join("page.md"), "---\ntitle: A\ndraft: true\n---\n").unwrap();
        let before = contents(dir.path());
        refused(&serve(dir.path(), &path), reason);
        for arguments in
            [&["migrate"][..], &["check"], &["import", "."], &["import", ".", "--dry-run"]]
        {
            let output =
                command(dir.path()).args(arguments).arg("--database-url").arg(&path).output();
            refused(&output.unwrap(), reason);
        }
        assert!(contents(dir.path()) == before, "{number}: {reason:?} was changed");
    }
}

#[test]
fn a_file_needs_a_folder_and_a_name_that_leads_somewhere() {
    let dir = tempfile::tempdir().unwrap();
    refused(&serve(dir.path(), Path::new("no/where/news.db")), Reason::NoFolder);
    fs::write(dir.path().join("file"), "").unwrap();
    refused(&serve(dir.path(), Path::new("file/news.db")), Reason::NoFolder);
    std::os::unix::fs::symlink("nowhere", dir.path().join("link.db")).unwrap();
    refused(&serve(dir.path(), Path::new("link.db")), Reason::NotAFile);
    fs::write(dir.path().join("gone.db-wal"), "what was answered").unwrap();
    refused(&serve(dir.path(), Path::new("gone.db")), Reason::OrphanedLog);
    let mut names: Vec<_> =
        fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["file", "gone.db-wal", "link.db"], "nothing is left behind");
}

/// The superuser may do everything, so a user without rights is tried.
#[test]
fn rights_are_asked_for_before_anything_is_done() {
    const NOBODY: u32 = 65_534;
    let dir = tempfile::tempdir().unwrap();
    let rights =
        |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    let is_superuser = fs::read("/proc/self/status")
        .is_ok_and(|status| String::from_utf8_lossy(&status).contains("\nUid:\t0\t"));
    // The program may stand in a folder that this user may not enter.
    let program = dir.path().join("copydesk");
    fs::copy(env!("CARGO_BIN_EXE_copydesk"), &program).unwrap();
    let folder = dir.path().join("data");
    fs::create_dir(&folder).unwrap();
    let path = folder.join("news.db");
    ours(&path);
    let run = || {
        let mut run = std::process::Command::new(&program);
        run.args(["--listen", "127.0.0.1:0", "--database-url"]).arg(&path);
        run.current_dir("/").env_clear().env("RUST_LOG", "off");
        if is_superuser {
            run.uid(NOBODY).gid(NOBODY);
        }
        // A process that another test forks at this moment holds the copied file open for writing.
        let is_busy = |output: &io::Result<Output>| {
            output.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::ExecutableFileBusy)
        };
        let mut tries = std::iter::repeat_with(|| run.output());
        tries.find(|output| !is_busy(output)).unwrap().unwrap()
    };
    rights(dir.path(), 0o755);
    rights(&folder, 0o777);
    for (mode, reason) in [(0o000, Reason::Unreadable), (0o444, Reason::Unwritable)] {
        rights(&path, mode);
        refused(&run(), reason);
    }
    // The file may be written to, and what must stand beside it may not.
    rights(&path, 0o666);
    rights(&folder, 0o555);
    refused(&run(), Reason::Unwritable);
    rights(&folder, 0o755);
}

#[test]
fn a_port_that_is_taken_leaves_nothing_behind() {
    let dir = tempfile::tempdir().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = command(dir.path()).args(["--listen", &address]).output().unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(i32::from(exit::CANNOT_LISTEN.code)), "{text}");
    assert!(text.contains("choose another with --listen"), "{text}");
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn exit_codes_are_different_and_documented() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let documented = fs::read_to_string(root.join("docs/operations.md")).unwrap();
    let mut codes: Vec<u8> = Vec::new();
    for exit in exit::all() {
        let row = format!("| {} | {} |", exit.code, exit.when);
        assert!(documented.contains(&row), "docs/operations.md lacks: {row}");
        codes.push(exit.code);
    }
    assert!(codes.is_sorted_by(|a, b| a < b), "{codes:?}");
}

/// What a killed start leaves is removed by the next, and what another is about to make is not.
#[test]
fn what_a_killed_start_left_is_removed() {
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str| dir.path().join(name);
    for name in [
        "copydesk.db-new-aB3dE6", "copydesk.db-new-aB3dE6-wal", "copydesk.db-new-aB3dE6-journal",
        "copydesk.db-new-held",
    ] {
        fs::write(file(name), "half").unwrap();
    }
    fs::write(file("copydesk.db-new-begun"), "").unwrap();
    let held = fs::File::open(file("copydesk.db-new-held")).unwrap();
    held.lock().unwrap();
    assert!(command(dir.path()).arg("migrate").output().unwrap().status.success());
    let names: Vec<_> = contents(dir.path()).into_iter().map(|(path, _)| path).collect();
    let left = ["copydesk.db", "copydesk.db-new-held"].map(file);
    assert_eq!(names, left);
}

/// Many first starts at once: one makes the file, and all find it.
#[test]
fn first_starts_at_once_are_all_well() {
    for _ in 0..5 {
        let dir = tempfile::tempdir().unwrap();
        let start = || {
            command(dir.path()).arg("migrate").stdout(std::process::Stdio::null()).spawn().unwrap()
        };
        let started: Vec<_> = std::iter::repeat_with(start).take(6).collect();
        for mut child in started {
            assert!(child.wait().unwrap().success());
        }
        assert_eq!(contents(dir.path()).len(), 1, "nothing is left beside it");
    }
}

/// SQLite keeps the log beside the file itself, whatever name it goes by.
#[test]
fn a_link_finds_the_log_of_its_file() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("data")).unwrap();
    let real = dir.path().join("data/news.db");
    ours(&real);
    std::os::unix::fs::symlink("data/news.db", dir.path().join("copydesk.db")).unwrap();
    let mut server = Server::start(dir.path(), 3, &[("COPYDESK_ADMIN_KEY", KEY)]);
    let article = serde_json::json!({"title": "A", "body": "z".repeat(400_000)}).to_string();
    assert_eq!(server.send("POST", "/v1/articles", KEY, &article).0, 201);
    server.signal("-KILL");
    // What a checkpoint writes first: a page that counts pages which are in the log alone.
    let mut bytes = fs::read(&real).unwrap();
    let pages = u32::from_be_bytes(bytes[28..32].try_into().unwrap());
    bytes[28..32].copy_from_slice(&(pages + 90).to_be_bytes());
    fs::write(&real, bytes).unwrap();
    let server = Server::start(dir.path(), 3, &[("COPYDESK_ADMIN_KEY", KEY)]);
    assert_eq!(server.send("GET", "/v1/articles/a", KEY, "").0, 200);
}

/// Killed over and over on its first start, a server always starts again in the end.
#[test]
fn a_kill_at_any_moment_leaves_what_can_be_started() {
    for spins in 0..40 {
        let dir = tempfile::tempdir().unwrap();
        let mut child = command(dir.path())
            .args(["--listen", "127.0.0.1:0"])
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        // Some 0 to 40 ms, in steps that no clock decides.
        for _ in 0..spins {
            command(dir.path()).arg("--version").output().unwrap();
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let output = command(dir.path()).arg("migrate").output().unwrap();
        assert!(output.status.success(), "{spins}: {output:?}");
        assert!(command(dir.path()).arg("check").output().unwrap().status.success());
    }
}

/// A database with a text of many pages, and where in the file that text stands.
fn with_a_damaged_page(dir: &Path) -> PathBuf {
    let path = dir.join("copydesk.db");
    let server = Server::start(dir, 3, &[("COPYDESK_ADMIN_KEY", KEY)]);
    for (slug, body) in [("whole", "x".to_owned()), ("torn", "y".repeat(100_000))] {
        let article = serde_json::json!({"title": slug, "body": body, "state": "published"});
        assert_eq!(server.send("POST", "/v1/articles", KEY, &article.to_string()).0, 201);
    }
    let mut server = server;
    assert!(server.signal("-TERM").success());
    let mut bytes = fs::read(&path).unwrap();
    let text = bytes.windows(64).position(|window| window == [b'y'; 64]).unwrap();
    // The page in which the text begins: its cells and its header.
    let page = text / 4_096 * 4_096;
    bytes[page..page + 64].fill(0xff);
    fs::write(&path, bytes).unwrap();
    path
}

#[test]
fn a_damaged_page_is_noticed_by_the_read_that_meets_it() {
    let dir = tempfile::tempdir().unwrap();
    let path = with_a_damaged_page(dir.path());
    let server = Server::start(dir.path(), 3, &[("COPYDESK_ADMIN_KEY", KEY)]);
    let get = |path: &str| server.send("GET", path, KEY, "");
    assert_eq!(get("/readyz").0, 200);
    assert_eq!(get("/v1/articles?fields=title").0, 200);
    let (status, problem) = get("/v1/articles/torn");
    assert_eq!((status, &problem["code"]), (500, &Value::from("internal")));
    let (status, problem) = get("/readyz");
    assert_eq!((status, &problem["code"]), (503, &Value::from("database_damaged")));
    assert_eq!(get("/healthz").0, 200);
    let check = command(dir.path()).arg("check").output().unwrap();
    assert_eq!(check.status.code(), Some(i32::from(exit::of(Reason::Damaged).code)), "{check:?}");
    assert!(!check.stdout.is_empty() && path.exists());
}

#[test]
fn a_log_without_the_pages_it_lacks_does_not_hide_that_a_file_is_cut_short() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("copydesk.db");
    let article =
        |slug: &str| serde_json::json!({"title": slug, "body": "z".repeat(400_000)}).to_string();
    let mut server = Server::start(dir.path(), 3, &[("COPYDESK_ADMIN_KEY", KEY)]);
    server.send("POST", "/v1/articles", KEY, &article("first"));
    assert!(server.signal("-TERM").success());
    let mut server = Server::start(dir.path(), 3, &[("COPYDESK_ADMIN_KEY", KEY)]);
    assert_eq!(server.send("POST", "/v1/articles", KEY, r#"{"title":"second"}"#).0, 201);
    server.signal("-KILL");
    let file = fs::OpenOptions::new().write(true).open(&path).unwrap();
    let length = file.metadata().unwrap().len();
    file.set_len(length - 300_000).unwrap();
    refused(&serve(dir.path(), &path), Reason::Truncated);
}

/// The folders in memory that a process has open, with their permissions.
fn folders_of(process: u32) -> Vec<(PathBuf, u32)> {
    let open = fs::read_dir(format!("/proc/{process}/fd")).unwrap();
    let files = open.filter_map(|entry| fs::read_link(entry.unwrap().path()).ok());
    let mut folders: Vec<PathBuf> = files
        .filter_map(|file| Some(file.parent()?.to_owned()))
        .filter(|folder| folder.to_string_lossy().contains("copydesk-ephemeral-"))
        .collect();
    folders.sort();
    folders.dedup();
    let mode = |folder: &PathBuf| fs::metadata(folder).unwrap().permissions().mode() & 0o777;
    folders.iter().map(|folder| (folder.clone(), mode(folder))).collect()
}

#[test]
fn nothing_is_kept_of_an_ephemeral_newsroom() {
    let dir = tempfile::tempdir().unwrap();
    let environment =
        [("COPYDESK_EPHEMERAL", "true"), ("COPYDESK_ADMIN_KEY", "k"), ("DATABASE_URL", "kept.db")];
    let mut folders = Vec::new();
    for signal in ["-TERM", "-INT", "-KILL"] {
        let mut server = Server::start(dir.path(), 3, &environment);
        assert!(server.lines[2].contains("in memory"), "{:?}", server.lines);
        let article = r#"{"title":"A","state":"published"}"#;
        assert_eq!(server.send("POST", "/v1/articles", "k", article).0, 201);
        assert_eq!(server.send("GET", "/v1/articles/a", "k", "").0, 200);
        let own = folders_of(server.id());
        assert!(matches!(own.as_slice(), [(_, 0o700)]), "{own:?}");
        // One that lives is not taken for one that was killed.
        drop(Server::start(dir.path(), 3, &environment));
        assert!(own[0].0.exists());
        let stopped = server.signal(signal);
        assert_eq!(stopped.success(), signal != "-KILL", "{signal}");
        folders.push(own[0].0.clone());
    }
    // What was killed is cleared away by the next one.
    Server::start(dir.path(), 3, &environment).signal("-TERM");
    for folder in folders {
        assert!(!folder.exists(), "{}", folder.display());
    }
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn a_connection_is_kept_as_long_as_the_setting_says() {
    use std::io::{Read as _, Write as _};
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path(), 1, &[("COPYDESK_KEEP_ALIVE", "1")]);
    let mut stream = std::net::TcpStream::connect(&server.address).unwrap();
    let ask = |stream: &mut std::net::TcpStream| {
        stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: a.example\r\n\r\n").unwrap();
    };
    ask(&mut stream);
    let mut answer = String::new();
    // Ends when the server closes the connection, and not before it was kept for a while.
    stream.read_to_string(&mut answer).unwrap();
    assert!(
        answer.starts_with("HTTP/1.1 200") && !answer.contains("connection: close"),
        "{answer}"
    );
    let refused = command(dir.path()).args(["--keep-alive", "0", "migrate"]).output().unwrap();
    assert_eq!(refused.status.code(), Some(2));
}

/// Java's `HttpClient` and `curl --http2` offer HTTP/2 in this way with each new connection.
#[test]
fn an_offer_of_http_2_is_answered_and_the_connection_said_to_end() {
    let dir = tempfile::tempdir().unwrap();
    const KEY: &str = "outside-key-0123456789";
    let server = Server::start(dir.path(), 1, &[("COPYDESK_ADMIN_KEY", KEY)]);
    for (method, status) in [("GET", "200"), ("DELETE", "405"), ("OPTIONS", "204")] {
        let request = format!(
            "{method} /healthz HTTP/1.1\r\nHost: a.example\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA\r\n\r\n"
        );
        let answer = server.raw(request.as_bytes()).to_lowercase();
        assert!(answer.starts_with(&format!("http/1.1 {status}")), "{answer}");
        assert!(answer.contains("\r\nconnection: close\r\n"), "{answer}");
        assert!(!answer.contains("upgrade"), "{answer}");
    }
    // The body of a write comes with it.
    let body = r#"{"author_name":"Sam","body":"Hello"}"#;
    let request = format!(
        "POST /v1/comments/export HTTP/1.1\r\nHost: a.example\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\nAuthorization: Bearer {KEY}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let answer = server.raw(request.as_bytes());
    assert!(answer.starts_with("HTTP/1.1 422") && answer.contains("author_name"), "{answer}");
}
