//! Texts in blocks: HTML between comments that say what each part is. Here the comments are taken out, and what stands
//! elsewhere is put in: synced patterns, footnotes, fields of the post. What WordPress hides is left out, and what it
//! makes itself when it shows the text is told of as lost.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use serde_json::{Deserializer, Map, Value};

use super::export::{Pattern, Site};
use super::fills::fill;
use super::names::{gate_attribute, is_gate, is_notice, listed};
use super::record::Post;
use crate::import::words::cut;

/// Longest text with its patterns, in bytes: eight times the longest article, because markup for the editor goes.
pub const EXPANDED_MAX: usize = 4 * 1024 * 1024;
/// Deepest nesting of blocks: that of elements in an article.
const DEPTH_MAX: usize = 100;
/// Deepest nesting of synced patterns in each other.
const PATTERNS_DEEP_MAX: usize = 8;
/// Most synced patterns that one text shows, those in patterns included.
const PATTERNS_MAX: usize = 500;
/// Blocks without HTML of their own that are just empty.
const EMPTY: [&str; 14] = [
    "column", "columns", "freeform", "group", "heading", "html", "list", "list-item", "missing",
    "more", "nextpage", "paragraph", "separator", "spacer",
];

/// What stands before the name of a block.
const NAME: &str = "\"name\":";
/// Longest name of a block or its attribute that is shown in a reason, in characters.
const SHOWN_MAX: usize = 80;

const NO_END: &str = "a comment of HTML (`<!--`) begins in its text and has no end: what of the text is public cannot be told; end it";

/// A text without its blocks' comments.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Expanded {
    /// Its HTML.
    pub html: String,
    /// What is lost or was changed.
    pub told: Vec<String>,
    /// The block that says that not all of it is for every reader.
    pub gate: Option<String>,
    /// The fields of the post that stand in it.
    pub fields: BTreeSet<String>,
}

/// A part of a text.
enum Piece<'a> {
    Html(&'a str),
    Open {
        name: &'a str,
        attributes: Map<String, Value>,
        is_void: bool,
    },
    Close(&'a str),
    /// The end of a teaser.
    More,
    /// The end of a page.
    Page,
    /// A comment that is no block's.
    Remark,
}

/// What becomes of a block at its end.
enum Then {
    Keep,
    Drop,
    Fill(Vec<(String, String)>),
}

/// A block that is open.
struct Frame {
    name: String,
    /// Where its HTML begins.
    start: usize,
    then: Then,
}

/// Values that the reference to a pattern gives for blocks in it, by their names.
type Given = Map<String, Value>;

/// Expands the text of a post.
///
/// # Errors
/// If a part of it cannot be told: a pattern or a field is not in the file, or a block says something that is not
/// known.
pub fn expand(text: &str, post: &Post, site: &Site) -> Result<Expanded, String> {
    let mut expander = Expander {
        post,
        site,
        out: Expanded::default(),
        dropping: 0,
        patterns: 0,
        names: HashMap::new(),
        counts: Counts::default(),
        lost: BTreeMap::new(),
        notes: None,
    };
    expander.text(text, None, 0)?;
    expander.finish()
}

/// Numbers of what is told of once.
#[derive(Default)]
struct Counts {
    pages: usize,
    remarks: usize,
    hidden: usize,
}

struct Expander<'a> {
    post: &'a Post,
    site: &'a Site,
    out: Expanded,
    /// Blocks that are left out and open.
    dropping: usize,
    patterns: usize,
    /// The names of the blocks of patterns that were given words.
    names: HashMap<u64, HashSet<String>>,
    counts: Counts,
    /// Blocks that WordPress makes itself.
    lost: BTreeMap<String, usize>,
    /// The ids of the footnotes, once they are shown.
    notes: Option<BTreeSet<String>>,
}

impl Expander<'_> {
    fn text(&mut self, text: &str, given: Option<&Given>, depth: usize) -> Result<(), String> {
        let mut frames: Vec<Frame> = Vec::new();
        let mut is_behind_mark = false;
        let mut rest = text;
        while let Some(piece) = next_piece(&mut rest)? {
            let begins = matches!(piece, Piece::Open { is_void: false, .. });
            match piece {
                Piece::Html(html) => {
                    // The editor writes a newline behind each mark, and one before its end.
                    let html = match is_behind_mark {
                        true => html.strip_prefix('\n').unwrap_or(html),
                        false => html,
                    };
                    self.out.html.push_str(html);
                }
                Piece::Open { name, attributes, is_void: true } => {
                    self.void(name, &attributes, given, depth)?;
                }
                Piece::Open { name, attributes, is_void: false } => {
                    if frames.len() >= DEPTH_MAX {
                        return Err(format!(
                            "its blocks are nested deeper than {DEPTH_MAX}; take some apart"
                        ));
                    }
                    let then = self.begun(name, &attributes, given)?;
                    let start = self.out.html.len();
                    frames.push(Frame { name: name.to_owned(), start, then });
                }
                Piece::Close(name) => {
                    if let Some(at) = frames.iter().rposition(|frame| frame.name == name) {
                        // What was opened within it and has no end ends with it.
                        for frame in frames.drain(at..).rev() {
                            self.ended(frame)?;
                        }
                    }
                }
                Piece::More => {}
                Piece::Page => self.counts.pages += 1,
                Piece::Remark => self.counts.remarks += 1,
            }
            is_behind_mark = begins;
            if self.out.html.len() > EXPANDED_MAX {
                return Err(too_long());
            }
        }
        for frame in frames.into_iter().rev() {
            self.ended(frame)?;
        }
        Ok(())
    }

    /// What is to become of a block that begins.
    fn begun(
        &mut self,
        name: &str,
        attributes: &Map<String, Value>,
        given: Option<&Given>,
    ) -> Result<Then, String> {
        if !is_visible(name, attributes)? {
            self.counts.hidden += 1;
            self.dropping += 1;
            return Ok(Then::Drop);
        }
        if self.dropping > 0 {
            return Ok(Then::Keep);
        }
        self.gated(name, attributes);
        if matches!(name, "block" | "pattern" | "template-part") {
            return Err(format!(
                "the block `{name}` in its text has a form that is not known; put its words in its place"
            ));
        }
        let fills = self.fills(name, attributes, given)?;
        Ok(if fills.is_empty() { Then::Keep } else { Then::Fill(fills) })
    }

    fn ended(&mut self, frame: Frame) -> Result<(), String> {
        let Frame { name, start, then } = frame;
        if self.out.html.len() > start && self.out.html.ends_with('\n') {
            self.out.html.pop();
        }
        match then {
            Then::Keep => {}
            Then::Drop => {
                self.dropping = self.dropping.saturating_sub(1);
                self.out.html.truncate(start);
            }
            Then::Fill(fills) => {
                let mut html = self.out.html.split_off(start);
                for (attribute, value) in fills {
                    html = fill(&name, &attribute, &value, &html).ok_or_else(|| {
                        format!("the {attribute} of a block `{name}` in its text stands elsewhere, in a way that is not known; put it in its place")
                    })?;
                }
                self.out.html.push_str(&html);
            }
        }
        Ok(())
    }

    /// A block without HTML of its own.
    fn void(
        &mut self,
        name: &str,
        attributes: &Map<String, Value>,
        given: Option<&Given>,
        depth: usize,
    ) -> Result<(), String> {
        if !is_visible(name, attributes)? {
            self.counts.hidden += 1;
            return Ok(());
        }
        if self.dropping > 0 {
            return Ok(());
        }
        self.gated(name, attributes);
        match name {
            "block" => return self.synced(attributes, depth),
            "footnotes" => return self.footnotes(),
            "pattern" | "template-part" => {
                let slug = attributes.get("slug").and_then(Value::as_str).unwrap_or_default();
                let (slug, _) = cut(slug, 80);
                return Err(format!(
                    "the {name} `{slug}` of the site's theme stands in its text, and its words are not in this file; put them in its place"
                ));
            }
            _ => {}
        }
        if !self.fills(name, attributes, given)?.is_empty() {
            return Err(format!(
                "the words of a block `{name}` in its text stand elsewhere, and it has no place for them; put them in its place"
            ));
        }
        if EMPTY.contains(&name) {
            return Ok(());
        }
        if is_notice(name) {
            return Err(format!(
                "the block `{name}` in its text stands for a notice that only WordPress's plugins know, and it would be lost; write its words out, or attach a disclaimer by a rule, and take it out there"
            ));
        }
        *self.lost.entry(name.to_owned()).or_default() += 1;
        Ok(())
    }

    fn gated(&mut self, name: &str, attributes: &Map<String, Value>) {
        if self.out.gate.is_some() {
            return;
        }
        let shown = |name: &str| cut(name, SHOWN_MAX).0;
        self.out.gate = match gate_attribute(attributes) {
            Some(attribute) => Some(format!("wp:{} {}", shown(name), shown(attribute))),
            None => is_gate(name).then(|| format!("wp:{}", shown(name))),
        };
    }

    /// A synced pattern: its text stands in an item of its own.
    fn synced(&mut self, attributes: &Map<String, Value>, depth: usize) -> Result<(), String> {
        let id = attributes.get("ref").and_then(Value::as_u64).ok_or(
            "a synced pattern in its text has no number (`ref`); put its words in its place",
        )?;
        self.patterns += 1;
        if depth >= PATTERNS_DEEP_MAX || self.patterns > PATTERNS_MAX {
            return Err(format!(
                "the synced pattern {id} in its text stands within itself, or in too many others; put its words in its place"
            ));
        }
        let site = self.site;
        let Some(found) = site.patterns.get(&id) else {
            return Err(format!(
                "the text of the synced pattern {id}, which stands in it, is not in this file, and may be a notice: export all content, not posts alone"
            ));
        };
        let Pattern::Text(text) = found else {
            self.out.told.push(format!("the synced pattern {id} is left out: WordPress shows nothing in its place, since it is no longer published"));
            return Ok(());
        };
        let unknown = || {
            format!(
                "what stands in place of words of the synced pattern {id} has a form that is not known; put its words in its place"
            )
        };
        let given = match attributes.get("content") {
            None | Some(Value::Null) => Map::new(),
            Some(Value::Object(given)) if given.values().all(Value::is_object) => given.clone(),
            Some(_) => return Err(unknown()),
        };
        if attributes.contains_key("overrides") {
            return Err(unknown());
        }
        // The name must be met again in it: otherwise the words would be lost.
        if !given.is_empty() {
            let names = self.names.entry(id).or_insert_with(|| names_in(text));
            if let Some(name) = given.keys().find(|name| !names.contains(*name)) {
                let (name, _) = cut(name, SHOWN_MAX);
                return Err(format!(
                    "words for `{name}` in the synced pattern {id} have no place in it; put its words in its place"
                ));
            }
        }
        self.text(text, Some(&given), depth + 1)
    }

    /// The values that stand elsewhere for a block.
    fn fills(
        &mut self,
        name: &str,
        attributes: &Map<String, Value>,
        given: Option<&Given>,
    ) -> Result<Vec<(String, String)>, String> {
        let metadata = attributes.get("metadata").and_then(Value::as_object);
        let bindings = match metadata.and_then(|metadata| metadata.get("bindings")) {
            None | Some(Value::Null) => return Ok(Vec::new()),
            Some(Value::Object(bindings)) => bindings,
            Some(_) => {
                return Err(format!(
                    "the `bindings` of a block `{name}` in its text have a form that is not known; put its words in its place"
                ));
            }
        };
        let own_name = metadata.and_then(|metadata| metadata.get("name")).and_then(Value::as_str);
        let given = own_name.and_then(|own| given?.get(own)?.as_object());
        let mut fills = Vec::new();
        for (attribute, binding) in bindings {
            match binding["source"].as_str().unwrap_or_default() {
                "core/post-meta" => {
                    let key = binding["args"]["key"].as_str().unwrap_or_default();
                    if key.starts_with('_') {
                        let text = format!(
                            "a block shows the field `{key}`, which WordPress keeps back: its own words stay"
                        );
                        self.out.told.push(text);
                        continue;
                    }
                    let value = self.post.meta(key).ok_or_else(|| {
                        format!("the field `{key}`, which stands in its text, is not in this file; put its words in its place")
                    })?;
                    self.out.fields.insert(key.to_owned());
                    fills.push((attribute.clone(), value.to_owned()));
                }
                // Without words of the reference those of the pattern stay.
                "core/pattern-overrides" => {
                    for (own, value) in given.into_iter().flatten() {
                        if attribute != "__default" && attribute != own {
                            continue;
                        }
                        match value {
                            Value::Null => {}
                            Value::String(text) => fills.push((own.clone(), text.clone())),
                            Value::Number(_) if own == "id" => {}
                            _ => {
                                return Err(format!(
                                    "the {own} of a block `{name}` in a synced pattern has a form that is not known; put its words in its place"
                                ));
                            }
                        }
                    }
                }
                source => {
                    let (source, _) = cut(source, 80);
                    return Err(format!(
                        "a block `{name}` in its text takes its {attribute} from `{source}`, which is not in this file; put its words in its place"
                    ));
                }
            }
        }
        Ok(fills)
    }

    /// The footnotes, in the place where the text has them.
    fn footnotes(&mut self) -> Result<(), String> {
        let mut ids = BTreeSet::new();
        let raw = self.post.meta("footnotes").unwrap_or_default().trim();
        if !raw.is_empty() {
            let unknown = || {
                "its footnotes (the field `footnotes`) have a form that is not known; write them into the text".to_owned()
            };
            let notes: Vec<Map<String, Value>> =
                serde_json::from_str(raw).map_err(|_| unknown())?;
            let mut list = String::new();
            for note in &notes {
                let get = |name: &str| note.get(name).and_then(Value::as_str);
                let (Some(id), Some(content)) = (get("id"), get("content")) else {
                    return Err(unknown());
                };
                let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
                if !id.chars().all(is_word) {
                    return Err(unknown());
                }
                list.push_str(&format!(
                    "<li id=\"{id}\">{content} <a href=\"#{id}-link\">\u{21a9}\u{fe0e}</a></li>"
                ));
                ids.insert(id.to_owned());
            }
            if !list.is_empty() {
                self.out.html.push_str(&format!("<ol>{list}</ol>"));
            }
        }
        self.notes = Some(ids);
        Ok(())
    }

    /// Looks at the whole, and tells what is to be told.
    fn finish(mut self) -> Result<Expanded, String> {
        let referred = referred_notes(&self.out.html);
        match &self.notes {
            Some(shown) if referred.is_subset(shown) => {}
            None if referred.is_empty() => {}
            None if self.post.meta("footnotes").is_some() => {
                self.out.told.push("its footnotes are left out: WordPress does not show them, because the text has no place for them".to_owned());
            }
            _ => {
                return Err("its text refers to footnotes whose words are not in this file (the field `footnotes`); write them into the text".to_owned());
            }
        }
        let Counts { pages, remarks, hidden } = self.counts;
        let mut tell = |count: usize, text: &str| {
            if count > 0 {
                self.out.told.push(format!("{text} ({count})"));
            }
        };
        tell(pages, "the pages that its text was divided into are one now");
        tell(remarks, "comments of HTML are left out of the text");
        tell(hidden, "blocks that WordPress hides are left out of the text");
        if !self.lost.is_empty() {
            let named = listed(self.lost.iter().map(|(name, count)| (name.clone(), *count)));
            self.out
                .told
                .push(format!("lost: what WordPress makes itself when it shows the text: {named}"));
        }
        Ok(self.out)
    }
}

fn too_long() -> String {
    format!(
        "its text is longer than {} MiB with what stands in it: no article is that long",
        EXPANDED_MAX >> 20
    )
}

/// False if WordPress hides a block on all screens (6.9 and later).
fn is_visible(name: &str, attributes: &Map<String, Value>) -> Result<bool, String> {
    let unknown = || {
        Err(format!(
            "whether the block `{name}` in its text is shown (`blockVisibility`) cannot be told; take it out, or show it to all"
        ))
    };
    // That of a plugin has rules, which are the plugin's.
    match attributes.get("blockVisibility") {
        None | Some(Value::Null) => {}
        Some(Value::Object(rules)) if rules.is_empty() => {}
        Some(_) => return unknown(),
    }
    match attributes.get("metadata").and_then(|metadata| metadata.get("blockVisibility")) {
        None | Some(Value::Null | Value::Bool(true)) => Ok(true),
        Some(Value::Bool(false)) => Ok(false),
        // Hidden on small or large screens: the page has it for every reader.
        Some(Value::Object(rules)) if rules.keys().all(|key| key == "viewport") => Ok(true),
        Some(_) => unknown(),
    }
}

/// The names of the blocks of a pattern, as they are behind the escapes of its editor.
fn names_in(text: &str) -> HashSet<String> {
    let behind = text.match_indices(NAME).map(|(at, name)| &text[at + name.len()..]);
    behind
        .filter_map(|rest| Deserializer::from_str(rest).into_iter::<String>().next()?.ok())
        .collect()
}

/// The ids of the footnotes that a text refers to.
fn referred_notes(html: &str) -> BTreeSet<String> {
    let behind = html.split("data-fn=\"").skip(1);
    behind.filter_map(|rest| Some(rest.split_once('"')?.0.to_owned())).collect()
}

/// Takes the next part off a text.
fn next_piece<'a>(rest: &mut &'a str) -> Result<Option<Piece<'a>>, String> {
    if rest.is_empty() {
        return Ok(None);
    }
    let at = rest.find("<!--").unwrap_or(rest.len());
    if at > 0 {
        let (html, behind) = rest.split_at(at);
        *rest = behind;
        return Ok(Some(Piece::Html(html)));
    }
    let inside = &rest["<!--".len()..];
    let end = inside.find("-->").ok_or(NO_END)?;
    // A parser of HTML ends a comment here as well.
    let (inside, length) = match inside[..end].find("--!>") {
        Some(end) => (&inside[..end], end + "--!>".len()),
        None => (&inside[..end], end + "-->".len()),
    };
    *rest = &rest["<!--".len() + length..];
    piece_of(inside.trim()).map(Some)
}

/// What a comment is.
fn piece_of(words: &str) -> Result<Piece<'_>, String> {
    let core = |name: &str| name.strip_prefix("core/").map_or(0, |_| "core/".len());
    if let Some(name) = words.strip_prefix("/wp:") {
        return Ok(Piece::Close(&name[core(name)..]));
    }
    let Some(block) = words.strip_prefix("wp:") else {
        let first = words.split(char::is_whitespace).next().unwrap_or_default();
        return Ok(match first {
            "more" | "noteaser" => Piece::More,
            "nextpage" => Piece::Page,
            _ => Piece::Remark,
        });
    };
    let (block, is_void) = match block.strip_suffix('/') {
        Some(block) => (block.trim_end(), true),
        None => (block, false),
    };
    let end = block.find(char::is_whitespace).unwrap_or(block.len());
    let (name, json) = block.split_at(end);
    let name = &name[core(name)..];
    let attributes = match json.trim() {
        "" => Map::new(),
        json => serde_json::from_str(json).map_err(|_| {
            let (name, _) = cut(name, 80);
            format!("the attributes of a block `{name}` in its text are no JSON: what it shows cannot be told; save the post again in WordPress")
        })?,
    };
    Ok(Piece::Open { name, attributes, is_void })
}
