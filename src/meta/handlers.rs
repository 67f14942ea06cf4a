//! The operations about the server itself.

use std::io::Read as _;

use actix_web::http::header::{ACCEPT, CONTENT_SECURITY_POLICY, LINK};
use flate2::read::GzDecoder;
use serde::Serialize;
use utoipa::ToSchema;

use super::{AssetPath, CodePath, HTML};
use crate::domain::markup::escape_into;
use crate::domain::text::cut;
use crate::problem::{CATALOGUE, Code, Entry, Problem};
use crate::web::exposition;
use crate::web::metrics::OPENMETRICS_1;
use crate::web::reply::JSON;
use crate::web::{Call, Reply, accept};

/// The documentation page runs its own scripts and styles and connects to this server only.
const DOCS_CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

const HTML_UTF8: &str = "text/html; charset=utf-8";

const DOCS_PAGE: &str = include_str!("docs.html");
const DOCS_SCRIPT: &str = include_str!("docs.js");

/// The state of the server.
#[derive(Serialize, ToSchema)]
pub struct Health {
    /// Always `ok`; anything else is a problem.
    #[schema(example = "ok")]
    pub status: &'static str,
    /// The running version.
    #[schema(example = "0.1.0")]
    pub version: &'static str,
}

impl Health {
    const OK: Self = Self { status: "ok", version: env!("CARGO_PKG_VERSION") };
}

/// A problem of the catalogue, explained.
#[derive(Serialize, ToSchema)]
pub struct ProblemEntry {
    /// The `type` of such problems: the URL of this explanation.
    #[serde(rename = "type")]
    #[schema(example = "/problems/slug_taken")]
    pub kind: String,
    /// The problem's name for programs.
    #[schema(example = "slug_taken")]
    pub code: &'static str,
    /// The one status that it is returned with.
    #[schema(example = 409, minimum = 400, maximum = 599)]
    pub status: u16,
    /// A short title.
    #[schema(example = "Slug in use")]
    pub title: &'static str,
    /// When it is returned, and what to do.
    #[schema(example = "Another article has the slug. Choose another one.")]
    pub about: String,
    /// An example of a body.
    #[schema(value_type = Object)]
    pub example_body: serde_json::Value,
}

/// The catalogue of problems.
#[derive(Serialize, ToSchema)]
pub struct ProblemList {
    /// All of them, in the order of their statuses.
    pub items: Vec<ProblemEntry>,
}

impl From<&'static Entry> for ProblemEntry {
    fn from(entry: &'static Entry) -> Self {
        Self {
            kind: entry.path(),
            code: entry.name,
            status: entry.status.as_u16(),
            title: entry.title,
            about: entry.about(),
            example_body: entry.example(),
        }
    }
}

/// Links to the parts of the API.
#[derive(Serialize, ToSchema)]
pub struct Index {
    /// The name of the software.
    #[schema(example = "Copydesk")]
    pub name: &'static str,
    /// The running version.
    #[schema(example = "0.1.0")]
    pub version: &'static str,
    /// The articles: the place to start reading.
    #[schema(example = "/v1/articles")]
    pub articles: &'static str,
    /// The documentation as a page.
    #[schema(example = "/docs")]
    pub docs: &'static str,
    /// The documentation for programs (OpenAPI 3.1).
    #[schema(example = "/openapi.json")]
    pub openapi: &'static str,
    /// Every error, explained.
    #[schema(example = "/problems")]
    pub problems: &'static str,
}

const INDEX: Index = Index {
    name: "Copydesk",
    version: env!("CARGO_PKG_VERSION"),
    articles: "/v1/articles",
    docs: "/docs",
    openapi: "/openapi.json",
    problems: "/problems",
};

/// Find the way
///
/// Links to the articles and the documentation: JSON, or HTML for a browser.
#[utoipa::path(get, path = "/", responses((status = 200, description = "Where to find what.", body = Index)))]
pub async fn read_index(call: Call) -> Result<Reply, Problem> {
    let reply = match accept::media_type(&call.headers, &[JSON, HTML]) {
        Some(HTML) => page_of(&call, &index_page()),
        _ => Reply::ok(&placed(&call, &INDEX, "\"/")?)?,
    };
    Ok(reply.varies_by(&ACCEPT).header(LINK, CATALOG_LINK))
}

fn index_page() -> String {
    let link = |path: &str, text: &str| format!("<li><a href=\"{path}\">{text}</a></li>\n");
    let links = [
        link(INDEX.docs, "The documentation: every operation, to read and to try"),
        link(INDEX.articles, "The articles, as JSON"),
        link(INDEX.problems, "Every error, explained"),
        link(INDEX.openapi, "The documentation for programs"),
    ];
    let body = format!(
        "<h1>Copydesk {}</h1>\n<p>A content API for news. It runs.</p>\n<ul>\n{}</ul>\n",
        INDEX.version,
        links.concat()
    );
    page("Copydesk", &body)
}

/// A link's target.
#[derive(Serialize, ToSchema)]
pub struct LinkTarget {
    /// Its URL, relative to the server.
    #[schema(example = "/openapi.json")]
    pub href: &'static str,
    /// Its media type.
    #[serde(rename = "type")]
    #[schema(example = "application/json")]
    pub media_type: &'static str,
}

/// The links of this API (RFC 9264 section 4.2, relations of RFC 8631).
#[derive(Serialize, ToSchema)]
pub struct ApiLinks {
    /// What they are of: the API.
    #[schema(example = "/")]
    pub anchor: &'static str,
    /// The documentation for programs.
    #[serde(rename = "service-desc")]
    pub service_desc: [LinkTarget; 1],
    /// The documentation for people.
    #[serde(rename = "service-doc")]
    pub service_doc: [LinkTarget; 1],
    /// The health of the server.
    pub status: [LinkTarget; 1],
}

/// The APIs of this server (RFC 9727): one.
#[derive(Serialize, ToSchema)]
pub struct ApiCatalog {
    /// The APIs, each with its links.
    pub linkset: [ApiLinks; 1],
}

const CATALOG: ApiCatalog = ApiCatalog {
    linkset: [ApiLinks {
        anchor: "/",
        service_desc: [LinkTarget { href: INDEX.openapi, media_type: JSON }],
        service_doc: [LinkTarget { href: INDEX.docs, media_type: HTML }],
        status: [LinkTarget { href: "/readyz", media_type: JSON }],
    }],
};

/// `Content-Type` of the catalogue (RFC 9727 section 4).
const CATALOG_TYPE: &str =
    "application/linkset+json; profile=\"https://www.rfc-editor.org/info/rfc9727\"";

/// Find the documentation
///
/// The API catalogue at its well-known place (RFC 9727): where the document, the documentation and
/// the health of this server are.
#[utoipa::path(get, path = "/.well-known/api-catalog", responses((status = 200, description = "The catalogue.", body = ApiCatalog, content_type = "application/linkset+json")))]
pub async fn read_api_catalog(call: Call) -> Result<Reply, Problem> {
    let catalog = placed(&call, &CATALOG, "\"/")?;
    let body = serde_json::to_vec(&catalog).map_err(Problem::internal)?;
    Ok(Reply::fixed(CATALOG_TYPE, body).header(LINK, CATALOG_LINK))
}

/// How a response names the catalogue (RFC 9727 section 3).
const CATALOG_LINK: &str = "</.well-known/api-catalog>; rel=\"api-catalog\"";

/// List all problems
///
/// Everything that can go wrong, with what to do about it.
#[utoipa::path(get, path = "/problems", responses((status = 200, description = "The catalogue.", body = ProblemList)))]
pub async fn list_problems(call: Call) -> Result<Reply, Problem> {
    let reply = match accept::media_type(&call.headers, &[JSON, HTML]) {
        Some(HTML) => page_of(&call, &problems_page()),
        _ => {
            let items = CATALOGUE.iter().map(ProblemEntry::from).collect();
            Reply::ok(&placed(&call, &ProblemList { items }, TYPES)?)?
        }
    };
    Ok(reply.varies_by(&ACCEPT))
}

fn problems_page() -> String {
    let entry = |entry: &Entry| {
        format!(
            "<li>{} <a href=\"{}\">{}</a></li>\n",
            entry.status.as_u16(),
            entry.path(),
            entry.title
        )
    };
    let entries: String = CATALOGUE.iter().map(entry).collect();
    page("Problems", &format!("<h1>Problems</h1>\n<ul>\n{entries}</ul>\n"))
}

/// How the types of problems begin in JSON.
const TYPES: &str = "\"/problems/";

/// A text whose links are as clients know them: those that begin with `begin`, a quotation mark and the root's `/`.
fn at_public_path(call: &Call<impl Sized>, text: &str, begin: &str) -> String {
    let path = call.services.public_url.path();
    text.replace(begin, &format!("\"{path}{}", &begin[1..]))
}

/// A page whose links are as clients know them.
fn page_of(call: &Call<impl Sized>, page: &str) -> Reply {
    Reply::fixed(HTML_UTF8, at_public_path(call, page, "\"/").into_bytes())
}

/// JSON whose links are as clients know them.
fn placed(
    call: &Call<impl Sized>,
    value: &impl Serialize,
    begin: &str,
) -> Result<serde_json::Value, Problem> {
    let text = serde_json::to_string(value).map_err(Problem::internal)?;
    serde_json::from_str(&at_public_path(call, &text, begin)).map_err(Problem::internal)
}

/// A page of plain HTML.
fn page(title: &str, body: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{title}</title>\n{body}</html>\n"
    )
}

/// Explain a problem
///
/// The page that a problem's `type` names: JSON, or HTML for a browser.
#[utoipa::path(get, path = "/problems/{code}", responses((status = 200, description = "The problem, explained.", body = ProblemEntry)))]
pub async fn read_problem(call: Call<CodePath>) -> Result<Reply, Problem> {
    let name = cut(&call.path.0.0);
    let Some(code) = Code::from_name(&name) else {
        return Err(Problem::plain(Code::ProblemNotFound).with("id", name));
    };
    let entry = code.entry();
    let reply = match accept::media_type(&call.headers, &[JSON, HTML]) {
        Some(HTML) => page_of(&call, &problem_page(entry)),
        _ => Reply::ok(&placed(&call, &ProblemEntry::from(entry), TYPES)?)?,
    };
    Ok(reply.varies_by(&ACCEPT))
}

fn problem_page(entry: &Entry) -> String {
    let escaped = |text: &str| {
        let mut out = String::new();
        escape_into(text, &mut out);
        out
    };
    let example = serde_json::to_string_pretty(&entry.example()).unwrap_or_default();
    let (status, code) = (entry.status.as_u16(), entry.name);
    let body = format!(
        "<h1>{status} {title}</h1>\n<p><code>{code}</code></p>\n<p>{about}</p>\n<pre>{example}</pre>\n\
         <p><a href=\"/problems\">All problems</a></p>\n",
        title = escaped(entry.title),
        about = with_code(&escaped(&entry.about())),
        example = escaped(&example),
    );
    page(&format!("{status} {code}"), &body)
}

/// Converts text between backticks to `<code>`.
fn with_code(html: &str) -> String {
    let mut out = String::new();
    for (number, part) in html.split('`').enumerate() {
        let (open, close) = match number % 2 {
            1 => ("<code>", "</code>"),
            _ => ("", ""),
        };
        out.extend([open, part, close]);
    }
    out
}

/// Read this document
///
/// The OpenAPI 3.1 document of this API.
#[utoipa::path(get, path = "/openapi.json", responses((status = 200, description = "The document.", body = Object)))]
pub async fn read_openapi(call: Call) -> Result<Reply, Problem> {
    Ok(Reply::fixed(JSON, call.services.document.to_vec()))
}

/// Read the documentation
///
/// This document as a page; everything on it comes from this server.
#[utoipa::path(get, path = "/docs", responses((status = 200, description = "The page.", body = String, content_type = "text/html")))]
pub async fn read_docs(call: Call) -> Result<Reply, Problem> {
    Ok(page_of(&call, DOCS_PAGE).header(CONTENT_SECURITY_POLICY, DOCS_CSP))
}

/// Read a part of the documentation page
///
/// A script or style of the page.
#[utoipa::path(get, path = "/docs/{asset}", responses((status = 200, description = "The file.", body = String, content_type = "*/*")))]
pub async fn read_docs_asset(call: Call<AssetPath>) -> Result<Reply, Problem> {
    let not_found = || {
        Problem::plain(Code::RouteNotFound)
            .say("path", &call.uri_path)
            .say("hint", "The page is at `/docs`.")
    };
    let name = &call.path.0.0;
    if name == "docs.js" {
        return Ok(Reply::fixed(SCRIPT, at_public_path(&call, DOCS_SCRIPT, "\"/").into()));
    }
    let asset = ASSETS.iter().find(|(known, ..)| known == name);
    let (_, content_type, packed) = asset.ok_or_else(not_found)?;
    let mut content = Vec::new();
    GzDecoder::new(*packed).read_to_end(&mut content).map_err(Problem::internal)?;
    Ok(Reply::fixed(content_type, content))
}

/// Media type of a script.
const SCRIPT: &str = "text/javascript; charset=utf-8";

/// The files of Swagger UI that the page loads, with their media types, packed (`build.rs`).
const ASSETS: [(&str, &str, &[u8]); 3] = [
    (
        "swagger-ui-bundle.js",
        SCRIPT,
        include_bytes!(concat!(env!("OUT_DIR"), "/swagger-ui-bundle.js.gz")),
    ),
    (
        "swagger-ui.css",
        "text/css; charset=utf-8",
        include_bytes!(concat!(env!("OUT_DIR"), "/swagger-ui.css.gz")),
    ),
    (
        "favicon-32x32.png",
        "image/png",
        include_bytes!(concat!(env!("OUT_DIR"), "/favicon-32x32.png.gz")),
    ),
];

/// Check that the server runs
///
/// Succeeds as long as the process is alive.
#[utoipa::path(get, path = "/healthz", responses((status = 200, description = "It runs.", body = Health)))]
pub async fn check_health(_call: Call) -> Result<Reply, Problem> {
    Ok(Reply::ok(&Health::OK)?.never_cached())
}

/// Check that the server is ready
///
/// Ready if its database is readable and undamaged, its file is in place and it is not stopping.
#[utoipa::path(get, path = "/readyz", responses((status = 200, description = "It is ready.", body = Health)))]
pub async fn check_readiness(call: Call) -> Result<Reply, Problem> {
    call.services.readiness()?;
    Ok(Reply::ok(&Health::OK)?.never_cached())
}

/// Read the metrics
///
/// Counters and times since the start, in the text format of OpenMetrics 1.0, as Prometheus reads it. On the address of
/// `COPYDESK_METRICS_LISTEN` they need no key.
#[utoipa::path(get, path = "/metrics", responses((status = 200, description = "The metrics.", body = String, content_type = "application/openmetrics-text")))]
pub async fn read_metrics(call: Call) -> Result<Reply, Problem> {
    let text = exposition::text(&call.services)?;
    Ok(Reply::fixed(OPENMETRICS_1, text.into_bytes()).never_cached())
}
