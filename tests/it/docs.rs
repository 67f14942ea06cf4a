//! README and docs are true: every block of commands is run, and what it shows is compared.
//!
//! A block `console` is a transcript: lines behind `$` are run, the others are
//! what they print, with `...` for what is left out. A block `sh` is run and
//! must succeed. A server that a block starts goes on until the next one is
//! started. Ids, instants, keys and tags may differ; so may the port.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::support::process::without_settings;

/// Pages with blocks to be run, each with the programs that they use besides bash, curl and sed. A
/// page is one session, from its first block to its last.
macro_rules! pages {
    ($( $test:ident: $page:literal $([$($program:literal),+])? ),+ $(,)?) => {
        const PAGES: &[&str] = &[$($page),+];

        $(
            #[test]
            fn $test() {
                is_true($page, &["bash", "curl", "sed", $($($program),+)?]);
            }
        )+
    };
}

pages! {
    the_readme_is_true: "README.md",
    the_wire_rules_are_true: "docs/api.md",
    the_page_about_deploying_is_true: "docs/deploy.md",
    the_export_page_is_true: "docs/export.md",
    the_import_page_is_true: "docs/import.md",
    the_page_about_formats_is_true: "docs/import-formats.md",
    the_page_about_sites_is_true: "docs/import-sites.md",
    the_install_page_is_true: "docs/install.md",
    the_operations_page_is_true: "docs/operations.md",
    the_page_about_query_is_true: "docs/query-method.md",
    the_quick_start_is_true: "docs/quick-start.md",
    the_page_about_reading_is_true: "docs/reading.md",
    the_page_about_security_is_true: "docs/security.md",
    the_page_about_testing_is_true: "docs/testing.md",
    the_guide_to_a_wire_story_is_true: "docs/guides/wire-story.md",
    the_guide_to_an_embargo_is_true: "docs/guides/embargo.md",
    the_guide_to_a_paywall_is_true: "docs/guides/paywall-teaser.md",
    the_guide_to_corrections_is_true: "docs/guides/correct.md",
    the_guide_to_withdrawing_is_true: "docs/guides/withdraw.md",
    the_guide_to_moderation_is_true: "docs/guides/moderate-comments.md",
    the_guide_to_a_static_site_is_true: "docs/guides/static-site.md" ["node"],
    the_guide_to_a_proxy_is_true: "docs/guides/behind-a-proxy.md",
    the_guide_to_errors_is_true: "docs/guides/errors.md" ["node", "python3"],
}

/// Info strings of blocks that show something and are not run.
const SHOWN: [&str; 2] = ["text", "json"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A command of a page with what it is said to print; nothing where nothing is said.
struct Step {
    page_line: usize,
    command: String,
    shown: Option<String>,
}

/// The blocks of a page: line, info string, text.
fn blocks(page: &str) -> Vec<(usize, String, String)> {
    let mut found: Vec<(usize, String, String)> = Vec::new();
    let mut inside = false;
    for (number, line) in page.lines().enumerate() {
        match line.strip_prefix("```") {
            Some(info) if !inside => {
                found.push((number + 1, info.to_owned(), String::new()));
                inside = true;
            }
            Some(_) => inside = false,
            None if inside => {
                let text = &mut found.last_mut().unwrap().2;
                text.push_str(line);
                text.push('\n');
            }
            None => {}
        }
    }
    found
}

fn steps(page: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for (line, info, text) in blocks(page) {
        match info.as_str() {
            "sh" if text.lines().any(starts_a_server) => {
                steps.extend(text.lines().map(|command| Step {
                    page_line: line,
                    command: command.to_owned(),
                    shown: None,
                }));
            }
            "sh" => steps.push(Step { page_line: line, command: text, shown: None }),
            "console" => {
                let mut goes_on = false;
                for line_of_text in text.lines() {
                    if let Some(command) = line_of_text.strip_prefix("$ ") {
                        steps.push(Step {
                            page_line: line,
                            command: command.to_owned(),
                            shown: Some(String::new()),
                        });
                        goes_on = command.ends_with('\\');
                        continue;
                    }
                    let step = steps.last_mut().unwrap();
                    if goes_on {
                        step.command.push('\n');
                        step.command.push_str(line_of_text);
                        goes_on = line_of_text.ends_with('\\');
                    } else if let Some(shown) = &mut step.shown {
                        shown.push_str(line_of_text);
                        shown.push('\n');
                    }
                }
            }
            _ => {}
        }
    }
    steps
}

/// Whether a command goes on until it is stopped. One that is refused ends by itself.
fn starts_a_server(command: &str) -> bool {
    let words: Vec<&str> = command
        .split(" #")
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .skip_while(|word| word.contains('='))
        .collect();
    let arguments = match words.as_slice() {
        ["cargo", "run", "--release", "--", rest @ ..] | ["copydesk", rest @ ..] => rest,
        ["cargo", "run", "--release"] => &[],
        _ => return false,
    };
    let ends = [
        "migrate", "import", "export", "key", "check", "openapi", "backup", "restore", "compact",
        "completions", "man", "--help", "empty.db",
    ];
    !arguments.iter().any(|argument| ends.contains(argument))
}

/// Runs a page's steps in one shell, and gives what each printed with its exit code.
fn run(steps: &[Step]) -> Vec<(String, i32)> {
    let dir = tempfile::tempdir().unwrap();
    let (bin, out) = (dir.path().join("bin"), dir.path().join("out"));
    fs::create_dir_all(&bin).unwrap();
    fs::create_dir_all(&out).unwrap();
    fs::create_dir(dir.path().join("work")).unwrap();
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_copydesk"), bin.join("copydesk")).unwrap();
    // `cargo run` is the program that cargo has built for this test, `cargo test` is this test.
    executable(
        &bin.join("cargo"),
        "#!/bin/sh\nif [ \"$1\" = test ]; then exit 0; fi\nshift 2\nif [ \"$1\" = -- ]; then shift; fi\nexec copydesk \"$@\"\n",
    );
    let mut script = PRELUDE.to_owned();
    for (number, step) in steps.iter().enumerate() {
        let how = if starts_a_server(&step.command) { "start" } else { "run" };
        script.push_str(&format!(
            "{how} {number} <<'END_OF_STEP'\n{}\nEND_OF_STEP\n",
            step.command.trim_end()
        ));
    }
    let mut shell = Command::new("bash");
    without_settings(&mut shell);
    let mut shell = shell
        .current_dir(dir.path().join("work"))
        .env("BIN", &bin)
        .env("OUT", &out)
        .env("RUST_LOG", "off")
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = shell.stdin.take().unwrap();
    stdin.write_all(script.as_bytes()).unwrap();
    drop(stdin);
    assert!(shell.wait().unwrap().success());
    (0..steps.len())
        .map(|number| {
            let read = |suffix: &str| {
                fs::read_to_string(out.join(format!("{number}{suffix}"))).unwrap_or_default()
            };
            (read(""), read(".code").trim().parse().unwrap())
        })
        .collect()
}

/// What a reader's shell does: the port and the key are those that the server printed.
const PRELUDE: &str = r#"
set -u
PATH=$BIN:$PATH
actual=not-started admin_key=not-made server= code=0
meant() { sed -e "s|http://127.0.0.1:8080|$actual|g" -e "s|http://127.0.0.1:\.\.\.|$actual|g" -e "s|cdk_\.\.\.|$admin_key|g"; }
shown() { sed -e "s|$actual|http://127.0.0.1:8080|g"; }
run() {
    local text
    text=$(meant)
    eval "(exit $code)
$text" >"$OUT/$1.raw" 2>&1 </dev/null
    code=$?
    echo $code >"$OUT/$1.code"
    shown <"$OUT/$1.raw" >"$OUT/$1"
}
stop() { if [ -n "$server" ]; then kill "$server"; wait "$server"; server=; fi; }
start() {
    local text line
    text=$(cat)
    stop
    exec 9< <(eval "COPYDESK_LISTEN=127.0.0.1:0 exec env $text" 2>"$OUT/$1.err")
    server=$!
    read -r actual <&9
    { echo "$actual"; while read -r -t 0.1 line; do echo "$line"; done; } <&9 >"$OUT/$1.raw"
    # Without a terminal the key is in a file; the pages show what a terminal shows.
    line=$(sed -n 's/^admin key  in \(.*\)   (.*/\1/p' "$OUT/$1.raw")
    if [ -n "$line" ]; then
        sed -i "s|^admin key  in .*|admin key  $(cat "$line")   (shown this once: keep it)|" "$OUT/$1.raw"
    fi
    admin_key=$(sed -n 's/^admin key *\(cdk_[^ ]*\).*/\1/p' "$OUT/$1.raw")
    case $actual in http://*) echo 0 ;; *) echo 1 ;; esac >"$OUT/$1.code"
    shown <"$OUT/$1.raw" >"$OUT/$1"
}
trap stop EXIT
"#;

fn executable(path: &Path, text: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// A text with everything that differs from run to run made alike.
fn alike(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (replaced, length) =
            token(rest).unwrap_or_else(|| (&rest[..first.len_utf8()], first.len_utf8()));
        out.push_str(replaced);
        rest = &rest[length..];
    }
    out.trim().to_owned()
}

/// What an id, an instant or a key at the beginning of `text` is shown as, and its length.
fn token(text: &str) -> Option<(&'static str, usize)> {
    let fits = |form: &str| {
        let head = text.get(..form.len())?;
        let same = head.chars().zip(form.chars()).all(|(c, want)| match want {
            'x' => c.is_ascii_hexdigit(),
            '9' => c.is_ascii_digit(),
            _ => c == want,
        });
        same.then_some(form.len())
    };
    if let Some(length) = fits("xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx") {
        return Some(("<id>", length));
    }
    if let Some(length) = fits("9999-99-99T99:99:99.999999Z") {
        return Some(("<instant>", length));
    }
    let key = text.strip_prefix("cdk_")?;
    let length = key.bytes().take_while(|c| c.is_ascii_alphanumeric() || *c == b'_').count();
    Some(("<key>", "cdk_".len() + length.max(3)))
}

/// Whether `printed` is what `shown` shows, `...` standing for anything.
fn fits(shown: &str, printed: &str) -> bool {
    let parts: Vec<&str> = shown.split("...").collect();
    let Some((first, others)) = parts.split_first() else {
        return false;
    };
    let Some(mut rest) = printed.strip_prefix(first) else {
        return false;
    };
    for (number, part) in others.iter().enumerate() {
        let is_last = number + 1 == others.len();
        let at = if is_last && !part.is_empty() {
            rest.ends_with(part).then(|| rest.len() - part.len())
        } else {
            rest.find(part)
        };
        let Some(at) = at else { return false };
        rest = if is_last { "" } else { &rest[at + part.len()..] };
    }
    rest.is_empty()
}

fn has(program: &str) -> bool {
    Command::new(program)
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

fn is_true(page: &str, programs: &[&str]) {
    if let Some(missing) = programs.iter().find(|program| !has(program)) {
        // Not a macro: the test runner would keep what it prints to itself.
        let _ = writeln!(std::io::stderr(), "SKIPPED the blocks of {page}: no {missing}");
        return;
    }
    let text = fs::read_to_string(root().join(page)).unwrap();
    let steps = steps(&text);
    assert!(!steps.is_empty());
    for (step, (printed, code)) in steps.iter().zip(run(&steps)) {
        let place = format!("{page}, block at line {}: {}", step.page_line, step.command);
        match &step.shown {
            None => assert_eq!(code, 0, "{place}\n{printed}"),
            Some(_) if starts_a_server(&step.command) && code != 0 => panic!("{place}\n{printed}"),
            Some(shown) => {
                let (shown, printed) = (alike(shown), alike(&printed));
                assert!(fits(&shown, &printed), "{place}\nshown:   {shown}\nprinted: {printed}");
            }
        }
    }
}

#[test]
fn no_page_has_blocks_that_are_not_run() {
    let mut pages: Vec<PathBuf> = ["", "docs", "docs/decisions", "docs/guides"]
        .map(|dir| root().join(dir))
        .into_iter()
        .flat_map(|dir| fs::read_dir(dir).unwrap())
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .collect();
    pages.sort();
    for path in pages {
        let name = path.strip_prefix(root()).unwrap().to_string_lossy().into_owned();
        for (line, info, _) in blocks(&fs::read_to_string(&path).unwrap()) {
            let is_run = ["sh", "console"].contains(&info.as_str());
            assert!(is_run || SHOWN.contains(&info.as_str()), "{name}:{line}: a block of `{info}`");
            assert!(
                !is_run || PAGES.contains(&name.as_str()),
                "{name}:{line} is not run: add it to PAGES"
            );
        }
    }
}

#[test]
fn what_differs_is_told_from_what_is_wrong() {
    let shown = alike(
        "{\"id\":\"01a2050b-b58a-7f86-a413-e070ea1bc1e3\",\"at\":\"2026-11-22T20:56:23.178289Z\",...,\"z\":1}",
    );
    assert!(fits(
        &shown,
        &alike(
            "{\"id\":\"01a2058f-52a4-7be8-a8d3-5f5f2c0f9b77\",\"at\":\"2027-01-01T00:00:00.000000Z\",\"y\":2,\"z\":1}\n"
        )
    ));
    assert!(!fits(
        &shown,
        &alike(
            "{\"id\":\"01a2058f-52a4-7be8-a8d3-5f5f2c0f9b77\",\"at\":\"2027-01-01T00:00:00.000000Z\",\"y\":2,\"z\":2}"
        )
    ));
    assert!(fits("admin key  <key>   (kept)", &alike("admin key  cdk_ab_cd   (kept)")));
    assert!(!fits("a", "ab") && !fits("", "x") && fits("", "") && fits("a...", "abc"));
}
