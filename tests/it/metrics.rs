//! `GET /metrics`: who may read it, what it counts, and that it tells nothing of anybody.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use copydesk::comments::policy::{Holds, Policy};
use copydesk::web::limit::Limit;
use serde_json::json;

use crate::support::TestApp;
use crate::support::make::{comments_of, path_of};
use crate::support::process::{Server, command};

async fn metrics(app: &TestApp) -> String {
    app.key().get("/metrics").expect(200).await.text()
}

/// The value of a sample, by its name and labels; 0 if it is not there.
fn value(text: &str, sample: &str) -> u64 {
    let mut lines = text.lines();
    let value = lines.find_map(|line| line.strip_prefix(sample)?.strip_prefix(' '));
    value.map_or(0, |value| value.parse().unwrap())
}

/// How many requests were counted.
fn requests(text: &str, method: &str, route: &str, status: u16) -> u64 {
    let labels = format!("method=\"{method}\",route=\"{route}\",status=\"{status}\"");
    value(text, &format!("copydesk_http_request_duration_seconds_count{{{labels}}}"))
}

#[actix_web::test]
async fn a_key_reads_them_that_has_the_scope() {
    let app = TestApp::new().await;
    app.get("/metrics").refused("unauthenticated").await;
    let other = app.key_with(&["audit:read", "drafts:read"]).await;
    let refused = app.as_key(&other).get("/metrics").refused("insufficient_scope").await;
    assert_eq!(refused["required_scope"], "metrics:read");
    let monitor = app.key_with(&["metrics:read"]).await;
    let answer = app.as_key(&monitor).get("/metrics").expect(200).await;
    let media_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    assert_eq!(answer.header("content-type"), media_type);
    assert_eq!(answer.header("cache-control"), "no-store");
    assert!(answer.text().ends_with("\n# EOF\n"));
    app.as_key(&monitor).get("/v1/audit").expect(403).await;
}

#[actix_web::test]
async fn each_name_is_the_program_s_and_is_described_once() {
    let app = TestApp::new().await;
    let article = app.article("A").await;
    app.get(path_of(&article)).ok().await;
    let text = metrics(&app).await;
    let of = |what: &str| -> Vec<String> {
        let begin = format!("# {what} ");
        let described = text.lines().filter_map(|line| line.strip_prefix(&begin));
        described.map(|rest| rest.split(' ').next().unwrap().to_owned()).collect()
    };
    let (names, helped) = (of("TYPE"), of("HELP"));
    assert_eq!(names, helped);
    assert!(names.len() > 15, "{names:?}");
    for (number, name) in names.iter().enumerate() {
        assert!(name.starts_with("copydesk_"), "{name}");
        assert!(!names[..number].contains(name), "{name} is there twice");
    }
    for line in text.lines().filter(|line| !line.starts_with("# ")) {
        assert!(names.iter().any(|name| line.starts_with(name)), "{line}");
        let (_, value) = line.rsplit_once(' ').unwrap();
        assert!(value.parse::<f64>().is_ok_and(|value| value >= 0.0), "{line}");
    }
}

#[actix_web::test]
async fn requests_are_counted_by_method_route_and_status() {
    let app = TestApp::new().await;
    let article = app.article("A").await;
    let route = "/v1/articles/{article}";
    assert_eq!(requests(&metrics(&app).await, "GET", route, 200), 0);
    // Also those that are answered out of memory.
    for path in [path_of(&article), "/v1/articles/a".to_owned(), path_of(&article)] {
        app.get(path).ok().await;
    }
    app.get("/v1/articles/nothing").expect(404).await;
    app.get("/nowhere").expect(404).await;
    app.request("private-word", "/v1/articles").expect(405).await;
    let text = metrics(&app).await;
    for (method, route, status, want) in [
        ("GET", route, 200, 3),
        ("GET", route, 404, 1),
        ("GET", "-", 404, 1),
        ("-", "/v1/articles", 405, 1),
        ("POST", "/v1/articles", 201, 1),
        ("GET", "/metrics", 200, 1),
    ] {
        assert_eq!(requests(&text, method, route, status), want, "{method} {route} {status}");
    }
    assert_eq!(value(&text, "copydesk_http_requests_running"), 1, "this one");
}

#[actix_web::test]
async fn nothing_in_them_is_of_anybody() {
    let app = TestApp::new().await;
    let article = app.article("Secret plans").await;
    app.get("/v1/articles/secret-plans?fields=title").ok().await;
    app.get("/v1/articles?q=whisper").ok().await;
    app.get("/hidden/place").expect(404).await;
    app.request("private-word", "/v1/articles").expect(405).await;
    let body =
        json!({"author_name": "Ada Reader", "author_email": "ada@example.org", "body": "Hi"});
    app.post(comments_of(&article), body).from("192.0.2.77").created().await;
    let key = app.key_with(&["metrics:read"]).await;
    app.as_key("wrong-key-0123456789").get("/v1/keys").expect(401).await;
    let text = app.as_key(&key).get("/metrics").expect(200).await.text().to_lowercase();
    let id = article["id"].as_str().unwrap();
    for word in [
        "secret", "plans", "fields", "whisper", "hidden", "private", "ada", "example", "192.0.2",
        "wrong-key", "cdk_", "a key", id,
    ] {
        assert!(!text.contains(word), "{word}");
    }
}

#[actix_web::test]
async fn what_is_refused_and_what_is_held_is_counted() {
    let app = TestApp::changed(|parts| {
        parts.comments = Arc::new(Policy {
            comment_limit: Limit::new("comments", 1, &parts.clock),
            holds: Holds { links: Some(0), ..Holds::default() },
            ..Policy::default()
        });
        parts.key_uses.limit_wrong(Limit::new("wrong-keys", 1, &parts.clock));
    })
    .await;
    let article = app.article("A").await;
    let say = |from: &str, body: &str| {
        let body = json!({"author_name": "Sam", "body": body});
        app.post(comments_of(&article), body).from(from)
    };
    let held = say("192.0.2.1", "See https://example.org/").created().await;
    assert_eq!(held["state"], "pending");
    for _ in 0..2 {
        say("192.0.2.1", "Once more").refused("rate_limited").await;
    }
    assert_eq!(say("192.0.2.2", "No link").created().await["state"], "published");
    for status in [401, 429] {
        let wrong = app.as_key("wrong-key-0123456789").get("/v1/keys").from("192.0.2.3");
        wrong.expect(status).await;
    }
    let text = metrics(&app).await;
    for (sample, want) in [
        ("copydesk_comments_held_total{reason=\"links\"}", 1),
        ("copydesk_rate_limit_refusals_total{limit=\"comments\"}", 2),
        ("copydesk_rate_limit_refusals_total{limit=\"wrong-keys\"}", 1),
    ] {
        assert_eq!(value(&text, sample), want, "{sample}");
    }
}

#[actix_web::test]
async fn the_database_and_the_readiness_are_in_them() {
    let app = TestApp::in_file().await;
    let before = metrics(&app).await;
    app.draft("A").await;
    app.get("/v1/articles?count=true").ok().await;
    let after = metrics(&app).await;
    for sample in ["copydesk_write_transaction_seconds_count", "copydesk_search_seconds_count"] {
        assert!(value(&after, sample) > value(&before, sample), "{sample}");
    }
    let length = std::fs::metadata(app.file()).unwrap().len();
    let told = format!("copydesk_database_file_size_bytes {length}\n");
    assert!(after.contains(&told), "{told}");
    assert_eq!(value(&after, "copydesk_write_transaction_failures_total"), 0);
    assert_eq!(value(&after, "copydesk_ready"), 1);
    app.parts.stopping.store(true, Ordering::Relaxed);
    assert!(metrics(&app).await.contains("\ncopydesk_ready 0\n"));
}

/// The answer to a request without a key, on a connection of its own.
fn get(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn an_address_of_their_own_needs_no_key_and_has_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let (log, writer) = std::io::pipe().unwrap();
    let mut start = command(dir.path());
    start.stderr(writer);
    let environment = [
        ("RUST_LOG", "info"),
        ("COPYDESK_EPHEMERAL", "true"),
        ("COPYDESK_ADMIN_KEY", "outside-key-0123456789"),
        ("COPYDESK_METRICS_LISTEN", "127.0.0.1:0"),
        ("COPYDESK_MAX_CONNECTIONS", "1"),
    ];
    let server = Server::of(start, 3, &environment);
    let told = BufReader::new(&log)
        .lines()
        .map(Result::unwrap)
        .find_map(|line| line.split("] metrics at http://").nth(1).map(str::to_owned));
    let told = told.expect("no line with the address");
    let address = told.strip_suffix("/metrics").unwrap_or_else(|| panic!("{told}"));
    assert_ne!(address, server.address);
    assert!(get(&server.address, "/v1/articles").starts_with("HTTP/1.1 200 "));
    // The one connection is free again a moment after its client has closed it.
    let answers = std::iter::repeat_with(|| get(&server.address, "/metrics"));
    let free = answers.take(1_000).find(|answer| !answer.starts_with("HTTP/1.1 503 "));
    assert!(free.is_some_and(|answer| answer.starts_with("HTTP/1.1 401 ")));
    // It is the only connection that the API has; these are others.
    let hold = |_| {
        let mut held = TcpStream::connect(&server.address).unwrap();
        held.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
        let mut status = [0; 12];
        held.read_exact(&mut status).unwrap();
        (status == *b"HTTP/1.1 200").then_some(held)
    };
    // The one before may not have ended yet.
    let held = (0..10_000).find_map(hold).expect("no connection is free");
    let metrics = get(address, "/metrics");
    assert!(metrics.starts_with("HTTP/1.1 200 ") && metrics.ends_with("\n# EOF\n"), "{metrics}");
    assert_eq!(requests(&metrics, "GET", "/v1/articles", 200), 1, "those of the other address");
    assert!(get(address, "/readyz").starts_with("HTTP/1.1 200 "));
    assert!(metrics.contains("\ncopydesk_connections 1\n"), "{metrics}");
    drop(held);
    for path in ["/v1/articles", "/v1/keys", "/docs", "/"] {
        let answer = get(address, path);
        assert!(
            answer.starts_with("HTTP/1.1 404 ") && answer.contains("route_not_found"),
            "{answer}"
        );
    }
}
