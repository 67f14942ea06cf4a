//! The cache in front that is told what has changed.

use clap::Args;

use crate::outgoing::Target;
use crate::purge::{Cache, Style, Token};

/// The cache in front that is told what has changed.
#[derive(Clone, Debug, Args)]
pub struct Purging {
    /// A URL of a cache in front, which is told after each write what to drop (docs/caching.md): COPYDESK_SHARED_MAX_AGE
    /// may then be hours. Without it, none is told.
    #[arg(id = "purge_url", long = "purge-url", env = "COPYDESK_PURGE_URL", value_name = "URL", hide_env_values = true, value_parser = target, global = true)]
    pub url: Option<Target>,

    /// How the cache is told: `varnish-xkey` and `varnish-ban` (Varnish with and without the module xkey),
    /// `surrogate-key` (Fastly), `all` (any other: it drops everything).
    #[arg(id = "purge_style", long = "purge-style", env = "COPYDESK_PURGE_STYLE", default_value = "varnish-xkey", value_name = "STYLE", value_parser = style, global = true)]
    pub style: Style,

    /// A secret that the cache asks for, as a header: `Fastly-Key: SECRET`. One without a name goes into
    /// `Authorization: Bearer`.
    #[arg(id = "purge_token", long = "purge-token", env = "COPYDESK_PURGE_TOKEN", value_name = "TOKEN", hide_env_values = true, value_parser = token, global = true)]
    pub token: Option<Token>,
}

impl Purging {
    /// The cache; `None` if none is told.
    #[must_use]
    pub fn cache(&self) -> Option<Cache> {
        let (style, token) = (self.style, self.token.clone());
        self.url.clone().map(|target| Cache { target, style, token })
    }
}

fn target(text: &str) -> Result<Target, String> {
    Target::parse(text).ok_or_else(|| {
        "it takes an http or https URL without a user, as in http://127.0.0.1:6081/".to_owned()
    })
}

fn style(text: &str) -> Result<Style, String> {
    Style::from_word(text).ok_or_else(|| format!("it takes one of {}", Style::WORDS.join(", ")))
}

fn token(text: &str) -> Result<Token, String> {
    Token::parse(text).ok_or_else(|| {
        "it takes a header as in `Fastly-Key: SECRET`, or a secret alone, in visible ASCII"
            .to_owned()
    })
}
