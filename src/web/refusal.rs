//! Refusals: the conversion of a problem to an HTTP response.

use actix_web::http::header::{self, LINK};
use actix_web::{HttpResponse, HttpResponseBuilder};

use super::answer::NO_STORE;
use crate::domain::ids::RequestId;
use crate::problem::{Code, PROBLEM_JSON, Problem, RETRY_AFTER_SECONDS};

/// Converts a problem to an HTTP response, and logs its cause once.
pub fn refuse(problem: &Problem, request_id: RequestId) -> HttpResponse {
    let entry = problem.code().entry();
    if let Some(cause) = problem.cause() {
        let level =
            if problem.code() == Code::Internal { log::Level::Error } else { log::Level::Warn };
        log::log!(level, request_id:display = request_id, code = entry.name; "{}: {cause}", entry.name);
    }
    let mut response = HttpResponse::build(entry.status);
    response.insert_header((header::CACHE_CONTROL, NO_STORE));
    add_problem_headers(&mut response, problem);
    let body = format!("{}\n", problem.body(request_id.uuid()));
    response.insert_header((header::CONTENT_TYPE, PROBLEM_JSON)).body(body)
}

/// The response to a connection that is one too many, as it is sent: nothing of the server has seen its request.
pub fn refusal_of_connection(id: RequestId) -> String {
    let problem = Problem::plain(Code::TooManyConnections);
    let body = format!("{}\n", problem.body(id.uuid()));
    let status = problem.code().entry().status;
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: {PROBLEM_JSON}\r\nContent-Length: {}\r\nCache-Control: {NO_STORE}\r\n\
         Retry-After: {RETRY_AFTER_SECONDS}\r\nX-Request-Id: {id}\r\nConnection: close\r\n\r\n{body}",
        body.len(),
    )
}

/// Adds the problem's own headers, and those that HTTP requires for certain statuses.
fn add_problem_headers(response: &mut HttpResponseBuilder, problem: &Problem) {
    for (name, value) in problem.headers() {
        response.insert_header((name.clone(), value.as_str()));
    }
    match problem.code() {
        Code::Unauthenticated => {
            response.insert_header((header::WWW_AUTHENTICATE, "Bearer"));
        }
        Code::InvalidKey => {
            response.insert_header((header::WWW_AUTHENTICATE, "Bearer error=\"invalid_token\""));
        }
        Code::UnsupportedMediaType => {
            response.insert_header((header::ACCEPT_ENCODING, "identity"));
        }
        Code::BlockedForLegalReasons => {
            // The entity that implements the block: this server (RFC 7725 section 4).
            response.insert_header((LINK, "</>; rel=\"blocked-by\""));
        }
        Code::Overloaded
        | Code::TooManyConnections
        | Code::DatabaseReadOnly
        | Code::DatabaseReplaced
        | Code::DatabaseDamaged
        | Code::DatabaseUnavailable
        | Code::OutcomeUnknown
        | Code::ShuttingDown => {
            response.insert_header((header::RETRY_AFTER, RETRY_AFTER_SECONDS.to_string()));
        }
        _ => {}
    }
}
