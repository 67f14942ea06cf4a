//! The log: one line a request, in two forms, and nothing of who asked.

use std::fs::File;

use serde_json::Value;

use crate::support::process::{Server, command, try_send};

const KEY: &str = "outside-key-0123456789";

/// What is logged of some requests, a line each.
fn logged(environment: &[(&str, &str)]) -> Vec<String> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("log");
    let mut command = command(dir.path());
    command.stderr(File::create(&path).unwrap()).env("COPYDESK_ADMIN_KEY", KEY);
    let mut server = Server::of(command, 3, environment);
    let article = r#"{"title":"Secret plans"}"#;
    assert_eq!(server.send("POST", "/v1/articles", KEY, article).0, 201);
    for (method, path) in [
        ("GET", "/v1/articles/secret-plans?fields=private"),
        ("GET", "/nowhere/private"),
        ("private-word", "/v1/articles"),
        ("GET", "/v1/articles/%0aprivate"),
    ] {
        let answer = try_send(&server.address, method, path, "private-key-0123456789", "");
        assert!(answer.is_some());
    }
    assert!(server.signal("-TERM").success());
    let text = std::fs::read_to_string(path).unwrap();
    for secret in [KEY, "private", "secret-plans", "Secret"] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
    text.lines().map(str::to_owned).collect()
}

#[test]
fn a_request_is_a_line() {
    let lines = logged(&[("RUST_LOG", "info")]);
    let of_requests: Vec<_> =
        lines.iter().filter(|line| line.contains("copydesk::requests]")).collect();
    assert_eq!(of_requests.len(), 5, "{lines:?}");
    let begins = [
        "] POST /v1/articles 201 ", "] GET /v1/articles/{article} 4", "] GET - 404 ",
        "] - /v1/articles 405 ", "] GET /v1/articles/{article} 4",
    ];
    for (line, begin) in of_requests.iter().zip(begins) {
        assert!(line.contains(begin) && line.contains(" us request_id="), "{line}");
    }
    for event in ["starts", "applied migration", "listening at", "stopping", "stopped"] {
        assert!(lines.iter().any(|line| line.contains(event)), "{event} in {lines:?}");
    }
    let without = logged(&[("RUST_LOG", "info,copydesk::requests=off")]);
    assert!(without.iter().all(|line| !line.contains("::requests")));
    assert_eq!(logged(&[("RUST_LOG", "off")]), [""; 0]);
}

#[test]
fn a_proxy_that_is_not_named_is_told_of_once() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("log");
    let mut command = command(dir.path());
    command.stderr(File::create(&path).unwrap()).env("COPYDESK_EPHEMERAL", "true");
    let mut server = Server::of(command, 3, &[("RUST_LOG", "info")]);
    for _ in 0..3 {
        let request = format!(
            "POST /v1/articles/a/comments HTTP/1.1\r\nHost: {}\r\nX-Forwarded-For: 192.0.2.7\r\n\
             Content-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{{}}",
            server.address
        );
        server.raw(request.as_bytes());
    }
    assert!(server.signal("-TERM").success());
    let log = std::fs::read_to_string(path).unwrap();
    assert_eq!(log.matches("COPYDESK_TRUSTED_PROXIES").count(), 1, "{log}");
    assert!(log.contains("127.0.0.1 forwards") && !log.contains("192.0.2.7"), "{log}");
}

#[test]
fn keys_that_are_made_and_revoked_are_told_of() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("log");
    let mut command = command(dir.path());
    command.stderr(File::create(&path).unwrap()).env("COPYDESK_ADMIN_KEY", KEY);
    let mut server = Server::of(command, 3, &[("RUST_LOG", "info")]);
    let body = r#"{"name":"City desk","scopes":["articles:write"]}"#;
    let (status, made) = server.send("POST", "/v1/keys", KEY, body);
    assert_eq!(status, 201);
    let id = made["id"].as_str().unwrap();
    let path_of_key = format!("/v1/keys/{id}");
    assert_eq!(server.send("DELETE", &path_of_key, KEY, "").0, 204);
    assert!(server.signal("-TERM").success());
    let text = std::fs::read_to_string(path).unwrap();
    for event in ["a key was made", "a key was revoked"] {
        let line = text.lines().find(|line| line.contains(event)).expect(event);
        assert!(line.contains(id) && line.contains("by=admin"), "{line}");
    }
    assert!(!text.contains(&made["key"].as_str().unwrap()[17..]), "{text}");
}

#[test]
fn as_json_each_line_is_an_object() {
    let lines = logged(&[("RUST_LOG", "info"), ("COPYDESK_LOG_FORMAT", "json")]);
    let lines: Vec<Value> = lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    let first = lines.iter().find(|line| line["target"] == "copydesk::requests").unwrap();
    for (name, want) in [
        ("method", Value::from("POST")),
        ("route", "/v1/articles".into()),
        ("status", 201.into()),
        ("level", "info".into()),
    ] {
        assert_eq!(first[name], want, "{name}");
    }
    assert!(first["micros"].is_u64() && first["time"].is_string());
    assert_eq!(first["request_id"].as_str().unwrap().len(), 36);
}
