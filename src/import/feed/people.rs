//! Names of people as feeds write them.

use super::look::plain_line;
use crate::import::words;

/// The name in a text such as `ida@site.example (Ida Marsh)`, `Ida Marsh <ida@site.example>` or `Ida Marsh`; `None` if it
/// holds nothing but an address, which is nobody's byline.
pub fn name_of(written: &str) -> Option<String> {
    let text = plain_line(written)?;
    if let Some((before, after)) = text.split_once('(')
        && before.contains('@')
    {
        let inside = after.rsplit_once(')').map_or(after, |(inside, _)| inside);
        return words::line(inside);
    }
    if let Some((before, after)) = text.split_once('<')
        && after.contains('@')
    {
        return words::line(before.trim().trim_matches('"'));
    }
    words::email(&text).is_none().then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_behind_before_or_without_an_address() {
        for (written, want) in [
            ("ida@courier.press (Ida Marsh)", Some("Ida Marsh")),
            ("ida@courier.example (Ida (Desk) Marsh)", Some("Ida (Desk) Marsh")),
            ("Ida Marsh <ida@courier.example>", Some("Ida Marsh")),
            ("\"Marsh, Ida\" <ida@courier.example>", Some("Marsh, Ida")),
            ("Jürgen Weiß", Some("Jürgen Weiß")),
            ("Ida Marsh (Hamburg)", Some("Ida Marsh (Hamburg)")),
            ("ida@courier.example", None),
            ("ida@courier.example ()", None),
            (" ", None),
        ] {
            assert_eq!(name_of(written).as_deref(), want, "{written}");
        }
    }
}
