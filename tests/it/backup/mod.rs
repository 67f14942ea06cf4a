//! `copydesk backup`, `restore` and `compact`, and the backups that a server makes by itself.

mod restore;

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Read as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;
use std::process::Output;

use copydesk::commands::exit;
use copydesk::db::{MIGRATIONS, Reason};
use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use diesel::sql_types::Integer;
use diesel_migrations::MigrationHarness as _;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

use crate::support::database::fresh_database;
use crate::support::process::{Server, command, try_send};

const KEY: &str = "outside-key-0123456789";
const DATABASE: &str = "copydesk.db";

/// A folder with a database that nobody serves.
fn newsroom() -> TempDir {
    let (dir, path) = fresh_database();
    fs::rename(path, dir.path().join(DATABASE)).unwrap();
    dir
}

/// Serves a file of a folder.
fn serve(dir: &Path, file: &str) -> Server {
    Server::start(dir, 3, &[("COPYDESK_ADMIN_KEY", KEY), ("DATABASE_URL", file)])
}

#[track_caller]
fn stop(mut server: Server) {
    assert!(server.signal("-TERM").success());
}

fn run(dir: &Path, arguments: &[&str]) -> Output {
    run_on(dir, DATABASE, arguments)
}

/// The same with another file as the database.
fn run_on(dir: &Path, file: &str, arguments: &[&str]) -> Output {
    command(dir).env("DATABASE_URL", file).args(arguments).output().unwrap()
}

/// Expects that a command has done what it was to do, and returns what it said.
#[track_caller]
fn done(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// Expects a refusal for `reason`, in one line.
#[track_caller]
fn refused(output: &Output, reason: Reason) -> String {
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(i32::from(exit::of(reason).code)), "{told}");
    assert!(told.starts_with("copydesk: ") && told.lines().count() == 1, "{told}");
    assert!(output.stdout.is_empty(), "{output:?}");
    told
}

/// Expects that there is nothing to say of a file.
#[track_caller]
fn is_sound(dir: &Path, file: &str) {
    assert_eq!(done(&run_on(dir, file, &["check"])), format!("{file} is sound.\n"));
}

/// The names in a folder, in their order.
fn names(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir).unwrap();
    let name = |entry: fs::DirEntry| entry.file_name().into_string().unwrap();
    let mut names: Vec<String> = entries.map(|entry| name(entry.unwrap())).collect();
    names.sort();
    names
}

/// The names of the databases that restores have put aside.
fn put_aside(dir: &Path) -> Vec<String> {
    names(dir).into_iter().filter(|name| name.contains(".db-before-restore-")).collect()
}

fn mode_of(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// The content of an article whose slug is its title.
fn article(slug: &str, body: &str) -> String {
    json!({"title": slug, "slug": slug, "state": "published", "body": body}).to_string()
}

#[track_caller]
fn write(server: &Server, slug: &str) {
    let (status, made) = server.send("POST", "/v1/articles", KEY, &article(slug, ""));
    assert_eq!(status, 201, "{made}");
}

/// A newsroom with one article in its backup `copy.db`, and one more in its log alone.
fn killed_after_a_backup(dir: &Path) {
    let mut server = serve(dir, DATABASE);
    write(&server, "first");
    done(&run(dir, &["backup", "copy.db"]));
    write(&server, "second");
    server.signal("-KILL");
}

fn has(server: &Server, slug: &str) -> bool {
    server.send("GET", &format!("/v1/articles/{slug}"), KEY, "").0 == 200
}

fn batch(path: &Path, sql: &str) {
    let mut conn = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    conn.batch_execute(sql).unwrap();
}

/// Takes the newest migration of a database back, and returns its version.
fn make_older(path: &Path) -> String {
    let mut conn = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    conn.revert_last_migration(MIGRATIONS).unwrap().to_string()
}

#[test]
fn a_backup_beside_a_server_that_writes_is_whole() {
    let dir = tempfile::tempdir().unwrap();
    let server = serve(dir.path(), DATABASE);
    let (answered, answers) = std::sync::mpsc::channel();
    let address = server.address.clone();
    let writer = std::thread::spawn(move || {
        for number in 0.. {
            let slug = format!("n{number}");
            let body = article(&slug, "Words.");
            let (status, made) = try_send(&address, "POST", "/v1/articles", KEY, &body).unwrap();
            assert_eq!(status, 201, "{made}");
            if answered.send(slug).is_err() {
                return;
            }
        }
    });
    let before: Vec<String> = answers.iter().take(20).collect();
    let told = done(&run(dir.path(), &["backup", "copy.db"]));
    drop(answers);
    writer.join().unwrap();
    let (copy, checksum) = (dir.path().join("copy.db"), dir.path().join("copy.db.sha256"));
    assert_eq!((mode_of(&copy), mode_of(&checksum)), (0o600, 0o600));
    let sha256 = format!("{:x}", Sha256::digest(fs::read(&copy).unwrap()));
    assert!(told.starts_with("copy.db: ") && told.contains(&sha256), "{told}");
    assert_eq!(fs::read_to_string(&checksum).unwrap(), format!("{sha256}  copy.db\n"));
    assert!(!names(dir.path()).iter().any(|name| name.contains("-new-")));
    is_sound(dir.path(), "copy.db");
    let copied = serve(dir.path(), "copy.db");
    for slug in before {
        assert!(has(&copied, &slug), "{slug} was answered before the backup began");
    }
}

#[test]
fn a_backup_is_written_over_by_force_alone() {
    let dir = newsroom();
    let file = dir.path().join("mine.db");
    fs::write(&file, "Mine.").unwrap();
    let told = refused(&run(dir.path(), &["backup", "mine.db"]), Reason::Exists);
    assert!(told.contains("--force"), "{told}");
    assert_eq!(fs::read(&file).unwrap(), b"Mine.");
    assert_eq!(names(dir.path()), [DATABASE, "mine.db"]);
    done(&run(dir.path(), &["backup", "mine.db", "--force"]));
    is_sound(dir.path(), "mine.db");
    assert_eq!(names(dir.path()), [DATABASE, "mine.db", "mine.db.sha256"]);
    refused(&run(dir.path(), &["backup", "nowhere/copy.db"]), Reason::NoFolder);
    // Not even by force.
    for name in [DATABASE, &format!("./{DATABASE}"), "copydesk.db-wal", "copydesk.db-journal"] {
        let told = refused(&run(dir.path(), &["backup", name, "--force"]), Reason::Exists);
        assert!(told.contains("is the database itself"), "{told}");
    }
    std::os::unix::fs::symlink("nowhere.db", dir.path().join("link.db")).unwrap();
    let told = refused(&run(dir.path(), &["backup", "link.db"]), Reason::NotAFile);
    assert!(told.contains("another name for the backup"), "{told}");
    fs::remove_file(dir.path().join("link.db")).unwrap();
    // Nor over one that is served.
    let server = serve(dir.path(), "other.db");
    refused(&run(dir.path(), &["backup", "other.db", "--force"]), Reason::InUse);
    stop(server);
    fs::remove_file(dir.path().join("other.db")).unwrap();
    // Nothing is made of a database that is not there.
    refused(&run_on(dir.path(), "none.db", &["backup", "copy.db"]), Reason::Other);
    assert_eq!(names(dir.path()), [DATABASE, "mine.db", "mine.db.sha256"]);
}

#[test]
fn a_backup_that_is_ended_leaves_nothing() {
    let dir = newsroom();
    let [folder, temporary] = ["backups", "tmp"].map(|name| dir.path().join(name));
    fs::create_dir(&folder).unwrap();
    fs::create_dir(&temporary).unwrap();
    // Nobody reads it, so it waits in the middle.
    let mut stream = command(dir.path());
    stream.env("TMPDIR", &temporary).args(["backup", "-"]).stdout(std::process::Stdio::piped());
    let mut stream = stream.spawn().unwrap();
    let mut start = [0; 16];
    stream.stdout.as_mut().unwrap().read_exact(&mut start).unwrap();
    assert_eq!(&start[..15], b"SQLite format 3");
    assert_eq!(names(&temporary).len(), 1);
    let pid = rustix::process::Pid::from_child(&stream);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    assert_eq!(stream.wait().unwrap().code(), Some(128 + 15));
    assert_eq!(names(&temporary), [""; 0]);
    // What a kill has left is removed by the next.
    let left = "copydesk-20200101T000000Z.db-new-a1B2c3";
    for name in [left, "copydesk-20200101T000000Z.db.sha256-new-a1B2c3", "mine-new-a1B2c3"] {
        fs::write(folder.join(name), "SQLite").unwrap();
    }
    fs::write(temporary.join("copydesk-backup-new-a1B2c3"), "SQLite").unwrap();
    done(&run(dir.path(), &["backup", "backups"]));
    let made = names(&folder);
    assert!(made.len() == 3 && made[2] == "mine-new-a1B2c3", "{made:?}");
    let mut streamed = command(dir.path());
    let streamed = streamed.env("TMPDIR", &temporary).args(["backup", "-"]).output().unwrap();
    assert!(streamed.status.success());
    assert_eq!(names(&temporary), [""; 0]);
}

#[test]
fn a_backup_goes_into_a_folder_or_to_standard_output() {
    let dir = newsroom();
    let folder = dir.path().join("backups");
    fs::create_dir(&folder).unwrap();
    let told = done(&run(dir.path(), &["backup", "backups"]));
    let made = names(&folder);
    let [name, checksum] = made.as_slice() else { panic!("{made:?}") };
    assert_eq!(*checksum, format!("{name}.sha256"));
    let stamp = name.strip_prefix("copydesk-").and_then(|rest| rest.strip_suffix("Z.db")).unwrap();
    let (date, time) = stamp.split_once('T').unwrap();
    for (digits, number) in [(date, 8), (time, 6)] {
        let is_all = digits.bytes().all(|byte| byte.is_ascii_digit());
        assert!(is_all && digits.len() == number, "{name}");
    }
    assert!(told.starts_with(&format!("backups/{name}: ")), "{told}");
    is_sound(dir.path(), &format!("backups/{name}"));
    let streamed = run(dir.path(), &["backup", "-"]);
    assert!(streamed.status.success(), "{:?}", String::from_utf8_lossy(&streamed.stderr));
    fs::write(dir.path().join("streamed.db"), &streamed.stdout).unwrap();
    is_sound(dir.path(), "streamed.db");
    let sha256 = format!("{:x}", Sha256::digest(&streamed.stdout));
    assert!(String::from_utf8_lossy(&streamed.stderr).contains(&sha256));
}

#[test]
fn a_damaged_database_makes_no_backup_and_an_older_one_stays() {
    let dir = tempfile::tempdir().unwrap();
    let server = serve(dir.path(), DATABASE);
    let body = article("long", &"needle ".repeat(4_000));
    assert_eq!(server.send("POST", "/v1/articles", KEY, &body).0, 201);
    done(&run(dir.path(), &["backup", "good.db"]));
    stop(server);
    let path = dir.path().join(DATABASE);
    let mut bytes = fs::read(&path).unwrap();
    // The first page that holds its text.
    let at = bytes.windows(13).position(|window| window == b"needle needle").unwrap();
    let page = at / 4_096 * 4_096;
    bytes[page..page + 4_096].fill(0xff);
    fs::write(&path, &bytes).unwrap();
    let before = names(dir.path());
    let good = fs::read(dir.path().join("good.db")).unwrap();
    for arguments in
        [&["backup", "bad.db"][..], &["backup", "good.db", "--force"], &["backup", "-"]]
    {
        refused(&run(dir.path(), arguments), Reason::Damaged);
        assert_eq!(names(dir.path()), before, "{arguments:?}");
    }
    assert_eq!(fs::read(dir.path().join("good.db")).unwrap(), good);
    // It is mended by a backup, and kept as it was.
    done(&run(dir.path(), &["restore", "good.db", "--force"]));
    let aside = put_aside(dir.path());
    assert_eq!(fs::read(dir.path().join(&aside[0])).unwrap(), bytes);
    assert!(has(&serve(dir.path(), DATABASE), "long"));
}

#[test]
fn a_copy_of_the_file_alone_of_a_server_is_told_of() {
    let dir = tempfile::tempdir().unwrap();
    let server = serve(dir.path(), DATABASE);
    write(&server, "first");
    fs::copy(dir.path().join(DATABASE), dir.path().join("copy.db")).unwrap();
    let told = done(&run_on(dir.path(), "copy.db", &["check"]));
    assert!(told.contains("without its log") && told.ends_with("copy.db is sound.\n"), "{told}");
    let log = dir.path().join("log");
    let mut start = command(dir.path());
    start.stderr(File::create(&log).unwrap()).env("COPYDESK_ADMIN_KEY", KEY);
    stop(Server::of(start, 3, &[("RUST_LOG", "warn"), ("DATABASE_URL", "copy.db")]));
    let told = fs::read_to_string(log).unwrap();
    assert_eq!(told.matches("without its log").count(), 1, "{told}");
    // A file that was closed in order may be copied.
    stop(server);
    fs::copy(dir.path().join(DATABASE), dir.path().join("closed.db")).unwrap();
    for file in [DATABASE, "copy.db", "closed.db"] {
        is_sound(dir.path(), file);
    }
}

#[test]
fn a_newsroom_is_backed_up_before_its_schema_changes() {
    let dir = newsroom();
    let path = dir.path().join(DATABASE);
    let version = make_older(&path);
    let backup = format!("{DATABASE}-before-{version}");
    let checksum = format!("{backup}.sha256");
    let made = [DATABASE, backup.as_str(), checksum.as_str()];
    assert!(done(&run(dir.path(), &["migrate"])).contains("1 migration(s) applied"));
    assert_eq!(names(dir.path()), made);
    assert_eq!(mode_of(&dir.path().join(&backup)), 0o600);
    let told = done(&run_on(dir.path(), &backup, &["check"]));
    assert!(told.contains("an older Copydesk has written it"), "{told}");
    let remove =
        || made[1..].iter().for_each(|name| fs::remove_file(dir.path().join(name)).unwrap());
    remove();
    // Where there is nothing to do, and where it is not wanted, none is made.
    assert!(done(&run(dir.path(), &["migrate"])).contains("up to date"));
    make_older(&path);
    assert!(done(&run(dir.path(), &["migrate", "--no-backup"])).contains("1 migration(s)"));
    assert_eq!(names(dir.path()), [DATABASE]);
    // A start makes one as well.
    make_older(&path);
    stop(serve(dir.path(), DATABASE));
    assert_eq!(names(dir.path()), made);
    remove();
    let folder = dir.path().join("backups");
    fs::create_dir(&folder).unwrap();
    make_older(&path);
    done(&run(dir.path(), &["migrate", "--backup-dir", "backups"]));
    assert_eq!(names(&folder), made[1..]);
    assert_eq!(names(dir.path()), ["backups", DATABASE]);
}

/// Expects that SQLite's lock on a file is held: without it another program would take its log away.
#[track_caller]
fn must_be_locked(path: &Path) {
    let Ok(locks) = fs::read_to_string("/proc/locks") else {
        return eprintln!("SKIPPED: the locks of a served file; there is no /proc/locks");
    };
    let file = format!(":{} ", fs::metadata(path).unwrap().ino());
    let is_one = |line: &str| line.contains("POSIX") && line.contains(&file);
    assert!(locks.lines().any(is_one), "{locks}");
}

#[test]
fn a_server_makes_backups_by_itself_and_keeps_the_newest() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("backups");
    fs::create_dir(&folder).unwrap();
    let kept = [
        "copydesk-20200103T000000Z.db",
        "copydesk-20200103T000000Z.db.sha256",
        // Of a clock that was wrong: it takes no place of another.
        "copydesk-29990101T000000Z.db",
        "copydesk.db-before-20200101000001",
        "notes.txt",
        "other-20200101T000000Z.db",
        "other-20200101T000000Z.db.sha256",
    ];
    let removed = [
        "copydesk-20200101T000000Z.db",
        "copydesk-20200101T000000Z.db.sha256",
        "copydesk-20200102T000000Z.db",
    ];
    for name in kept.iter().chain(&removed) {
        fs::write(folder.join(name), "").unwrap();
    }
    let environment = [
        ("RUST_LOG", "info"),
        ("COPYDESK_ADMIN_KEY", KEY),
        ("COPYDESK_BACKUP_DIR", "backups"),
        ("COPYDESK_BACKUP_EVERY", "1h"),
        ("COPYDESK_BACKUP_KEEP", "2"),
    ];
    let (log, writer) = std::io::pipe().unwrap();
    let mut start = command(dir.path());
    start.stderr(writer);
    let server = Server::of(start, 3, &environment);
    let told = BufReader::new(&log)
        .lines()
        .map(Result::unwrap)
        .find(|line| line.contains("] backup backups/") || line.contains("no backup was made"))
        .expect("the server has ended");
    let name = told.split("] backup backups/").nth(1).and_then(|rest| rest.split(": ").next());
    let name = name.unwrap_or_else(|| panic!("{told}")).to_owned();
    let mut wanted: Vec<String> = kept.iter().map(|name| (*name).to_owned()).collect();
    wanted.extend([name.clone(), format!("{name}.sha256"), "copydesk.lock".to_owned()]);
    wanted.sort();
    assert_eq!(names(&folder), wanted);
    is_sound(dir.path(), &format!("backups/{name}"));
    must_be_locked(&dir.path().join(DATABASE));
    // Another newsroom of the same name would remove these.
    let elsewhere = tempfile::tempdir().unwrap();
    let mut other = command(elsewhere.path());
    let other = other.envs(environment).env("COPYDESK_BACKUP_DIR", &folder).output().unwrap();
    let told = String::from_utf8_lossy(&other.stderr);
    assert!(!other.status.success() && told.contains("a folder of its own"), "{told}");
    let request = format!(
        "GET /metrics HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {KEY}\r\nConnection: close\r\n\r\n"
    );
    let metrics = server.raw(request.as_bytes());
    let length = fs::metadata(folder.join(&name)).unwrap().len();
    for sample in [
        "copydesk_backups_total{result=\"made\"} 1\n".to_owned(),
        format!("copydesk_last_backup_size_bytes {length}\n"),
    ] {
        assert!(metrics.contains(&sample), "{sample}");
    }
    stop(server);
    // The next is not due yet.
    let mut start = command(dir.path());
    start.stderr(std::process::Stdio::null());
    stop(Server::of(start, 3, &environment));
    assert_eq!(names(&folder), wanted);
}

#[test]
fn compacting_gives_the_room_of_what_was_deleted_back_beside_a_server() {
    let dir = tempfile::tempdir().unwrap();
    let server = serve(dir.path(), DATABASE);
    write(&server, "kept");
    let body = "needle ".repeat(14_000);
    let paths: Vec<String> = (0..10)
        .map(|number| {
            let made = article(&format!("n{number}"), &body);
            let (status, made) = server.send("POST", "/v1/articles", KEY, &made);
            assert_eq!(status, 201, "{made}");
            format!("/v1/articles/{}?purge=true", made["id"].as_str().unwrap())
        })
        .collect();
    for path in paths {
        assert_eq!(server.send("DELETE", &path, KEY, "").0, 204);
    }
    let told = done(&run(dir.path(), &["compact"]));
    let megabytes: Vec<f64> = told.split(' ').filter_map(|word| word.parse().ok()).collect();
    let [before, now] = megabytes[..] else { panic!("{told}") };
    assert!(before > 1.0 && now < 1.0, "{told}");
    assert!(fs::metadata(dir.path().join(DATABASE)).unwrap().len() < 1_000_000);
    assert!(has(&server, "kept"));
    write(&server, "next");
    stop(server);
    is_sound(dir.path(), DATABASE);
}

#[test]
fn a_file_from_before_is_written_anew_once_no_server_runs_on_it() {
    let dir = newsroom();
    let path = dir.path().join(DATABASE);
    batch(&path, "pragma journal_mode = delete; pragma auto_vacuum = 0; vacuum;");
    let is_incremental = || {
        let mut conn = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
        let mode = diesel::dsl::sql::<Integer>("select auto_vacuum from pragma_auto_vacuum");
        mode.get_result::<i32>(&mut conn).unwrap() == 2
    };
    assert!(!is_incremental());
    let server = serve(dir.path(), DATABASE);
    write(&server, "first");
    let told = refused(&run(dir.path(), &["compact"]), Reason::InUse);
    assert!(told.contains("stop that one"), "{told}");
    write(&server, "second");
    stop(server);
    done(&run(dir.path(), &["compact"]));
    assert!(is_incremental());
    is_sound(dir.path(), DATABASE);
    let server = serve(dir.path(), DATABASE);
    assert!(has(&server, "first") && has(&server, "second"));
    // From now on beside a server.
    done(&run(dir.path(), &["compact"]));
}
