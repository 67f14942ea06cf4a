//! Articles as other formats show them, for the caller of a request.

use super::listed::{Wanted, read_list};
use crate::articles::formats::{Feed, Piece, Site};
use crate::articles::listing::{Listed, Shown, pieces};
use crate::db::Conn;
use crate::problem::Problem;
use crate::web::{Context, Reply};

/// The newsroom, as its feeds name it.
pub(super) fn site(call: &Context) -> Site {
    let publishing = &call.services.publishing;
    let api = call.base_url();
    Site {
        name: publishing.name.clone(),
        language: publishing.language.clone(),
        home: publishing.home.clone().unwrap_or_else(|| api.clone()),
        pages: publishing.pages.clone(),
        api,
    }
}

/// A page of a list as pieces.
pub(super) async fn list_pieces(call: &Context, wanted: Wanted) -> Result<Listed<Piece>, Problem> {
    let site = site(call);
    let make = move |conn: &mut Conn, rows, shown: &Shown| pieces(conn, rows, shown.sight, &site);
    read_list(call, wanted, make).await
}

/// A page of pieces as a feed.
pub(super) fn feed_of(call: &Context, about: Option<String>, listed: Listed<Piece>) -> Feed {
    let base = call.base_url();
    let here = match call.raw_query.is_empty() {
        true => call.uri_path.clone(),
        false => format!("{}?{}", call.uri_path, call.raw_query),
    };
    let next = listed.page.next.as_deref();
    Feed {
        site: site(call),
        about,
        url: format!("{base}{here}"),
        next: next.map(|cursor| format!("{base}{}", call.page_uri(cursor))),
        hub: call.services.publishing.hub.clone(),
        pieces: listed.page.items,
    }
}

/// Not kept for those who reach the server under another name, if its links have that.
pub(super) fn of_host(call: &Context, reply: Reply) -> Reply {
    match call.services.public_url.whole() {
        Some(_) => reply,
        None => reply.not_kept(),
    }
}
