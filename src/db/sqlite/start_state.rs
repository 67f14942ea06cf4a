//! The state that a database in test mode starts from, and the way back to it.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use super::log::empty_log;
use super::names::beside;
use super::place::Place;
use super::presence::Presence;
use super::unfinished::remove_database;
use crate::db::Shared;
use crate::db::lasting::{Lasting, Target};
use crate::db::writer::Committer;
use crate::problem::Problem;

/// A copy of a database, to go back to.
pub struct StartState {
    copy: PathBuf,
    shared: Arc<Shared>,
}

impl Shared {
    /// Keeps a copy of the database as it is now, in a file beside it.
    ///
    /// # Errors
    /// `internal` if it cannot be made; `overloaded` if something still reads.
    pub async fn keep_start(self: &Arc<Self>) -> Result<StartState, Problem> {
        let (place, _) = self.file()?;
        let copy = beside(&place.present().0, "start");
        let to = copy.clone();
        self.writer
            .alone(move |conn, _| {
                if !empty_log(conn.get().file()?)? {
                    return Err(Problem::internal("the log cannot be taken into the file"));
                }
                // This drops SQLite's locks on the file, which no other process knows of.
                fs::copy(place.present().0, &to).map_err(Problem::internal)
            })
            .await?;
        Ok(StartState { copy, shared: Arc::clone(self) })
    }

    /// The place of the database's file, and its state there.
    fn file(&self) -> Result<(Arc<Place>, Arc<Presence>), Problem> {
        match (&self.target, &self.presence) {
            (Target::File(place), Some(presence)) => Ok((Arc::clone(place), Arc::clone(presence))),
            _ => Err(Problem::internal("only a database in a file goes back to its start")),
        }
    }
}

impl StartState {
    /// Goes back: another copy is put in the place of the file, and each connection opens it with
    /// its next use. `also` runs at the same time as the writer sees it.
    ///
    /// # Errors
    /// `internal` if the copy cannot be put in place.
    pub async fn go_back(&self, also: impl FnOnce() + Send + 'static) -> Result<(), Problem> {
        let (place, presence) = self.shared.file()?;
        let copy = self.copy.clone();
        let work = move |conn: &mut Lasting, committer: &mut Committer| {
            let (old, number) = place.present();
            // Under a name of its own: whoever closes the old file removes its log by name.
            let next = beside(&copy, &number.to_string());
            fs::copy(&copy, &next).map_err(Problem::internal)?;
            presence.follow(&next).map_err(Problem::internal)?;
            place.change(&next);
            committer.start_anew(conn)?;
            also();
            remove_database(&old).map_err(Problem::internal)
        };
        self.shared.writer.alone(work).await
    }
}
