//! Settings: one definition gives flags, environment, `.env`, `--help` and `.env.example`.
//! This is the only reader of the environment.

mod reference;
mod sources;
mod values;

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::builder::BoolishValueParser;
use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
use serde_json::{Value, json};

use crate::access::AdminKey;
use crate::web::cors::Origins;
use crate::web::limit::Proxies;
use crate::web::rules::Language;
use crate::web::scope::{Preset, Scope};

pub use reference::{env_example, page};
pub use sources::{Refusal, layered, read};
pub use values::Lifetime;
use values::{
    ShownKey, address, database_path, filter, key_name, language, lifetime, origins, preset,
    proxies, scope, taken_as_it_is,
};

/// A truthful content API for news: articles, comments and disclaimers as JSON over HTTP.
#[derive(Debug, Parser)]
#[command(
    name = "copydesk",
    version,
    disable_help_subcommand = true,
    after_help = "A flag wins over the environment, the environment over a file .env in the working folder.\nExit codes: 0 done, 1 a failure, 2 a wrong command line or setting, from 10 on why a start was\nrefused: docs/operations.md lists them."
)]
pub struct Cli {
    /// What to do; `serve` where nothing is named.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// The settings.
    #[command(flatten)]
    pub settings: Settings,
}

/// What Copydesk can be told to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the newsroom (the default).
    Serve,
    /// Serve a newsroom with sample content, kept in memory; prints curl lines to paste.
    Demo,
    /// Make the database where there is none and bring its schema up to date.
    Migrate,
    /// Take Markdown files with front matter, as Hugo and Jekyll have them, into the newsroom.
    ///
    /// Works beside a running server. Run again, it changes nothing but what was edited.
    Import {
        /// A Markdown file, or a folder: every file below it that ends in `.md` or `.markdown`.
        path: PathBuf,
        /// Say what would be done, and do nothing.
        #[arg(long)]
        dry_run: bool,
        /// Take `expirydate` as the end of the article; else it is kept in `metadata`.
        #[arg(long)]
        honour_expiry: bool,
    },
    /// Make, list and revoke keys.
    #[command(subcommand)]
    Key(KeyCommand),
    /// Look whether the database is sound: page by page, references that lead nowhere, counters,
    /// versions without gaps.
    Check {
        /// Derive anew what can be derived from the rest: counters, indexes, the newest versions.
        #[arg(long)]
        fix: bool,
    },
    /// Print the OpenAPI document.
    Openapi,
}

/// What can be done with keys. It works beside a running server.
#[derive(Debug, Subcommand)]
pub enum KeyCommand {
    /// Make a key and print it, this once.
    Create {
        /// Whose key it is, as history names it.
        #[arg(long, value_parser = key_name)]
        name: String,
        /// A usual set of scopes: reader, author, editor, moderator, legal or admin.
        #[arg(long, value_parser = preset, required_unless_present = "scope")]
        preset: Option<Preset>,
        /// A single scope, beside those of the preset; may be given several times.
        #[arg(long, value_parser = scope)]
        scope: Vec<Scope>,
        /// When it ends by itself: an instant (RFC 3339), or a number of days as in 90d.
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

/// Flags, then the environment, then `.env`.
#[derive(Clone, Debug, Args)]
pub struct Settings {
    /// Address and port to listen on; port 0 picks a free one.
    #[arg(
        long,
        env = "COPYDESK_LISTEN",
        default_value = "127.0.0.1:8080",
        value_name = "ADDRESS",
        value_parser = address,
        global = true
    )]
    pub listen: SocketAddr,

    /// The database: a path or a sqlite: URL. It is made where there is none.
    #[arg(long, env = "DATABASE_URL", default_value = "copydesk.db", value_name = "PATH", value_parser = database_path, global = true)]
    pub database_url: PathBuf,

    /// Keep everything in memory and nothing beyond the end, as tests want it. The
    /// database that DATABASE_URL names is left alone.
    #[arg(
        long,
        env = "COPYDESK_EPHEMERAL",
        default_value = "false",
        default_missing_value = "true",
        num_args = 0..=1,
        require_equals = true,
        action = ArgAction::Set,
        value_name = "BOOL",
        value_parser = BoolishValueParser::new(),
        global = true
    )]
    pub ephemeral: bool,

    /// An admin key of your own, 16 to 200 visible ASCII characters (with --ephemeral and demo
    /// a single one will do). It is kept in memory only; without it the first start makes a key
    /// and prints it once.
    #[arg(long, env = "COPYDESK_ADMIN_KEY", value_name = "KEY", value_parser = taken_as_it_is, hide_env_values = true, global = true)]
    admin_key: Option<ShownKey>,

    /// Origins whose pages may read and write, with commas between them: `https://news.example`.
    /// `*` is any. On a loopback address, with --ephemeral and in a demo, pages of any origin
    /// may read without it.
    #[arg(long, env = "COPYDESK_CORS_ORIGINS", default_value = "", hide_default_value = true, value_name = "ORIGINS", value_parser = origins, global = true)]
    pub cors_origins: Origins,

    /// Take no PUT, PATCH, DELETE or action on an article, comment or disclaimer without
    /// `If-Match` (428), so that nobody can overwrite what somebody else wrote in between.
    #[arg(
        long,
        env = "COPYDESK_REQUIRE_IF_MATCH",
        default_value = "false",
        default_missing_value = "true",
        num_args = 0..=1,
        require_equals = true,
        action = ArgAction::Set,
        value_name = "BOOL",
        value_parser = BoolishValueParser::new(),
        global = true
    )]
    pub require_if_match: bool,

    /// Who may comment on an article that does not say: `open`, `moderated` or `closed`.
    #[arg(long, env = "COPYDESK_COMMENTS_POLICY", default_value = "open", value_name = "POLICY", value_parser = ["open", "moderated", "closed"], global = true)]
    pub comments_policy: String,

    /// The language of an article that does not say (BCP 47).
    #[arg(long, env = "COPYDESK_LANGUAGE", default_value = "en", value_name = "LANGUAGE", value_parser = language, global = true)]
    pub language: Language,

    /// Days after its publication for which an article takes comments; 0 for no end.
    #[arg(
        long,
        env = "COPYDESK_COMMENTS_CLOSE_AFTER",
        default_value = "0",
        value_name = "DAYS",
        global = true
    )]
    pub comments_close_after: u16,

    /// Comments that one address may write in a minute; 0 for no limit. An IPv6 address counts
    /// as its /64 network; a key with `comments:write` is not counted.
    #[arg(
        long,
        env = "COPYDESK_COMMENTS_PER_MINUTE",
        default_value = "10",
        value_name = "NUMBER",
        global = true
    )]
    pub comments_per_minute: u32,

    /// Comments that one article takes in a minute; 0 for no limit.
    #[arg(
        long,
        env = "COPYDESK_ARTICLE_COMMENTS_PER_MINUTE",
        default_value = "0",
        value_name = "NUMBER",
        global = true
    )]
    pub article_comments_per_minute: u32,

    /// Links past which a comment waits for a moderator; unset, links hold none.
    #[arg(
        long,
        env = "COPYDESK_HOLD_LINKS",
        value_name = "NUMBER",
        global = true
    )]
    pub hold_links: Option<u16>,

    /// A file of words and patterns that make a comment wait, one a line, patterns between slashes. A
    /// change of it counts at once.
    #[arg(long, env = "COPYDESK_HOLD_WORDS", value_name = "FILE", global = true)]
    pub hold_words: Option<PathBuf>,

    /// Hold comments by authors of whom none was published yet.
    #[arg(
        long,
        env = "COPYDESK_HOLD_FIRST_COMMENT",
        default_value = "false",
        default_missing_value = "true",
        num_args = 0..=1,
        require_equals = true,
        action = ArgAction::Set,
        value_name = "BOOL",
        global = true
    )]
    pub hold_first_comment: bool,

    /// Comments that an article shows of a minute; those that come on top wait. 0 for no limit.
    #[arg(
        long,
        env = "COPYDESK_HOLD_FLOOD",
        default_value = "0",
        value_name = "NUMBER",
        global = true
    )]
    pub hold_flood: u16,

    /// Readers' reports that make a comment wait; 0 for none.
    #[arg(
        long,
        env = "COPYDESK_HOLD_REPORTS",
        default_value = "0",
        value_name = "NUMBER",
        global = true
    )]
    pub hold_reports: u16,

    /// Days for which a comment's address is kept, as a hash that nobody can turn back without the
    /// database.
    #[arg(long, env = "COPYDESK_KEEP_ADDRESSES", default_value = "30", value_name = "DAYS", value_parser = clap::value_parser!(u16).range(1..), global = true)]
    pub keep_addresses: u16,

    /// Proxies in front of the server, addresses or networks with commas between them:
    /// `10.0.0.0/8`. Only their `X-Forwarded-For` is believed: name none that passes on what its
    /// client has written there, or each address that a client invents has a limit of its own.
    #[arg(long, env = "COPYDESK_TRUSTED_PROXIES", default_value = "", hide_default_value = true, value_name = "NETWORKS", value_parser = proxies, global = true)]
    pub trusted_proxies: Proxies,

    /// Seconds for which a connection is kept open without a request: longer than any proxy in front keeps
    /// it, so that a write never meets a connection that is being closed (Caddy and Traffic Server: 120 s).
    #[arg(long, env = "COPYDESK_KEEP_ALIVE", default_value = "130", value_name = "SECONDS", value_parser = clap::value_parser!(u16).range(1..=3600), global = true)]
    pub keep_alive: u16,

    /// When a write is on disk: `full`, once it is answered; `normal`, a moment later (the last
    /// answered writes can be lost when the power fails, never when the process dies).
    #[arg(
        long,
        env = "COPYDESK_SYNCHRONOUS",
        default_value = "full",
        value_name = "MODE",
        global = true
    )]
    pub synchronous: Synchronous,

    /// What is logged, as env_logger reads it: a level, or `copydesk=debug,actix_server=warn`.
    /// One line a request is of the target `copydesk::requests`.
    #[arg(long = "log", env = "RUST_LOG", default_value = LOG_DEFAULT, value_name = "FILTER", value_parser = filter, global = true)]
    pub rust_log: String,

    /// How it is logged: `text` for people, `json` for programs, one object a line.
    #[arg(
        long,
        env = "COPYDESK_LOG_FORMAT",
        default_value = "text",
        value_name = "FORMAT",
        global = true
    )]
    pub log_format: LogFormat,
}

/// The sanitiser's parser warns of each table that it mends; actix tells of each start of its own,
/// and calls it an error where a client sends what is no HTTP.
const LOG_DEFAULT: &str = "info,html5ever=error,actix_server=warn,actix_http=off";

/// When a write counts as kept (SQLite's `synchronous`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Synchronous {
    /// On disk when it is answered.
    Full,
    /// On disk a moment later.
    Normal,
}

/// The form of the log's lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
}

impl Settings {
    /// What members of an article take where it does not say.
    #[must_use]
    pub fn article_defaults(&self) -> [(&'static str, Value); 2] {
        [
            ("comments_policy", json!(self.comments_policy)),
            ("language", json!(self.language)),
        ]
    }
}

impl Cli {
    /// Whether nothing is kept beyond the end of the process.
    #[must_use]
    pub fn keeps_nothing(&self) -> bool {
        self.settings.ephemeral || matches!(self.command, Some(Command::Demo))
    }

    /// What no value shows by itself. `names_a_database` is whether the command line does.
    fn check(&self, names_a_database: bool) -> Result<(), String> {
        let key = self.admin_key()?;
        let serves = matches!(
            self.command,
            None | Some(Command::Serve) | Some(Command::Demo)
        );
        if self.settings.ephemeral && !serves {
            return Err("--ephemeral (COPYDESK_EPHEMERAL) is for `serve`: this command would do its work and forget it; leave it out.".to_owned());
        }
        if self.keeps_nothing() && names_a_database {
            return Err("--database-url names a file, and a newsroom that keeps nothing has none; leave one of them out.".to_owned());
        }
        let listen = self.settings.listen;
        if serves && self.keeps_nothing() && key.is_none() && !listen.ip().is_loopback() {
            return Err(format!(
                "{listen} can be reached from other machines, and a newsroom without a key of yours is for this one; \
                 give it one with --admin-key, or listen on 127.0.0.1."
            ));
        }
        Ok(())
    }

    /// The admin key given from outside.
    ///
    /// # Errors
    /// A sentence that says what a key must be, without the key.
    pub fn admin_key(&self) -> Result<Option<AdminKey>, String> {
        let given = self.settings.admin_key.as_ref();
        let named = |reason| format!("COPYDESK_ADMIN_KEY (--admin-key): {reason}.");
        let read = match self.keeps_nothing() {
            true => AdminKey::ephemeral,
            false => AdminKey::new,
        };
        given.map(|key| read(key.text())).transpose().map_err(named)
    }
}
