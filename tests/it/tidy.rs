//! The house rules that a machine can check.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn sources(dir: &str) -> Vec<(String, String)> {
    fn walk(dir: &Path, files: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, files);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    let mut files = Vec::new();
    walk(&root().join(dir), &mut files);
    files.sort();
    let read = |path: PathBuf| {
        let name = path.strip_prefix(root()).unwrap().to_string_lossy().into_owned();
        (name, fs::read_to_string(path).unwrap())
    };
    files.into_iter().map(read).collect()
}

/// A file without its comments and its unit tests.
fn code_of(text: &str) -> String {
    let text = text.split("#[cfg(test)]\nmod tests").next().unwrap();
    let is_code = |line: &&str| !line.trim_start().starts_with("//");
    text.lines().filter(is_code).collect::<Vec<_>>().join("\n")
}

/// The modules of `src/lib.rs`, in their order.
fn modules() -> Vec<String> {
    let lib = fs::read_to_string(root().join("src/lib.rs")).unwrap();
    lib.lines()
        .filter_map(|line| Some(line.strip_prefix("pub mod ")?.strip_suffix(';')?.to_owned()))
        .collect()
}

/// Statements of one kind, whole, also where they take several lines.
fn uses(code: &str) -> impl Iterator<Item = String> {
    code.split("\nuse ").skip(1).filter_map(|rest| {
        let (used, _) = rest.split_once(';')?;
        Some(used.split_whitespace().collect::<String>())
    })
}

#[test]
fn a_module_names_only_modules_above_it() {
    let order = modules();
    assert!(order.len() > 8, "{order:?}");
    for (name, text) in sources("src") {
        let own = name.trim_start_matches("src/").split(['/', '.']).next().unwrap();
        let Some(position) = order.iter().position(|module| *module == own) else {
            continue;
        };
        for below in &order[position + 1..] {
            // Only tests look down.
            let named = text.contains(&format!("crate::{below}::"))
                || text.contains(&format!("crate::{{{below}"));
            assert!(!named, "{name} names crate::{below}, which stands below it in lib.rs");
        }
    }
}

/// The file that a path of modules leads to, and how many of its parts name files.
fn file_of(path: &[&str], files: &BTreeSet<String>) -> Option<String> {
    (1..=path.len()).rev().find_map(|length| {
        let at = path[..length].join("/");
        let names = [format!("src/{at}.rs"), format!("src/{at}/mod.rs")];
        names.into_iter().find(|name| files.contains(name))
    })
}

/// The files of the program that a file imports from.
fn imports(name: &str, code: &str, files: &BTreeSet<String>) -> BTreeSet<String> {
    let place = name.trim_start_matches("src/").trim_end_matches(".rs");
    let is_folder = place.ends_with("/mod");
    let mut own: Vec<&str> = place.split('/').collect();
    if is_folder {
        own.pop();
    }
    let mut found = BTreeSet::new();
    for used in uses(code) {
        let base: Vec<&str> = match used.split("::").next().unwrap() {
            "crate" => Vec::new(),
            "self" => own.clone(),
            "super" => {
                let ups = used.matches("super::").count();
                let depth = own.len().saturating_sub(ups);
                own[..depth].to_vec()
            }
            _ => continue,
        };
        let rest = used.trim_start_matches("super::");
        let rest = rest.trim_start_matches("crate::").trim_start_matches("self::");
        let (stem, group) = rest.split_once('{').unwrap_or((rest, ""));
        let group = group.trim_end_matches('}');
        // The members of one group; nested groups name the same file.
        let members = group.split(',').map(|part| part.split("::").next().unwrap_or_default());
        for member in members {
            let mut path = base.clone();
            path.extend(stem.split("::").filter(|part| !part.is_empty()));
            path.extend(Some(member).filter(|part| !part.is_empty()));
            found.extend(file_of(&path, files).filter(|file| file != name));
        }
    }
    found
}

#[test]
fn no_files_name_each_other_in_a_circle() {
    let sources = sources("src");
    let files: BTreeSet<String> = sources.iter().map(|(name, _)| name.clone()).collect();
    let mut arrows: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (name, text) in &sources {
        let all = imports(name, &code_of(text), &files);
        // What stands in a folder's own file is its children's as well: that is no arrow.
        let folder =
            |file: &String| file.strip_suffix("mod.rs").is_some_and(|at| name.starts_with(at));
        arrows.insert(name.clone(), all.into_iter().filter(|file| !folder(file)).collect());
    }
    assert!(arrows.values().map(BTreeSet::len).sum::<usize>() > 400, "{arrows:#?}");
    // Files that name none, or only such, are taken away until nothing changes; what is left goes in a circle.
    loop {
        let leaves: Vec<String> = arrows
            .iter()
            .filter(|(_, named)| named.iter().all(|file| !arrows.contains_key(file)))
            .map(|(name, _)| name.clone())
            .collect();
        if leaves.is_empty() {
            break;
        }
        arrows.retain(|name, _| !leaves.contains(name));
    }
    let left: Vec<_> =
        arrows.into_iter().map(|(name, named)| format!("{name} -> {named:?}")).collect();
    assert!(left.is_empty(), "{left:#?}");
}

/// Whose each table is: only its owner's files name it. `db` owns what belongs to no subject.
const OWNERS: [(&str, &[&str]); 7] = [
    ("access", &["api_keys"]),
    ("disclaimers", &["disclaimers", "disclaimer_versions", "site_languages"]),
    (
        "articles",
        &[
            "articles", "article_bodies", "article_corrections", "article_disclaimers",
            "article_history", "article_publications", "article_removals", "article_revisions",
            "article_seen", "article_terms", "former_slugs", "imported_addresses",
            "imported_files", "purged_imports", "terms",
        ],
    ),
    (
        "comments",
        &[
            "blocked_addresses", "comments", "comment_addresses", "comment_history",
            "comment_reports", "imported_comments",
        ],
    ),
    ("audit", &["audit_events"]),
    ("changes", &["article_publicity", "change_log", "change_log_epochs", "changes"]),
    ("webhooks", &["webhooks", "webhook_deliveries"]),
];

#[test]
fn no_feature_reads_another_ones_tables() {
    let mut met = BTreeSet::new();
    for (name, text) in sources("src") {
        let own = name.trim_start_matches("src/").split('/').next().unwrap();
        let code = code_of(&text);
        let is_store = name.contains("/store") || name.ends_with("/model.rs");
        for used in uses(&code).chain(code.split("crate::db::schema::").skip(1).map(|rest| {
            let end =
                rest.find(|c: char| !c.is_ascii_lowercase() && c != '_').unwrap_or(rest.len());
            format!("crate::db::schema::{}", &rest[..end])
        })) {
            let Some(tables) = used.strip_prefix("crate::db::schema::") else {
                continue;
            };
            assert!(is_store, "{name} sees the tables: only a store and its rows do");
            let tables = tables.trim_matches(['{', '}']).split(',');
            for table in tables.filter(|table| !table.is_empty()) {
                let table = table.split("as").next().unwrap();
                let owner = OWNERS.iter().find(|(_, owned)| owned.contains(&table));
                let is_own = owner.is_none_or(|(owner, _)| *owner == own);
                assert!(is_own, "{name} names the table {table}, which is not its own");
                met.insert(table.to_owned());
            }
        }
    }
    assert!(met.len() > 15, "{met:?}");
}

#[test]
fn the_platform_names_no_subject() {
    for (name, text) in sources("src") {
        let code = code_of(&text);
        if name.starts_with("src/web/") {
            for subject in ["articles", "comments", "disclaimers", "access", "meta"] {
                assert!(!code.contains(&format!("crate::{subject}")), "{name} names {subject}");
            }
            for word in ["diesel", "schema::", "Edit-Token"] {
                let is_json = word == "schema::" && !code.contains("db::schema");
                assert!(is_json || !code.contains(word), "{name} names {word}");
            }
            let scope = code.split("Scope::").skip(1).any(|rest| {
                rest.starts_with(|c: char| c.is_ascii_uppercase()) && !rest.starts_with("ALL")
            });
            assert!(!scope, "{name} names a scope");
        }
        if name.starts_with("src/domain/") {
            for word in ["diesel", "actix"] {
                assert!(!code.contains(word), "{name} names {word}");
            }
        }
        if !name.starts_with("src/db/") {
            for word in [
                "SqliteConnection", "diesel::sqlite", "sql_query(", "insert_or_ignore",
                "replace_into",
            ] {
                assert!(!code.contains(word), "{name} holds {word}: only src/db/ knows the engine");
            }
        }
        if name.ends_with("/ladder.rs")
            || name.ends_with("/rules.rs") && !name.starts_with("src/web/")
        {
            for word in ["diesel", "Conn", "web::"] {
                assert!(!code.contains(word), "{name} is a pure decision, and holds {word}");
            }
        }
    }
}

#[test]
fn each_thing_has_its_place() {
    for (name, text) in sources("src") {
        let code = code_of(&text);
        if code.contains("std::env::") || code.contains("dotenvy::") {
            let is_settings = name.starts_with("src/settings/");
            assert!(is_settings, "{name} reads the environment: only the settings do");
        }
        if code.contains("StatusCode::") {
            let allowed = ["src/problem/catalogue.rs", "src/web/answer.rs", "src/web/reply.rs"];
            let is_allowed = allowed.contains(&name.as_str());
            assert!(is_allowed, "{name} types a status: they stand in the catalogue");
        }
        for word in ["todo!(", "unimplemented!(", "dbg!(", "#[allow("] {
            assert!(!code.contains(word), "{name} holds {word}");
        }
        let knows_both = code.contains("actix_web") && code.contains("diesel::prelude");
        assert!(!knows_both, "{name} knows HTTP and SQL at once");
    }
}

#[test]
fn no_code_is_typed_beside_the_catalogue() {
    for (name, text) in sources("src") {
        // Readers of other systems have words of those, and so have tests.
        let is_of_others = name.starts_with("src/import/") || name.ends_with("/tests.rs");
        if name.starts_with("src/problem/") || is_of_others {
            continue;
        }
        // An example in the document is none.
        let is_example =
            |line: &&str| line.contains("#[schema(example") || line.contains("struct CodePath");
        let text: String = text.lines().filter(|line| !is_example(line)).collect();
        for entry in copydesk::problem::CATALOGUE {
            let is_typed = text.contains(&format!("\"{}\"", entry.name));
            assert!(!is_typed, "{name} types the code {}", entry.name);
        }
    }
}

#[test]
fn no_detail_is_typed_beside_the_catalogue() {
    /// Shorter pieces of sentences may be met anywhere.
    const PIECE_MIN: usize = 24;
    for (name, text) in sources("src") {
        if name.starts_with("src/problem/catalogue.rs") {
            continue;
        }
        let code = code_of(&text);
        for entry in copydesk::problem::CATALOGUE {
            let pieces = entry.detail.split(['{', '}']).step_by(2);
            for piece in pieces.map(str::trim).filter(|piece| piece.len() >= PIECE_MIN) {
                assert!(
                    !code.contains(piece),
                    "{name} types the detail of {}: {piece}",
                    entry.name
                );
            }
        }
    }
}

#[test]
fn files_open_with_their_purpose_and_stay_short() {
    for (name, text) in sources("src").into_iter().chain(sources("tests")) {
        let is_list = name.ends_with("/mod.rs") && name.starts_with("tests/")
            || name.starts_with("tests/it/articles")
            || name.starts_with("tests/it/comments")
            || name == "tests/it/disclaimers.rs";
        assert!(text.starts_with("//!") || is_list, "{name} does not open with //!");
        assert!(text.lines().count() <= 600, "{name} is over 600 lines");
    }
}
