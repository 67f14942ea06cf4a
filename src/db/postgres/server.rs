//! The URL of a server, as libpq takes it.

use std::fmt;

/// How a URL of a server begins.
const SCHEMES: [&str; 2] = ["postgres://", "postgresql://"];
/// Parameters that the URL has unless it says otherwise. `connect_timeout` (seconds) is the bound of each candidate host;
/// the others find out that a server is gone: without them a lost connection is noticed after two hours.
const DEFAULTS: [(&str, &str); 6] = [
    ("connect_timeout", "2"),
    ("keepalives_idle", "5"),
    ("keepalives_interval", "2"),
    ("keepalives_count", "3"),
    ("tcp_user_timeout", "10000"),
    ("application_name", "copydesk"),
];

/// PostgreSQL's port where the URL names none.
const USUAL_PORT: u16 = 5432;

/// True if a user and a password have no characters but those that a URL may have there (RFC 3986 section 3.2.1).
fn is_encoded(user: &str) -> bool {
    let is_plain = |c: u8| c.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:%".contains(&c);
    let has_digits =
        |rest: &str| rest.len() >= 2 && rest.as_bytes()[..2].iter().all(u8::is_ascii_hexdigit);
    user.bytes().all(is_plain) && user.split('%').skip(1).all(has_digits)
}

/// A database on a server. Its `Display` has no password.
#[derive(Clone, PartialEq, Eq)]
pub struct Server {
    /// The URL as it was given, with a password if it has one.
    url: String,
    /// True if it need not take writes.
    is_replica: bool,
}

/// Why a text is not the URL of a database on a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UrlError {
    /// It does not begin like one.
    NotPostgres,
    /// It names no database.
    NoDatabase,
    /// Its user or password has characters that must be percent-encoded, or its host has unclosed brackets.
    NotEncoded,
}

impl Server {
    /// Reads `postgres://user:password@host:port,host:port/database?parameter=value`.
    ///
    /// # Errors
    /// [`UrlError`] if it is none.
    pub fn parse(text: &str) -> Result<Self, UrlError> {
        let scheme = SCHEMES.iter().find(|scheme| text.starts_with(**scheme));
        let rest = &text[scheme.ok_or(UrlError::NotPostgres)?.len()..];
        // All up to the last `@`: where a password is not encoded, it is not to be taken for something that is shown.
        let (user, place) = rest.rsplit_once('@').unwrap_or(("", rest));
        let hosts = place.split(['/', '?']).next().unwrap_or_default();
        if !is_encoded(user) || hosts.matches('[').count() != hosts.matches(']').count() {
            return Err(UrlError::NotEncoded);
        }
        let (path, parameters) = place.split_once('?').unwrap_or((place, ""));
        let named = path.rsplit_once('/').is_some_and(|(_, name)| !name.is_empty());
        let is_parameter = |text: &str| text.starts_with("dbname=");
        match named || parameters.split('&').any(is_parameter) {
            true => Ok(Self { url: text.to_owned(), is_replica: false }),
            false => Err(UrlError::NoDatabase),
        }
    }

    /// The password, as it was given and as it is.
    pub(in crate::db) fn password(&self) -> Option<[String; 2]> {
        let (_, rest) = self.url.split_once("://")?;
        let (user, _) = rest.rsplit_once('@')?;
        let (_, password) = user.split_once(':')?;
        let decoded = percent_encoding::percent_decode_str(password).decode_utf8_lossy();
        (!password.is_empty()).then(|| [password.to_owned(), decoded.into_owned()])
    }

    /// The name of the database, with letters, digits, `-` and `_` alone: for the name of a file.
    #[must_use]
    pub fn database(&self) -> String {
        let shown = self.to_string();
        let name = shown.rsplit('/').next().unwrap_or_default();
        let is_plain = |c: &char| c.is_ascii_alphanumeric() || "-_".contains(*c);
        name.chars().filter(is_plain).collect()
    }

    /// The ports that it names, or the usual one.
    pub(super) fn ports(&self) -> Vec<u16> {
        let shown = self.to_string();
        let hosts = shown.trim_start_matches("postgres://").split('/').next().unwrap_or_default();
        let port = |host: &str| host.rsplit_once(':').and_then(|(_, port)| port.parse().ok());
        hosts.split(',').map(|host| port(host).unwrap_or(USUAL_PORT)).collect()
    }

    /// The same for reads alone: of several candidates any will do.
    #[must_use]
    pub fn as_replica(self) -> Self {
        Self { is_replica: true, ..self }
    }

    /// True if it need not take writes.
    pub(super) const fn is_replica(&self) -> bool {
        self.is_replica
    }

    /// The URL that libpq is given.
    pub(super) fn connect_url(&self) -> String {
        let (before, parameters) = self.url.split_once('?').unwrap_or((&self.url, ""));
        let is_given = |name: &str| {
            let mut given = parameters.split('&').filter_map(|one| one.split_once('='));
            given.any(|(given, _)| given == name)
        };
        let mut all: Vec<String> =
            parameters.split('&').filter(|one| !one.is_empty()).map(str::to_owned).collect();
        let defaults = DEFAULTS.iter().filter(|(name, _)| !is_given(name));
        all.extend(defaults.map(|(name, value)| format!("{name}={value}")));
        // Of several candidates the one that takes writes.
        if before.contains(',') && !self.is_replica && !is_given("target_session_attrs") {
            all.push("target_session_attrs=read-write".to_owned());
        }
        format!("{before}?{}", all.join("&"))
    }
}

impl fmt::Display for Server {
    /// Without user, password and parameters: `postgres://host:port/database`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (_, rest) = self.url.split_once("://").unwrap_or(("", &self.url));
        let place = rest.rsplit_once('@').map_or(rest, |(_, place)| place);
        let place = place.split('?').next().unwrap_or_default();
        write!(f, "postgres://{place}")
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_names_a_database_and_is_shown_without_its_password() {
        let shown = |text: &str| Server::parse(text).map(|server| server.to_string());
        for (text, want) in [
            ("postgres://news", Err(UrlError::NoDatabase)),
            ("postgres://db:5432/", Err(UrlError::NoDatabase)),
            ("mysql://db/news", Err(UrlError::NotPostgres)),
            ("postgres:///news", Ok("postgres:///news")),
            ("postgresql://db/news", Ok("postgres://db/news")),
            ("postgres://anna:p%40ss@db:5432/news?sslmode=require", Ok("postgres://db:5432/news")),
            ("postgres://anna:a/b@db/news", Err(UrlError::NotEncoded)),
            ("postgres://anna:a%2Fb@db/news", Ok("postgres://db/news")),
            ("postgres://anna:a%zz@db/news", Err(UrlError::NotEncoded)),
            ("postgres://anna:a?b@db/news", Err(UrlError::NotEncoded)),
            ("postgres://anna:a b@db/news", Err(UrlError::NotEncoded)),
            ("postgres://anna:a@b@db/news", Err(UrlError::NotEncoded)),
            ("postgres://anna:a@[::1/news", Err(UrlError::NotEncoded)),
            ("postgres://anna:a@[::1]:5433/news", Ok("postgres://[::1]:5433/news")),
            ("postgres://anna:secret@one:1,two:2/news", Ok("postgres://one:1,two:2/news")),
        ] {
            assert_eq!(shown(text), want.map(str::to_owned), "{text}");
        }
        let server = Server::parse("postgres://a:secret@db/news").unwrap();
        assert!(!format!("{server:?}").contains("secret"));
    }

    #[test]
    fn parameters_that_are_given_stay() {
        let url = |text: &str| Server::parse(text).unwrap().connect_url();
        let plain = url("postgres://db/news");
        assert!(plain.contains("?connect_timeout=2&") && !plain.contains("target_session_attrs"));
        let given = url("postgres://one,two/news?connect_timeout=9&target_session_attrs=any");
        assert_eq!(given.matches("connect_timeout").count(), 1);
        assert!(given.contains("connect_timeout=9") && given.contains("attrs=any"));
        assert!(url("postgres://one,two/news").ends_with("target_session_attrs=read-write"));
    }
}
