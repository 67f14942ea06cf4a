//! The header `Prefer` in test mode, and neither outside of it.

use std::sync::Arc;

use copydesk::app::Parts;
use copydesk::domain::instant::Instant;
use copydesk::domain::test_mode::TestClock;
use copydesk::web::test_mode::TestMode;
use serde_json::Value;

use crate::support::app::{KEY, TestApp};
use crate::support::contract::resolve;

/// An application in test mode, on the test's own clock.
fn in_test_mode(parts: &mut Parts) {
    let clock = Arc::new(TestClock::new(Instant::parse("2026-01-01T00:00:00Z")));
    let mode = TestMode::new(clock, 0, Box::new(str::to_owned));
    *parts = parts.clone().in_test_mode(Arc::new(mode));
}

#[actix_web::test]
async fn every_documented_answer_can_be_had() {
    let app = TestApp::changed(in_test_mode).await;
    let document: Value = serde_json::from_str(&copydesk::app::document_in_test_mode()).unwrap();
    let mut had = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        let methods = item.as_object().unwrap().iter().filter(|(name, _)| *name != "parameters");
        for (method, operation) in methods {
            let asked = path.replace("{code}", "slug_taken");
            // No parameter is looked at: any text will do.
            let asked = asked.replace(['{', '}'], "");
            for (status, response) in operation["responses"].as_object().unwrap() {
                let response = resolve(Box::leak(Box::new(response.clone())));
                let named = response["content"]["application/problem+json"]["examples"].as_object();
                let names: Vec<&String> = named.into_iter().flat_map(|all| all.keys()).collect();
                let mut wishes = vec![format!("code={status}")];
                wishes.extend(names.iter().map(|name| format!("code={status}, example={name}")));
                for wish in wishes {
                    let request = app.request(&method.to_uppercase(), &asked);
                    // Each answer is held against the document here.
                    let answer = request.header("Prefer", &wish).send().await;
                    assert_eq!(answer.status.to_string(), *status, "{method} {path}: {wish}");
                    if let Some((_, name)) = wish.split_once("example=") {
                        assert_eq!(answer.json()["code"], name);
                    }
                    let applied = answer.find("preference-applied");
                    assert_eq!(applied, Some(format!("code={status}").as_str()));
                    had += 1;
                }
            }
        }
    }
    assert!(had > 1_000, "{had}");
}

#[actix_web::test]
async fn preferences_that_the_document_does_not_know_are_refused() {
    let app = TestApp::changed(in_test_mode).await;
    for (prefer, want) in [
        ("code=402", "It knows `200`, `302`, `304`"),
        ("code=403, example=overloaded", "It knows `article_restricted`"),
        ("code=200, example=any", "no example `any` of 200"),
        ("cod=503", "Did you mean `code`?"),
        ("delay=1000000", "milliseconds"),
    ] {
        let answer = app.get("/v1/articles/x").header("Prefer", prefer).send().await;
        assert_eq!(answer.status, 400, "{prefer}");
        assert_eq!(answer.json()["errors"][0]["parameter"], "Prefer");
        assert!(answer.text().contains(want), "{prefer}: {}", answer.text());
    }
    let answer = app.get("/v1/articles").header("Prefer", "return=minimal, wait=5").send().await;
    assert_eq!((answer.status, answer.find("preference-applied")), (200, None));
    // A kept answer is none that was preferred.
    app.get("/v1/articles").send().await;
    let answer = app.get("/v1/articles").header("Prefer", "code=503").send().await;
    assert_eq!(answer.status, 503);
}

#[actix_web::test]
async fn outside_test_mode_there_is_none_of_it() {
    let app = TestApp::new().await;
    for (method, path) in [
        ("GET", "/v1/test/clock"),
        ("POST", "/v1/test/clock"),
        ("POST", "/v1/test/reset"),
        ("GET", "/v1/test/requests"),
    ] {
        for key in ["", KEY] {
            let request = app.as_key(key).request(method, path);
            let answer = request.send().await;
            assert_eq!(answer.status, 404, "{method} {path}");
            answer.problem("route_not_found");
        }
    }
    for prefer in ["code=503", "cod=503", "delay=60000", "drop"] {
        let answer = app.get("/v1/articles").header("Prefer", prefer).send().await;
        assert_eq!((answer.status, answer.find("preference-applied")), (200, None), "{prefer}");
    }
    assert!(!copydesk::app::document().contains("/v1/test/"));
}
