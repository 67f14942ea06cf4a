//! The sources of settings: the command line, then the environment, then `.env`.
//!
//! clap could read the environment itself, but only the variables that it knows, and with errors
//! that do not say where a value came from. So it parses only the command line, and the values of
//! the other sources are inserted into it as flags.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::process::ExitCode;

use clap::builder::Resettable;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::parser::ValueSource;
use clap::{Arg, CommandFactory, FromArgMatches};

use super::Cli;

/// The file of settings, in the working folder.
const DOTENV: &str = ".env";
/// clap's id of the setting that names the database.
const DATABASE: &str = "database_url";
/// The prefix of Copydesk's own variables.
const OWN: &str = "COPYDESK_";
/// Similarity from 0 to 1 at which a name counts as a misspelling of another.
const ALIKE: f64 = 0.6;
/// Exit code for a wrong command line or setting, the same as clap's.
const EXIT_USAGE: u8 = 2;

/// The reason why there are no settings.
#[derive(Debug)]
pub enum Refusal {
    /// The command line is wrong, or asks for help or the version.
    CommandLine(Box<clap::Error>),
    /// A setting is wrong: sentences, one a line.
    Setting(String),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CommandLine(error) => error.fmt(f),
            Self::Setting(text) => f.write_str(text),
        }
    }
}

impl Refusal {
    /// Prints it, and returns its exit code.
    #[must_use]
    pub fn print(&self) -> ExitCode {
        match self {
            Self::CommandLine(error) => {
                // Nowhere to print to: the exit code has to be enough.
                let _ = error.print();
                ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(EXIT_USAGE))
            }
            Self::Setting(text) => {
                eprintln!("{text}");
                ExitCode::from(EXIT_USAGE)
            }
        }
    }
}

fn setting(sentence: impl fmt::Display) -> Refusal {
    Refusal::Setting(format!("copydesk: {sentence}"))
}

/// Reads the process's command line, its environment and `.env`.
///
/// # Errors
/// [`Refusal`], for `--help` too.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
pub fn read() -> Result<Cli, Refusal> {
    layered(std::env::args_os(), std::env::vars_os(), || {
        use std::io::ErrorKind;
        match std::fs::read_to_string(DOTENV) {
            Ok(text) => Ok(text),
            // Python projects may have a folder of that name.
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::IsADirectory) => {
                Ok(String::new())
            }
            Err(error) => {
                Err(setting(format_args!("{DOTENV} cannot be read ({error}); mend or remove it.")))
            }
        }
    })
}

/// Settings from a command line, an environment and the text of a `.env`.
///
/// # Errors
/// [`Refusal`].
pub fn layered(
    arguments: impl IntoIterator<Item = OsString>,
    environment: impl IntoIterator<Item = (OsString, OsString)>,
    dotenv: impl FnOnce() -> Result<String, Refusal>,
) -> Result<Cli, Refusal> {
    let mut arguments: Vec<OsString> = arguments.into_iter().collect();
    let by_command_line =
        command_line_only().try_get_matches_from(&arguments).map_err(|error| {
            // Help shows the names of the variables, which the bare command does not have.
            let shown = match error.kind() {
                ErrorKind::DisplayHelp => Cli::command()
                    // Not their values: there may be passwords among them.
                    .mut_args(|argument| argument.hide_env_values(true))
                    .try_get_matches_from(&arguments)
                    .err(),
                _ => None,
            };
            command_line(shown.unwrap_or(error))
        })?;
    let given = Given::read(environment, &dotenv()?)?;
    given.refuse_unknown()?;
    let stands_there = |argument: &Arg| {
        by_command_line.value_source(argument.get_id().as_str()) == Some(ValueSource::CommandLine)
    };
    let command = Cli::command();
    let (database, others): (Vec<&Arg>, Vec<&Arg>) = settings(&command)
        .filter(|argument| !stands_there(argument))
        .partition(|argument| argument.get_id() == DATABASE);
    let mut cli = given.put_behind(&mut arguments, &others)?;
    // Settings from outside do not apply to a newsroom that keeps nothing.
    if !cli.keeps_nothing() {
        cli = given.put_behind(&mut arguments, &database)?;
    }
    let names_a_database = by_command_line.value_source(DATABASE) == Some(ValueSource::CommandLine);
    cli.check(names_a_database).map_err(setting)?;
    Ok(cli)
}

/// clap's error about the command line; a value that it refuses may be a password, and is not
/// repeated.
fn command_line(error: clap::Error) -> Refusal {
    match (error.kind(), error.get(ContextKind::InvalidArg)) {
        (ErrorKind::ValueValidation, Some(ContextValue::String(argument))) => {
            setting(format_args!("{argument} is not taken: {}.", reason_of(&error)))
        }
        _ => Refusal::CommandLine(Box::new(error)),
    }
}

/// The command, made to read only the command line.
fn command_line_only() -> clap::Command {
    Cli::command().mut_args(|argument| argument.env(Resettable::Reset))
}

/// The arguments that can be set from outside the command line.
fn settings(command: &clap::Command) -> impl Iterator<Item = &Arg> {
    command.get_arguments().filter(|argument| argument.get_env().is_some())
}

/// `--name=value`, as on the command line.
fn flag(argument: &Arg, value: &str) -> OsString {
    format!("--{}={value}", argument.get_long().unwrap_or_default()).into()
}

/// A value and its source.
struct Value {
    text: String,
    source: &'static str,
}

/// The settings outside the command line, by name.
struct Given(BTreeMap<String, Value>);

impl Given {
    fn read(
        environment: impl IntoIterator<Item = (OsString, OsString)>,
        dotenv: &str,
    ) -> Result<Self, Refusal> {
        let command = Cli::command();
        let is_ours = |name: &OsStr| {
            name.as_encoded_bytes().starts_with(OWN.as_bytes())
                || settings(&command).any(|argument| argument.get_env() == Some(name))
        };
        let mut given = BTreeMap::new();
        // An empty variable is how shells and containers write "not set".
        let mut put = |name: String, text: String, source| {
            if !text.is_empty() {
                given.insert(name, Value { text, source });
            }
        };
        let dotenv = dotenv.trim_start_matches('\u{feff}');
        refuse_lines(dotenv, &is_ours)?;
        // Any unreadable line left here belongs to another program.
        for (name, text) in dotenvy::from_read_iter(dotenv.as_bytes()).flatten() {
            if is_ours(OsStr::new(&name)) {
                put(name, text, DOTENV);
            }
        }
        for (name, value) in environment {
            if !is_ours(&name) {
                continue;
            }
            let name = name.to_string_lossy().into_owned();
            let text = value.into_string().map_err(|_| {
                setting(format_args!("{name} in the environment is not UTF-8; give it in UTF-8."))
            })?;
            put(name, text, "the environment");
        }
        Ok(Self(given))
    }

    /// A variable with our prefix that is not a setting is a mistake: its author expects it to
    /// have an effect.
    fn refuse_unknown(&self) -> Result<(), Refusal> {
        let command = Cli::command();
        let known: Vec<&str> =
            settings(&command).filter_map(|argument| argument.get_env()?.to_str()).collect();
        let sentences: Vec<String> = self
            .0
            .iter()
            .filter(|(name, _)| !known.contains(&name.as_str()))
            .map(|(name, value)| {
                let alike = known
                    .iter()
                    .map(|known| (likeness(name, known), known))
                    .filter(|(likeness, _)| *likeness > ALIKE)
                    .max_by(|a, b| a.0.total_cmp(&b.0));
                let remedy = alike.map_or_else(
                    || "remove it; `copydesk --help` lists them all.".to_owned(),
                    |(_, known)| format!("did you mean {known}?"),
                );
                format!("copydesk: {name} in {} is no setting; {remedy}", value.source)
            })
            .collect();
        if sentences.is_empty() {
            return Ok(());
        }
        Err(Refusal::Setting(sentences.join("\n")))
    }

    /// Inserts these settings into the command line as flags, and parses it.
    fn put_behind(&self, arguments: &mut Vec<OsString>, settings: &[&Arg]) -> Result<Cli, Refusal> {
        let mut flags = Vec::new();
        for argument in settings {
            if let Some(value) = self.value_of(argument)? {
                flags.push(flag(argument, &value.text));
            }
        }
        // Every command knows all settings, so they may precede it.
        let at = arguments.len().min(1);
        arguments.splice(at..at, flags);
        command_line_only()
            .try_get_matches_from(&*arguments)
            .and_then(|matches| Cli::from_arg_matches(&matches))
            .map_err(command_line)
    }

    /// The value of `argument`, checked by itself, so that the error can name its source.
    fn value_of(&self, argument: &Arg) -> Result<Option<&Value>, Refusal> {
        let name = argument.get_env().and_then(OsStr::to_str).unwrap_or_default();
        let Some(value) = self.0.get(name) else {
            return Ok(None);
        };
        let alone = [OsString::from("copydesk"), flag(argument, &value.text)];
        match command_line_only().try_get_matches_from(alone) {
            Ok(_) => Ok(Some(value)),
            Err(error) => Err(setting(format_args!(
                "{name} in {} is not taken: {}.",
                value.source,
                reason_of(&error)
            ))),
        }
    }
}

/// Common names for a setting other than the last part of our name for it.
const ALIASES: [(&str, &str); 5] = [
    ("PORT", "LISTEN"),
    ("HOST", "LISTEN"),
    ("ADDRESS", "LISTEN"),
    ("LOG", "RUST_LOG"),
    ("DATABASE", "DATABASE_URL"),
];

/// Similarity of two names from 0 to 1, without the common prefix.
fn likeness(a: &str, b: &str) -> f64 {
    let own = |name| str::strip_prefix(name, OWN).unwrap_or(name);
    if ALIASES.contains(&(own(a), own(b))) {
        return 1.0;
    }
    strsim::normalized_damerau_levenshtein(own(a), own(b))
}

/// The reason why clap refused a value, without the flag's name and the usage.
fn reason_of(error: &clap::Error) -> String {
    if let Some(ContextValue::Strings(words)) = error.get(ContextKind::ValidValue)
        && !words.is_empty()
    {
        return format!("it takes {}", words.join(" or "));
    }
    let source = std::error::Error::source(error);
    source.map_or_else(|| error.kind().to_string(), ToString::to_string)
}

/// Refuses lines of ours that would be parsed as something other than what they say. Names the
/// line and not its text: it may contain a key.
fn refuse_lines(dotenv: &str, is_ours: &dyn Fn(&OsStr) -> bool) -> Result<(), Refusal> {
    for (number, line) in dotenv.lines().enumerate() {
        let line = line.trim_start();
        let line = line.strip_prefix("export ").unwrap_or(line).trim_start();
        let name: String =
            line.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
        if !is_ours(OsStr::new(&name)) {
            continue;
        }
        let refuse = |reason: &str| {
            let number = number + 1;
            Err(setting(format_args!("{DOTENV}, line {number}, {reason}")))
        };
        let read = dotenvy::from_read_iter(line.as_bytes()).next();
        let Some(Ok((known, _))) = read.filter(|read| read.is_ok()) else {
            return refuse("is not NAME=value; put a value with spaces into single quotes.");
        };
        let value = line[known.len()..].trim_start_matches([' ', '=']);
        if value.contains('$') && !value.starts_with('\'') {
            return refuse("has a `$`, which would be replaced; put the value into single quotes.");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::db::Location;

    use super::*;

    fn given(
        arguments: &[&str],
        environment: &[(&str, &str)],
        dotenv: &str,
    ) -> Result<Cli, String> {
        let arguments = std::iter::once("copydesk").chain(arguments.iter().copied());
        let environment =
            environment.iter().map(|(name, value)| (OsString::from(name), OsString::from(value)));
        layered(arguments.map(OsString::from), environment, || Ok(dotenv.to_owned())).map_err(
            |refusal| match refusal {
                Refusal::CommandLine(error) => error.to_string(),
                Refusal::Setting(text) => text,
            },
        )
    }

    #[test]
    fn a_flag_wins_over_the_environment_and_that_over_the_file() {
        let file =
            "DATABASE_URL=c.db\nCOPYDESK_LISTEN=127.0.0.1:3\nCOPYDESK_LOG_FORMAT=json\nOTHER=x\n";
        let environment =
            [("DATABASE_URL", "b.db"), ("COPYDESK_LISTEN", "127.0.0.1:2"), ("HOME", "/x")];
        for arguments in
            [vec!["--listen", "127.0.0.1:1", "migrate"], vec!["migrate", "--listen=127.0.0.1:1"]]
        {
            let settings = given(&arguments, &environment, file).unwrap().settings;
            assert_eq!(settings.listen.port(), 1);
            assert_eq!(settings.database_url, Location::File("b.db".into()));
            assert_eq!(settings.log_format, super::super::LogFormat::Json);
        }
        let empty = given(&[], &[("COPYDESK_LISTEN", "")], "DATABASE_URL=\n").unwrap();
        assert_eq!(empty.settings.listen.port(), 8080);
        for (text, want) in [("1", true), ("true", true), ("no", false)] {
            let cli = given(&[], &[("COPYDESK_EPHEMERAL", text)], "").unwrap();
            assert_eq!(cli.settings.ephemeral, want);
        }
        assert!(given(&["--ephemeral", "serve"], &[], "").unwrap().settings.ephemeral);
        assert!(
            !given(&["--ephemeral=false"], &[("COPYDESK_EPHEMERAL", "1")], "")
                .unwrap()
                .settings
                .ephemeral
        );
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place_and_the_remedy() {
        let key = "COPYDESK_ADMIN_KEY";
        for (environment, file, want) in [
            (
                ("COPYDESK_LISTN", "x"),
                "",
                "COPYDESK_LISTN in the environment is no setting; did you mean COPYDESK_LISTEN?",
            ),
            (
                ("COPYDESK_PORT", "80"),
                "",
                "COPYDESK_PORT in the environment is no setting; did you mean COPYDESK_LISTEN?",
            ),
            (
                ("A", "b"),
                "COPYDESK_WHATEVER=1",
                "COPYDESK_WHATEVER in .env is no setting; remove it",
            ),
            (
                ("COPYDESK_LISTEN", "0.0.0.0"),
                "",
                "COPYDESK_LISTEN in the environment is not taken: the port is missing",
            ),
            (
                ("A", "b"),
                "COPYDESK_LOG_FORMAT=xml",
                "COPYDESK_LOG_FORMAT in .env is not taken: it takes text or json.",
            ),
            (("COPYDESK_EPHEMERAL", "maybe"), "", "COPYDESK_EPHEMERAL in the environment"),
            (("RUST_LOG", "copydesk=loud"), "", "RUST_LOG in the environment is not taken"),
            (
                ("A", "b"),
                "# fine\n\nCOPYDESK_ADMIN_KEY secret words\n",
                "copydesk: .env, line 3, is not NAME=value",
            ),
            ((key, "short-secret"), "", "16 to 200"),
        ] {
            let text = given(&[], &[environment], file).unwrap_err();
            assert!(text.contains(want), "{want} in {text}");
            assert!(!text.contains("secret"), "a secret is repeated: {text}");
        }
        let flag = given(&["--database-url", "postgres://bob:secret@db"], &[], "").unwrap_err();
        assert!(flag.contains("--database-url") && !flag.contains("secret"), "{flag}");
        let two = given(&[], &[("COPYDESK_A", "1"), ("COPYDESK_B", "1")], "").unwrap_err();
        assert_eq!(two.lines().count(), 2, "{two}");
        let help = given(&["--help"], &[("COPYDESK_LISTN", "x")], "").unwrap_err();
        assert!(help.contains("COPYDESK_LISTEN"), "{help}");
    }

    #[test]
    fn what_is_another_program_s_is_left_alone() {
        let file = "\u{feff}COPYDESK_LISTEN='127.0.0.1:1'\nSOMETHING=two words\nOTHER=$HOME\nexport COPYDESK_EPHEMERAL=1\n";
        let other = ("DATABASE_URL", "postgres://localhost/other");
        let cli = given(&[], &[other, ("COPYDESK_LISTEN", "")], file).unwrap();
        assert_eq!(cli.settings.listen.port(), 1);
        assert!(cli.settings.ephemeral);
        assert!(given(&["demo"], &[other], "").is_ok());
        assert!(given(&["migrate"], &[], file).unwrap_err().contains("forget it"));
        assert!(
            given(&["demo", "--database-url=x.db"], &[], "").unwrap_err().contains("leave one")
        );
    }

    #[test]
    fn nothing_kept_is_for_this_machine_unless_there_is_a_key() {
        for arguments in [["demo", "--listen=0.0.0.0:1"], ["--ephemeral", "--listen=0.0.0.0:1"]] {
            let text = given(&arguments, &[], "").unwrap_err();
            assert!(text.contains("--admin-key"), "{text}");
            assert!(given(&arguments, &[("COPYDESK_ADMIN_KEY", "k")], "").is_ok());
        }
        assert!(given(&["--listen=0.0.0.0:1"], &[], "").is_ok());
        assert!(given(&["--listen=0.0.0.0:1"], &[("COPYDESK_ADMIN_KEY", "k")], "").is_err());
    }

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }
}
