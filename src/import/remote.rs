//! Feeds at a URL: fetched once, or again and again, without taking again what has not changed.

use std::fmt;
use std::time::{Duration, Instant};

use jiff::fmt::rfc2822;
use sha2::{Digest as _, Sha256};

use super::feed::FEED_MAX;
use crate::outgoing::{Failure, Fetched, Reach, Target, fetch};

/// When a feed of which records were refused is imported again though it is the same: a reason may have passed (a slug
/// became free), and most have not.
const REFUSED_AGAIN_AFTER: Duration = Duration::from_secs(60 * 60);
/// Longest that a server may have itself left alone: one that says more has its clock wrong, or a fault.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// Why nothing came of a feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchFailure {
    /// A sentence that says it.
    pub text: String,
    /// True if another try would fail for the same reason.
    pub is_final: bool,
    /// For how long its server wants no other try, a day at most; zero if it says nothing.
    pub retry_after: Duration,
}

impl FetchFailure {
    /// What may be over at the next time.
    fn passing(text: String) -> Self {
        Self { text, is_final: false, retry_after: Duration::ZERO }
    }
}

impl fmt::Display for FetchFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for FetchFailure {}

/// A feed at a URL.
pub struct Remote {
    target: Target,
    reach: Reach,
    etag: Option<String>,
    last_modified: Option<String>,
    /// SHA-256 of what came last.
    sha256: Option<[u8; 32]>,
    /// When it was imported, if records of it were refused.
    refused_at: Option<Instant>,
}

impl Remote {
    /// The feed at `url`; `None` if that is no http or https URL.
    #[must_use]
    pub fn parse(url: &str, reach: Reach) -> Option<Self> {
        let target = Target::parse(url)?;
        let (etag, last_modified, sha256, refused_at) = (None, None, None, None);
        Some(Self { target, reach, etag, last_modified, sha256, refused_at })
    }

    /// Its URL as it may be shown and stored: without the query, which may hold a secret. Links are relative to it all
    /// the same.
    #[must_use]
    pub fn url(&self) -> &str {
        self.target.as_str().split('?').next().unwrap_or_default()
    }

    /// The next fetch takes what is there in any case: what came last was not imported.
    pub fn forget(&mut self) {
        (self.etag, self.last_modified) = (None, None);
        (self.sha256, self.refused_at) = (None, None);
    }

    /// Records of what came last were refused at this time: it is imported again an hour later, also if it is the
    /// same.
    pub fn had_refused(&mut self, now: Instant) {
        self.refused_at = Some(now);
    }

    /// What is to be imported now; `None` if it is the same as at the last time, whether its server says so or not.
    ///
    /// # Errors
    /// As [`Self::fetch`].
    pub fn fetch_new(&mut self, now: Instant) -> Result<Option<Vec<u8>>, FetchFailure> {
        let is_over = |at: Instant| now.saturating_duration_since(at) >= REFUSED_AGAIN_AFTER;
        if self.refused_at.is_some_and(is_over) {
            self.forget();
        }
        let Some(body) = self.fetch()? else {
            return Ok(None);
        };
        let sha256: [u8; 32] = Sha256::digest(&body).into();
        if self.sha256 == Some(sha256) {
            return Ok(None);
        }
        (self.sha256, self.refused_at) = (Some(sha256), None);
        Ok(Some(body))
    }

    /// What is there; `None` if it is as it was at the last time (RFC 9110 section 13).
    ///
    /// # Errors
    /// Why nothing came.
    pub fn fetch(&mut self) -> Result<Option<Vec<u8>>, FetchFailure> {
        let accepted = "application/rss+xml, application/atom+xml, application/feed+json, application/xml;q=0.9, */*;q=0.1";
        let mut headers = vec![("accept", accepted)];
        headers.extend(self.etag.as_deref().map(|etag| ("if-none-match", etag)));
        headers.extend(self.last_modified.as_deref().map(|at| ("if-modified-since", at)));
        let url = self.url();
        let most = u64::try_from(FEED_MAX).unwrap_or(u64::MAX);
        let fetched = fetch(self.reach, &self.target, &headers, most)
            .map_err(|failure| unfetched(url, &failure))?;
        match fetched.status {
            200 => {}
            304 => return Ok(None),
            status @ 300..=399 => {
                let to = fetched.location.map_or_else(String::new, |to| leads_to(&to));
                return Err(FetchFailure::passing(format!("{url} answered {status}{to}.")));
            }
            410 => {
                let text = format!("{url} answered 410: the feed is gone, and does not come back.");
                return Err(FetchFailure { is_final: true, ..FetchFailure::passing(text) });
            }
            status => {
                let retry_after = wait_of(&fetched).min(RETRY_AFTER_MAX);
                let text = format!("{url} answered {status}.");
                return Err(FetchFailure { retry_after, ..FetchFailure::passing(text) });
            }
        }
        if fetched.body.len() > FEED_MAX {
            let text = format!("{url} is longer than {FEED_MAX} bytes: no feed is.");
            return Err(FetchFailure::passing(text));
        }
        (self.etag, self.last_modified) = (fetched.etag, fetched.last_modified);
        Ok(Some(fetched.body))
    }
}

/// For how long a server wants no other request: it says the seconds, or until when (RFC 9110 section 10.2.3).
fn wait_of(fetched: &Fetched) -> Duration {
    let Some(said) = fetched.retry_after.as_deref().map(str::trim) else {
        return Duration::ZERO;
    };
    if let Ok(seconds) = said.parse() {
        return Duration::from_secs(seconds);
    }
    // By its own clock.
    let date = |text: &str| rfc2822::parse(text.trim()).ok().map(|date| date.timestamp());
    let times = date(said).zip(fetched.date.as_deref().and_then(date));
    let wait = times.map(|(until, now)| until.duration_since(now));
    wait.and_then(|wait| wait.try_into().ok()).unwrap_or_default()
}

/// Why there is no answer. Where only public addresses may be reached, one that is not stays so.
fn unfetched(url: &str, failure: &Failure) -> FetchFailure {
    let is_final = *failure == Failure::Forbidden;
    let allowed = if is_final { "; --any-address allows it" } else { "" };
    let text = format!("{url} could not be fetched: {failure}{allowed}.");
    FetchFailure { is_final, ..FetchFailure::passing(text) }
}

/// Where a redirect leads. It may repeat the secret.
fn leads_to(location: &str) -> String {
    match location.split_once(['?', '#']) {
        Some((to, _)) => {
            format!("; it leads to {to} with a query that is not shown here: name that URL")
        }
        None => format!("; it leads to {location}: name that URL"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_never_shown() {
        let feed = "https://news.example/feed.xml?token=secret";
        let remote = Remote::parse(feed, Reach::Public).unwrap();
        assert_eq!(remote.url(), "https://news.example/feed.xml");
        assert_eq!(leads_to("/b"), "; it leads to /b: name that URL");
        assert!(!leads_to("https://news.example/b?token=secret").contains("secret"));
    }

    #[test]
    fn servers_say_when_to_come_again() {
        let date = "Fri, 09 Jan 2026 17:30:00 GMT";
        for (said, date, seconds) in [
            (None, Some(date), 0),
            (Some(" 120 "), None, 120),
            (Some("Fri, 09 Jan 2026 17:32:00 GMT"), Some(date), 120),
            (Some("Fri, 09 Jan 2026 17:30:00 GMT"), Some("Fri, 09 Jan 2026 17:32:00 GMT"), 0),
            (Some("Fri, 09 Jan 2026 17:32:00 GMT"), None, 0),
            (Some("soon"), Some(date), 0),
            (Some("-1"), Some(date), 0),
        ] {
            let fetched = Fetched {
                status: 503,
                etag: None,
                last_modified: None,
                location: None,
                retry_after: said.map(str::to_owned),
                date: date.map(str::to_owned),
                body: vec![],
            };
            assert_eq!(wait_of(&fetched), Duration::from_secs(seconds), "{said:?}");
        }
    }

    #[test]
    fn an_address_that_is_not_public_stays_so() {
        let failed = unfetched("http://localhost/", &Failure::Forbidden);
        let told = "http://localhost/ could not be fetched: its address is not a public one; --any-address allows it.";
        assert_eq!((&*failed.text, failed.is_final), (told, true));
        assert!(!unfetched("http://localhost/", &Failure::TooSlow).is_final);
    }
}
