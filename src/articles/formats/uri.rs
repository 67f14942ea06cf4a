//! URLs as strict readers take them.

use crate::domain::text::hex;

/// A URL, which may hold letters of any script, as a URI (RFC 3986): what a URI must not hold is percent-encoded.
pub fn uri(url: &str) -> String {
    // Brackets may stand around the address of a host, and nowhere else.
    let host_end = url.find("://").map_or(0, |at| {
        let rest = url.get(at + 3..).unwrap_or_default();
        at + 3 + rest.find(['/', '?', '#']).unwrap_or(rest.len())
    });
    let fragment = url.find('#');
    let mut out = String::with_capacity(url.len());
    for (at, c) in url.char_indices() {
        let stays = match c {
            '%' => is_octet(url.get(at + 1..).unwrap_or_default()),
            '[' | ']' => at < host_end,
            '#' => fragment == Some(at),
            _ => c.is_ascii_alphanumeric() || "-._~:/?@!$&'()*+,;=".contains(c),
        };
        if stays {
            out.push(c);
            continue;
        }
        for byte in c.encode_utf8(&mut [0; 4]).bytes() {
            out.push('%');
            out.push_str(&hex(&[byte]).to_ascii_uppercase());
        }
    }
    out
}

/// True if a text starts with the two digits of a percent-encoded octet.
fn is_octet(text: &str) -> bool {
    let mut digits = text.bytes().take(2);
    digits.len() == 2 && digits.all(|c| c.is_ascii_hexdigit())
}
