//! Rules between rows that the schema cannot express, and what a check of them finds.

/// A rule between rows that no constraint expresses.
#[derive(Clone, Copy)]
pub struct Invariant {
    /// SQL that gives a text `finding` for each violation.
    pub broken: &'static str,
    /// SQL that repairs the violations for which the other rows give the right value.
    pub mend: Option<&'static str>,
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// A description, in one line.
    pub text: String,
    /// What can be done about it.
    pub kind: FindingKind,
}

/// What can be done about a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FindingKind {
    /// Damaged pages: nothing can be repaired, and writing could make it worse.
    Damage,
    /// Rows that contradict each other, with nothing to tell which is right.
    Contradiction,
    /// Data derived from other rows: it can be derived again.
    Derived,
    /// Nothing is wrong, but there is something to know.
    Note,
}
