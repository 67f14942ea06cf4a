//! The wire rules that hold for every operation.

use serde_json::json;

use crate::support::TestApp;
use crate::support::make::{NOWHERE, path_of};

/// Every request breaks more than one rule; the first in the contract's order is answered.
#[actix_web::test]
async fn the_order_of_checks_is_fixed() {
    let app = TestApp::new().await;
    let big = "x".repeat(2 * 1024 * 1024 + 1);
    let nowhere = format!("/v1/articles/{NOWHERE}");
    let bad_key = ("Authorization", "Bearer nobody");
    // Path before method before credentials.
    app.delete("/v1/nothing")
        .header(bad_key.0, bad_key.1)
        .send()
        .await
        .expect(404)
        .problem("route_not_found");
    app.delete("/v1/articles")
        .header(bad_key.0, bad_key.1)
        .send()
        .await
        .expect(405)
        .problem("method_not_allowed");
    // Credentials before size, also on public reads.
    app.get("/v1/articles?limit=0")
        .header(bad_key.0, bad_key.1)
        .send()
        .await
        .expect(401)
        .problem("invalid_key");
    app.post("/v1/articles")
        .bytes(big.clone())
        .send()
        .await
        .expect(401)
        .problem("unauthenticated");
    app.put(&nowhere)
        .send()
        .await
        .expect(401)
        .problem("unauthenticated");
    // Size before type before Accept before parameters before syntax before rules before look-up.
    let put = |path: &str| app.put(path).key().header("Accept", "text/html");
    put(&format!("{nowhere}?x=1"))
        .bytes(big)
        .send()
        .await
        .expect(413)
        .problem("body_too_large");
    put(&format!("{nowhere}?x=1"))
        .bytes("{")
        .send()
        .await
        .expect(415)
        .problem("unsupported_media_type");
    let json_type = ("Content-Type", "application/json");
    put(&format!("{nowhere}?x=1"))
        .header(json_type.0, json_type.1)
        .bytes("{")
        .send()
        .await
        .expect(406)
        .problem("not_acceptable");
    let put = |path: &str| app.put(path).key().header(json_type.0, json_type.1);
    put(&format!("{nowhere}?x=1"))
        .bytes("{")
        .send()
        .await
        .expect(400)
        .problem("invalid_parameter");
    put("/v1/articles/NOT")
        .bytes("{")
        .send()
        .await
        .expect(400)
        .problem("invalid_parameter");
    put(&nowhere)
        .bytes("{")
        .send()
        .await
        .expect(400)
        .problem("malformed_json");
    put(&nowhere)
        .bytes("{}")
        .send()
        .await
        .expect(422)
        .problem("validation_failed");
    put(&nowhere)
        .bytes(r#"{"title":"A"}"#)
        .send()
        .await
        .expect(404)
        .problem("article_not_found");
    // An unreadable condition is a parameter: before the body and the look-up.
    put(&nowhere)
        .header("If-Match", "7")
        .bytes("{")
        .send()
        .await
        .expect(400)
        .problem("invalid_parameter");
    app.get("/v1/articles/nope")
        .header("If-None-Match", "7")
        .send()
        .await
        .expect(400)
        .problem("invalid_parameter");
    // Visibility before comments_closed; the condition before the conflict.
    let article = app.article("A").await;
    app.post(&format!("{}/publish", path_of(&article)))
        .key()
        .header("If-Match", "\"7-x\"")
        .send()
        .await
        .expect(412);
}

#[actix_web::test]
async fn a_key_is_a_bearer_key_and_nothing_else() {
    let app = TestApp::new().await;
    for value in [
        "Basic dGVzdDp0ZXN0",
        "Bearer",
        "Bearer ",
        "test-key-0123456789",
        "Bearer cdk_short_x",
        "Bearer test-key-0123456789 x",
    ] {
        let answer = app
            .get("/v1/articles")
            .header("Authorization", value)
            .send()
            .await
            .expect(401);
        assert_eq!(
            answer.header("www-authenticate"),
            "Bearer error=\"invalid_token\""
        );
        answer.problem("invalid_key");
    }
    let bare = app
        .get("/v1/articles")
        .header("Authorization", "test-key-0123456789")
        .send()
        .await;
    assert!(
        bare.text().contains("Authorization: Bearer <key>"),
        "{}",
        bare.text()
    );
    app.get("/v1/articles")
        .key()
        .header("Authorization", "Bearer x")
        .send()
        .await
        .expect(401)
        .problem("invalid_key");
    app.get("/v1/articles")
        .header("Authorization", "bearer test-key-0123456789")
        .send()
        .await
        .expect(200);
    let answer = app.post("/v1/articles").send().await.expect(401);
    assert_eq!(answer.header("www-authenticate"), "Bearer");
    app.get("/healthz")
        .header("Authorization", "Bearer nobody")
        .send()
        .await
        .expect(200);
}

#[actix_web::test]
async fn a_made_key_works_and_only_its_digest_is_kept() {
    let app = TestApp::new().await;
    let entropy = app.parts.entropy.clone();
    let made = app
        .db()
        .write(move |conn, now| copydesk::access::make_first_key(conn, now, entropy.as_ref()))
        .await
        .unwrap()
        .unwrap();
    let entropy = app.parts.entropy.clone();
    let again = app
        .db()
        .write(move |conn, now| copydesk::access::make_first_key(conn, now, entropy.as_ref()))
        .await
        .unwrap();
    assert!(again.is_none(), "a newsroom with a key gets no other");
    let bearer = format!("Bearer {}", made.reveal());
    app.post("/v1/articles")
        .header("Authorization", &bearer)
        .json(&json!({"title": "A"}))
        .send()
        .await
        .expect(201);
    let mut wrong = bearer.clone();
    wrong.replace_range(
        bearer.len() - 1..,
        if bearer.ends_with('x') { "y" } else { "x" },
    );
    app.post("/v1/articles")
        .header("Authorization", &wrong)
        .json(&json!({"title": "A"}))
        .send()
        .await
        .expect(401);
    let secret = made.reveal();
    let secret = secret.rsplit('_').next().unwrap();
    let file = std::fs::read(&app.database).unwrap();
    let wal = std::fs::read(app.database.with_extension("db-wal")).unwrap();
    for bytes in [file, wal] {
        assert!(
            !bytes
                .windows(secret.len())
                .any(|window| window == secret.as_bytes()),
            "the secret is on disk"
        );
    }
}

#[actix_web::test]
async fn media_types_are_taken_strictly() {
    let app = TestApp::new().await;
    let body = r#"{"title":"A"}"#;
    for (content_type, status) in [
        ("application/json", 201),
        ("Application/JSON; charset=UTF-8", 201),
        ("application/json;charset=\"utf-8\"", 201),
        ("application/json; charset=latin1", 415),
        ("text/plain", 415),
        ("application/x-www-form-urlencoded", 415),
        ("application/merge-patch+json", 415),
        ("", 415),
        ("application/jsonx", 415),
    ] {
        let answer = app
            .post("/v1/articles")
            .key()
            .header("Content-Type", content_type)
            .bytes(body)
            .send()
            .await
            .expect(status);
        if status == 415 {
            assert_eq!(answer.header("accept-encoding"), "identity");
            assert_eq!(
                answer.problem("unsupported_media_type")["accepted"],
                json!(["application/json"])
            );
        }
    }
    app.post("/v1/articles")
        .key()
        .bytes(body)
        .send()
        .await
        .expect(415);
    let packed = app
        .post("/v1/articles")
        .key()
        .header("Content-Encoding", "gzip")
        .json(&json!({"title": "A"}));
    packed.send().await.expect(415);
}

#[actix_web::test]
async fn malformed_json_is_told_with_its_offset() {
    let app = TestApp::new().await;
    for (body, offset) in [
        (&b""[..], 0),
        (b"{\"title\":\"A\",}", 13),
        (b"{\"title\":\"A\",\"title\":\"B\"}", 19),
        (b"\xef\xbb\xbf{}", 0),
        (b"{} x", 3),
        (b"{\"a\":{\"b\":1,\"b\":2}}", 14),
    ] {
        let request = app
            .post("/v1/articles")
            .key()
            .header("Content-Type", "application/json")
            .bytes(body.to_vec());
        let problem = request.send().await.expect(400).problem("malformed_json");
        assert_eq!(
            problem["offset"],
            offset,
            "{}",
            String::from_utf8_lossy(body)
        );
    }
    for body in [
        &b"\"\\ud800\""[..],
        b"{\"title\":\"\xff\"}",
        &[b'['; 1 << 20],
    ] {
        let request = app
            .post("/v1/articles")
            .key()
            .header("Content-Type", "application/json")
            .bytes(body.to_vec());
        request.send().await.expect(400).problem("malformed_json");
    }
}

#[actix_web::test]
async fn accept_is_honoured_and_errors_come_all_the_same() {
    let app = TestApp::new().await;
    for (accept, status) in [
        ("*/*", 200),
        ("application/*", 200),
        ("text/html, application/json;q=0.1", 200),
        ("text/html", 406),
        ("application/json;q=0", 406),
    ] {
        app.get("/v1/articles")
            .header("Accept", accept)
            .send()
            .await
            .expect(status);
    }
    app.get("/v1/articles/nothing")
        .header("Accept", "application/json")
        .send()
        .await
        .expect(404);
}

#[actix_web::test]
async fn every_path_knows_head_and_options_and_says_what_it_allows() {
    let app = TestApp::new().await;
    let article = app.article("A").await;
    let path = path_of(&article);
    for (path, allow) in [
        ("/v1/articles".to_owned(), "GET, HEAD, OPTIONS, POST"),
        (path.clone(), "DELETE, GET, HEAD, OPTIONS, PATCH, PUT"),
        (format!("{path}/publish"), "OPTIONS, POST"),
        ("/healthz".to_owned(), "GET, HEAD, OPTIONS"),
    ] {
        let options = app.request("OPTIONS", &path).send().await.expect(204);
        assert_eq!(options.header("allow"), allow);
        assert_eq!(
            options.find("accept-patch").is_some(),
            allow.contains("PATCH")
        );
        for method in ["TRACE", "QUERY", "get"] {
            let answer = app.request(method, &path).send().await.expect(405);
            assert_eq!(answer.header("allow"), allow);
            assert_eq!(
                answer.problem("method_not_allowed")["allowed"]
                    .as_array()
                    .unwrap()
                    .len(),
                allow.split(", ").count()
            );
        }
        if allow.contains("GET") {
            let (get, head) = (
                app.get(&path).send().await.expect(200),
                app.request("HEAD", &path).send().await.expect(200),
            );
            for name in ["etag", "content-type", "cache-control"] {
                assert_eq!(get.find(name), head.find(name), "{path} {name}");
            }
        }
    }
    app.request("HEAD", "/v1/articles/nothing")
        .send()
        .await
        .expect(404);
}

#[actix_web::test]
async fn an_unknown_path_is_told_with_the_one_that_was_meant() {
    let app = TestApp::new().await;
    for (path, hint) in [
        ("/v1/articles/", "ask for `/v1/articles`"),
        ("/articles", "Did you mean `/v1/articles`"),
        ("/v2/articles", "/openapi.json"),
        ("//", "/openapi.json"),
        ("/v1/articles//", "ask for `/v1/articles`"),
    ] {
        let problem = app
            .get(path)
            .send()
            .await
            .expect(404)
            .problem("route_not_found");
        assert!(
            problem["detail"].as_str().unwrap().contains(hint),
            "{path}: {problem}"
        );
    }
}

#[actix_web::test]
async fn a_valid_request_id_is_kept() {
    let app = TestApp::new().await;
    let answer = app
        .get("/v1/articles")
        .header("X-Request-Id", NOWHERE)
        .send()
        .await;
    assert_eq!(answer.header("x-request-id"), NOWHERE);
    for bad in ["nonsense", "", "{0192d5a0-0000-7000-8000-00000000dead}"] {
        let answer = app
            .get("/v1/articles")
            .header("X-Request-Id", bad)
            .send()
            .await;
        assert_ne!(answer.header("x-request-id"), bad);
    }
    let (a, b) = (
        app.get("/v1/articles").send().await,
        app.get("/v1/articles").send().await,
    );
    assert_ne!(a.header("x-request-id"), b.header("x-request-id"));
}

#[actix_web::test]
async fn pages_of_other_origins_may_read_on_a_loopback_address() {
    use crate::support::app::Setup;
    let app = TestApp::with(Setup {
        change: Some(|parts| parts.cors.any_may_read = true),
        ..Setup::default()
    })
    .await;
    let origin = ("Origin", "https://example.com");
    let read = app
        .get("/v1/articles/nothing")
        .header(origin.0, origin.1)
        .send()
        .await
        .expect(404);
    assert_eq!(read.header("access-control-allow-origin"), "*");
    assert!(
        read.header("access-control-expose-headers")
            .contains("ETag")
    );
    let preflight = |method: &'static str| {
        app.request("OPTIONS", "/v1/articles")
            .header(origin.0, origin.1)
            .header("Access-Control-Request-Method", method)
            .send()
    };
    assert_eq!(
        preflight("GET")
            .await
            .expect(204)
            .header("access-control-allow-methods"),
        "GET, HEAD"
    );
    assert_eq!(
        preflight("POST")
            .await
            .expect(204)
            .find("access-control-allow-origin"),
        None
    );
    // Else a page would see no answer at all instead of the 404 that tells it the right path.
    let typo = app
        .request("OPTIONS", "/v1/article")
        .header(origin.0, origin.1)
        .header("Access-Control-Request-Method", "GET")
        .send();
    assert_eq!(
        typo.await.expect(204).header("access-control-allow-origin"),
        "*"
    );
    app.request("OPTIONS", "/v1/article")
        .send()
        .await
        .expect(404);
    // Also without an Origin: the answer may be kept and shown to a page that has one.
    let plain = app.get("/v1/articles").send().await;
    assert_eq!(plain.header("access-control-allow-origin"), "*");
    let closed = TestApp::new().await;
    assert_eq!(
        closed
            .get("/v1/articles")
            .header(origin.0, origin.1)
            .send()
            .await
            .find("access-control-allow-origin"),
        None
    );
}

#[actix_web::test]
async fn named_origins_may_write_as_well() {
    use crate::support::app::Setup;
    use copydesk::web::cors::Origins;
    let app = TestApp::with(Setup {
        change: Some(|parts| {
            parts.cors.origins = Origins::These(vec!["https://news.example".to_owned()]);
        }),
        ..Setup::default()
    })
    .await;
    let ask = |origin: &'static str, method: &'static str| {
        app.request("OPTIONS", "/v1/articles")
            .header("Origin", origin)
            .header("Access-Control-Request-Method", method)
            .send()
    };
    let allowed = ask("https://news.example", "POST").await.expect(204);
    assert_eq!(
        allowed.header("access-control-allow-origin"),
        "https://news.example"
    );
    assert!(
        allowed
            .header("access-control-allow-methods")
            .contains("POST")
    );
    assert!(
        allowed
            .header("access-control-allow-headers")
            .contains("If-Match")
    );
    for (origin, method) in [("https://else.example", "POST"), ("null", "GET")] {
        let refused = ask(origin, method).await.expect(204);
        assert_eq!(refused.find("access-control-allow-origin"), None);
    }
    let written = app
        .post("/v1/articles")
        .key()
        .header("Origin", "https://news.example")
        .json(&serde_json::json!({"title": "A"}))
        .send()
        .await
        .expect(201);
    assert_eq!(
        written.header("access-control-allow-origin"),
        "https://news.example"
    );
    // A cache must not show one origin's answer to another.
    let plain = app.get("/v1/articles").send().await.expect(200);
    assert_eq!(
        plain.header("vary"),
        "Accept-Encoding, Authorization, Origin"
    );
    for (path, want) in [
        ("/", "Accept-Encoding, Authorization, Accept, Origin"),
        ("/v1/nothing", "Accept-Encoding, Authorization, Origin"),
        (
            "/v1/articles?limit=0",
            "Accept-Encoding, Authorization, Origin",
        ),
    ] {
        assert_eq!(app.get(path).send().await.header("vary"), want, "{path}");
    }
    let comment = app.get(&format!("/v1/comments/{NOWHERE}")).send().await;
    let with_token = "Accept-Encoding, Authorization, Edit-Token, Origin";
    assert_eq!(comment.header("vary"), with_token);
    assert_eq!(
        allowed.header("vary"),
        "Accept-Encoding, Authorization, Origin"
    );
}

/// Bodies made to cost more than they weigh are refused as fast as any other.
#[actix_web::test]
async fn hostile_sizes_cost_what_they_weigh() {
    let app = TestApp::new().await;
    let long = "k".repeat(1_000_000);
    let wide = vec!["0"; 400_000].join(",");
    let names: Vec<String> = (0..100_000).map(|n| format!("\"n{n}\":1")).collect();
    for body in [
        format!("{{\"{long}\":[{wide}]}}"),
        format!("{{\"{long}\":1}}"),
        format!("{{{}}}", names.join(",")),
    ] {
        let answer = app
            .post("/v1/articles")
            .key()
            .header("Content-Type", "application/json")
            .bytes(body)
            .send()
            .await;
        let answer = answer.expect(422);
        assert!(answer.body.len() < 40_000, "{} bytes", answer.body.len());
    }
    let query = vec!["a"; 10_000].join("&");
    let answer = app
        .get(&format!("/v1/articles?{query}"))
        .send()
        .await
        .expect(400);
    assert!(answer.body.len() < 40_000, "{} bytes", answer.body.len());
}
