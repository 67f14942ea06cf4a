//! What the newsroom tells readers of itself in feeds.

use clap::Args;

use super::values::{page_pattern, web_url};
use crate::web::publishing::PagePattern;

/// What the newsroom tells readers of itself in feeds.
#[derive(Clone, Debug, Args)]
pub struct Site {
    /// The newsroom's name in feeds.
    #[arg(
        id = "site_name",
        long = "site-name",
        env = "COPYDESK_SITE_NAME",
        default_value = "Newsroom",
        value_name = "NAME",
        global = true
    )]
    pub name: String,

    /// The URL of the newsroom's start page, for feeds; by default that of the API.
    #[arg(id = "site_url", long = "site-url", env = "COPYDESK_SITE_URL", value_name = "URL", value_parser = web_url, global = true)]
    pub home: Option<String>,

    /// The URLs of the articles' pages, for feeds and sitemaps: `https://news.example/{section}/{slug}`. Places are
    /// `{id}`, `{slug}`, `{section}`, `{language}`, and `{year}`, `{month}`, `{day}` of the publication. By default
    /// articles are linked to in the API.
    #[arg(id = "article_url", long = "article-url", env = "COPYDESK_ARTICLE_URL", value_name = "PATTERN", value_parser = page_pattern, global = true)]
    pub pages: Option<PagePattern>,

    /// The URL of a WebSub hub, which feeds name: readers subscribe there.
    #[arg(id = "websub_hub", long = "websub-hub", env = "COPYDESK_WEBSUB_HUB", value_name = "URL", value_parser = web_url, global = true)]
    pub hub: Option<String>,
}
