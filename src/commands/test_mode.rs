//! Test mode of `copydesk serve`: its clock, its seed and its fixtures.

use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;

use super::exit::WrongSetting;
use super::failed;
use super::fixtures::{self, Line, Loading};
use crate::access::{AdminKey, redactor};
use crate::app::Parts;
use crate::db::Db;
use crate::db::secret::set_site_secret;
use crate::domain::ids::Entropy as _;
use crate::domain::test_mode::TestClock;
use crate::settings::Cli;
use crate::web::test_mode::TestMode;

/// Bytes of a newsroom's secret.
const SECRET_BYTES: usize = 32;

/// A file of fixtures, and its lines.
pub(super) type Fixtures = (PathBuf, Vec<Line>);

/// What a start in test mode needs.
pub(super) struct Start {
    pub mode: TestMode,
    fixtures: Option<Fixtures>,
}

impl Start {
    /// As the settings say; `None` outside test mode.
    ///
    /// # Errors
    /// [`WrongSetting`] if the fixtures cannot be read.
    pub fn of(cli: &Cli, admin_key: Option<&AdminKey>) -> Result<Option<Self>, WrongSetting> {
        let settings = &cli.settings;
        if !settings.test {
            return Ok(None);
        }
        let fixtures = match &settings.fixtures {
            Some(path) => {
                let unreadable =
                    |error| wrong(format!("{} cannot be read ({error})", path.display()));
                let text = std::fs::read(path).map_err(unreadable)?;
                let lines = fixtures::parse(&text);
                let lines = lines.map_err(|line| wrong(line.in_file(path)))?;
                Some((path.clone(), lines))
            }
            None => None,
        };
        let clock = Arc::new(TestClock::new(settings.clock));
        Ok(Some(Self { mode: TestMode::new(clock, settings.seed, redactor(admin_key)), fixtures }))
    }
}

/// The parts in test mode, and the fixtures that are still to be loaded.
pub(super) fn set_up(start: Start, parts: Parts) -> (Parts, Option<Fixtures>) {
    let Start { mut mode, fixtures } = start;
    let (comments, uses) = (Arc::clone(&parts.comments), Arc::clone(&parts.key_uses));
    uses.wait();
    mode.at_reset(move || {
        comments.restart();
        uses.forget();
    });
    (parts.in_test_mode(Arc::new(mode)), fixtures)
}

/// Makes a fresh database the same on every run: its secret follows from the seed.
pub(super) async fn seed(database: &Db, mode: &TestMode) -> Result<(), Box<dyn Error>> {
    let mut secret = [0; SECRET_BYTES];
    mode.entropy.fill(&mut secret);
    let written = database.write(move |conn, _| Ok(set_site_secret(conn, &secret)?));
    written.await.map_err(failed)
}

/// Loads the fixtures, and makes what is there now the state that a reset goes back to.
pub(super) async fn begin(
    parts: &Parts,
    mode: &TestMode,
    fixtures: Option<Fixtures>,
) -> Result<(), Box<dyn Error>> {
    if let Some((path, lines)) = fixtures {
        let (entropy, defaults) = (Arc::clone(&mode.entropy), Arc::clone(&parts.defaults));
        let live = parts.live.get();
        let database = Db::new(&parts.shared)?;
        let loaded = database.write(move |conn, now| {
            let (renderer, defaults) = (&live.renderer, defaults.as_ref());
            let with = Loading { entropy: entropy.as_ref(), renderer, defaults, now };
            Ok(fixtures::load(conn, lines, &with))
        });
        loaded.await.map_err(failed)?.map_err(|line| wrong(line.in_file(&path)))?;
    }
    mode.start_from(parts.shared.keep_start().await.map_err(failed)?);
    Ok(())
}

fn wrong(why: String) -> WrongSetting {
    WrongSetting { name: "COPYDESK_FIXTURES (--fixtures)", why }
}
