//! Settings: one definition gives flags, environment, `.env`, `--help` and `.env.example`. Nothing
//! else reads the environment.

mod command;
mod content;
mod kept;
mod purging;
mod reference;
mod site;
mod sources;
mod values;

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::builder::BoolishValueParser;
use clap::{ArgAction, Args, Parser};
use serde_json::{Value, json};

use crate::access::{AdminKey, Key};
use crate::db::{Location, Server};
use crate::domain::instant::Instant;
use crate::domain::markup::Renderer;
use crate::outgoing::Reach;
use crate::web::address::Proxies;
use crate::web::cors::Origins;
use crate::web::public_url::PublicUrl;
use crate::web::rules::Language;

pub use command::{Command, KeyCommand};
pub use content::{Exporting, Importing};
pub use kept::Kept;
pub use purging::Purging;
pub use reference::{env_example, page};
pub use site::Site;
pub use sources::{Refusal, layered, read};
pub use values::{Lifetime, LogFormat, Synchronous};
use values::{
    ShownKey, address, database, embed_hosts, filter, instant, language, origins, proxies,
    public_url, reach, replica, span, taken_as_it_is,
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
    /// The command; `serve` by default.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// The settings.
    #[command(flatten)]
    pub settings: Settings,
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

    /// The database: a path or a sqlite: URL, created if it does not exist; or a postgres: URL, of a database that is
    /// there.
    #[arg(long, env = "DATABASE_URL", default_value = "copydesk.db", value_name = "PATH_OR_URL", hide_env_values = true, value_parser = database, global = true)]
    pub database_url: Location,

    /// Keep everything in memory and nothing after the end, as tests want it. The database in
    /// DATABASE_URL is left alone.
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

    /// An admin key of your own, 16 to 200 visible ASCII characters (with --ephemeral and demo a
    /// single one is enough). It is kept in memory only; without it the first start creates a key:
    /// on a terminal it prints it once, otherwise it writes it to a file beside the database.
    #[arg(long, env = "COPYDESK_ADMIN_KEY", value_name = "KEY", value_parser = taken_as_it_is, hide_env_values = true, global = true)]
    admin_key: Option<ShownKey>,

    /// A file with your admin key, instead of COPYDESK_ADMIN_KEY. If it does not exist, the first
    /// start writes the key that it creates there, readable by its owner alone (mode 0600).
    #[arg(long, env = "COPYDESK_ADMIN_KEY_FILE", value_name = "FILE", global = true)]
    pub admin_key_file: Option<PathBuf>,

    /// Origins whose pages may read and write (CORS), separated by commas: `https://news.example`.
    /// `*` is any. On a loopback address, with --ephemeral and in a demo, pages of any origin may
    /// read without it.
    #[arg(long, env = "COPYDESK_CORS_ORIGINS", default_value = "", hide_default_value = true, value_name = "ORIGINS", value_parser = origins, global = true)]
    pub cors_origins: Origins,

    /// Refuse every PUT, PATCH, DELETE or action on an article, comment or disclaimer without
    /// `If-Match` (428), so that nobody can overwrite a change made in between.
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

    /// Seconds for which shared caches (a proxy, a content delivery network) may keep public answers
    /// (`s-maxage`), never past an instant at which the clock changes one. Writes name what they
    /// change (`Surrogate-Key`, `Cache-Groups`): purge that. Without it, shared caches keep what
    /// browsers do: a second.
    #[arg(long, env = "COPYDESK_SHARED_MAX_AGE", value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(0..=31_536_000), global = true)]
    pub shared_max_age: Option<u32>,

    /// Who may comment on an article that does not set it: `open`, `moderated` or `closed`.
    #[arg(long, env = "COPYDESK_COMMENTS_POLICY", default_value = "open", value_name = "POLICY", value_parser = ["open", "moderated", "closed"], global = true)]
    pub comments_policy: String,

    /// The language of an article that does not set it (BCP 47).
    #[arg(long, env = "COPYDESK_LANGUAGE", default_value = "en", value_name = "LANGUAGE", value_parser = language, global = true)]
    pub language: Language,

    /// Hosts whose frames (`<iframe>`) stay in the text of an article, separated by commas:
    /// `www.youtube-nocookie.com,player.vimeo.com`. Others are removed. Name no host of your own
    /// site: its frames could leave their sandbox.
    #[arg(long, env = "COPYDESK_EMBED_HOSTS", default_value = "", hide_default_value = true, value_name = "HOSTS", value_parser = embed_hosts, global = true)]
    pub embed_hosts: Renderer,

    /// Days after its publication for which an article accepts comments; 0 for no end.
    #[arg(
        long,
        env = "COPYDESK_COMMENTS_CLOSE_AFTER",
        default_value = "0",
        value_name = "DAYS",
        global = true
    )]
    pub comments_close_after: u16,

    /// Rate limit: comments per minute from one address; 0 for no limit. An IPv6 address counts as
    /// its /64 network; a key with `comments:write` is not counted.
    #[arg(
        long,
        env = "COPYDESK_COMMENTS_PER_MINUTE",
        default_value = "10",
        value_name = "NUMBER",
        global = true
    )]
    pub comments_per_minute: u32,

    /// Rate limit: comments per minute on one article; 0 for no limit.
    #[arg(
        long,
        env = "COPYDESK_ARTICLE_COMMENTS_PER_MINUTE",
        default_value = "0",
        value_name = "NUMBER",
        global = true
    )]
    pub article_comments_per_minute: u32,

    /// Number of links beyond which a comment waits for a moderator; unset, links hold none.
    #[arg(long, env = "COPYDESK_HOLD_LINKS", value_name = "NUMBER", global = true)]
    pub hold_links: Option<u16>,

    /// A file of words and patterns that make a comment wait for a moderator, one per line,
    /// patterns between slashes. A change to the file takes effect at once.
    #[arg(long, env = "COPYDESK_HOLD_WORDS", value_name = "FILE", global = true)]
    pub hold_words: Option<PathBuf>,

    /// Hold comments by authors who have no published comment yet.
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

    /// Comments per minute that an article shows at once; any beyond them wait for a moderator. 0
    /// for no limit.
    #[arg(
        long,
        env = "COPYDESK_HOLD_FLOOD",
        default_value = "0",
        value_name = "NUMBER",
        global = true
    )]
    pub hold_flood: u16,

    /// Number of readers' reports at which a comment is held for a moderator; 0 for none.
    #[arg(
        long,
        env = "COPYDESK_HOLD_REPORTS",
        default_value = "0",
        value_name = "NUMBER",
        global = true
    )]
    pub hold_reports: u16,

    /// Rate limit: wrong keys per minute from one address, beyond which keys from there are not looked
    /// at (keys that Copydesk has made always are); 0 for no limit. With --ephemeral there is none.
    #[arg(
        long,
        env = "COPYDESK_WRONG_KEYS_PER_MINUTE",
        default_value = "30",
        value_name = "NUMBER",
        global = true
    )]
    pub wrong_keys_per_minute: u32,

    /// Where webhooks are sent: `public` to addresses that everybody can reach, `anywhere` also to this machine and its
    /// network (whoever has a key with `webhooks:manage` can then make the server send requests there), `off` nowhere, for
    /// a copy of a newsroom.
    #[arg(long, env = "COPYDESK_WEBHOOKS", default_value = "public", value_name = "WHERE", value_parser = reach, global = true)]
    pub webhooks: Reach,

    /// How long what is kept.
    #[command(flatten)]
    pub kept: Kept,

    /// The cache in front that is told what has changed.
    #[command(flatten)]
    pub purging: Purging,

    /// What the newsroom tells readers of itself in feeds.
    #[command(flatten)]
    pub site: Site,

    /// Trusted proxies in front of the server, addresses or networks separated by commas:
    /// `10.0.0.0/8`. Only their `X-Forwarded-For` is believed: name none that passes on what its
    /// client has written there, or each address that a client invents has a limit of its own.
    #[arg(long, env = "COPYDESK_TRUSTED_PROXIES", default_value = "", hide_default_value = true, value_name = "NETWORKS", value_parser = proxies, global = true)]
    pub trusted_proxies: Proxies,

    /// Seconds for which an idle connection is kept open: longer than any proxy in front keeps it,
    /// so that a write never meets a connection that is being closed (Caddy and Traffic Server:
    /// 120 s).
    #[arg(long, env = "COPYDESK_KEEP_ALIVE", default_value = "130", value_name = "SECONDS", value_parser = clap::value_parser!(u16).range(1..=3600), global = true)]
    pub keep_alive: u16,

    /// The URL under which clients reach the server, if a proxy gives it a path: `https://news.example/api`.
    /// Links, the docs page and the document then have that path; the proxy takes it away from requests.
    #[arg(long, env = "COPYDESK_PUBLIC_URL", value_name = "URL", value_parser = public_url, global = true)]
    pub public_url: Option<PublicUrl>,

    /// Most streams of the change feed at once, each of which holds a connection; those beyond are answered with 503.
    #[arg(
        long,
        env = "COPYDESK_MAX_STREAMS",
        default_value = "2000",
        value_name = "NUMBER",
        global = true
    )]
    pub max_streams: u32,

    /// Most connections at once; those beyond are answered with 503 and closed. The system's limit of
    /// open files may allow fewer, which the log says.
    #[arg(long, env = "COPYDESK_MAX_CONNECTIONS", default_value = "10000", value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..=1_000_000), global = true)]
    pub max_connections: u32,

    /// Threads that answer requests, each with a connection to the database; by default one for each core, and four for
    /// each with a database on a server, for whose answers they wait.
    #[arg(long, env = "COPYDESK_WORKERS", value_name = "NUMBER", value_parser = clap::value_parser!(u16).range(1..=512), global = true)]
    pub workers: Option<u16>,

    /// A replica of the database on a server, for reads: a postgres: URL. What it has not caught up with yet is read from
    /// DATABASE_URL.
    #[arg(long, env = "COPYDESK_REPLICA_URL", value_name = "URL", hide_env_values = true, value_parser = replica, global = true)]
    pub replica_url: Option<Server>,

    /// An address of its own for the metrics, which need no key there: one that only your monitoring
    /// can reach. `/metrics` on the address of the API needs a key with `metrics:read`.
    #[arg(long, env = "COPYDESK_METRICS_LISTEN", value_name = "ADDRESS", value_parser = address, global = true)]
    pub metrics_listen: Option<SocketAddr>,

    /// Size of the response cache in MiB: memory for public answers that are asked for again; 0 for no cache.
    #[arg(long, env = "COPYDESK_CACHE_SIZE", default_value = "64", value_name = "MIB", value_parser = clap::value_parser!(u32).range(0..=65_536), global = true)]
    pub cache_size: u32,

    /// Test mode, for test suites: fixed ids, a clock that can be moved, fixtures, a reset, forced
    /// errors (docs/testing.md). Needs --ephemeral.
    #[arg(
        long,
        env = "COPYDESK_TEST",
        default_value = "false",
        default_missing_value = "true",
        num_args = 0..=1,
        require_equals = true,
        action = ArgAction::Set,
        value_name = "BOOL",
        value_parser = BoolishValueParser::new(),
        global = true
    )]
    pub test: bool,

    /// A folder for backups that the server makes by itself, and for those before an upgrade: one
    /// for each newsroom. Without it, it makes none by itself.
    #[arg(long, env = "COPYDESK_BACKUP_DIR", value_name = "FOLDER", global = true)]
    pub backup_dir: Option<PathBuf>,

    /// Time from one such backup to the next: `24h`, `30m`, `7d`.
    #[arg(long, env = "COPYDESK_BACKUP_EVERY", default_value = "24h", value_name = "TIME", value_parser = span, global = true)]
    pub backup_every: Duration,

    /// Number of such backups that are kept: the newest.
    #[arg(long, env = "COPYDESK_BACKUP_KEEP", default_value = "7", value_name = "NUMBER", value_parser = clap::value_parser!(u16).range(1..), global = true)]
    pub backup_keep: u16,

    /// In test mode, the instant (RFC 3339) at which the clock stands until it is moved. Without it
    /// the clock runs.
    #[arg(long, env = "COPYDESK_CLOCK", value_name = "INSTANT", value_parser = instant, global = true)]
    pub clock: Option<Instant>,

    /// In test mode, the number that ids and keys follow from: the same on every run.
    #[arg(long, env = "COPYDESK_SEED", default_value = "0", value_name = "NUMBER", global = true)]
    pub seed: u64,

    /// In test mode, a file of fixtures (JSON Lines) to start with.
    #[arg(long, env = "COPYDESK_FIXTURES", value_name = "FILE", global = true)]
    pub fixtures: Option<PathBuf>,

    /// Stop when standard input ends: for a server that must not outlive the program that started it,
    /// however that ends.
    #[arg(
        long,
        env = "COPYDESK_WATCH_STDIN",
        default_value = "false",
        default_missing_value = "true",
        num_args = 0..=1,
        require_equals = true,
        action = ArgAction::Set,
        value_name = "BOOL",
        value_parser = BoolishValueParser::new(),
        global = true
    )]
    pub watch_stdin: bool,

    /// When a write is on disk: `full`, before it is acknowledged; `normal`, a moment later (a
    /// power failure can lose the last acknowledged writes, the end of the process never does).
    #[arg(
        long,
        env = "COPYDESK_SYNCHRONOUS",
        default_value = "full",
        value_name = "MODE",
        global = true
    )]
    pub synchronous: Synchronous,

    /// The log filter, in the syntax of env_logger: a level, or
    /// `copydesk=debug,actix_server=warn`. Each request is one line with the target
    /// `copydesk::requests`.
    #[arg(long = "log", env = "RUST_LOG", default_value = LOG_DEFAULT, value_name = "FILTER", value_parser = filter, global = true)]
    pub rust_log: String,

    /// The log format: `text` for people, `json` for programs, one object per line.
    #[arg(
        long,
        env = "COPYDESK_LOG_FORMAT",
        default_value = "text",
        value_name = "FORMAT",
        global = true
    )]
    pub log_format: LogFormat,
}

/// The sanitiser's parser warns of each table that it repairs; actix logs each of its own starts,
/// and logs an error if a client sends something that is not HTTP.
const LOG_DEFAULT: &str = "info,html5ever=error,actix_server=warn,actix_http=off";

/// The key in a file; none if the file does not exist, or if a first start has written it: such a
/// key is in the database, where it can be revoked.
fn key_in(file: &Path) -> Result<Option<String>, String> {
    match std::fs::read_to_string(file) {
        Ok(text) if Key::parse(text.trim()).is_some() => Ok(None),
        Ok(text) => Ok(Some(text.trim().to_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(format!(
            "COPYDESK_ADMIN_KEY_FILE (--admin-key-file): {} cannot be read ({error}).",
            file.display()
        )),
    }
}

impl Settings {
    /// Defaults of the members of an article that does not set them.
    #[must_use]
    pub fn article_defaults(&self) -> [(&'static str, Value); 2] {
        [("comments_policy", json!(self.comments_policy)), ("language", json!(self.language))]
    }
}

impl Cli {
    /// True if nothing is kept after the end of the process.
    #[must_use]
    pub fn keeps_nothing(&self) -> bool {
        self.settings.ephemeral || matches!(self.command, Some(Command::Demo))
    }

    fn serves(&self) -> bool {
        matches!(self.command, None | Some(Command::Serve) | Some(Command::Demo))
    }

    /// Checks what no value shows by itself. `names_a_database` is true if the command line has
    /// one.
    fn check(&self, names_a_database: bool) -> Result<(), String> {
        let key = self.admin_key()?;
        let serves = self.serves();
        if self.settings.ephemeral && !serves {
            return Err("--ephemeral (COPYDESK_EPHEMERAL) is for `serve`: this command would do its work and forget it; leave it out.".to_owned());
        }
        if self.keeps_nothing() && names_a_database {
            return Err("--database-url names a file, and a newsroom that keeps nothing has none; leave one of them out.".to_owned());
        }
        let Settings { test, clock, seed, fixtures, .. } = &self.settings;
        if *test && !self.keeps_nothing() {
            return Err("--test (COPYDESK_TEST) lets a test suite reset the newsroom: give it one that keeps nothing, with --ephemeral.".to_owned());
        }
        let only_there = [
            ("--clock (COPYDESK_CLOCK)", clock.is_some()),
            ("--seed (COPYDESK_SEED)", *seed != 0),
            ("--fixtures (COPYDESK_FIXTURES)", fixtures.is_some()),
        ];
        if let Some((name, _)) = only_there.iter().find(|(_, given)| *given && !test) {
            return Err(format!("{name} is for test mode: add --test, or leave it out."));
        }
        let purging = &self.settings.purging;
        if purging.token.is_some() && purging.url.is_none() {
            return Err("COPYDESK_PURGE_TOKEN (--purge-token) is for a cache: add --purge-url, or leave it out.".to_owned());
        }
        if matches!(self.command, Some(Command::Demo)) && fixtures.is_some() {
            return Err("--fixtures (COPYDESK_FIXTURES) is for `serve`: a demo has content of its own; leave it out.".to_owned());
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

    /// The admin key from the settings.
    ///
    /// # Errors
    /// A sentence that says what a valid key is, without repeating the key.
    pub fn admin_key(&self) -> Result<Option<AdminKey>, String> {
        let read = match self.keeps_nothing() {
            true => AdminKey::ephemeral,
            false => AdminKey::new,
        };
        let (name, given) = match (&self.settings.admin_key, &self.settings.admin_key_file) {
            (Some(_), Some(_)) => {
                return Err("COPYDESK_ADMIN_KEY (--admin-key) and COPYDESK_ADMIN_KEY_FILE (--admin-key-file) are both given; leave one of them out.".to_owned());
            }
            (Some(key), None) => ("COPYDESK_ADMIN_KEY (--admin-key)", Some(key.text().to_owned())),
            (None, Some(file)) if self.serves() => {
                ("COPYDESK_ADMIN_KEY_FILE (--admin-key-file)", key_in(file)?)
            }
            (None, _) => return Ok(None),
        };
        let named = |reason| format!("{name}: {reason}.");
        given.map(|key| read(&key)).transpose().map_err(named)
    }
}
