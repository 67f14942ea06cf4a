//! Why a file is not imported.

use std::fmt;
use std::path::Path;

use crate::import::item::{At, Item};

/// The reason why a file was refused, and the line.
#[derive(Debug)]
pub struct Refused {
    line: Option<usize>,
    reason: String,
}

impl Refused {
    pub(super) fn at(line: usize, reason: impl Into<String>) -> Self {
        let reason = reason.into();
        let line = Some(line);
        Self { line, reason }
    }

    /// The file as a whole is refused.
    pub(super) fn whole(reason: impl Into<String>) -> Self {
        let reason = reason.into();
        Self { line: None, reason }
    }

    /// What is reported of the file at `path`.
    pub(super) fn item(self, path: &Path) -> Item {
        let at = At::file(path);
        let at = self.line.map_or_else(|| at.clone(), |line| at.line(line));
        Item::Refused { at, reason: self.reason }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{line}: {}", self.reason),
            None => write!(f, " {}", self.reason),
        }
    }
}
