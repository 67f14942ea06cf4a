//! The server about itself.

use std::sync::atomic::Ordering;

use crate::support::TestApp;
use copydesk::problem::CATALOGUE;

#[actix_web::test]
async fn health_and_readiness_are_told_apart() {
    let app = TestApp::new().await;
    assert_eq!(
        app.get("/healthz").send().await.expect(200).json()["status"],
        "ok"
    );
    assert_eq!(
        app.get("/readyz")
            .send()
            .await
            .expect(200)
            .header("cache-control"),
        "no-store"
    );
    app.parts.stopping.store(true, Ordering::Relaxed);
    app.get("/healthz").send().await.expect(200);
    let answer = app.get("/readyz").send().await.expect(503);
    assert_eq!(answer.header("retry-after"), "1");
    answer.problem("shutting_down");
}

#[actix_web::test]
async fn every_problem_is_explained_to_programs_and_to_people() {
    let app = TestApp::new().await;
    let list = app.get("/problems").send().await.expect(200).json();
    assert_eq!(list["items"].as_array().unwrap().len(), CATALOGUE.len());
    for entry in CATALOGUE {
        let json = app.get(&entry.path()).send().await.expect(200).json();
        assert_eq!(
            (json["code"].as_str(), json["status"].as_u64()),
            (Some(entry.name), Some(u64::from(entry.status.as_u16())))
        );
        let page = app
            .get(&entry.path())
            .header("Accept", "text/html,*/*;q=0.8")
            .send()
            .await
            .expect(200);
        assert!(page.header("content-type").starts_with("text/html"));
        assert!(page.text().contains(entry.name) && !page.text().contains("<script"));
    }
    assert_eq!(
        app.get("/problems/teapot")
            .send()
            .await
            .expect(404)
            .problem("problem_not_found")["id"],
        "teapot"
    );
}

#[actix_web::test]
async fn the_root_leads_on() {
    let app = TestApp::new().await;
    let index = app.get("/").send().await.expect(200).json();
    for member in ["articles", "docs", "openapi", "problems"] {
        app.get(index[member].as_str().unwrap())
            .send()
            .await
            .expect(200);
    }
    let page = app
        .get("/")
        .header("Accept", "text/html,*/*;q=0.8")
        .send()
        .await
        .expect(200);
    assert!(page.header("content-type").starts_with("text/html"));
    assert!(page.text().contains("<a href=\"/docs\">"));
    let problems = app
        .get("/problems")
        .header("Accept", "text/html")
        .send()
        .await
        .expect(200);
    assert_eq!(problems.text().matches("<li>").count(), CATALOGUE.len());
}

#[actix_web::test]
async fn the_docs_page_takes_everything_from_this_server() {
    let app = TestApp::new().await;
    let page = app.get("/docs").send().await.expect(200);
    assert!(
        page.header("content-security-policy")
            .contains("script-src 'self'")
    );
    let text = page.text();
    assert!(!text.contains("http"), "nothing from elsewhere: {text}");
    for asset in text
        .split('"')
        .filter_map(|part| part.strip_prefix("/docs/"))
    {
        let answer = app.get(&format!("/docs/{asset}")).send().await.expect(200);
        assert!(!answer.body.is_empty(), "{asset}");
    }
    for missing in ["nothing.js", "..%2f..%2fCargo.toml", "index.html"] {
        app.get(&format!("/docs/{missing}"))
            .send()
            .await
            .expect(404)
            .problem("route_not_found");
    }
    assert_eq!(
        app.get("/openapi.json").send().await.expect(200).text(),
        copydesk::app::document()
    );
}
