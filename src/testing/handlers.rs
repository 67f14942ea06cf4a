//! The operations of test mode.

use std::sync::Arc;

use serde::Serialize;
use utoipa::ToSchema;

use super::{ClockInput, NextAnswersInput};
use crate::domain::instant::{Clock as _, Instant};
use crate::problem::{FaultCode, Problem};
use crate::web::body::Json;
use crate::web::journal::SentRequest;
use crate::web::test_mode::{NextAnswer, TestMode};
use crate::web::{Call, Context, Reply};

/// Microseconds in a second.
const SECOND: i64 = 1_000_000;

/// The clock of a server in test mode.
#[derive(Serialize, ToSchema)]
pub struct ClockReading {
    /// Its time.
    #[schema(value_type = String, format = "date-time")]
    pub now: Instant,
    /// False if it stands still until it is moved.
    #[schema(example = false)]
    pub is_running: bool,
}

impl From<&TestMode> for ClockReading {
    fn from(mode: &TestMode) -> Self {
        Self { now: mode.clock.now(), is_running: mode.clock.is_running() }
    }
}

/// The requests that a server in test mode was sent.
#[derive(Serialize, ToSchema)]
pub struct SentRequests {
    /// The newest 1,000, the oldest first. Those to `/v1/test/` are left out.
    pub items: Vec<SentRequest>,
    /// The number of older ones, which were forgotten.
    #[schema(example = 0, minimum = 0)]
    pub forgotten: u64,
}

/// The operations exist in test mode only.
fn mode(call: &Context) -> Result<&Arc<TestMode>, Problem> {
    let mode = call.services.test_mode.as_ref();
    mode.ok_or_else(|| Problem::internal("an operation of test mode outside of it"))
}

/// Read the clock
///
/// Only in test mode.
#[utoipa::path(get, path = "/v1/test/clock", responses((status = 200, description = "The clock.", body = ClockReading)))]
pub async fn read_clock(call: Call) -> Result<Reply, Problem> {
    let mode = mode(&call)?;
    Ok(Reply::ok(&ClockReading::from(mode.as_ref()))?.never_cached())
}

/// Move the clock
///
/// Only in test mode. Schedules, embargoes, expiries, rate limits and windows act at once. It goes
/// back only with a reset.
#[utoipa::path(post, path = "/v1/test/clock", responses((status = 200, description = "The clock, as it is now.", body = ClockReading)))]
pub async fn move_clock(call: Call<(), (), Json<ClockInput>>) -> Result<Reply, Problem> {
    let Call { context: call, body: Json(input), .. } = call;
    let mode = mode(&call)?;
    if let Some(at) = input.set
        && !mode.clock.set(at)
    {
        let detail = format!(
            "must lie between the clock's time, {}, and the year 9999: it goes back only with `POST /v1/test/reset`.",
            mode.clock.now()
        );
        return Err(Problem::fault("/set", FaultCode::OutOfRange, detail));
    }
    if let Some(seconds) = input.advance
        && !mode.clock.advance(seconds.0 * SECOND)
    {
        let detail = "leads beyond the year 9998.";
        return Err(Problem::fault("/advance", FaultCode::OutOfRange, detail));
    }
    Ok(Reply::ok(&ClockReading::from(mode.as_ref()))?.never_cached())
}

/// Decide the next answers
///
/// Only in test mode. The next requests are answered as if they had the header `Prefer`, so that a
/// client that is tested need not send it. A request that has the header goes by its own.
#[utoipa::path(post, path = "/v1/test/answers", responses((status = 204, description = "The next requests are answered so.")))]
pub async fn prefer_answers(call: Call<(), (), Json<NextAnswersInput>>) -> Result<Reply, Problem> {
    let Call { context: call, body: Json(input), .. } = call;
    let text = |line: &str| line.to_owned();
    let is_taken = mode(&call)?.prefer_next(NextAnswer {
        prefer: text(&input.prefer),
        method: input.method.map(|method| text(method.word())),
        path: input.path.as_deref().map(text),
        times: u32::try_from(input.times.0).map_err(Problem::internal)?,
    });
    if !is_taken {
        let detail = "is one too many: a reset forgets those that wait.";
        return Err(Problem::fault("/prefer", FaultCode::TooLong, detail));
    }
    Ok(Reply::no_content())
}

/// List the requests that were sent
///
/// Only in test mode. Keys, edit tokens and cookies are left out of it.
#[utoipa::path(get, path = "/v1/test/requests", responses((status = 200, description = "The requests.", body = SentRequests)))]
pub async fn list_requests(call: Call) -> Result<Reply, Problem> {
    let (items, forgotten) = mode(&call)?.journal.entries();
    Ok(Reply::ok(&SentRequests { items, forgotten })?.never_cached())
}

/// Reset the server
///
/// Only in test mode. Puts data, clock, ids, rate limits and the list of requests back to what they
/// were when the server had started, with its fixtures.
#[utoipa::path(post, path = "/v1/test/reset", responses((status = 204, description = "All is as it was at the start.")))]
pub async fn reset(call: Call) -> Result<Reply, Problem> {
    mode(&call)?.reset().await?;
    Ok(Reply::no_content())
}
