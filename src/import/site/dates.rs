//! Parsing of the dates in pages.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

use crate::domain::instant::Instant;

/// A time zone of a site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Zone {
    /// One that is known here.
    Known(TimeZone),
    /// One that is not, as the site names it: dates in it cannot be told.
    Unknown(String),
}

impl Zone {
    /// The zone with this name (`Europe/Berlin`).
    pub fn named(name: &str) -> Self {
        match TimeZone::get(name.trim()) {
            Ok(zone) => Self::Known(zone),
            Err(_) => Self::Unknown(name.trim().to_owned()),
        }
    }
}

/// The zones of dates that name none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zones {
    /// Of dates with a time, in the form of YAML (`2026-01-09 18:30:00`).
    pub times: Zone,
    /// Of dates with a time in another form, or between quotation marks.
    pub texts: Zone,
    /// Of days alone.
    pub days: Zone,
}

impl Zones {
    /// One zone for all of them.
    pub fn all(zone: Zone) -> Self {
        Self { times: zone.clone(), texts: zone.clone(), days: zone }
    }
}

impl Default for Zones {
    fn default() -> Self {
        Self::all(Zone::Known(TimeZone::UTC))
    }
}

/// A date as a page has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dated {
    /// The instant. Of a time that the clock of its zone shows twice, the first.
    pub at: Instant,
    /// The same, and the second of those.
    pub late: Instant,
    /// The day as it is written, in its own zone.
    pub day: Date,
}

/// Why a text is no date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Undated {
    /// It is none.
    NoDate,
    /// It names no zone, and that of its site is not known here.
    Zone(String),
}

/// Parses RFC 3339 and the variants that pages use: a space for the `T`, single digits for month,
/// day and hour, slashes for hyphens, no seconds, a zone without its colon or none at all (that of
/// the site then), a day alone (its midnight), RFC 1123 (`Fri, 09 Jan 2026 18:30:00 +0100`).
/// Fractions below a microsecond are dropped. `is_quoted` is true for a text between quotation marks.
pub fn dated(text: &str, zones: &Zones, is_quoted: bool) -> Result<Dated, Undated> {
    let text = text.trim();
    match numeric(text, zones, is_quoted) {
        Err(Undated::NoDate) => spelled(text).ok_or(Undated::NoDate),
        other => other,
    }
}

fn spelled(text: &str) -> Option<Dated> {
    let at = jiff::fmt::rfc2822::parse(text).ok()?;
    let instant = Instant::parse(&format!("{}Z", at.timestamp().strftime("%Y-%m-%dT%H:%M:%S")))?;
    Some(Dated { at: instant, late: instant, day: at.date() })
}

fn numeric(text: &str, zones: &Zones, is_quoted: bool) -> Result<Dated, Undated> {
    let end = text.find(['T', 't', ' ']).unwrap_or(text.len());
    let (day, rest) = text.split_at(end);
    let rest = rest.trim_start_matches(['T', 't', ' ']);
    let separator = if day.contains('/') { '/' } else { '-' };
    let day = match day.split(separator).collect::<Vec<_>>().as_slice() {
        [year, month, day] if year.len() == 4 => format!("{year}-{month:0>2}-{day:0>2}"),
        _ => return Err(Undated::NoDate),
    };
    let at_zone = rest.find(['Z', 'z', '+', '-', ' ']).unwrap_or(rest.len());
    let (time, offset) = rest.split_at(at_zone);
    let (time, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let (time, zone) = match time.split(':').collect::<Vec<_>>().as_slice() {
        [""] if fraction == "0" => ("00:00:00".to_owned(), &zones.days),
        [hour, minute] => (format!("{hour:0>2}:{minute}:00"), &zones.texts),
        [hour, minute, second] => {
            let zone = if is_quoted || separator == '/' { &zones.texts } else { &zones.times };
            (format!("{hour:0>2}:{minute}:{second}"), zone)
        }
        _ => return Err(Undated::NoDate),
    };
    let fraction = fraction.get(..6).unwrap_or(fraction);
    let local = format!("{day}T{time}.{fraction}");
    let offset = offset.trim();
    let as_utc = Instant::parse(&format!("{local}Z"));
    let at = match offset {
        "" => {
            let (at, late) = in_zone(&local, as_utc, zone)?.ok_or(Undated::NoDate)?;
            let day = day.parse::<Date>().map_err(|_| Undated::NoDate)?;
            return Ok(Dated { at, late, day });
        }
        "Z" | "z" | "UTC" | "GMT" => as_utc,
        short if short.len() == "-0400".len() && short.is_ascii() => {
            Instant::parse(&format!("{local}{}:{}", &short[..3], &short[3..]))
        }
        other => Instant::parse(&format!("{local}{other}")),
    };
    let day = day.parse::<Date>().map_err(|_| Undated::NoDate)?;
    let at = at.ok_or(Undated::NoDate)?;
    Ok(Dated { at, late: at, day })
}

/// The instants of a local time, which is `as_utc` in UTC: they differ when the clock is put back.
fn in_zone(
    local: &str,
    as_utc: Option<Instant>,
    zone: &Zone,
) -> Result<Option<(Instant, Instant)>, Undated> {
    let Some(as_utc) = as_utc else {
        return Ok(None);
    };
    let zone = match zone {
        Zone::Known(zone) => zone,
        Zone::Unknown(name) => return Err(Undated::Zone(name.clone())),
    };
    if *zone == TimeZone::UTC {
        return Ok(Some((as_utc, as_utc)));
    }
    // Only the years 1 to 9999 are instants here.
    let epoch = Instant::from_micros(0);
    let instants = || {
        let at = zone.to_ambiguous_timestamp(local.parse::<DateTime>().ok()?);
        let (first, second) = (at.compatible().ok()?, at.later().ok()?);
        let instant = |at: Timestamp| epoch.checked_plus(at.as_microsecond());
        Some((instant(first)?, instant(second)?))
    };
    Ok(instants())
}

/// The date at the start of a file's name, as in Jekyll's posts, and the rest: `2026-01-09-storm`
/// is the ninth of January and `storm`.
pub fn of_name(stem: &str) -> Option<(&str, &str)> {
    let mut hyphens = stem.match_indices('-').map(|(at, _)| at);
    let (_, _, end) = (hyphens.next()?, hyphens.next()?, hyphens.next()?);
    let (day, rest) = (&stem[..end], &stem[end + 1..]);
    let is_day = day.bytes().all(|c| c.is_ascii_digit() || c == b'-')
        && numeric(day, &Zones::default(), false).is_ok();
    (is_day && !rest.is_empty()).then_some((day, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instant(text: &str) -> Option<Instant> {
        dated(text, &Zones::default(), false).ok().map(|dated| dated.at)
    }

    /// A site of Jekyll: what looks like a time of YAML is in UTC, all else in the zone of the site.
    #[test]
    fn what_names_no_zone_is_in_that_of_its_site() {
        let berlin = Zone::named("Europe/Berlin");
        let zones = Zones { times: Zone::Known(TimeZone::UTC), ..Zones::all(berlin.clone()) };
        for (text, is_quoted, want, day) in [
            ("2026-07-01 00:30:00", false, "2026-07-01T00:30:00", "2026-07-01"),
            ("2026-07-01 00:30:00", true, "2026-06-30T22:30:00", "2026-07-01"),
            ("2026-07-01 00:30", false, "2026-06-30T22:30:00", "2026-07-01"),
            ("2026-01-09", false, "2026-01-08T23:00:00", "2026-01-09"),
            ("2026-07-01 00:30:00 +0100", false, "2026-06-30T23:30:00", "2026-07-01"),
            // Skipped by the change of the clock.
            ("2026-03-29 02:30", false, "2026-03-29T01:30:00", "2026-03-29"),
        ] {
            let read = dated(text, &zones, is_quoted).unwrap();
            let want = format!("{want}.000000Z");
            assert_eq!(
                (read.at.to_string(), read.day.to_string()),
                (want, day.to_owned()),
                "{text}"
            );
        }
        let lost = Zones::all(Zone::named("Middle/Earth"));
        let why = Undated::Zone("Middle/Earth".to_owned());
        assert_eq!(dated("2026-01-09", &lost, false), Err(why));
        assert_eq!(dated("2026-13-09", &lost, false), Err(Undated::NoDate));
        assert!(dated("2026-01-09T10:00:00Z", &lost, false).is_ok());
        let all = Zones::all(berlin);
        // The clock is put back from three to two.
        let twice = dated("2027-10-31 02:30", &all, false).unwrap();
        assert_eq!(twice.at.to_string(), "2027-10-31T00:30:00.000000Z");
        assert_eq!(twice.late.to_string(), "2027-10-31T01:30:00.000000Z");
        assert_eq!(dated("0001-01-01", &all, false), Err(Undated::NoDate));
    }

    #[test]
    fn dates_are_read_as_sites_write_them() {
        for (text, want) in [
            ("2014-09-19 10:00:38 -0400", "2014-09-19T14:00:38"),
            ("2014-09-19T10:00:38+02:00", "2014-09-19T08:00:38"),
            ("2014-09-19 10:00:38+02:00", "2014-09-19T08:00:38"),
            ("2014-09-19 10:00:38", "2014-09-19T10:00:38"),
            ("2014-09-19T10:00:38", "2014-09-19T10:00:38"),
            ("2014-09-19T10:00:38-0400", "2014-09-19T14:00:38"),
            ("2014-09-19 10:00:38Z", "2014-09-19T10:00:38"),
            ("2014-09-19 9:00 -0400", "2014-09-19T13:00:00"),
            ("2014-09-19T10:00", "2014-09-19T10:00:00"),
            ("2014-09-19", "2014-09-19T00:00:00"),
            ("2014-9-1", "2014-09-01T00:00:00"),
            ("2014-9-01 7:05", "2014-09-01T07:05:00"),
            ("2014/09/19 10:00", "2014-09-19T10:00:00"),
            ("Fri, 19 Sep 2014 10:00:38 +0200", "2014-09-19T08:00:38"),
            ("Fri, 19 Sep 2014 10:00:38 GMT", "2014-09-19T10:00:38"),
            ("19 Sep 2014 10:00 -0400", "2014-09-19T14:00:00"),
        ] {
            let read = instant(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(read.to_string(), format!("{want}.000000Z"), "{text}");
        }
        let fine = instant("2014-09-19 10:00:38.123456789 -0400").unwrap();
        assert_eq!(fine.to_string(), "2014-09-19T14:00:38.123456Z");
        for text in [
            "soon",
            "2014-13-01",
            "2014-02-30",
            "19.09.2014",
            "09/19/2014",
            "14-09-19",
            "0000-01-01",
            "2014-09-19 at noon",
            "2014-09-19 10",
            "20140919",
            "1411113638",
            "Thu, 19 Sep 2014 10:00:38 +0200",
            "",
        ] {
            assert_eq!(instant(text), None, "{text}");
        }
    }

    #[test]
    fn a_name_may_begin_with_a_date() {
        assert_eq!(of_name("2026-01-09-storm-closes"), Some(("2026-01-09", "storm-closes")));
        assert_eq!(of_name("2026-1-9-storm"), Some(("2026-1-9", "storm")));
        for stem in
            ["2026-01-09", "2026-01-storm", "2026-13-09-x", "storm-2026-01-09", "26-01-09-x"]
        {
            assert_eq!(of_name(stem), None, "{stem}");
        }
    }
}
