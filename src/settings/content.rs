//! What the command line says of imports and exports.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::values::{instant, pause};
use crate::domain::instant::Instant;

/// What the command line says of an import.
#[derive(Clone, Debug, Args)]
pub struct Importing {
    /// A file, a folder, or the URL of a feed.
    #[arg(value_name = "PATH_OR_URL")]
    pub from: PathBuf,
    /// Report what would be done, and do nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Take `expirydate` as the end of the article; by default it is only kept in `metadata`.
    #[arg(long)]
    pub honour_expiry: bool,
    /// Take a notice at the end of a text out if the newsroom has it as a disclaimer, and attach the disclaimer.
    #[arg(long)]
    pub lift_disclaimers: bool,
    /// Mend what is certainly a mistake: a paragraph that stands twice.
    #[arg(long)]
    pub fix: bool,
    /// Import what was purged here, too.
    #[arg(long)]
    pub purged: bool,
    /// Fetch the feed at the URL again and again, until the program is ended.
    #[arg(long, conflicts_with = "dry_run")]
    pub watch: bool,
    /// The time between two fetches: `30s`, `5m`, `1h`.
    #[arg(long, value_name = "DURATION", default_value = "5m", value_parser = pause, requires = "watch")]
    pub every: Duration,
    /// Fetch from private addresses too: this machine's, its network's.
    #[arg(long)]
    pub any_address: bool,
}

/// What the command line says of an export.
#[derive(Clone, Debug, Args)]
pub struct Exporting {
    /// The file to make, or - for standard output.
    pub file: PathBuf,
    /// Only these parts, with commas between. Disclaimers come along with articles, and comments only with them.
    #[arg(long, value_name = "PARTS", value_delimiter = ',', value_parser = ["articles", "comments", "disclaimers", "keys"])]
    pub only: Vec<String>,
    /// Only articles of this section, by its name or slug.
    #[arg(long, value_name = "SECTION")]
    pub section: Option<String>,
    /// Only articles published at this instant (RFC 3339) or later.
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    pub published_after: Option<Instant>,
    /// Only articles published before this instant.
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    pub published_before: Option<Instant>,
    /// Replace FILE if it exists.
    #[arg(long)]
    pub force: bool,
}
