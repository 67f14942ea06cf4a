//! The HTML of an export, which readers will be shown: it is taken as it stands only where it is safe.

use crate::disclaimers::words::BodyFormat;
use crate::domain::markup::{Markup, Renderer, Unrenderable};

/// What the HTML of a text becomes. `None` if it is what the text gives, or stays the same when it is sanitised; else it
/// as it is once sanitised: somebody has changed the file, or hosts of frames are no longer allowed. `owner` is the id of
/// the article or disclaimer.
///
/// # Errors
/// [`Unrenderable`] if it cannot be sanitised.
pub(super) fn safe(
    renderer: &Renderer,
    (body, format): (&str, BodyFormat),
    html: &str,
    owner: &str,
) -> Result<Option<String>, Unrenderable> {
    if renderer.render(body, format.into()).is_ok_and(|made| made.html_of(owner) == html) {
        return Ok(None);
    }
    // Ids in it begin with that of their owner, which is set before each again.
    let bare = html.replace(&format!("\"{owner}-"), "\"").replace(&format!("\"#{owner}-"), "\"#");
    let again = renderer.render(&bare, Markup::Html)?.html_of(owner).into_owned();
    Ok((again != html).then_some(again))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWNER: &str = "0192d5a0-0000-7000-8000-000000000001";

    fn of(body: &str, html: &str) -> Option<String> {
        safe(&Renderer::default(), (body, BodyFormat::Markdown), html, OWNER).unwrap()
    }

    #[test]
    fn what_was_rendered_stays_as_it_is() {
        let body = "A[^1] *b*\n\n[^1]: Note.\n";
        let made = Renderer::default().render(body, Markup::Markdown).unwrap();
        let html = made.html_of(OWNER).into_owned();
        assert!(html.contains(OWNER), "{html}");
        assert_eq!(of(body, &html), None);
        // Of another text, as older rules have made it: still the same once it is sanitised.
        assert_eq!(of("Other", &html), None);
    }

    #[test]
    fn what_is_not_safe_is_taken_out() {
        let html = "<p>A</p><script>alert(1)</script><a href=\"javascript:alert(1)\">b</a>";
        let safe = of("A", html).unwrap();
        assert!(safe.starts_with("<p>A</p>"), "{safe}");
        assert!(!safe.contains("script"), "{safe}");
    }
}
