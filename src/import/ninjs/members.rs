//! The members of a ninjs item, whatever its version: 1.x writes them in lower case (`pubstatus`, `body_xhtml`), 2.x has
//! lists in lower case (`bodies`), 3.x has capitals in them (`pubStatus`). Members that none of them has stand apart.

use serde_json::{Map, Value};

/// The members that the versions of ninjs have, and those of its older dialects, as [`key_of`] has them.
const OF_NINJS: [&str; 70] = [
    "$standard", "altids", "associations", "authors", "bodies", "body", "by", "byline",
    "charcount", "contentcreated", "contentwarnings", "copyrightholder", "copyrightnotice",
    "description", "descriptions", "digitalsourcetype", "ednote", "embargoed", "embargoeduntil",
    "event", "events", "evolvedfrom", "expires", "firstcreated", "firstpublished", "genre",
    "genres", "headline", "headlines", "infosource", "infosources", "keywords", "language",
    "located", "mimetype", "name", "object", "objects", "organisation", "organisations", "people",
    "person", "place", "places", "priority", "product", "products", "profile", "pubstatus",
    "readtime", "rel", "renditions", "representationtype", "rightsinfo", "service", "services",
    "slugline", "source", "standard", "subject", "subjects", "title", "trustindicators", "type",
    "urgency", "uri", "usageterms", "version", "versioncreated", "wordcount",
];
/// How the names begin that 1.x makes up where it needs them: `body_xhtml`, `headline_sub`.
const MADE_UP: [&str; 3] = ["body_", "description_", "headline_"];

/// The members of an object, by their keys.
#[derive(Debug, Default)]
pub struct Members {
    by_name: Map<String, Value>,
    strangers: Vec<(String, Value)>,
    twice: Option<String>,
}

impl Members {
    /// The members of an object.
    ///
    /// # Errors
    /// If it has two states or two identities.
    pub fn of(object: Map<String, Value>) -> Result<Self, String> {
        let mut members = Self::default();
        for (name, value) in object {
            let key = key_of(&name);
            if !is_of_ninjs(&key) {
                members.strangers.push((name, value));
                continue;
            }
            if members.by_name.get(&key).is_some_and(|before| *before != value) {
                let reason = format!(
                    "`{name}` stands twice, in other letters and with another value; keep one of them"
                );
                if matches!(&*key, "pubstatus" | "uri") {
                    return Err(reason);
                }
                members.twice = Some(reason);
            }
            members.by_name.insert(key, value);
        }
        Ok(members)
    }

    /// What is wrong if a member stands twice, with two values.
    pub fn twice(&self) -> Option<&str> {
        self.twice.as_deref()
    }

    /// Takes out the members that no version of ninjs has, with their names as written.
    pub fn strangers(&mut self) -> Vec<(String, Value)> {
        std::mem::take(&mut self.strangers)
    }

    /// Takes a member out; `None` if it says nothing (null, blank, empty).
    pub fn take(&mut self, name: &str) -> Option<Value> {
        self.by_name.shift_remove(name).filter(|value| !is_empty(value))
    }

    /// Takes a member out, whatever it says.
    pub fn take_any(&mut self, name: &str) -> Option<Value> {
        self.by_name.shift_remove(name)
    }

    /// True if a member is there and says something.
    pub fn says(&self, name: &str) -> bool {
        self.by_name.get(name).is_some_and(|value| !is_empty(value))
    }

    /// Takes a text out, or a number as one, without white space around it. What is neither stays: it is told of as lost.
    pub fn text(&mut self, name: &str) -> Option<String> {
        let value = self.take(name)?;
        let text = text_of(&value);
        if text.is_none() {
            self.by_name.insert(name.to_owned(), value);
        }
        text
    }

    /// Takes a list of objects out. A single object is a list of one. What is no object stays: it is told of as lost.
    pub fn list(&mut self, name: &str) -> Vec<Map<String, Value>> {
        let items = match self.take(name) {
            Some(Value::Array(items)) => items,
            Some(single) => vec![single],
            None => vec![],
        };
        let (mut objects, mut others) = (Vec::new(), Vec::new());
        for item in items {
            match item {
                Value::Object(object) => objects.push(object),
                other => others.push(other),
            }
        }
        if !others.is_empty() {
            self.by_name.insert(name.to_owned(), Value::Array(others));
        }
        objects
    }

    /// Takes out all members whose names begin with a text, and the rests of their names.
    pub fn beginning(&mut self, start: &str) -> Vec<(String, Value)> {
        let names: Vec<String> =
            self.by_name.keys().filter(|name| name.starts_with(start)).cloned().collect();
        let mut out = Vec::new();
        for name in names {
            if let Some(value) = self.take(&name) {
                out.push((name[start.len()..].to_owned(), value));
            }
        }
        out
    }

    /// The names of what is left and says something.
    pub fn rest(&self) -> Vec<&str> {
        self.by_name.iter().filter(|(_, value)| !is_empty(value)).map(|(name, _)| &**name).collect()
    }
}

/// The name that a member is known by, whatever its case and however it joins its words: `pub_status` and `pub-status` are
/// `pubStatus`. With `_` before it, it is a member of a program: `_type` is not `type`.
pub fn key_of(name: &str) -> String {
    let name = name.to_lowercase();
    if MADE_UP.iter().any(|start| name.starts_with(start)) {
        return name;
    }
    let rest = name.trim_start_matches('_');
    let marks = &name[..name.len() - rest.len()];
    format!("{marks}{}", rest.replace(['_', '-'], ""))
}

fn is_of_ninjs(key: &str) -> bool {
    OF_NINJS.contains(&key) || MADE_UP.iter().any(|start| key.starts_with(start))
}

/// A member of an object in a list, by its name in lower case.
pub fn text_in(object: &Map<String, Value>, name: &str) -> Option<String> {
    let member = object.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
    member.and_then(|(_, value)| text_of(value))
}

/// A text, or a number as one; `None` if it is blank.
pub fn text_of(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    (!text.is_empty()).then_some(text)
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(items) => items.iter().all(is_empty),
        Value::Object(members) => members.is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn members(value: &Value) -> Result<Members, String> {
        Members::of(value.as_object().unwrap().clone())
    }

    #[test]
    fn members_that_ninjs_has_not_are_kept_apart() {
        for (name, want) in [
            ("pubStatus", "pubstatus"),
            ("pub_status", "pubstatus"),
            ("Usage-Terms", "usageterms"),
            ("body_xhtml", "body_xhtml"),
            ("headline_sub", "headline_sub"),
            ("_type", "_type"),
        ] {
            assert_eq!(key_of(name), want);
        }
        let mut read = members(
            &json!({"pub_status": "usable", "Publish_Schedule": "x", "_type": "a", "type": "text"}),
        )
        .unwrap();
        assert_eq!(read.text("pubstatus").as_deref(), Some("usable"));
        let names: Vec<String> = read.strangers().into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["Publish_Schedule", "_type"]);
        assert_eq!(read.rest(), ["type"]);
        assert!(read.strangers().is_empty());
    }

    #[test]
    fn names_have_no_case() {
        let mut read = members(&json!({"pubStatus": "usable", "pubstatus": "usable", "Version": 10, "body_text": "a", "body_xhtml": "", "edNote": "n"})).unwrap();
        assert_eq!(read.text("pubstatus").as_deref(), Some("usable"));
        assert_eq!(read.text("version").as_deref(), Some("10"));
        assert_eq!(read.beginning("body_"), [("text".to_owned(), json!("a"))]);
        assert_eq!(read.rest(), ["ednote"]);
        // What has another form than it should have is not gone.
        let mut odd =
            members(&json!({"byline": {"name": "Ida"}, "places": ["Kiel", {"name": "Hamburg"}]}))
                .unwrap();
        assert_eq!((odd.text("byline"), odd.list("places").len()), (None, 1));
        assert!(odd.says("byline") && !odd.says("ednote"));
        assert_eq!(odd.rest(), ["byline", "places"]);
        for two in [
            json!({"pubStatus": "usable", "pubstatus": "withheld"}),
            json!({"pubStatus": "usable", "pub_status": "withheld"}),
            json!({"uri": "a", "URI": "b"}),
        ] {
            assert!(members(&two).is_err(), "{two}");
        }
        let two = members(&json!({"byline": "a", "Byline": "b"})).unwrap();
        assert!(two.twice().is_some_and(|reason| reason.starts_with("`Byline` stands twice")));
        let object = json!({"contentType": " text/html "});
        assert_eq!(
            text_in(object.as_object().unwrap(), "contenttype").as_deref(),
            Some("text/html")
        );
    }
}
