//! Sending one event, by a request of a client or in its turn, and recording what became of it.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant as Moment;

use tokio::sync::Mutex as Lane;
use url::{Host, Url};

use super::WEBHOOKS_MAX;
use super::ids::WebhookId;
use super::model::{By, DeliveryRow, Parcel};
use super::rules::Outcome;
use super::signature;
use super::words::{AttemptFailure, DisabledReason};
use super::write::{Attempted, record};
use crate::db::{Db, Touched};
use crate::domain::instant::Clock;
use crate::outgoing::{Client, Failure, Reach, Request, Target};
use crate::problem::Problem;

/// The name that leads to the machine itself (RFC 6761 section 6.3), with all below it.
const LOCALHOST: &str = "localhost";

/// Sends to webhooks: one request to each at a time.
pub struct Sender {
    reach: Reach,
    /// Made with the first request: a newsroom without webhooks needs none of its threads.
    client: Mutex<Option<Client>>,
    lanes: Mutex<HashMap<WebhookId, Arc<Lane<()>>>>,
}

impl Default for Sender {
    fn default() -> Self {
        Self::new(Reach::Public)
    }
}

impl Sender {
    /// Sends to addresses within a reach alone.
    #[must_use]
    pub fn new(reach: Reach) -> Self {
        Self { reach, client: Mutex::default(), lanes: Mutex::default() }
    }

    /// True if a URL shows by itself that nothing is sent there. (What a name leads to is looked at with each request.)
    pub(super) fn refuses(&self, target: &Target) -> bool {
        let host = Url::parse(target.as_str()).ok();
        match host.as_ref().and_then(Url::host) {
            Some(Host::Ipv4(address)) => !self.reach.allows(IpAddr::V4(address)),
            Some(Host::Ipv6(address)) => !self.reach.allows(IpAddr::V6(address)),
            Some(Host::Domain(name)) => self.reach == Reach::Public && is_localhost(name),
            None => true,
        }
    }

    /// The lane of a webhook: whoever holds it sends.
    pub(super) fn lane(&self, id: WebhookId) -> Arc<Lane<()>> {
        let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        // Of webhooks that are gone nobody holds one.
        if lanes.len() > WEBHOOKS_MAX {
            lanes.retain(|_, lane| Arc::strong_count(lane) > 1);
        }
        Arc::clone(lanes.entry(id).or_default())
    }

    fn client(&self) -> Result<Client, Failure> {
        let mut client = self.client.lock().unwrap_or_else(PoisonError::into_inner);
        match &*client {
            Some(client) => Ok(client.clone()),
            None => {
                let started = Client::start("webhooks", WEBHOOKS_MAX, self.reach);
                let started = started.map_err(|error| {
                    log::error!("webhooks cannot be sent: {error}");
                    Failure::NotTaken
                })?;
                Ok(client.insert(started).clone())
            }
        }
    }

    /// Sends a parcel. `None` if that was not tried: the server has too much to do, or ends.
    async fn send(&self, parcel: &Parcel, clock: &dyn Clock) -> Option<Attempted> {
        let began = Moment::now();
        let failed =
            |failure| Attempted { outcome: Outcome::Failed(failure), status: None, took: None };
        let Some(target) = Target::parse(&parcel.to.url) else {
            return Some(failed(AttemptFailure::Address));
        };
        let answer = match self.client() {
            Ok(client) => client.send(request(parcel, target, clock)).await,
            Err(failure) => Err(failure),
        };
        match answer {
            Ok(response) => Some(Attempted {
                outcome: Outcome::of_status(response.status),
                status: Some(response.status),
                took: Some(began.elapsed()),
            }),
            Err(Failure::Forbidden) => Some(failed(AttemptFailure::Address)),
            Err(Failure::TooSlow) => Some(failed(AttemptFailure::Timeout)),
            Err(Failure::Failed(why)) => {
                let id = &parcel.to.public_id;
                log::debug!(webhook_id:display = id; "a webhook was not reached: {why}");
                Some(failed(AttemptFailure::Connection))
            }
            Err(Failure::NotTaken) => None,
        }
    }
}

fn is_localhost(name: &str) -> bool {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    name == LOCALHOST || name.strip_suffix(LOCALHOST).is_some_and(|rest| rest.ends_with('.'))
}

fn request(parcel: &Parcel, target: Target, clock: &dyn Clock) -> Request {
    let message = &parcel.message;
    // The receiver holds it against its own clock: the last commit may be ahead of that.
    let signed = signature::headers(&parcel.to.secrets, &message.id, &message.body, clock.now());
    let signed = signed.into_iter().map(|(name, value)| (name.to_owned(), value));
    let kind = ("content-type".to_owned(), "application/json".to_owned());
    Request {
        method: "POST",
        target,
        headers: std::iter::once(kind).chain(signed).collect(),
        body: message.body.clone().into_bytes(),
    }
}

/// Sends a parcel and records what became of it. Whoever calls it holds the webhook's lane. `None` if it was not tried,
/// or the webhook is gone.
///
/// # Errors
/// A database fault: it may have been sent, and is sent again.
pub(super) async fn attempt(
    (db, clock): (&Db, &dyn Clock),
    sender: &Sender,
    parcel: Parcel,
    by: By,
) -> Result<Option<DeliveryRow>, Problem> {
    let Some(attempted) = sender.send(&parcel, clock).await else {
        return Ok(None);
    };
    let Parcel { to, message } = parcel;
    let id = to.id;
    let recorded = db
        .write_touching(move |conn, now| {
            Ok((record(conn, id, &message, (attempted, &by), now)?, Touched::Nothing))
        })
        .await?;
    Ok(recorded.map(|recorded| {
        if let Some(reason) = recorded.disabled {
            log_disabled(&to.public_id, reason);
        }
        recorded.delivery
    }))
}

/// Nobody is told of it otherwise, and its receiver misses what happens from now on.
pub fn log_disabled(id: &str, reason: DisabledReason) {
    let why = match reason {
        DisabledReason::ByHand => "somebody has switched it off",
        DisabledReason::Gone => "its receiver answered 410, which asks for no more",
        DisabledReason::Behind => {
            "removals that its receiver was to be told are no longer kept (COPYDESK_KEEP_CHANGES): it must read all anew"
        }
        DisabledReason::Failing => "its receiver has taken nothing for days",
    };
    log::warn!(
        webhook_id:display = id, reason:display = reason.word();
        "a webhook is disabled: {why}. Enable it with PATCH /v1/webhooks/{id}; what it misses meanwhile is in GET /v1/changes"
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_that_lead_inside_are_refused_by_their_looks() {
        let (public, anywhere) = (Sender::default(), Sender::new(Reach::Anywhere));
        for (url, is_refused) in [
            ("http://127.0.0.1/", true),
            ("http://[::1]:80/", true),
            ("http://169.254.169.254/latest", true),
            ("http://localhost/", true),
            ("http://LOCALHOST./", true),
            ("http://a.localhost:81/", true),
            ("https://notlocalhost/", false),
            ("https://site.example/", false),
            ("https://8.8.8.8/", false),
        ] {
            let target = Target::parse(url).unwrap();
            assert_eq!(public.refuses(&target), is_refused, "{url}");
            assert!(!anywhere.refuses(&target), "{url}");
        }
    }
}
