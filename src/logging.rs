//! The log: lines on standard error, as text for people or as JSON for programs.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::io::{self, Write};
use std::sync::{OnceLock, PoisonError, RwLock};

use env_logger::Logger;
use env_logger::fmt::Formatter;
use log::kv::{Error, Key, Source, Value, VisitSource};
use log::{Level, Log, Metadata, Record};
use serde_json::{Map, json};

use crate::settings::LogFormat;

/// The logger; its filter can change.
static LOGGER: OnceLock<RwLock<Logger>> = OnceLock::new();

/// Hands each record to the present logger.
struct Present;

impl Present {
    fn with<T>(ask: impl FnOnce(&Logger) -> T) -> Option<T> {
        LOGGER.get().map(|logger| ask(&logger.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

impl Log for Present {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        Self::with(|logger| logger.enabled(metadata)).unwrap_or_default()
    }

    fn log(&self, record: &Record<'_>) {
        let _ = Self::with(|logger| logger.log(record));
    }

    fn flush(&self) {
        let _ = Self::with(Logger::flush);
    }
}

/// Logs with this filter and format from now on.
pub fn change(filter: &str, format: LogFormat) {
    let logger = logger(filter, format);
    log::set_max_level(logger.filter());
    match LOGGER.get() {
        Some(present) => *present.write().unwrap_or_else(PoisonError::into_inner) = logger,
        None => drop(LOGGER.set(RwLock::new(logger))),
    }
}

fn logger(filter: &str, format: LogFormat) -> Logger {
    let mut builder = env_logger::Builder::new();
    builder.parse_filters(filter);
    match format {
        LogFormat::Text => {
            builder.format_timestamp_micros().format_key_values(write_beside_the_text)
        }
        LogFormat::Json => builder.format(write_json),
    };
    builder.build()
}

/// Starts the log for the life of the process. Panics are logged too, so that every line has the
/// same form.
pub fn start(filter: &str, format: LogFormat) {
    change(filter, format);
    // Nothing else in this process sets one.
    let _ = log::set_logger(&Present);
    std::panic::set_hook(Box::new(|panic| {
        let trace = Backtrace::capture();
        let text = match trace.status() {
            BacktraceStatus::Captured => format!("{panic}\n{trace}"),
            _ => panic.to_string(),
        };
        match log::log_enabled!(log::Level::Error) {
            true => log::error!("{text}"),
            // Even with logging off, a program must not end without a message.
            false => drop(writeln!(io::stderr(), "{text}")),
        }
    }));
}

/// Members that the text of a request's line already contains.
const IN_THE_TEXT: [&str; 4] = ["method", "route", "status", "micros"];

fn write_beside_the_text(line: &mut Formatter, members: &dyn Source) -> io::Result<()> {
    struct Write<'a>(&'a mut Formatter);
    impl<'kvs> VisitSource<'kvs> for Write<'_> {
        fn visit_pair(&mut self, key: Key<'kvs>, value: Value<'kvs>) -> Result<(), Error> {
            if !IN_THE_TEXT.contains(&key.as_str()) {
                write!(self.0, " {key}={value}")?;
            }
            Ok(())
        }
    }
    members.visit(&mut Write(line)).map_err(io::Error::other)
}

/// `time`, `level`, `target`, `message`, and the record's own members.
fn write_json(out: &mut Formatter, record: &Record<'_>) -> io::Result<()> {
    struct Collect(Map<String, serde_json::Value>);
    impl<'kvs> VisitSource<'kvs> for Collect {
        fn visit_pair(&mut self, key: Key<'kvs>, value: Value<'kvs>) -> Result<(), Error> {
            let number = value.to_u64().map(serde_json::Value::from);
            let value = number.unwrap_or_else(|| value.to_string().into());
            self.0.insert(key.to_string(), value);
            Ok(())
        }
    }
    let mut line = Collect(Map::new());
    line.0.insert("time".to_owned(), json!(out.timestamp_micros().to_string()));
    line.0.insert("level".to_owned(), json!(word(record.level())));
    line.0.insert("target".to_owned(), json!(record.target()));
    line.0.insert("message".to_owned(), json!(record.args().to_string()));
    record.key_values().visit(&mut line).map_err(io::Error::other)?;
    writeln!(out, "{}", serde_json::Value::Object(line.0))
}

/// A level in the spelling that log collectors use.
fn word(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Warn => "warn",
        Level::Info => "info",
        Level::Debug => "debug",
        Level::Trace => "trace",
    }
}
