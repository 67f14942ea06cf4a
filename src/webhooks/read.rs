//! Looking up webhooks, and what is sent to one next.

use serde::Serialize;
use uuid::Uuid;

use super::filter::Filter;
use super::ids::WebhookId;
use super::model::{DeliveryRow, Message, Parcel, Receiver, WebhookRow};
use super::store;
use crate::changes::api::Change;
use crate::changes::{self, ChangeRow, Position};
use crate::db::Conn;
use crate::db::secret::site_secret;
use crate::domain::ids::named_id;
use crate::domain::instant::Instant;
use crate::problem::{Code, Problem};

/// Changes that are read at once; where none of them is followed, others get their turn before the next.
const READ_AT_ONCE: i64 = 256;

/// The webhook `id`.
///
/// # Errors
/// `webhook_not_found`, or a database fault.
pub fn find(conn: &mut Conn, id: Uuid) -> Result<WebhookRow, Problem> {
    let found = store::select(conn, id)?;
    found.ok_or_else(|| Problem::plain(Code::WebhookNotFound).with("id", id.to_string()))
}

/// The delivery `id` of a webhook.
///
/// # Errors
/// `delivery_not_found`, or a database fault.
pub fn find_delivery(
    conn: &mut Conn,
    webhook: WebhookId,
    id: Uuid,
) -> Result<DeliveryRow, Problem> {
    let id = id.to_string();
    let found = store::select_delivery(conn, webhook, &id)?;
    found.ok_or_else(|| Problem::plain(Code::DeliveryNotFound).with("id", id))
}

/// Where messages for a webhook go, as of an instant.
///
/// # Errors
/// A database fault.
pub fn receiver_of(conn: &mut Conn, row: &WebhookRow, now: Instant) -> Result<Receiver, Problem> {
    Ok(Receiver {
        id: row.id,
        public_id: row.public_id.clone(),
        url: row.url.clone(),
        secrets: row.secrets(&site_secret(conn)?, now),
    })
}

/// What is sent to a webhook next.
pub enum Next {
    /// This, at once. `lease` is the server that sends to it, and until when.
    Send {
        /// The message.
        parcel: Box<Parcel>,
        /// The server that has it now, and until when.
        lease: (Option<String>, Instant),
    },
    /// Nothing before an instant.
    At(Instant),
    /// Nothing up to a position in the log; there may be something after it if `has_more`.
    Nothing {
        /// The position that is noted.
        noted: i64,
        /// The position.
        looked_until: i64,
        /// True if there are changes after it.
        has_more: bool,
    },
    /// Removals that it was to be told are no longer in the log.
    Behind {
        /// The webhook's public id.
        public_id: String,
    },
    /// Nothing: it is disabled or gone.
    Never,
}

/// What is sent to a webhook next: what failed before, or the first change after its position, or after
/// `looked_until` where that is later, that it follows.
///
/// # Errors
/// A database fault.
pub fn next(
    conn: &mut Conn,
    id: WebhookId,
    looked_until: i64,
    now: Instant,
) -> Result<Next, Problem> {
    let row = store::select_row(conn, id)?;
    let Some(row) = row.filter(|row| row.disabled_at.is_none()) else {
        return Ok(Next::Never);
    };
    let message = match store::select_waiting(conn, id)? {
        Some(waiting) => match waiting.next_at.map(Instant::from_micros) {
            Some(at) if at > now => return Ok(Next::At(at)),
            _ => Message::from(waiting),
        },
        None => {
            let after = row.position.max(looked_until);
            if after < changes::removed_until(conn)? {
                return Ok(Next::Behind { public_id: row.public_id });
            }
            let changes = changes::select_after(conn, after, READ_AT_ONCE)?;
            match first_of(conn, &row, &changes)? {
                Some(message) => message,
                None => {
                    let has_more = i64::try_from(changes.len()) == Ok(READ_AT_ONCE);
                    let looked_until = changes.last().map_or(after, |change| change.id);
                    return Ok(Next::Nothing { noted: row.position, looked_until, has_more });
                }
            }
        }
    };
    let to = receiver_of(conn, &row, now)?;
    let lease = (row.sender, Instant::from_micros(row.sender_until));
    Ok(Next::Send { parcel: Box::new(Parcel { to, message }), lease })
}

/// The message of the first of these changes that a webhook follows.
fn first_of(
    conn: &mut Conn,
    row: &WebhookRow,
    changes: &[ChangeRow],
) -> Result<Option<Message>, Problem> {
    if changes.is_empty() {
        return Ok(None);
    }
    let (followed, from, filter) = (row.followed(), Position::start(conn)?, row.filter());
    for change in changes {
        let Some(told) = Change::of(change, &followed, &from) else {
            continue;
        };
        if let Some(filter) = &filter
            && !is_allowed(conn, filter, change)?
        {
            continue;
        }
        return message_of(row, change.id, &told).map(Some);
    }
    Ok(None)
}

/// True if a filter allows the article of a change; of what has no article, and of one that the log does not know any
/// more, everything is sent.
fn is_allowed(conn: &mut Conn, filter: &Filter, change: &ChangeRow) -> Result<bool, Problem> {
    let groups = match &change.article {
        // What its article is filtered by stands with the article's own last change.
        Some(article) => changes::groups_of_last(conn, article, change.id)?,
        None => change.cache_groups.clone().filter(|_| change.is_of_article()),
    };
    Ok(groups.is_none_or(|groups| filter.allows(&groups)))
}

/// What is sent of an event.
#[derive(Serialize)]
struct Event<'a, T> {
    #[serde(rename = "type")]
    kind: &'a str,
    timestamp: Instant,
    data: T,
}

/// An event as it is sent.
///
/// # Errors
/// `internal` if it has no JSON form.
pub fn body_of(kind: &str, timestamp: Instant, data: impl Serialize) -> Result<String, Problem> {
    serde_json::to_string(&Event { kind, timestamp, data }).map_err(Problem::internal)
}

/// The message of a change for a webhook: always the same, so that one which was sent before a server ended, and was
/// not recorded, comes again under its id.
fn message_of(row: &WebhookRow, position: i64, change: &Change) -> Result<Message, Problem> {
    let event = change.kind.word();
    Ok(Message {
        id: named_id(change.at, &format!("{} {position}", row.public_id)).to_string(),
        event: event.to_owned(),
        change: Some(position),
        body: body_of(event, change.at, change)?,
    })
}
