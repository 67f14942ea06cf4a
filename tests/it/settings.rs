//! The command line as a person meets it.

use std::io::{Read as _, Write as _};
use std::process::Output;

use crate::support::process::{Server, command};

fn copydesk(arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    let dir = tempfile::tempdir().unwrap();
    command(dir.path()).args(arguments).envs(environment.iter().copied()).output().unwrap()
}

#[test]
fn help_names_every_setting() {
    let output = copydesk(&["--help"], &[("COPYDESK_ADMIN_KEY", "never-shown-in-help")]);
    let text = String::from_utf8(output.stdout).unwrap();
    for name in [
        "--listen", "DATABASE_URL", "COPYDESK_ADMIN_KEY", "RUST_LOG", "serve", "migrate", "import",
        "demo", "check", "openapi",
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
        (vec![], vec![("DATABASE_URL", "mysql://localhost/shorty")], "PostgreSQL"),
        (vec![], vec![("DATABASE_URL", "postgres://anna:shorty@localhost")], "names no database"),
        (vec![], vec![("COPYDESK_LISTN", "x")], "COPYDESK_LISTEN"),
        (vec!["sevre"], vec![], "serve"),
        (vec!["--language", "english language"], vec![], "BCP 47"),
        (vec!["--comments-policy", "free"], vec![], "moderated"),
        (vec!["--trusted-proxies", "10.0.0.1,proxy"], vec![], "\"proxy\""),
        (vec!["--keep-addresses", "0"], vec![], "1.."),
        (vec![], vec![("RUST_LOG", "WARNING")], "\"WARNING\" is no level"),
        (vec![], vec![("RUST_LOG", "verbose,sqlx=info")], "\"verbose\" is no level"),
        (vec![], vec![("RUST_LOG", "copydesk=verbose")], "it takes a level"),
        (vec!["--embed-hosts", "https://player.example.com"], vec![], "no host"),
        (vec!["--embed-hosts", "*.example.com"], vec![], "no host"),
        (
            vec!["--hold-words", "nowhere.txt"],
            vec![],
            "COPYDESK_HOLD_WORDS (--hold-words): nowhere.txt: ",
        ),
    ] {
        let output = copydesk(&arguments, &environment);
        let text = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{text}");
        assert!(text.contains(want), "{want} in {text}");
        assert!(!text.contains("shorty"), "a secret is repeated: {text}");
    }
}

#[test]
fn log_filters_in_any_usual_form_are_taken() {
    for filter in [
        "info", "WARN", "off", "copydesk", "copydesk::requests", "warn,copydesk=debug",
        "info,actix_server=warn", "debug/request", "mycrate=debug,info", "info,sqlx", "",
    ] {
        let output = copydesk(&["openapi"], &[("RUST_LOG", filter)]);
        assert!(output.status.success(), "{filter}: {output:?}");
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
    assert!(text.contains(".env, line 2") && !text.contains("secret"), "{text}");
    // What is generated can be used as it is.
    assert!(run(&copydesk::settings::env_example()).status.success());
}

#[test]
fn what_the_newsroom_says_of_comments_is_so() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("words.txt"), "casino\n/lot+ery/\n/(/\n").unwrap();
    let words = ("COPYDESK_HOLD_WORDS", "words.txt");
    let refused = command(dir.path()).env(words.0, words.1).output().unwrap();
    let text = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(refused.status.code(), Some(2), "{text}");
    assert!(text.contains("words.txt: line 3: /(/ is no regular expression"), "{text}");
    assert!(!dir.path().join("copydesk.db").exists(), "refused before anything is made");

    std::fs::write(dir.path().join("words.txt"), "casino\n/lot+ery/\n").unwrap();
    let key = "a-key-for-this-test-0123";
    let settings = [
        words,
        ("COPYDESK_ADMIN_KEY", key),
        ("COPYDESK_LANGUAGE", "pt-br"),
        ("COPYDESK_HOLD_LINKS", "0"),
        ("COPYDESK_HOLD_REPORTS", "1"),
        ("COPYDESK_COMMENTS_PER_MINUTE", "4"),
        ("COPYDESK_COMMENTS_CLOSE_AFTER", "30"),
        ("COPYDESK_TRUSTED_PROXIES", "127.0.0.0/8"),
    ];
    let server = Server::start(dir.path(), 1, &settings);
    let make = |body: &str| server.send("POST", "/v1/articles", key, body).1;
    let article = make(r#"{"title": "A", "state": "published"}"#);
    assert_eq!(
        (&article["language"], &article["comments_policy"]),
        (&"pt-BR".into(), &"open".into())
    );
    let old = r#"{"title": "B", "state": "published", "published_at": "2020-01-01T00:00:00Z"}"#;
    let old = make(old);
    let comment = |article: &serde_json::Value, from: &str, body: &str| {
        let path = format!("/v1/articles/{}/comments", article["id"].as_str().unwrap());
        let body = format!(r#"{{"author_name": "Sam", "body": "{body}"}}"#);
        try_anonymous(&server.address, &path, &format!("X-Forwarded-For: {from}\r\n"), &body)
    };
    let (status, problem) = comment(&old, "192.0.2.9", "Late");
    assert_eq!((status, &problem["closed_at"]), (403, &"2020-01-31T00:00:00.000000Z".into()));
    let made: Vec<_> = ["Fine", "Casino", "LOTTTERY", "https://a.example", "Fifth"]
        .map(|body| comment(&article, "192.0.2.1", body))
        .into();
    let told: Vec<_> =
        made.iter().map(|(status, body)| (*status, body["state"].as_str())).collect();
    let waits = (201, Some("pending"));
    assert_eq!(told, [(201, Some("published")), waits, waits, waits, (429, None)]);
    assert_eq!(comment(&article, "192.0.2.2", "Another").0, 201);
    let path = format!("/v1/comments/{}", made[0].1["id"].as_str().unwrap());
    assert_eq!(try_anonymous(&server.address, &format!("{path}/reports"), "", "").0, 204);
    let (_, held) = server.send("GET", &path, key, "");
    assert_eq!((&held["state"], &held["held_by"]), (&"pending".into(), &"reports".into()));
}

/// A POST of somebody without a key.
fn try_anonymous(address: &str, path: &str, headers: &str, body: &str) -> (u16, serde_json::Value) {
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    let length = body.len();
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n{headers}\r\n"
    );
    stream.write_all(format!("{head}{body}").as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, serde_json::from_str(body).unwrap_or_default())
}

#[test]
fn openapi_prints_the_document() {
    let output = copydesk(&["openapi"], &[]);
    assert_eq!(String::from_utf8(output.stdout).unwrap(), copydesk::app::document());
}

#[test]
fn migrate_makes_the_file_and_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("news.db");
    let url = format!("sqlite:{}", path.display());
    let first = copydesk(&["migrate"], &[("DATABASE_URL", &url)]);
    assert!(String::from_utf8_lossy(&first.stdout).contains("migration(s) applied"), "{first:?}");
    let again = copydesk(&["migrate", "--database-url", &url], &[]);
    assert!(String::from_utf8_lossy(&again.stdout).contains("up to date"), "{again:?}");
    use std::os::unix::fs::PermissionsExt as _;
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let names: Vec<_> =
        std::fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["news.db"], "nothing is left beside it");
}

#[test]
fn keys_are_made_listed_and_revoked_beside_a_running_server() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path(), 3, &[("COPYDESK_ADMIN_KEY", "outside-key-0123456789")]);
    let run = |arguments: &[&str]| {
        let output = command(dir.path()).arg("key").args(arguments).output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    let (code, made) = run(&[
        "create", "--name", "Legal", "--preset", "legal", "--scope", "keys:manage", "--expires",
        "30d",
    ]);
    assert_eq!(code, Some(0));
    let key = made.trim_end();
    assert!(key.starts_with("cdk_") && key.len() == 60, "{made}");
    let (status, own) = server.send("GET", "/v1/keys/self", key, "");
    assert_eq!((status, &own["name"]), (200, &"Legal".into()));
    assert!(own["scopes"].as_array().unwrap().contains(&"keys:manage".into()));
    let (_, listed) = run(&["list"]);
    assert!(
        listed.contains("Legal")
            && listed.contains("disclaimers:write")
            && !listed.contains(&key[17..]),
        "{listed}"
    );
    let id = own["id"].as_str().unwrap();
    assert_eq!(run(&["revoke", id]), (Some(0), format!("{id} is revoked.\n")));
    assert_eq!(server.send("GET", "/v1/keys/self", key, "").0, 401);
    assert_eq!(run(&["revoke", id]).0, Some(1));
    for wrong in [
        &["create", "--name", "N"][..],
        &["create", "--name", "N", "--preset", "boss"],
        &["create", "--name", "N", "--preset", "admin", "--expires", "soon"],
        &["create", "--name", "", "--preset", "admin"],
    ] {
        assert_eq!(run(wrong).0, Some(2), "{wrong:?}");
    }
}
