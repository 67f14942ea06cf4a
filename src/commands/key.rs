//! `copydesk key`: creates, lists and revokes keys, for anyone with access to the file.

use std::process::ExitCode;
use std::sync::Arc;

use super::place::Place;
use super::{Ended, failed, open_once, say, wait_for};
use crate::access;
use crate::access::api::Key;
use crate::access::{Asked, COMMAND_LINE};
use crate::db::{self, Db};
use crate::domain::ids::{Entropy, SystemEntropy};
use crate::domain::instant::{DAY, Instant};
use crate::domain::scope::Scopes;
use crate::problem::Problem;
use crate::settings::{Cli, KeyCommand, Lifetime};

/// Works next to a running server, which sees the change at its next request.
pub(super) fn run(cli: &Cli, what: &KeyCommand) -> Ended {
    let place = Place::of(cli)?;
    // A mistyped path would create a newsroom with nothing to list or revoke.
    if !matches!(what, KeyCommand::Create { .. }) {
        db::must_exist(&place.location)?;
    }
    let database = open_once(&place)?;
    match what {
        KeyCommand::Create { name, preset, scope, expires } => {
            let preset = preset.map_or_else(Scopes::default, |preset| preset.scopes());
            let scopes = preset.and(Scopes::of(scope));
            let made = create(&database, name.clone(), scopes, *expires);
            let key = wait_for(made)?.map_err(failed)?;
            // The key alone on standard output, for `KEY=$(copydesk key create ..)`.
            say(key);
            eprintln!(
                "copydesk: this key of {name} may {}; it is shown this once.",
                scopes.words().join(", ")
            );
        }
        KeyCommand::List => list(&database).map_err(failed)?,
        KeyCommand::Revoke { id } => {
            let id = *id;
            // Anyone with access to the file can create another at any time.
            let force = true;
            let revoked =
                database.write(move |conn, now| access::revoke(conn, id, force, COMMAND_LINE, now));
            wait_for(revoked)?.map_err(failed)?;
            access::log_revoked(id, COMMAND_LINE);
            say(format_args!("{id} is revoked."));
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn create(
    database: &Db,
    name: String,
    scopes: Scopes,
    expires: Option<Lifetime>,
) -> Result<String, Problem> {
    let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
    let work = move |conn: &mut crate::db::Conn, now: Instant| {
        let expires_at = expires.map(|lifetime| match lifetime {
            Lifetime::Until(at) => at,
            Lifetime::Days(days) => Instant::from_micros(now.as_micros() + i64::from(days) * DAY),
        });
        let asked = Asked { name: &name, scopes, expires_at, by: COMMAND_LINE };
        let (id, key) = access::make(conn, &asked, entropy.as_ref(), now)?;
        Ok((id, name, key.reveal()))
    };
    let (id, name, key) = database.write(work).await?;
    access::log_made((&id.to_string(), &name), &scopes.words(), COMMAND_LINE);
    Ok(key)
}

fn list(database: &Db) -> Result<(), Problem> {
    let rows = database.read(access::select_all)?;
    let instant = |at: Option<Instant>| at.map_or_else(|| "never".to_owned(), |at| at.to_string());
    for key in rows.into_iter().map(Key::from) {
        say(format_args!("{}  {}", key.id, key.name));
        say(format_args!("    may        {}", key.scopes.join(", ")));
        say(format_args!("    made       {}", key.created_at));
        say(format_args!("    last used  {}", instant(key.last_used_at)));
        say(format_args!("    expires    {}", instant(key.expires_at)));
    }
    Ok(())
}
