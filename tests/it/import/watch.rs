//! `copydesk import --watch`: a feed that is fetched again and again, until the program is told to end.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use copydesk::import::Remote;
use copydesk::outgoing::Reach;

use crate::support::process::command;

const FEED: &str = "<rss version=\"2.0\"><channel><title>N</title><link>https://news.example/</link><item><title>Storm</title><guid>1</guid><pubDate>Fri, 09 Jan 2026 18:30:00 +0100</pubDate><description>x</description></item></channel></rss>";

/// A server that gives these answers, one a request; gives its URL, and the requests.
fn server(answers: Vec<String>) -> (String, mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/feed.xml", listener.local_addr().unwrap());
    let (told, tells) = mpsc::channel();
    thread::spawn(move || {
        for answer in answers {
            let (mut stream, _) = listener.accept().unwrap();
            let head = BufReader::new(stream.try_clone().unwrap()).lines().map(Result::unwrap);
            let head: Vec<String> = head.take_while(|line| !line.is_empty()).collect();
            stream.write_all(answer.as_bytes()).unwrap();
            drop(told.send(head.join("\n").to_ascii_lowercase()));
        }
    });
    (url, tells)
}

fn answer(head: &str, body: &str) -> String {
    format!("HTTP/1.1 {head}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
}

/// Fetches that change nothing cost nothing, and after what went wrong everything is taken again.
#[test]
fn a_feed_that_has_not_changed_is_not_taken_again() {
    let (url, asked) = server(vec![
        answer("200 OK\r\nETag: \"a\"\r\nLast-Modified: Fri, 09 Jan 2026 17:30:00 GMT", "first"),
        answer("304 Not Modified", ""),
        answer("503 Service Unavailable", "later"),
        answer("302 Found\r\nLocation: https://other.example/feed?token=secret", ""),
        answer("200 OK", "second"),
        answer("200 OK", "third"),
    ]);
    let mut remote = Remote::parse(&url, Reach::Anywhere).unwrap();
    assert_eq!(remote.fetch(), Ok(Some(b"first".to_vec())));
    let first = asked.recv().unwrap();
    assert!(!first.contains("if-none-match") && !first.contains("if-modified-since"), "{first}");
    assert_eq!(remote.fetch(), Ok(None));
    let second = asked.recv().unwrap();
    let conditions = ["if-none-match: \"a\"", "if-modified-since: fri, 09 jan 2026 17:30:00 gmt"];
    assert!(conditions.iter().all(|condition| second.contains(condition)), "{second}");
    let told = remote.fetch().unwrap_err();
    assert_eq!((told.text, told.is_final), (format!("{url} answered 503."), false));
    assert!(asked.recv().unwrap().contains(conditions[0]), "nothing came since");
    let told = remote.fetch().unwrap_err().text;
    assert!(told.contains("it leads to https://other.example/feed"), "{told}");
    assert!(!told.contains("secret"), "{told}");
    asked.recv().unwrap();
    remote.forget();
    assert_eq!(remote.fetch(), Ok(Some(b"second".to_vec())));
    assert!(!asked.recv().unwrap().contains("if-none-match"));
    assert_eq!(remote.fetch(), Ok(Some(b"third".to_vec())));
    assert!(!asked.recv().unwrap().contains("if-none-match"), "it has no tag now");
}

/// A record that is refused for good is not told of at each fetch, and its reason may pass.
#[test]
fn a_feed_with_refused_records_is_taken_again_an_hour_later() {
    let (url, asked) = server(vec![
        answer("200 OK\r\nETag: \"a\"", "first"),
        answer("304 Not Modified", ""),
        answer("200 OK", "first"),
        answer("200 OK", "first"),
        answer("200 OK", "first"),
        answer("200 OK", "second"),
        answer("200 OK", "second"),
    ]);
    let mut remote = Remote::parse(&url, Reach::Anywhere).unwrap();
    let start = Instant::now();
    let after = |minutes: u64| start + Duration::from_secs(60 * minutes);
    let (first, second) = (Ok(Some(b"first".to_vec())), Ok(Some(b"second".to_vec())));
    assert_eq!(remote.fetch_new(start), first);
    asked.recv().unwrap();
    remote.had_refused(start);
    assert_eq!(remote.fetch_new(after(5)), Ok(None));
    assert!(asked.recv().unwrap().contains("if-none-match: \"a\""), "the conditions stay");
    assert_eq!(
        remote.fetch_new(after(59)),
        Ok(None),
        "its server says nothing, and it is the same"
    );
    asked.recv().unwrap();
    assert_eq!(remote.fetch_new(after(60)), first);
    assert!(!asked.recv().unwrap().contains("if-none-match"));
    remote.had_refused(after(60));
    assert_eq!(remote.fetch_new(after(119)), Ok(None));
    // Another one is taken at once.
    assert_eq!(remote.fetch_new(after(119)), second);
    // What was imported whole is not taken again as long as it is the same.
    assert_eq!(remote.fetch_new(after(10_000)), Ok(None));
}

#[test]
fn a_server_says_when_to_come_again_and_that_a_feed_is_gone() {
    let (url, _asked) = server(vec![
        answer("503 Service Unavailable\r\nRetry-After: 120", ""),
        answer("429 Too Many Requests\r\nRetry-After: 99999999", ""),
        answer("404 Not Found", ""),
        answer("410 Gone", ""),
        answer("410 Gone", ""),
    ]);
    let mut remote = Remote::parse(&url, Reach::Anywhere).unwrap();
    for (seconds, is_final) in [(120, false), (24 * 60 * 60, false), (0, false), (0, true)] {
        let failure = remote.fetch().unwrap_err();
        assert_eq!(failure.retry_after, Duration::from_secs(seconds), "{failure}");
        assert_eq!(failure.is_final, is_final, "{failure}");
    }
    let folder = tempfile::tempdir().unwrap();
    let ended =
        command(folder.path()).args(["import", &url, "--any-address", "--watch"]).output().unwrap();
    assert_eq!(ended.status.code(), Some(1));
    let ended = String::from_utf8(ended.stderr).unwrap();
    assert!(ended.contains("answered 410: the feed is gone"), "{ended}");
}

#[test]
fn whoever_watches_ends_when_told() {
    let folder = tempfile::tempdir().unwrap();
    let (url, asked) = server(vec![answer("200 OK", FEED)]);
    let refused = command(folder.path()).args(["import", "--watch", "feed.xml"]).output().unwrap();
    assert_eq!(refused.status.code(), Some(2));
    let refused = String::from_utf8(refused.stderr).unwrap();
    assert!(refused.contains("--watch: it needs the URL of a feed"), "{refused}");
    let refused = command(folder.path()).args(["import", "ftp://x.example/a"]).output().unwrap();
    assert_eq!(refused.status.code(), Some(2));
    let refused = String::from_utf8(refused.stderr).unwrap();
    assert!(refused.contains("a URL is http or https, not ftp."), "{refused}");
    let refused =
        command(folder.path()).args(["import", &url, "--watch", "--every", "1s"]).output().unwrap();
    let refused = String::from_utf8(refused.stderr).unwrap();
    assert!(refused.contains("it takes 10 seconds or more"), "{refused}");
    let refused = command(folder.path()).args(["import", &url]).output().unwrap();
    let refused = String::from_utf8(refused.stderr).unwrap();
    let reason = "its address is not a public one; --any-address allows it.";
    assert!(refused.contains(reason), "{refused}");
    // Another try would fail for the same reason.
    let refused = command(folder.path()).args(["import", &url, "--watch"]).output().unwrap();
    assert_eq!(refused.status.code(), Some(1));
    let refused = String::from_utf8(refused.stderr).unwrap();
    assert!(refused.contains(reason), "{refused}");
    assert!(asked.try_recv().is_err(), "nothing was asked for");
    let mut watching = command(folder.path())
        .args(["import", &url, "--any-address", "--watch", "--every", "1h"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(watching.stdout.take().unwrap());
    let mut line = String::new();
    said.read_line(&mut line).unwrap();
    assert!(line.starts_with("1 created, 0 updated (1 public, "), "{line}");
    Command::new("kill").args(["-TERM", &watching.id().to_string()]).status().unwrap();
    // The convention of shells for SIGTERM.
    assert_eq!(watching.wait().unwrap().code(), Some(143));
    let mut rest = String::new();
    said.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "");
}
