//! The server about itself.

use std::sync::atomic::Ordering;

use crate::support::TestApp;
use copydesk::problem::CATALOGUE;

#[actix_web::test]
async fn health_and_readiness_are_told_apart() {
    let app = TestApp::new().await;
    assert_eq!(app.get("/healthz").ok().await["status"], "ok");
    assert_eq!(app.get("/readyz").expect(200).await.header("cache-control"), "no-store");
    app.parts.stopping.store(true, Ordering::Relaxed);
    app.get("/healthz").ok().await;
    let answer = app.get("/readyz").expect(503).await;
    assert_eq!(answer.header("retry-after"), "1");
    answer.problem("shutting_down");
}

#[actix_web::test]
async fn every_problem_is_explained_to_programs_and_to_people() {
    let app = TestApp::new().await;
    let list = app.get("/problems").ok().await;
    assert_eq!(list["items"].as_array().unwrap().len(), CATALOGUE.len());
    for entry in CATALOGUE {
        let json = app.get(entry.path()).ok().await;
        assert_eq!(
            (json["code"].as_str(), json["status"].as_u64()),
            (Some(entry.name), Some(u64::from(entry.status.as_u16())))
        );
        let page = app.get(entry.path()).header("Accept", "text/html,*/*;q=0.8").expect(200).await;
        assert!(page.header("content-type").starts_with("text/html"));
        assert!(page.text().contains(entry.name) && !page.text().contains("<script"));
    }
    assert_eq!(app.get("/problems/teapot").refused("problem_not_found").await["id"], "teapot");
}

#[actix_web::test]
async fn the_root_leads_on() {
    let app = TestApp::new().await;
    let index = app.get("/").ok().await;
    for member in ["articles", "docs", "openapi", "problems"] {
        app.get(index[member].as_str().unwrap()).expect(200).await;
    }
    let page = app.get("/").header("Accept", "text/html,*/*;q=0.8").expect(200).await;
    assert!(page.header("content-type").starts_with("text/html"));
    assert!(page.text().contains("<a href=\"/docs\">"));
    let problems = app.get("/problems").header("Accept", "text/html").expect(200).await;
    assert_eq!(problems.text().matches("<li>").count(), CATALOGUE.len());
}

#[actix_web::test]
async fn the_docs_page_takes_everything_from_this_server() {
    let app = TestApp::new().await;
    let page = app.get("/docs").expect(200).await;
    assert!(page.header("content-security-policy").contains("script-src 'self'"));
    let text = page.text();
    assert!(!text.contains("http"), "nothing from elsewhere: {text}");
    for asset in text.split('"').filter_map(|part| part.strip_prefix("/docs/")) {
        let answer = app.get(format!("/docs/{asset}")).expect(200).await;
        assert!(!answer.body.is_empty(), "{asset}");
    }
    for missing in ["nothing.js", "..%2f..%2fCargo.toml", "index.html"] {
        app.get(format!("/docs/{missing}")).refused("route_not_found").await;
    }
    assert_eq!(app.get("/openapi.json").expect(200).await.text(), copydesk::app::document());
}
