//! Content negotiation: media types (RFC 9110 section 12.5.1) and content codings (12.5.3).

use actix_web::http::header::{ACCEPT, ACCEPT_ENCODING, HeaderMap, HeaderName};

/// One member of an `Accept` header: its name and its weight, in thousandths.
struct Wish {
    name: String,
    weight: u16,
}

/// Parses a header of weighted names; `None` if there is no such header.
fn wishes(headers: &HeaderMap, name: &HeaderName) -> Option<Vec<Wish>> {
    let mut found = false;
    let mut wishes = Vec::new();
    for value in headers.get_all(name) {
        found = true;
        let text = value.to_str().unwrap_or_default();
        for member in text.split(',') {
            let mut parts = member.split(';').map(str::trim);
            let name = parts.next().unwrap_or_default().to_ascii_lowercase();
            let weight = parts
                .find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")))
                .map_or(Some(1000), weight)
                .unwrap_or(0);
            if !name.is_empty() {
                wishes.push(Wish { name, weight });
            }
        }
    }
    found.then_some(wishes)
}

/// Parses a weight ("0.5") as thousandths.
fn weight(text: &str) -> Option<u16> {
    let value: f32 = text.trim().parse().ok()?;
    let thousandths = (value * 1000.0) as u16;
    (0.0..=1.0).contains(&value).then_some(thousandths)
}

/// The weight of `media_type`, by the most specific range that matches it; 0 means not acceptable.
fn weight_of(wishes: &[Wish], media_type: &str) -> u16 {
    let (group, _) = media_type.split_once('/').unwrap_or((media_type, ""));
    let ranges = [media_type.to_owned(), format!("{group}/*"), "*/*".to_owned()];
    ranges
        .iter()
        .find_map(|range| {
            wishes.iter().filter(|wish| wish.name == *range).map(|wish| wish.weight).max()
        })
        .unwrap_or(0)
}

/// The most wanted of `available`, the first of them on a tie; `None` if none is acceptable. An
/// absent or empty header accepts everything.
pub fn media_type<'a>(headers: &HeaderMap, available: &[&'a str]) -> Option<&'a str> {
    let Some(wishes) = wishes(headers, &ACCEPT).filter(|wishes| !wishes.is_empty()) else {
        return available.first().copied();
    };
    most_wanted(available, |candidate| weight_of(&wishes, candidate))
}

/// The most wanted content coding of `available`, the first of them on a tie; `None` for no coding
/// (identity).
pub fn coding<'a>(headers: &HeaderMap, available: &[&'a str]) -> Option<&'a str> {
    let wishes = wishes(headers, &ACCEPT_ENCODING)?;
    let wanted = |name: &str| {
        let exact = wishes.iter().find(|wish| wish.name == name);
        exact.or_else(|| wishes.iter().find(|wish| wish.name == "*")).map_or(0, |wish| wish.weight)
    };
    most_wanted(available, wanted)
}

/// The candidate with the greatest weight above 0, the first of them on a tie.
fn most_wanted<'a>(available: &[&'a str], weight: impl Fn(&str) -> u16) -> Option<&'a str> {
    let mut best = None;
    for candidate in available {
        let weight = weight(candidate);
        if weight > 0 && best.is_none_or(|(most, _)| weight > most) {
            best = Some((weight, *candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::header::HeaderValue;

    fn with(name: HeaderName, value: &'static str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(name, HeaderValue::from_static(value));
        headers
    }

    #[test]
    fn the_most_specific_range_decides() {
        let json = "application/json";
        for (accept, want) in [
            ("*/*", Some(json)),
            ("application/*", Some(json)),
            ("application/json", Some(json)),
            ("Application/JSON; charset=utf-8", Some(json)),
            ("text/html, */*;q=0.1", Some(json)),
            ("", Some(json)),
            ("text/html", None),
            ("application/json;q=0, */*", None),
            ("application/problem+json", None),
            ("nonsense", None),
        ] {
            assert_eq!(media_type(&with(ACCEPT, accept), &[json]), want, "{accept}");
        }
        assert_eq!(media_type(&HeaderMap::new(), &[json]), Some(json));
        let browser = "text/html,application/xhtml+xml,*/*;q=0.8";
        assert_eq!(media_type(&with(ACCEPT, browser), &[json, "text/html"]), Some("text/html"));
    }

    #[test]
    fn the_best_coding_is_chosen() {
        for (accept, want) in [
            ("gzip, br", Some("br")),
            ("gzip", Some("gzip")),
            ("br;q=0.5, gzip", Some("gzip")),
            ("*", Some("br")),
            ("br;q=0, *", Some("gzip")),
            ("identity", None),
            ("gzip;q=0", None),
            ("", None),
        ] {
            assert_eq!(coding(&with(ACCEPT_ENCODING, accept), &["br", "gzip"]), want, "{accept}");
        }
        assert_eq!(coding(&HeaderMap::new(), &["br", "gzip"]), None);
    }
}
