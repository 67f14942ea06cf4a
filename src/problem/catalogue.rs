//! The table of errors: one row per code. The enum, the statuses, the OpenAPI document's schemas
//! and examples, the `/problems` pages and `openapi/problems.md` are all generated from it.

use actix_web::http::StatusCode;
use serde_json::{Map, Value, json};

use super::{fill, member_text};

/// An extra member of a problem's body.
pub struct Member {
    /// Its name.
    pub name: &'static str,
    /// Its description.
    pub doc: &'static str,
    /// Its JSON type, as a JSON Schema keyword value.
    pub kind: MemberKind,
}

/// The JSON type of an extra member.
#[derive(Clone, Copy)]
pub enum MemberKind {
    /// A whole number.
    Integer,
    /// A string.
    Text,
    /// A string or null.
    NullableText,
    /// An instant (RFC 3339).
    Instant,
    /// An instant or null.
    NullableInstant,
    /// A list of strings.
    TextList,
    /// An article as shown in lists, with its disclaimers.
    Teaser,
    /// The id and slug of an article, or null.
    Successor,
    /// A list of faults in a body: `pointer`, `code`, `detail`.
    BodyFaults,
    /// A list of faults in parameters: `parameter`, `detail`.
    ParameterFaults,
}

impl MemberKind {
    /// JSON Schema of the member.
    #[must_use]
    pub fn schema(self) -> Value {
        let text = json!({"type": "string"});
        match self {
            Self::Integer => json!({"type": "integer", "format": "int64", "minimum": 0}),
            Self::Text => text,
            Self::NullableText => json!({"type": ["string", "null"]}),
            Self::Instant => json!({"type": "string", "format": "date-time"}),
            Self::NullableInstant => json!({"type": ["string", "null"], "format": "date-time"}),
            Self::TextList => json!({"type": "array", "items": text}),
            Self::Teaser => json!({"$ref": "#/components/schemas/ArticleTeaser"}),
            Self::Successor => {
                json!({"type": ["object", "null"], "required": ["id", "slug"],
                "properties": {"id": {"type": "string", "format": "uuid"}, "slug": text}})
            }
            Self::BodyFaults => json!({"type": "array", "minItems": 1, "items": {
                "$ref": "#/components/schemas/Fault"}}),
            Self::ParameterFaults => json!({"type": "array", "minItems": 1, "items": {
                "$ref": "#/components/schemas/ParameterFault"}}),
        }
    }
}

/// One row of the catalogue.
pub struct Entry {
    /// The code itself.
    pub code: Code,
    /// Its name in JSON.
    pub name: &'static str,
    /// The one status that it is returned with; it never changes.
    pub status: StatusCode,
    /// A short title, the same for each occurrence (RFC 9457 section 3.1.3).
    pub title: &'static str,
    /// When it is returned and what to do about it.
    pub about: &'static str,
    /// Its `detail`, which contains members as `{name}`, and other values as `{name=example}`.
    pub detail: &'static str,
    /// Extra members, with an example each.
    pub members: &'static [Member],
    /// The example's extra members, a JSON object.
    pub example_members: &'static str,
}

macro_rules! catalogue {
    ($(
        $(#[doc = $about:literal])+
        $code:ident = $status:ident, $name:literal, $title:literal, $example:literal
        $({ $( $member:ident : $kind:ident $member_example:literal $member_doc:literal ),+ $(,)? })?;
    )+) => {
        /// The errors. Each code has one status, which never changes.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code { $( $(#[doc = $about])+ $code ),+ }

        /// The whole table, in the order of the statuses.
        pub static CATALOGUE: &[Entry] = &[ $( Entry {
            code: Code::$code,
            name: $name,
            status: StatusCode::$status,
            title: $title,
            about: concat!($($about, "\n"),+),
            detail: $example,
            members: &[ $($( Member {
                name: stringify!($member),
                doc: $member_doc,
                kind: MemberKind::$kind,
            } ),+)? ],
            example_members: concat!("{", $($( "\"", stringify!($member), "\":", $member_example, ",", )+)? "\"\":0}"),
        } ),+ ];
    };
}

catalogue! {
    /// The body is not JSON as defined by RFC 8259 and this API: it has a syntax error, nesting
    /// deeper than 64, invalid UTF-8, a byte order mark, a lone surrogate or a duplicate member
    /// name. `offset` is the position at which parsing stopped. Send one well-formed JSON value in
    /// UTF-8.
    MalformedJson = BAD_REQUEST, "malformed_json", "Malformed JSON",
        "The body is not well-formed JSON at byte {offset}: {cause=expected a comma or a closing brace}. Send one JSON value in UTF-8."
        { offset: Integer "17" "Byte offset in the body at which reading stopped." };
    /// A query parameter, path segment or header value is unknown, repeated, empty or unreadable.
    /// `errors` names each one and the values that it accepts.
    InvalidParameter = BAD_REQUEST, "invalid_parameter", "Invalid parameter",
        "The parameter `limit` takes a whole number from 1 to 100, not \"500\"."
        { errors: ParameterFaults "[{\"parameter\":\"limit\",\"detail\":\"The parameter `limit` takes a whole number from 1 to 100, not \\\"500\\\".\"}]" "One entry for each parameter at fault." };
    /// The cursor was not made by this API, or belongs to another list, filter or sort order. Take
    /// `next` from the previous page and keep the filters, or start again without `cursor`.
    InvalidCursor = BAD_REQUEST, "invalid_cursor", "Invalid cursor",
        "This cursor does not belong to this list. Start again without `cursor`.";
    /// The operation needs a key and the request has none.
    /// Send `Authorization: Bearer <key>`.
    Unauthenticated = UNAUTHORIZED, "unauthenticated", "A key is needed",
        "This operation needs a key. Send it as `Authorization: Bearer <key>`.";
    /// The credentials are not a key that is known here and in force. Check the key, or omit
    /// `Authorization` to read what is public.
    InvalidKey = UNAUTHORIZED, "invalid_key", "Invalid key",
        "The key in `Authorization` is not known here. Check it, or leave the header out to read what is public.";
    /// The key is valid, but may not do this. `required_scope` names the scope that it lacks;
    /// `GET /v1/keys/self` lists those that it has.
    InsufficientScope = FORBIDDEN, "insufficient_scope", "Missing scope",
        "This needs a key with the scope `{required_scope}`; yours does not have it. Ask an administrator for one, or see `GET /v1/keys/self` for what yours may do."
        { required_scope: Text "\"articles:publish\"" "The scope that the key lacks." };
    /// The article is licensed: without the right to read it there is only its teaser, in
    /// `article`. Use a key with `required_scope`.
    ArticleRestricted = FORBIDDEN, "article_restricted", "Licensed article",
        "This article is licensed. Its teaser is in `article`; the whole is read with a key that has the scope `{required_scope}`."
        { article: Teaser "{\"id\":\"0192d5a0-0000-7000-8000-000000000003\",\"slug\":\"flood-warning-for-the-lower-valley\",\"title\":\"Flood warning for the lower valley\",\"summary\":null,\"dateline\":null,\"authors\":[],\"source\":null,\"language\":\"en\",\"section\":null,\"tags\":[\"weather\"],\"image\":null,\"access\":\"restricted\",\"published_at\":\"2026-11-22T10:00:00.000000Z\",\"disclaimers\":[]}" "What everyone may see of it.", required_scope: Text "\"restricted:read\"" "The scope that the key lacks." };
    /// The article is under an embargo until `embargo_until`. Before that it can be read with a
    /// key that has `embargo:read`.
    ArticleEmbargoed = FORBIDDEN, "article_embargoed", "Under embargo",
        "This article is under an embargo until {embargo_until}. Ask again then, or use a key with the scope `embargo:read`."
        { embargo_until: Instant "\"2026-11-23T06:00:00.000000Z\"" "When the embargo is lifted." };
    /// The article does not accept comments. `policy` is the rule that closed them and `closed_at`
    /// the time, null if it never accepted any or the time is not recorded.
    CommentsClosed = FORBIDDEN, "comments_closed", "Comments are closed",
        "This article takes no comments: its policy is `{policy}`. An editor can change `comments_policy`."
        { closed_at: NullableInstant "null" "Since when, or null.", policy: Text "\"closed\"" "The article's `comments_policy`." };
    /// A reader's time to edit or delete a comment is over. A moderator can still take it down;
    /// its text can no longer be changed by anyone.
    EditWindowClosed = FORBIDDEN, "edit_window_closed", "Too late to edit",
        "A comment can be edited and deleted by its author for {window_seconds} seconds, and these are over. Ask a moderator."
        { window_seconds: Integer "900" "How long it can be." };
    /// The header `Edit-Token` is not this comment's token. The token was in the response to the
    /// POST that created the comment.
    EditTokenInvalid = FORBIDDEN, "edit_token_invalid", "Wrong edit token",
        "`Edit-Token` is not this comment's token. Send the `edit_token` of the answer that created it."
        { window_seconds: Integer "900" "How long a token can be used." };
    /// A moderator has blocked the address that the request came from: no comment and no report is
    /// taken from there before `until`. Ask the newsroom to lift it.
    AddressBlocked = FORBIDDEN, "address_blocked", "Address blocked",
        "No comments and reports are taken from your address until {until}. Ask the newsroom to lift the block."
        { until: Instant "\"2026-12-22T10:00:00.000000Z\"" "When the block ends." };
    /// A rule attaches the disclaimer to the article, so it cannot be detached by hand. Change the
    /// disclaimer's `applies_to`, or `retire` it.
    DisclaimerRequired = FORBIDDEN, "disclaimer_required", "Attached by a rule",
        "This disclaimer is attached by its rule ({rule}) and cannot be detached. Change its `applies_to`, or change the article so that the rule no longer matches."
        { rule: Text "\"tag:weather\"" "What of the article the rule meets." };
    /// No resource has this path. Compare it with the document at `/openapi.json`; paths have no
    /// trailing slash.
    RouteNotFound = NOT_FOUND, "route_not_found", "No such path",
        "There is nothing at `{path=/v1/article}`. {hint=The paths are listed at `/docs`, and for programs in `/openapi.json`.}";
    /// There is no such article, or the caller may not know of it: drafts are visible only with a
    /// key.
    ArticleNotFound = NOT_FOUND, "article_not_found", "No such article",
        "There is no article `{id}` that you may read.{hint= A draft is read with a key.}"
        { id: Text "\"flood-warning\"" "The id or slug that was asked for." };
    /// There is no such comment, or the caller may not know of it: pending and hidden ones are
    /// visible only with a key.
    CommentNotFound = NOT_FOUND, "comment_not_found", "No such comment",
        "There is no comment `{id}` that you may read."
        { id: Text "\"0192d5a0-0000-7000-8000-000000000001\"" "The id that was asked for." };
    /// There is no such disclaimer, or (on detaching) the article does not carry it.
    DisclaimerNotFound = NOT_FOUND, "disclaimer_not_found", "No such disclaimer",
        "There is no disclaimer `{id}`. `GET /v1/disclaimers` lists them."
        { id: Text "\"0192d5a0-0000-7000-8000-000000000002\"" "The id that was asked for." };
    /// The article has no such version, or its content was not stored at the time.
    /// `GET /v1/articles/{article}/revisions` lists the available ones.
    RevisionNotFound = NOT_FOUND, "revision_not_found", "No such revision",
        "The article has no version {id} that was kept. `GET /v1/articles/{article=0192d5a0-0000-7000-8000-000000000003}/revisions` lists them."
        { id: Text "\"7\"" "The version that was asked for." };
    /// The article has no such correction, or it was already withdrawn. The article's
    /// `corrections` lists them.
    CorrectionNotFound = NOT_FOUND, "correction_not_found", "No such correction",
        "The article has no correction `{id}`, or it was already withdrawn. Its `corrections` lists them."
        { id: Text "\"0192d5a0-0000-7000-8000-000000000005\"" "The id that was asked for." };
    /// The disclaimer has no such version. `GET /v1/disclaimers/{disclaimer}/versions` lists them.
    VersionNotFound = NOT_FOUND, "version_not_found", "No such version",
        "The disclaimer has no version {id}. `GET /v1/disclaimers/{disclaimer=0192d5a0-0000-7000-8000-000000000002}/versions` lists them."
        { id: Text "\"7\"" "The version that was asked for." };
    /// No article that the caller may see has this section or tag.
    TermNotFound = NOT_FOUND, "term_not_found", "No such section or tag",
        "Nothing here has the section or tag `{id}`. `GET /v1/sections` and `GET /v1/tags` list those that there are."
        { id: Text "\"city\"" "The slug that was asked for." };
    /// There is no such key in force: it never existed, or was revoked.
    KeyNotFound = NOT_FOUND, "key_not_found", "No such key",
        "There is no key `{id}`, or it was revoked. `GET /v1/keys` lists those in force."
        { id: Text "\"0192d5a0-0000-7000-8000-000000000004\"" "The id that was asked for." };
    /// There is no such block in force: it has ended, or was lifted or replaced.
    BlockNotFound = NOT_FOUND, "block_not_found", "No such block",
        "There is no block `{id}` in force. `GET /v1/blocked-addresses` lists them."
        { id: Text "\"0192d5a0-0000-7000-8000-000000000008\"" "The id that was asked for." };
    /// There is no such webhook.
    WebhookNotFound = NOT_FOUND, "webhook_not_found", "No such webhook",
        "There is no webhook `{id}`. `GET /v1/webhooks` lists them."
        { id: Text "\"0192d5a0-0000-7000-8000-00000000000a\"" "The id that was asked for." };
    /// The webhook has no such delivery, or it is no longer kept.
    DeliveryNotFound = NOT_FOUND, "delivery_not_found", "No such delivery",
        "The webhook has no delivery `{id}`, or it is no longer kept. Its `deliveries` lists those that are."
        { id: Text "\"0192d5a0-0000-7000-8000-00000000000b\"" "The id that was asked for." };
    /// The catalogue has no such problem. `GET /problems` lists them all.
    ProblemNotFound = NOT_FOUND, "problem_not_found", "No such problem",
        "There is no problem `{id}` in the catalogue. `GET /problems` lists them all."
        { id: Text "\"teapot\"" "The code that was asked for." };
    /// The path exists but does not allow this method. `allowed` and the header `Allow` list the
    /// allowed ones.
    MethodNotAllowed = METHOD_NOT_ALLOWED, "method_not_allowed", "Method not allowed",
        "`{method=DELETE}` is not allowed here. Allowed: {allowed}."
        { allowed: TextList "[\"GET\",\"HEAD\",\"OPTIONS\",\"POST\"]" "The methods of this path." };
    /// None of the media types in `Accept` is available here. Omit the header, or accept one of
    /// `available`.
    NotAcceptable = NOT_ACCEPTABLE, "not_acceptable", "Not acceptable",
        "This resource comes as {available}. Leave `Accept` out, or name it there."
        { available: TextList "[\"application/json\"]" "The media types that are available." };
    /// The request's body did not arrive in time. Send it again over a faster connection.
    RequestTimeout = REQUEST_TIMEOUT, "request_timeout", "The body came too slowly",
        "The body did not arrive within {seconds=30} seconds. Nothing was changed; send the request again.";
    /// The slug is in use by another article. Choose another, or omit `slug` on creation and a
    /// free one is made from the title.
    SlugTaken = CONFLICT, "slug_taken", "Slug in use",
        "The slug `{slug=flood-warning}` belongs to another article. Choose another."
        { conflicting_id: NullableText "\"0192d5a0-0000-7000-8000-000000000003\"" "The article that has it; null where you may not know of it.",
          pointer: Text "\"/slug\"" "JSON Pointer (RFC 6901) of the member at fault." };
    /// A disclaimer with this key already exists in this language. Change that one, or choose
    /// another key.
    DisclaimerKeyTaken = CONFLICT, "disclaimer_key_taken", "Disclaimer key in use",
        "The key `{key=wire-agency}` is in use in this language. Change that disclaimer, or choose another key."
        { conflicting_id: Text "\"0192d5a0-0000-7000-8000-000000000002\"" "The disclaimer that has it.",
          pointer: Text "\"/key\"" "JSON Pointer (RFC 6901) of the member at fault." };
    /// Another article of this source has this `external_id`. Update that one instead.
    ExternalIdTaken = CONFLICT, "external_id_taken", "External id in use",
        "The external id `{external_id=urn:newsml:1}` of this source belongs to another article. Update that one."
        { conflicting_id: NullableText "\"0192d5a0-0000-7000-8000-000000000003\"" "The article that has it; null where you may not know of it.",
          pointer: Text "\"/external_id\"" "JSON Pointer (RFC 6901) of the member at fault." };
    /// The same author has just written the same comment in the same place: a double click.
    /// `comment_id` is the first one.
    DuplicateComment = CONFLICT, "duplicate_comment", "Duplicate comment",
        "The same author sent the same comment here less than 10 minutes ago: it is `comment_id`. Nothing was added."
        { comment_id: Text "\"0192d5a0-0000-7000-8000-000000000001\"" "The comment that was kept." };
    /// The address that the comment came from is not known, or no longer kept. Block the address of
    /// a later comment.
    AddressNotKept = CONFLICT, "address_not_kept", "Address not kept",
        "The address of this comment is not known, or no longer kept, so it cannot be blocked. Block that of a later comment.";
    /// The comment that is replied to is at the deepest level of its thread. Reply to one above
    /// it.
    ThreadTooDeep = CONFLICT, "thread_too_deep", "Thread too deep",
        "Comments stand at most {max_depth} deep. Answer to one further up."
        { max_depth: Integer "10" "The deepest level; those at the top stand at 0." };
    /// The article's state does not allow this action. `state` is its present state, `allowed` the
    /// actions that are possible in it.
    InvalidTransition = CONFLICT, "invalid_transition", "Action not possible in this state",
        "An article that is `{state}` cannot be {done=published}. From here: {allowed}."
        { state: Text "\"published\"" "The present state.", allowed: TextList "[\"unpublish\"]" "The actions possible from it." };
    /// No other key in force may create keys. Create one with `keys:manage` first, or revoke this
    /// one with `force=true`.
    LastKey = CONFLICT, "last_key", "Last key that makes keys",
        "No other key may make keys. Make one with `keys:manage` first, or add `force=true`: then only `copydesk key create` makes another.";
    /// An article carries the disclaimer, or once did: the proof of what was shown must be kept.
    /// Detach it from articles that should no longer carry it.
    DisclaimerInUse = CONFLICT, "disclaimer_in_use", "Disclaimer in use",
        "Articles that carry this disclaimer or once did: {articles}. What was shown must stay provable, so it cannot be deleted. Detach it, or `retire` it so that it attaches itself to nothing new."
        { articles: Integer "3" "How many articles carry it or ever carried it." };
    /// There are as many webhooks as there may be. Delete one that is no longer needed.
    TooManyWebhooks = CONFLICT, "too_many_webhooks", "Too many webhooks",
        "There are {limit} webhooks, and may be no more. Delete one first."
        { limit: Integer "50" "The most webhooks that there may be." };
    /// The article was public and has been withdrawn. `notice` is the reason, if one was given,
    /// and `replaced_by` the article that replaces it, if any.
    ArticleWithdrawn = GONE, "article_withdrawn", "Article withdrawn",
        "This article was withdrawn. `notice` says why, and `replaced_by` names its replacement; either may be null."
        { withdrawn_at: Instant "\"2026-11-22T10:00:00.000000Z\"" "Since when.", notice: NullableText "\"A source has taken back a statement.\"" "What readers are told, or null.", replaced_by: Successor "null" "The article that stands in its place, or null." };
    /// The article was public until `expired_at`.
    ArticleExpired = GONE, "article_expired", "Article expired",
        "This article was public until {expired_at}."
        { expired_at: Instant "\"2026-11-22T10:00:00.000000Z\"" "Until when it was public.", notice: NullableText "null" "What readers are told, or null.", replaced_by: Successor "null" "The article that stands in its place, or null." };
    /// A cursor of the change feed is older than what is kept: removals between it and now are no
    /// longer there. Or it is of another state of the database, from before a backup was restored.
    /// Start anew at `restart`, without a cursor: then drop what you have and the feed does not name.
    CursorExpired = GONE, "cursor_expired", "Cursor expired",
        "Changes after this cursor are no longer kept. Start anew at {restart}, without a cursor, and drop what you have that is not named there."
        { restart: Text "\"/v1/changes\"" "Where to start anew." };
    /// `If-Match` names a version other than the present one: somebody changed the resource in
    /// between. Read it again, repeat the change on it, and send its new `etag`. Or
    /// `If-None-Match` asks to write only if there is nothing yet, and there is.
    PreconditionFailed = PRECONDITION_FAILED, "precondition_failed", "Changed since you read it",
        "This was changed since you read it. Read it again, then repeat your change with the new ETag."
        { etag: Text "\"\\\"4-2f0c9a51d6c3b7e8a1b2c3d4\\\"\"" "The present ETag." };
    /// The body is larger than this API accepts. `limit_bytes` is the limit.
    BodyTooLarge = PAYLOAD_TOO_LARGE, "body_too_large", "Body too large",
        "The body is larger than {limit_bytes} bytes. Send less."
        { limit_bytes: Integer "2097152" "The most bytes that a body may have." };
    /// The body's `Content-Type` is missing or not one of `accepted`, its charset is not UTF-8, or
    /// it has a `Content-Encoding`. Send uncompressed UTF-8 JSON and declare it as such.
    UnsupportedMediaType = UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", "Unsupported media type",
        "{why=The body has no Content-Type.} Send `Content-Type: {types=application/json}`."
        { accepted: TextList "[\"application/json\"]" "The media types that this operation takes." };
    /// The body is well-formed JSON but breaks rules. `errors` lists every broken rule with a JSON
    /// Pointer.
    ValidationFailed = UNPROCESSABLE_ENTITY, "validation_failed", "Validation failed",
        "The body breaks a rule at /title: is required."
        { errors: BodyFaults "[{\"pointer\":\"/title\",\"code\":\"required\",\"detail\":\"is required.\"}]" "One entry for each broken rule." };
    /// The `Idempotency-Key` was sent before with another body. A key identifies one request: use
    /// a new one for another request.
    IdempotencyKeyReused = UNPROCESSABLE_ENTITY, "idempotency_key_reused", "Idempotency key used before",
        "This `Idempotency-Key` was sent with another body before. Nothing was changed; send a new key with a new request.";
    /// This server refuses changes to an existing resource without `If-Match`, so that nobody
    /// overwrites a change made in between. Read the resource, and send its `ETag` in `If-Match`.
    PreconditionRequired = PRECONDITION_REQUIRED, "precondition_required", "If-Match is needed",
        "This server takes no change without `If-Match`. Read the resource and send its ETag there, or `*` for any version.";
    /// There were too many of these requests from one address, or on one article. The header
    /// `RateLimit` says what is left, `Retry-After` when to try again.
    RateLimited = TOO_MANY_REQUESTS, "rate_limited", "Too many requests",
        "Rate limit exceeded: {quota=10} per minute. Nothing was kept; try again in {retry_after_seconds} seconds."
        { retry_after_seconds: Integer "6" "Seconds after which to try again." };
    /// The article is blocked because of a legal demand, and only for that reason (RFC 7725).
    /// `authority` names who made the demand.
    BlockedForLegalReasons = UNAVAILABLE_FOR_LEGAL_REASONS, "blocked_for_legal_reasons", "Blocked for legal reasons",
        "This article is blocked on a legal demand of {authority}."
        { authority: Text "\"Regional Court of Port Ellery\"" "Whose demand it is.", reference: NullableText "\"4 O 112/26\"" "Its file number or address, or null." };
    /// An internal error. It is logged under the request id in `instance`; nothing was changed.
    Internal = INTERNAL_SERVER_ERROR, "internal", "Internal error",
        "Something broke on our side and is logged under this request's id. Nothing was changed.";
    /// The server is overloaded: the database is busy or the queue is full. Nothing was changed;
    /// try again after `Retry-After` seconds.
    Overloaded = SERVICE_UNAVAILABLE, "overloaded", "Overloaded",
        "The server has more to do than it can. Nothing was changed; try again in a second.";
    /// The server has as many connections as it may have. Try again; whoever runs it can raise
    /// `COPYDESK_MAX_CONNECTIONS`.
    TooManyConnections = SERVICE_UNAVAILABLE, "too_many_connections", "Too many connections",
        "The server has as many connections as it may have. Try again in a second, and close connections that you don't need.";
    /// The database file is not writable. Reading still works; an operator has to fix the file's
    /// permissions or its disk.
    DatabaseReadOnly = SERVICE_UNAVAILABLE, "database_read_only", "Database read-only",
        "The database cannot be written to now. Nothing was changed; reading goes on.";
    /// The database's file, or its log, was moved, removed or replaced while it was being served.
    /// Reading goes on from the open file; an operator has to put the file back, or restart the
    /// server on the file that is to be served.
    DatabaseReplaced = SERVICE_UNAVAILABLE, "database_replaced", "Database file replaced",
        "The database's file is not where it was opened. Nothing was changed; reading goes on. An operator has to put it back.";
    /// A page of the database is damaged. Requests that do not touch it still work; an operator
    /// has to restore a backup.
    DatabaseDamaged = SERVICE_UNAVAILABLE, "database_damaged", "Database damaged",
        "A part of the database cannot be read. An operator finds it with `copydesk check` and restores a copy.";
    /// The database's server cannot be reached, or is being restarted. Nothing was changed; try again after `Retry-After`
    /// seconds.
    DatabaseUnavailable = SERVICE_UNAVAILABLE, "database_unavailable", "Database unavailable",
        "The database's server cannot be reached. Nothing was changed; try again in a second.";
    /// The connection to the database's server was lost while a write was committed, and the server cannot be asked
    /// whether it was. Repeat the request with the same `Idempotency-Key`, or read before you repeat it.
    OutcomeUnknown = SERVICE_UNAVAILABLE, "outcome_unknown", "Outcome unknown",
        "The database's server was lost while this was written: it stands, or it does not. Repeat it with the same Idempotency-Key, or read first what is there.";
    /// The server is about to stop. Try again: another may have taken its place.
    ShuttingDown = SERVICE_UNAVAILABLE, "shutting_down", "Shutting down",
        "The server is stopping. Nothing was changed; try again in a moment.";
    /// The disk is full. Nothing was written; reading still works.
    StorageFull = INSUFFICIENT_STORAGE, "storage_full", "Storage full",
        "There is no room left to write. Nothing was changed; reading goes on.";
}

impl Code {
    /// The code's row.
    #[must_use]
    pub fn entry(self) -> &'static Entry {
        // The enum and the table come from the same macro, in the same order.
        &CATALOGUE[self as usize]
    }

    /// The code named `name`.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        CATALOGUE.iter().find(|entry| entry.name == name).map(|entry| entry.code)
    }
}

impl Entry {
    /// Path of the page that explains the code: the problem's `type`.
    #[must_use]
    pub fn path(&self) -> String {
        format!("/problems/{}", self.name)
    }

    /// The explanation as one paragraph.
    #[must_use]
    pub fn about(&self) -> String {
        self.about.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// The example's extra members.
    pub(super) fn example_members(&self) -> Map<String, Value> {
        // The literals are checked by the test below.
        serde_json::from_str(self.example_members).unwrap_or_default()
    }

    /// An example of a `detail`.
    #[must_use]
    pub fn example_detail(&self) -> String {
        let members = self.example_members();
        fill(self.detail, |name| member_text(&members, name))
    }

    /// An example of this problem's body.
    #[must_use]
    pub fn example(&self) -> Value {
        let mut body = json!({
            "type": self.path(),
            "title": self.title,
            "status": self.status.as_u16(),
            "code": self.name,
            "detail": self.example_detail(),
            "instance": "urn:uuid:0192d5a0-0000-7000-8000-0000000000ff",
        });
        let extra = self.example_members();
        for member in self.members {
            body[member.name] = extra[member.name].clone();
        }
        body
    }

    /// Name of the problem's schema in the document, for example `MalformedJsonProblem`.
    #[must_use]
    pub fn schema_name(&self) -> String {
        format!("{:?}Problem", self.code)
    }

    /// JSON Schema of the problem's body. `type`, `code` and `status` tell problems apart; a title may
    /// be worded better, and members may be added, without breaking a client.
    #[must_use]
    pub fn schema(&self) -> Value {
        let mut properties = json!({
            "type": {"type": "string", "const": self.path(), "description": "A page that explains the problem, relative to the server."},
            "title": {"type": "string", "examples": [self.title], "description": "What kind of problem it is, in a few words for people."},
            "status": {"type": "integer", "const": self.status.as_u16(), "description": "The HTTP status of the answer."},
            "code": {"type": "string", "const": self.name, "description": "The problem's name for programs."},
            "detail": {"type": "string", "description": "What went wrong this time and how to mend it, for people."},
            "instance": {"type": "string", "pattern": "^urn:uuid:[0-9a-f-]{36}$", "description": "The request's id, as in `X-Request-Id`."},
        });
        let mut required = vec!["type", "title", "status", "code", "detail", "instance"];
        for member in self.members {
            let mut schema = member.kind.schema();
            schema["description"] = json!(member.doc);
            properties[member.name] = schema;
            required.push(member.name);
        }
        json!({
            "type": "object",
            "title": self.schema_name(),
            "description": self.about(),
            "properties": properties,
            "required": required,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_rows_find_themselves() {
        for entry in CATALOGUE {
            assert_eq!(Code::from_name(entry.name), Some(entry.code));
            assert_eq!(entry.code.entry().name, entry.name);
            assert!(entry.example_detail().ends_with('.'), "{}: a sentence", entry.name);
        }
    }

    #[test]
    fn examples_hold_every_member() {
        for entry in CATALOGUE {
            let extra: Value = serde_json::from_str(entry.example_members)
                .unwrap_or_else(|error| panic!("{}: {error}", entry.name));
            assert_eq!(extra.as_object().unwrap().len(), entry.members.len() + 1, "{}", entry.name);
        }
    }
}
