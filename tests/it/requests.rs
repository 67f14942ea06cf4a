//! The wire rules that hold for every operation.

use serde_json::{Value, json};

use crate::support::TestApp;
use crate::support::make::{NOWHERE, path_of, text};

/// Every request breaks more than one rule; the first in the contract's order is answered.
#[actix_web::test]
async fn the_order_of_checks_is_fixed() {
    let app = TestApp::new().await;
    let big = "x".repeat(2 * 1024 * 1024 + 1);
    let nowhere = format!("/v1/articles/{NOWHERE}");
    let bad_key = ("Authorization", "Bearer nobody");
    // Path before method before credentials.
    app.delete("/v1/nothing").header(bad_key.0, bad_key.1).refused("route_not_found").await;
    app.delete("/v1/articles").header(bad_key.0, bad_key.1).refused("method_not_allowed").await;
    // Credentials before size, also on public reads.
    app.get("/v1/articles?limit=0").header(bad_key.0, bad_key.1).refused("invalid_key").await;
    app.request("POST", "/v1/articles").bytes(big.clone()).refused("unauthenticated").await;
    app.put_empty(&nowhere).refused("unauthenticated").await;
    // Size before type before Accept before parameters before syntax before rules before look-up.
    let put = |path: &str| app.key().request("PUT", path).header("Accept", "text/html");
    put(&format!("{nowhere}?x=1")).bytes(big).refused("body_too_large").await;
    put(&format!("{nowhere}?x=1")).bytes("{").refused("unsupported_media_type").await;
    let json_type = ("Content-Type", "application/json");
    put(&format!("{nowhere}?x=1"))
        .header(json_type.0, json_type.1)
        .bytes("{")
        .refused("not_acceptable")
        .await;
    let put = |path: &str| app.key().request("PUT", path).header(json_type.0, json_type.1);
    put(&format!("{nowhere}?x=1")).bytes("{").refused("invalid_parameter").await;
    put("/v1/articles/NOT").bytes("{").refused("invalid_parameter").await;
    put(&nowhere).bytes("{").refused("malformed_json").await;
    put(&nowhere).bytes("{}").refused("validation_failed").await;
    put(&nowhere).bytes(r#"{"title":"A"}"#).refused("article_not_found").await;
    // An unreadable condition is a parameter: before the body and the look-up.
    put(&nowhere).header("If-Match", "7").bytes("{").refused("invalid_parameter").await;
    app.get("/v1/articles/nope").header("If-None-Match", "7").refused("invalid_parameter").await;
    // Visibility before comments_closed; the condition before the conflict.
    let article = app.article("A").await;
    app.key()
        .post_empty(format!("{}/publish", path_of(&article)))
        .header("If-Match", "\"7-x\"")
        .expect(412)
        .await;
}

#[actix_web::test]
async fn a_key_is_a_bearer_key_and_nothing_else() {
    let app = TestApp::new().await;
    for value in [
        "Basic dGVzdDp0ZXN0", "Bearer", "Bearer ", "test-key-0123456789", "Bearer cdk_short_x",
        "Bearer test-key-0123456789 x",
    ] {
        let answer = app.get("/v1/articles").header("Authorization", value).expect(401).await;
        assert_eq!(answer.header("www-authenticate"), "Bearer error=\"invalid_token\"");
        answer.problem("invalid_key");
    }
    let bare = app.get("/v1/articles").header("Authorization", "test-key-0123456789").send().await;
    assert!(bare.text().contains("Authorization: Bearer <key>"), "{}", bare.text());
    app.key().get("/v1/articles").header("Authorization", "Bearer x").refused("invalid_key").await;
    app.get("/v1/articles").header("Authorization", "bearer test-key-0123456789").expect(200).await;
    let answer = app.post_empty("/v1/articles").expect(401).await;
    assert_eq!(answer.header("www-authenticate"), "Bearer");
    app.get("/healthz").header("Authorization", "Bearer nobody").expect(200).await;
}

#[actix_web::test]
async fn a_made_key_works_and_only_its_digest_is_kept() {
    let app = TestApp::in_file().await;
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
    app.post("/v1/articles", json!({"title": "A"}))
        .header("Authorization", &bearer)
        .expect(201)
        .await;
    let mut wrong = bearer.clone();
    wrong.replace_range(bearer.len() - 1.., if bearer.ends_with('x') { "y" } else { "x" });
    app.post("/v1/articles", json!({"title": "A"}))
        .header("Authorization", &wrong)
        .expect(401)
        .await;
    let secret = made.reveal();
    let secret = secret.rsplit('_').next().unwrap();
    let file = std::fs::read(app.file()).unwrap();
    let wal = std::fs::read(app.file().with_extension("db-wal")).unwrap();
    for bytes in [file, wal] {
        assert!(
            !bytes.windows(secret.len()).any(|window| window == secret.as_bytes()),
            "the secret is on disk"
        );
    }
}

#[actix_web::test]
async fn a_host_is_one_host() {
    let app = TestApp::new().await;
    for host in
        ["news.example", "news.example:8080", "127.0.0.1", "[::1]:80", "", "news.example:", "a_b"]
    {
        app.get("/v1/articles").header("Host", host).expect(200).await;
    }
    for host in ["a b", "a/b", "user@a", "a:b", "a:99999", "a,b", "[::1", "a\"b"] {
        let refused =
            app.get("/v1/articles").header("Host", host).refused("invalid_parameter").await;
        assert_eq!(refused["errors"][0]["parameter"], "Host", "{host}");
    }
    let twice = app.get("/v1/articles").header("Host", "a").header("Host", "b");
    twice.refused("invalid_parameter").await;
}

#[actix_web::test]
async fn a_request_id_is_kept_as_it_was_written() {
    let app = TestApp::new().await;
    for id in ["0192d5a0-0000-7000-8000-0000000000aa", "5f2b3a4c9d8e7f60112233445566778a"] {
        let answer = app.get("/nowhere").header("X-Request-Id", id).expect(404).await;
        assert_eq!(answer.header("x-request-id"), id);
        let urn = format!("urn:uuid:{}", uuid::Uuid::parse_str(id).unwrap());
        assert_eq!(answer.json()["instance"], urn);
    }
    for other in ["5f2b3a4c9d8e7f60112233445566778", "{0192d5a0-0000-7000-8000-0000000000aa}", "x"]
    {
        let answer = app.get("/healthz").header("X-Request-Id", other).expect(200).await;
        assert_eq!(answer.header("x-request-id").len(), 36, "{other}");
    }
}

#[actix_web::test]
async fn an_action_by_another_name_is_named() {
    let app = TestApp::new().await;
    for (path, meant) in [
        ("/v1/articles/a/unwithdraw", "/v1/articles/a/publish"),
        ("/v1/articles/a/retract", "/v1/articles/a/withdraw"),
        ("/v1/articles/a/undelete", "/v1/articles/a/restore"),
        ("/v1/articles/a/corrections", "/v1/articles/a/correct"),
        ("/v1/articles/a/publsh", "/v1/articles/a/publish"),
        ("/v1/articles/a/comment", "/v1/articles/a/comments"),
        ("/v1/comments/a/recover", "/v1/comments/a/restore"),
        ("/v1/disclaimers/a/version", "/v1/disclaimers/a/versions"),
    ] {
        let problem = app.key().post_empty(path).refused("route_not_found").await;
        let hint = format!("Did you mean `{meant}`?");
        assert!(text(&problem["detail"]).contains(&hint), "{path}: {problem}");
    }
    let problem = app.get("/v1/articles/a/zebra").refused("route_not_found").await;
    assert!(!text(&problem["detail"]).contains("Did you mean"), "{problem}");
}

#[actix_web::test]
async fn a_list_is_given_in_one_parameter_or_in_several() {
    let app = TestApp::new().await;
    let ids = [app.article("A").await["id"].clone(), app.article("B").await["id"].clone()];
    let [a, b] = ids.each_ref().map(text);
    for (one, several) in [
        (
            "/v1/articles?fields=title,state".to_owned(),
            "/v1/articles?fields=title&limit=20&fields=state".to_owned(),
        ),
        (
            format!("/v1/comment-counts?article={a},{b}"),
            format!("/v1/comment-counts?article={a}&article={b}"),
        ),
    ] {
        let (one, several) = (app.get(&one).ok().await, app.get(&several).ok().await);
        assert_eq!(one["items"], several["items"]);
    }
    let twice = app.get("/v1/articles?limit=1&limit=2").refused("invalid_parameter").await;
    assert!(text(&twice["errors"][0]["detail"]).contains("once"), "{twice}");
    // A name that is none is told of once.
    let unknown = app.get("/v1/articles?fields[]=a&fields[]=b&x=1").refused("invalid_parameter");
    assert_eq!(unknown.await["errors"].as_array().unwrap().len(), 2);
}

#[actix_web::test]
async fn null_is_no_body_and_takes_the_default() {
    let app = TestApp::new().await;
    let draft = app.draft("A").await;
    let path = |action: &str| format!("{}/{action}", path_of(&draft));
    app.key().post(path("publish"), Value::Null).ok().await;
    app.key().request("POST", &path("unpublish")).json_text(" null\n").ok().await;
    let nulls = json!({"title": "A", "state": null, "body": null, "body_format": null, "tags": null,
        "authors": null, "access": null, "metadata": null, "language": null, "comments_policy": null});
    let made = app.key().post("/v1/articles", nulls).created().await;
    let shown =
        json!([made["state"], made["body"], made["body_format"], made["tags"], made["access"]]);
    assert_eq!(shown, json!(["draft", "", "markdown", [], "public"]));
    let faults = app.key().post("/v1/articles", json!({"title": null})).faults().await;
    assert_eq!(faults, [("/title".to_owned(), "required".to_owned())]);
    app.key().post("/v1/articles", Value::Null).refused("validation_failed").await;
    let path = path_of(&made);
    let put = json!({"title": "B", "tags": null, "body": null, "access": null, "slug": null, "external_id": null});
    let after = app.key().put(&path, put).ok().await;
    assert_eq!((&after["tags"], &after["slug"]), (&json!([]), &made["slug"]));
    let faults = app.key().put(&path, json!({"title": null})).faults().await;
    assert_eq!(faults, [("/title".to_owned(), "required".to_owned())]);
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
            .key()
            .request("POST", "/v1/articles")
            .header("Content-Type", content_type)
            .bytes(body)
            .expect(status)
            .await;
        if status == 415 {
            assert_eq!(answer.header("accept-encoding"), "identity");
            assert_eq!(
                answer.problem("unsupported_media_type")["accepted"],
                json!(["application/json"])
            );
        }
    }
    app.key().request("POST", "/v1/articles").bytes(body).expect(415).await;
    let packed =
        app.key().post("/v1/articles", json!({"title": "A"})).header("Content-Encoding", "gzip");
    packed.expect(415).await;
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
        let post = app.key().request("POST", "/v1/articles").json_text(body.to_vec());
        let problem = post.refused("malformed_json").await;
        assert_eq!(problem["offset"], offset, "{}", String::from_utf8_lossy(body));
    }
    for body in [&b"\"\\ud800\""[..], b"{\"title\":\"\xff\"}", &[b'['; 1 << 20]] {
        let request = app.key().request("POST", "/v1/articles").json_text(body.to_vec());
        request.refused("malformed_json").await;
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
        app.get("/v1/articles").header("Accept", accept).expect(status).await;
    }
    app.get("/v1/articles/nothing").header("Accept", "application/json").expect(404).await;
}

#[actix_web::test]
async fn every_path_knows_head_and_options_and_says_what_it_allows() {
    let app = TestApp::new().await;
    let article = app.article("A").await;
    let path = path_of(&article);
    for (path, allow) in [
        ("/v1/articles".to_owned(), "GET, HEAD, OPTIONS, POST, QUERY"),
        (path.clone(), "DELETE, GET, HEAD, OPTIONS, PATCH, PUT"),
        (format!("{path}/publish"), "OPTIONS, POST"),
        ("/healthz".to_owned(), "GET, HEAD, OPTIONS"),
    ] {
        let options = app.request("OPTIONS", &path).done().await;
        assert_eq!(options.header("allow"), allow);
        assert_eq!(options.find("accept-patch").is_some(), allow.contains("PATCH"));
        for method in ["TRACE", "query", "get"] {
            let answer = app.request(method, &path).expect(405).await;
            assert_eq!(answer.header("allow"), allow);
            assert_eq!(
                answer.problem("method_not_allowed")["allowed"].as_array().unwrap().len(),
                allow.split(", ").count()
            );
        }
        if allow.contains("GET") {
            let (get, head) =
                (app.get(&path).expect(200).await, app.request("HEAD", &path).expect(200).await);
            for name in ["etag", "content-type", "cache-control"] {
                assert_eq!(get.find(name), head.find(name), "{path} {name}");
            }
        }
    }
    app.request("HEAD", "/v1/articles/nothing").expect(404).await;
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
        let problem = app.get(path).refused("route_not_found").await;
        assert!(problem["detail"].as_str().unwrap().contains(hint), "{path}: {problem}");
    }
}

#[actix_web::test]
async fn a_valid_request_id_is_kept() {
    let app = TestApp::new().await;
    let answer = app.get("/v1/articles").header("X-Request-Id", NOWHERE).send().await;
    assert_eq!(answer.header("x-request-id"), NOWHERE);
    for bad in ["nonsense", "", "{0192d5a0-0000-7000-8000-00000000dead}"] {
        let answer = app.get("/v1/articles").header("X-Request-Id", bad).send().await;
        assert_ne!(answer.header("x-request-id"), bad);
    }
    let (a, b) = (app.get("/v1/articles").send().await, app.get("/v1/articles").send().await);
    assert_ne!(a.header("x-request-id"), b.header("x-request-id"));
}

#[actix_web::test]
async fn pages_of_other_origins_may_read_on_a_loopback_address() {
    let app =
        TestApp::changed(|parts| parts.live.change(|live| live.cors.any_may_read = true)).await;
    let origin = ("Origin", "https://example.com");
    let read = app.get("/v1/articles/nothing").header(origin.0, origin.1).expect(404).await;
    assert_eq!(read.header("access-control-allow-origin"), "*");
    assert!(read.header("access-control-expose-headers").contains("ETag"));
    let preflight = |method: &'static str| {
        app.request("OPTIONS", "/v1/articles")
            .header(origin.0, origin.1)
            .header("Access-Control-Request-Method", method)
    };
    assert_eq!(
        preflight("GET").done().await.header("access-control-allow-methods"),
        "GET, HEAD, QUERY"
    );
    assert_eq!(preflight("POST").done().await.find("access-control-allow-origin"), None);
    // Else a page would see no answer at all instead of the 404 that tells it the right path.
    let typo = app
        .request("OPTIONS", "/v1/article")
        .header(origin.0, origin.1)
        .header("Access-Control-Request-Method", "GET")
        .send();
    assert_eq!(typo.await.expect(204).header("access-control-allow-origin"), "*");
    app.request("OPTIONS", "/v1/article").expect(404).await;
    // Also without an Origin: the answer may be kept and shown to a page that has one.
    assert_eq!(app.get("/v1/articles").send().await.header("access-control-allow-origin"), "*");
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
    use copydesk::web::cors::Origins;
    let app = TestApp::changed(|parts| {
        let origins = Origins::These(vec!["https://news.example".to_owned()]);
        parts.live.change(|live| live.cors.origins = origins);
    })
    .await;
    let ask = |origin: &'static str, method: &'static str| {
        app.request("OPTIONS", "/v1/articles")
            .header("Origin", origin)
            .header("Access-Control-Request-Method", method)
    };
    let allowed = ask("https://news.example", "POST").done().await;
    assert_eq!(allowed.header("access-control-allow-origin"), "https://news.example");
    assert!(allowed.header("access-control-allow-methods").contains("POST"));
    assert!(allowed.header("access-control-allow-headers").contains("If-Match"));
    for (origin, method) in [("https://else.example", "POST"), ("null", "GET")] {
        let refused = ask(origin, method).done().await;
        assert_eq!(refused.find("access-control-allow-origin"), None);
    }
    let written = app
        .key()
        .post("/v1/articles", serde_json::json!({"title": "A"}))
        .header("Origin", "https://news.example")
        .expect(201)
        .await;
    assert_eq!(written.header("access-control-allow-origin"), "https://news.example");
    // A cache must not show one origin's answer to another.
    let plain = app.get("/v1/comment-counts?article=a").expect(200).await;
    assert_eq!(plain.header("vary"), "Accept-Encoding, Authorization, Origin");
    for (path, want) in [
        ("/", "Accept-Encoding, Authorization, Accept, Origin"),
        ("/v1/nothing", "Accept-Encoding, Authorization, Origin"),
        ("/v1/articles?limit=0", "Accept-Encoding, Authorization, Origin"),
    ] {
        assert_eq!(app.get(path).send().await.header("vary"), want, "{path}");
    }
    let comment = app.get(format!("/v1/comments/{NOWHERE}")).send().await;
    let with_token = "Accept-Encoding, Authorization, Edit-Token, Origin";
    assert_eq!(comment.header("vary"), with_token);
    assert_eq!(allowed.header("vary"), "Accept-Encoding, Authorization, Origin");
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
        let answer = app.key().request("POST", "/v1/articles").json_text(body).expect(422).await;
        assert!(answer.body.len() < 40_000, "{} bytes", answer.body.len());
    }
    let query = vec!["a"; 10_000].join("&");
    let answer = app.get(format!("/v1/articles?{query}")).expect(400).await;
    assert!(answer.body.len() < 40_000, "{} bytes", answer.body.len());
}

#[actix_web::test]
async fn an_answer_lists_a_hundred_faults_and_no_more() {
    let app = TestApp::new().await;
    let unknown: Vec<String> = (0..120).map(|number| format!("p{number}=1")).collect();
    let path = format!("/v1/articles?limit=0&state=zz&{}", unknown.join("&"));
    let problem = app.get(path).refused("invalid_parameter").await;
    let faults = problem["errors"].as_array().unwrap();
    assert_eq!(faults.len(), 100);
    assert_eq!(faults[0]["parameter"], "limit", "in the order of the request");
}

/// No stored text has U+0000, and PostgreSQL takes none: it is refused before.
#[actix_web::test]
async fn no_parameter_has_a_null_in_it() {
    let app = TestApp::new().await;
    for parameter in ["author", "source", "tag", "q", "slug", "cursor"] {
        let answer =
            app.get(format!("/v1/articles?{parameter}=a%00b")).refused("invalid_parameter").await;
        assert!(answer["errors"][0]["detail"].as_str().unwrap().contains(parameter), "{answer}");
    }
    app.get("/v1/articles/a%00b").refused("invalid_parameter").await;
}
