mod copydesk;

use copydesk::{control, copydesk};
use headlines::headlines;

#[test]
fn reads_what_the_fixtures_hold() {
    let url = copydesk();
    assert_eq!(headlines(&url, &[]).unwrap(), ["Flood warning | Agency report"]);
}

#[test]
fn says_when_to_try_again() {
    let url = copydesk();
    let error = headlines(&url, &[("Prefer", "code=503")]).unwrap_err();
    assert_eq!(error.to_string(), "try again in 1 s");
}

#[test]
fn shows_a_scheduled_article_in_time() {
    let url = copydesk();
    control(&url, "clock", r#"{"set": "2026-01-02T06:00:00Z"}"#);
    let titles = headlines(&url, &[]).unwrap();
    assert_eq!(titles, ["Mayor resigns", "Flood warning | Agency report"]);
}
