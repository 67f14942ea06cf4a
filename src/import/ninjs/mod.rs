//! ninjs, the JSON of news agencies (IPTC, versions 1.x to 3.1): one item in a file, a list of items, or an object with a
//! list `items` or `_items`. An item that its provider holds back is a draft here, and one that it cancels is withdrawn.

mod article;
mod members;
mod picture;
mod state;
mod text;

#[cfg(test)]
mod tests;

use std::cmp::Ordering;
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use serde_json::{Map, Value};

use self::article::{NoArticle, article, number_of, source_id};
use self::members::{Members, key_of, text_in};
use self::state::instant_of;
use super::feed::look::{outline, unread_json};
use super::item::{At, Item, Options, Sink};
use crate::web::json;

/// Largest file, in bytes: some ten thousand items. It is held in memory, several times as large.
const FILE_MAX: u64 = 64 * 1024 * 1024;

/// Members that ninjs has and other forms have not, in lower case.
const OWN: [&str; 31] = [
    "pubstatus", "versioncreated", "firstcreated", "contentcreated", "headline", "headlines",
    "bodies", "body_text", "body_html", "body_xhtml", "byline", "slugline", "usageterms",
    "copyrightholder", "copyrightnotice", "urgency", "located", "associations", "renditions",
    "infosource", "infosources", "altids", "representationtype", "embargoed", "embargoeduntil",
    "descriptions", "description_text", "ednote", "standard", "$standard", "trustindicators",
];
/// How many of them a file has that says no `uri`.
const OWN_ENOUGH: usize = 3;

/// True if a file that begins with these bytes is ninjs.
#[must_use]
pub fn is_it(start: &[u8]) -> bool {
    let Some(seen) = outline(start) else {
        return false;
    };
    let is_item = |names: &[String]| {
        let has_uri = names.iter().any(|name| name.eq_ignore_ascii_case("uri"));
        let own = names.iter().filter(|name| OWN.contains(&&*key_of(name))).count();
        if has_uri { own > 0 } else { own >= OWN_ENOUGH }
    };
    is_item(&seen.members) || is_item(&seen.record)
}

/// Reads the items of a file.
///
/// # Errors
/// If the file cannot be read, or what the sink gives.
pub fn read(path: &Path, options: &Options, sink: &mut Sink<'_>) -> io::Result<()> {
    let at = At::file(path);
    let mut bytes = Vec::new();
    File::open(path)?.take(FILE_MAX + 1).read_to_end(&mut bytes)?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > FILE_MAX) {
        let reason = format!("is longer than {FILE_MAX} bytes: cut it into several files");
        return sink(Item::Refused { at, reason });
    }
    read_bytes(&bytes, &at, options, sink)
}

fn read_bytes(bytes: &[u8], at: &At, options: &Options, sink: &mut Sink<'_>) -> io::Result<()> {
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    let value = match json::parse(bytes) {
        Ok(value) => value,
        Err(problem) => {
            let (line, reason) = unread_json(bytes, &problem);
            return sink(Item::Refused { at: at.line(line), reason });
        }
    };
    let mut items = Vec::new();
    for (number, (at, value)) in placed(value, at).into_iter().enumerate() {
        match value {
            Value::Object(object) => items.push((at, object)),
            _ => {
                let reason = format!("item {} must be an object", number + 1);
                sink(Item::Refused { at, reason })?;
            }
        }
    }
    let fates = fates(&items);
    for ((at, object), fate) in items.into_iter().zip(fates) {
        match fate {
            Fate::Read => {}
            Fate::Older => {
                let reason = "is an older version of an item in this file".to_owned();
                sink(Item::Skipped { at, reason })?;
                continue;
            }
            Fate::Unclear => {
                let at = known_at(&at, &object);
                let reason = "stands in this file more than once, and which is the newest cannot be told: give each a `version` or a `versionCreated`".to_owned();
                sink(Item::Refused { at, reason })?;
                continue;
            }
        }
        let known = known_at(&at, &object);
        match article(object, options, &at) {
            Ok((article, warnings)) => {
                for text in warnings {
                    sink(Item::Warning { at: at.clone(), text })?;
                }
                sink(Item::Article(Box::new(article)))?;
            }
            Err(NoArticle::Refused(reason)) => sink(Item::Refused { at: known, reason })?,
            Err(NoArticle::Skipped(reason)) => sink(Item::Skipped { at: known, reason })?,
        }
    }
    Ok(())
}

/// The place of an item with what it is known by.
fn known_at(at: &At, item: &Map<String, Value>) -> At {
    text_in(item, "uri").map_or_else(|| at.clone(), |uri| at.known_as(source_id(&uri)))
}

/// The items, each with its place.
fn placed(value: Value, at: &At) -> Vec<(At, Value)> {
    let values = match value {
        Value::Array(items) => items,
        Value::Object(mut object) if !object.contains_key("uri") => {
            // News APIs, and Copydesk's own, have `_items`.
            let is_list = |name: &&str| object.get(*name).is_some_and(Value::is_array);
            let name = ["items", "_items"].into_iter().find(is_list);
            match name.and_then(|name| object.shift_remove(name)) {
                Some(Value::Array(items)) => items,
                _ => vec![Value::Object(object)],
            }
        }
        single => vec![single],
    };
    let is_one = values.len() == 1;
    let place = |(number, value): (usize, Value)| {
        let uri = value.as_object().and_then(|item| text_in(item, "uri"));
        let name = match uri {
            Some(uri) => Some(super::words::cut(&uri, 200).0),
            None if is_one => None,
            None => Some(format!("item {}", number + 1)),
        };
        (name.map_or_else(|| at.clone(), |name| at.record(name)), value)
    };
    values.into_iter().enumerate().map(place).collect()
}

/// What becomes of an item of which there may be other versions in its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Read,
    Older,
    Unclear,
}

/// Of several versions of one item the newest is read.
fn fates(items: &[(At, Map<String, Value>)]) -> Vec<Fate> {
    let mut fates = vec![Fate::Read; items.len()];
    let mut newest: HashMap<String, usize> = HashMap::new();
    for (number, (_, item)) in items.iter().enumerate() {
        let Some(uri) = text_in(item, "uri") else {
            continue;
        };
        let known = *newest.entry(uri.clone()).or_insert(number);
        if known == number {
            continue;
        }
        // What was unclear once stays so.
        let order = newer(item, &items[known].1).filter(|_| fates[known] == Fate::Read);
        match order {
            Some(Ordering::Greater) => {
                fates[known] = Fate::Older;
                newest.insert(uri, number);
            }
            // The same twice is one.
            Some(Ordering::Less | Ordering::Equal) => fates[number] = Fate::Older,
            None => {
                fates[known] = Fate::Unclear;
                fates[number] = Fate::Unclear;
            }
        }
    }
    fates
}

/// Whether an item is a newer version than another: by its number, else by its date. `None` if that cannot be told.
fn newer(item: &Map<String, Value>, other: &Map<String, Value>) -> Option<Ordering> {
    if item == other {
        return Some(Ordering::Equal);
    }
    let number = |item: &Map<String, Value>| number_of(&text_in(item, "version")?);
    // Without the rest: an item may be long, and have many versions.
    let created = |item: &Map<String, Value>| {
        let own = item.iter().filter(|(name, _)| key_of(name) == "versioncreated");
        let own = own.map(|(name, value)| (name.clone(), value.clone())).collect();
        instant_of(&mut Members::of(own).ok()?, "versioncreated").ok()?
    };
    let by_number = number(item).zip(number(other)).map(|(one, two)| one.cmp(&two));
    let by_date = || created(item).zip(created(other)).map(|(one, two)| one.cmp(&two));
    by_number.filter(|order| order.is_ne()).or_else(by_date).filter(|order| order.is_ne())
}
