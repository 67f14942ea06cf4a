//! Times. WordPress writes each twice: by the site's clock, without its zone, and in UTC, where zeros mean "none".

use std::collections::BTreeMap;

use jiff::civil::DateTime;

use crate::domain::instant::Instant;

/// Largest offset of a clock, in seconds: none on Earth is further from UTC.
const OFFSET_MAX: i64 = 15 * 60 * 60;
/// Months of a year.
const MONTHS: i32 = 12;
/// Microseconds of a second.
const SECOND: i64 = 1_000_000;

/// A time in UTC as WordPress writes it; none for zeros, or a day that does not exist.
pub fn utc(text: &str) -> Option<Instant> {
    Instant::parse(&format!("{}Z", text.trim().replacen(' ', "T", 1)))
}

/// A time as RSS writes it: `Fri, 27 Nov 2026 04:18:22 +0000`.
pub fn of_rss(text: &str) -> Option<Instant> {
    let at = jiff::fmt::rfc2822::parse(text.trim()).ok()?.timestamp();
    Some(Instant::from_micros(at.as_microsecond()))
}

/// A time by the site's clock.
fn local(text: &str) -> Option<DateTime> {
    text.trim().replacen(' ', "T", 1).parse().ok()
}

fn month_of(at: DateTime) -> i32 {
    i32::from(at.year()) * MONTHS + i32::from(at.month()) - 1
}

/// The offsets of the site's clock, learned from the times that are written both ways: one a month, and none for a
/// month that has several, because the clock was changed in it.
#[derive(Debug, Default)]
pub struct Offsets {
    months: BTreeMap<i32, Option<i64>>,
}

impl Offsets {
    /// Learns from a time by the site's clock and the same in UTC.
    pub fn learn(&mut self, by_clock: &str, in_utc: &str) {
        let (Some(by_clock), Some(in_utc)) = (local(by_clock), local(in_utc)) else {
            return;
        };
        let offset = by_clock.duration_since(in_utc).as_secs();
        if offset.abs() > OFFSET_MAX {
            return;
        }
        let known = self.months.entry(month_of(by_clock)).or_insert(Some(offset));
        if *known != Some(offset) {
            *known = None;
        }
    }

    /// The instant of a time by the site's clock, and its offset from UTC in seconds: that of its month, else that of
    /// the months around it in the same year, where they agree.
    pub fn instant(&self, by_clock: &str) -> Option<(Instant, i64)> {
        let at = local(by_clock)?;
        let offset = self.offset(month_of(at))?;
        let as_utc = Instant::parse(&format!("{at}Z"))?;
        Some((as_utc.checked_plus(-offset * SECOND)?, offset))
    }

    fn offset(&self, month: i32) -> Option<i64> {
        let year = month - month.rem_euclid(MONTHS);
        if let Some(own) = self.months.get(&month) {
            return *own;
        }
        let before = self.months.range(year..month).rev().find_map(|(_, offset)| *offset);
        let after = self.months.range(month..year + MONTHS).find_map(|(_, offset)| *offset);
        match (before, after) {
            (Some(before), Some(after)) => (before == after).then_some(before),
            (known, other) => known.or(other),
        }
    }
}

/// An offset from UTC as people read it: `+01:00`.
pub fn shown(offset: i64) -> String {
    let sign = if offset < 0 { '-' } else { '+' };
    let seconds = offset.abs();
    let (hours, minutes, rest) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    match rest {
        0 => format!("{sign}{hours:02}:{minutes:02}"),
        rest => format!("{sign}{hours:02}:{minutes:02}:{rest:02}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeros_are_no_time() {
        assert_eq!(utc("0000-00-00 00:00:00"), None);
        assert_eq!(utc(""), None);
        assert_eq!(utc("2026-02-30 10:00:00"), None);
        let at = utc("2026-01-09 17:30:00").unwrap();
        assert_eq!(at.to_string(), "2026-01-09T17:30:00.000000Z");
        assert_eq!(of_rss("Fri, 09 Jan 2026 17:30:00 +0000"), Some(at));
        assert_eq!(of_rss(""), None);
    }

    #[test]
    fn a_clock_is_known_where_others_of_its_year_are() {
        let mut offsets = Offsets::default();
        offsets.learn("2026-01-09 18:30:00", "2026-01-09 17:30:00");
        offsets.learn("2026-07-01 00:30:00", "2026-06-30 22:30:00");
        offsets.learn("2026-03-01 10:00:00", "2026-03-01 09:00:00");
        offsets.learn("2026-03-30 10:00:00", "2026-03-30 08:00:00");
        offsets.learn("1931-02-01 00:00:00", "0000-00-00 00:00:00");
        offsets.learn("1932-02-01 00:00:00", "1932-02-01 03:30:52");
        offsets.learn("2024-01-01 00:00:00", "2025-01-01 00:00:00");
        let at = |text: &str| offsets.instant(text).map(|(at, _)| at.to_string());
        assert_eq!(at("2026-01-20 12:00:00").as_deref(), Some("2026-01-20T11:00:00.000000Z"));
        assert_eq!(at("2026-08-20 12:00:00").as_deref(), Some("2026-08-20T10:00:00.000000Z"));
        assert_eq!(at("1932-05-01 00:00:00").as_deref(), Some("1932-05-01T03:30:52.000000Z"));
        // The clock was changed in that month, or on one of the days between.
        assert_eq!(at("2026-03-20 12:00:00"), None);
        assert_eq!(at("2026-04-20 12:00:00"), None);
        assert_eq!(at("2025-01-20 12:00:00"), None);
        assert_eq!(at("1931-02-01 00:00:00"), None);
        assert_eq!(at("2024-01-01 00:00:00"), None);
        assert_eq!([shown(3_600), shown(-12_652), shown(0)], ["+01:00", "-03:30:52", "+00:00"]);
    }
}
