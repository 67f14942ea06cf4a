//! Short ways to make things over HTTP.

use serde_json::{Value, json};

use super::app::TestApp;

impl TestApp {
    /// A published article.
    pub async fn article(&self, title: &str) -> Value {
        self.article_of(json!({"title": title, "state": "published"})).await
    }

    /// A draft.
    pub async fn draft(&self, title: &str) -> Value {
        self.article_of(json!({"title": title})).await
    }

    pub async fn article_of(&self, body: Value) -> Value {
        self.key().post("/v1/articles", &body).created().await
    }

    pub async fn disclaimer(&self, key: &str) -> Value {
        let body = json!({"key": key, "title": "Notice", "body": format!("The text of {key}.")});
        self.key().post("/v1/disclaimers", &body).created().await
    }

    pub async fn comment(&self, article: &Value, body: &str) -> Value {
        self.post(comments_of(article), json!({"author_name": "Sam", "body": body})).created().await
    }

    pub async fn attach(&self, article: &Value, disclaimer: &Value) {
        self.key().put_empty(attachment(article, disclaimer)).done().await;
    }
}

impl TestApp {
    /// A key with these scopes.
    pub async fn key_with(&self, scopes: &[&str]) -> String {
        let body = json!({"name": "A key", "scopes": scopes});
        let made = self.key().post("/v1/keys", &body).send().await;
        text(&made.expect(201).json()["key"]).to_owned()
    }

    /// Takes an action as the admin.
    pub async fn act(&self, article: &Value, action: &str, body: Value) -> Value {
        self.key().post(format!("{}/{action}", path_of(article)), &body).ok().await
    }
}

/// The path of an article.
pub fn path_of(article: &Value) -> String {
    format!("/v1/articles/{}", text(&article["id"]))
}

/// The path of an article's comments.
pub fn comments_of(article: &Value) -> String {
    format!("{}/comments", path_of(article))
}

/// The path of a comment.
pub fn comment_path(comment: &Value) -> String {
    format!("/v1/comments/{}", text(&comment["id"]))
}

/// The path of a disclaimer.
pub fn notice_path(disclaimer: &Value) -> String {
    format!("/v1/disclaimers/{}", text(&disclaimer["id"]))
}

/// The path of a disclaimer on an article.
pub fn attachment(article: &Value, disclaimer: &Value) -> String {
    format!("{}/disclaimers/{}", path_of(article), text(&disclaimer["id"]))
}

/// A member's text.
pub fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

/// One member of each of these, all of them texts.
pub fn texts<'a>(items: &'a Value, name: &str) -> Vec<&'a str> {
    items.as_array().unwrap().iter().map(|item| text(&item[name])).collect()
}

/// The bodies of listed comments.
pub fn bodies(list: &Value) -> Vec<&str> {
    texts(&list["items"], "body")
}

/// In microseconds, as the clock counts.
pub const SECOND: i64 = 1_000_000;
pub const MINUTE: i64 = 60 * SECOND;
pub const DAY: i64 = 24 * 60 * MINUTE;

/// What a public answer says that may be kept for a second.
pub const AT_ONCE: &str = "public, max-age=1, must-revalidate, stale-while-revalidate=0";
/// What a public answer says that the clock changes soon.
pub const NOT_KEPT: &str = "public, max-age=0, must-revalidate, stale-while-revalidate=0";

/// An id that nothing has.
pub const NOWHERE: &str = "0192d5a0-0000-7000-8000-00000000dead";
