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
/// The groups that a response belongs to (RFC 9875 section 2).
pub const CACHE_GROUPS: HeaderName = HeaderName::from_static("cache-groups");
/// The groups whose responses a write has made invalid (RFC 9875 section 3).
pub const CACHE_GROUP_INVALIDATION: HeaderName =
    HeaderName::from_static("cache-group-invalidation");
/// What a client would rather have (RFC 7240 section 2); only test mode looks at it.
pub const PREFER: HeaderName = HeaderName::from_static("prefer");
/// Which of that it got (RFC 7240 section 3).
pub const PREFERENCE_APPLIED: HeaderName = HeaderName::from_static("preference-applied");
/// The request's id.
pub const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The instant at which a client wants to see a thing as it was (RFC 7089 section 2.1.1).
pub const ACCEPT_DATETIME: HeaderName = HeaderName::from_static("accept-datetime");
/// The instant as of which a thing is shown (RFC 7089 section 2.1.1).
pub const MEMENTO_DATETIME: HeaderName = HeaderName::from_static("memento-datetime");
