//! Syntax that only a site's own templates understand: shortcodes of Hugo, tags and values of
//! Liquid, attributes of kramdown and Goldmark, links of Pelican. In an article they would be plain
//! text, so each gets a warning; a template comment is removed, since it was never shown; and if
//! one produces a notice the file is refused, since that notice would be lost.

use std::collections::HashMap;

use super::Refused;
use super::gates::{Gates, Seen};
use super::notices::is_notice;

/// Templates that include what their arguments name.
const BRING_IN: [&str; 9] = [
    "include", "include_relative", "include_cached", "partial", "render", "snippet", "readfile",
    "import", "block",
];
/// Most names that one warning lists.
const NAMED_MAX: usize = 10;
/// Longest text that is searched, in bytes: twice the limit of an article.
const LOOKED_THROUGH_MAX: usize = 1024 * 1024;

/// A text that an article can have, and the warnings about it.
#[derive(Debug)]
pub struct Cleaned {
    /// The text.
    pub text: String,
    /// Warnings, each with its line in the file.
    pub warnings: Vec<(usize, String)>,
    /// What in it keeps parts of it from readers.
    pub gates: Gates,
}

/// Longest template, in bytes: some contain a paragraph of text.
const LONGEST: usize = 8 * 1024;

/// The opening and closing marks of templates.
const MARKS: [(&str, &str); 4] = [("{{<", ">}}"), ("{{%", "%}}"), ("{%", "%}"), ("{{", "}}")];

/// A template call in a text.
struct Call<'a> {
    mark: &'static str,
    /// The whole of it; without an end, up to the end of its line.
    whole: &'a str,
    /// True if it closes another one.
    closes: bool,
    name: &'a str,
    arguments: &'a str,
}

impl<'a> Call<'a> {
    /// The template at the start of `text`, if there is one with a name.
    fn read(text: &'a str) -> Option<Self> {
        let (mark, end) = MARKS.into_iter().find(|(mark, _)| text.starts_with(mark))?;
        let inside = &text[mark.len()..];
        let line = inside.find('\n').unwrap_or(inside.len());
        // If the end is that far away it is no template, and searching for it each time would be
        // slow.
        let near = inside.floor_char_boundary(LONGEST.min(inside.len()));
        let length = inside[..near].find(end).unwrap_or(line);
        let whole = &text[..(mark.len() + length + end.len()).min(text.len())];
        let words = inside[..length].trim_start_matches('-').trim_start();
        let closes = words.starts_with('/');
        let words = words.trim_start_matches('/').trim_start();
        let is_part = |c: char| c.is_alphanumeric() || "_./-#".contains(c);
        let length = words.find(|c| !is_part(c)).unwrap_or(words.len());
        let (name, arguments) = words.split_at(length);
        let begins_well = name.starts_with(|c: char| c.is_alphanumeric() || c == '_' || c == '#');
        begins_well.then_some(Self {
            mark,
            whole,
            closes,
            name: name.trim_end_matches('-'),
            arguments: arguments.trim().trim_end_matches('-').trim_end(),
        })
    }

    fn is_liquid_tag(&self, name: &str) -> bool {
        self.mark == "{%" && self.name == name
    }

    /// True if a comment begins here: of Liquid, or of Hugo.
    fn opens_remark(&self) -> bool {
        let is_tag = self.mark != "{{" && !self.closes;
        is_tag && self.name == "comment" || self.mark == "{%" && self.name.starts_with('#')
    }

    fn names_notice(&self) -> bool {
        let brings_in = BRING_IN.contains(&self.name) || self.mark == "{{";
        is_notice(self.name) || brings_in && is_notice(self.arguments)
    }

    /// Its form in warnings.
    fn shown(&self) -> String {
        let Self { mark, name, .. } = self;
        let argument = match BRING_IN.contains(name) || *name == "link" {
            true => format!(" {}", self.arguments.split_whitespace().next().unwrap_or_default()),
            false => String::new(),
        };
        let (_, end) = MARKS.into_iter().find(|(known, _)| known == mark).unwrap_or_default();
        format!("{mark} {name}{} {end}", argument.trim_end())
    }
}

/// Removes comments from a text that begins on `first_line`, and finds the templates that remain
/// as text.
///
/// # Errors
/// If a template produces a notice, or a comment has no end.
pub fn clean(body: &str, first_line: usize) -> Result<Cleaned, Refused> {
    let mut cleaned = Cleaned {
        text: String::with_capacity(body.len()),
        warnings: Vec::new(),
        gates: Gates::default(),
    };
    if body.len() > LOOKED_THROUGH_MAX {
        // An article of this length is refused anyway.
        cleaned.text.push_str(body);
        return Ok(cleaned);
    }
    let mut told: Vec<(usize, String)> = Vec::new();
    let mut counts: HashMap<String, usize> = HashMap::new();
    let mut tell = |shown: String, line: usize| {
        let count = counts.entry(shown.clone()).or_insert(0);
        *count += 1;
        if *count == 1 {
            told.push((line, shown));
        }
    };
    let (mut rest, mut line) = (body, first_line);
    // Moves text over, and counts its lines.
    let keep = |cleaned: &mut Cleaned, rest: &mut &str, line: &mut usize, length: usize| {
        let (kept, behind) = rest.split_at(length);
        cleaned.text.push_str(kept);
        *line += kept.matches('\n').count();
        *rest = behind;
    };
    while let Some(at) = rest.find('{') {
        keep(&mut cleaned, &mut rest, &mut line, at);
        // Hugo shows the text between these marks unchanged.
        if let Some(length) = escaped(rest) {
            keep(&mut cleaned, &mut rest, &mut line, length);
            continue;
        }
        let kramdown = rest.starts_with("{::comment}");
        let Some(call) = Call::read(rest).filter(|_| !kramdown) else {
            if !kramdown {
                if let Some(mark) = attributes(rest).or_else(|| link(rest)) {
                    tell(mark.to_owned(), line);
                }
                keep(&mut cleaned, &mut rest, &mut line, 1);
                continue;
            }
            let end = rest.find("{:/comment}").map(|end| end + "{:/comment}".len());
            let end = end.ok_or_else(|| Refused::at(line, NO_END))?;
            leave_out(&mut cleaned, &mut rest, &mut line, end);
            continue;
        };
        if call.is_liquid_tag("raw") {
            // Shown unchanged, comments and all.
            let length = end_of(rest, "raw").unwrap_or(rest.len());
            keep(&mut cleaned, &mut rest, &mut line, length);
            continue;
        }
        if call.opens_remark() {
            let length = match call.name {
                "comment" => end_of_remark(rest).ok_or_else(|| Refused::at(line, NO_END))?,
                _ => call.whole.len(),
            };
            leave_out(&mut cleaned, &mut rest, &mut line, length);
            continue;
        }
        if call.is_liquid_tag("endcomment") || call.name == "comment" {
            return Err(Refused::at(
                line,
                "a remark ends here and does not begin: what of it is to be public cannot be told",
            ));
        }
        let shown = call.shown();
        if call.names_notice() {
            let reason = format!(
                "`{shown}` stands for a notice that only the site's templates know, and it would be lost; write its words out, or attach a disclaimer by a rule, and take it out here"
            );
            return Err(Refused::at(line, reason));
        }
        let seen = Seen {
            mark: call.mark,
            name: call.name,
            closes: call.closes,
            shown: &shown,
            line,
            length: call.whole.len(),
        };
        cleaned.gates.see(&seen, &cleaned.text);
        tell(shown, line);
        keep(&mut cleaned, &mut rest, &mut line, call.mark.len());
    }
    cleaned.text.push_str(rest);
    cleaned.gates.end(&cleaned.text);
    if let Some((line, _)) = told.first() {
        let names = told.iter().take(NAMED_MAX).map(|(_, shown)| match counts[shown] {
            1 => format!("`{shown}`"),
            count => format!("`{shown}` ({count} times)"),
        });
        let more = match told.len().saturating_sub(NAMED_MAX) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let names = names.collect::<Vec<_>>().join(", ");
        let text = format!("stays as text, since only the site's templates know it: {names}{more}");
        cleaned.warnings.push((*line, text));
    }
    Ok(cleaned)
}

const NO_END: &str =
    "a remark begins here and has no end: what of it is to be public cannot be told";

/// Longest list of attributes, in bytes.
const ATTRIBUTES_MAX: usize = 200;

/// The attributes at the start of a text: `{: .pull }` of kramdown, `{#intro}` and `{.pull}` of headings.
fn attributes(text: &str) -> Option<&str> {
    if !text.starts_with('{') {
        return None;
    }
    let near = text.floor_char_boundary(ATTRIBUTES_MAX.min(text.len()));
    let end = text[..near].find(['}', '\n']).filter(|end| text[*end..].starts_with('}'))?;
    let inside = &text[1..end];
    let is_name = |word: &str| {
        let name = word.strip_prefix(['#', '.']).unwrap_or_default();
        let is_part = |c: char| c.is_alphanumeric() || "-_:".contains(c);
        name.starts_with(char::is_alphabetic) && name.chars().all(is_part)
    };
    let is_attribute = |word: &str| is_name(word) || word.contains("=\"") || word.ends_with('"');
    let are_some = match inside.strip_prefix(':') {
        Some(list) => !list.starts_with(':') && list.split_whitespace().all(is_attribute),
        None => inside.split_whitespace().all(is_name) && inside.starts_with(['#', '.']),
    };
    (are_some && !inside.trim_matches([':', ' ']).is_empty()).then(|| &text[..=end])
}

/// The mark of a link to another file at the start of a text, as Pelican has them.
fn link(text: &str) -> Option<&str> {
    let marks =
        ["{filename}", "{static}", "{attach}", "{index}", "{author}", "{category}", "{tag}"];
    marks.into_iter().find(|mark| text.starts_with(mark))
}

/// The length of an escaped shortcode at the start of a text: `{{</* name */>}}`.
fn escaped(text: &str) -> Option<usize> {
    let marks = [("{{</*", "*/>}}"), ("{{%/*", "*/%}}")];
    let (_, end) = marks.into_iter().find(|(mark, _)| text.starts_with(mark))?;
    let near = text.floor_char_boundary(LONGEST.min(text.len()));
    Some(text[..near].find(end)? + end.len())
}

/// The end of the Liquid block at the start of `text`, after its closing tag.
fn end_of(text: &str, name: &str) -> Option<usize> {
    let closing = format!("end{name}");
    calls(text)
        .find(|(_, call)| call.is_liquid_tag(&closing))
        .map(|(at, call)| at + call.whole.len())
}

/// The end of the comment at the start of `text`; comments may be nested.
fn end_of_remark(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, call) in calls(text) {
        let closes = call.is_liquid_tag("endcomment") || call.closes && call.name == "comment";
        if call.opens_remark() && call.name == "comment" {
            depth += 1;
        } else if closes {
            depth -= 1;
            if depth == 0 {
                return Some(at + call.whole.len());
            }
        }
    }
    None
}

/// The templates in a text, each with its position.
fn calls(text: &str) -> impl Iterator<Item = (usize, Call<'_>)> {
    let mut next = 0;
    std::iter::from_fn(move || {
        loop {
            let at = next + text[next..].find('{')?;
            next = at + 1;
            if let Some(call) = Call::read(&text[at..]) {
                next = at + call.mark.len();
                return Some((at, call));
            }
        }
    })
}

/// Removes a comment but keeps its newlines, so that later warnings have the right line.
fn leave_out(cleaned: &mut Cleaned, rest: &mut &str, line: &mut usize, length: usize) {
    let told = "a remark that readers were never shown is left out";
    cleaned.warnings.push((*line, told.to_owned()));
    let (remark, behind) = rest.split_at(length);
    let lines = remark.matches('\n').count();
    cleaned.text.push_str(&"\n".repeat(lines));
    *line += lines;
    *rest = behind;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(body: &str) -> (String, Vec<String>) {
        let cleaned = clean(body, 5).unwrap_or_else(|refused| panic!("{body}: {refused}"));
        let warnings = cleaned.warnings.iter().map(|(line, text)| format!("{line}: {text}"));
        (cleaned.text, warnings.collect())
    }

    #[test]
    fn what_stays_as_text_is_told_of_once_a_name() {
        let body = "One\n{{< youtube w7 >}} and {{< youtube x >}}\n{% link about.md %} {{ page.title }}\n{{% tip %}}T{{% /tip %}}\n";
        let (text, warnings) = told(body);
        assert_eq!(text, body);
        assert_eq!(
            warnings,
            [
                "6: stays as text, since only the site's templates know it: `{{< youtube >}}` (2 times), `{% link about.md %}`, `{{ page.title }}`, `{{% tip %}}` (2 times)"
            ]
        );
        for plain in [
            "a {b} c",
            "{: a note }",
            "{::nomarkdown}",
            "{: }",
            "{#",
            "{. x}",
            "{{",
            "%} {%",
            "{}",
            "A set {x | x > 0}.",
            "Important {F#, C#} text",
            "{{</* disclaimer */>}}",
            "Use {{ .Site.Copyright }} here",
            "a <!--more--> b",
            "{% raw %}{% comment %}shown{% endcomment %}{{ x }}{% endraw %}",
        ] {
            assert_eq!(told(plain), (plain.to_owned(), Vec::new()));
        }
        let many: String = (0..30).map(|number| format!("{{{{ a{number} }}}} ")).collect();
        assert!(told(&many).1[0].ends_with("`{{ a9 }}` and 20 more"));
    }

    #[test]
    fn attributes_and_links_of_other_programs_are_told_of() {
        for (body, want) in [
            (
                "> One\n{: .pull }\n",
                "6: stays as text, since only the site's templates know it: `{: .pull }`",
            ),
            ("![W](w.png){: width=\"8 em\" }", "`{: width=\"8 em\" }`"),
            ("## Intro {#intro}\n\n## More {#intro}", "`{#intro}` (2 times)"),
            ("## Intro {.wide #x-1}", "`{.wide #x-1}`"),
            ("[a]({filename}/pages/a.md) ![b]({static}/b.png)", "`{filename}`, `{static}`"),
        ] {
            let (text, warnings) = told(body);
            assert_eq!(text, body);
            assert!(warnings.len() == 1 && warnings[0].ends_with(want), "{body}: {warnings:?}");
        }
    }

    #[test]
    fn what_names_a_notice_is_refused_with_its_line() {
        for body in [
            "\n{{< disclaimer >}}Supplied.{{< /disclaimer >}}",
            "\n{{< disclaimer text=\"{Northwire}\" >}}",
            "\n{{% legal-notice %}}",
            "\n{% include disclaimer.html provider=\"Northwire\" %}",
            "\n{% include disclaimer.html p={{ page.p }} %}",
            "\n{% include box.html type=\"disclaimer\" %}",
            "\n{%- include_relative ../LEGAL.md -%}",
            "\n{{ site.data.disclosures.wire }}",
            "\n{{ page.notice | markdownify }}",
            "\n{{< partial \"sponsored.html\" >}}",
            "\n{{<correction date=\"2026\">}}",
            "\n{{< disclaimer without an end",
        ] {
            let reason = clean(body, 5).err().unwrap_or_else(|| panic!("{body}")).to_string();
            assert!(reason.starts_with("6: `{"), "{body}: {reason}");
        }
        // The text of an argument is not a notice by itself.
        assert_eq!(told("{{< figure caption=\"No legal advice\" >}}").1.len(), 1);
    }

    #[test]
    fn what_encloses_a_text_for_some_readers_is_found() {
        let why = |body: &str, knows_liquid: bool| {
            clean(body, 5)
                .unwrap()
                .gates
                .why(knows_liquid)
                .map(|(line, why)| format!("{line}: {why}"))
        };
        for (body, shown) in [
            ("\n{{% private %}}SECRET{{% /private %}}", "{{% private %}}"),
            ("\n{{< hidden >}}SECRET\n{{< /hidden >}}", "{{< hidden >}}"),
            ("\n{{<members-only>}}SECRET{{</members-only>}}", "{{< members-only >}}"),
            ("\n{{< draft >}}SECRET{{< /draft >}}", "{{< draft >}}"),
            ("\n{{< paywall >}}\n\nSECRET", "{{< paywall >}}"),
            ("\n{{< private \"SECRET\" >}}", "{{< private >}}"),
            ("\n{% ifmember %}SECRET{% endifmember %}", "{% ifmember %}"),
            ("\n{% members_only() %}SECRET{% end %}", "{% members_only %}"),
        ] {
            for knows_liquid in [true, false] {
                let found = why(body, knows_liquid).unwrap_or_else(|| panic!("{body}"));
                assert!(found.starts_with(&format!("6: `{shown}` may keep")), "{body}: {found}");
            }
        }
        for (body, shown) in [
            ("\n{% if site.show %}HIDDEN{% endif %}", "{% if %}"),
            ("\n{%- unless x -%}{% if y %}<p>HIDDEN</p>{% endif %}{% endunless %}", "{% unless %}"),
            ("\n{% case x %}{% when 1 %}HIDDEN{% endcase %}", "{% case %}"),
            ("\n{% capture x %}HIDDEN{% endcapture %}", "{% capture %}"),
            ("\n{% if site.show %}HIDDEN", "{% if %}"),
            ("{% if x %}{% include a.html %}{% endif %}\n{% if y %}b{% endif %}", "{% if %}"),
        ] {
            let found = why(body, true).unwrap_or_else(|| panic!("{body}"));
            assert!(found.starts_with("6: whether readers see the text in"), "{body}: {found}");
            assert!(found.contains(shown), "{body}: {found}");
            assert_eq!(why(body, false), None, "{body}");
        }
        for body in [
            "{% if x %}{% include a.html %}\n{% endif %} Text",
            "{% if x %}{% comment %}words{% endcomment %}<hr>{% else %}{{ y }}{% endif %} Text",
            "{% for post in site.posts %}<a href=\"{{ post.url }}\">{{ post.title }}</a>{% endfor %}",
            "{% raw %}{% if x %}a{% endif %}{% endraw %}",
            "{{</* private */>}}a{{</* /private */>}}",
            "{{< tip >}}a{{< /tip >}} {{< login-form >}} {{< member name=\"Ida\" >}}",
            "{% highlight rust %}a{% endhighlight %} {% endif %}",
        ] {
            assert_eq!(why(body, true), None, "{body}");
        }
        // Many of them take no longer.
        let deep = "{% if x %}".repeat(20_000);
        assert_eq!(why(&deep, true), None);
        assert!(why(&format!("{deep}a"), true).is_some());
    }

    #[test]
    fn remarks_are_taken_out() {
        for remark in [
            "{% comment %}secret\nname{% endcomment %}",
            "{%- comment -%}secret{%- endcomment -%}",
            "{% comment internal %}secret{% endcomment %}",
            "{% comment %}a{% comment %}b{% endcomment %}secret{% endcomment %}",
            "{% comment %}{{ secret }} {x} {% if y %}{% endcomment %}",
            "{% # secret %}",
            "{{< comment >}}secret{{< /comment >}}",
            "{{% comment %}}secret{{% /comment %}}",
            "{::comment}secret{:/comment}",
        ] {
            let (text, warnings) = told(&format!("One {remark} two\n{{{{< x >}}}}"));
            assert!(!text.contains("secret") && text.contains("two"), "{text}");
            let line = 6 + remark.matches('\n').count();
            assert_eq!(warnings.len(), 2, "{warnings:?}");
            assert!(warnings[0].starts_with("5: a remark"), "{warnings:?}");
            assert!(warnings[1].starts_with(&format!("{line}: stays")), "{warnings:?}");
        }
        for open in [
            "One\n{% comment %} secret",
            "One\n{% comment %}{% comment %}{% endcomment %} secret",
            "One\n{::comment} secret",
            "One\nsecret {% endcomment %}",
        ] {
            let reason = clean(open, 5).err().unwrap_or_else(|| panic!("{open}")).to_string();
            assert!(reason.starts_with("6: a remark"), "{open}: {reason}");
        }
    }
}
