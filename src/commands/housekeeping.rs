//! What a server deletes by itself: what has expired, and what settings keep for a time only.

use std::time::Duration;

use crate::articles::write::{forget_words, purge_trash};
use crate::db::{Conn, Db, Touched, idempotency};
use crate::domain::instant::{DAY, HOUR, Instant};
use crate::settings::Settings;
use crate::{audit, changes, comments, webhooks};

/// Most rows of each kind that one unit of the writer deletes: some ten milliseconds of work.
const FORGOTTEN_AT_ONCE: i64 = 1_000;
/// Most articles that one unit deletes, each with its comments, its revisions and its words.
const PURGED_AT_ONCE: i64 = 10;
/// How often to delete expired data: an hour late is early enough for data that is kept for days.
const EVERY: Duration = Duration::from_secs(60 * 60);

/// For how long what is kept, in microseconds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Retention {
    addresses: i64,
    audit: i64,
    answers: i64,
    changes: i64,
    /// `None` for ever.
    trash: Option<i64>,
}

impl Retention {
    /// As the settings have it.
    pub(super) fn of(settings: &Settings) -> Self {
        Self {
            addresses: i64::from(settings.kept.addresses) * DAY,
            audit: i64::from(settings.kept.audit) * DAY,
            answers: i64::from(settings.kept.answers) * HOUR,
            changes: i64::from(settings.kept.changes) * DAY,
            trash: (settings.kept.trash > 0).then(|| i64::from(settings.kept.trash) * DAY),
        }
    }
}

/// Deletes expired data every hour, from the start on. Some writes do so as well, but a quiet server
/// has none.
pub(super) async fn run(database: Db, keep: Retention) {
    let mut hours = tokio::time::interval(EVERY);
    loop {
        hours.tick().await;
        // A fault is met again, and told, by the next hour and by whoever reads.
        let forget = move |conn: &mut Conn, now: Instant| {
            let (most, addresses) = (FORGOTTEN_AT_ONCE, now.minus(keep.addresses));
            let mut has_more = idempotency::forget_old(conn, most, now.minus(keep.answers))?;
            has_more |= comments::store::forget_addresses(conn, addresses, most)?;
            has_more |= audit::forget(conn, now.minus(keep.audit), addresses, most)?;
            has_more |= comments::store::forget_blocks(conn, most, now)?;
            has_more |= webhooks::forget(conn, most, now)?;
            Ok((has_more, Touched::Nothing))
        };
        while database.write_touching(forget).await.is_ok_and(|has_more| has_more) {}
        compact_changes(&database, keep.changes).await;
        if let Some(kept_for) = keep.trash {
            purge(&database, kept_for).await;
        }
    }
}

/// Deletes old changes that a reader from the start does not need.
async fn compact_changes(database: &Db, kept_for: i64) {
    let mut after = Some(0);
    while let Some(position) = after {
        let unit = move |conn: &mut Conn, now: Instant| {
            let before = now.minus(kept_for).as_micros();
            Ok((changes::compact(conn, position, before, FORGOTTEN_AT_ONCE)?, Touched::Nothing))
        };
        after = database.write_touching(unit).await.unwrap_or_default();
    }
}

/// Deletes articles for good that have been in the trash for long enough.
async fn purge(database: &Db, kept_for: i64) {
    let unit = move |conn: &mut Conn, now: Instant| {
        let before = now.minus(kept_for);
        purge_trash(conn, (before, now), PURGED_AT_ONCE, comments::forget_comments)
    };
    let mut purged = 0;
    let ended = loop {
        match database.write(unit).await {
            Ok(0) => break Ok(()),
            Ok(number) => purged += number,
            Err(problem) => break Err(problem),
        }
    };
    let ended = match purged {
        0 => ended,
        _ => ended.and(forget_words(database).await),
    };
    if purged > 0 {
        log::info!("{purged} articles were in the trash for long enough and are deleted for good");
    }
    if let Err(problem) = ended {
        let cause = problem.cause().unwrap_or_default();
        log::error!("the trash could not be emptied: {cause}");
    }
}
