//! Comments of Remark42: its backup, a header and then a comment on each line, as JSON.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom};
use std::path::Path;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Map, Value};

use super::comment::{addresses, body_of, give, instant, lose, name_of};
use super::item::{At, CommentItem, FOR_GOOD, Item, On, Options, Sink};
use super::words;
use crate::comments::words::State;
use crate::domain::instant::Instant;
use crate::domain::markup::Markup;

/// Longest line, in bytes. The header is the longest: it has each user who was ever blocked, verified or subscribed, of
/// which this holds some 200,000.
const LINE_MAX: u64 = 32 * 1024 * 1024;
/// The versions of the format: those before the first number say none.
const VERSIONS: [u64; 2] = [0, 1];
/// Pages that are named as closed: of more of them the number is enough.
const CLOSED_NAMED: usize = 5;
/// The instant that Go writes for none.
const NO_TIME: &str = "0001-01-01T00:00:00Z";
/// Members that this version of Remark42 does not have, of a comment or its author, and that could say that a comment is not
/// for readers: in lower case, without what joins their words.
const UNCLEAR: [&str; 30] = [
    "access", "approved", "banned", "block", "blocked", "confidential", "delete", "deleted",
    "draft", "hidden", "invisible", "isapproved", "isblocked", "isdeleted", "ishidden",
    "isprivate", "ispublic", "isspam", "moderated", "pending", "private", "protected", "public",
    "removed", "restricted", "spam", "state", "status", "unpublished", "visibility",
];

/// What tells the lines apart, and what the header says of visibility.
#[derive(Deserialize)]
struct Outline {
    #[serde(default)]
    version: Option<u64>,
    #[serde(default)]
    users: Option<Vec<UserFlags>>,
    #[serde(default)]
    posts: Option<Vec<PostFlags>>,
    #[serde(default)]
    locator: Option<Locator>,
    #[serde(default)]
    time: Value,
    #[serde(default)]
    edit: Value,
}

impl Outline {
    /// The newest time of a comment.
    fn newest(&self) -> Option<Instant> {
        let times = [Some(&self.time), self.edit.get("time")].into_iter().flatten();
        times.filter_map(|time| instant(time.as_str()?)).max()
    }
}

/// What the header says of a user.
#[derive(Deserialize)]
struct UserFlags {
    id: String,
    #[serde(default)]
    blocked: Option<Blocked>,
}

#[derive(Deserialize)]
struct Blocked {
    #[serde(default)]
    status: bool,
}

/// What the header says of a page.
#[derive(Deserialize)]
struct PostFlags {
    #[serde(default)]
    url: String,
    #[serde(default)]
    read_only: bool,
}

/// The page of a comment.
#[derive(Deserialize)]
struct Locator {
    #[serde(default)]
    site: String,
    #[serde(default)]
    url: String,
}

/// A comment.
#[derive(Deserialize)]
struct Comment {
    id: String,
    #[serde(default)]
    pid: String,
    /// As readers saw it: HTML.
    #[serde(default)]
    text: String,
    /// As it was written: Markdown. Imported comments have none.
    #[serde(default)]
    orig: String,
    user: User,
    locator: Locator,
    #[serde(default)]
    score: i64,
    #[serde(default)]
    votes: Option<HashMap<String, IgnoredAny>>,
    time: String,
    #[serde(default)]
    edit: Option<Edit>,
    #[serde(default)]
    pin: bool,
    #[serde(default)]
    delete: bool,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

/// The author. The address is a digest with a key of Remark42: it is of no use here.
#[derive(Deserialize)]
struct User {
    #[serde(default)]
    name: String,
    #[serde(default)]
    id: String,
    #[serde(default)]
    block: bool,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

#[derive(Deserialize)]
struct Edit {
    #[serde(default)]
    time: String,
}

/// Where a comment is in the file.
struct Place {
    /// The number of its page, in the order in which the file has them.
    page: usize,
    offset: u64,
    length: u64,
    line: usize,
}

/// What was found in a file before its comments are read.
#[derive(Default)]
struct Contents {
    places: Vec<Place>,
    blocked: HashSet<String>,
    closed: Vec<String>,
    /// True if it has a header: without one nobody knows whose comments are hidden.
    has_header: bool,
    /// The newest time of a comment: it says how old the backup is, which has no time of its own.
    newest: Option<Instant>,
}

/// What has no place here, and how often it was met.
#[derive(Default)]
struct Lost {
    votes: usize,
    pins: usize,
}

/// The member of a line that could say that a comment is not for readers.
fn unclear_in(rest: &Map<String, Value>) -> Option<&String> {
    rest.keys().find(|name| {
        let bare = name.to_lowercase().replace(['_', '-', ' '], "");
        UNCLEAR.contains(&bare.as_str())
    })
}

/// True for a backup: its first line is a header, or in the oldest ones a comment.
#[must_use]
pub fn is_it(start: &[u8]) -> bool {
    let start = json_of(start);
    let first = start.split(|c| *c == b'\n').next().unwrap_or_default();
    match serde_json::from_slice::<Map<String, Value>>(first) {
        Ok(line) => {
            let has = |name: &str| line.contains_key(name);
            let is_header = has("version") && has("users") && has("posts") && line.len() == 3;
            is_header || has("id") && has("pid") && has("user") && has("locator")
        }
        // A header that goes on beyond what is looked at.
        Err(_) if first.len() == start.len() => {
            let head = String::from_utf8_lossy(&first[..first.len().min(100)]);
            let head: String = head.chars().filter(|c| !c.is_whitespace()).collect();
            let version = head.strip_prefix("{\"version\":");
            let users = version.map(|rest| rest.trim_start_matches(|c: char| c.is_ascii_digit()));
            users.is_some_and(|rest| rest.starts_with(",\"users\":["))
        }
        Err(_) => false,
    }
}

/// Reads the comments of the backup at `path`, those of one page one after the other: a file that was put together of
/// several is read in another order.
///
/// # Errors
/// Those of the sink, or if the file cannot be read.
pub fn read(path: &Path, _options: &Options, sink: &mut Sink<'_>) -> io::Result<()> {
    let file = At::file(path);
    let Some(mut contents) = contents_of(path, &file, sink)? else {
        return Ok(());
    };
    // As they stand in the file where they stand together.
    contents.places.sort_by_key(|place| place.page);
    let mut lost = Lost::default();
    let mut held = 0;
    let mut input = BufReader::new(File::open(path)?);
    let mut position = 0;
    for place in &contents.places {
        if place.offset != position {
            input.seek(SeekFrom::Start(place.offset))?;
        }
        let mut line = Vec::new();
        input.by_ref().take(place.length).read_to_end(&mut line)?;
        position = place.offset + place.length;
        let at = file.line(place.line);
        match serde_json::from_slice::<Comment>(json_of(&line)) {
            Ok(comment) => {
                let at = at.record(format!("comment {}", comment.id));
                let mut told = Vec::new();
                let made = made_of(&at, comment, &contents, &mut lost, &mut told);
                let made = made.map(|item| match item.state {
                    State::Published if !contents.has_header => {
                        held += 1;
                        CommentItem { state: State::Pending, ..item }
                    }
                    _ => item,
                });
                give(&at, made, told, sink)?;
            }
            Err(error) => sink(Item::Refused { at, reason: unclear(&error) })?,
        }
    }
    if held > 0 {
        let text = format!(
            "has no header, and whose comments are hidden cannot be told: they wait for a moderator ({held})"
        );
        sink(Item::Warning { at: file.clone(), text })?;
    }
    lose(&file, lost.votes, "the votes on comments", sink)?;
    lose(&file, lost.pins, "the places of pinned comments", sink)?;
    let named = contents.closed.iter().take(CLOSED_NAMED).map(|url| words::cut(url, 200).0);
    let named: Vec<String> = named.collect();
    let what = format!("that pages are closed to comments, such as {}", named.join(", "));
    lose(&file, contents.closed.len(), &what, sink)
}

/// Goes through the file once: where the comments of each page are, and what the header says. `None` if nothing of it can
/// be taken, which was said.
fn contents_of(path: &Path, file: &At, sink: &mut Sink<'_>) -> io::Result<Option<Contents>> {
    let mut input = BufReader::new(File::open(path)?);
    let mut contents = Contents::default();
    let mut pages: HashMap<String, usize> = HashMap::new();
    let (mut offset, mut number, mut is_begun) = (0, 0, false);
    let mut line = Vec::new();
    loop {
        line.clear();
        let mut length = length_of(input.by_ref().take(LINE_MAX).read_until(b'\n', &mut line)?);
        if length == 0 {
            return Ok(Some(contents));
        }
        let is_long = length == LINE_MAX && !line.ends_with(b"\n");
        if is_long {
            length += length_of(input.skip_until(b'\n')?);
        }
        number += 1;
        let place = offset;
        offset += length;
        let json = json_of(&line);
        if json.is_empty() {
            continue;
        }
        let outline = match is_long {
            true => Err(format!("is longer than {LINE_MAX} bytes")),
            false => serde_json::from_slice::<Outline>(json).map_err(|error| unclear(&error)),
        };
        let at = file.line(number);
        let is_first = !is_begun;
        is_begun = true;
        match outline {
            // Without the header it cannot be told whose comments are hidden.
            Err(reason) if is_first => {
                let reason =
                    format!("is no header of a backup, so nothing of the file is taken: {reason}");
                sink(Item::Refused { at, reason })?;
                return Ok(None);
            }
            Err(reason) => sink(Item::Refused { at, reason })?,
            Ok(outline @ Outline { locator: Some(_), .. }) => {
                contents.newest = contents.newest.max(outline.newest());
                let url = outline.locator.map_or_else(String::new, |locator| locator.url);
                let next = pages.len();
                let page = *pages.entry(url).or_insert(next);
                contents.places.push(Place { page, offset: place, length, line: number });
            }
            Ok(Outline { version, users, posts, locator: None, .. }) => {
                contents.has_header |= version.is_some() || users.is_some();
                let version = version.unwrap_or_default();
                if !VERSIONS.contains(&version) {
                    let reason = format!(
                        "`version` must be 1, not {version}: what a later one says of visibility is not known"
                    );
                    sink(Item::Refused { at, reason })?;
                    return Ok(None);
                }
                let is_blocked =
                    |user: &UserFlags| user.blocked.as_ref().is_some_and(|it| it.status);
                let blocked = users.into_iter().flatten().filter(is_blocked);
                contents.blocked.extend(blocked.map(|user| user.id));
                let closed = posts.into_iter().flatten().filter(|post| post.read_only);
                contents.closed.extend(closed.map(|post| post.url));
            }
        }
    }
}

fn length_of(bytes: usize) -> u64 {
    bytes.try_into().unwrap_or(u64::MAX)
}

/// A line without what may stand around its JSON.
fn json_of(line: &[u8]) -> &[u8] {
    line.strip_prefix("\u{feff}".as_bytes()).unwrap_or(line).trim_ascii()
}

fn unclear(error: &serde_json::Error) -> String {
    format!("is not a line of a backup ({error}): mend it, or make the backup again")
}

fn made_of(
    at: &At,
    comment: Comment,
    contents: &Contents,
    lost: &mut Lost,
    told: &mut Vec<String>,
) -> Result<CommentItem, String> {
    if let Some(name) = unclear_in(&comment.rest).or_else(|| unclear_in(&comment.user.rest)) {
        return Err(format!(
            "`{name}` is not known of Remark42: whether the comment is public cannot be told; take the member out if it is"
        ));
    }
    let Comment { id, pid, text, orig, user, locator, .. } = comment;
    let addresses = addresses(&locator.url);
    if id.trim().is_empty() || addresses.is_empty() {
        return Err("has no `id`, or no `locator` with a `url`".to_owned());
    }
    let at_none = comment.time.trim() == NO_TIME;
    let created_at = instant(&comment.time).filter(|_| !at_none);
    let created_at = created_at.ok_or_else(|| {
        let said = words::cut(&comment.time, 40).0;
        format!("`time` must be an instant such as 2026-01-09T18:30:00Z, not {said:?}")
    })?;
    // The comments of a blocked user are shown as deleted, and have their texts in a backup.
    let (source, markup) = match text.trim().is_empty() {
        true => (orig, Markup::Markdown),
        false => (text, Markup::Html),
    };
    let is_blocked = user.block || contents.blocked.contains(&user.id);
    let state = match (is_blocked, comment.delete, source.trim().is_empty()) {
        (true, _, false) => State::Rejected,
        (true, _, true) | (false, true, _) => State::Removed,
        (false, false, _) => State::Published,
    };
    let source_id =
        |id: &str| words::bounded_id(format!("remark42 {} {}", locator.site, id.trim()));
    let item = CommentItem {
        at: at.clone(),
        source_id: source_id(&id),
        on: On::Addresses(addresses),
        parent: Some(pid).filter(|id| !id.trim().is_empty()).map(|id| source_id(&id)),
        state,
        author_name: String::new(),
        author_email: None,
        address: None,
        body: String::new(),
        created_at,
        edited_at: None,
        // What was deleted does not come back there either.
        source_version: match comment.delete {
            true => Some(FOR_GOOD),
            false => contents.newest.map(Instant::as_micros),
        },
    };
    lost.votes +=
        usize::from(comment.score != 0 || comment.votes.is_some_and(|votes| !votes.is_empty()));
    lost.pins += usize::from(comment.pin);
    if state == State::Removed {
        return Ok(item);
    }
    let edited_at = comment.edit.and_then(|edit| instant(&edit.time));
    Ok(CommentItem {
        author_name: name_of(&user.name, told),
        body: body_of(&source, markup, told)?,
        edited_at: edited_at.filter(|at| *at >= created_at),
        ..item
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::item::Expiry;

    const HEADER: &str = r#"{"version":1,"users":[{"id":"bad","blocked":{"status":true,"until":"2027-01-01T00:00:00Z"},"verified":false},{"id":"sam","blocked":{"status":false,"until":"0001-01-01T00:00:00Z"},"verified":true}],"posts":[{"url":"https://news.example/b","read_only":true},{"url":"https://news.example/a","read_only":false}]}"#;

    fn line(id: &str, page: &str, more: &str) -> String {
        format!(
            r#"{{"id":"{id}","pid":"","text":"<p>Text of {id}</p>","user":{{"name":"Sam","id":"sam","picture":"","ip":"293ec5b0cf154855258824ec7fac5dc63d176915","admin":false}},"locator":{{"site":"news","url":"https://news.example/{page}"}},"score":0,"vote":0,"time":"2026-01-09T18:30:00.123456789+01:00","title":"A"{more}}}"#
        )
    }

    fn read_text(text: &str) -> (Vec<CommentItem>, Vec<String>) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("backup");
        std::fs::write(&path, text).unwrap();
        let (mut comments, mut lines) = (Vec::new(), Vec::new());
        let options = Options { expiry: Expiry::Kept };
        read(&path, &options, &mut |item| {
            match item {
                Item::Comment(comment) => comments.push(*comment),
                Item::Refused { at, reason } => lines.push(format!("{at}: {reason}")),
                Item::Warning { at, text } => lines.push(format!("{at}: warning: {text}")),
                other => panic!("{other:?}"),
            }
            Ok(())
        })
        .unwrap();
        let below = format!("{}/", dir.path().display());
        (comments, lines.into_iter().map(|line| line.replace(&below, "")).collect())
    }

    fn ids(comments: &[CommentItem]) -> Vec<&str> {
        comments.iter().map(|comment| comment.source_id.rsplit(' ').next().unwrap()).collect()
    }

    #[test]
    fn a_backup_is_told_by_its_first_line() {
        let long = format!("{{\"version\": 1, \"users\":[{}", "{\"id\":\"x\"},".repeat(9_000));
        let comment = line("a", "a", "");
        for text in [
            HEADER,
            &format!("{HEADER}\n{comment}"),
            &long,
            &comment,
            r#"{"version":1,"users":null,"posts":null}"#,
        ] {
            assert!(is_it(text.as_bytes()), "{}", &text[..50.min(text.len())]);
        }
        let copydesk = "{\"version\":1,\"kind\":\"export\"}\n";
        for text in [
            "",
            "{",
            "[]",
            "{}",
            copydesk,
            r#"{"db":[{"meta":{"version":"6"}}]}"#,
            "{\"uri\":\"a\"}",
            "# Text",
        ] {
            assert!(!is_it(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn a_comment_is_as_its_readers_saw_it() {
        let edited = r#","orig":"*One*","pin":true,"votes":{"a":true},"edit":{"time":"2026-01-09T19:00:00+01:00","summary":""}"#;
        let answer = line("b", "a", "")
            .replace(r#""pid":"""#, r#""pid":"a""#)
            .replace("\"Sam\"", "\"Zo\u{eb} &amp; Co\"");
        let (comments, lines) =
            read_text(&format!("{HEADER}\n{}\n\n{answer}\n", line("a", "a", edited)));
        let [first, second] = comments.as_slice() else {
            panic!("{comments:?} {lines:?}");
        };
        assert_eq!(first.source_id, "remark42 news a");
        assert_eq!(first.on, On::Addresses(vec!["https://news.example/a".to_owned()]));
        assert_eq!(
            (first.state, first.body.as_str(), first.author_name.as_str()),
            (State::Published, "Text of a", "Sam")
        );
        assert_eq!((first.address, first.author_email.as_deref()), (None, None));
        assert_eq!(first.created_at.to_string(), "2026-01-09T17:30:00.123456Z");
        assert_eq!(first.edited_at.unwrap().to_string(), "2026-01-09T18:00:00.000000Z");
        assert_eq!(second.source_version, first.edited_at.map(Instant::as_micros));
        assert_eq!(second.parent.as_ref(), Some(&first.source_id));
        assert_eq!(second.author_name, "Zo\u{eb} & Co");
        assert_eq!(
            lines,
            [
                "backup: warning: lost: the votes on comments (1)",
                "backup: warning: lost: the places of pinned comments (1)",
                "backup: warning: lost: that pages are closed to comments, such as https://news.example/b (1)",
            ]
        );
    }

    /// Remark42 shows a blocked user's comments as deleted, and its backups have them with their texts.
    #[test]
    fn what_readers_did_not_see_is_not_public() {
        let blocked =
            |id: &str, more: &str| line(id, "a", more).replace("\"id\":\"sam\"", "\"id\":\"bad\"");
        let flagged =
            line("flag", "a", ",\"delete\":true").replace("\"admin\"", "\"block\":true,\"admin\"");
        let empty = blocked("empty", ",\"delete\":true").replace("<p>Text of empty</p>", "");
        let lines = [
            line("gone", "a", ",\"delete\":true"),
            blocked("listed", ""),
            flagged,
            empty,
            line("shown", "a", ""),
        ];
        let (comments, _) = read_text(&format!("{HEADER}\n{}", lines.join("\n")));
        let states: Vec<State> = comments.iter().map(|comment| comment.state).collect();
        assert_eq!(
            states,
            [State::Removed, State::Rejected, State::Rejected, State::Removed, State::Published]
        );
        for removed in comments.iter().filter(|comment| comment.state == State::Removed) {
            assert_eq!((removed.body.as_str(), removed.author_name.as_str()), ("", ""));
        }
        assert_eq!(comments[1].body, "Text of listed");
    }

    #[test]
    fn what_is_not_certain_is_refused() {
        let lines = [
            line("a", "a", ",\"delete\":\"yes\""),
            line("b", "a", ",\"hidden\":false"),
            line("c", "a", "").replace("2026-01-09", "2026-13-09"),
            line("d", "a", "").replace("2026-01-09T18:30:00.123456789+01:00", NO_TIME),
            line("e", "a", "").replace("<p>Text of e</p>", "<script>x</script>"),
            line("f", "", "").replace("https://news.example/", ""),
            "{\"id\": \"g\"".to_owned(),
            "\u{0}".to_owned(),
            line("kept", "a", ""),
            line("i", "a", ",\"Delete\":true"),
            line("j", "a", ",\"is_hidden\":true"),
            line("k", "a", "").replace("\"admin\"", "\"Blocked\":true,\"admin\""),
        ];
        let (comments, told) = read_text(&format!("{HEADER}\n{}\n", lines.join("\n")));
        assert_eq!(ids(&comments), ["kept"]);
        for want in [
            "backup:2: is not a line of a backup",
            "backup:3 (comment b): `hidden` is not known",
            "backup:4 (comment c): `time` must be",
            "backup:5 (comment d): `time` must be",
            "backup:6 (comment e): has no text",
            "backup:7 (comment f): has no `id`",
            "backup:8: is not a line",
            "backup:9: is not a line",
            "backup:11 (comment i): `Delete` is not known",
            "backup:12 (comment j): `is_hidden` is not known",
            "backup:13 (comment k): `Blocked` is not known",
        ] {
            assert!(told.iter().any(|line| line.starts_with(want)), "{want}: {told:#?}");
        }
        for (header, want) in [
            (
                HEADER.replace("\"version\":1", "\"version\":2"),
                "backup:1: `version` must be 1, not 2",
            ),
            (HEADER.replace("true,\"until", "\"yes\",\"until"), "backup:1: is no header"),
        ] {
            let (comments, told) = read_text(&format!("{header}\n{}", line("a", "a", "")));
            assert!(comments.is_empty() && told.len() == 1, "{told:?}");
            assert!(told[0].starts_with(want), "{told:?}");
        }
    }

    /// Backups can be put together of several.
    #[test]
    fn comments_of_a_page_come_one_after_the_other() {
        let order = [("1", "a"), ("2", "b"), ("3", "a"), ("4", "c"), ("5", "b")];
        let mut text = format!("\u{feff}{HEADER}\r\n");
        for (id, page) in order {
            text.push_str(&line(id, page, ""));
            text.push_str(if id == "3" { "\n{\"version\":1}\n" } else { "\r\n" });
        }
        let (comments, lines) = read_text(&text);
        assert_eq!(ids(&comments), ["1", "3", "2", "5", "4"], "{lines:?}");
        assert_eq!(comments[1].at.to_string().rsplit(':').next(), Some("4 (comment 3)"));
        // The oldest have no header.
        let gone = line("2", "a", ",\"delete\":true");
        let (comments, lines) = read_text(&format!("{}\n{gone}", line("1", "a", "")));
        assert_eq!(ids(&comments), ["1", "2"]);
        let states = [comments[0].state, comments[1].state];
        assert_eq!(states, [State::Pending, State::Removed]);
        assert!(lines.len() == 1 && lines[0].contains("has no header"), "{lines:?}");
    }
}
