//! Finding the article that comments of another system are on.

use super::addresses::{forms_of, host_of, is_of_many, slug_in};
use super::model::ArticleRow;
use super::store;
use crate::db::Conn;
use crate::problem::Problem;

/// The article that comments are on which name it by one of these: a URL or path that it had at its source, exactly
/// or but for a query and a slash at the end; its present or former slug, also as the last part of such an address;
/// its provider's id, if no URL is named and no other article has that too. What is more certain comes first. None that
/// is in the trash, and none of another site: an article whose URLs are known has them on one of the hosts that are named.
///
/// # Errors
/// A database fault.
pub fn article_of(conn: &mut Conn, on: &[String]) -> Result<Option<ArticleRow>, Problem> {
    // A server stores no text with U+0000, and takes none.
    let on: Vec<&str> = on.iter().map(String::as_str).filter(|text| !text.contains('\0')).collect();
    for address in &on {
        if let Some(row) = store::select_by_address(conn, address)? {
            return Ok(Some(row));
        }
    }
    let hosts: Vec<String> = on.iter().filter_map(|address| host_of(address)).collect();
    let named: Vec<&str> = on.iter().copied().filter(|address| !is_of_many(address)).collect();
    for address in named.iter().flat_map(|address| forms_of(address)) {
        let found = store::select_by_address(conn, &address)?;
        if let Some(row) = of_site(conn, found, &hosts)? {
            return Ok(Some(row));
        }
    }
    for slug in named.iter().filter_map(|address| slug_in(address)) {
        let found = store::select_by_slug(conn, &slug)?;
        if let Some(row) = of_site(conn, found, &hosts)? {
            return Ok(Some(row));
        }
    }
    if !hosts.is_empty() {
        return Ok(None);
    }
    for external_id in on {
        if let Some(row) = store::select_by_external_id(conn, external_id)? {
            return Ok(Some(row));
        }
    }
    Ok(None)
}

/// An article, unless all its known URLs are on other hosts than these.
fn of_site(
    conn: &mut Conn,
    found: Option<ArticleRow>,
    hosts: &[String],
) -> Result<Option<ArticleRow>, Problem> {
    let Some(row) = found else {
        return Ok(None);
    };
    if hosts.is_empty() {
        return Ok(Some(row));
    }
    let known = store::select_addresses(conn, row.id)?;
    let known: Vec<String> = known.iter().filter_map(|address| host_of(address)).collect();
    let is_there = known.is_empty() || known.iter().any(|host| hosts.contains(host));
    Ok(Some(row).filter(|_| is_there))
}
