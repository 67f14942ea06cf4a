//! Members that a folder or a site's configuration sets for the pages below it: `cascade` of Hugo, `defaults` of Jekyll,
//! `DEFAULT_METADATA` of Pelican.

use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use serde_json::{Map, Value};

use super::front_matter::{self, bare_name};
use super::names::{is_content, is_section};
use super::visibility::{is_gate, may_hold_back};
use super::whole;

/// Members for all pages below a place.
pub struct Cascade {
    /// The members, each once, by their names in lower case.
    pub members: Map<String, Value>,
    /// Parts of it that cannot be determined.
    pub unclear: Vec<Unclear>,
}

/// A part of a cascade that cannot be determined.
pub struct Unclear {
    /// The member; `None` for the whole cascade.
    pub name: Option<String>,
    /// The reason.
    pub why: String,
}

impl Cascade {
    /// One that sets these members.
    pub fn said(members: Map<String, Value>) -> Self {
        let named = members.into_iter();
        let named = named.map(|(name, value)| (bare_name(&name).to_lowercase(), value));
        Self { members: named.collect(), unclear: Vec::new() }
    }

    /// One of which a member, or nothing at all, can be determined.
    pub fn unclear(name: Option<&str>, why: String) -> Self {
        let name = name.map(str::to_owned);
        Self { members: Map::new(), unclear: vec![Unclear { name, why }] }
    }

    /// The value of a `cascade`: a map or a list of them. `page` is the file that has it.
    pub fn of(value: Value, page: &dyn Display) -> Self {
        let entries = match value {
            Value::Array(entries) => entries,
            single => vec![single],
        };
        let (mut members, mut unclear) = (Map::new(), Vec::new());
        for entry in entries {
            let Value::Object(entry) = entry else {
                return Self::unclear(None, untold(page, "its `cascade` is no map"));
            };
            let mut entry: Map<String, Value> = entry
                .into_iter()
                .map(|(name, value)| (bare_name(&name).to_lowercase(), value))
                .collect();
            // Hugo's own members are at the top level, others are below `params`: of those only what a site's own
            // templates may go by affects visibility.
            if let Some(Value::Object(params)) = entry.remove("params") {
                for (name, value) in params {
                    let name = bare_name(&name).to_lowercase();
                    if !is_about_visibility(&name) || is_gate(&name) {
                        entry.entry(name).or_insert(value);
                    }
                }
            }
            let targets = ["target", "_target"].map(|name| entry.remove(name).is_some());
            for (name, value) in entry {
                match targets.contains(&true) {
                    true if is_about_visibility(&name) => {
                        let why = format!(
                            "{page} says `{name}` of some of the pages below it (`target`), and which cannot be told"
                        );
                        let name = Some(name);
                        unclear.push(Unclear { name, why });
                    }
                    true => {}
                    false => drop(members.entry(name).or_insert(value)),
                }
            }
        }
        Self { members, unclear }
    }
}

fn untold(page: &dyn Display, why: &str) -> String {
    format!("what {page} says of the pages below it cannot be told ({why})")
}

/// The cascade that the page of a section, one of the files `names` in its folder, sets for the
/// pages below it; its language does not matter.
pub fn cascade_of(mut names: Vec<PathBuf>) -> Vec<Rc<Cascade>> {
    names.retain(|path| is_content(path) && is_section(path));
    names.sort_unstable();
    let read = names.iter().filter_map(|page| read_cascade(page));
    read.map(Rc::new).collect()
}

fn read_cascade(page: &Path) -> Option<Cascade> {
    let shown = page.display();
    let unclear = |why: &str| Some(Cascade::unclear(None, untold(&shown, why)));
    let text = match whole::read(page).map(String::from_utf8) {
        Ok(Ok(text)) => text,
        Ok(Err(_)) => return unclear("it is not UTF-8"),
        Err(error) => return unclear(&error.to_string()),
    };
    let front = match front_matter::split(&text) {
        Ok(front) => front?,
        Err(refused) => return unclear(refused.to_string().trim()),
    };
    let mut named = front.members.into_iter();
    let (_, cascade) = named.find(|(name, _)| name.eq_ignore_ascii_case("cascade"))?;
    Some(Cascade::of(cascade, &shown))
}

/// True if a member, in lower case, may hold a page back.
pub fn is_about_visibility(name: &str) -> bool {
    let others = ["published", "publishdate", "date", "permalink", "expirydate", "unpublishdate"];
    may_hold_back(name) || others.contains(&name)
}
