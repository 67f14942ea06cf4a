//! Instants in microseconds, their RFC 3339 form, and the clock.

use std::fmt;

use jiff::civil::{self, DateTime};
use jiff::fmt::temporal::DateTimePrinter;
use jiff::{SignedDuration, Timestamp};

/// A point in time: microseconds since the Unix epoch, UTC.
///
/// Read from any RFC 3339 instant with an offset and 0 to 6 fraction digits;
/// written with exactly six and `Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(i64);

/// Microseconds in an hour.
pub const HOUR: i64 = 60 * 60 * 1_000_000;
/// Microseconds in a day.
pub const DAY: i64 = 24 * HOUR;

/// The pattern of an RFC 3339 instant (section 5.6) as Copydesk reads it.
pub const INSTANT_PATTERN: &str =
    r"^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,6})?([Zz]|[+-]\d{2}:\d{2})$";

/// 0001-01-01T00:00:00Z: RFC 3339 has four-digit years, and an offset must not lead outside them.
const EARLIEST: i64 = -62_135_596_800_000_000;
/// 9999-12-31T23:59:59.999999Z.
const LATEST: i64 = 253_402_300_799_999_999;
/// The epoch of Unix in the calendar. Instants are read and written by way of calendar dates: a
/// `jiff::Timestamp` ends a day before the year 9999 does.
const EPOCH: DateTime = civil::date(1970, 1, 1).at(0, 0, 0, 0);

impl Instant {
    /// The instant `micros` microseconds after the Unix epoch.
    #[must_use]
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Microseconds since the Unix epoch.
    #[must_use]
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// The instant `micros` microseconds before this one.
    #[must_use]
    pub const fn minus(self, micros: i64) -> Self {
        Self::from_micros(self.as_micros().saturating_sub(micros))
    }

    /// The instant `micros` microseconds after this one; `None` outside the years 1 to 9999.
    #[must_use]
    pub fn checked_plus(self, micros: i64) -> Option<Self> {
        let sum = self.as_micros().checked_add(micros)?;
        (EARLIEST..=LATEST).contains(&sum).then_some(Self(sum))
    }

    /// Parses an RFC 3339 instant; `None` if the text is not one, names a day that does not exist,
    /// or is outside the years 1 to 9999.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let offset = rfc3339_offset(text.as_bytes())?;
        let local = text[..text.len() - offset.len()].parse::<DateTime>().ok()?;
        let local = i64::try_from(local.duration_since(EPOCH).as_micros()).ok()?;
        let number = |at: usize| offset.get(at..at + 2).and_then(|part| part.parse::<i64>().ok());
        let ahead = match offset.as_bytes() {
            [b'Z' | b'z'] => 0,
            [sign, ..] => {
                let minutes = number(1)? * 60 + number(4)?;
                minutes * 60_000_000 * if *sign == b'-' { -1 } else { 1 }
            }
            [] => return None,
        };
        let micros = local - ahead;
        (EARLIEST..=LATEST).contains(&micros).then_some(Self(micros))
    }
}

/// The offset at the end of a text that matches [`INSTANT_PATTERN`]: `Z`, or up to 23:59 (RFC 3339
/// section 5.6). jiff alone would accept more forms.
fn rfc3339_offset(text: &[u8]) -> Option<&str> {
    let (head, mut rest) = text.split_at_checked(19)?;
    // A leap second cannot be represented in microseconds since the epoch.
    let shape = head[17] < b'6'
        && head.iter().zip(b"0000-00-00T00:00:00").all(|(c, want)| match want {
            b'0' => c.is_ascii_digit(),
            b'T' => matches!(c, b'T' | b't'),
            other => c == other,
        });
    if let Some(fraction) = rest.strip_prefix(b".") {
        let digits = fraction.iter().take_while(|c| c.is_ascii_digit()).count();
        if !(1..=6).contains(&digits) {
            return None;
        }
        rest = &fraction[digits..];
    }
    let is_offset = match rest {
        [b'Z' | b'z'] => true,
        [b'+' | b'-', h1, h2, b':', m1, m2] => {
            [h1, h2, m1, m2].iter().all(|c| c.is_ascii_digit())
                && (*h1, *h2) < (b'2', b'4')
                && *m1 < b'6'
        }
        _ => false,
    };
    if shape && is_offset { std::str::from_utf8(rest).ok() } else { None }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const PRINTER: DateTimePrinter = DateTimePrinter::new().precision(Some(6));
        // The faster way, for all but the last day.
        if let Ok(timestamp) = Timestamp::from_microsecond(self.0) {
            return f.write_str(&PRINTER.timestamp_to_string(&timestamp));
        }
        // Every Instant was read by `parse` or came from a clock, both inside the calendar.
        let since = SignedDuration::from_micros(self.0);
        let time = EPOCH.checked_add(since).unwrap_or(EPOCH);
        write!(f, "{}Z", PRINTER.datetime_to_string(&time))
    }
}

impl serde::Serialize for Instant {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A source of the time. Injected, so that a test decides what "now" is.
pub trait Clock: Send + Sync {
    /// The present instant.
    fn now(&self) -> Instant;
}

/// The system clock.
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
    fn now(&self) -> Instant {
        Instant(Timestamp::now().as_microsecond())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_offsets_and_fractions() {
        for (text, want) in [
            ("2014-09-19T10:00:38-04:00", "2014-09-19T14:00:38.000000Z"),
            ("2026-11-22t00:00:00.5z", "2026-11-22T00:00:00.500000Z"),
            ("1969-12-31T23:59:59.999999Z", "1969-12-31T23:59:59.999999Z"),
            ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000000Z"),
            ("0001-01-01T23:59:00+23:59", "0001-01-01T00:00:00.000000Z"),
            ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59.000000Z"),
            ("9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"),
            ("9999-12-31T00:00:00-23:59", "9999-12-31T23:59:00.000000Z"),
            ("2026-11-22T10:00:00+23:59", "2026-11-21T10:01:00.000000Z"),
            ("2026-11-22T10:00:00-00:00", "2026-11-22T10:00:00.000000Z"),
            ("2024-02-29T00:00:00+05:30", "2024-02-28T18:30:00.000000Z"),
            ("1900-02-28T23:59:59Z", "1900-02-28T23:59:59.000000Z"),
        ] {
            let instant = Instant::parse(text).unwrap_or_else(|| panic!("{text} is an instant"));
            assert_eq!(instant.to_string(), want, "{text}");
            assert_eq!(Instant::parse(want), Some(instant), "{want}");
        }
    }

    #[test]
    fn refuses_what_rfc_3339_does_not_know() {
        for text in [
            "", "2026-11-22", "2026-11-22T10:00:00", "2026-11-22 10:00:00Z",
            "2026-02-30T10:00:00Z", "2026-11-22T10:00:00.Z", "2026-11-22T10:00:00.1234567Z",
            "2026-11-22T10:00Z", "2016-12-31T23:59:60Z", "2026-11-22T10:00:00+30:00",
            "2026-11-22T10:00:00+24:00", "2026-11-22T10:00:00-29:59", "2026-11-22T10:00:00+23:60",
            "0001-01-01T00:00:00+00:01", "1900-02-29T00:00:00Z", "2026-11-22T24:00:00Z",
            "9999-12-31T23:59:59-00:01", "+002026-11-22T10:00:00Z", "2026-11-22T10:00:00+0100",
            "2026-11-22T10:00:00Z[UTC]", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59-23:59",
            "２026-11-22T10:00:00Z",
        ] {
            assert_eq!(Instant::parse(text), None, "{text}");
        }
    }
}
