//! Comments of Disqus: its export, an XML file with the threads of a forum and then their posts.

mod post;

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

use self::post::{Post, child_of, id_of, local, truth};
use super::comment::{addresses, give, lose};
use super::item::{At, CommentItem, Item, On, Options, Sink};
use super::xml::{Element, Malformed, Node, Stopped, Xml};

/// True for XML whose root is `disqus`.
#[must_use]
pub fn is_it(start: &[u8]) -> bool {
    let start = String::from_utf8_lossy(start);
    let mut rest = start.trim_start_matches('\u{feff}').trim_start();
    loop {
        let end = match rest {
            rest if rest.starts_with("<?") => "?>",
            rest if rest.starts_with("<!--") => "-->",
            rest if rest.starts_with("<!") => ">",
            _ => break,
        };
        let Some((_, after)) = rest.split_once(end) else {
            return false;
        };
        rest = after.trim_start();
    }
    let name = rest.strip_prefix("<disqus");
    name.is_some_and(|rest| rest.starts_with(|c: char| c.is_whitespace() || c == '>'))
}

/// Reads the comments of the export at `path`, those of one thread one after the other. All of them are held in memory
/// meanwhile: a file has them in the order in which they were written.
///
/// # Errors
/// Those of the sink, or if the file cannot be opened.
pub fn read(path: &Path, _options: &Options, sink: &mut Sink<'_>) -> io::Result<()> {
    let file = At::file(path);
    let mut xml = Xml::new(BufReader::new(File::open(path)?));
    let mut export = Export::default();
    match export.read(&file, &mut xml, sink) {
        Ok(()) => {}
        Err(Stopped::Sink(error)) => return Err(error),
        // What was read before is whole.
        Err(Stopped::Malformed(Malformed { line, reason })) => {
            let reason = format!("{reason}; what comes after it is not read");
            sink(Item::Refused { at: file.line(line), reason })?;
        }
    }
    let (closed, flagged) = (export.closed, export.flagged);
    export.give_all(sink)?;
    lose(&file, closed, "that threads are closed to comments", sink)?;
    lose(&file, flagged, "that readers have flagged comments", sink)
}

/// A thread.
#[derive(Default)]
struct Thread {
    link: String,
    /// What the site itself calls the page: often its number, or its number and its first address.
    identifier: String,
    is_deleted: bool,
    is_closed: bool,
    /// What it says of itself that is not understood.
    unclear: Option<String>,
}

/// A post that waits for the end of the file.
struct Waiting {
    comment: CommentItem,
    told: Vec<String>,
}

/// What was read of an export.
#[derive(Default)]
struct Export {
    threads: HashMap<String, Thread>,
    /// The posts of each thread, in the order in which the file has the first of each.
    posts: Vec<(String, Vec<Waiting>)>,
    places: HashMap<String, usize>,
    closed: usize,
    flagged: usize,
}

impl Export {
    fn read<R: BufRead>(
        &mut self,
        file: &At,
        xml: &mut Xml<R>,
        sink: &mut Sink<'_>,
    ) -> Result<(), Stopped> {
        loop {
            let element = match xml.next()? {
                Node::Open(element) => element,
                Node::Text(_) | Node::Close => continue,
                Node::End => return Ok(()),
            };
            match local(&element.name) {
                // The root.
                "disqus" => {}
                "thread" => self.read_thread(&element, xml)?,
                "post" => {
                    let at = file.line(element.line);
                    let post = Post::read(&element, xml)?;
                    let at = at.record(post.name());
                    self.flagged += usize::from(post.is_flagged);
                    let mut told = Vec::new();
                    match post.made(&at, &mut told) {
                        Ok((thread, comment)) => self.keep(thread, Waiting { comment, told }),
                        Err(reason) => sink(Item::Refused { at, reason })?,
                    }
                }
                _ => xml.skip()?,
            }
        }
    }

    fn read_thread<R: BufRead>(
        &mut self,
        element: &Element,
        xml: &mut Xml<R>,
    ) -> Result<(), Malformed> {
        let mut thread = Thread::default();
        while let Some(child) = child_of(xml)? {
            match local(&child.name) {
                "link" => thread.link = xml.text()?.trim().to_owned(),
                "id" => thread.identifier = xml.text()?.trim().to_owned(),
                "isDeleted" => {
                    let said = truth("isDeleted", &xml.text()?, &mut thread.unclear);
                    thread.is_deleted |= said == Some(true);
                }
                "isClosed" => thread.is_closed = xml.text()?.trim() == "true",
                _ => xml.skip()?,
            }
        }
        self.closed += usize::from(thread.is_closed);
        if let Some(id) = id_of(element) {
            self.threads.insert(id, thread);
        }
        Ok(())
    }

    fn keep(&mut self, thread: String, post: Waiting) {
        let next = self.posts.len();
        let place = *self.places.entry(thread.clone()).or_insert(next);
        match self.posts.get_mut(place) {
            Some((_, posts)) => posts.push(post),
            None => self.posts.push((thread, vec![post])),
        }
    }

    /// Gives the posts, thread by thread.
    fn give_all(self, sink: &mut Sink<'_>) -> io::Result<()> {
        // It says how old the export is, which has no time of its own.
        let all = self.posts.iter().flat_map(|(_, posts)| posts);
        let newest = all.map(|post| post.comment.created_at.as_micros()).max();
        for (id, posts) in self.posts {
            let on = match self.threads.get(&id) {
                None => Err(format!("is in the thread {id}, which is not in the file")),
                Some(Thread { unclear: Some(said), .. }) => {
                    Err(format!("is in the thread {id}, of which {said}"))
                }
                Some(thread) => match thread.addresses() {
                    addresses if addresses.is_empty() => {
                        Err(format!("is in the thread {id}, which has no `link`"))
                    }
                    addresses => Ok((On::Addresses(addresses), thread.is_deleted)),
                },
            };
            for Waiting { comment, told } in posts {
                let at = comment.at.clone();
                match &on {
                    Ok((_, true)) => {
                        let reason = "is in a thread that is deleted".to_owned();
                        sink(Item::Skipped { at, reason })?;
                    }
                    Ok((on, false)) => {
                        let (on, source_version) = (on.clone(), newest);
                        let comment = CommentItem { on, source_version, ..comment };
                        give(&at, Ok(comment), told, sink)?;
                    }
                    Err(reason) => sink(Item::Refused { at, reason: reason.clone() })?,
                }
            }
        }
        Ok(())
    }
}

impl Thread {
    fn addresses(&self) -> Vec<String> {
        let mut found = addresses(&self.link);
        // As WordPress writes it: `17 https://site.example/?p=17`.
        let parts = self.identifier.split_whitespace();
        let named =
            [self.identifier.as_str()].into_iter().chain(parts.filter(|part| part.contains("://")));
        for address in named.filter(|address| !address.is_empty()) {
            if !found.iter().any(|known| known == address) {
                found.push(address.to_owned());
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::comments::words::State;
    use crate::import::item::Expiry;

    fn thread(id: &str, link: &str, more: &str) -> String {
        format!(
            "<thread dsq:id=\"{id}\"><id>page-{id}</id><forum>f</forum><category dsq:id=\"1\"/><link>{link}</link>\
             <title>T</title><message/><author><name>Desk</name></author><isClosed>false</isClosed>{more}</thread>"
        )
    }

    fn post(id: &str, thread: &str, more: &str) -> String {
        let is_said = more.contains("isDeleted") || more.contains("isSpam");
        let said = if is_said { "" } else { "<isDeleted>false</isDeleted><isSpam>false</isSpam>" };
        format!(
            "<post dsq:id=\"{id}\">\n<id>wp_id={id}</id>\n<message><![CDATA[<p>Text of {id}</p>]]></message>\n\
             <createdAt>2026-01-09T18:30:00Z</createdAt>\n\
             <author><name>Sam &amp; Co</name><isAnonymous>true</isAnonymous><email>sam@reader.example</email></author>\n\
             <ipAddress>203.0.113.7</ipAddress><thread dsq:id=\"{thread}\"/>{said}{more}</post>\n"
        )
    }

    fn export(content: &str) -> String {
        format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<disqus xmlns=\"http://disqus.com\" \
             xmlns:dsq=\"http://disqus.com/disqus-internals\">\n<category dsq:id=\"1\"><forum>f</forum></category>\n{content}</disqus>"
        )
    }

    /// What is read: comments, and the lines of the report.
    fn read_text(text: &str) -> (Vec<CommentItem>, Vec<String>) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("d");
        std::fs::write(&path, text).unwrap();
        assert!(is_it(text.as_bytes()));
        let (mut comments, mut lines) = (Vec::new(), Vec::new());
        let options = Options { expiry: Expiry::Kept };
        read(&path, &options, &mut |item| {
            match item {
                Item::Comment(comment) => comments.push(*comment),
                Item::Refused { at, reason } => lines.push(format!("{at}: {reason}")),
                Item::Skipped { at, reason } => lines.push(format!("{at}: skipped, {reason}")),
                Item::Warning { at, text } => lines.push(format!("{at}: warning: {text}")),
                Item::Article(article) => panic!("{article:?}"),
            }
            Ok(())
        })
        .unwrap();
        let below = format!("{}/", dir.path().display());
        (comments, lines.into_iter().map(|line| line.replace(&below, "")).collect())
    }

    fn ids(comments: &[CommentItem]) -> Vec<&str> {
        comments.iter().map(|comment| comment.source_id.as_str()).collect()
    }

    #[test]
    fn an_export_is_told_by_its_root() {
        for text in
            ["<disqus>", "\u{feff}\n<?xml version='1.0'?><!-- <rss> -->\n<disqus\nxmlns='x'>"]
        {
            assert!(is_it(text.as_bytes()), "{text}");
        }
        for text in ["", "<rss><disqus>", "<disqusx>", "<!-- <disqus>", "{\"disqus\": 1}"] {
            assert!(!is_it(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn a_comment_is_as_its_readers_saw_it() {
        let link = "https://news.example/a?utm=1";
        let reply = post(
            "12",
            "1",
            "<parent dsq:id=\"11\"/><isDeleted>false</isDeleted><isSpam>false</isSpam>",
        );
        let content =
            [thread("1", link, "<isDeleted>false</isDeleted>"), post("11", "1", ""), reply]
                .concat();
        let (comments, lines) = read_text(&export(&content));
        assert_eq!(lines, Vec::<String>::new());
        let [first, second] = comments.as_slice() else {
            panic!("{comments:?}");
        };
        assert_eq!(first.source_id, "disqus post 11");
        let addresses = [link, "https://news.example/a", "page-1"].map(str::to_owned).to_vec();
        assert_eq!(first.on, On::Addresses(addresses));
        assert_eq!((first.state, first.body.as_str()), (State::Published, "Text of 11"));
        assert_eq!(first.author_name, "Sam & Co");
        assert_eq!(first.author_email.as_deref(), Some("sam@reader.example"));
        assert_eq!(first.address, "203.0.113.7".parse().ok());
        assert_eq!(first.created_at.to_string(), "2026-01-09T18:30:00.000000Z");
        assert_eq!(second.parent.as_ref(), Some(&first.source_id));
    }

    #[test]
    fn what_readers_did_not_see_is_not_public() {
        let gone = "https://news.example/gone";
        let content = [
            thread("1", "https://news.example/a", "<isDeleted>false</isDeleted>"),
            thread("2", gone, "<isDeleted>true</isDeleted>"),
            thread("3", gone, "<isDeleted>perhaps</isDeleted>"),
            post("a", "1", "<isDeleted>true</isDeleted><isSpam>false</isSpam>"),
            post("b", "1", "<isDeleted>false</isDeleted><isSpam>true</isSpam>"),
            post("c", "1", "<isDeleted>true</isDeleted><isSpam>true</isSpam>"),
            post("d", "1", "<isApproved>false</isApproved>"),
            post("e", "1", "<isApproved>true</isApproved><isFlagged>true</isFlagged>"),
            post("f", "1", "<isSpam>123</isSpam>"),
            post("g", "1", "<isDeleted/>"),
            post("h", "2", ""),
            post("i", "3", ""),
            post("j", "9", ""),
            post("k", "1", "<isDeleted>true</isDeleted><isDeleted>false</isDeleted>"),
        ];
        let (comments, lines) = read_text(&export(&content.concat()));
        let states: Vec<State> = comments.iter().map(|comment| comment.state).collect();
        assert_eq!(
            states,
            [
                State::Removed,
                State::Spam,
                State::Removed,
                State::Pending,
                State::Published,
                State::Removed
            ]
        );
        for removed in comments.iter().filter(|comment| comment.state == State::Removed) {
            assert_eq!((removed.body.as_str(), removed.author_name.as_str()), ("", ""));
            assert_eq!((removed.author_email.as_deref(), removed.address), (None, None));
        }
        for want in [
            "(post f): `isSpam` must be true or false, not \"123\"",
            "(post g): `isDeleted` must be true or false, not \"\"",
            "(post h): skipped, is in a thread that is deleted",
            "(post i): is in the thread 3, of which `isDeleted` must be",
            "(post j): is in the thread 9, which is not in the file",
            "d: warning: lost: that readers have flagged comments (1)",
        ] {
            assert!(lines.iter().any(|line| line.contains(want)), "{want}: {lines:#?}");
        }
        assert_eq!(lines.len(), 6, "{lines:#?}");
    }

    #[test]
    fn comments_of_a_thread_come_one_after_the_other() {
        let wordpress = "<thread dsq:id=\"3\"><id>17 https://news.example/?p=17</id><link/><isClosed>true</isClosed></thread>";
        let content = [
            thread("1", "https://news.example/a", ""),
            thread("2", "https://news.example/b", ""),
            wordpress.to_owned(),
            post("a", "2", ""),
            post("b", "1", ""),
            post("c", "2", ""),
            post("d", "3", ""),
        ];
        let (comments, lines) = read_text(&export(&content.concat()));
        let want = ["a", "c", "b", "d"].map(|id| format!("disqus post {id}"));
        assert_eq!(ids(&comments), want);
        let first = ["17 https://news.example/?p=17", "https://news.example/?p=17"];
        assert_eq!(comments[3].on, On::Addresses(first.map(str::to_owned).to_vec()));
        assert_eq!(lines, ["d: warning: lost: that threads are closed to comments (1)"]);
    }

    /// Disqus shortens the texts of addresses.
    #[test]
    fn links_are_whole() {
        let message = "<p>See <a href=\"https://x.example/one/two\" rel=\"nofollow\">https://x.example/o...</a> &amp; <i>so</i></p>";
        let text = post("a", "1", "").replace("<p>Text of a</p>", message);
        let content = [thread("1", "https://news.example/a", ""), text].concat();
        let (comments, _) = read_text(&export(&content));
        assert_eq!(comments[0].body, "See https://x.example/one/two & so");
    }

    #[test]
    fn what_is_not_whole_is_refused() {
        let nameless = post("", "1", "").replace("<id>wp_id=</id>", "");
        let content = [
            thread("1", "https://news.example/a", ""),
            post("", "1", "").replace("wp_id=", "77"),
            nameless,
            post("b", "1", "").replace("2026-01-09", "2026-x1-09"),
            post("c", "1", "").replace("<p>Text of c</p>", ""),
            post("d", "1", "").replace("<![CDATA[", "").replace("]]>", ""),
            post("e", "1", "").replace("<thread dsq:id=\"1\"/>", ""),
            post("f", "1", "<isSpam/>").replace("<isSpam/>", "<isApproved>true</isApproved>"),
        ];
        let (comments, lines) = read_text(&export(&content.concat()));
        assert_eq!(ids(&comments), ["disqus post id 77"]);
        for want in [
            "(post ): has no `dsq:id`",
            "(post b): `createdAt` must be",
            "(post c): has no text",
            "(post d): `message` has elements",
            "(post e): is in no thread",
            "(post f): has neither `isDeleted` nor `isSpam`",
        ] {
            assert!(lines.iter().any(|line| line.contains(want)), "{want}: {lines:#?}");
        }
        assert_eq!(lines.len(), 6, "{lines:#?}");
        // A file that was cut short gives what was read before, with the place.
        let whole = export(
            &[thread("1", "https://news.example/a", ""), post("a", "1", ""), post("b", "1", "")]
                .concat(),
        );
        let (cut, _) = whole.split_once("Text of b").unwrap();
        let (comments, lines) = read_text(cut);
        assert_eq!(ids(&comments), ["disqus post a"]);
        assert!(
            lines.len() == 1 && lines[0].contains("what comes after it is not read"),
            "{lines:?}"
        );
    }
}
