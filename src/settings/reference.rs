//! The files generated from the settings: `.env.example` and `docs/settings.md`.

use clap::{Arg, CommandFactory};

use super::Cli;

/// A setting with its documentation.
struct Entry {
    variable: String,
    flag: String,
    default: String,
    meaning: String,
}

fn entries() -> Vec<Entry> {
    let command = Cli::command();
    command.get_arguments().filter_map(entry).collect()
}

fn entry(argument: &Arg) -> Option<Entry> {
    let variable = argument.get_env()?.to_str()?.to_owned();
    let help = argument.get_long_help().or(argument.get_help())?;
    let default = argument.get_default_values().first();
    Some(Entry {
        variable,
        flag: format!("--{}", argument.get_long()?),
        default: default.and_then(|value| value.to_str()).unwrap_or_default().to_owned(),
        meaning: help.to_string(),
    })
}

/// `.env.example`: every setting with its meaning and default.
#[must_use]
pub fn env_example() -> String {
    let mut text = String::from(
        "# Settings of Copydesk, generated from src/settings/mod.rs. Copy to .env and change what you need.\n\
         # A flag wins over the environment, the environment over .env. What is left empty counts as not set.\n",
    );
    for entry in entries() {
        text.push('\n');
        for line in entry.meaning.lines() {
            text.push_str(&format!("# {line}\n"));
        }
        text.push_str(&format!("# As a flag: {}\n", entry.flag));
        text.push_str(&format!("#{}={}\n", entry.variable, entry.default));
    }
    text
}

/// `docs/settings.md`: the same as a table.
#[must_use]
pub fn page() -> String {
    let mut text = String::from(
        "# Settings\n\n\
         Generated from `src/settings/mod.rs`. A flag wins over the environment, the environment over a file `.env` in the\n\
         working folder ([.env.example](../.env.example) is one to copy). A variable that is empty counts as not set. Every\n\
         command knows every setting; a value that is wrong, or a variable `COPYDESK_..` that is none of these, stops it.\n\n\
         | flag | variable | default | |\n|---|---|---|---|\n",
    );
    for entry in entries() {
        let default = match entry.default.as_str() {
            "" => String::new(),
            default => format!("`{default}`"),
        };
        let meaning = entry.meaning.replace('\n', " ");
        text.push_str(&format!(
            "| `{}` | `{}` | {default} | {meaning} |\n",
            entry.flag, entry.variable
        ));
    }
    text
}
