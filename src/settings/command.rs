//! The commands of the command line.

use std::path::PathBuf;

use clap::Subcommand;

use super::content::{Exporting, Importing};
use super::values::{Lifetime, database, key_name, lifetime, preset, scope};
use crate::db::Location;
use crate::domain::scope::{Preset, Scope};

/// The commands of Copydesk.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the newsroom (the default).
    Serve,
    /// Serve a newsroom with sample content, kept in memory; prints curl lines to paste.
    Demo,
    /// Create the database if it does not exist, and bring its schema up to date. An existing one is
    /// backed up first.
    Migrate {
        /// Make no backup, as on a disk without room for one.
        #[arg(long)]
        no_backup: bool,
    },
    /// Make a verified backup, also while a server runs; its SHA-256 is written to FILE.sha256.
    Backup {
        /// The file to make; a folder (a dated file is made in it); or - for standard output.
        file: PathBuf,
        /// Replace FILE if it exists.
        #[arg(long)]
        force: bool,
    },
    /// Put a backup in the place of the database, once it is verified. No server may run on that.
    Restore {
        /// The backup, or - for standard input.
        file: PathBuf,
        /// Replace a database that exists; it is kept beside the new one.
        #[arg(long)]
        force: bool,
    },
    /// Give the room of what was deleted back to the disk, also while a server runs.
    Compact,
    /// Import articles and comments from another system: sites of Hugo, Jekyll and Pelican (Markdown with front
    /// matter), exports of WordPress (WXR), Ghost, Isso, Remark42 and Disqus, feeds, ninjs, or an export of Copydesk.
    ///
    /// It may run next to a running server. Run again, it changes only what was edited.
    Import(Importing),
    /// Write the newsroom as JSON Lines, one record a line (docs/export.md), also while a server runs; `import` reads it.
    Export(Exporting),
    /// Create, list and revoke keys.
    #[command(subcommand)]
    Key(KeyCommand),
    /// Check that the database is sound: its pages, references that lead nowhere, counters,
    /// versions without gaps.
    Check {
        /// Repair what can be derived from the rest: counters, indexes, the newest versions.
        #[arg(long)]
        fix: bool,
    },
    /// Copy the whole newsroom into another database that has none yet: from a SQLite file to a PostgreSQL server, or
    /// back. What arrived is read again and compared.
    Copy {
        /// The database to read: a path, a sqlite: URL or a postgres: URL.
        #[arg(long, value_name = "PATH_OR_URL", value_parser = database)]
        from: Location,
        /// The database to fill; by default that of DATABASE_URL. A file is created; a database on a server is there, and
        /// empty.
        #[arg(long, value_name = "PATH_OR_URL", value_parser = database)]
        to: Option<Location>,
    },
    /// Print the newsroom as fixtures: JSON Lines, as `serve --test --fixtures` loads them.
    Fixtures,
    /// Print the OpenAPI document.
    Openapi,
    /// Print completions for a shell: `copydesk completions bash > /etc/bash_completion.d/copydesk`.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Print the manual page: `copydesk man | man -l -`.
    Man,
}

/// The commands for keys. They may run next to a running server.
#[derive(Debug, Subcommand)]
pub enum KeyCommand {
    /// Create a key and print it, this once.
    Create {
        /// The name of the key, as history shows it.
        #[arg(long, value_parser = key_name)]
        name: String,
        /// A preset of scopes: reader, author, editor, moderator, legal or admin.
        #[arg(long, value_parser = preset, required_unless_present = "scope")]
        preset: Option<Preset>,
        /// A single scope, in addition to those of the preset; may be given several times.
        #[arg(long, value_parser = scope)]
        scope: Vec<Scope>,
        /// The end of the key: an instant (RFC 3339), or a number of days as in 90d.
        #[arg(long, value_parser = lifetime, value_name = "WHEN")]
        expires: Option<Lifetime>,
    },
    /// List the keys that were not revoked.
    List,
    /// Revoke a key, at once and for good.
    Revoke {
        /// The key's id, as `list` shows it.
        id: uuid::Uuid,
    },
}
