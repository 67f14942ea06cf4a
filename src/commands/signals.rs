//! Signals to end: SIGTERM, Ctrl-C (SIGINT), or a closed terminal (SIGHUP).

use std::io;
use std::sync::mpsc;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// The signals that tell a process to end. They are handled from the creation of this value.
pub(super) struct Ending([(Signal, u8); 3]);

impl Ending {
    /// Starts listening. Needs a tokio runtime.
    pub(super) fn listen() -> io::Result<Self> {
        let kind = |kind: SignalKind| -> io::Result<(Signal, u8)> {
            let number = u8::try_from(kind.as_raw_value()).unwrap_or_default();
            Ok((signal(kind)?, number))
        };
        Ok(Self([
            kind(SignalKind::terminate())?,
            kind(SignalKind::interrupt())?,
            kind(SignalKind::hangup())?,
        ]))
    }

    /// Waits for a signal and returns its number.
    pub(super) async fn come(&mut self) -> u8 {
        let [(first, a), (second, b), (third, c)] = &mut self.0;
        tokio::select! {
            _ = first.recv() => *a,
            _ = second.recv() => *b,
            _ = third.recv() => *c,
        }
    }
}

/// Calls `end` with the exit code for a signal, on a thread of its own, when one arrives. The
/// handler is in place once this returns.
pub(super) fn on_ending(end: impl FnOnce(u8) + Send + 'static) -> io::Result<()> {
    let (listens, listening) = mpsc::channel();
    std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build();
        let listened = runtime.and_then(|runtime| {
            let _within = runtime.enter();
            let ending = Ending::listen()?;
            Ok((runtime, ending))
        });
        match listened {
            Ok((runtime, mut ending)) => {
                let _ = listens.send(Ok(()));
                let number = runtime.block_on(ending.come());
                // The convention of shells: 128 plus the signal's number.
                end(128 + number);
            }
            Err(error) => drop(listens.send(Err(error))),
        }
    })?;
    listening.recv().unwrap_or_else(|_| Err(io::Error::other("the thread for signals has ended")))
}
