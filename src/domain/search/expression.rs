//! What the index of words is asked: an expression that each engine reads in its own syntax.

use std::fmt;

/// Columns of the index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Columns {
    /// All that hold words of an article.
    All,
    /// Those that a teaser shows.
    Head,
    /// Those of the head that count less than the title: summary, names, other forms.
    BelowTitle,
    /// The title.
    Title,
}

/// An expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expression {
    /// Words one after the other; the last may go on, if it is a prefix.
    Words {
        /// The words, folded.
        words: Vec<String>,
        /// True if the last word may go on.
        is_prefix: bool,
    },
    /// A mark: an article has a term, or a property.
    Mark(String),
    /// All of these.
    All(Vec<Expression>),
    /// One of these.
    Any(Vec<Expression>),
    /// The first and not the second.
    Without(Box<Expression>, Box<Expression>),
    /// In these columns.
    In(Columns, Box<Expression>),
}

impl Expression {
    /// All of some, or the one.
    #[must_use]
    pub fn all(mut of: Vec<Self>) -> Self {
        match of.len() {
            1 => of.remove(0),
            _ => Self::All(of),
        }
    }

    /// One of some, or the one.
    #[must_use]
    pub fn any(mut of: Vec<Self>) -> Self {
        match of.len() {
            1 => of.remove(0),
            _ => Self::Any(of),
        }
    }

    /// The same in some columns.
    #[must_use]
    pub fn within(self, columns: Columns) -> Self {
        Self::In(columns, Box::new(self))
    }

    /// This and not another.
    #[must_use]
    pub fn without(self, other: Self) -> Self {
        Self::Without(Box::new(self), Box::new(other))
    }
}

impl Columns {
    const fn fts5(self) -> &'static str {
        match self {
            Self::All => "{title summary names body head_forms body_forms}",
            Self::Head => "{title summary names head_forms}",
            Self::BelowTitle => "{summary names head_forms}",
            Self::Title => "{title}",
        }
    }
}

impl fmt::Display for Expression {
    /// In the syntax of SQLite's FTS5 (its section 3).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
        let joined = |of: &[Self], word: &str| {
            let of: Vec<String> = of.iter().map(ToString::to_string).collect();
            format!("({})", of.join(word))
        };
        match self {
            // Folded words have no quotation marks; should one have, it stays inside.
            Self::Words { words, is_prefix } => {
                let star = if *is_prefix { " *" } else { "" };
                write!(f, "{}{star}", quoted(&words.join(" ")))
            }
            Self::Mark(mark) => write!(f, "marks : {}", quoted(mark)),
            Self::All(of) => f.write_str(&joined(of, " AND ")),
            Self::Any(of) => f.write_str(&joined(of, " OR ")),
            Self::Without(wanted, unwanted) => write!(f, "({wanted}) NOT ({unwanted})"),
            Self::In(columns, of) => write!(f, "{} : ({of})", columns.fts5()),
        }
    }
}
