//! The client that is tested: the titles of the public articles, each with its disclaimers.

use serde_json::Value;
use std::error::Error;

pub fn headlines(url: &str, headers: &[(&str, &str)]) -> Result<Vec<String>, Box<dyn Error>> {
    let request = minreq::get(format!("{url}/v1/articles?fields=title&include=disclaimers"));
    let response = request.with_headers(headers.iter().copied()).send()?;
    match response.status_code {
        200 => {}
        503 => {
            let seconds = response.header("Retry-After").unwrap_or("some");
            return Err(format!("try again in {seconds} s").into());
        }
        status => return Err(format!("status {status}").into()),
    }
    let page: Value = serde_json::from_slice(response.as_bytes())?;
    Ok(list(&page["items"]).map(headline).collect())
}

fn headline(article: &Value) -> String {
    let parts = std::iter::once(article).chain(list(&article["disclaimers"]));
    parts.filter_map(|one| one["title"].as_str()).collect::<Vec<_>>().join(" | ")
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}
