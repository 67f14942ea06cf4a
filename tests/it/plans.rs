//! The SQL that requests really run (`support/plans.rs` explains all of it), and how much of it.

use serde_json::json;

use crate::support::TestApp;
use crate::support::database::server;
use crate::support::make::{path_of, text};
use crate::support::plans::{count, explain, explained, texts};

/// Most statements of a PATCH in the one writer, with the savepoint that it runs in: every other write waits for them.
const PATCH_STATEMENTS: usize = 14;

/// Statements that ran in the writer so far.
async fn in_writer(app: &TestApp) -> usize {
    app.db().write(|_, _| Ok(count())).await.unwrap()
}

#[actix_web::test]
async fn a_patch_takes_few_statements() {
    let app = TestApp::new().await;
    let article = app.article("A").await;
    let notice = app.disclaimer("notice").await;
    app.attach(&article, &notice).await;
    // The first takes what is kept in memory from then on.
    app.key().patch(path_of(&article), json!({"title": "A2"})).ok().await;
    // One that changes nothing tells what the asking itself takes.
    let started = in_writer(&app).await;
    let asking = in_writer(&app).await - started;
    let before = in_writer(&app).await;
    app.key().patch(path_of(&article), json!({"title": "B"})).ok().await;
    let taken = in_writer(&app).await - before - 2 * asking;
    assert!(taken <= PATCH_STATEMENTS, "{taken} statements");
    assert!(taken > 5, "the writer's statements are counted: {taken}");
}

#[actix_web::test]
async fn an_article_is_looked_up_without_its_text() {
    let app = TestApp::new().await;
    let article = app.article("A").await;
    let notice = app.disclaimer("notice").await;
    app.comment(&article, "Hello").await;
    let (path, id) = (path_of(&article), text(&article["id"]).to_owned());
    let in_writer = async || app.db().write(|_, _| Ok(texts())).await.unwrap();
    let (read_here, read_there) = (texts(), in_writer().await);
    for below in ["/comments", "/comments?order=newest", "/history", "/revisions", "/disclaimers"] {
        app.key().get(format!("{path}{below}")).ok().await;
    }
    app.key().get("/v1/articles?include=disclaimers").ok().await;
    app.key().get(format!("/v1/comments?article={id}")).ok().await;
    app.get(format!("/v1/comment-counts?article={id}")).ok().await;
    app.comment(&article, "Hello again").await;
    app.attach(&article, &notice).await;
    assert_eq!((texts(), in_writer().await), (read_here, read_there));
    app.get(&path).ok().await;
    assert_eq!(texts(), read_here + 1, "what is shown is read, once");
}

#[actix_web::test]
async fn what_is_executed_is_explained() {
    if server().is_some() {
        return eprintln!("skipped: on a server, nothing is explained");
    }
    let app = TestApp::new().await;
    app.article("B").await;
    let article = app.article("A").await;
    app.get("/v1/articles").ok().await;
    app.get(path_of(&article)).ok().await;
    app.key().get("/v1/comments?count=true").ok().await;
    let all = explained();
    // Diesel's own, those that are written by hand, and those that write.
    for part in ["`articles`.`sort_key`", "json_each(?) as page", "INSERT INTO `article_history`"] {
        assert!(all.iter().any(|sql| sql.contains(part)), "{part}: {all:#?}");
    }
}

#[test]
fn a_statement_that_scans_or_sorts_is_refused() {
    assert!(explain("select * from articles where id = 1").is_ok());
    let scans = explain("select * from articles where title = 'x'").unwrap_err();
    assert!(scans.contains("scanned"), "{scans}");
    let sorts = explain("select * from comments where article_id = 1 order by body").unwrap_err();
    assert!(sorts.contains("sorted"), "{sorts}");
}
