//! HTML parsed into a tree of bounded depth and size.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::LazyLock;

use ego_tree::{NodeId, Tree};
use html5ever::driver::{ParseOpts, parse_fragment};
use html5ever::interface::{ElementFlags, NodeOrText, QuirksMode, TreeSink};
use html5ever::tendril::{StrTendril, TendrilSink as _};
use html5ever::{Attribute, ExpandedName, QualName, local_name, ns};
use regex::Regex;

use super::{ATTRIBUTES_MAX, NESTING_MAX, Unrenderable};

/// Bytes that the parser is given at a time. It cannot be stopped from within: this is how far it
/// can go beyond a limit.
const PORTION: usize = 4 * 1024;

/// An element with content that is written as if it had none (`<iframe />`), as JSX and XHTML write
/// it. In HTML the slash says nothing: all that follows would be its content, and lost with it.
static SELF_CLOSED: LazyLock<Regex> = LazyLock::new(|| {
    let names = "iframe|video|audio|canvas|object|noscript|textarea|select|button|script|style|title|template|embed";
    let attributes =
        r#"(?:\s+[^\s"'<>/=]+(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'<>`]*[^\s"'<>`/]))?)*"#;
    // The pattern is fixed, and the tests below use it.
    #[expect(clippy::expect_used, reason = "a fixed pattern")]
    Regex::new(&format!(r"(?i)<({names})({attributes})\s*/>")).expect("a regular expression")
});

/// A node of a parsed text.
#[derive(Debug)]
pub enum Node {
    /// The root.
    Root,
    /// An element with its attributes.
    Element(Rc<QualName>, Vec<Attribute>),
    /// Text.
    Text(StrTendril),
    /// A comment or another node that has no content.
    Other,
}

/// Parses HTML as the content of a `<div>` (HTML Standard, section 13.4), as browsers do with a
/// text that is inserted into a page. The tags `html`, `head` and `body` of a whole document
/// leave no element.
///
/// # Errors
/// [`Unrenderable::NestedTooDeep`] if elements nest deeper than [`NESTING_MAX`]. Formatting that is
/// not closed is repeated by the parser in each paragraph that follows; more elements than the text
/// has bytes are refused in the same way. [`Unrenderable::TooManyAttributes`] before the parse.
pub fn parse(html: &str) -> Result<Tree<Node>, Unrenderable> {
    if has_too_many_attributes(html) {
        return Err(Unrenderable::TooManyAttributes);
    }
    let html = &SELF_CLOSED.replace_all(html, "<$1$2></$1>");
    let context = QualName::new(None, ns!(html), local_name!("div"));
    let mut parser =
        parse_fragment(Sink::new(html.len()), ParseOpts::default(), context, vec![], false);
    let mut rest = &**html;
    while !rest.is_empty() {
        let (portion, after) = rest.split_at(rest.floor_char_boundary(PORTION));
        parser.process(StrTendril::from_slice(portion));
        if parser.tokenizer.sink.sink.is_excessive.get() {
            return Err(Unrenderable::NestedTooDeep);
        }
        rest = after;
    }
    let sink = parser.finish();
    let tree = sink.tree.into_inner();
    // The parser moves elements: what was allowed when it was added may be deeper now.
    let is_deep = || tree.nodes().any(|node| level_below(&tree, node.id()) > NESTING_MAX + 1);
    match sink.is_excessive.get() || is_deep() {
        true => Err(Unrenderable::NestedTooDeep),
        false => Ok(tree),
    }
}

/// True if a tag has more attributes than [`ATTRIBUTES_MAX`]. It reads tags as the parser does (HTML
/// Standard, sections 13.2.5.32 to 13.2.5.39), since that cannot be stopped within one.
fn has_too_many_attributes(html: &str) -> bool {
    #[derive(Clone, Copy)]
    enum At {
        Text,
        TagOpen,
        Between,
        Name,
        BeforeValue,
        Quoted(u8),
        Unquoted,
    }
    let (mut at, mut count) = (At::Text, 0);
    for byte in html.bytes() {
        let is_space = byte.is_ascii_whitespace();
        at = match (at, byte) {
            (At::Quoted(quote), _) if byte != quote => at,
            (At::Quoted(_), _) => At::Between,
            (At::Text, b'<') => At::TagOpen,
            (At::TagOpen, _) if byte.is_ascii_alphabetic() => {
                count = 0;
                // The name of an element ends like one of an attribute.
                At::Name
            }
            (At::TagOpen, b'<') => At::TagOpen,
            (At::Text | At::TagOpen, _) | (_, b'>') => At::Text,
            (At::BeforeValue, b'"' | b'\'') => At::Quoted(byte),
            (At::BeforeValue, _) if is_space => at,
            (At::Unquoted, _) if is_space => At::Between,
            (At::BeforeValue | At::Unquoted, _) => At::Unquoted,
            (At::Between | At::Name, b'=') => At::BeforeValue,
            (At::Between | At::Name, _) if is_space || byte == b'/' => At::Between,
            (At::Name, _) => at,
            (At::Between, _) => {
                count += 1;
                At::Name
            }
        };
        if count > ATTRIBUTES_MAX {
            return true;
        }
    }
    false
}

/// The level of a child of `parent`, where those of the root have level 0; not counted further
/// than what is too deep.
fn level_below(tree: &Tree<Node>, parent: NodeId) -> usize {
    let above = tree.get(parent).into_iter().flat_map(|node| node.ancestors());
    above.take(NESTING_MAX + 2).count()
}

/// A reference to a node, with its name if it is an element.
#[derive(Clone)]
struct Handle {
    id: NodeId,
    name: Rc<QualName>,
}

/// Builds the tree as the parser asks for it.
struct Sink {
    tree: RefCell<Tree<Node>>,
    document: Handle,
    elements_left: Cell<usize>,
    is_excessive: Cell<bool>,
}

impl Sink {
    fn new(elements_max: usize) -> Self {
        let tree = Tree::new(Node::Root);
        let name = Rc::new(QualName::new(None, ns!(), local_name!("")));
        let document = Handle { id: tree.root().id(), name };
        Self {
            tree: RefCell::new(tree),
            document,
            // The parser adds an element for the root and one for the context.
            elements_left: Cell::new(elements_max + 2),
            is_excessive: Cell::new(false),
        }
    }

    fn orphan(&self, node: Node, name: &Rc<QualName>) -> Handle {
        let id = self.tree.borrow_mut().orphan(node).id();
        Handle { id, name: Rc::clone(name) }
    }

    /// Adds `text` to the text node `before`, if it is one.
    fn joins(&self, before: Option<NodeId>, text: &StrTendril) -> bool {
        let mut tree = self.tree.borrow_mut();
        let mut node = before.and_then(|id| tree.get_mut(id));
        match node.as_mut().map(|node| node.value()) {
            Some(Node::Text(known)) => {
                known.push_tendril(text);
                true
            }
            _ => false,
        }
    }

    /// The node to insert behind `before`; none if it is text that joins that one.
    fn to_insert(&self, child: NodeOrText<Handle>, before: Option<NodeId>) -> Option<NodeId> {
        match child {
            NodeOrText::AppendNode(child) => Some(child.id),
            NodeOrText::AppendText(text) if self.joins(before, &text) => None,
            NodeOrText::AppendText(text) => {
                Some(self.orphan(Node::Text(text), &self.document.name).id)
            }
        }
    }

    /// Notes that a child of `parent` is too deep.
    fn measure(&self, tree: &Tree<Node>, parent: NodeId) {
        if level_below(tree, parent) > NESTING_MAX + 1 {
            self.is_excessive.set(true);
        }
    }

    fn is_attached(&self, id: NodeId) -> bool {
        self.tree.borrow().get(id).is_some_and(|node| node.parent().is_some())
    }
}

impl TreeSink for Sink {
    type Handle = Handle;
    type Output = Self;
    type ElemName<'a> = ExpandedName<'a>;

    fn finish(self) -> Self {
        self
    }

    fn parse_error(&self, _: Cow<'static, str>) {}

    fn get_document(&self) -> Handle {
        self.document.clone()
    }

    fn elem_name<'a>(&'a self, target: &'a Handle) -> ExpandedName<'a> {
        target.name.expanded()
    }

    fn create_element(&self, name: QualName, attrs: Vec<Attribute>, _: ElementFlags) -> Handle {
        match self.elements_left.get().checked_sub(1) {
            Some(left) => self.elements_left.set(left),
            None => self.is_excessive.set(true),
        }
        let name = Rc::new(name);
        self.orphan(Node::Element(Rc::clone(&name), attrs), &name)
    }

    fn create_comment(&self, _: StrTendril) -> Handle {
        self.orphan(Node::Other, &self.document.name)
    }

    fn create_pi(&self, _: StrTendril, _: StrTendril) -> Handle {
        self.orphan(Node::Other, &self.document.name)
    }

    fn append(&self, parent: &Handle, child: NodeOrText<Handle>) {
        let tree = self.tree.borrow();
        let last = tree.get(parent.id).and_then(|node| node.last_child()).map(|node| node.id());
        drop(tree);
        let Some(child) = self.to_insert(child, last) else {
            return;
        };
        let mut tree = self.tree.borrow_mut();
        self.measure(&tree, parent.id);
        if let Some(mut parent) = tree.get_mut(parent.id) {
            parent.append_id(child);
        }
    }

    fn append_based_on_parent_node(
        &self,
        element: &Handle,
        prev_element: &Handle,
        child: NodeOrText<Handle>,
    ) {
        match self.is_attached(element.id) {
            true => self.append_before_sibling(element, child),
            false => self.append(prev_element, child),
        }
    }

    fn append_doctype_to_document(&self, _: StrTendril, _: StrTendril, _: StrTendril) {}

    /// What a template contains is left out with it, so it needs no tree of its own.
    fn get_template_contents(&self, target: &Handle) -> Handle {
        target.clone()
    }

    fn same_node(&self, x: &Handle, y: &Handle) -> bool {
        x.id == y.id
    }

    fn set_quirks_mode(&self, _: QuirksMode) {}

    fn append_before_sibling(&self, sibling: &Handle, new_node: NodeOrText<Handle>) {
        let tree = self.tree.borrow();
        let before = tree.get(sibling.id).and_then(|node| node.prev_sibling());
        let before = before.map(|node| node.id());
        drop(tree);
        let Some(child) = self.to_insert(new_node, before) else {
            return;
        };
        let mut tree = self.tree.borrow_mut();
        let parent = tree.get(sibling.id).and_then(|node| node.parent()).map(|node| node.id());
        if let Some(parent) = parent {
            self.measure(&tree, parent);
        }
        if let Some(mut node) = tree.get_mut(child) {
            node.detach();
        }
        if let Some(mut sibling) = tree.get_mut(sibling.id) {
            sibling.insert_id_before(child);
        }
    }

    fn add_attrs_if_missing(&self, target: &Handle, attrs: Vec<Attribute>) {
        let mut tree = self.tree.borrow_mut();
        let mut node = tree.get_mut(target.id);
        if let Some(Node::Element(_, known)) = node.as_mut().map(|node| node.value()) {
            for attr in attrs {
                if !known.iter().any(|one| one.name == attr.name) {
                    known.push(attr);
                }
            }
        }
    }

    fn remove_from_parent(&self, target: &Handle) {
        if let Some(mut node) = self.tree.borrow_mut().get_mut(target.id) {
            node.detach();
        }
    }

    fn reparent_children(&self, node: &Handle, new_parent: &Handle) {
        if let Some(mut parent) = self.tree.borrow_mut().get_mut(new_parent.id) {
            parent.reparent_from_id_append(node.id);
        }
    }
}
