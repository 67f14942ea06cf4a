//! `copydesk check`: what it finds, and what `--fix` derives anew.

use std::process::Output;

use copydesk::commands::exit;
use copydesk::db::{Location, Reason};
use diesel::prelude::*;
use serde_json::json;

use crate::support::TestApp;
use crate::support::database::url_of;
use crate::support::make::{comment_path, notice_path, path_of};
use crate::support::process::command;

/// A newsroom in which everything has happened once.
async fn newsroom() -> TestApp {
    let app = TestApp::new().await;
    let article = app.article("A").await;
    let notice = app.disclaimer("notice").await;
    app.attach(&article, &notice).await;
    app.key().patch(path_of(&article), json!({"slug": "b", "title": "B"})).ok().await;
    app.comment(&article, "Hello").await;
    let second = app.comment(&article, "Bye").await;
    app.key().delete(comment_path(&second)).done().await;
    app.act(&article, "correct", json!({"note": "Wrong."})).await;
    let other = app.article("Other").await;
    app.act(&other, "withdraw", json!({})).await;
    let third = app.article("Third").await;
    app.act(&third, "block", json!({"authority": "A court"})).await;
    app.key().patch(notice_path(&notice), json!({"key": "note"})).ok().await;
    app
}

fn run(location: &Location, arguments: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let mut command = command(folder.path());
    command.env("DATABASE_URL", url_of(location)).arg("check").args(arguments);
    command.output().unwrap()
}

fn lines(output: &Output) -> Vec<String> {
    String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
}

#[actix_web::test]
async fn a_sound_newsroom_is_sound() {
    let app = newsroom().await;
    for arguments in [&[][..], &["--fix"]] {
        let output = run(&app.location, arguments);
        assert!(output.status.success(), "{output:?}");
        assert!(lines(&output)[0].ends_with("is sound."), "{output:?}");
    }
}

#[actix_web::test]
async fn what_can_be_derived_is_mended() {
    for (sql, says) in [
        ("update articles set comment_count = 7", "counts 7 comments and has"),
        ("update articles set version = 1 where slug = 'b'", "its history goes to 4"),
        (
            "update comments set state = 'pending' where deleted_at is not null",
            "is deleted and its state is pending",
        ),
        (
            "delete from article_removals where withdrawn_at is not null",
            "it is not kept since when",
        ),
        (
            "insert into article_removals (article_id, withdrawn_at) select id, 1 from articles where slug = 'b'",
            "a removal of it is kept",
        ),
        (
            "insert into former_slugs (slug, article_id, left_at) select slug, id, 1 from articles where slug = 'other'",
            "is an article's own",
        ),
        (
            "delete from spellings where kind = 'language'",
            "the language en has no key to be compared by",
        ),
        ("delete from article_search where rowid = 1", "is not in the search index"),
        ("delete from article_terms where kind = 'title'", "is not in the search index"),
        ("update article_terms set sort_key = 7", "stands elsewhere in the lists of the"),
        ("update article_terms set public_from = 7", "stands elsewhere in the lists of the"),
        ("update history_clock set last_at = 5", "the clock of the database stands at 5"),
        (
            "update disclaimers set version = 1, key = 'notice'",
            "is not what its newest version says",
        ),
        ("drop index articles_slug", "the index articles_slug is gone"),
        ("delete from history_clock", "the clock of the database is gone"),
    ] {
        let app = newsroom().await;
        app.run_beside(sql);
        let found = run(&app.location, &[]);
        assert_eq!(found.status.code(), Some(i32::from(exit::of(Reason::Damaged).code)), "{sql}");
        assert!(lines(&found).iter().any(|line| line.contains(says)), "{sql}: {found:?}");
        assert!(String::from_utf8_lossy(&found.stderr).contains("check --fix"), "{found:?}");
        let fixed = run(&app.location, &["--fix"]);
        assert!(fixed.status.success(), "{sql}: {fixed:?}");
        assert!(lines(&fixed).iter().any(|line| line.starts_with("mended: ")), "{fixed:?}");
        assert!(run(&app.location, &[]).status.success());
        // The server that ran all the while goes on, and shows it.
        let article = app.get("/v1/articles/b").ok().await;
        assert_eq!(
            (&article["comment_count"], &article["version"]),
            (&json!(1), &json!(4)),
            "{sql}"
        );
    }
}

#[actix_web::test]
async fn what_nothing_says_is_told_and_left() {
    for (sql, says) in [
        ("delete from article_history where version = 2", "entries in its history"),
        ("delete from article_bodies", "has no text"),
        ("delete from article_revisions", "lacks what it said until version"),
        ("update article_revisions set content = '{'", "is not JSON"),
        ("update articles set tags = 'x'", "a member that is not JSON"),
        (
            "insert into article_revisions (article_id, last_version, content) select id, 99, '{}' from articles",
            "which is yet to come",
        ),
        ("delete from article_removals where authority is not null", "it is not kept by whom"),
        ("delete from disclaimer_versions where version = 1", "versions, up to 2"),
        (
            "pragma foreign_keys = off; update article_bodies set article_id = 99 where article_id = 1",
            "is not there",
        ),
    ] {
        let app = newsroom().await;
        if sql.starts_with("pragma") && app.location.path().is_none() {
            // A server has no reference that leads nowhere.
            continue;
        }
        app.run_beside(sql);
        let fixed = run(&app.location, &["--fix"]);
        assert_eq!(fixed.status.code(), Some(i32::from(exit::of(Reason::Damaged).code)), "{sql}");
        assert!(lines(&fixed).iter().any(|line| line.contains(says)), "{sql}: {fixed:?}");
        assert!(String::from_utf8_lossy(&fixed.stderr).contains("restore a backup"), "{fixed:?}");
    }
}

#[test]
fn an_older_schema_is_not_compared() {
    let (_dir, path) = crate::support::database::fresh_database();
    let mut conn = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    let migrations = copydesk::db::MIGRATIONS;
    diesel_migrations::MigrationHarness::revert_last_migration(&mut conn, migrations).unwrap();
    drop(conn);
    for arguments in [&[][..], &["--fix"]] {
        let output = run(&Location::File(path.clone()), arguments);
        assert!(output.status.success(), "nothing is wrong with it: {output:?}");
        assert!(lines(&output)[0].contains("copydesk migrate"), "{output:?}");
    }
}
