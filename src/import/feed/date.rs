//! Dates as feeds write them.

use crate::domain::instant::Instant;

/// Dates before this are those of programs that had none: year 1 is what Hugo writes for a page without a date.
const EARLIEST: &str = "0002-01-01T00:00:00Z";
/// 9999-12-31T23:59:59.999999Z, the last instant of a calendar with four digits, in microseconds.
const LATEST: i64 = 253_402_300_799_999_999;

/// A date of a record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Date {
    /// There is none, or one that says so (year 1).
    #[default]
    Missing,
    /// It says this, which cannot be read.
    Unread(String),
    /// It is this.
    At(Instant),
}

impl Date {
    /// The date that something else has read of a text, in microseconds since 1970.
    pub fn of(read: Option<i64>, written: Option<&str>) -> Self {
        let written = written.map(str::trim).filter(|text| !text.is_empty());
        let Some(micros) = read else {
            return written.map_or(Self::Missing, |text| Self::Unread(text.to_owned()));
        };
        let at = Instant::from_micros(micros);
        if let Some(text) = written.filter(|text| !has_known_zone(text)) {
            return Self::Unread(text.to_owned());
        }
        match Instant::parse(EARLIEST) {
            Some(earliest) if at < earliest => Self::Missing,
            _ if micros > LATEST => Self::Unread(written.unwrap_or("a year after 9999").to_owned()),
            _ => Self::At(at),
        }
    }

    /// The date in a text: RFC 3339 with any fraction, a day (its midnight in UTC), or RFC 2822.
    pub fn parse(written: &str) -> Self {
        Self::of(micros_of(written.trim()), Some(written))
    }
}

/// The names of zones that mean the same everywhere (RFC 5322 section 4.3).
const ZONES: [&str; 12] =
    ["UT", "UTC", "GMT", "Z", "EST", "EDT", "CST", "CDT", "MST", "MDT", "PST", "PDT"];

/// False if a date ends with another name of a zone. Readers take those for UTC, which can be hours before the time that
/// was meant: what is under an embargo until then would be public.
fn has_known_zone(text: &str) -> bool {
    let last = text.rsplit_once(' ').map_or("", |(_, last)| last);
    let is_name = !last.is_empty() && last.bytes().all(|c| c.is_ascii_alphabetic());
    !is_name || ZONES.iter().any(|zone| zone.eq_ignore_ascii_case(last))
}

fn micros_of(text: &str) -> Option<i64> {
    if let Some(at) = Instant::parse(text) {
        return Some(at.as_micros());
    }
    if let Ok(at) = text.parse::<jiff::Timestamp>() {
        return Some(at.as_microsecond());
    }
    if text.len() == "2026-01-09".len() {
        return Instant::parse(&format!("{text}T00:00:00Z")).map(Instant::as_micros);
    }
    let at = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
    Some(at.as_microsecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_or_told() {
        for (text, want) in [
            ("2026-01-09T17:30:00.000Z", Some("2026-01-09T17:30:00.000000Z")),
            ("2026-01-09T18:30:00.123456789+01:00", Some("2026-01-09T17:30:00.123456Z")),
            (" Fri, 09 Jan 2026 18:30:00 +0100 ", Some("2026-01-09T17:30:00.000000Z")),
            ("2026-01-09", Some("2026-01-09T00:00:00.000000Z")),
            ("09.01.2026", None),
            ("Fri, 09 Jan 2026 18:30:00 CET", None),
            ("soon", None),
        ] {
            let want = want.map_or_else(
                || Date::Unread(text.to_owned()),
                |want| Date::At(Instant::parse(want).unwrap()),
            );
            assert_eq!(Date::parse(text), want, "{text}");
        }
        assert_eq!(Date::parse("0001-01-01T00:00:00Z"), Date::Missing);
        assert_eq!(Date::parse(" "), Date::Missing);
        assert_eq!(Date::of(Some(LATEST + 1), None), Date::Unread("a year after 9999".to_owned()));
    }
}
