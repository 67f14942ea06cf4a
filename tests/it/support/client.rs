//! The client: every answer that it gets is held against the document.

use actix_web::body::MessageBody;
use actix_web::dev::ServiceResponse;
use actix_web::http::{Method, header::HeaderMap};
use actix_web::test::TestRequest;
use actix_web::web::Bytes;
use serde::Serialize;
use serde_json::Value;

use super::app::{KEY, TestApp};
use super::contract;

/// An answer, read whole.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Answer {
    pub async fn read(response: ServiceResponse<impl MessageBody>) -> Self {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let has_end = headers.get("content-type").is_none_or(|kind| kind != "text/event-stream");
        let body = match has_end {
            true => actix_web::body::to_bytes(response.into_body()).await.ok().unwrap(),
            // Its first piece will do.
            false => {
                let mut body = std::pin::pin!(response.into_body());
                let piece = std::future::poll_fn(|cx| body.as_mut().poll_next(cx)).await;
                piece.and_then(Result::ok).unwrap_or_default()
            }
        };
        Self { status, headers, body }
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("not JSON ({error}): {}", self.text()))
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    #[track_caller]
    pub fn header(&self, name: &str) -> &str {
        self.find(name).unwrap_or_else(|| panic!("the answer has no {name}: {:?}", self.headers))
    }

    pub fn find(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text());
        self
    }

    /// Expects a problem and gives its body.
    #[track_caller]
    pub fn problem(self, code: &str) -> Value {
        let body = self.json();
        assert_eq!(body["code"], code, "{body}");
        body
    }

    /// The pointers and codes of a `validation_failed`.
    #[track_caller]
    pub fn faults(self) -> Vec<(String, String)> {
        let body = self.problem("validation_failed");
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        body["errors"]
            .as_array()
            .unwrap()
            .iter()
            .map(|f| (text(&f["pointer"]), text(&f["code"])))
            .collect()
    }
}

/// A caller: the application, and what each of its requests shows of who asks.
pub struct Client<'a> {
    app: &'a TestApp,
    shows: Option<(&'static str, String)>,
}

impl<'a> Client<'a> {
    pub fn nobody(app: &'a TestApp) -> Self {
        Self { app, shows: None }
    }

    pub fn of(app: &'a TestApp, header: &'static str, value: String) -> Self {
        Self { app, shows: Some((header, value)) }
    }

    pub fn get(&self, path: impl AsRef<str>) -> RequestBuilder<'a> {
        self.request("GET", path.as_ref())
    }

    pub fn delete(&self, path: impl AsRef<str>) -> RequestBuilder<'a> {
        self.request("DELETE", path.as_ref())
    }

    pub fn post(&self, path: impl AsRef<str>, body: impl Serialize) -> RequestBuilder<'a> {
        self.request("POST", path.as_ref()).json_text(to_json(&body))
    }

    pub fn put(&self, path: impl AsRef<str>, body: impl Serialize) -> RequestBuilder<'a> {
        self.request("PUT", path.as_ref()).json_text(to_json(&body))
    }

    pub fn patch(&self, path: impl AsRef<str>, body: impl Serialize) -> RequestBuilder<'a> {
        self.request("PATCH", path.as_ref()).json_text(to_json(&body))
    }

    pub fn post_empty(&self, path: impl AsRef<str>) -> RequestBuilder<'a> {
        self.request("POST", path.as_ref())
    }

    pub fn put_empty(&self, path: impl AsRef<str>) -> RequestBuilder<'a> {
        self.request("PUT", path.as_ref())
    }

    /// Any request: bytes, a type or a header of its own are said on the builder.
    pub fn request(&self, method: &str, path: &str) -> RequestBuilder<'a> {
        let request = RequestBuilder::new(self.app, method, path);
        match &self.shows {
            Some((name, value)) => request.header(name, value),
            None => request,
        }
    }
}

/// A request to be sent.
pub struct RequestBuilder<'a> {
    app: &'a TestApp,
    method: String,
    path: String,
    request: TestRequest,
}

impl<'a> RequestBuilder<'a> {
    pub fn new(app: &'a TestApp, method: &str, path: &str) -> Self {
        let request =
            TestRequest::default().method(Method::from_bytes(method.as_bytes()).unwrap()).uri(path);
        Self { app, method: method.to_owned(), path: path.to_owned(), request }
    }

    /// Shows the admin key.
    pub fn key(self) -> Self {
        self.header("Authorization", &bearer(KEY))
    }

    /// From this address.
    pub fn from(mut self, address: &str) -> Self {
        self.request = self.request.peer_addr(format!("{address}:4711").parse().unwrap());
        self
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.request = self.request.append_header((name, value));
        self
    }

    pub fn json(self, body: &Value) -> Self {
        self.json_text(body.to_string())
    }

    /// A body that says it is JSON, byte for byte.
    pub fn json_text(self, body: impl Into<Bytes>) -> Self {
        self.header("Content-Type", "application/json").bytes(body)
    }

    pub fn bytes(mut self, body: impl Into<Bytes>) -> Self {
        self.request = self.request.set_payload(body);
        self
    }

    /// Sends the request and holds the answer against the document.
    pub async fn send(self) -> Answer {
        let answer = self.app.call(self.request.to_request()).await;
        contract::check(&self.method, &self.path, &answer);
        answer
    }

    /// Sends it, and expects this status.
    pub async fn expect(self, status: u16) -> Answer {
        let asked = format!("{} {}", self.method, self.path);
        let answer = self.send().await;
        assert_eq!(answer.status, status, "{asked}: {}", answer.text());
        answer
    }

    /// 200, and its JSON.
    pub async fn ok(self) -> Value {
        self.expect(200).await.json()
    }

    /// 201, and its JSON.
    pub async fn created(self) -> Value {
        self.expect(201).await.json()
    }

    /// 204.
    pub async fn done(self) -> Answer {
        self.expect(204).await
    }

    /// A problem of this code, which has one status, and its body.
    pub async fn refused(self, code: &str) -> Value {
        let asked = format!("{} {}", self.method, self.path);
        let answer = self.send().await;
        let is_problem = answer.status >= 400 && answer.json()["code"] == code;
        assert!(is_problem, "{asked}: {} is not {code}: {}", answer.status, answer.text());
        answer.json()
    }

    /// The pointers and codes of a `validation_failed`.
    pub async fn faults(self) -> Vec<(String, String)> {
        self.expect(422).await.faults()
    }
}

fn to_json(body: &impl Serialize) -> String {
    serde_json::to_string(body).unwrap()
}

/// How a key is shown.
pub fn bearer(key: &str) -> String {
    format!("Bearer {key}")
}
