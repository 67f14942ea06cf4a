//! What caches are told: the groups of answers, and how long shared caches may keep them.

use serde_json::json;

use crate::support::TestApp;
use crate::support::client::Answer;
use crate::support::make::{SECOND, notice_path, path_of, text};

fn groups(answer: &Answer, name: &str) -> Vec<String> {
    answer.header(name).split(", ").map(|group| group.trim_matches('"').to_owned()).collect()
}

/// What a write has changed is in a group that the write names.
#[actix_web::test]
async fn each_write_names_what_it_changes() {
    let app = TestApp::new().await;
    let body = json!({"title": "A", "slug": "a", "section": "city", "tags": ["harbour", "a-tag-with-a-name-that-is-longer-than-32"], "authors": [{"name": "Ada"}], "language": "pt-BR", "state": "published"});
    let article = app.article_of(body).await;
    let notice = app.disclaimer("notice").await;
    let path = path_of(&article);
    let reads = [
        "/v1/articles/a",
        "/v1/articles",
        "/v1/articles?section=city",
        "/v1/articles?section=world",
        "/v1/articles?tag=harbour",
        "/v1/articles?tag=a-tag-with-a-name-that-is-longer-than-32",
        "/v1/articles?author=ada",
        "/v1/articles?language=pt",
        "/v1/articles?fields=comment_count",
        "/v1/articles?q=river",
        "/v1/articles/a/comments",
        "/v1/articles/a/related",
        "/v1/articles/a/disclaimers",
        "/v1/comment-counts?article=a",
        "/v1/sections",
        "/v1/tags",
        "/v1/tags/harbour",
        "/v1/authors",
        "/v1/disclaimers",
    ];
    let patch = |body: serde_json::Value| app.key().patch(&path, body);
    let comment = app
        .post("/v1/articles/a/comments", json!({"author_name": "S", "body": "First"}))
        .created()
        .await;
    let mut checked = 0;
    for step in 0..9 {
        let before: Vec<Answer> =
            futures_util::future::join_all(reads.iter().map(|read| app.get(read).send())).await;
        let write = match step {
            0 => patch(json!({"body": "The river"})).expect(200).await,
            1 => patch(json!({"section": "world"})).expect(200).await,
            2 => patch(json!({"tags": ["weather"], "authors": []})).expect(200).await,
            3 => {
                app.post("/v1/articles/a/comments", json!({"author_name": "S", "body": "Hello"}))
                    .expect(201)
                    .await
            }
            4 => {
                app.key()
                    .put_empty(format!("{path}/disclaimers/{}", text(&notice["id"])))
                    .expect(204)
                    .await
            }
            5 => {
                app.key()
                    .patch(notice_path(&notice), json!({"title": "Other", "text_mode": "current"}))
                    .expect(200)
                    .await
            }
            6 => {
                app.key()
                    .post(
                        "/v1/comments/moderate",
                        json!({"ids": [comment["id"]], "state": "rejected"}),
                    )
                    .expect(200)
                    .await
            }
            7 => app.key().put("/v1/tags/weather", json!({"name": "Wetter"})).expect(200).await,
            _ => app.key().post(format!("{path}/withdraw"), json!({})).expect(200).await,
        };
        let invalid = groups(&write, "cache-group-invalidation");
        for (read, before) in reads.iter().zip(before) {
            let after = app.get(read).send().await;
            if before.status != 200
                || (before.status, before.find("etag")) == (after.status, after.find("etag"))
            {
                continue;
            }
            checked += 1;
            let of = groups(&before, "cache-groups");
            assert!(
                of.iter().any(|group| invalid.contains(group)),
                "step {step}, {read}: {of:?} {invalid:?}"
            );
            assert_eq!(before.header("surrogate-key").split(' ').collect::<Vec<_>>(), of);
            assert!(of.iter().all(|group| group.len() <= 32), "{of:?}");
        }
    }
    assert!(checked > 25, "{checked}");
}

#[actix_web::test]
async fn shared_caches_keep_for_as_long_as_is_set_and_never_past_a_change_of_the_clock() {
    let app =
        TestApp::changed(|parts| parts.live.change(|live| live.shared_max_age = Some(600))).await;
    app.article_of(json!({"title": "A", "slug": "a", "state": "published", "expires_at": "2026-11-22T10:05:00Z"})).await;
    let told =
        async |path: &str| app.get(path).expect(200).await.header("cache-control").to_owned();
    let end = "must-revalidate, stale-while-revalidate=0";
    assert_eq!(told("/v1/disclaimers").await, format!("public, max-age=1, s-maxage=600, {end}"));
    for path in ["/v1/articles/a", "/v1/articles", "/v1/articles?q=a"] {
        assert_eq!(told(path).await, format!("public, max-age=1, s-maxage=298, {end}"), "{path}");
    }
    app.clock.advance(298 * SECOND + SECOND / 2);
    assert_eq!(told("/v1/articles/a").await, format!("public, max-age=0, s-maxage=0, {end}"));
    let with_key = app.key().get("/v1/articles").expect(200).await;
    assert_eq!(with_key.header("cache-control"), "private, no-store");
}
