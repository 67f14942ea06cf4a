//! The house rules that a machine can check.

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
    files
        .into_iter()
        .map(|path| {
            let name = path
                .strip_prefix(root())
                .unwrap()
                .to_string_lossy()
                .into_owned();
            (name, fs::read_to_string(path).unwrap())
        })
        .collect()
}

/// The modules of `src/lib.rs`, in their order.
fn modules() -> Vec<String> {
    let lib = fs::read_to_string(root().join("src/lib.rs")).unwrap();
    lib.lines()
        .filter_map(|line| Some(line.strip_prefix("pub mod ")?.strip_suffix(';')?.to_owned()))
        .collect()
}

#[test]
fn a_module_names_only_modules_above_it() {
    let order = modules();
    assert!(order.len() > 8, "{order:?}");
    for (name, text) in sources("src") {
        let own = name
            .trim_start_matches("src/")
            .split(['/', '.'])
            .next()
            .unwrap()
            .to_owned();
        let Some(position) = order.iter().position(|module| *module == own) else {
            continue;
        };
        for below in &order[position + 1..] {
            // Attachments of disclaimers to articles are the articles' business; only tests look down.
            let named = text.contains(&format!("crate::{below}::"))
                || text.contains(&format!("crate::{{{below}"));
            assert!(
                !named,
                "{name} names crate::{below}, which stands below it in lib.rs"
            );
        }
    }
}

#[test]
fn each_thing_has_its_place() {
    for (name, text) in sources("src") {
        let code: String = text
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"))
            .collect::<Vec<_>>()
            .join("\n");
        let is_store =
            name.ends_with("/store.rs") || name.contains("/store/") || name.starts_with("src/db/");
        if code.contains("db::schema") {
            assert!(
                is_store || name == "src/meta/handlers.rs",
                "{name} sees the tables: only a store does"
            );
        }
        if code.contains("std::env::") || code.contains("dotenvy::") {
            assert!(
                name.starts_with("src/settings/"),
                "{name} reads the environment: only the settings do"
            );
        }
        if code.contains("StatusCode::") {
            let allowed = ["src/problem/catalogue.rs", "src/web/reply.rs"];
            assert!(
                allowed.contains(&name.as_str()),
                "{name} types a status: they stand in the catalogue"
            );
        }
        for word in ["todo!(", "unimplemented!(", "dbg!(", "#[allow("] {
            assert!(!code.contains(word), "{name} holds {word}");
        }
        if !name.starts_with("src/domain") && !name.starts_with("src/problem") {
            assert!(
                !(code.contains("actix_web") && code.contains("diesel::prelude"))
                    || name == "src/meta/handlers.rs",
                "{name} knows HTTP and SQL at once"
            );
        }
    }
}

#[test]
fn no_code_is_typed_beside_the_catalogue() {
    for (name, text) in sources("src") {
        if name.starts_with("src/problem/") {
            continue;
        }
        let text: String = text
            .lines()
            .filter(|line| {
                !line.contains("#[schema(example") && !line.trim_start().starts_with("example:")
            })
            .collect();
        for entry in copydesk::problem::CATALOGUE {
            assert!(
                !text.contains(&format!("\"{}\"", entry.name)),
                "{name} types the code {}",
                entry.name
            );
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
        assert!(
            text.starts_with("//!") || is_list,
            "{name} does not open with //!"
        );
        assert!(text.lines().count() <= 600, "{name} is over 600 lines");
    }
}
