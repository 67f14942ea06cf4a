//! Writing XML 1.0: elements, attributes and text, escaped.

use std::borrow::Cow;

use quick_xml::escape::escape;

/// An XML document that is being written.
pub struct Xml {
    out: String,
}

/// The attributes of an element: names, which are written as they are, and values, which are escaped.
pub type Attributes<'a> = &'a [(&'a str, &'a str)];

impl Xml {
    /// A document with its declaration.
    #[must_use]
    pub fn new() -> Self {
        Self { out: "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n".to_owned() }
    }

    /// An element with other elements in it.
    pub fn element(
        &mut self,
        name: &str,
        attributes: Attributes<'_>,
        children: impl FnOnce(&mut Self),
    ) {
        self.open(name, attributes, ">");
        self.out.push('\n');
        children(self);
        self.close(name);
    }

    /// An element with text in it.
    pub fn text(&mut self, name: &str, attributes: Attributes<'_>, text: &str) {
        self.open(name, attributes, ">");
        self.push(text);
        self.close(name);
    }

    /// The same, if there is a text.
    pub fn text_if(&mut self, name: &str, attributes: Attributes<'_>, text: Option<&str>) {
        if let Some(text) = text {
            self.text(name, attributes, text);
        }
    }

    /// An element with HTML in it, if there is any: as it is, between the marks of CDATA. Escaped, a text has thousands of
    /// entities, and there are parsers that count them.
    pub fn html_if(&mut self, name: &str, attributes: Attributes<'_>, html: Option<&str>) {
        let Some(html) = html.filter(|html| !html.is_empty()) else {
            return;
        };
        self.open(name, attributes, ">");
        self.out.push_str("<![CDATA[");
        self.out.push_str(&allowed(html).replace("]]>", "]]]]><![CDATA[>"));
        self.out.push_str("]]>");
        self.close(name);
    }

    /// An element without content.
    pub fn empty(&mut self, name: &str, attributes: Attributes<'_>) {
        self.open(name, attributes, "/>");
        self.out.push('\n');
    }

    /// The document.
    #[must_use]
    pub fn finish(self) -> String {
        self.out
    }

    fn open(&mut self, name: &str, attributes: Attributes<'_>, end: &str) {
        self.out.push('<');
        self.out.push_str(name);
        for (name, value) in attributes {
            self.out.push(' ');
            self.out.push_str(name);
            self.out.push_str("=\"");
            // A parser makes a space of what breaks a line in an attribute.
            self.push(value);
            self.out.push('"');
        }
        self.out.push_str(end);
    }

    fn close(&mut self, name: &str) {
        self.out.push_str("</");
        self.out.push_str(name);
        self.out.push_str(">\n");
    }

    fn push(&mut self, text: &str) {
        self.out.push_str(&escape(&*allowed(text)));
    }
}

/// A text with what XML has no characters for replaced.
fn allowed(text: &str) -> Cow<'_, str> {
    match text.chars().all(is_allowed) {
        true => text.into(),
        false => text.chars().map(|c| if is_allowed(c) { c } else { '\u{fffd}' }).collect(),
    }
}

/// True if XML 1.0 has the character (section 2.2).
fn is_allowed(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_values_are_escaped() {
        let mut xml = Xml::new();
        xml.element("a", &[("b", "\"<&'")], |xml| {
            xml.text("c", &[], "<p>1 & 2\u{ffff}\u{1}</p>");
            xml.text_if("d", &[], None);
            xml.html_if("h", &[], Some("<p>1 &amp; 2]]>\u{1}</p>"));
            xml.html_if("i", &[], Some(""));
            xml.empty("e", &[("f", "g")]);
        });
        assert_eq!(
            xml.finish(),
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<a b=\"&quot;&lt;&amp;&apos;\">\n\
             <c>&lt;p&gt;1 &amp; 2\u{fffd}\u{fffd}&lt;/p&gt;</c>\n\
             <h><![CDATA[<p>1 &amp; 2]]]]><![CDATA[>\u{fffd}</p>]]></h>\n<e f=\"g\"/>\n</a>\n"
        );
    }
}
