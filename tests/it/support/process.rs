//! The program itself in a process of its own.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

/// A server in a process of its own, killed with this value.
pub struct Server {
    child: Child,
    /// The first lines that it printed.
    pub lines: Vec<String>,
    /// Its host and port.
    pub address: String,
}

impl Server {
    /// Starts a server on a free port and waits for the lines that it prints.
    pub fn start(dir: &Path, lines: usize, environment: &[(&str, &str)]) -> Self {
        Self::of(command(dir), lines, environment)
    }

    /// Starts `command` in the same way.
    pub fn of(mut command: Command, lines: usize, environment: &[(&str, &str)]) -> Self {
        let mut child = command
            .args(["--listen", "127.0.0.1:0"])
            .envs(environment.iter().copied())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let printed: Vec<String> = BufReader::new(child.stdout.take().unwrap())
            .lines()
            .take(lines)
            .map(Result::unwrap)
            .collect();
        let address = printed
            .first()
            .and_then(|line| line.strip_prefix("http://"))
            .unwrap_or_default()
            .to_owned();
        Self { child, lines: printed, address }
    }

    /// The process's id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends raw bytes and reads the whole answer.
    pub fn raw(&self, request: &[u8]) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.write_all(request).unwrap();
        let mut answer = Vec::new();
        // A reset after the answer is the client's reward for sending nonsense.
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    }

    pub fn send(&self, method: &str, path: &str, key: &str, body: &str) -> (u16, Value) {
        try_send(&self.address, method, path, key, body).expect("an answer")
    }

    pub fn signal(&mut self, signal: &str) -> std::process::ExitStatus {
        Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap();
        self.child.wait().unwrap()
    }
}

/// Sends one request on a connection of its own; `None` where no whole answer came.
pub fn try_send(
    address: &str,
    method: &str,
    path: &str,
    key: &str,
    body: &str,
) -> Option<(u16, Value)> {
    try_send_with(address, method, path, key, "", body)
}

/// The same with further headers, each with its line end.
pub fn try_send_with(
    address: &str,
    method: &str,
    path: &str,
    key: &str,
    headers: &str,
    body: &str,
) -> Option<(u16, Value)> {
    let mut stream = TcpStream::connect(address).ok()?;
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n{headers}\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).ok()?;
    stream.write_all(body.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some((status, serde_json::from_str(body).unwrap_or_default()))
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The program, in `dir` and with no settings of its surroundings.
pub fn command(dir: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_copydesk"));
    without_settings(&mut command);
    command.current_dir(dir).env("RUST_LOG", "off");
    command
}

/// A developer's own settings must not decide what is tested.
#[expect(clippy::disallowed_methods, reason = "their names are not known beforehand")]
pub fn without_settings(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        if name == "DATABASE_URL" || name.as_encoded_bytes().starts_with(b"COPYDESK_") {
            command.env_remove(name);
        }
    }
}
