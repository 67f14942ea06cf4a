//! Enums whose values are words, in JSON and in the database.

use std::fmt;

/// An enum whose values are words; made by [`words!`](crate::words).
pub trait Word: Copy + Sized + 'static {
    /// All values as words.
    const WORDS: &'static [&'static str];

    /// The value as a word.
    fn word(self) -> &'static str;

    /// The value with the word `word`.
    fn from_word(word: &str) -> Option<Self>;
}

/// The word that was probably meant by a misspelt one: the most similar, if it is similar enough
/// (Jaro-Winkler).
#[must_use]
pub fn nearest<'a>(misspelt: &str, known: &[&'a str]) -> Option<&'a str> {
    let likeness = |known: &str| strsim::jaro_winkler(known, misspelt);
    let nearest =
        known.iter().map(|known| (likeness(known), *known)).max_by(|a, b| a.0.total_cmp(&b.0));
    nearest.filter(|(likeness, _)| *likeness > NEAR).map(|(_, meant)| meant)
}

/// Similarity (0 to 1) from which a name counts as a misspelling of another.
const NEAR: f64 = 0.85;

/// A sentence with the word that was probably meant, after a space; empty if none was.
#[must_use]
pub fn hint(misspelt: &str, known: &[&str]) -> String {
    // Other APIs write an order as `date:desc` or `date desc`.
    let written = misspelt.to_lowercase();
    let descending = [":desc", " desc", ",desc"].iter().find_map(|end| written.strip_suffix(end));
    let ascending = [":asc", " asc", ",asc"].iter().find_map(|end| written.strip_suffix(end));
    let named = descending.map(|name| format!("-{name}")).or(ascending.map(str::to_owned));
    let misspelt = named.as_deref().unwrap_or(misspelt);
    nearest(misspelt, known).map_or_else(String::new, |meant| format!(" Did you mean `{meant}`?"))
}

/// A stored word that is not a value of its enum.
#[derive(Debug)]
pub struct UnknownWord(pub String);

impl fmt::Display for UnknownWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the stored word {:?} is not known", self.0)
    }
}

impl std::error::Error for UnknownWord {}

/// Declares enums whose values are words, with their JSON and their schema.
#[macro_export]
macro_rules! words {
    ($( $(#[doc = $doc:literal])+ pub enum $name:ident as $schema:literal $(shown as $example:literal)? { $( $(#[doc = $value_doc:literal])+ $value:ident = $word:literal ),+ $(,)? } )+) => { $(
        $(#[doc = $doc])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name { $( $(#[doc = $value_doc])+ #[serde(rename = $word)] $value ),+ }

        impl $name {
            /// All values as words.
            pub const WORDS: &'static [&'static str] = &[ $($word),+ ];

            /// The value as a word.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $( Self::$value => $word ),+ }
            }

            /// The value with the word `word`.
            #[must_use]
            pub fn from_word(word: &str) -> Option<Self> {
                match word { $( $word => Some(Self::$value), )+ _ => None }
            }
        }

        impl $crate::domain::words::Word for $name {
            const WORDS: &'static [&'static str] = Self::WORDS;

            fn word(self) -> &'static str {
                Self::word(self)
            }

            fn from_word(word: &str) -> Option<Self> {
                Self::from_word(word)
            }
        }

        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                utoipa::openapi::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::schema::Type::String)
                    .description(Some(concat!($($doc, "\n"),+).trim()))
                    .enum_values(Some(Self::WORDS.iter().copied()))
                    $( .examples([$example]) )?
                    .into()
            }
        }

        impl utoipa::ToSchema for $name {
            fn name() -> std::borrow::Cow<'static, str> {
                $schema.into()
            }
        }
    )+ };
}
