//! What may stand only once in an export, and stands twice: the database would refuse it when much is written already.
//!
//! An export is no picture of one instant, but each article is. So what is unique in a newsroom and can go from one
//! article to another (a slug, an external id, the number of a comment, what an import knows it by) may stand in two
//! articles; in one it may not.

use std::collections::HashSet;
use std::hash::Hash;

use super::line::Languages;
use crate::access::export::ExportedKey;
use crate::articles::store::exported::{ExportedArticle, ExportedTerm};
use crate::articles::words::TermKind;
use crate::comments::store::export::ExportedComment;
use crate::domain::ids::parse_id;

/// What was met so far in a file: sixteen bytes of each id.
#[derive(Default)]
pub(super) struct Met {
    articles: HashSet<u128>,
    corrections: HashSet<u128>,
    keys: HashSet<u128>,
    terms: HashSet<(TermKind, String)>,
}

/// What was met so far in the comments on one article.
#[derive(Default)]
pub(super) struct MetComments {
    numbers: HashSet<i64>,
    sources: HashSet<String>,
}

/// The first that stands in a list twice.
fn double<T: Copy + Eq + Hash>(all: impl IntoIterator<Item = T>) -> Option<T> {
    let mut met = HashSet::new();
    all.into_iter().find(|one| !met.insert(*one))
}

/// True for an id that was not met before. One that is none was refused before.
fn is_first(met: &mut HashSet<u128>, id: &str) -> bool {
    parse_id(id).is_none_or(|id| met.insert(id.as_u128()))
}

impl Met {
    /// Takes an article.
    pub fn take_article(&mut self, article: &ExportedArticle) -> Result<(), String> {
        if !is_first(&mut self.articles, &article.id) {
            return Err(format!("the article {} stands here twice", article.id));
        }
        for correction in &article.corrections {
            if !is_first(&mut self.corrections, &correction.id) {
                return Err(format!("the correction {} stands here twice", correction.id));
            }
        }
        check_article(article).map_err(|what| format!("the article {}: {what}", article.id))
    }

    /// Takes a key.
    pub fn take_key(&mut self, key: &ExportedKey) -> Result<(), String> {
        match is_first(&mut self.keys, &key.id) {
            true => Ok(()),
            false => Err(format!("the key {} stands here twice", key.id)),
        }
    }

    /// Takes the name of a term.
    pub fn take_term(&mut self, term: &ExportedTerm) -> Result<(), String> {
        let ExportedTerm { kind, value, .. } = term;
        let key = kind.key(value);
        match key.is_none_or(|key| self.terms.insert((*kind, key))) {
            true => Ok(()),
            false => Err(format!("the {} {value} stands here twice", kind.word())),
        }
    }
}

impl MetComments {
    /// Takes a comment.
    pub fn take(&mut self, comment: &ExportedComment) -> Result<(), String> {
        let (id, number) = (&comment.id, comment.number.0);
        if !self.numbers.insert(number) {
            return Err(format!(
                "the comment {id} has the `number` {number}, which another one on its article has"
            ));
        }
        for from in &comment.imported_from {
            if !self.sources.insert(from.source_id.clone()) {
                return Err(format!(
                    "the comment {id}: its `source_id` {:?} stands in `imported_from` twice on its article",
                    from.source_id
                ));
            }
        }
        let reporters = comment.reports.iter().filter_map(|report| report.reporter.as_deref());
        match double(reporters) {
            None => Ok(()),
            Some(reporter) => Err(format!("the comment {id}: {reporter:?} has reported it twice")),
        }
    }
}

/// What stands twice in an article.
fn check_article(article: &ExportedArticle) -> Result<(), String> {
    let former = article.former_slugs.iter().map(|former| (&*former.slug, former.left_at.0));
    if let Some((slug, _)) = double(former) {
        return Err(format!("it has left its former slug {slug} twice at the same instant"));
    }
    if let Some(source) = double(article.imported_from.iter().map(|from| &*from.source_id)) {
        return Err(format!("its `source_id` {source:?} stands in `imported_from` twice"));
    }
    if let Some(address) = double(article.imported_addresses.iter().map(|address| &**address)) {
        return Err(format!("{address:?} stands in `imported_addresses` twice"));
    }
    let open = article.attachments.iter().filter(|attachment| attachment.detached_at.is_none());
    if let Some(disclaimer) = double(open.map(|attachment| &*attachment.disclaimer)) {
        return Err(format!("the disclaimer {disclaimer} is attached to it twice"));
    }
    match article.publications.iter().filter(|publication| publication.until.is_none()).count() {
        0 | 1 => Ok(()),
        _ => Err("more than one of its publications has no `until`".to_owned()),
    }
}

/// An instant from which on the newsroom had two languages.
pub(super) fn check_languages(line: &Languages) -> Result<(), String> {
    match double(line.languages.iter().map(|language| language.since.0)) {
        None => Ok(()),
        Some(_) => Err("two `languages` have the same `since`".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const ID: &str = "0192d5a0-0000-7000-8000-000000000001";
    const OTHER: &str = "0192d5a0-0000-7000-8000-000000000002";
    const AT: &str = "2024-01-01T00:00:00Z";

    fn article(id: &str, name: &str, value: &Value) -> ExportedArticle {
        let mut line = json!({"number": 1, "id": id, "version": 1, "created_at": AT, "body": "",
            "body_html": "", "content": {"slug": "a", "state": "draft", "access": "public",
            "updated_at": AT, "title": "A", "body_format": "text", "language": "en",
            "comments_policy": "open"}});
        line[name] = value.clone();
        serde_json::from_value(line).unwrap()
    }

    #[test]
    fn nothing_stands_twice_in_an_article() {
        let later = "2024-01-02T00:00:00Z";
        let digest = "0".repeat(64);
        let from = json!({"source_id": "a.md", "sha256": digest, "imported_at": AT});
        let correction = json!({"id": OTHER, "note": "N", "corrected_at": AT});
        let attached = json!({"attached_at": AT, "disclaimer": OTHER});
        let detached = json!({"attached_at": AT, "disclaimer": OTHER, "detached_at": later});
        let left = |at: &str| json!({"slug": "b", "left_at": at});
        let (open, ended) = (json!({"since": AT}), json!({"since": AT, "until": later}));
        for (name, one, two, want) in [
            ("former_slugs", left(AT), left(AT), Some("former slug b")),
            ("former_slugs", left(AT), left(later), None),
            ("corrections", correction.clone(), correction, Some("the correction")),
            ("imported_from", from.clone(), from, Some("`source_id` \"a.md\"")),
            ("imported_addresses", json!("/a"), json!("/a"), Some("`imported_addresses`")),
            ("attachments", attached.clone(), attached.clone(), Some("attached to it twice")),
            ("attachments", detached, attached, None),
            ("publications", open.clone(), open.clone(), Some("has no `until`")),
            ("publications", ended, open, None),
        ] {
            let told = Met::default().take_article(&article(ID, name, &json!([one, two])));
            match want {
                None => assert_eq!(told, Ok(()), "{name}"),
                Some(want) => {
                    let told = told.unwrap_err();
                    assert!(told.contains(want), "{want} in {told}");
                }
            }
        }
    }

    #[test]
    fn nothing_that_is_unique_stands_twice_in_a_file() {
        let mut met = Met::default();
        let none = json!([]);
        assert_eq!(met.take_article(&article(ID, "corrections", &none)), Ok(()));
        assert_eq!(met.take_article(&article(OTHER, "corrections", &none)), Ok(()));
        let told = met.take_article(&article(ID, "corrections", &none)).unwrap_err();
        assert!(told.contains("stands here twice"), "{told}");
        let key = json!({"id": ID, "name": "K", "scopes": [], "created_at": AT});
        let key: ExportedKey = serde_json::from_value(key).unwrap();
        assert_eq!(met.take_key(&key), Ok(()));
        assert!(met.take_key(&key).unwrap_err().contains("the key"));
        let mut term = |kind: &str, value: &str| {
            let line = json!({"kind": kind, "value": value, "name": "N"});
            met.take_term(&serde_json::from_value(line).unwrap())
        };
        assert_eq!(term("tag", "city"), Ok(()));
        assert_eq!(term("section", "city"), Ok(()));
        assert_eq!(term("tag", "city"), Err("the tag city stands here twice".to_owned()));
        let since = json!({"since": AT, "language": "en"});
        let languages = json!({"languages": [since, since]});
        assert!(check_languages(&serde_json::from_value(languages).unwrap()).is_err());
    }

    #[test]
    fn comments_on_one_article_have_numbers_of_their_own() {
        let comment = |number: i64, more: &Value| -> ExportedComment {
            let mut line = json!({"number": number, "id": OTHER, "article": ID, "version": 1,
                "state": "published", "created_at": AT, "updated_at": AT, "author_name": "Sam",
                "body": "Hello", "history": [{"version": 1, "at": AT, "state": "published",
                "actor": "anonymous"}]});
            for (name, value) in more.as_object().unwrap() {
                line[name] = value.clone();
            }
            serde_json::from_value(line).unwrap()
        };
        let mut met = MetComments::default();
        let from = json!({"imported_from": [{"source_id": "isso:1", "sha256": "0".repeat(64),
            "imported_at": AT}]});
        assert_eq!(met.take(&comment(1, &from)), Ok(()));
        assert!(met.take(&comment(1, &json!({}))).unwrap_err().contains("`number` 1"));
        assert!(met.take(&comment(2, &from)).unwrap_err().contains("isso:1"));
        let by = json!({"at": AT, "reporter": "admin"});
        let told = met.take(&comment(3, &json!({"reports": [by, by]}))).unwrap_err();
        assert!(told.contains("reported it twice"), "{told}");
        let reader = json!({"at": AT});
        assert_eq!(met.take(&comment(4, &json!({"reports": [reader, reader]}))), Ok(()));
    }
}
