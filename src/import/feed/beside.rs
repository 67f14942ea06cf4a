//! What feed-rs leaves out of a record: the words about its visibility, the dates as written, its topics and rights in the
//! words of Dublin Core, the provider that it came from.

use super::scan::{Malformed, Piece, Scanner, Tag, local, prefix, unescaped};

/// What a record says beside what feed-rs reads.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Beside {
    /// `rdf:about`: the identity of a record in RSS 1.0.
    pub about: Option<String>,
    /// Its `guid` or `id`.
    pub id: Option<String>,
    /// Its link, where that is a text.
    pub link: Option<String>,
    /// Its `xml:base`.
    pub base: Option<String>,
    /// Its `xml:lang`, or what `dc:language` says.
    pub language: Option<String>,
    /// False if the `guid` is said to be no URL of a page.
    pub is_permalink: Option<bool>,
    /// The dates of publication as written.
    pub published: Vec<String>,
    /// The dates of the last change as written.
    pub updated: Vec<String>,
    /// What an element `draft` says (RFC 5023 section 13.1.1).
    pub draft: Option<String>,
    /// The element by which another kind of file says more of the record's state than a feed can: `wp:status`.
    pub foreign: Option<String>,
    /// The kind of a record in an export of Blogger: `post`, `page`, `comment`, `template` ..
    pub blogger: Option<String>,
    /// Topics in the words of Dublin Core, and those of Atom that have only a label.
    pub topics: Vec<String>,
    /// What it says of rights.
    pub rights: Option<String>,
    /// The name and the URL of the provider that it came from.
    pub provider: Option<(String, Option<String>)>,
}

/// The scheme of Blogger's categories that say what a record is.
const BLOGGER_KIND: &str = "http://schemas.google.com/g/2005#kind";

/// Reads a record.
///
/// # Errors
/// What is no XML in it.
pub fn beside(xml: &str) -> Result<Beside, Malformed> {
    let mut found = Beside::default();
    let mut scanner = Scanner::new(xml);
    let (mut path, mut text, mut url): (Vec<&str>, String, Option<String>) =
        (vec![], String::new(), None);
    while let Some((_, piece)) = scanner.piece()? {
        match piece {
            Piece::Text(written) => text.push_str(&unescaped(written)),
            Piece::Data(data) => text.push_str(data),
            Piece::Open(tag) => {
                text.clear();
                match path.len() {
                    0 => found.of_record(&tag),
                    1 => {
                        url = tag.value("url").filter(|_| local(tag.name) == "source");
                        found.of_child(&tag);
                    }
                    2 if path[1] == "source" && local(tag.name) == "link" => {
                        url = tag.value("href").or(url);
                    }
                    _ => {}
                }
                if !tag.is_empty {
                    path.push(tag.name);
                }
            }
            Piece::Close(name) => {
                let said = text.trim();
                match path.len() {
                    2 => found.said_by_child(name, said, &mut url),
                    3 if local(path[1]) == "control" && local(name) == "draft" => {
                        found.draft = Some(said.to_owned());
                    }
                    3 if path[1] == "source" && local(name) == "title" && !said.is_empty() => {
                        found.provider = Some((said.to_owned(), None));
                    }
                    _ => {}
                }
                text.clear();
                path.pop();
            }
        }
    }
    Ok(found)
}

impl Beside {
    fn of_record(&mut self, tag: &Tag<'_>) {
        self.about = tag.value("rdf:about");
        self.base = tag.value("xml:base");
        self.language = tag.value("xml:lang");
    }

    /// What the attributes of an element say.
    fn of_child(&mut self, tag: &Tag<'_>) {
        match local(tag.name) {
            "guid" => {
                let said = tag.value("isPermaLink");
                self.is_permalink = said.map(|said| !said.trim().eq_ignore_ascii_case("false"));
            }
            "category" if tag.value("scheme").is_some_and(|scheme| scheme == BLOGGER_KIND) => {
                let kind = tag.value("term").unwrap_or_default();
                self.blogger = Some(kind.rsplit('#').next().unwrap_or_default().to_owned());
            }
            "category" if tag.attribute("term").is_none() => self.topics.extend(tag.value("label")),
            // An empty element says it too.
            "draft" if tag.is_empty => self.draft = Some(String::new()),
            "status" | "post_password" if prefix(tag.name) == "wp" => {
                self.foreign = Some(tag.name.to_owned());
            }
            _ => {}
        }
    }

    /// What the text of an element says.
    fn said_by_child(&mut self, name: &str, said: &str, url: &mut Option<String>) {
        let some = || (!said.is_empty()).then(|| said.to_owned());
        match (prefix(name), local(name)) {
            ("", "guid" | "id") => self.id = some().or(self.id.take()),
            ("", "link") => self.link = some().or(self.link.take()),
            (_, "draft") => self.draft = Some(said.to_owned()),
            ("blogger", "type") => self.blogger = some().map(|kind| kind.to_ascii_lowercase()),
            // With other prefixes it may be the date of what the record is about.
            ("" | "atom" | "dc" | "dct" | "dcterms", "date")
            | (_, "pubDate" | "published" | "issued") => self.published.extend(some()),
            (_, "updated" | "modified") => self.updated.extend(some()),
            // Dublin Core and its terms; other vocabularies have other meanings.
            (_, "subject") => self.topics.extend(some()),
            ("dc" | "dcterms", "language") => self.language = some().or(self.language.take()),
            (_, "rights" | "copyright" | "license") => self.rights = some().or(self.rights.take()),
            ("", "source") => {
                let url = url.take();
                match &mut self.provider {
                    Some((_, known)) => *known = url,
                    None => self.provider = some().map(|name| (name, url)),
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_feed_rs_leaves_out_is_found() {
        let xml = "<item rdf:about='a&amp;b' xml:lang='de'><guid isPermaLink=\"False\">1</guid><pubDate>d</pubDate><dcterms:modified>e</dcterms:modified><dc:subject>Harbour</dc:subject><category label='Łódź'/><category term='x' label='y'/><dc:rights>© N</dc:rights><source url='https://n.example/feed'>North&amp;wire</source><description><![CDATA[x]]></description></item>";
        let found = beside(xml).unwrap();
        assert_eq!(
            found,
            Beside {
                about: Some("a&b".to_owned()),
                id: Some("1".to_owned()),
                language: Some("de".to_owned()),
                is_permalink: Some(false),
                published: vec!["d".to_owned()],
                updated: vec!["e".to_owned()],
                topics: vec!["Harbour".to_owned(), "Łódź".to_owned()],
                rights: Some("© N".to_owned()),
                provider: Some((
                    "North&wire".to_owned(),
                    Some("https://n.example/feed".to_owned())
                )),
                ..Beside::default()
            }
        );
    }

    #[test]
    fn words_about_visibility_are_found() {
        let draft = |xml: &str| beside(xml).unwrap().draft;
        assert_eq!(
            draft("<entry><app:control><app:draft> yes </app:draft></app:control></entry>")
                .as_deref(),
            Some("yes")
        );
        assert_eq!(draft("<entry><draft/></entry>").as_deref(), Some(""));
        assert_eq!(draft("<entry><content>draft</content></entry>"), None);
        let wordpress = beside("<item><wp:status>draft</wp:status></item>").unwrap();
        assert_eq!(wordpress.foreign.as_deref(), Some("wp:status"));
        let kind = "<entry><category scheme='http://schemas.google.com/g/2005#kind' term='http://schemas.google.com/blogger/2008/kind#comment'/></entry>";
        assert_eq!(beside(kind).unwrap().blogger.as_deref(), Some("comment"));
        let source = beside(
            "<entry><source><title>N</title><link href='https://n.example/'/></source></entry>",
        )
        .unwrap();
        assert_eq!(source.provider, Some(("N".to_owned(), Some("https://n.example/".to_owned()))));
    }
}
