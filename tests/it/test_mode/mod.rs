//! Test mode: the same on every run, moved clocks, a reset, the journal.

mod fixtures;
mod prefer;

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::Stdio;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::process::{Server, command};

/// What a suite starts with.
const FIXTURES: &str = r#"
{"disclaimer": {"key": "wire", "title": "Agency report", "body": "Not edited by us.", "placement": "before", "applies_to": {"sources": ["Valley Wire"]}}}
{"disclaimer": {"key": "by-hand", "title": "Sponsored", "body": "Paid for.", "retired_at": "2025-12-31T00:00:00Z", "created_at": "2025-12-01T00:00:00Z"}}
{"article": {"id": "019b0000-0000-7000-8000-000000000001", "title": "Flood warning", "state": "published", "source": {"name": "Valley Wire"}, "body": "The river *rises*.", "created_at": "2025-12-31T10:00:00Z", "disclaimers": [{"key": "by-hand"}], "corrections": [{"note": "It was another river.", "corrected_at": "2025-12-31T11:00:00Z"}]}}
{"article": {"title": "Tomorrow", "state": "scheduled", "published_at": "2026-01-02T00:00:00Z"}}
{"article": {"title": "Under embargo", "state": "published", "embargo_until": "2026-01-01T06:00:00Z"}}
{"article": {"title": "Ends", "state": "published", "expires_at": "2026-01-01T07:00:00Z"}}
{"article": {"title": "Licensed", "state": "published", "access": "restricted"}}
{"article": {"title": "Gone", "state": "withdrawn", "notice": "A source took it back.", "replaced_by": "flood-warning", "published_at": "2025-12-01T00:00:00Z", "created_at": "2025-11-30T00:00:00Z"}}
{"article": {"title": "Blocked", "state": "blocked", "authority": "Regional Court", "published_at": "2025-12-01T00:00:00Z"}}
{"article": {"title": "Thrown away", "state": "trashed"}}
{"article": {"title": "Taken back", "state": "draft", "published_at": "2025-12-01T00:00:00Z"}}
{"article": {"title": "Draft"}}
{"comment": {"id": "019b0000-0000-7000-8000-000000000002", "article": "flood-warning", "author_name": "Sam", "body": "Hello", "state": "removed"}}
{"comment": {"article": "flood-warning", "author_name": "Kim", "body": "Reply", "parent_id": "019b0000-0000-7000-8000-000000000002"}}
{"comment": {"article": "flood-warning", "author_name": "Lou", "body": "Wait", "state": "pending", "held_by": "links"}}
{"key": {"name": "Editor", "preset": "editor", "key": "cdk_editor000000_0000000000000000000000000000000000000000000"}}
{"key": {"name": "Late", "preset": "reader", "key": "cdk_late00000000_0000000000000000000000000000000000000000000", "expires_at": "2025-12-31T00:00:00Z"}}
"#;

const EDITOR: &str = "cdk_editor000000_0000000000000000000000000000000000000000000";

/// A server in test mode, with the fixtures above.
struct Suite {
    server: Server,
    _dir: TempDir,
}

/// A whole answer.
#[derive(Debug, PartialEq)]
struct Got {
    status: u16,
    head: String,
    body: Value,
}

impl Suite {
    fn start(arguments: &[&str]) -> Self {
        Self::with(FIXTURES, "2026-01-01T00:00:00Z", arguments)
    }

    fn with(fixtures: &str, clock: &str, arguments: &[&str]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("fixtures.jsonl"), fixtures).unwrap();
        let mut program = command(dir.path());
        program.args(["serve", "--ephemeral", "--test", "--admin-key", "test"]);
        program.args(["--fixtures", "fixtures.jsonl", "--clock", clock]);
        program.args(arguments);
        Self { server: Server::of(program, 1, &[]), _dir: dir }
    }

    /// Sends a request with further headers, each with its line end.
    fn ask(&self, key: &str, request: &str, headers: &str, body: &str) -> Option<Got> {
        let mut stream = TcpStream::connect(&self.server.address).unwrap();
        let key =
            if key.is_empty() { String::new() } else { format!("Authorization: Bearer {key}\r\n") };
        let kind = if body.is_empty() { "" } else { "Content-Type: application/json\r\n" };
        let length = body.len();
        let text = format!(
            "{request} HTTP/1.1\r\nHost: test\r\nConnection: close\r\nContent-Length: {length}\r\n{key}{kind}{headers}\r\n{body}"
        );
        stream.write_all(text.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        let (head, body) = answer.split_once("\r\n\r\n")?;
        // The one header that is the machine's.
        let head: Vec<&str> = head.lines().filter(|line| !line.starts_with("date: ")).collect();
        let mut sorted = head.clone();
        sorted.sort_unstable();
        Some(Got {
            status: head[0].split(' ').nth(1)?.parse().ok()?,
            head: sorted.join("\n"),
            body: serde_json::from_str(body).unwrap_or_default(),
        })
    }

    fn get(&self, path: &str) -> Got {
        self.ask("", &format!("GET {path}"), "", "").unwrap()
    }

    fn post(&self, key: &str, path: &str, body: &Value) -> Got {
        self.ask(key, &format!("POST {path}"), "", &body.to_string()).unwrap()
    }

    fn advance(&self, seconds: i64) -> Got {
        self.post("test", "/v1/test/clock", &json!({"advance": seconds}))
    }

    fn reset(&self) {
        assert_eq!(self.ask("test", "POST /v1/test/reset", "", "").unwrap().status, 204);
    }

    fn journal(&self) -> Vec<Value> {
        let sent = self.ask("test", "GET /v1/test/requests", "", "").unwrap().body;
        sent["items"].as_array().unwrap().clone()
    }

    /// What a suite might do, and all that it is answered.
    fn story(&self) -> Vec<Got> {
        let comment = json!({"author_name": "Ada", "body": "Is that so?"});
        let mut all = vec![
            self.get("/v1/articles?limit=2&count=true"),
            self.post("test", "/v1/articles", &json!({"title": "New", "state": "published"})),
            self.post(EDITOR, "/v1/articles", &json!({"title": "By the editor", "tags": ["new"]})),
            self.post("test", "/v1/keys", &json!({"name": "Desk", "preset": "author"})),
            self.post("", "/v1/articles/new/comments", &comment),
            self.ask("test", "GET /v1/keys", "", "").unwrap(),
            self.ask("test", "GET /v1/articles?sort=title", "", "").unwrap(),
            self.advance(86_400),
            self.post("", "/v1/articles/tomorrow/comments", &comment),
            self.get("/v1/articles?facets=tag"),
            self.ask("", "POST /v1/articles/new/comments", "Prefer: code=429\r\n", "").unwrap(),
        ];
        let next = all[0].body["next"].as_str().unwrap().to_owned();
        all.push(self.get(&format!("/v1/articles?limit=2&count=true&cursor={next}")));
        all
    }
}

#[test]
fn every_run_is_the_same() {
    let (one, other) = (Suite::start(&["--seed", "7"]), Suite::start(&["--seed", "7"]));
    let first = one.story();
    let statuses: Vec<u16> = first.iter().map(|got| got.status).collect();
    assert_eq!(statuses, [200, 201, 201, 201, 201, 200, 200, 200, 201, 200, 429, 200]);
    assert_eq!(first, other.story());
    one.reset();
    assert_eq!(first, one.story(), "after a reset");
    let another_seed = Suite::start(&["--seed", "8"]).story();
    assert_ne!(first[1].body["id"], another_seed[1].body["id"]);
    assert_eq!(first[1].body["title"], another_seed[1].body["title"]);
}

#[test]
fn a_moved_clock_acts_on_everything() {
    let suite = Suite::start(&["--comments-per-minute", "2"]);
    let status = |path: &str| suite.get(path).status;
    assert_eq!(status("/v1/articles/under-embargo"), 404);
    assert_eq!(suite.advance(6 * 3600).body["now"], "2026-01-01T06:00:00.000000Z");
    assert_eq!(status("/v1/articles/under-embargo"), 200);
    assert_eq!(status("/v1/articles/ends"), 200);
    suite.advance(3600);
    assert_eq!(status("/v1/articles/ends"), 410);
    assert_eq!(status("/v1/articles/tomorrow"), 404);
    let set = suite.post("test", "/v1/test/clock", &json!({"set": "2026-01-02T00:00:00Z"}));
    assert_eq!((set.status, &set.body["is_running"]), (200, &json!(false)));
    assert_eq!(status("/v1/articles/tomorrow"), 200);

    let comment = |number: i32| {
        let body = json!({"author_name": "Ada", "body": format!("Number {number}")});
        suite.post("", "/v1/articles/tomorrow/comments", &body)
    };
    let first = comment(1);
    assert_eq!((first.status, comment(2).status, comment(3).status), (201, 201, 429));
    suite.advance(60);
    assert_eq!(comment(4).status, 201);
    let (id, token) = (&first.body["id"], &first.body["edit_token"]);
    let edit = |text: &str| {
        let path = format!("PATCH /v1/comments/{}", id.as_str().unwrap());
        let token = format!("Edit-Token: {}\r\n", token.as_str().unwrap());
        suite.ask("", &path, &token, &json!({"body": text}).to_string()).unwrap().status
    };
    assert_eq!(edit("In time"), 200);
    suite.advance(15 * 60);
    assert_eq!(edit("Too late"), 403);

    let back = suite.post("test", "/v1/test/clock", &json!({"set": "2026-01-01T00:00:00Z"}));
    assert_eq!((back.status, &back.body["errors"][0]["pointer"]), (422, &json!("/set")));
    for wrong in [json!({}), json!({"set": "2027-01-01T00:00:00Z", "advance": 1})] {
        assert_eq!(suite.post("test", "/v1/test/clock", &wrong).status, 422, "{wrong}");
    }
    suite.reset();
    assert_eq!((status("/v1/articles/tomorrow"), status("/v1/articles/ends")), (404, 200));
}

#[test]
fn a_clock_that_was_not_set_runs() {
    let dir = tempfile::tempdir().unwrap();
    let mut program = command(dir.path());
    program.args(["--ephemeral", "--test", "--admin-key", "test"]);
    let suite = Suite { server: Server::of(program, 1, &[]), _dir: dir };
    let clock = || suite.ask("test", "GET /v1/test/clock", "", "").unwrap().body;
    let (first, second) = (clock(), clock());
    assert_eq!(first["is_running"], true);
    assert!(first["now"].as_str() < second["now"].as_str());
    assert_eq!(suite.advance(3600).body["is_running"], true);
}

#[test]
fn what_is_dropped_was_written() {
    let suite = Suite::start(&[]);
    let body = json!({"title": "Sent twice"}).to_string();
    let send = |prefer: &str| {
        let headers = format!("Idempotency-Key: once\r\n{prefer}");
        suite.ask("test", "POST /v1/articles", &headers, &body)
    };
    assert_eq!(send("Prefer: drop\r\n"), None);
    let again = send("").unwrap();
    assert_eq!(again.status, 201);
    assert!(again.head.contains("idempotent-replayed: true"), "{}", again.head);
    let found = suite.ask("test", "GET /v1/articles?q=twice&count=true", "", "").unwrap();
    assert_eq!(found.body["total"], 1);
}

#[test]
fn the_journal_holds_what_was_sent_and_no_secret() {
    let suite = Suite::start(&[]);
    let key = suite.post("test", "/v1/keys", &json!({"name": "Desk", "preset": "author"})).body;
    let key = key["key"].as_str().unwrap();
    suite.ask(key, &format!("GET /v1/articles?q={key}"), "Cookie: a=b\r\nX-Note: mine\r\n", "");
    suite.ask("", "GET /v1/comments/x", &format!("Edit-Token: secret-{key}\r\n"), "");
    suite.post(key, "/v1/articles", &json!({"title": format!("About {key}")}));
    suite.ask("", "POST /v1/articles", "Content-Type: text/plain\r\n", "no json");
    let comment = json!({"author_name": "Ada", "body": "Hi"}).to_string();
    suite.ask("", "POST /v1/articles/gone/comments", "Prefer: code=503\r\n", &comment);
    suite.ask("test", "POST /v1/articles", "", "{\"title\":\"a\",\"title\":\"b\"}");
    let journal = suite.journal();
    let shown = json!(journal).to_string();
    assert!(
        !shown.contains(key) && !shown.contains("secret-") && !shown.contains("a=b"),
        "{shown}"
    );
    let lines: Vec<String> = journal
        .iter()
        .map(|one| {
            format!(
                "{} {} {}",
                one["method"].as_str().unwrap(),
                one["path"].as_str().unwrap(),
                one["status"]
            )
        })
        .collect();
    assert_eq!(
        lines,
        [
            "POST /v1/keys 201",
            "GET /v1/articles 200",
            "GET /v1/comments/x 400",
            "POST /v1/articles 201",
            "POST /v1/articles 401",
            "POST /v1/articles/gone/comments 503",
            "POST /v1/articles 400"
        ]
    );
    assert_eq!(journal[0]["body"], json!({"name": "Desk", "preset": "author"}));
    assert_eq!(journal[1]["query"], "q=***");
    assert_eq!(journal[1]["headers"]["authorization"], "Bearer ***");
    assert_eq!(journal[1]["headers"]["x-note"], "mine");
    assert_eq!(journal[3]["body"]["title"], "About ***");
    assert_eq!(journal[4]["body"], "no json", "also of one that was refused before it was read");
    assert_eq!(journal[5]["body"], json!({"author_name": "Ada", "body": "Hi"}));
    assert_eq!(journal[6]["body"], "{\"title\":\"a\",\"title\":\"b\"}", "it is no JSON here");
    suite.reset();
    assert_eq!(suite.journal(), Vec::<Value>::new());
}

#[test]
fn the_journal_is_bounded() {
    let suite = Suite::start(&[]);
    let mut stream = TcpStream::connect(&suite.server.address).unwrap();
    let request = "GET /healthz HTTP/1.1\r\nHost: test\r\n\r\n".repeat(1_005);
    let mut reader = stream.try_clone().unwrap();
    let reading = std::thread::spawn(move || {
        let mut all = Vec::new();
        let _ = reader.read_to_end(&mut all);
    });
    stream.write_all(request.as_bytes()).unwrap();
    stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n").unwrap();
    reading.join().unwrap();
    let sent = suite.ask("test", "GET /v1/test/requests", "", "").unwrap().body;
    assert_eq!(sent["items"].as_array().unwrap().len(), 1_000);
    assert_eq!(sent["forgotten"], 6);
}

#[test]
fn only_who_may_make_keys_decides_on_the_server() {
    let suite = Suite::start(&[]);
    for request in [
        "GET /v1/test/clock", "POST /v1/test/clock", "GET /v1/test/requests",
        "POST /v1/test/answers", "POST /v1/test/reset",
    ] {
        let status = |key: &str| suite.ask(key, request, "", "").unwrap().status;
        assert_eq!((status(""), status("wrong"), status(EDITOR)), (401, 401, 403), "{request}");
        let other = request.replace("POST", "PUT").replace("GET", "DELETE");
        assert_eq!(suite.ask("test", &other, "", "").unwrap().status, 405, "{other}");
    }
}

#[test]
fn the_next_requests_can_be_answered_otherwise() {
    let suite = Suite::start(&[]);
    let next = |body: Value| suite.post("test", "/v1/test/answers", &body).status;
    let status = |path: &str| suite.get(path).status;
    // A kept answer must not be in the way.
    status("/v1/articles");
    status("/v1/articles");
    assert_eq!(next(json!({"prefer": "code=503", "path": "/v1/articles", "times": 2})), 204);
    assert_eq!(status("/v1/articles/gone"), 410, "another path");
    assert_eq!(status("/v1/articles?limit=1"), 503);
    let own = suite.ask("", "GET /v1/articles", "Prefer: code=401\r\n", "").unwrap();
    assert_eq!(own.status, 401, "one that prefers something itself");
    assert_eq!((status("/v1/articles"), status("/v1/articles")), (503, 200));
    assert_eq!(next(json!({"prefer": "code=500", "method": "POST"})), 204);
    assert_eq!((status("/v1/articles"), status("/v1/keys")), (200, 401));
    let post = suite.post("test", "/v1/articles", &json!({"title": "A"}));
    assert_eq!((post.status, &post.body["code"]), (500, &json!("internal")));
    assert_eq!(next(json!({"prefer": "code=503"})), 204);
    suite.reset();
    assert_eq!(status("/v1/articles"), 200);
    for wrong in [
        json!({"prefer": "cod=503"}),
        json!({}),
        json!({"prefer": "drop", "times": 0}),
        json!({"prefer": "return=minimal"}),
        json!({"prefer": "drop", "method": "get"}),
        json!({"prefer": "drop", "path": "v1/articles"}),
        json!({"prefer": "drop", "path": "/v1/articles?limit=1"}),
    ] {
        assert_eq!(next(wrong.clone()), 422, "{wrong}");
    }
}

#[test]
fn a_server_ends_with_its_input() {
    let dir = tempfile::tempdir().unwrap();
    let mut program = command(dir.path());
    program.args(["--ephemeral", "--watch-stdin", "--listen", "127.0.0.1:0"]);
    let mut child = program.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut first = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
    assert!(first.starts_with("http://127.0.0.1:"), "{first}");
    assert!(child.try_wait().unwrap().is_none());
    child.stdin.take().unwrap().write_all(b"what is written there does not matter").unwrap();
    // Its input has ended with that.
    assert!(child.wait().unwrap().success());
}

#[test]
fn a_reset_ends_what_is_still_on_its_way() {
    let suite = Suite::start(&[]);
    // A client that gives up: its request waits on.
    let body = json!({"title": "Ghost"}).to_string();
    let text = format!(
        "POST /v1/articles HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer test\r\nContent-Type: application/json\r\n\
         Prefer: delay=120000\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut stream = TcpStream::connect(&suite.server.address).unwrap();
    stream.write_all(text.as_bytes()).unwrap();
    // Answered after it has arrived: there is one worker, and it takes what is there first.
    while suite.get("/healthz").status != 200 {}
    suite.reset();
    let mut answer = String::new();
    let mut first = [0; 12];
    stream.read_exact(&mut first).unwrap();
    answer.push_str(std::str::from_utf8(&first).unwrap());
    assert_eq!(answer, "HTTP/1.1 503");
    assert_eq!(suite.get("/v1/articles?q=ghost&count=true").body["total"], 0);
    let sent = suite.journal();
    assert_eq!(sent.len(), 1, "only the search: {sent:?}");
}

#[test]
fn a_key_is_seen_as_used_at_once() {
    let suite = Suite::start(&[]);
    for _ in 0..20 {
        suite.reset();
        let path = "GET /v1/keys?fields=name,last_used_at";
        suite.ask(EDITOR, "GET /v1/articles", "", "");
        let keys = suite.ask("test", path, "", "").unwrap().body;
        let editor = keys["items"].as_array().unwrap().iter().find(|key| key["name"] == "Editor");
        assert_eq!(
            editor.unwrap()["last_used_at"].as_str().map(|at| &at[..10]),
            Some("2026-01-01")
        );
    }
}
