//! The URL under which clients reach the server, where a proxy gives it a path of its own.

use actix_web::HttpResponse;
use actix_web::body::{BoxBody, MessageBody as _};
use actix_web::http::header::{self, HeaderMap, HeaderValue};
use url::Url;

use crate::problem::PROBLEM_JSON;

/// How the body of a problem begins: with the path of its type.
const TYPE: &[u8] = b"{\"type\":\"";

/// A URL with or without a path, as `https://news.example/api`. The proxy takes the path away from requests, and the
/// server adds it to the links in its answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PublicUrl {
    whole: Option<String>,
    path: String,
}

impl PublicUrl {
    /// Parses it; `None` if it is no such URL.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let url = Url::parse(text).ok()?;
        let is_plain = matches!(url.scheme(), "http" | "https")
            && url.host().is_some()
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none();
        let path = url.path().trim_end_matches('/').to_owned();
        // In headers and pages it stands as it is.
        let is_safe = path.bytes().all(|c| c.is_ascii_alphanumeric() || b"/-._~".contains(&c));
        (is_plain && is_safe && !path.contains("//"))
            .then(|| Self { whole: Some(url.as_str().trim_end_matches('/').to_owned()), path })
    }

    /// The URL without a `/` at its end, if there is one.
    #[must_use]
    pub fn whole(&self) -> Option<&str> {
        self.whole.as_deref()
    }

    /// Its path, as `/api`; empty if it has none.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Adds the path to the links in a response's headers.
    pub(super) fn add_to_headers(&self, headers: &mut HeaderMap) {
        if self.path.is_empty() {
            return;
        }
        for name in [header::LOCATION, header::CONTENT_LOCATION, header::LINK] {
            let values: Vec<HeaderValue> = headers.remove(&name).collect();
            for value in values {
                let text = value.to_str().unwrap_or_default();
                let text = match name == header::LINK {
                    true => text.replace("</", &format!("<{}/", self.path)),
                    false if text.starts_with('/') => format!("{}{text}", self.path),
                    false => text.to_owned(),
                };
                headers.append(name.clone(), HeaderValue::from_str(&text).unwrap_or(value));
            }
        }
    }

    /// Adds the path to the type of a problem.
    pub(super) fn add_to_problem(&self, response: HttpResponse) -> HttpResponse {
        let is_problem =
            response.headers().get(header::CONTENT_TYPE).is_some_and(|value| value == PROBLEM_JSON);
        if self.path.is_empty() || !is_problem {
            return response;
        }
        response.map_body(|_, body| match body.try_into_bytes() {
            Ok(bytes) => match bytes.strip_prefix(TYPE) {
                Some(rest) => BoxBody::new([TYPE, self.path.as_bytes(), rest].concat()),
                None => BoxBody::new(bytes),
            },
            Err(body) => body,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_a_web_url_with_an_optional_path() {
        for (text, whole, path) in [
            ("https://news.example", "https://news.example", ""),
            ("https://news.example/", "https://news.example", ""),
            ("http://localhost:8080/api/", "http://localhost:8080/api", "/api"),
            ("https://News.example/a/b", "https://news.example/a/b", "/a/b"),
        ] {
            let url = PublicUrl::parse(text).unwrap();
            assert_eq!((url.whole(), url.path()), (Some(whole), path));
        }
        for text in [
            "news.example", "/api", "ftp://news.example", "https://news.example/?a=b",
            "https://news.example/#a", "https://user@news.example", "https://news.example/a//b",
            "https://news.example/a%20b", "https://news.example/\"",
        ] {
            assert_eq!(PublicUrl::parse(text), None, "{text}");
        }
    }

    #[test]
    fn links_get_the_path_and_others_stay() {
        let url = PublicUrl::parse("https://news.example/api").unwrap();
        let mut headers = HeaderMap::new();
        let link = "</v1/articles?cursor=a>; rel=\"next\", <https://other.example/>; rel=\"x\"";
        headers.insert(header::LINK, HeaderValue::from_static(link));
        headers.insert(header::LOCATION, HeaderValue::from_static("/v1/articles/a"));
        url.add_to_headers(&mut headers);
        let want = "</api/v1/articles?cursor=a>; rel=\"next\", <https://other.example/>; rel=\"x\"";
        assert_eq!(headers.get(header::LINK).unwrap(), want);
        assert_eq!(headers.get(header::LOCATION).unwrap(), "/api/v1/articles/a");
        let problem = HttpResponse::NotFound()
            .insert_header((header::CONTENT_TYPE, PROBLEM_JSON))
            .body("{\"type\":\"/problems/x\"}");
        let body = url.add_to_problem(problem).into_body().try_into_bytes().unwrap();
        assert_eq!(body, "{\"type\":\"/api/problems/x\"}");
    }
}
