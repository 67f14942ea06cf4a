//! The address of a site, for which an export has a mark.

/// The marks: of the site, and of the hosts that it may keep pictures and files on, which are the site itself unless
/// its owner has set others.
const MARKS: [&str; 4] =
    ["__GHOST_URL__", "__GHOST_MEDIA_URL__", "__GHOST_FILES_URL__", "__GHOST_IMAGES_URL__"];
/// The begin of each.
const BEGIN: &str = "__GHOST_";

/// A text with the address of its site for the marks, and true if there is a mark and the address is not known: what
/// follows it is an address from the root of the site then.
#[must_use]
pub fn addressed(text: &str, site: Option<&str>) -> (String, bool) {
    let site = site.map(|site| site.trim_end_matches('/'));
    let mut out = String::with_capacity(text.len());
    let (mut rest, mut is_unknown) = (text, false);
    while let Some(at) = rest.find(BEGIN) {
        let (before, mark) = rest.split_at(at);
        out.push_str(before);
        let Some(path) = MARKS.iter().find_map(|known| mark.strip_prefix(*known)) else {
            out.push_str(BEGIN);
            rest = &mark[BEGIN.len()..];
            continue;
        };
        match site {
            Some(site) => out.push_str(site),
            None => is_unknown = true,
        }
        // Two slashes at the begin of an address lead to another host.
        out.push('/');
        rest = path.trim_start_matches(['/', '\\']);
    }
    out.push_str(rest);
    (out, is_unknown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_become_the_address_or_the_root() {
        let site = Some("https://site.example/");
        for (text, whole, from_root) in [
            ("a __GHOST_URL__/x/?a=1 b", "a https://site.example/x/?a=1 b", "a /x/?a=1 b"),
            ("\"__GHOST_URL__\"", "\"https://site.example/\"", "\"/\""),
            ("__GHOST_URL__#a", "https://site.example/#a", "/#a"),
            ("__GHOST_MEDIA_URL__/m.mp4", "https://site.example/m.mp4", "/m.mp4"),
            (
                "__GHOST_URL__//evil.example/",
                "https://site.example/evil.example/",
                "/evil.example/",
            ),
            ("__GHOST_URL__/\\evil.example", "https://site.example/evil.example", "/evil.example"),
        ] {
            assert_eq!(addressed(text, site), (whole.to_owned(), false), "{text}");
            assert_eq!(addressed(text, None), (from_root.to_owned(), true), "{text}");
        }
        for plain in ["", "none", "__GHOST_", "__GHOST_X__ __ghost_url__"] {
            assert_eq!(addressed(plain, None), (plain.to_owned(), false));
        }
    }
}
