//! Test mode: the operations by which a test suite decides on the server. Outside test mode they
//! are unknown paths.

mod handlers;

use serde_json::json;

use crate::domain::instant::Instant;
use crate::domain::scope::Scope;
use crate::input;
use crate::operation;
use crate::problem::{FaultCode, Problem};
use crate::web::Operation;
use crate::web::rules::{Integer, Line};

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

input! {
    /// What the next requests are answered, without a header of their own.
    pub struct NextAnswersInput {
        /// The value of their header `Prefer`, such as `code=503`.
        prefer: Line<200>,
        /// Their method; if left out or null, any.
        method: Option<Line<20>> = None,
        /// Their path without query; if left out or null, any but those of test mode.
        path: Option<Line<2_000>> = None,
        /// For how many requests.
        times: Integer<1, 1_000_000> = Integer(1),
    }
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
