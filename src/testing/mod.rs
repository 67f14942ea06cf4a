//! Test mode: the operations by which a test suite decides on the server. Outside test mode they
//! are unknown paths.

mod handlers;

use serde_json::json;

use crate::domain::instant::Instant;
use crate::domain::scope::Scope;
use crate::problem::{FaultCode, Problem};
use crate::web::rules::{Integer, Line};
use crate::web::{Operation, prefer};
use crate::{input, operation, words};

/// Most seconds that the clock is advanced by at once: a hundred years.
const ADVANCE_MAX: i64 = 100 * 366 * 24 * 60 * 60;

input! {
    /// How to move the clock: to an instant, or forward by a number of seconds.
    pub struct ClockInput checked by check {
        /// The instant at which it is to stand; not in its past.
        set: Option<Instant> = None,
        /// Seconds by which to move it forward. A clock that runs goes on running.
        advance: Option<Integer<1, ADVANCE_MAX>> = None,
    }
}

words! {
    /// A method of a request.
    pub enum Method as "RequestMethod" shown as "GET" {
        /// Reads.
        Get = "GET",
        /// Reads the headers.
        Head = "HEAD",
        /// Asks with content (RFC 10008).
        Query = "QUERY",
        /// Creates, or acts.
        Post = "POST",
        /// Replaces.
        Put = "PUT",
        /// Changes.
        Patch = "PATCH",
        /// Deletes.
        Delete = "DELETE",
    }
}

input! {
    /// What the next requests are answered, without a header of their own.
    pub struct NextAnswersInput checked by check_next {
        /// The value of their header `Prefer`, such as `code=503`.
        prefer: Line<200>,
        /// Their method; if left out or null, any.
        method: Option<Method> = None,
        /// Their path without query; if left out or null, any but those of test mode.
        path: Option<Line<2_000>> = None,
        /// For how many requests.
        times: Integer<1, 1_000_000> = Integer(1),
    }
}

/// Refuses what would never have an effect.
fn check_next(input: &NextAnswersInput) -> Result<(), Problem> {
    let path = input.path.as_deref();
    if path.is_some_and(|path| !path.starts_with('/') || path.contains('?')) {
        let detail = "must be a path that begins with `/`, without a query.";
        return Err(Problem::fault("/path", FaultCode::WrongForm, detail));
    }
    prefer::check(&input.prefer)
        .map_err(|problem| Problem::fault("/prefer", FaultCode::WrongForm, problem.detail()))
}

fn check(input: &ClockInput) -> Result<(), Problem> {
    match (input.set.is_some(), input.advance.is_some()) {
        (true, false) | (false, true) => Ok(()),
        _ => Err(Problem::fault("", FaultCode::Required, "needs one of `set` and `advance`.")),
    }
}

/// The operations, in URL order.
#[must_use]
pub fn operations() -> Vec<Operation> {
    // Whoever may make keys may do everything.
    let manage = &[Scope::KeysManage];
    vec![
        operation!(handlers::[__path_read_clock, read_clock]).scope(manage),
        operation!(handlers::[__path_move_clock, move_clock])
            .scope(manage)
            .example(json!({"advance": 3600})),
        operation!(handlers::[__path_prefer_answers, prefer_answers])
            .scope(manage)
            .no_content()
            .example(json!({"prefer": "code=503", "path": "/v1/articles"})),
        operation!(handlers::[__path_list_requests, list_requests]).scope(manage),
        operation!(handlers::[__path_reset, reset]).scope(manage).no_content(),
    ]
}

pub use handlers::{ClockReading, SentRequests};
