//! Starts Copydesk once for all tests of a file. Each test has it for itself, and gets it reset.

use std::env;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

// It stops once its input is closed: when the tests end, in whatever way they do.
const OPTIONS: &str = "--ephemeral --test --watch-stdin --listen 127.0.0.1:0 --admin-key test \
    --fixtures fixtures.jsonl --clock 2026-01-01T00:00:00Z --seed 7";

static URL: LazyLock<Mutex<String>> = LazyLock::new(|| {
    let mut server = Command::new(env::var("COPYDESK_BINARY").unwrap_or("copydesk".to_owned()));
    // With an environment of its own, since the one of your project must not decide what is tested.
    server.env_clear().env("PATH", env::var("PATH").unwrap()).env("RUST_LOG", "warn");
    server.args(OPTIONS.split_whitespace()).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut server = server.spawn().unwrap();
    let mut lines = BufReader::new(server.stdout.take().unwrap()).lines();
    std::mem::forget(server); // Its input stays open until this process ends.
    Mutex::new(lines.next().expect("copydesk did not start").unwrap())
});

pub fn copydesk() -> MutexGuard<'static, String> {
    let url = URL.lock().unwrap_or_else(PoisonError::into_inner);
    control(&url, "reset", "{}");
    url
}

pub fn control(url: &str, operation: &str, body: &str) {
    let headers = [("Authorization", "Bearer test"), ("Content-Type", "application/json")];
    let request = minreq::post(format!("{url}/v1/test/{operation}")).with_body(body);
    let response = request.with_headers(headers).send().unwrap();
    assert_eq!(response.status_code / 100, 2, "{}", response.as_str().unwrap());
}
