//! What only a site's own templates understand: shortcodes of Hugo, tags and values of Liquid. They
//! stand as text in an article, so each is told of; a remark is taken out, since it was never shown;
//! and where one stands for a notice the file is refused, since that notice would be lost.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::Refused;

/// Remarks of authors, which no reader was ever shown.
static REMARK: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?s)\{%-?\s*comment\s*-?%\}.*?\{%-?\s*endcomment\s*-?%\}|\{\{[<%]\s*comment\s*[>%]\}\}.*?\{\{[<%]\s*/\s*comment\s*[>%]\}\}|\{%-?\s*#.*?%\}|\{#.*?#\}",
    )
});
/// A remark that has no end.
static OPEN_REMARK: LazyLock<Regex> =
    LazyLock::new(|| regex(r"\{%-?\s*comment\s*-?%\}|\{\{[<%]\s*comment\s*[>%]\}\}"));
/// A shortcode, a tag or a value: its mark, its name, and what follows the name.
static CALL: LazyLock<Regex> = LazyLock::new(|| {
    regex(r"(?s)(\{\{[<%]|\{%-?|\{\{-?)\s*/?\s*([\w./-]+)([^{}]*?)(?:[>%]\}\}|-?%\}|-?\}\})")
});
/// Words by which templates call what a reader must be told.
static NOTICE: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?i)disclaim|disclosure|notice|legal|imprint|impressum|sponsor|advert|affiliat|correction|corrigend|erratum|errata|copyright|advisory|embargo",
    )
});
/// Templates that bring in what their first argument names.
const BRING_IN: [&str; 9] = [
    "include",
    "include_relative",
    "include_cached",
    "partial",
    "render",
    "snippet",
    "readfile",
    "import",
    "block",
];

fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a pattern of this file is one, as its tests show")
}

/// A text as an article can have it, and what is to be told of it.
pub struct Cleaned<'a> {
    /// The text.
    pub text: Cow<'a, str>,
    /// Warnings, each with its line in the file.
    pub warnings: Vec<(usize, String)>,
}

/// Takes remarks out of a text that begins on `first_line`, and finds what stays as text.
///
/// # Errors
/// Where a template stands for a notice, or a remark has no end.
pub fn clean(body: &str, first_line: usize) -> Result<Cleaned<'_>, Refused> {
    let line_at = |offset: usize| first_line + body[..offset].matches('\n').count();
    let mut warnings = Vec::new();
    for remark in REMARK.find_iter(body) {
        warnings.push((
            line_at(remark.start()),
            "a remark that readers were never shown is left out".to_owned(),
        ));
    }
    // Lines stay where they are, so that what is told further on has its line.
    let text = REMARK.replace_all(body, |found: &Captures<'_>| {
        "\n".repeat(found[0].matches('\n').count())
    });
    let lines_before = |offset: usize| first_line + text[..offset].matches('\n').count();
    if let Some(open) = OPEN_REMARK.find(&text) {
        let reason =
            "a remark begins here and has no end: what of it is to be public cannot be told";
        return Err(Refused::at(lines_before(open.start()), reason));
    }
    let mut names: Vec<(usize, String, usize)> = Vec::new();
    for call in CALL.captures_iter(&text) {
        let line = lines_before(call.get(0).map_or(0, |whole| whole.start()));
        let (mark, name, rest) = (&call[1], &call[2], &call[3]);
        let first = rest.split_whitespace().next().unwrap_or_default();
        let is_value = mark.starts_with("{{") && !mark.ends_with(['<', '%']);
        let named = match BRING_IN.contains(&name) || is_value {
            true => format!("{name} {first} {}", if is_value { rest } else { "" }),
            false => name.to_owned(),
        };
        let shown = match mark {
            "{{<" => format!("{{{{< {name} >}}}}"),
            "{{%" => format!("{{{{% {name} %}}}}"),
            _ if is_value => format!("{{{{ {name} }}}}"),
            _ => format!("{{% {} %}}", format!("{name} {first}").trim_end()),
        };
        if NOTICE.is_match(&named) {
            let reason = format!(
                "`{shown}` stands for a notice that only the site's templates know, and it would be lost; write its words out, or attach a disclaimer by a rule, and take it out here"
            );
            return Err(Refused::at(line, reason));
        }
        match names.iter_mut().find(|(_, known, _)| *known == shown) {
            Some((.., count)) => *count += 1,
            None => names.push((line, shown, 1)),
        }
    }
    if let Some((line, ..)) = names.first() {
        let line = *line;
        let told: Vec<String> = names
            .iter()
            .map(|(_, shown, count)| match count {
                1 => format!("`{shown}`"),
                count => format!("`{shown}` ({count} times)"),
            })
            .collect();
        warnings.push((
            line,
            format!(
                "stays as text, since only the site's templates know it: {}",
                told.join(", ")
            ),
        ));
    }
    Ok(Cleaned { text, warnings })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(body: &str) -> (String, Vec<String>) {
        let cleaned = clean(body, 5).unwrap_or_else(|refused| panic!("{body}: {refused}"));
        let warnings = cleaned
            .warnings
            .iter()
            .map(|(line, text)| format!("{line}: {text}"));
        (cleaned.text.into_owned(), warnings.collect())
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
            "{: .pull }",
            "{{",
            "%} {%",
            "{}",
            "A set {x | x > 0}.",
        ] {
            assert_eq!(told(plain), (plain.to_owned(), Vec::new()));
        }
    }

    #[test]
    fn what_names_a_notice_is_refused_with_its_line() {
        for body in [
            "\n{{< disclaimer >}}Supplied.{{< /disclaimer >}}",
            "\n{{% legal-notice %}}",
            "\n{% include disclaimer.html provider=\"Northwire\" %}",
            "\n{%- include_relative ../LEGAL.md -%}",
            "\n{{ site.data.disclosures.wire }}",
            "\n{{ page.notice | markdownify }}",
            "\n{{< partial \"sponsored.html\" >}}",
            "\n{{<correction date=\"2026\">}}",
        ] {
            let reason = clean(body, 5)
                .err()
                .unwrap_or_else(|| panic!("{body}"))
                .to_string();
            assert!(reason.starts_with("6: `{"), "{body}: {reason}");
        }
        // What an argument says is no notice by itself.
        assert_eq!(
            told("{{< figure caption=\"No legal advice\" >}}").1.len(),
            1
        );
    }

    #[test]
    fn remarks_are_taken_out() {
        for remark in [
            "{% comment %}secret\nname{% endcomment %}",
            "{%- comment -%}secret{%- endcomment -%}",
            "{{< comment >}}secret{{< /comment >}}",
            "{{% comment %}}secret{{% /comment %}}",
        ] {
            let (text, warnings) = told(&format!("One {remark} two\n{{{{< x >}}}}"));
            assert!(!text.contains("secret") && text.contains("two"), "{text}");
            let line = 6 + remark.matches('\n').count();
            assert_eq!(warnings.len(), 2);
            assert!(warnings[0].starts_with("5: a remark"), "{warnings:?}");
            assert!(
                warnings[1].starts_with(&format!("{line}: stays")),
                "{warnings:?}"
            );
        }
        let open = clean("One\n{% comment %} secret", 5)
            .err()
            .unwrap()
            .to_string();
        assert!(open.starts_with("6: a remark begins here"), "{open}");
    }
}
