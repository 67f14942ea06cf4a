//! The command line as a person meets it.

use std::process::Output;

use crate::support::process::{Server, command};

fn copydesk(arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    let dir = tempfile::tempdir().unwrap();
    command(dir.path())
        .args(arguments)
        .envs(environment.iter().copied())
        .output()
        .unwrap()
}

#[test]
fn help_names_every_setting() {
    let output = copydesk(
        &["--help"],
        &[("COPYDESK_ADMIN_KEY", "never-shown-in-help")],
    );
    let text = String::from_utf8(output.stdout).unwrap();
    for name in [
        "--listen",
        "DATABASE_URL",
        "COPYDESK_ADMIN_KEY",
        "RUST_LOG",
        "serve",
        "migrate",
        "import",
        "demo",
        "check",
        "openapi",
    ] {
        assert!(text.contains(name), "{name} in {text}");
    }
    assert!(!text.contains("never-shown"), "{text}");
}

#[test]
fn a_bad_value_stops_the_start_with_a_sentence() {
    for (arguments, environment, want) in [
        (vec!["--listen", "nonsense"], vec![], "--listen"),
        (vec![], vec![("COPYDESK_ADMIN_KEY", "shorty")], "16 to 200"),
        (
            vec![],
            vec![("DATABASE_URL", "postgres://localhost/x")],
            "SQLite",
        ),
        (vec![], vec![("COPYDESK_LISTN", "x")], "COPYDESK_LISTEN"),
        (vec!["sevre"], vec![], "serve"),
    ] {
        let output = copydesk(&arguments, &environment);
        let text = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{text}");
        assert!(text.contains(want), "{want} in {text}");
        assert!(!text.contains("shorty"), "a secret is repeated: {text}");
    }
}

#[test]
fn a_file_of_settings_is_read_and_its_faults_have_a_line() {
    let dir = tempfile::tempdir().unwrap();
    let run = |text: &str| {
        std::fs::write(dir.path().join(".env"), text).unwrap();
        command(dir.path()).arg("migrate").output().unwrap()
    };
    assert!(run("DATABASE_URL=other.db\n").status.success());
    assert!(dir.path().join("other.db").exists());
    let refused = run("# settings\nCOPYDESK_ADMIN_KEY is secret\n");
    let text = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(refused.status.code(), Some(2));
    assert!(
        text.contains(".env, line 2") && !text.contains("secret"),
        "{text}"
    );
    // What is generated can be used as it is.
    assert!(run(&copydesk::settings::env_example()).status.success());
}

#[test]
fn openapi_prints_the_document() {
    let output = copydesk(&["openapi"], &[]);
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        copydesk::app::document()
    );
}

#[test]
fn migrate_makes_the_file_and_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("news.db");
    let url = format!("sqlite:{}", path.display());
    let first = copydesk(&["migrate"], &[("DATABASE_URL", &url)]);
    assert!(
        String::from_utf8_lossy(&first.stdout).contains("migration(s) applied"),
        "{first:?}"
    );
    let again = copydesk(&["migrate", "--database-url", &url], &[]);
    assert!(
        String::from_utf8_lossy(&again.stdout).contains("up to date"),
        "{again:?}"
    );
    use std::os::unix::fs::PermissionsExt as _;
    assert_eq!(
        std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o600
    );
    let names: Vec<_> = std::fs::read_dir(dir.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(names, ["news.db"], "nothing is left beside it");
}

#[test]
fn keys_are_made_listed_and_revoked_beside_a_running_server() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(
        dir.path(),
        3,
        &[("COPYDESK_ADMIN_KEY", "outside-key-0123456789")],
    );
    let run = |arguments: &[&str]| {
        let output = command(dir.path())
            .arg("key")
            .args(arguments)
            .output()
            .unwrap();
        (
            output.status.code(),
            String::from_utf8(output.stdout).unwrap(),
        )
    };
    let (code, made) = run(&[
        "create",
        "--name",
        "Legal",
        "--preset",
        "legal",
        "--scope",
        "keys:manage",
        "--expires",
        "30d",
    ]);
    assert_eq!(code, Some(0));
    let key = made.trim_end();
    assert!(key.starts_with("cdk_") && key.len() == 60, "{made}");
    let (status, own) = server.send("GET", "/v1/keys/self", key, "");
    assert_eq!((status, &own["name"]), (200, &"Legal".into()));
    assert!(
        own["scopes"]
            .as_array()
            .unwrap()
            .contains(&"keys:manage".into())
    );
    let (_, listed) = run(&["list"]);
    assert!(
        listed.contains("Legal")
            && listed.contains("disclaimers:write")
            && !listed.contains(&key[17..]),
        "{listed}"
    );
    let id = own["id"].as_str().unwrap();
    assert_eq!(
        run(&["revoke", id]),
        (Some(0), format!("{id} is revoked.\n"))
    );
    assert_eq!(server.send("GET", "/v1/keys/self", key, "").0, 401);
    assert_eq!(run(&["revoke", id]).0, Some(1));
    for wrong in [
        &["create", "--name", "N"][..],
        &["create", "--name", "N", "--preset", "boss"],
        &[
            "create",
            "--name",
            "N",
            "--preset",
            "admin",
            "--expires",
            "soon",
        ],
        &["create", "--name", "", "--preset", "admin"],
    ] {
        assert_eq!(run(wrong).0, Some(2), "{wrong:?}");
    }
}
