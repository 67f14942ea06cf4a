//! URLs in plain text that become links: the autolinks of GitHub Flavored Markdown, section 6.9,
//! without the e-mail addresses.

use url::Url;

/// A piece of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// Text that is no link.
    Plain(&'a str),
    /// An address with `http://` or `https://`, as it is written.
    Link(&'a str),
    /// An address that begins with `www.`: its scheme is `http`.
    WebLink(&'a str),
}

/// What can stand directly before an autolink: GFM 6.9 has white space, `*`, `_`, `~` and `(`; the
/// brackets and quotation marks are those that people put around addresses.
const BEFORE: [char; 14] = [
    '*', '_', '~', '(', '[', '<', '"', '\'', '\u{ab}', '\u{201c}', '\u{201e}', '\u{2018}',
    '\u{300c}', '\u{ff08}',
];
/// Punctuation that does not belong to an address that it ends.
const AFTER: [char; 18] = [
    '?', '!', '.', ',', ':', '*', '_', '~', '"', '\'', ';', '\u{bb}', '\u{201d}', '\u{2019}',
    '\u{2026}', '\u{3002}', '\u{300d}', '\u{ff09}',
];
/// The ways in which an address begins, in any case.
const STARTS: [&str; 3] = ["https://", "http://", "www."];

/// Splits a text into links and the text between them. It takes time in proportion to the text.
#[must_use]
pub fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut plain = 0;
    let mut at = 0;
    while let Some(found) = next_start(text, at) {
        let address = address_at(&text[found..]);
        at = found + address.len().max(1);
        let Some(link) = link(address) else {
            continue;
        };
        if plain < found {
            pieces.push(Piece::Plain(&text[plain..found]));
        }
        pieces.push(link);
        plain = at;
    }
    if plain < text.len() {
        pieces.push(Piece::Plain(&text[plain..]));
    }
    pieces
}

/// The next position from `from` on at which an address may begin.
pub(super) fn next_start(text: &str, from: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    (from..bytes.len()).find(|at| {
        matches!(bytes[*at], b'h' | b'H' | b'w' | b'W')
            && STARTS.iter().any(|start| {
                let there = bytes.get(*at..*at + start.len());
                there.is_some_and(|there| there.eq_ignore_ascii_case(start.as_bytes()))
            })
            && text[..*at]
                .chars()
                .next_back()
                .is_none_or(|before| before.is_whitespace() || BEFORE.contains(&before))
    })
}

/// The address at the beginning of `text`: up to white space or `<`, without the punctuation and
/// the brackets that belong to the sentence around it.
pub(super) fn address_at(text: &str) -> &str {
    let end = text.find(|c: char| c.is_whitespace() || c == '<').unwrap_or(text.len());
    let mut address = &text[..end];
    // Counted once: an address of brackets alone must not take time by its square.
    let count = |bracket| address.matches(bracket).count();
    let mut extra = [
        (')', count(')').saturating_sub(count('('))),
        (']', count(']').saturating_sub(count('['))),
        ('>', count('>')),
    ];
    while let Some(last) = address.chars().next_back() {
        if last == ';'
            && let Some(start) = entity_at_end(address)
        {
            address = &address[..start];
        } else if AFTER.contains(&last) {
            address = &address[..address.len() - last.len_utf8()];
        } else if let Some((_, left)) =
            extra.iter_mut().find(|(bracket, left)| *bracket == last && *left > 0)
        {
            *left -= 1;
            address = &address[..address.len() - 1];
        } else {
            break;
        }
    }
    address
}

/// The start of what looks like a character reference (`&lt;`) at the end of an address.
fn entity_at_end(address: &str) -> Option<usize> {
    let name = address.strip_suffix(';')?;
    let name = name.trim_end_matches(|c: char| c.is_ascii_alphanumeric());
    let is_one = name.ends_with('&') && name.len() + 1 < address.len() - 1;
    is_one.then(|| name.len() - 1)
}

/// The link that an address makes, if it leads to a host. One with a user name does not: it reads
/// as another host than the one that it leads to.
pub(super) fn link(address: &str) -> Option<Piece<'_>> {
    let is_bare = address.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("www."));
    let url = match is_bare {
        true => Url::parse(&format!("http://{address}")),
        false => Url::parse(address),
    };
    let url = url.ok().filter(|url| url.username().is_empty() && url.password().is_none())?;
    let host = url.host_str()?;
    match is_bare {
        true if host.trim_end_matches('.').matches('.').count() < 2 => None,
        true => Some(Piece::WebLink(address)),
        false => Some(Piece::Link(address)),
    }
}

#[cfg(test)]
mod tests {
    use super::Piece::{Link, Plain, WebLink};
    use super::*;

    #[test]
    fn the_rules_of_gfm_6_9_decide_where_an_address_ends() {
        for (text, expected) in [
            ("(https://e.org/a_(b))", &[Plain("("), Link("https://e.org/a_(b)"), Plain(")")][..]),
            ("https://e.org/a_(b)", &[Link("https://e.org/a_(b)")]),
            ("https://e.org/a(b)))", &[Link("https://e.org/a(b)"), Plain("))")]),
            ("https://e.org/a).", &[Link("https://e.org/a"), Plain(").")]),
            ("https://e.org/(a).", &[Link("https://e.org/(a)"), Plain(".")]),
            ("https://e.org/q=(b)&op=x)", &[Link("https://e.org/q=(b)&op=x"), Plain(")")]),
            ("www.e.org/search?q=a&hl;", &[WebLink("www.e.org/search?q=a"), Plain("&hl;")]),
            ("https://e.org/a;", &[Link("https://e.org/a"), Plain(";")]),
            ("https://e.org/a&amp;&lt;", &[Link("https://e.org/a"), Plain("&amp;&lt;")]),
            ("HTTP://E.org,", &[Link("HTTP://E.org"), Plain(",")]),
            ("<https://e.org>", &[Plain("<"), Link("https://e.org"), Plain(">")]),
            ("\"https://e.org/\"", &[Plain("\""), Link("https://e.org/"), Plain("\"")]),
            ("[https://e.org/a[1]]", &[Plain("["), Link("https://e.org/a[1]"), Plain("]")]),
            ("**https://e.org**", &[Plain("**"), Link("https://e.org"), Plain("**")]),
            ("www.e.org.", &[WebLink("www.e.org"), Plain(".")]),
            ("http://localhost:8080/x", &[Link("http://localhost:8080/x")]),
            ("xhttps://e.org", &[Plain("xhttps://e.org")]),
            ("https://", &[Plain("https://")]),
            ("www.local", &[Plain("www.local")]),
            ("https://bank.example@e.org/", &[Plain("https://bank.example@e.org/")]),
            ("javascript:alert(1)", &[Plain("javascript:alert(1)")]),
            ("\u{201e}https://e.org\u{201c}", &[Plain("\u{201e}"), Link("https://e.org\u{201c}")]),
            ("", &[]),
        ] {
            assert_eq!(pieces(text), expected, "{text}");
        }
    }

    #[test]
    fn nothing_of_a_text_is_lost() {
        let text = "a https://e.org/a_(b)) www.e.org, h http:// w\u{f6}rter https://\u{e9}.org!\n";
        let joined: String = pieces(text)
            .into_iter()
            .map(|piece| match piece {
                Plain(text) | Link(text) | WebLink(text) => text,
            })
            .collect();
        assert_eq!(joined, text);
    }
}
