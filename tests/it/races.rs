//! Many at once: one wins, and one is made.

use std::collections::BTreeSet;
use std::thread;

use serde_json::Value;

use crate::support::app::KEY;
use crate::support::make::text;
use crate::support::process::{Server, try_send_with};

/// Clients at once.
const CLIENTS: usize = 64;

/// Sends the same from many clients, each on a thread and a connection of its own.
fn all_at_once(
    server: &Server,
    method: &str,
    path: &str,
    headers: &str,
    body: impl Fn(usize) -> String,
) -> Vec<(u16, Value)> {
    let bodies: Vec<String> = (0..CLIENTS).map(body).collect();
    thread::scope(|scope| {
        let clients: Vec<_> = bodies
            .iter()
            .map(|body| {
                scope.spawn(move || {
                    try_send_with(&server.address, method, path, KEY, headers, body).unwrap()
                })
            })
            .collect();
        clients.into_iter().map(|client| client.join().unwrap()).collect()
    })
}

fn with_status(answers: &[(u16, Value)], status: u16) -> usize {
    answers.iter().filter(|(given, _)| *given == status).count()
}

#[test]
fn of_many_changes_of_one_version_one_wins() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path(), 3, &[("COPYDESK_ADMIN_KEY", KEY)]);
    let (status, article) = server.send("POST", "/v1/articles", KEY, r#"{"title":"A"}"#);
    assert_eq!(status, 201);
    let path = format!("/v1/articles/{}", text(&article["id"]));
    for round in 1..=3 {
        let tag = format!("If-Match: \"{round}-0\"\r\n");
        let answers = all_at_once(&server, "PATCH", &path, &tag, |client| {
            format!(r#"{{"title":"From client {client}"}}"#)
        });
        assert_eq!(with_status(&answers, 200), 1, "{answers:?}");
        assert_eq!(with_status(&answers, 412), CLIENTS - 1);
        let winner = answers.iter().find(|(status, _)| *status == 200).unwrap();
        let (_, now) = server.send("GET", &path, KEY, "");
        assert_eq!((&now["title"], &now["version"]), (&winner.1["title"], &Value::from(round + 1)));
    }
}

#[test]
fn of_many_posts_with_one_key_one_creates() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path(), 3, &[("COPYDESK_ADMIN_KEY", KEY)]);
    let body = |_| r#"{"title":"Once","state":"published"}"#.to_owned();
    let answers = all_at_once(&server, "POST", "/v1/articles", "Idempotency-Key: once\r\n", body);
    assert_eq!(with_status(&answers, 201), CLIENTS, "{answers:?}");
    let bodies: BTreeSet<String> = answers.iter().map(|(_, body)| body.to_string()).collect();
    assert_eq!(bodies.len(), 1, "one answer for all");
    let (_, list) = server.send("GET", "/v1/articles?count=true", KEY, "");
    assert_eq!(list["total"], 1);
}

#[test]
fn a_server_can_insist_on_the_version() {
    let dir = tempfile::tempdir().unwrap();
    let settings = [("COPYDESK_ADMIN_KEY", KEY), ("COPYDESK_REQUIRE_IF_MATCH", "true")];
    let server = Server::start(dir.path(), 3, &settings);
    let (_, article) = server.send("POST", "/v1/articles", KEY, r#"{"title":"A"}"#);
    let path = format!("/v1/articles/{}", text(&article["id"]));
    let (status, problem) = server.send("PATCH", &path, KEY, r#"{"title":"B"}"#);
    assert_eq!((status, text(&problem["code"])), (428, "precondition_required"));
    let publish = format!("{path}/publish");
    assert_eq!(server.send("POST", &publish, KEY, "").0, 428);
    let tag = "If-Match: \"1-0\"\r\n";
    let sent = try_send_with(&server.address, "POST", &publish, KEY, tag, "{}");
    assert_eq!(sent.unwrap().0, 200);
}
