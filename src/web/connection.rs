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
/// Bytes of an answer that the system holds for a client, which it doubles: by default it holds up to some megabytes for one
/// that takes nothing, as a stream that nobody reads. Enough for 2.5 MB a second over a line of 100 ms.
const SEND_BUFFER: usize = 256 * 1024;
/// The end of a head (RFC 9112 section 2.1).
const HEAD_END: &[u8] = b"\r\n\r\n";
/// What actix answers to `Expect: 100-continue` (RFC 9110 section 10.1.1).
const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

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

/// What has come of the next head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    /// Nothing: the next byte begins it.
    Nothing,
    /// Empty lines, which are allowed before it (RFC 9112 section 2.2).
    Blank,
    /// Its begin.
    Begun {
        /// So many bytes of its end have come.
        ended: usize,
        /// True if another head follows it at once.
        has_no_body: bool,
    },
    /// The content of the request before it may come first. Where that ends is not known here.
    Content,
}

/// Follows the heads of a connection by the bytes that go by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Progress {
    next: Next,
    /// True while a request is read or answered.
    is_in_request: bool,
}

impl Progress {
    const START: Self = Self { next: Next::Nothing, is_in_request: false };

    fn read(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.next = match self.next {
                Next::Content => return,
                Next::Nothing | Next::Blank if b"\r\n".contains(byte) => Next::Blank,
                Next::Nothing | Next::Blank => {
                    // GET or HEAD.
                    Next::Begun { ended: 0, has_no_body: b"GH".contains(byte) }
                }
                Next::Begun { ended, has_no_body } => {
                    let ended = match *byte == HEAD_END[ended] {
                        true => ended + 1,
                        false => usize::from(*byte == HEAD_END[0]),
                    };
                    if ended < HEAD_END.len() {
                        Next::Begun { ended, has_no_body }
                    } else {
                        self.is_in_request = true;
                        if has_no_body { Next::Nothing } else { Next::Content }
                    }
                }
            };
        }
    }

    /// Bytes are sent: unless they only tell the client to go on, an answer has begun, and the next head may.
    fn written(&mut self, bytes: &[u8]) {
        if bytes.is_empty() || bytes == CONTINUE {
            return;
        }
        self.is_in_request = false;
        if self.next == Next::Content {
            self.next = Next::Nothing;
        }
    }

    fn is_in_head(self) -> bool {
        !self.is_in_request && matches!(self.next, Next::Blank | Next::Begun { .. })
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
        let _ = rustix::net::sockopt::set_socket_send_buffer_size(&stream, SEND_BUFFER);
        let (head, answer) = (Deadline::default(), Deadline::default());
        Self { stream, progress: Progress::START, head, answer, _slot: slot }
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

    /// Times the next head, if a part of it came with the request that is answered now: nothing else may be read until it
    /// is late.
    fn time_next_head(&mut self, cx: &mut Context<'_>) {
        if self.progress.is_in_head() {
            self.head.start(HEAD_TIMEOUT);
            // To be woken. The next read tells of it.
            let _ = self.head.has_passed(cx);
        }
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
            this.progress.written(bytes);
            this.time_next_head(cx);
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
            bytes.iter().for_each(|bytes| this.progress.written(bytes));
            this.time_next_head(cx);
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

    const NEXT: Progress = Progress { next: Next::Nothing, is_in_request: true };
    const CONTENT: Progress = Progress { next: Next::Content, is_in_request: true };

    /// The progress after some reads.
    fn after(reads: &[&[u8]]) -> Progress {
        let mut progress = Progress::START;
        reads.iter().for_each(|bytes| progress.read(bytes));
        progress
    }

    #[test]
    fn a_head_ends_with_an_empty_line_however_it_is_cut() {
        let head: &[u8] = b"POST / HTTP/1.1\r\nHost: a\r\n\r\n";
        for at in 1..head.len() {
            let (first, second) = head.split_at(at);
            assert!(after(&[first]).is_in_head(), "{at}");
            assert_eq!(after(&[first, second]), CONTENT, "{at}");
        }
        assert_eq!(after(&[b"GET / HTTP/1.1\r\r\n\r\n"]), NEXT);
    }

    #[test]
    fn empty_lines_begin_a_head_and_are_none() {
        for lines in [&b"\r\n"[..], b"\r\n\r\n", b"\n"] {
            assert!(after(&[lines]).is_in_head(), "{lines:?}");
            assert_eq!(after(&[lines, b"GET / HTTP/1.1\r\n\r\n"]), NEXT, "{lines:?}");
        }
    }

    #[test]
    fn what_follows_a_get_is_timed_as_the_next_head() {
        let get: &[u8] = b"GET / HTTP/1.1\r\n\r\n";
        for reads in [&[&get.repeat(2)[..], b"GET"][..], &[get, b"GET"], &[get, b"G", b"ET"]] {
            let mut progress = after(reads);
            assert!(!progress.is_in_head(), "the first is being answered");
            progress.written(b"HTTP/1.1 200 OK");
            assert!(progress.is_in_head());
        }
        // Of several that are whole nothing is waited for.
        let mut progress = after(&[&get.repeat(3)]);
        progress.written(b"HTTP/1.1 200 OK");
        assert_eq!(progress, Progress::START);
        // The content of a POST is no head.
        let mut progress = after(&[b"POST / HTTP/1.1\r\n\r\n{}", b"{}"]);
        progress.written(b"HTTP/1.1 200 OK");
        assert_eq!(progress, Progress::START);
    }

    #[test]
    fn a_client_that_is_told_to_go_on_is_not_answered_yet() {
        let mut progress = after(&[b"POST / HTTP/1.1\r\nExpect: 100-continue\r\n\r\n"]);
        progress.written(CONTINUE);
        progress.read(b"{");
        assert_eq!(progress, CONTENT);
        progress.written(b"HTTP/1.1 201 Created");
        assert_eq!(progress, Progress::START);
        // Where both go out together, the answer counts.
        let mut progress = CONTENT;
        progress.written(&[CONTINUE, b"HTTP/1.1 201 Created"].concat());
        assert_eq!(progress, Progress::START);
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
