//! Parsers of single settings, with a sentence for each invalid value.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use clap::ValueEnum;
use ipnet::IpNet;
use serde_json::Value;
use url::{Host, Origin, Url};

use crate::access::api::NAME_MAX;
use crate::access::is_free_name;
use crate::db::{Location, Server, UrlError};
use crate::domain::instant::Instant;
use crate::domain::markup::Renderer;
use crate::domain::scope::{Preset, Scope};
use crate::domain::test_mode::is_shown;
use crate::outgoing::Reach;
use crate::web::address::Proxies;
use crate::web::cors::Origins;
use crate::web::input::read_body;
use crate::web::public_url::PublicUrl;
use crate::web::publishing::PagePattern;
use crate::web::rules::Language;

/// An admin key as given. It is checked later: an error of the command line parser would repeat
/// the secret.
#[derive(Clone)]
pub(super) struct ShownKey(String);

impl ShownKey {
    pub(super) fn text(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for ShownKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ShownKey(..)")
    }
}

#[expect(clippy::unnecessary_wraps, reason = "the form that clap asks for")]
pub(super) fn taken_as_it_is(text: &str) -> Result<ShownKey, String> {
    Ok(ShownKey(text.to_owned()))
}

/// Parses `127.0.0.1:8080`, `[::1]:8080`, `localhost:8080`, or a port alone, on this machine only.
pub(super) fn address(text: &str) -> Result<SocketAddr, String> {
    let here = |port: &str| Some(SocketAddr::new(Ipv4Addr::LOCALHOST.into(), port.parse().ok()?));
    let read = text.parse().ok().or_else(|| here(text.strip_prefix("localhost:").unwrap_or(text)));
    read.ok_or_else(|| match text.parse::<IpAddr>() {
        Ok(ip) => format!("the port is missing: {}", SocketAddr::new(ip, 8080)),
        Err(_) => "it takes an IP address and a port, as in 127.0.0.1:8080 (this machine alone) \
                   or 0.0.0.0:8080 (every network), or a port alone (this machine), at most 65535"
            .to_owned(),
    })
}

/// True if a text begins like a URL (`postgres:`); a single letter would be a drive.
fn has_scheme(text: &str) -> bool {
    let scheme = text.split_once(':').map_or("", |(scheme, _)| scheme);
    scheme.len() > 1 && scheme.bytes().all(|c| c.is_ascii_alphanumeric() || b"+-.".contains(&c))
}

const NOT_ENCODED: &str = "the URL cannot be read: in user and password, write each character but letters, digits and -._~ as %XX \
     (percent-encoding: @ is %40, / is %2F); an IPv6 address stands in brackets";

/// Reads a path, a `sqlite:` URL (`sqlite:news.db`, `sqlite:///var/lib/news.db`) or a `postgres:` URL.
pub(super) fn database(text: &str) -> Result<Location, String> {
    match Server::parse(text) {
        Ok(server) => Ok(Location::Server(server)),
        Err(UrlError::NoDatabase) => {
            Err("the URL names no database; write postgres://host/database".to_owned())
        }
        Err(UrlError::NotEncoded) => Err(NOT_ENCODED.to_owned()),
        Err(UrlError::NotPostgres) => database_path(text).map(Location::File),
    }
}

/// Reads the URL of a replica.
pub(super) fn replica(text: &str) -> Result<Server, String> {
    let server = Server::parse(text).map(Server::as_replica);
    server.map_err(|error| match error {
        UrlError::NotEncoded => NOT_ENCODED.to_owned(),
        _ => "it takes a postgres:// URL with a database".to_owned(),
    })
}

fn database_path(text: &str) -> Result<PathBuf, String> {
    let refuse = |reason: &str| Err(reason.to_owned());
    let decoded: String;
    let path = match text.strip_prefix("sqlite:") {
        Some(rest) if rest.contains('?') => {
            return refuse(
                "a sqlite: URL takes no parameters here; leave out what follows the `?`",
            );
        }
        Some(rest) => {
            let path = rest.strip_prefix("//").unwrap_or(rest);
            decoded = percent_encoding::percent_decode_str(path).decode_utf8_lossy().into_owned();
            &decoded
        }
        None if text.starts_with("~/") => {
            return refuse("`~` is replaced by shells alone; write the whole path");
        }
        // A password may be in it: it is no name of a file.
        None if has_scheme(text) || is_meant_for_server(text) => {
            return refuse(
                "it takes a path, a sqlite: URL or a postgres:// URL; Copydesk keeps its data in SQLite or PostgreSQL",
            );
        }
        None => text,
    };
    if path.is_empty() || path == ":memory:" {
        return refuse("it takes the path of a file; --ephemeral keeps everything in memory");
    }
    Ok(PathBuf::from(path))
}

/// True for what libpq takes in another form, and for a URL with a slip: quoted, with a space before it, without `:`.
fn is_meant_for_server(text: &str) -> bool {
    let text = text.trim_start_matches(|c: char| c.is_whitespace() || "'\"".contains(c));
    text.starts_with("postgres") && text.contains("//")
        || text.contains("://")
        || ["host=", "dbname=", "user=", "password="].iter().any(|name| text.contains(name))
}

/// Parses a filter as env_logger does, and refuses what env_logger would only warn of.
pub(super) fn filter(text: &str) -> Result<String, String> {
    const TAKES: &str = "it takes a level (error, warn, info, debug, trace, off) or target=level, with commas between them";
    env_filter::Builder::new().try_parse(text).map_err(|error| format!("{error}; {TAKES}"))?;
    // A word that is no level would be taken for a target, and silence all others.
    let (directives, _) = text.split_once('/').unwrap_or((text, ""));
    let words = directives.split(',').map(str::trim).filter(|word| !word.is_empty());
    let is_target = |word: &str| {
        let root = word.split("::").next().unwrap_or_default();
        LOG_TARGETS.iter().any(|known| {
            root.strip_prefix(known).is_some_and(|rest| rest.is_empty() || rest.starts_with('_'))
        })
    };
    let is_level = |word: &str| word.parse::<log::LevelFilter>().is_ok();
    let words: Vec<&str> = words.collect();
    let unknown =
        words.iter().find(|word| !word.contains('=') && !is_level(word) && !is_target(word));
    match unknown {
        // The variable is shared with other programs, whose targets these may be.
        Some(word) if !words.iter().any(|word| is_level(word)) => {
            Err(format!("{word:?} is no level; {TAKES}"))
        }
        _ => Ok(text.to_owned()),
    }
}

/// How the targets of this program and of its libraries begin.
const LOG_TARGETS: [&str; 8] =
    ["copydesk", "actix", "diesel", "html5ever", "mio", "rustls", "tokio", "ureq"];

/// Reads a language tag.
pub(super) fn language(text: &str) -> Result<Language, String> {
    read_body(Value::from(text))
        .map_err(|_| "it takes a language tag (BCP 47) such as en or pt-BR".to_owned())
}

/// Parses addresses and networks separated by commas.
pub(super) fn proxies(text: &str) -> Result<Proxies, String> {
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    let read = parts.map(|part| {
        let address = || part.parse::<IpAddr>().ok().map(IpNet::from);
        part.parse::<IpNet>().ok().or_else(address).ok_or_else(|| {
            format!("{part:?} is no address and no network; it takes such as 10.0.0.5 or 10.0.0.0/8, with commas between them")
        })
    });
    read.collect::<Result<_, _>>().map(Proxies)
}

/// Parses the names of hosts, separated by commas.
pub(super) fn embed_hosts(text: &str) -> Result<Renderer, String> {
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    let is_of_a_name = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'.' | b'_');
    let read = parts.map(|part| match Host::parse(part) {
        Ok(Host::Domain(host)) if host.contains('.') && host.bytes().all(is_of_a_name) => Ok(host),
        _ => {
            Err(format!("`{part}` is no host; give its name alone, as in www.youtube-nocookie.com"))
        }
    });
    Ok(Renderer { embed_hosts: read.collect::<Result<_, _>>()? })
}

/// Parses `*`, or origins (scheme, host and optional port) separated by commas.
pub(super) fn origins(text: &str) -> Result<Origins, String> {
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    if text.trim() == "*" {
        return Ok(Origins::Any);
    }
    let read = parts.map(|part| {
        let origin = Url::parse(part)
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https") && !part.contains('*'))
            .filter(|url| url.path() == "/" && url.query().is_none() && url.fragment().is_none())
            .map(|url| url.origin())
            .filter(Origin::is_tuple);
        origin
            .map(|origin| origin.ascii_serialization())
            .ok_or_else(|| format!("`{part}` is no origin; give scheme and host, as in https://news.example or http://localhost:5173"))
    });
    read.collect::<Result<_, _>>().map(Origins::These)
}

/// Reads the name of a key: one line, as history shows it.
pub(super) fn key_name(text: &str) -> Result<String, String> {
    let fine = !text.trim().is_empty()
        && text.chars().count() <= NAME_MAX
        && !text.chars().any(char::is_control);
    match fine {
        true if !is_free_name(text) => {
            Err("this name is reserved for another actor of the history; choose another".to_owned())
        }
        true => Ok(text.to_owned()),
        false => Err(format!("it takes 1 to {NAME_MAX} characters in one line")),
    }
}

/// Reads the name of a preset.
pub(super) fn preset(text: &str) -> Result<Preset, String> {
    Preset::from_word(text).ok_or_else(|| format!("it takes one of {}", Preset::WORDS.join(", ")))
}

/// Reads the name of a scope.
pub(super) fn scope(text: &str) -> Result<Scope, String> {
    Scope::from_word(text).ok_or_else(|| format!("it takes one of {}", Scope::WORDS.join(", ")))
}

/// When a write is durable (SQLite's `synchronous`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Synchronous {
    /// On disk when it is acknowledged.
    Full,
    /// On disk a moment later.
    Normal,
}

/// The format of log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// The lifetime of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lifetime {
    /// Until an instant.
    Until(Instant),
    /// For a number of days from now.
    Days(u16),
}

/// Reads `2027-01-01T00:00:00Z` or `90d`.
pub(super) fn lifetime(text: &str) -> Result<Lifetime, String> {
    let days = text.strip_suffix('d').and_then(|days| days.parse().ok());
    let read = days.map(Lifetime::Days).or_else(|| Instant::parse(text).map(Lifetime::Until));
    read.ok_or_else(|| {
        "it takes an instant as in 2027-01-01T00:00:00Z, or a number of days as in 90d".to_owned()
    })
}

/// Reads the URL of a web server.
pub(super) fn public_url(text: &str) -> Result<PublicUrl, String> {
    PublicUrl::parse(text).ok_or_else(|| {
        "it takes the URL of this server with an optional path, as in https://news.example/api"
            .to_owned()
    })
}

/// Reads the URL of a web page.
pub(super) fn web_url(text: &str) -> Result<String, String> {
    match Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.host().is_some() => {
            Ok(url.to_string())
        }
        _ => Err("it takes a web URL, as in https://news.example/".to_owned()),
    }
}

/// Reads where webhooks are sent.
pub(super) fn reach(text: &str) -> Result<Reach, String> {
    match text {
        "public" => Ok(Reach::Public),
        "anywhere" => Ok(Reach::Anywhere),
        "off" => Ok(Reach::Nowhere),
        _ => Err("it takes public, anywhere or off".to_owned()),
    }
}

/// Reads the pattern of the URLs of pages.
pub(super) fn page_pattern(text: &str) -> Result<PagePattern, String> {
    PagePattern::parse(text).map_err(|why| format!("it {why}"))
}

/// Reads `30m`, `24h`, `7d`: at least a second.
pub(super) fn span(text: &str) -> Result<Duration, String> {
    let units = [('s', 1), ('m', 60), ('h', 60 * 60), ('d', 24 * 60 * 60)];
    let read = units.iter().find_map(|(unit, seconds)| {
        let number: u32 = text.strip_suffix(*unit)?.parse().ok()?;
        Some(Duration::from_secs(u64::from(number) * seconds))
    });
    read.filter(|span| !span.is_zero())
        .ok_or_else(|| "it takes a number with a unit, as in 30m, 24h or 7d".to_owned())
}

/// Shortest time between two fetches of one feed: more often is rude, and no newsroom publishes as fast.
const PAUSE_MIN: Duration = Duration::from_secs(10);

/// Reads the time between two fetches, as [`span`] does.
pub(super) fn pause(text: &str) -> Result<Duration, String> {
    let read = span(text)?;
    match read >= PAUSE_MIN {
        true => Ok(read),
        false => Err(format!("it takes {} seconds or more", PAUSE_MIN.as_secs())),
    }
}

/// An instant on the command line.
pub fn instant(text: &str) -> Result<Instant, String> {
    Instant::parse(text).filter(|at| is_shown(*at)).ok_or_else(|| {
        "must be an RFC 3339 instant with an offset, of the years 1970 to 9998, as in 2026-01-01T00:00:00Z".to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_an_ip_with_a_port_or_this_machine() {
        for (text, want) in [
            ("127.0.0.1:80", "127.0.0.1:80"),
            ("[::1]:80", "[::1]:80"),
            ("localhost:80", "127.0.0.1:80"),
            ("80", "127.0.0.1:80"),
        ] {
            assert_eq!(address(text).unwrap().to_string(), want);
        }
        for (text, want) in [
            ("0.0.0.0", "the port is missing: 0.0.0.0:8080"),
            (":80", "127.0.0.1:8080"),
            ("news.example:80", "127.0.0.1:8080"),
            ("127.0.0.1:99999", "127.0.0.1:8080"),
        ] {
            assert!(address(text).unwrap_err().contains(want), "{text}");
        }
    }

    #[test]
    fn a_database_is_a_path_or_a_sqlite_url() {
        for (text, want) in [
            ("news.db", "news.db"),
            ("sqlite:news.db", "news.db"),
            ("sqlite://news.db", "news.db"),
            ("sqlite:///var/news.db", "/var/news.db"),
            ("sqlite:////var/my%20news.db", "//var/my news.db"),
        ] {
            assert_eq!(database_path(text), Ok(PathBuf::from(want)), "{text}");
        }
        let wrong = [
            "", "sqlite:", ":memory:", "postgres://localhost/news", "file:news.db",
            "jdbc:sqlite:x.db", "~/news.db", "sqlite:news.db?mode=ro", "postgres//a:b@c/d",
            " postgres://a:b@c/d", "\"postgres://a:b@c/d\"", "host=c password=b",
        ];
        for text in wrong {
            assert!(database_path(text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_origin_is_written_as_browsers_write_it() {
        let read = origins("https://News.example/, http://localhost:5173,https://a.example:443");
        let want = ["https://news.example", "http://localhost:5173", "https://a.example"];
        assert_eq!(read, Ok(Origins::These(want.map(str::to_owned).to_vec())));
        assert_eq!(origins("*"), Ok(Origins::Any));
        assert_eq!(origins(""), Ok(Origins::These(Vec::new())));
        for text in [
            "news.example", "https://a.example/path", "ftp://a.example", "https://*.example",
            "null", "*,https://a.example",
        ] {
            assert!(origins(text).unwrap_err().contains("no origin"), "{text}");
        }
    }
}
