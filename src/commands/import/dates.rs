//! Parsing of the dates in pages.

use jiff::Timestamp;

use crate::domain::instant::Instant;

/// Parses RFC 3339 and the variants that pages use: a space for the `T`, single digits for month,
/// day and hour, slashes for hyphens, no seconds, a zone without its colon or none at all (UTC
/// then, as in Hugo), a day alone (its midnight), RFC 1123 (`Fri, 09 Jan 2026 18:30:00 +0100`).
/// Fractions below a microsecond are dropped.
pub fn instant(text: &str) -> Option<Instant> {
    let text = text.trim();
    numeric(text).or_else(|| {
        let at: Timestamp = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
        Instant::parse(&format!("{}Z", at.strftime("%Y-%m-%dT%H:%M:%S")))
    })
}

fn numeric(text: &str) -> Option<Instant> {
    let end = text.find(['T', 't', ' ']).unwrap_or(text.len());
    let (day, rest) = text.split_at(end);
    let rest = rest.trim_start_matches(['T', 't', ' ']);
    let separator = if day.contains('/') { '/' } else { '-' };
    let day = match day.split(separator).collect::<Vec<_>>().as_slice() {
        [year, month, day] if year.len() == 4 => format!("{year}-{month:0>2}-{day:0>2}"),
        _ => return None,
    };
    let at_zone = rest.find(['Z', 'z', '+', '-', ' ']).unwrap_or(rest.len());
    let (time, zone) = rest.split_at(at_zone);
    let (time, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let time = match time.split(':').collect::<Vec<_>>().as_slice() {
        [""] if fraction == "0" => "00:00:00".to_owned(),
        [hour, minute] => format!("{hour:0>2}:{minute}:00"),
        [hour, minute, second] => format!("{hour:0>2}:{minute}:{second}"),
        _ => return None,
    };
    let fraction = fraction.get(..6).unwrap_or(fraction);
    let zone = match zone.trim() {
        "" | "Z" | "z" | "UTC" | "GMT" => "Z".to_owned(),
        zone if zone.len() == "-0400".len() => format!("{}:{}", zone.get(..3)?, zone.get(3..)?),
        zone => zone.to_owned(),
    };
    Instant::parse(&format!("{day}T{time}.{fraction}{zone}"))
}

/// The date at the start of a file's name, as in Jekyll's posts, and the rest: `2026-01-09-storm`
/// is the ninth of January and `storm`.
pub fn of_name(stem: &str) -> Option<(&str, &str)> {
    let mut hyphens = stem.match_indices('-').map(|(at, _)| at);
    let (_, _, end) = (hyphens.next()?, hyphens.next()?, hyphens.next()?);
    let (day, rest) = (&stem[..end], &stem[end + 1..]);
    let is_day = day.bytes().all(|c| c.is_ascii_digit() || c == b'-') && numeric(day).is_some();
    (is_day && !rest.is_empty()).then_some((day, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

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
