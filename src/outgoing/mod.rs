//! Requests that the server itself makes to others: to caches that are told what to drop, to whom it delivers news.
//!
//! They are made by threads of their own, so that no request of a client waits for them. No redirect is followed, and
//! nothing of the environment (a proxy) decides where they go.

mod reach;
mod target;

use std::fmt;
use std::io::{self, Read as _};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;
use std::time::Duration;

use tokio::sync::oneshot;
use ureq::http;

pub use reach::Reach;
use reach::{Guarded, is_forbidden};
pub use target::Target;

/// Longest that a connection may take to be made, and the look-up of a name before it: a server that is there answers
/// within a fraction of that.
const CONNECT_WITHIN: Duration = Duration::from_secs(2);
/// Longest that a request may take as a whole: as long as usual for those who deliver to others' servers.
const ANSWERED_WITHIN: Duration = Duration::from_secs(10);
/// Most that is read of an answer's body: enough for a message of a fault.
const BODY_MAX: u64 = 16 * 1024;
/// Room for the head of a request or an answer. A head does not grow beyond what common servers take (8 KiB).
const BUFFER: usize = 16 * 1024;
/// Requests that may wait for a thread: who makes them waits for their answers, so there are few.
const WAITING_MAX: usize = 256;
/// How the server names itself.
const USER_AGENT: &str = concat!("copydesk/", env!("CARGO_PKG_VERSION"));

/// A request to another server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The method; caches have some of their own.
    pub method: &'static str,
    /// Where it goes.
    pub target: Target,
    /// Its headers: names and values. What is no header makes the request fail.
    pub headers: Vec<(String, String)>,
    /// Its body; empty for none.
    pub body: Vec<u8>,
}

/// The answer to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// Its status.
    pub status: u16,
    /// The first 16 KiB of its body.
    pub body: Vec<u8>,
}

impl Response {
    /// True if the request was fulfilled (RFC 9110 section 15.3).
    #[must_use]
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The name leads to an address that may not be connected to.
    Forbidden,
    /// There was no answer in time.
    TooSlow,
    /// The connection failed: why, for the log.
    Failed(String),
    /// Too many requests wait already, or the program ends.
    NotTaken,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Forbidden => f.write_str("its address is not a public one"),
            Self::TooSlow => f.write_str("no answer in time"),
            Self::Failed(why) => f.write_str(why),
            Self::NotTaken => f.write_str("too many requests wait"),
        }
    }
}

impl std::error::Error for Failure {}

/// A request, and who waits for its answer.
type Job = (Request, oneshot::Sender<Result<Response, Failure>>);

/// Makes requests, each on one of its threads. They end with the last clone of it.
#[derive(Clone)]
pub struct Client {
    jobs: mpsc::SyncSender<Job>,
}

impl Client {
    /// A client with a number of threads, which is how many requests it makes at once.
    ///
    /// # Errors
    /// If the system has no room for a thread.
    pub fn start(name: &str, threads: usize, reach: Reach) -> io::Result<Self> {
        let (jobs, waiting) = mpsc::sync_channel::<Job>(WAITING_MAX);
        let waiting = Arc::new(Mutex::new(waiting));
        let agent = agent(reach);
        for _ in 0..threads.max(1) {
            let (agent, waiting) = (agent.clone(), Arc::clone(&waiting));
            let work = move || {
                while let Some((request, answer)) = next(&waiting) {
                    // Nobody may wait for it any more.
                    if !answer.is_closed() {
                        drop(answer.send(run(&agent, &request)));
                    }
                }
            };
            thread::Builder::new().name(name.to_owned()).spawn(work)?;
        }
        Ok(Self { jobs })
    }

    /// Makes a request, and waits for its answer, whatever its status.
    ///
    /// # Errors
    /// [`Failure`] if there is none.
    pub async fn send(&self, request: Request) -> Result<Response, Failure> {
        let (answer, answered) = oneshot::channel();
        self.jobs.try_send((request, answer)).map_err(|_| Failure::NotTaken)?;
        answered.await.unwrap_or(Err(Failure::NotTaken))
    }
}

/// The next request; `None` once there are no clients.
fn next(waiting: &Mutex<mpsc::Receiver<Job>>) -> Option<Job> {
    waiting.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
}

fn agent(reach: Reach) -> ureq::Agent {
    let config = ureq::Agent::config_builder()
        .user_agent(USER_AGENT)
        // By default it would take one from the environment.
        .proxy(None)
        .max_redirects(0)
        .http_status_as_error(false)
        .allow_non_standard_methods(true)
        .timeout_resolve(Some(CONNECT_WITHIN))
        .timeout_connect(Some(CONNECT_WITHIN))
        .timeout_global(Some(ANSWERED_WITHIN))
        .max_response_header_size(BUFFER)
        .input_buffer_size(BUFFER)
        .output_buffer_size(BUFFER)
        .build();
    let connector = ureq::unversioned::transport::DefaultConnector::default();
    ureq::Agent::with_parts(config, connector, Guarded::new(reach))
}

fn run(agent: &ureq::Agent, request: &Request) -> Result<Response, Failure> {
    let failed = |why: http::Error| Failure::Failed(why.to_string());
    let mut building = http::Request::builder().method(request.method).uri(request.target.as_str());
    for (name, value) in &request.headers {
        building = building.header(name, value);
    }
    let ready = building.body(request.body.as_slice()).map_err(failed)?;
    let mut response = agent.run(ready).map_err(failure)?;
    let mut body = Vec::new();
    // The status says what came of the request, also where the rest of the answer breaks off.
    drop(response.body_mut().as_reader().take(BODY_MAX).read_to_end(&mut body));
    Ok(Response { status: response.status().as_u16(), body })
}

/// What was fetched.
#[derive(Clone, Debug)]
pub struct Fetched {
    /// The status of the answer.
    pub status: u16,
    /// Its validator.
    pub etag: Option<String>,
    /// When it was last changed, as its server says.
    pub last_modified: Option<String>,
    /// Where a redirect leads.
    pub location: Option<String>,
    /// When another request is welcome (`Retry-After`): seconds, or a date.
    pub retry_after: Option<String>,
    /// When it was answered, by the clock of the server.
    pub date: Option<String>,
    /// Its body, up to the most that was asked for and one byte more.
    pub body: Vec<u8>,
}

/// Fetches what is at `target`, in place: for commands, where nobody else waits. No redirect is followed.
///
/// # Errors
/// [`Failure`] if there is no whole answer.
pub fn fetch(
    reach: Reach,
    target: &Target,
    headers: &[(&str, &str)],
    most: u64,
) -> Result<Fetched, Failure> {
    let failed = |why: http::Error| Failure::Failed(why.to_string());
    let mut building = http::Request::builder().method("GET").uri(target.as_str());
    for (name, value) in headers {
        building = building.header(*name, *value);
    }
    let ready = building.body(()).map_err(failed)?;
    let mut response = agent(reach).run(ready).map_err(failure)?;
    let header = |name: &str| {
        let value = response.headers().get(name).and_then(|value| value.to_str().ok());
        value.map(str::to_owned)
    };
    let (etag, last_modified) = (header("etag"), header("last-modified"));
    let location = header("location");
    let (retry_after, date) = (header("retry-after"), header("date"));
    let mut body = Vec::new();
    let read = response.body_mut().as_reader().take(most + 1).read_to_end(&mut body);
    read.map_err(|error| Failure::Failed(error.to_string()))?;
    let status = response.status().as_u16();
    Ok(Fetched { status, etag, last_modified, location, retry_after, date, body })
}

fn failure(error: ureq::Error) -> Failure {
    match error {
        ureq::Error::Timeout(_) => Failure::TooSlow,
        error if is_forbidden(&error) => Failure::Forbidden,
        error => Failure::Failed(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::net::TcpListener;

    use super::*;

    /// Answers one request with `answer`; gives its URL, and what it was sent.
    fn server(answer: &'static str) -> (String, mpsc::Receiver<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let (told, tells) = mpsc::channel();
        thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut sent = Vec::new();
            let mut piece = [0; 1024];
            while !sent.windows(4).any(|end| end == b"\r\n\r\n") {
                let read = stream.read(&mut piece).unwrap();
                sent.extend_from_slice(&piece[..read]);
            }
            stream.write_all(answer.as_bytes()).unwrap();
            drop(told.send(String::from_utf8(sent).unwrap()));
        });
        (url, tells)
    }

    fn request(url: &str) -> Request {
        Request {
            method: "PURGE",
            target: Target::parse(url).unwrap(),
            headers: vec![("xkey-purge".to_owned(), "a b".to_owned())],
            body: Vec::new(),
        }
    }

    #[actix_web::test]
    async fn a_request_is_made_as_it_is_said() {
        let (url, sent) = server("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngone");
        let client = Client::start("test", 1, Reach::Anywhere).unwrap();
        let response = client.send(request(&url)).await.unwrap();
        assert_eq!((response.status, response.body.as_slice()), (200, b"gone".as_slice()));
        let sent = sent.recv().unwrap();
        assert!(sent.starts_with("PURGE / HTTP/1.1\r\n"), "{sent}");
        for header in ["xkey-purge: a b\r\n", &format!("user-agent: {USER_AGENT}\r\n")] {
            assert!(sent.contains(header), "{sent}");
        }
    }

    #[actix_web::test]
    async fn no_redirect_is_followed_and_no_private_address_reached() {
        let (url, _sent) = server(
            "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
        );
        let client = Client::start("test", 1, Reach::Anywhere).unwrap();
        let response = client.send(request(&url)).await.unwrap();
        assert!(response.status == 302 && !response.is_success());
        let client = Client::start("test", 1, Reach::Public).unwrap();
        assert_eq!(client.send(request("http://127.0.0.1:1/")).await, Err(Failure::Forbidden));
        assert_eq!(client.send(request("http://localhost:1/")).await, Err(Failure::Forbidden));
        let client = Client::start("test", 1, Reach::Anywhere).unwrap();
        let refused = client.send(request("http://127.0.0.1:1/")).await;
        assert!(matches!(refused, Err(Failure::Failed(_))), "{refused:?}");
    }
}
