//! Connections as clients keep them, on real sockets: how many there may be, and requests that
//! come in pieces or together.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;

use serde_json::Value;

use crate::support::process::Server;

const KEY: &str = "outside-key-0123456789";
const ALONE: &[u8] = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
const KEPT: &[u8] = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";

fn serve(dir: &Path, more: &[(&str, &str)]) -> Server {
    let usual = [("COPYDESK_EPHEMERAL", "true"), ("COPYDESK_ADMIN_KEY", KEY)];
    Server::start(dir, 3, &[&usual[..], more].concat())
}

/// A connection that is kept.
struct Connection(BufReader<TcpStream>);

impl Connection {
    fn open(server: &Server) -> Self {
        Self(BufReader::new(TcpStream::connect(&server.address).unwrap()))
    }

    fn send(&mut self, bytes: &[u8]) {
        self.0.get_mut().write_all(bytes).unwrap();
    }

    /// The next answer: its status and its body.
    fn receive(&mut self) -> (u16, String) {
        let mut line = || {
            let mut line = String::new();
            self.0.read_line(&mut line).unwrap();
            line.trim_end().to_lowercase()
        };
        let status = line();
        let mut length = 0;
        loop {
            match line().as_str() {
                "" => break,
                header => {
                    if let Some(number) = header.strip_prefix("content-length: ") {
                        length = number.parse().unwrap();
                    }
                }
            }
        }
        let mut body = vec![0; length];
        self.0.read_exact(&mut body).unwrap();
        let status = status.split(' ').nth(1).and_then(|word| word.parse().ok());
        (status.unwrap_or_default(), String::from_utf8(body).unwrap())
    }

    fn ask(&mut self, request: &[u8]) -> (u16, String) {
        self.send(request);
        self.receive()
    }
}

#[test]
fn a_connection_too_many_is_told_so_and_the_others_go_on() {
    let dir = tempfile::tempdir().unwrap();
    let server = serve(dir.path(), &[("COPYDESK_MAX_CONNECTIONS", "2")]);
    let (mut first, mut second) = (Connection::open(&server), Connection::open(&server));
    assert_eq!((first.ask(KEPT).0, second.ask(KEPT).0), (200, 200));
    let refused = server.raw(ALONE);
    let (head, body) = refused.split_once("\r\n\r\n").unwrap();
    let head = head.to_lowercase();
    let problem: Value = serde_json::from_str(body).unwrap();
    assert!(head.starts_with("http/1.1 503 service unavailable\r\n"), "{head}");
    assert_eq!(
        (&problem["code"], &problem["status"]),
        (&Value::from("too_many_connections"), &Value::from(503))
    );
    let id = problem["instance"].as_str().unwrap().strip_prefix("urn:uuid:").unwrap();
    for header in [
        "content-type: application/problem+json",
        &format!("content-length: {}", body.len()),
        "cache-control: no-store",
        "retry-after: 1",
        &format!("x-request-id: {id}"),
        "connection: close",
    ] {
        assert!(head.split("\r\n").any(|line| line == header), "{header} in {head}");
    }
    // Also one whose request has more than a first read takes.
    let long = format!(
        "POST /v1/articles HTTP/1.1\r\nHost: x\r\nContent-Length: 300000\r\n\r\n{}",
        "x".repeat(300_000)
    );
    assert!(server.raw(long.as_bytes()).contains("too_many_connections"));
    let metrics =
        format!("GET /metrics HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {KEY}\r\n\r\n");
    let (status, text) = first.ask(metrics.as_bytes());
    assert_eq!(status, 200);
    for sample in ["copydesk_connections 2\n", "copydesk_connections_refused_total 2\n"] {
        assert!(text.contains(sample), "{sample} in {text}");
    }
    assert_eq!((first.ask(KEPT).0, second.ask(KEPT).0), (200, 200));
    drop(first);
    // The server notices the end while it refuses others.
    let is_answered = || server.raw(ALONE).starts_with("HTTP/1.1 200 ");
    assert!((0..10_000).any(|_| is_answered()), "no connection is free again");
    assert_eq!(second.ask(KEPT).0, 200);
}

#[test]
fn an_upload_that_waits_to_be_told_to_go_on_is_taken() {
    let dir = tempfile::tempdir().unwrap();
    let server = serve(dir.path(), &[]);
    let mut connection = Connection::open(&server);
    let content = r#"{"title":"A"}"#;
    connection.send(
        format!(
            "POST /v1/articles HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {KEY}\r\n\
             Expect: 100-continue\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            content.len()
        )
        .as_bytes(),
    );
    assert_eq!(connection.receive().0, 100);
    connection.send(content.as_bytes());
    assert_eq!(connection.receive().0, 201);
    assert_eq!(connection.ask(KEPT).0, 200);
}

#[test]
fn a_head_in_pieces_is_one_and_requests_that_come_together_are_several() {
    let dir = tempfile::tempdir().unwrap();
    let server = serve(dir.path(), &[]);
    let mut connection = Connection::open(&server);
    for byte in KEPT {
        connection.send(&[*byte]);
    }
    assert_eq!(connection.receive().0, 200);
    connection.send(&KEPT.repeat(3));
    for _ in 0..3 {
        assert_eq!(connection.receive().0, 200);
    }
    // The next head comes with the content of the one before, after an empty line, and in part.
    let content = r#"{"title":"A"}"#;
    let post = format!(
        "POST /v1/articles HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {KEY}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{content}",
        content.len()
    );
    let (begin, end) = KEPT.split_at(20);
    connection.send(&[post.as_bytes(), KEPT, post.as_bytes(), b"\r\n", begin].concat());
    for status in [201, 200, 201] {
        let (found, body) = connection.receive();
        assert_eq!(found, status, "{body}");
    }
    connection.send(end);
    assert_eq!(connection.receive().0, 200);
}
