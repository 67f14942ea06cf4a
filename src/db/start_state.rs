//! The state that a database in test mode starts from, and the way back to it.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use super::Shared;
use super::connection::Lasting;
use super::names::beside;
use super::unfinished::remove_database;
use super::writer::{Committer, empty_log};
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
        let copy = beside(&self.place.present().0, "start");
        let place = Arc::clone(&self.place);
        let to = copy.clone();
        self.writer
            .alone(move |conn, _| {
                if !empty_log(conn.get())? {
                    return Err(Problem::internal("the log cannot be taken into the file"));
                }
                // This drops SQLite's locks on the file, which no other process knows of.
                fs::copy(place.present().0, &to).map_err(Problem::internal)
            })
            .await?;
        Ok(StartState { copy, shared: Arc::clone(self) })
    }
}

impl StartState {
    /// Goes back: another copy is put in the place of the file, and each connection opens it with
    /// its next use. `also` runs at the same time as the writer sees it.
    ///
    /// # Errors
    /// `internal` if the copy cannot be put in place.
    pub async fn go_back(&self, also: impl FnOnce() + Send + 'static) -> Result<(), Problem> {
        let (place, presence) = (Arc::clone(&self.shared.place), Arc::clone(&self.shared.presence));
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
