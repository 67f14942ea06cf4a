//! Names of headers that the HTTP crates do not define.

use actix_web::http::header::HeaderName;

/// A name that the client gives a request, so that it can be retried
/// (draft-ietf-httpapi-idempotency-key-header).
pub const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Set if the response is a replay of an earlier one.
pub const IDEMPOTENT_REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");
/// The quota and its window (draft-ietf-httpapi-ratelimit-headers).
pub const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
/// What is left of the quota.
pub const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
/// The keys by which content delivery networks purge a response.
pub const SURROGATE_KEY: HeaderName = HeaderName::from_static("surrogate-key");
/// The request's id.
pub const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
