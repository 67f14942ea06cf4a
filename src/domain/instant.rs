//! Instants in microseconds, their RFC 3339 form, and the clock.

use std::fmt;

use jiff::Timestamp;
use jiff::fmt::temporal::DateTimePrinter;

/// A point in time: microseconds since the Unix epoch, UTC.
///
/// Read from any RFC 3339 instant with an offset and 0 to 6 fraction digits;
/// written with exactly six and `Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(i64);

/// The pattern of an RFC 3339 instant (section 5.6) as Copydesk reads it.
pub const INSTANT_PATTERN: &str =
    r"^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,6})?([Zz]|[+-]\d{2}:\d{2})$";

/// 0001-01-01T00:00:00Z: RFC 3339 has four-digit years, and an offset must not lead outside them.
const EARLIEST: i64 = -62_135_596_800_000_000;
/// 9999-12-30T22:00:00.999999Z, the latest instant that the `jiff` calendar can show in every
/// offset.
const LATEST: i64 = 253_402_207_200_999_999;

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

    /// Parses an RFC 3339 instant; `None` if the text is not one, names a day that does not exist,
    /// or is outside the years 1 to 9999.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if !has_rfc3339_form(text.as_bytes()) {
            return None;
        }
        let micros = text.parse::<Timestamp>().ok()?.as_microsecond();
        (EARLIEST..=LATEST).contains(&micros).then_some(Self(micros))
    }
}

/// True if `text` matches [`INSTANT_PATTERN`]; jiff alone would accept more forms.
fn has_rfc3339_form(text: &[u8]) -> bool {
    let Some((head, mut rest)) = text.split_at_checked(19) else {
        return false;
    };
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
            return false;
        }
        rest = &fraction[digits..];
    }
    shape
        && match rest {
            [b'Z' | b'z'] => true,
            [b'+' | b'-', h1, h2, b':', m1, m2] => {
                [h1, h2, m1, m2].iter().all(|c| c.is_ascii_digit()) && *h1 < b'3' && *m1 < b'6'
            }
            _ => false,
        }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const PRINTER: DateTimePrinter = DateTimePrinter::new().precision(Some(6));
        // Every Instant was read by `parse` or came from a clock, both inside jiff's range.
        let timestamp = Timestamp::from_microsecond(self.0).unwrap_or(Timestamp::UNIX_EPOCH);
        f.write_str(&PRINTER.timestamp_to_string(&timestamp))
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
            "2026-11-22T10:00:00+0100", "2026-11-22T10:00:00Z[UTC]", "0000-01-01T00:00:00Z",
            "9999-12-31T23:59:59-23:59", "２026-11-22T10:00:00Z",
        ] {
            assert_eq!(Instant::parse(text), None, "{text}");
        }
    }
}
