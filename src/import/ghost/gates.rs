//! Who may read a post, and which parts of its text. Ghost keeps what is for members in the text of a public post,
//! between remarks, and takes it out as it serves the page: the text of an export has it all.

use super::value::Field;
use crate::domain::text::cut;

/// Who may read a post.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visibility {
    /// Everyone.
    Public,
    /// All members of the site.
    Members,
    /// The members who pay.
    Paid,
    /// The members of some tiers.
    Tiers,
}

impl Visibility {
    /// That of a post.
    ///
    /// # Errors
    /// If it says nothing that is known here.
    pub fn of(value: &Field) -> Result<Self, String> {
        match value.text() {
            Some("public") => Ok(Self::Public),
            Some("members") => Ok(Self::Members),
            Some("paid") => Ok(Self::Paid),
            Some("tiers") => Ok(Self::Tiers),
            _ => Err(format!(
                "`visibility` must be public, members, paid or tiers, not {}: who may read it cannot be told",
                value.shown()
            )),
        }
    }

    /// Its name at Ghost.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Members => "members",
            Self::Paid => "paid",
            Self::Tiers => "tiers",
        }
    }

    /// True if not everyone may read it.
    #[must_use]
    pub fn is_restricted(self) -> bool {
        self != Self::Public
    }
}

/// A text for those who may read its post.
#[derive(Debug, PartialEq, Eq)]
pub struct Shown {
    /// The text, without the marks of Ghost's cards.
    pub html: String,
    /// What was cut, and what is for fewer readers than the rest.
    pub warnings: Vec<String>,
}

/// All members of a site, as a block's mark has them.
const ALL_MEMBERS: &str = "status:free,status:-free";
/// The members who pay.
const PAYING_MEMBERS: &str = "status:-free";
/// The begin of a remark of HTML.
const OPEN: &str = "<!--";
/// Its end.
const CLOSE: &str = "-->";

/// What becomes of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// All readers of the post see it, or those of a public post who are no members.
    Kept,
    /// Some readers of a restricted post see it: it stays, since the whole of it is restricted here.
    ForSome,
    /// It is not for all readers of the post.
    Cut,
}

/// The conditions of a block: `nonMember:false memberSegment:"status:free,status:-free"`.
#[derive(Debug, PartialEq, Eq)]
struct Gate<'a> {
    /// True if visitors see it who are no members.
    is_for_all: bool,
    /// The members who see it; empty for none.
    segment: &'a str,
}

impl<'a> Gate<'a> {
    /// `None` if any part is not known.
    fn read(parameters: &'a str) -> Option<Self> {
        let (mut non_member, mut segment) = (None, None);
        let mut rest = parameters.trim();
        while !rest.is_empty() {
            let (name, value) = rest.split_once(':')?;
            let (value, behind) = match value.strip_prefix('"') {
                Some(quoted) => quoted.split_once('"')?,
                None => value.split_at(value.find(char::is_whitespace).unwrap_or(value.len())),
            };
            let known = match name {
                "nonMember" => &mut non_member,
                "memberSegment" => &mut segment,
                _ => return None,
            };
            let is_apart = behind.is_empty() || behind.starts_with(char::is_whitespace);
            if known.replace(value).is_some() || !is_apart {
                return None;
            }
            rest = behind.trim_start();
        }
        let is_for_all = match non_member? {
            "true" => true,
            "false" => false,
            _ => return None,
        };
        Some(Self { is_for_all, segment: segment.unwrap_or_default() })
    }

    fn fate(&self, visibility: Visibility) -> Fate {
        if visibility == Visibility::Public {
            // Whatever members see: a visitor sees what is for those who are no members.
            return if self.is_for_all { Fate::Kept } else { Fate::Cut };
        }
        let is_for_payers = matches!(visibility, Visibility::Paid | Visibility::Tiers);
        match (self.is_for_all, self.segment) {
            // Nobody sees it on the site: it is for emails.
            (false, "") => Fate::Cut,
            // The first is a call to become a member.
            (true, "") | (_, ALL_MEMBERS) => Fate::Kept,
            (_, PAYING_MEMBERS) if is_for_payers => Fate::Kept,
            _ => Fate::ForSome,
        }
    }
}

/// A remark of HTML.
enum Mark<'a> {
    /// A block begins.
    Begin(Gate<'a>),
    /// A block ends.
    End,
    /// What follows is for those who may read a restricted post; what is before it is for everyone.
    Wall,
    /// A card begins or ends: nothing for readers.
    Card,
    /// Any other remark.
    Other,
}

impl<'a> Mark<'a> {
    fn read(remark: &'a str) -> Result<Self, String> {
        let words = remark.trim();
        match words {
            "kg-gated-block:end" => return Ok(Self::End),
            "members-only" => return Ok(Self::Wall),
            _ => {}
        }
        let gate = words.strip_prefix("kg-gated-block:begin ").map(Gate::read);
        match gate {
            Some(Some(gate)) => Ok(Self::Begin(gate)),
            _ if names_gate(words) => Err(format!(
                "`{OPEN}{}{CLOSE}` is not understood: who may read what is marked by it cannot be told; take the mark out at the source, or the part of the text",
                cut(words)
            )),
            _ if words.starts_with("kg-card-begin:") || words.starts_with("kg-card-end:") => {
                Ok(Self::Card)
            }
            _ => Ok(Self::Other),
        }
    }
}

/// True if a remark speaks of who may read what, in any form.
fn names_gate(remark: &str) -> bool {
    let remark = remark.to_ascii_lowercase();
    remark.contains("gated-block") || remark.contains("members-only")
}

/// What the readers of a post may see of its text.
///
/// # Errors
/// If the marks do not say that for certain: one has no end, stands in another, or is not known.
pub fn shown(html: &str, visibility: Visibility) -> Result<Shown, String> {
    let mut out = String::with_capacity(html.len());
    let (mut cut_blocks, mut for_some, mut is_walled) = (0_usize, 0_usize, false);
    let mut block: Option<Fate> = None;
    let mut rest = html;
    while let Some(at) = rest.find(OPEN) {
        let is_kept = block != Some(Fate::Cut);
        let (before, mark) = rest.split_at(at);
        if is_kept {
            out.push_str(before);
        }
        let Some((remark, behind)) = mark[OPEN.len()..].split_once(CLOSE) else {
            // Browsers take all that follows for the remark.
            if names_gate(mark) {
                return Err(format!("a mark that begins with `{OPEN}` has no end: {UNCERTAIN}"));
            }
            rest = mark;
            break;
        };
        rest = behind;
        match (Mark::read(remark)?, block) {
            (Mark::Begin(gate), None) => {
                let fate = gate.fate(visibility);
                cut_blocks += usize::from(fate == Fate::Cut);
                for_some += usize::from(fate == Fate::ForSome);
                block = Some(fate);
            }
            (Mark::End, Some(_)) => block = None,
            (Mark::Wall, None) if visibility.is_restricted() => {}
            (Mark::Wall, None) => {
                is_walled = !rest.trim().is_empty();
                rest = "";
                break;
            }
            (Mark::Begin(_) | Mark::Wall, Some(_)) => {
                return Err(format!(
                    "a mark for members stands in a block for members: {UNCERTAIN}"
                ));
            }
            (Mark::End, None) => {
                return Err(format!("a block for members ends and does not begin: {UNCERTAIN}"));
            }
            (Mark::Other, _) if is_kept => {
                out.push_str(OPEN);
                out.push_str(remark);
                out.push_str(CLOSE);
            }
            (Mark::Card | Mark::Other, _) => {}
        }
    }
    if block.is_some() {
        return Err(format!("a block for members has no end: {UNCERTAIN}"));
    }
    out.push_str(rest);
    let mut warnings = Vec::new();
    if cut_blocks > 0 {
        let whom = match visibility {
            Visibility::Public => "that visitors do not see who are no members",
            _ => "that nobody sees on the site",
        };
        warnings.push(format!("the text is taken without its parts {whom} ({cut_blocks})"));
    }
    if is_walled {
        warnings.push(format!(
            "the text is taken up to `{OPEN}members-only{CLOSE}`: what follows is for members"
        ));
    }
    if for_some > 0 {
        warnings.push(format!(
            "parts of the text are for some of its readers only ({for_some}): they stay, and whoever may read it reads them"
        ));
    }
    Ok(Shown { html: out, warnings })
}

/// The end of a refusal.
const UNCERTAIN: &str =
    "who may read which part cannot be told; mend the text at the source, and export it again";

#[cfg(test)]
mod tests {
    use super::Visibility::{Members, Paid, Public};
    use super::*;

    const ALL: &str = "nonMember:false memberSegment:\"status:free,status:-free\" ";

    fn text(html: &str, visibility: Visibility) -> (String, usize) {
        let shown = shown(html, visibility).unwrap_or_else(|reason| panic!("{html}: {reason}"));
        (shown.html, shown.warnings.len())
    }

    fn block(parameters: &str, inside: &str) -> String {
        format!("<!--kg-gated-block:begin {parameters}-->{inside}<!--kg-gated-block:end-->")
    }

    #[test]
    fn what_visitors_do_not_see_is_cut_from_a_public_post() {
        let html = format!(
            "<p>For all.</p>\n{}\n<p>Again.</p>{}",
            block(ALL, "\n<!--kg-card-begin: html-->\n<p>M1</p><!-- x --><!--kg-card-end: html-->"),
            block("nonMember:false memberSegment:\"\"", "M2"),
        );
        let shown = shown(&html, Public).unwrap();
        assert_eq!(shown.html, "<p>For all.</p>\n\n<p>Again.</p>");
        assert_eq!(
            shown.warnings,
            ["the text is taken without its parts that visitors do not see who are no members (2)"]
        );
        let for_visitors = format!("a{}b", block("nonMember:true memberSegment:\"\"", "V"));
        assert_eq!(text(&for_visitors, Public), ("aVb".to_owned(), 0));
        assert_eq!(text(&for_visitors, Members), ("aVb".to_owned(), 0));
    }

    #[test]
    fn in_a_restricted_post_stays_what_its_readers_see() {
        let of = |parameters: &str| block(parameters, "X");
        assert_eq!(text(&of(ALL), Members), ("X".to_owned(), 0));
        let paying = of("nonMember:false memberSegment:\"status:-free\"");
        assert_eq!(text(&paying, Paid), ("X".to_owned(), 0));
        assert_eq!(text(&paying, Members), ("X".to_owned(), 1));
        assert_eq!(text(&of("nonMember:false memberSegment:\"\""), Members), (String::new(), 1));
        assert_eq!(text(&of("nonMember:false"), Paid), (String::new(), 1));
    }

    #[test]
    fn behind_the_wall_is_what_members_pay_for() {
        let html = "<p>Free.</p><!--members-only--><p>Licensed.</p><!--kg-gated-block:end-->";
        assert_eq!(text(html, Public), ("<p>Free.</p>".to_owned(), 1));
        assert_eq!(
            text("<p>Free.</p><!--members-only-->\n", Public),
            ("<p>Free.</p>".to_owned(), 0)
        );
        let html = "<p>Free.</p><!--members-only--><p>Licensed.</p>";
        assert_eq!(text(html, Members), ("<p>Free.</p><p>Licensed.</p>".to_owned(), 0));
    }

    #[test]
    fn marks_of_cards_go_and_other_remarks_stay() {
        let html = "<!--kg-card-begin: html-->\n<table></table>\n<!--kg-card-end: html--><!--more--><!-- x";
        assert_eq!(text(html, Public), ("\n<table></table>\n<!--more--><!-- x".to_owned(), 0));
        let callout = "<div class=\"kg-card kg-callout-card\"><div>Notice.</div></div>";
        assert_eq!(text(callout, Public), (callout.to_owned(), 0));
    }

    #[test]
    fn marks_that_are_not_understood_are_refused() {
        for html in [
            format!("<!--kg-gated-block:begin {ALL}-->M"),
            "M<!--kg-gated-block:end-->".to_owned(),
            block(ALL, &block(ALL, "M")),
            block(ALL, "<!--members-only-->M"),
            block("", "M"),
            block("nonMember:maybe", "M"),
            block("nonMember:", "M"),
            block("memberSegment:\"\"", "M"),
            block("nonMember:false tier:\"gold\"", "M"),
            block("nonMember:true nonMember:false", "M"),
            block("nonMember:true memberSegment:\"x", "M"),
            block("nonMember:true memberSegment:\"x\"y", "M"),
            block("nonMember:true now", "M"),
            "<!--kg-gated-block-->M".to_owned(),
            "<!--KG-Gated-Block:begin nonMember:false-->M<!--kg-gated-block:end-->".to_owned(),
            "<!--kg-gated-block:begin nonMember:false--!>M".to_owned(),
            "<!--><!--kg-gated-block:begin nonMember:false-->M<!--kg-gated-block:end-->".to_owned(),
            "<!--Members-Only-->M".to_owned(),
            format!("{}<!-- x", &block(ALL, "M").replace("<!--kg-gated-block:end-->", "")),
        ] {
            for visibility in [Public, Members] {
                let reason = shown(&html, visibility).unwrap_err();
                assert!(reason.contains("cannot be told"), "{html}: {reason}");
            }
        }
        for (value, known) in [("public", true), ("Public", false), ("filter", false), ("", false)]
        {
            let value = Field::Text(value.to_owned());
            assert_eq!(Visibility::of(&value).is_ok(), known, "{value:?}");
        }
        assert!(Visibility::of(&Field::Nothing).is_err() && Visibility::of(&Field::Other).is_err());
    }

    /// Marks without number cost no more than their length.
    #[test]
    fn many_marks_are_read_in_one_pass() {
        let many = "<!--".repeat(300_000);
        assert_eq!(text(&many, Public), (many.clone(), 0));
        let many = block(ALL, "M").repeat(50_000);
        assert_eq!(text(&many, Public), (String::new(), 1));
    }
}
