//! Signals: to end (SIGTERM, Ctrl-C), to reload (SIGHUP), and those that are ignored.

use std::fs;
use std::io::{self, IsTerminal as _};
use std::sync::mpsc;

use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt as _, StreamExt as _};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;

/// What a signal tells a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// To end.
    End,
    /// To take its settings anew.
    Reload,
}

/// The signals to a server. They are handled from the creation of this value.
pub(super) struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hangup: Signal,
    /// Their default would end the process: log rotation and supervisors send them to others, and a file that may not
    /// grow is told to whoever writes to it.
    ignored: [Signal; 3],
    has_terminal: bool,
    /// The end of standard input, where it is to end the server.
    input: Option<oneshot::Receiver<()>>,
}

impl Signals {
    /// Starts listening. Needs a tokio runtime.
    pub(super) fn listen(watch_stdin: bool) -> io::Result<Self> {
        Ok(Self {
            input: watch_stdin.then(input_ends).transpose()?,
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hangup: signal(SignalKind::hangup())?,
            ignored: [
                signal(SignalKind::user_defined1())?,
                signal(SignalKind::user_defined2())?,
                signal(SignalKind::from_raw(rustix::process::Signal::XFSZ.as_raw()))?,
            ],
            has_terminal: io::stdin().is_terminal(),
        })
    }

    /// Waits for the next signal that tells something.
    pub(super) async fn next(&mut self) -> Told {
        let [first, second, third] = &mut self.ignored;
        let input = async {
            match &mut self.input {
                // Also an error is its end.
                Some(ended) => drop(ended.await),
                None => std::future::pending().await,
            }
        };
        tokio::pin!(input);
        loop {
            tokio::select! {
                () = &mut input => return Told::End,
                _ = self.terminate.recv() => return Told::End,
                _ = self.interrupt.recv() => return Told::End,
                // A terminal that is closed sends it as well: then nobody is left to stop this.
                _ = self.hangup.recv() => return match self.has_terminal && !io::stdin().is_terminal() {
                    true => Told::End,
                    false => Told::Reload,
                },
                _ = first.recv() => {}
                _ = second.recv() => {}
                _ = third.recv() => {}
            }
        }
    }
}

/// Reads standard input to its end, on a thread of its own: it may never come.
fn input_ends() -> io::Result<oneshot::Receiver<()>> {
    let (ended, ends) = oneshot::channel();
    std::thread::Builder::new().name("stdin".to_owned()).spawn(move || {
        let _ = io::copy(&mut io::stdin(), &mut io::sink());
        let _ = ended.send(());
    })?;
    Ok(ends)
}

/// The signals that tell a command to end, with their numbers.
struct Ending(Vec<(Signal, u8)>);

impl Ending {
    /// Starts listening. Needs a tokio runtime.
    fn listen() -> io::Result<Self> {
        let kinds = [SignalKind::terminate(), SignalKind::interrupt(), SignalKind::hangup()];
        let numbered = kinds.map(|kind| (kind, u8::try_from(kind.as_raw_value()).unwrap_or(0)));
        let wanted = numbered.into_iter().filter(|(_, number)| !is_ignored(*number));
        wanted
            .map(|(kind, number)| Ok((signal(kind)?, number)))
            .collect::<io::Result<_>>()
            .map(Self)
    }

    /// Waits for a signal and returns its number.
    async fn come(&mut self) -> u8 {
        let mut all: FuturesUnordered<_> =
            self.0.iter_mut().map(|(signal, number)| signal.recv().map(|_| *number)).collect();
        match all.next().await {
            Some(number) => number,
            None => std::future::pending().await,
        }
    }
}

/// True if whoever has started this process has it ignore a signal, as `nohup` does.
fn is_ignored(number: u8) -> bool {
    // Where there is no such file, it is taken for not ignored.
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|digits| u64::from_str_radix(digits.trim(), 16).ok());
    mask.is_some_and(|mask| number > 0 && mask >> (number - 1) & 1 == 1)
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
