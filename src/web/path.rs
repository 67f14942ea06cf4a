//! Path segments: what each of their names takes, for the document and for the reader.

use percent_encoding::percent_decode_str;
use serde_json::{Value, json};
use uuid::Uuid;

use super::query::{fault, slug_schema, version_of, version_schema};
use super::rules::UUID_PATTERN;
use crate::domain::ids::parse_id;
use crate::domain::slug::is_slug;
use crate::problem::ParameterFault;

/// Which thing a path names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Locator {
    /// By its id.
    Id(Uuid),
    /// By its slug.
    Slug(String),
}

impl Locator {
    /// Reads an id or a slug.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let slug = || is_slug(text).then(|| Self::Slug(text.to_owned()));
        parse_id(text).map(Self::Id).or_else(slug)
    }
}

impl std::fmt::Display for Locator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Id(id) => id.fmt(f),
            Self::Slug(slug) => slug.fmt(f),
        }
    }
}

/// What a path segment takes, by its name in the path's pattern.
struct Segment {
    name: &'static str,
    doc: &'static str,
    example: &'static str,
    takes: SegmentForm,
}

/// The forms of path segments.
#[derive(Clone, Copy, PartialEq, Eq)]
enum SegmentForm {
    /// An id.
    Id,
    /// An id or a slug.
    IdOrSlug,
    /// The number of a version.
    Version,
    /// A name that is looked up as it stands.
    Name,
}

/// Every path parameter there is.
const SEGMENTS: [Segment; 8] = [
    Segment {
        name: "article",
        doc: "The article's id or slug.",
        example: "flood-warning-for-the-lower-valley",
        takes: SegmentForm::IdOrSlug,
    },
    Segment {
        name: "comment",
        doc: "The comment's id.",
        example: "0192d5a0-0000-7000-8000-000000000001",
        takes: SegmentForm::Id,
    },
    Segment {
        name: "disclaimer",
        doc: "The disclaimer's id.",
        example: "0192d5a0-0000-7000-8000-000000000002",
        takes: SegmentForm::Id,
    },
    Segment {
        name: "correction",
        doc: "The correction's id.",
        example: "0192d5a0-0000-7000-8000-000000000005",
        takes: SegmentForm::Id,
    },
    Segment {
        name: "version",
        doc: "The number of the version.",
        example: "1",
        takes: SegmentForm::Version,
    },
    Segment {
        name: "key",
        doc: "The key's id.",
        example: "0192d5a0-0000-7000-8000-000000000004",
        takes: SegmentForm::Id,
    },
    Segment {
        name: "asset",
        doc: "A file of the documentation page.",
        example: "docs.js",
        takes: SegmentForm::Name,
    },
    Segment {
        name: "code",
        doc: "The problem's code.",
        example: "slug_taken",
        takes: SegmentForm::Name,
    },
];

fn segment(name: &str) -> &'static Segment {
    SEGMENTS.iter().find(|segment| segment.name == name).expect(
        "every name in a path's pattern stands in SEGMENTS: tests/it/coverage.rs walks all paths",
    )
}

/// The path parameter `name` in the document.
#[must_use]
pub fn path_document(name: &str) -> Value {
    let segment = segment(name);
    let id = json!({"type": "string", "format": "uuid", "pattern": UUID_PATTERN});
    let slug = slug_schema();
    let text = json!(segment.example);
    let (schema, example) = match segment.takes {
        SegmentForm::IdOrSlug => (json!({"anyOf": [id, slug]}), text),
        SegmentForm::Id => (id, text),
        SegmentForm::Version => (version_schema(), json!(1)),
        SegmentForm::Name => (
            json!({"type": "string", "pattern": "^[a-z0-9_]+$", "minLength": 1, "maxLength": 64}),
            text,
        ),
    };
    json!({"name": name, "in": "path", "required": true, "description": segment.doc, "schema": schema, "example": example})
}

/// Reads the path segment `name`.
pub fn read_path(name: &str, raw: &str, faults: &mut Vec<ParameterFault>) -> Option<Locator> {
    let segment = segment(name);
    let text = percent_decode_str(raw).decode_utf8_lossy().into_owned();
    let (read, form) = match segment.takes {
        SegmentForm::Name => (Some(Locator::Slug(text)), ""),
        SegmentForm::Id => (parse_id(&text).map(Locator::Id), "an id (a UUID)"),
        SegmentForm::IdOrSlug => (
            Locator::read(&text),
            "an id (a UUID) or a slug (a-z, 0-9 and hyphens)",
        ),
        SegmentForm::Version => (
            version_of(&text).map(|number| Locator::Slug(number.to_string())),
            "the number of a version, a whole number from 1",
        ),
    };
    if read.is_some() {
        return read;
    }
    faults.push(fault(name, format!("The path's {name} must be {form}.")));
    None
}

/// The names in a path's pattern, in order.
pub fn path_names(pattern: &str) -> impl Iterator<Item = &str> {
    pattern
        .split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
}

/// The name of the path parameter `name`, as long-lived as the program.
#[must_use]
pub fn segment_name(name: &str) -> &'static str {
    segment(name).name
}
