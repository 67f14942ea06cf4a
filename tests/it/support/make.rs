//! Short ways to make things over HTTP.

use serde_json::{Value, json};

use super::app::TestApp;

impl TestApp {
    /// A published article.
    pub async fn article(&self, title: &str) -> Value {
        self.article_of(json!({"title": title, "state": "published"}))
            .await
    }

    /// A draft.
    pub async fn draft(&self, title: &str) -> Value {
        self.article_of(json!({"title": title})).await
    }

    pub async fn article_of(&self, body: Value) -> Value {
        self.post("/v1/articles")
            .key()
            .json(&body)
            .send()
            .await
            .expect(201)
            .json()
    }

    pub async fn disclaimer(&self, key: &str) -> Value {
        let body = json!({"key": key, "title": "Notice", "body": format!("The text of {key}.")});
        self.post("/v1/disclaimers")
            .key()
            .json(&body)
            .send()
            .await
            .expect(201)
            .json()
    }

    pub async fn comment(&self, article: &Value, body: &str) -> Value {
        let body = json!({"author_name": "Sam", "body": body});
        self.post(&format!("{}/comments", path_of(article)))
            .json(&body)
            .send()
            .await
            .expect(201)
            .json()
    }

    pub async fn attach(&self, article: &Value, disclaimer: &Value) {
        self.put(&attachment(article, disclaimer))
            .key()
            .send()
            .await
            .expect(204);
    }
}

impl TestApp {
    /// A key with these scopes.
    pub async fn key_with(&self, scopes: &[&str]) -> String {
        let body = json!({"name": "A key", "scopes": scopes});
        let made = self.post("/v1/keys").key().json(&body).send().await;
        text(&made.expect(201).json()["key"]).to_owned()
    }

    /// Takes an action as the admin.
    pub async fn act(&self, article: &Value, action: &str, body: Value) -> Value {
        let path = format!("{}/{action}", path_of(article));
        self.post(&path)
            .key()
            .json(&body)
            .send()
            .await
            .expect(200)
            .json()
    }
}

/// The path of an article.
pub fn path_of(article: &Value) -> String {
    format!("/v1/articles/{}", text(&article["id"]))
}

/// The path of a disclaimer on an article.
pub fn attachment(article: &Value, disclaimer: &Value) -> String {
    format!(
        "{}/disclaimers/{}",
        path_of(article),
        text(&disclaimer["id"])
    )
}

/// A member's text.
pub fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

/// What a public answer says that may be kept for a second.
pub const AT_ONCE: &str = "public, max-age=1, must-revalidate, stale-while-revalidate=0";
/// What a public answer says that the clock changes soon.
pub const NOT_KEPT: &str = "public, max-age=0, must-revalidate, stale-while-revalidate=0";

/// An id that nothing has.
pub const NOWHERE: &str = "0192d5a0-0000-7000-8000-00000000dead";
