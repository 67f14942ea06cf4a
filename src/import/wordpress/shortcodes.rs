//! Shortcodes: `[name ..]`, which WordPress and its plugins replace when they show a text, and which are plain text in
//! an article. One that stands for a notice refuses its post, since that notice would be lost; one that encloses a text
//! for some readers makes the whole post restricted.

use std::collections::HashSet;
use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::names::{is_gate, is_notice, pattern};

/// Words in the names of what encloses a text for some readers alone, beside those of plugins.
static ENCLOSES: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        "(?i)member|private|logged|login|subscri|hide|hidden|visib|role|paid|access|premium|registered|(^|[^b])lock(er|ed|$)|(^|[_-])(level|tier|plan|guest|visitor|patron)s?([^a-z]|$)",
    )
});
/// Arguments that name who may read what is enclosed.
static FOR_WHOM: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)(?:^|[\s_-])(?:memberships?|plans?|tiers?|roles|capability|capabilities|subscriptions?|(?:user|access|member)[-_]?(?:level|role|group)s?)\s*=",
    )
});
/// Names that are a mark behind which the text is for some, though they may be words in brackets.
static GATE_MARK: LazyLock<Regex> = LazyLock::new(|| {
    pattern("(?i)paywall|premium|restrict|hide[-_]content|(member|subscriber)s?[-_]?only")
});
/// The mark of Steady at which a text ends for those who have not paid, in its forms.
static MARK: LazyLock<Regex> = LazyLock::new(|| pattern("(?i)(?:id=[\"']|_)steady_paywall"));
/// Words in the names of what plugins for members show to everyone: forms, links, embedded pages.
static FOR_ALL: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        "(?i)(^|[_-])(log[_-]?(in|out)|sign[_-]?(in|up)|regist[a-z]*|forms?|account|profile|checkout|buttons?|links?|pric[a-z]*|plans|levels|recover|reset|iframe)([_-]|$)",
    )
});
/// Words in the names of shortcodes that bring in what their arguments name.
static BRINGS_IN: LazyLock<Regex> = LazyLock::new(|| {
    pattern("(?i)include|insert|block|snippet|template|pattern|reusable|content|section")
});
/// A shortcode: its slash at the end of what it encloses, its name, its arguments.
static SHORTCODE: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"\[(/?)([A-Za-z][A-Za-z0-9_-]+)((?:[\s=/][^\[\]]*)?)\]"));
/// The value of an argument that is one word: a name.
static ONE_WORD: LazyLock<Regex> =
    LazyLock::new(|| pattern(r#"=\s*(?:"([^\s"]+)"|'([^\s']+)'|([^\s"']+))"#));
/// A picture with its caption, as WordPress has them itself.
static CAPTION: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?is)\[(?:wp_)?caption\b([^\]]*)\](.*?)\[/(?:wp_)?caption\]"));
/// The caption as an argument, as it was before 2012.
static CAPTION_ARGUMENT: LazyLock<Regex> = LazyLock::new(|| pattern(r#"(?i)\bcaption="([^"]*)""#));
/// An embedded page, as WordPress has it itself.
static EMBED: LazyLock<Regex> =
    LazyLock::new(|| pattern(r#"(?is)\[embed\b[^\]]*\]\s*(https?://[^\s<>"\[\]]+)\s*\[/embed\]"#));

/// Those of WordPress that stand alone without arguments.
const OWN: [&str; 5] = ["audio", "caption", "gallery", "playlist", "video"];

/// A text with WordPress's own captions and embeds written out.
pub fn written_out(html: &str) -> String {
    let html = CAPTION.replace_all(html, |found: &Captures<'_>| figure(found));
    EMBED.replace_all(&html, "\n$1\n").into_owned()
}

fn figure(found: &Captures<'_>) -> String {
    let content = &found[2];
    let end = content.find("<img").and_then(|at| Some(at + content[at..].find('>')? + 1));
    let Some(mut end) = end else {
        return found[0].to_owned();
    };
    if content[end..].trim_start().starts_with("</a>") {
        end += content[end..].find("</a>").unwrap_or_default() + "</a>".len();
    }
    let (picture, caption) = (content[..end].trim(), content[end..].trim());
    let argument = CAPTION_ARGUMENT.captures(&found[1]);
    let argument =
        argument.as_ref().map_or("", |argument| argument.get(1).map_or("", |text| text.as_str()));
    match [caption, argument].into_iter().find(|text| !text.is_empty()) {
        Some(caption) => format!("<figure>{picture}<figcaption>{caption}</figcaption></figure>"),
        None => format!("<figure>{picture}</figure>"),
    }
}

/// Looks for shortcodes in a text: the one that says that not all of it is for every reader. What of the others stays
/// as text is told of by `hygiene/`, as for every format.
///
/// # Errors
/// If one stands for a notice.
pub fn gate_of(html: &str) -> Result<Option<String>, String> {
    let mut gate = MARK.find(html).map(|mark| mark.as_str().to_owned());
    let mut for_whom = HashSet::new();
    for call in SHORTCODE.captures_iter(html) {
        let at = call.get(0).map_or(0, |whole| whole.start());
        let (closes, name, arguments) = (!call[1].is_empty(), &call[2], &call[3]);
        // Two brackets are how WordPress writes one that is meant as text.
        if html[..at].ends_with('[') || !is_call(name, arguments, closes) {
            continue;
        }
        if is_notice(name) || BRINGS_IN.is_match(name) && names_notice(arguments) {
            return Err(format!(
                "`[{name}]` stands for a notice that only WordPress's plugins know, and it would be lost; write its words out, or attach a disclaimer by a rule, and take it out there"
            ));
        }
        if !closes && FOR_WHOM.is_match(arguments) && !FOR_ALL.is_match(name) {
            for_whom.insert(name.to_owned());
        }
        let encloses =
            closes && (ENCLOSES.is_match(name) || is_gate(name) || for_whom.contains(name));
        let is_mark = GATE_MARK.is_match(name) || is_gate(name) && !FOR_ALL.is_match(name);
        if gate.is_none() && (encloses || is_mark) {
            gate = Some(format!("[{name}]"));
        }
    }
    Ok(gate)
}

/// Tells a shortcode from words in brackets: `[he]`, `[the minister]`, `[Update]`.
fn is_call(name: &str, arguments: &str, closes: bool) -> bool {
    let arguments = arguments.trim().trim_end_matches('/').trim_end();
    let is_lower = !name.contains(|c: char| c.is_ascii_uppercase());
    let looks_made = name.contains(['_', '-']) || name.contains(|c: char| c.is_ascii_digit());
    closes
        || arguments.contains('=')
        || is_lower
            && match arguments {
                "" => {
                    looks_made || OWN.contains(&name) || is_notice(name) || GATE_MARK.is_match(name)
                }
                arguments => {
                    looks_made
                        || arguments.starts_with(['"', '\'', '#'])
                        || arguments.starts_with(|c: char| c.is_ascii_digit())
                        || arguments.contains("://")
                }
            }
}

/// True if an argument that is one word names a notice.
fn names_notice(arguments: &str) -> bool {
    ONE_WORD.captures_iter(arguments).any(|found| {
        let word = found.iter().skip(1).flatten().next().map_or("", |word| word.as_str());
        !word.contains("://") && is_notice(word)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_in_brackets_are_no_shortcodes() {
        for plain in [
            "[he] said [the minister], [sic] [Update] [Correction: no] [...] [1] a[i] [[legal_notice]]",
            "var a=[[1]];if(a[0]]>0){} [legal counsel] [private matters]",
            "[gallery ids=\"4\"] [youtube https://x.example] [tab]x[/tab]",
        ] {
            assert_eq!(gate_of(plain), Ok(None), "{plain}");
        }
    }

    #[test]
    fn what_names_a_notice_is_refused() {
        for notice in [
            "[disclaimer]",
            "[legal-notice id=3]",
            "[sponsored]x[/sponsored]",
            "[snippet name=\"legal-footer\"]",
            "[content_block slug='disclaimer']",
            "[Disclaimer a=b]",
        ] {
            let reason = gate_of(notice).expect_err(notice);
            assert!(reason.contains("stands for a notice"), "{reason}");
        }
        assert!(gate_of("[snippet caption=\"No legal advice\"]").is_ok());
        assert!(gate_of("[embed_page url=\"https://x.example/legal\"]").is_ok());
    }

    #[test]
    fn what_is_for_some_readers_is_found() {
        for gate in [
            "[members_only]x[/members_only]",
            "a [paywall] b",
            "[restrict paid=\"true\"]x[/restrict]",
            "[passster password=\"x\"]a[/passster]",
            "[ppwp id=1]",
            "[s2If is_user_logged_in()]a[/s2If]",
            "[content_control]a[/content_control]",
            "[rcUserLevel level=2]a",
            "[swpm_protected for=\"2\"] a",
            "[gated]a[/gated]",
            "[members role=\"x\"] a",
            "[patreon level=5]secret[/patreon]",
            "[ihc-hide-content ihc_mb_type=\"show\" ihc_mb_who=\"1\"]a[/ihc-hide-content]",
            "[wcm_restrict plans=\"gold\"]a[/wcm_restrict]",
            "[arm_restrict_content plan=\"1\"]a[/arm_restrict_content]",
            "[um_show_content roles='x']a[/um_show_content]",
            "[MM_Member_Decision membershipId='2']a[/MM_Member_Decision]",
            "[wlm_private \"Gold\"]a[/wlm_private]",
            "[show plan=\"gold\"]a[/show]",
            "[gold_tier]a[/gold_tier]",
            "<p>a</p><div id=\"steady_paywall\"></div>",
            "a ___STEADY_PAYWALL___ b",
        ] {
            assert!(gate_of(gate).unwrap().is_some(), "{gate}");
        }
        for other in [
            "[login_form id=\"1\"]",
            "[swpm_login_form]",
            "[protected-iframe id=\"1\"]",
            "[patreon_button]",
            "[pricing_table plan=\"gold\"]a[/pricing_table]",
            "[heading level=\"2\"]a[/heading]",
            "[blocked]a[/blocked]",
            "the [members] said, [protected] and [gated]",
        ] {
            assert!(gate_of(other).unwrap().is_none(), "{other}");
        }
    }

    #[test]
    fn captions_and_embeds_are_written_out() {
        for (text, want) in [
            (
                "[caption id=\"a_4\" width=\"8\"]<img src=\"x.png\" alt=\"\" /> A caption[/caption]",
                "<figure><img src=\"x.png\" alt=\"\" /><figcaption>A caption</figcaption></figure>",
            ),
            (
                "[caption caption=\"Old\"]<a href=\"y\"><img src=\"x.png\"></a>[/caption]",
                "<figure><a href=\"y\"><img src=\"x.png\"></a><figcaption>Old</figcaption></figure>",
            ),
            ("[caption]no picture[/caption]", "[caption]no picture[/caption]"),
            (
                "a [embed width=\"1\"]https://x.example/?a=1[/embed] b",
                "a \nhttps://x.example/?a=1\n b",
            ),
        ] {
            assert_eq!(written_out(text), want);
        }
    }
}
