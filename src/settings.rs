//! Settings: one definition gives flags, environment, `--help` and `.env.example`.
//! This is the only reader of the environment.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, CommandFactory, Parser, Subcommand};

use crate::access::AdminKey;

/// A truthful content API for news: articles, comments and disclaimers as JSON over HTTP.
#[derive(Debug, Parser)]
#[command(name = "copydesk", version, disable_help_subcommand = true)]
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
    /// Make the database where there is none and bring its schema up to date.
    Migrate,
    /// Take Markdown files with YAML front matter, as Hugo has them, into the newsroom.
    ///
    /// Works beside a running server. Run again, it changes nothing but what was edited.
    Import {
        /// The folder; everything below it that ends in `.md` is read.
        dir: PathBuf,
    },
    /// Print the OpenAPI document.
    Openapi,
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
        global = true
    )]
    pub listen: SocketAddr,

    /// The database: a path or a sqlite: URL. It is made where there is none.
    #[arg(long, env = "DATABASE_URL", default_value = "copydesk.db", value_name = "PATH", value_parser = database_path, global = true)]
    pub database_url: PathBuf,

    /// An admin key of your own, 16 to 200 visible ASCII characters. It is kept in memory
    /// only; without it the first start makes a key and prints it once.
    #[arg(long, env = "COPYDESK_ADMIN_KEY", value_name = "KEY", value_parser = taken_as_it_is, hide_env_values = true, global = true)]
    admin_key: Option<ShownKey>,

    /// What is logged, as env_logger reads it: a level, or `copydesk=debug,actix_server=warn`.
    #[arg(long = "log", env = "RUST_LOG", default_value = LOG_DEFAULT, value_name = "FILTER", global = true)]
    pub rust_log: String,
}

/// The sanitiser's parser warns of each table that it mends; actix tells of each start of its own.
const LOG_DEFAULT: &str = "info,html5ever=error,actix_server=warn";

/// An admin key as it was given. It is judged by [`Settings::admin_key`]: an
/// error of the parser's own would repeat the secret.
#[derive(Clone)]
struct ShownKey(String);

impl std::fmt::Debug for ShownKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ShownKey(..)")
    }
}

#[expect(clippy::unnecessary_wraps, reason = "the form that clap asks for")]
fn taken_as_it_is(text: &str) -> Result<ShownKey, String> {
    Ok(ShownKey(text.to_owned()))
}

impl Settings {
    /// The admin key given from outside; an empty one counts as none.
    ///
    /// # Errors
    /// A sentence that says what a key must be, without the key.
    pub fn admin_key(&self) -> Result<Option<AdminKey>, String> {
        let given = self.admin_key.as_ref().filter(|key| !key.0.is_empty());
        let named = |reason| format!("COPYDESK_ADMIN_KEY (--admin-key): {reason}.");
        given
            .map(|key| AdminKey::new(&key.0))
            .transpose()
            .map_err(named)
    }
}

/// Reads a path or a `sqlite:` URL (`sqlite:news.db`, `sqlite:///var/lib/news.db`).
fn database_path(text: &str) -> Result<PathBuf, String> {
    let path = match text.strip_prefix("sqlite:") {
        Some(rest) => rest.strip_prefix("//").unwrap_or(rest),
        None if text.contains("://") => {
            return Err(
                "it takes a path or a sqlite: URL; Copydesk keeps its data in SQLite".to_owned(),
            );
        }
        None => text,
    };
    if path.is_empty() || path == ":memory:" {
        return Err(
            "it takes the path of a file; a database in memory would keep nothing".to_owned(),
        );
    }
    Ok(PathBuf::from(path))
}

/// Reads `.env`, the environment and the command line. Ends the process with a
/// sentence and exit code 2 where a value is wrong, and after `--help`.
#[must_use]
pub fn read() -> Cli {
    // A missing .env is fine; a variable that is set already wins over it.
    match dotenvy::dotenv() {
        Err(error) if !error.not_found() => {
            eprintln!("copydesk: .env cannot be read ({error}); mend or remove it.");
            std::process::exit(EXIT_USAGE);
        }
        _ => {}
    }
    let cli = Cli::parse();
    if let Err(reason) = cli.settings.admin_key() {
        eprintln!("copydesk: {reason}");
        std::process::exit(EXIT_USAGE);
    }
    cli
}

/// Exit code for a command line or a setting that is wrong, as clap has it.
const EXIT_USAGE: i32 = 2;

/// `.env.example`: every setting with its meaning and default.
#[must_use]
pub fn env_example() -> String {
    let mut text = String::from(
        "# Settings of Copydesk, generated from src/settings.rs. Copy to .env and change what you need.\n# A flag wins over the environment, the environment over .env.\n",
    );
    for argument in Cli::command().get_arguments() {
        let Some(name) = argument.get_env().and_then(|name| name.to_str()) else {
            continue;
        };
        let help = argument
            .get_long_help()
            .or(argument.get_help())
            .map(ToString::to_string)
            .unwrap_or_default();
        text.push('\n');
        for line in help.lines() {
            text.push_str(&format!("# {line}\n"));
        }
        if let Some(flag) = argument.get_long() {
            text.push_str(&format!("# As a flag: --{flag}\n"));
        }
        let default = argument
            .get_default_values()
            .first()
            .and_then(|value| value.to_str())
            .unwrap_or_default();
        text.push_str(&format!("#{name}={default}\n"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_is_a_path_or_a_sqlite_url() {
        for (text, want) in [
            ("news.db", "news.db"),
            ("sqlite:news.db", "news.db"),
            ("sqlite://news.db", "news.db"),
            ("sqlite:///var/news.db", "/var/news.db"),
        ] {
            assert_eq!(database_path(text), Ok(PathBuf::from(want)), "{text}");
        }
        for text in ["", "sqlite:", ":memory:", "postgres://localhost/news"] {
            assert!(database_path(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }
}
