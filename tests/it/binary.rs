//! The program itself: what it prints, what a second one does, and that a kill loses nothing.

use std::path::Path;
use std::process::Stdio;

use serde_json::Value;

use crate::support::process::{Server, command, try_send};

/// The key that a first start without a terminal has written to the file that it names.
fn first_key(server: &Server, dir: &Path) -> String {
    use std::os::unix::fs::PermissionsExt as _;
    let line = &server.lines[3];
    let file = line.strip_prefix("admin key  in ").and_then(|rest| rest.split("   ").next());
    let file = dir.join(file.unwrap_or_else(|| panic!("{line}")));
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let key = std::fs::read_to_string(file).unwrap().trim().to_owned();
    assert!(key.starts_with("cdk_"), "{key}");
    key
}

#[test]
fn the_admin_key_is_in_the_file_that_the_setting_names() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("key");
    let named = [("COPYDESK_ADMIN_KEY_FILE", file.to_str().unwrap())];
    // A first start writes it, and a later one looks it up in the database, where it can be
    // revoked.
    let server = Server::start(dir.path(), 4, &named);
    assert!(server.lines[3].contains(file.to_str().unwrap()), "{:?}", server.lines);
    let key = first_key(&server, dir.path());
    drop(server);
    let server = Server::start(dir.path(), 3, &named);
    let (_, own) = server.send("GET", "/v1/keys/self", &key, "");
    assert_eq!(server.send("POST", "/v1/articles", &key, r#"{"title":"A"}"#).0, 201, "{own}");
    drop(server);
    // One of the operator's own works as in the other setting.
    std::fs::write(&file, "a-key-of-my-own-0123\n").unwrap();
    let server = Server::start(dir.path(), 3, &named);
    assert_eq!(server.send("GET", "/v1/keys", "a-key-of-my-own-0123", "").0, 200);
    let both = [named[0], ("COPYDESK_ADMIN_KEY", "a-key-of-my-own-0123")];
    let refused = command(dir.path()).envs(both).output().unwrap();
    assert!(String::from_utf8_lossy(&refused.stderr).contains("both given"), "{refused:?}");
    // No other newsroom writes over it, and none is made where it cannot be written.
    let fresh = tempfile::tempdir().unwrap();
    let known = "cdk_aaaaaaaaaaaa_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    for (file, text) in [(&file, Some(known)), (&dir.path().join("no/key"), None)] {
        if let Some(text) = text {
            std::fs::write(file, text).unwrap();
        }
        let mut start = command(fresh.path());
        start.args(["--listen", "127.0.0.1:0", "--admin-key-file", file.to_str().unwrap()]);
        let refused = start.output().unwrap();
        let told = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(!refused.status.success() && told.contains("cannot be written to"), "{told}");
        assert!(refused.stdout.is_empty() && !told.contains("cdk_"), "{told}");
    }
    std::fs::write(&file, "short\n").unwrap();
    let refused = command(dir.path()).envs(named).output().unwrap();
    let text = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(text.contains("COPYDESK_ADMIN_KEY_FILE") && !text.contains("short\n"), "{text}");
}

#[test]
fn a_hangup_reloads_and_other_signals_change_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = Server::start(dir.path(), 3, &[("COPYDESK_EPHEMERAL", "true")]);
    let tell = |signal: &str, server: &Server| {
        let id = server.id().to_string();
        assert!(std::process::Command::new("kill").args([signal, &id]).status().unwrap().success());
    };
    let allows = |server: &Server| {
        let request = format!(
            "OPTIONS /v1/articles HTTP/1.1\r\nHost: {}\r\nOrigin: https://news.example\r\n\
             Access-Control-Request-Method: POST\r\nConnection: close\r\n\r\n",
            server.address
        );
        server.raw(request.as_bytes()).contains("https://news.example")
    };
    assert!(!allows(&server));
    std::fs::write(dir.path().join(".env"), "COPYDESK_CORS_ORIGINS=https://news.example\n")
        .unwrap();
    for signal in ["-USR1", "-USR2", "-HUP"] {
        tell(signal, &server);
    }
    // The signal is handled while requests are answered.
    assert!((0..10_000).any(|_| allows(&server)), "not reloaded");
    // Settings that are wrong change nothing.
    std::fs::write(dir.path().join(".env"), "COPYDESK_CORS_ORIGINS=no-origin\n").unwrap();
    tell("-HUP", &server);
    assert!(allows(&server));
    assert!(server.signal("-TERM").success());
}

#[test]
fn the_first_start_makes_everything_and_shows_the_key_once() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = Server::start(dir.path(), 4, &[]);
    assert!(dir.path().join("copydesk.db").exists());
    assert!(server.lines[1].ends_with("/docs"), "{:?}", server.lines);
    let key = first_key(&server, dir.path());
    let (status, article) =
        server.send("POST", "/v1/articles", &key, r#"{"title":"Kept","state":"published"}"#);
    assert_eq!(status, 201, "{article}");
    // Killed without a word: what was answered is still there.
    server.signal("-KILL");
    let mut again = Server::start(dir.path(), 3, &[]);
    assert!(!again.lines.iter().any(|line| line.contains("cdk_")), "shown once");
    assert_eq!(again.send("GET", "/v1/articles/kept", &key, "").0, 200);
    assert!(again.signal("-TERM").success(), "a stop that was asked for is no failure");
    let log = dir.path().join("copydesk.db-wal");
    assert!(!log.exists(), "the file is closed, the log taken back into it");
}

#[test]
fn a_key_is_made_only_by_a_start_that_shows_it() {
    let dir = tempfile::tempdir().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let refused = command(dir.path()).args(["--listen", &address]).output().unwrap();
    let text = String::from_utf8(refused.stderr).unwrap();
    assert!(!refused.status.success() && text.contains("choose another with --listen"), "{text}");
    let server = Server::start(dir.path(), 4, &[]);
    first_key(&server, dir.path());
}

#[test]
fn a_key_from_outside_works_and_is_kept_nowhere() {
    let dir = tempfile::tempdir().unwrap();
    let key = "outside-key-0123456789";
    let server = Server::start(dir.path(), 3, &[("COPYDESK_ADMIN_KEY", key)]);
    assert_eq!(server.send("POST", "/v1/articles", key, r#"{"title":"A"}"#).0, 201);
    drop(server);
    for entry in std::fs::read_dir(dir.path()).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        assert!(!bytes.windows(key.len()).any(|window| window == key.as_bytes()));
    }
}

#[test]
fn one_file_is_one_file_by_any_name() {
    let dir = tempfile::tempdir().unwrap();
    let _first = Server::start(dir.path(), 3, &[]);
    std::os::unix::fs::symlink("copydesk.db", dir.path().join("other.db")).unwrap();
    let second = command(dir.path())
        .args(["--listen", "127.0.0.1:0", "--database-url", "other.db"])
        .output()
        .unwrap();
    let text = String::from_utf8(second.stderr).unwrap();
    assert!(!second.status.success() && text.contains("is served by another"), "{text}");
}

#[test]
fn what_is_not_ours_is_left_as_it_is() {
    use diesel::connection::SimpleConnection as _;
    use diesel::{Connection as _, SqliteConnection};
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("copydesk.db");
    SqliteConnection::establish(path.to_str().unwrap())
        .unwrap()
        .batch_execute("create table customers (id integer)")
        .unwrap();
    let before = std::fs::read(&path).unwrap();
    let refused = command(dir.path()).arg("migrate").output().unwrap();
    let text = String::from_utf8(refused.stderr).unwrap();
    assert!(!refused.status.success() && text.contains("another program"), "{text}");
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[test]
fn a_log_without_its_database_is_neither_replayed_nor_removed() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = Server::start(dir.path(), 4, &[]);
    server.signal("-KILL");
    std::fs::rename(dir.path().join("copydesk.db"), dir.path().join("elsewhere.db")).unwrap();
    let refused = command(dir.path()).args(["--listen", "127.0.0.1:0"]).output().unwrap();
    let text = String::from_utf8(refused.stderr).unwrap();
    assert!(!refused.status.success() && text.contains("put the database back"), "{text}");
    std::fs::rename(dir.path().join("elsewhere.db"), dir.path().join("copydesk.db")).unwrap();
    Server::start(dir.path(), 3, &[]);
}

#[test]
fn the_document_may_be_read_in_part() {
    let mut child = command(Path::new("."))
        .arg("openapi")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
}

/// Clients write while the server is killed: each article that was answered with 201 is there afterwards.
#[test]
fn what_was_answered_survives_a_kill() {
    let dir = tempfile::tempdir().unwrap();
    let key = "outside-key-0123456789";
    let mut server = Server::start(dir.path(), 3, &[("COPYDESK_ADMIN_KEY", key)]);
    let (answered, answers) = std::sync::mpsc::channel();
    let clients: Vec<_> = (0..4)
        .map(|client| {
            let (answered, address) = (answered.clone(), server.address.clone());
            std::thread::spawn(move || {
                for number in 0.. {
                    let body = format!(
                        "{{\"title\":\"c{client} n{number}\",\"slug\":\"c{client}-n{number}\"}}"
                    );
                    let Some((201, article)) =
                        try_send(&address, "POST", "/v1/articles", key, &body)
                    else {
                        return;
                    };
                    let slug = article["slug"].as_str().unwrap().to_owned();
                    if answered.send(slug).is_err() {
                        return;
                    }
                }
            })
        })
        .collect();
    drop(answered);
    let mut slugs: Vec<String> = answers.iter().take(40).collect();
    server.signal("-KILL");
    slugs.extend(answers.iter());
    clients.into_iter().for_each(|client| client.join().unwrap());
    let again = Server::start(dir.path(), 3, &[("COPYDESK_ADMIN_KEY", key)]);
    assert!(slugs.len() >= 40);
    for slug in slugs {
        assert_eq!(
            again.send("GET", &format!("/v1/articles/{slug}"), key, "").0,
            200,
            "{slug} was answered and is lost"
        );
    }
}

#[test]
fn one_file_has_one_server() {
    let dir = tempfile::tempdir().unwrap();
    let first = Server::start(dir.path(), 3, &[]);
    let second = command(dir.path()).args(["--listen", "127.0.0.1:0"]).output().unwrap();
    let text = String::from_utf8(second.stderr).unwrap();
    assert!(!second.status.success() && text.contains("is served by another"), "{text}");
    // An import works beside it.
    std::fs::write(
        dir.path().join("a.md"),
        "---\ntitle: Imported\ndate: 2020-01-01 10:00:00 +0000\n---\n",
    )
    .unwrap();
    let import = command(dir.path()).args(["import", "."]).output().unwrap();
    assert!(import.status.success(), "{import:?}");
    assert!(String::from_utf8_lossy(&import.stdout).starts_with("1 created"), "{import:?}");
    let answer =
        first.raw(b"GET /v1/articles/imported HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

#[test]
fn a_head_has_no_body_and_a_body_too_large_gets_its_answer() {
    let dir = tempfile::tempdir().unwrap();
    let key = "outside-key-0123456789";
    let server = Server::start(dir.path(), 3, &[("COPYDESK_ADMIN_KEY", key)]);
    let head = server.raw(b"HEAD /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    assert!(head.starts_with("HTTP/1.1 200") && head.ends_with("\r\n\r\n"), "{head}");
    let (status, problem) = server.send("POST", "/v1/articles", key, &"[".repeat(5_000_000));
    assert_eq!((status, &problem["code"]), (413, &Value::from("body_too_large")));
    let (status, problem) = server.send("POST", "/v1/articles", key, &"[".repeat(1 << 20));
    assert_eq!((status, &problem["code"]), (400, &Value::from("malformed_json")));
    // A body that breaks off, in chunks that are none.
    let broken = format!(
        "POST /v1/articles HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"
    );
    let answer = server.raw(broken.as_bytes());
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
}
