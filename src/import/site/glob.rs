//! Patterns of file names, as in the configurations of Jekyll and Pelican.

use regex::Regex;

/// Longest pattern, in bytes: names of files are not longer.
const PATTERN_MAX: usize = 1024;

/// A pattern as a regular expression for whole names: `*` is any text, slashes included (`fnmatch` without flags), `?` one
/// character, `[a-z]` and `[!a-z]` one of a set. `None` if it cannot be understood.
pub fn glob(pattern: &str) -> Option<Regex> {
    if pattern.len() > PATTERN_MAX {
        return None;
    }
    let mut expression = String::from("^(?s:");
    let mut rest = pattern;
    while let Some(c) = rest.chars().next() {
        let behind = &rest[c.len_utf8()..];
        match (c, behind.find(']')) {
            ('*', _) => {
                expression.push_str(".*");
                rest = behind.trim_start_matches('*');
            }
            ('?', _) => {
                expression.push('.');
                rest = behind;
            }
            ('[', Some(end)) if end > 0 => {
                let (set, after) = behind.split_at(end);
                let (not, set) = match set.strip_prefix(['!', '^']) {
                    Some(set) => ("^", set),
                    None => ("", set),
                };
                let set = set.replace('\\', "\\\\").replace('[', "\\[").replace("&&", "&\\&");
                expression.push_str(&format!("[{not}{set}]"));
                rest = &after[1..];
            }
            _ => {
                expression.push_str(&regex::escape(&rest[..c.len_utf8()]));
                rest = behind;
            }
        }
    }
    expression.push_str(")$");
    Regex::new(&expression).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_matched_whole() {
        for (pattern, name, want) in [
            ("*.md", "a/b.md", true),
            ("*.md", "b.mdx", false),
            ("a?c", "abc", true),
            ("[!a-c]x", "dx", true),
            ("[!a-c]x", "ax", false),
            ("draft", "draft", true),
            ("draft", "drafts", false),
            ("a+b.md", "a+b.md", true),
            ("**/.*", "x/.y", true),
            ("[", "[", true),
        ] {
            assert_eq!(glob(pattern).unwrap().is_match(name), want, "{pattern} {name}");
        }
        assert!(glob("[z-a]").is_none());
        assert!(glob(&"x".repeat(2_000)).is_none());
    }
}
