//! The client: every answer that it gets is held against the document.

use actix_web::body::MessageBody;
use actix_web::dev::ServiceResponse;
use actix_web::http::{Method, header::HeaderMap};
use actix_web::test::TestRequest;
use actix_web::web::Bytes;
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
        let body = actix_web::body::to_bytes(response.into_body())
            .await
            .ok()
            .unwrap();
        Self {
            status,
            headers,
            body,
        }
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
        self.find(name)
            .unwrap_or_else(|| panic!("the answer has no {name}: {:?}", self.headers))
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

/// A request to be sent.
pub struct RequestBuilder<'a> {
    app: &'a TestApp,
    method: String,
    path: String,
    request: TestRequest,
}

impl<'a> RequestBuilder<'a> {
    pub fn new(app: &'a TestApp, method: &str, path: &str) -> Self {
        let request = TestRequest::default()
            .method(Method::from_bytes(method.as_bytes()).unwrap())
            .uri(path);
        Self {
            app,
            method: method.to_owned(),
            path: path.to_owned(),
            request,
        }
    }

    /// Shows the admin key.
    pub fn key(self) -> Self {
        self.header("Authorization", &format!("Bearer {KEY}"))
    }

    /// Shows this key; none where it is empty.
    pub fn with(self, key: &str) -> Self {
        match key {
            "" => self,
            key => self.header("Authorization", &format!("Bearer {key}")),
        }
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.request = self.request.append_header((name, value));
        self
    }

    pub fn json(self, body: &Value) -> Self {
        self.header("Content-Type", "application/json")
            .bytes(body.to_string())
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
}
