//! A client's connection with its deadlines: one that is slow on purpose must not hold it for ever.
//!
//! actix times the first head of a connection only. Bodies are timed where they are read (`receive.rs`).

use std::future::Future as _;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use actix_rt::net::{ActixStream, Ready, TcpStream};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant as Moment, Sleep, sleep_until};

/// Longest time from the first byte of a head to its last, also on a connection that is kept.
pub const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// Longest time for which a client may take nothing of its answer.
pub const WRITE_TIMEOUT: Duration = Duration::from_secs(30);
/// The end of a head (RFC 9112 section 2.1).
const HEAD_END: &[u8] = b"\r\n\r\n";

/// The connections that are open.
#[derive(Clone, Default)]
pub struct Connections(Arc<AtomicUsize>);

impl Connections {
    /// Counts one more, unless there are `most`.
    #[must_use]
    pub fn take(&self, most: usize) -> Option<Slot> {
        let before = self.0.fetch_add(1, Ordering::Relaxed);
        let slot = Slot(Self(Arc::clone(&self.0)));
        (before < most).then_some(slot)
    }

    /// How many there are.
    #[must_use]
    pub fn number(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

/// The right to one connection, until it is dropped.
pub struct Slot(Connections);

impl Drop for Slot {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// What the client is in the middle of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Nothing: the next byte begins a head.
    Idle,
    /// A head, of whose end this many bytes have come.
    Head(usize),
    /// A request that is read or answered. True if bytes of the next one came with it.
    Request(bool),
}

/// Follows the stages of a connection by the bytes that go by.
#[derive(Clone, Copy, Debug)]
struct Progress(Stage);

impl Progress {
    fn read(&mut self, bytes: &[u8]) {
        let mut matched = match self.0 {
            Stage::Request(_) => return,
            // An empty line before a head is allowed (RFC 9112 section 2.2).
            Stage::Idle if bytes.iter().all(|byte| b"\r\n".contains(byte)) => return,
            Stage::Idle => 0,
            Stage::Head(matched) => matched,
        };
        // What follows a head without a body is the next head.
        let has_no_body = self.0 == Stage::Idle && matches!(bytes.first(), Some(b'G' | b'H'));
        for (at, byte) in bytes.iter().enumerate() {
            matched = match *byte == HEAD_END[matched] {
                true => matched + 1,
                false => usize::from(*byte == HEAD_END[0]),
            };
            if matched == HEAD_END.len() {
                self.0 = Stage::Request(has_no_body && at + 1 < bytes.len());
                return;
            }
        }
        self.0 = Stage::Head(matched);
    }

    /// An answer has begun: the next head may.
    fn written(&mut self) {
        if let Stage::Request(has_next) = self.0 {
            self.0 = if has_next { Stage::Head(0) } else { Stage::Idle };
        }
    }

    fn is_in_head(self) -> bool {
        matches!(self.0, Stage::Head(_))
    }
}

/// A timer that is set while something is waited for.
#[derive(Default)]
struct Deadline(Option<Pin<Box<Sleep>>>);

impl Deadline {
    /// Sets it, unless it is set.
    fn start(&mut self, after: Duration) {
        self.0.get_or_insert_with(|| Box::pin(sleep_until(Moment::now() + after)));
    }

    fn stop(&mut self) {
        self.0 = None;
    }

    fn has_passed(&mut self, cx: &mut Context<'_>) -> bool {
        self.0.as_mut().is_some_and(|timer| timer.as_mut().poll(cx).is_ready())
    }
}

/// A connection whose heads and answers have deadlines.
pub struct Timed {
    stream: TcpStream,
    progress: Progress,
    head: Deadline,
    answer: Deadline,
    _slot: Slot,
}

impl Timed {
    /// Wraps an accepted connection.
    #[must_use]
    pub fn new(stream: TcpStream, slot: Slot) -> Self {
        // Otherwise small responses wait for the client's delayed acknowledgement. An error shows with the first read.
        let _ = stream.set_nodelay(true);
        let (head, answer) = (Deadline::default(), Deadline::default());
        Self { stream, progress: Progress(Stage::Idle), head, answer, _slot: slot }
    }

    /// The connection itself.
    #[must_use]
    pub fn stream(&self) -> &TcpStream {
        &self.stream
    }

    /// The client's address.
    #[must_use]
    pub fn peer(&self) -> Option<SocketAddr> {
        self.stream.peer_addr().ok()
    }

    /// What a write has come to: an error if the client has taken nothing for too long.
    fn answered<T>(
        &mut self,
        cx: &mut Context<'_>,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.answer.stop();
            return written;
        }
        self.answer.start(WRITE_TIMEOUT);
        match self.answer.has_passed(cx) {
            true => Poll::Ready(Err(late("the client takes nothing of its answer"))),
            false => Poll::Pending,
        }
    }
}

fn late(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, why)
}

impl AsyncRead for Timed {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        let read = Pin::new(&mut this.stream).poll_read(cx, buffer);
        match &read {
            Poll::Ready(Ok(())) => this.progress.read(&buffer.filled()[before..]),
            Poll::Ready(Err(_)) => return read,
            Poll::Pending => {}
        }
        if !this.progress.is_in_head() {
            this.head.stop();
            return read;
        }
        this.head.start(HEAD_TIMEOUT);
        match this.head.has_passed(cx) {
            true => Poll::Ready(Err(late("the head of a request takes too long"))),
            false => read,
        }
    }
}

impl AsyncWrite for Timed {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.stream).poll_write(cx, bytes);
        if written.is_ready() {
            this.progress.written();
        }
        this.answered(cx, written)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.stream).poll_write_vectored(cx, bytes);
        if written.is_ready() {
            this.progress.written();
        }
        this.answered(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

impl ActixStream for Timed {
    fn poll_read_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<Ready>> {
        ActixStream::poll_read_ready(&self.stream, cx)
    }

    fn poll_write_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<Ready>> {
        ActixStream::poll_write_ready(&self.stream, cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The stages after each read.
    fn stages(reads: &[&[u8]]) -> Vec<Stage> {
        let mut progress = Progress(Stage::Idle);
        reads
            .iter()
            .map(|bytes| {
                progress.read(bytes);
                progress.0
            })
            .collect()
    }

    #[test]
    fn a_head_ends_with_an_empty_line_however_it_is_cut() {
        let head: &[u8] = b"POST / HTTP/1.1\r\nHost: a\r\n\r\n";
        for at in 1..head.len() {
            let (first, second) = head.split_at(at);
            let [before, after] = stages(&[first, second])[..] else { unreachable!() };
            assert!(matches!(before, Stage::Head(_)), "{at} {before:?}");
            assert_eq!(after, Stage::Request(false), "{at}");
        }
        assert_eq!(stages(&[b"\r\n"]), [Stage::Idle]);
        assert_eq!(stages(&[b"GET / HTTP/1.1\r\r\n\r\n"])[0], Stage::Request(false));
    }

    #[test]
    fn what_follows_a_get_is_timed_as_the_next_head() {
        let mut progress = Progress(Stage::Idle);
        progress.read(b"GET / HTTP/1.1\r\n\r\nGET");
        assert!(!progress.is_in_head(), "the first is being answered");
        progress.written();
        assert!(progress.is_in_head());
        // The content of a POST is no head.
        let mut progress = Progress(Stage::Idle);
        progress.read(b"POST / HTTP/1.1\r\n\r\n{}");
        progress.written();
        assert_eq!(progress.0, Stage::Idle);
    }

    #[test]
    fn a_slot_is_free_again_once_its_connection_ends() {
        let connections = Connections::default();
        let first = connections.take(2);
        let second = connections.take(2);
        assert!(first.is_some() && second.is_some() && connections.take(2).is_none());
        assert_eq!(connections.number(), 2);
        drop(first);
        assert!(connections.take(2).is_some());
    }
}
