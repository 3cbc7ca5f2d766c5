//! A connection of a caller, with the deadlines that the HTTP library does not have.
//!
//! The library limits the time of a connection's first head only, any byte ends the limit on
//! idleness, and nothing limits the time of an answer that its caller does not read. So a stranger
//! could hold connections for ever, until no descriptor is left (ADR 18). The cast: a [`Watched`]
//! is the stream that the library reads and writes; [`Connections`] knows all of them, and closes
//! the one that has waited longest for a head when there are too many.

use std::collections::BTreeMap;
use std::future::Future;
use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::ConnectionType;
use actix_web::middleware::Next;
use actix_web::rt::net::{ActixStream, Ready, TcpStream};
use futures_util::task::AtomicWaker;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

use crate::limits::{HEAD_TIMEOUT, WRITE_BYTES_PER_SECOND_MIN, WRITE_TIMEOUT};
use crate::refusal::Refusal;

/// All connections of a server. Cloning shares them.
#[derive(Clone)]
pub struct Connections {
    open: Arc<Mutex<BTreeMap<u64, Arc<State>>>>,
    next_number: Arc<AtomicU64>,
    is_stopping: Arc<AtomicBool>,
    max: usize,
}

/// What is known of one connection.
pub(crate) struct State {
    /// Requests whose head has come.
    requests: AtomicUsize,
    /// Those of them whose body has not.
    bodies: AtomicUsize,
    /// Since when a head has been waited for.
    waiting_since: Mutex<Instant>,
    is_closed: AtomicBool,
    reader: AtomicWaker,
}

/// A connection's stream.
pub(crate) struct Watched {
    io: TcpStream,
    state: Arc<State>,
    connections: Connections,
    number: u64,
    /// Whether the service is reached over https.
    https: bool,
    /// What is written in the place of an answer of the library's own, if that is under way.
    refusal: Option<Refusal>,
    /// By when what is being written must have gone; `None` while nothing waits.
    write_deadline: Option<Instant>,
    timer: Pin<Box<Sleep>>,
}

impl Connections {
    /// Returns room for so many connections at a time.
    pub fn new(max: usize) -> Self {
        Self {
            open: Arc::default(),
            next_number: Arc::default(),
            is_stopping: Arc::default(),
            max,
        }
    }

    /// Closes the connections that wait for a request, and the others after their answers.
    pub fn stop(&self) {
        self.is_stopping.store(true, Ordering::Relaxed);
        let open = lock(&self.open);
        let waiting = open.values().filter(|state| state.is_waiting());
        waiting.for_each(|state| state.close());
    }

    /// Takes a connection in; closes the one that has been idle longest if there are too many.
    ///
    /// # Errors
    /// There are too many, and all of them are being answered.
    pub(crate) fn admit(&self, io: TcpStream, https: bool) -> io::Result<Watched> {
        let state = Arc::new(State::new());
        let number = self.next_number.fetch_add(1, Ordering::Relaxed);
        let mut open = lock(&self.open);
        if self.max <= open.len() {
            let idle = open.iter().filter(|(_, state)| state.is_idle());
            let longest = idle.min_by_key(|(_, state)| *lock(&state.waiting_since));
            let longest = longest.map(|(number, _)| *number);
            let Some(longest) = longest.and_then(|number| open.remove(&number)) else {
                return Err(ErrorKind::ConnectionRefused.into());
            };
            longest.close();
        }
        open.insert(number, Arc::clone(&state));
        Ok(Watched {
            io,
            state,
            connections: self.clone(),
            number,
            https,
            refusal: None,
            write_deadline: None,
            timer: Box::pin(sleep_until(Instant::now())),
        })
    }
}

impl State {
    fn new() -> Self {
        Self {
            requests: AtomicUsize::new(0),
            bodies: AtomicUsize::new(0),
            waiting_since: Mutex::new(Instant::now()),
            is_closed: AtomicBool::new(false),
            reader: AtomicWaker::new(),
        }
    }

    fn is_waiting(&self) -> bool {
        self.requests.load(Ordering::Relaxed) == 0
    }

    /// Returns whether nothing is being done for it: a head or a body is waited for.
    fn is_idle(&self) -> bool {
        self.requests.load(Ordering::Relaxed) == self.bodies.load(Ordering::Relaxed)
    }

    fn wait_from_now_on(&self) {
        *lock(&self.waiting_since) = Instant::now();
    }

    fn close(&self) {
        self.is_closed.store(true, Ordering::Relaxed);
        self.reader.wake();
    }
}

/// Counts a request for as long as it is being answered.
struct Answering(Arc<State>);

impl Drop for Answering {
    fn drop(&mut self) {
        self.0.wait_from_now_on();
        self.0.requests.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Counts a body for as long as it is waited for.
pub(crate) struct Arriving(Arc<State>);

impl Drop for Arriving {
    fn drop(&mut self) {
        self.0.bodies.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Notes that a request's body is waited for: meanwhile nothing is done for its connection.
pub(crate) fn count_body(request: &HttpRequest) -> Option<Arriving> {
    let (state, _) = request.conn_data::<Handle>()?;
    state.bodies.fetch_add(1, Ordering::Relaxed);
    Some(Arriving(Arc::clone(state)))
}

/// What a request finds out about its connection.
pub(crate) type Handle = (Arc<State>, Connections);

/// Notes that a connection's request is being answered, and closes the connection after the answer
/// if the server is stopping.
pub(crate) async fn count_request(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let Some((state, connections)) = request.conn_data::<Handle>().cloned() else {
        return next.call(request).await;
    };
    state.requests.fetch_add(1, Ordering::Relaxed);
    let _answering = Answering(state);
    let mut response = next.call(request).await?;
    if connections.is_stopping.load(Ordering::Relaxed) {
        let head = response.response_mut().head_mut();
        head.set_connection_type(ConnectionType::Close);
    }
    Ok(response)
}

impl Watched {
    /// Returns what is handed to this connection's requests.
    pub(crate) fn handle(&self) -> Handle {
        (Arc::clone(&self.state), self.connections.clone())
    }

    /// Fails once a moment has passed; wakes the task then.
    fn limit(&mut self, until: Instant, context: &mut Context<'_>) -> io::Result<()> {
        if self.timer.deadline() != until {
            self.timer.as_mut().reset(until);
        }
        match self.timer.as_mut().poll(context) {
            Poll::Ready(()) => Err(ErrorKind::TimedOut.into()),
            Poll::Pending => Ok(()),
        }
    }

    fn limit_waiting(&mut self, context: &mut Context<'_>) -> io::Result<()> {
        if self.write_deadline.is_some() || !self.state.is_waiting() {
            return Ok(());
        }
        let since = *lock(&self.state.waiting_since);
        self.limit(since + HEAD_TIMEOUT, context)
    }

    /// Notes that so much of what was to be written has gone.
    fn written(&mut self, bytes: usize, wanted: usize) {
        if bytes == wanted {
            if self.write_deadline.take().is_some() {
                self.state.wait_from_now_on();
            }
            return;
        }
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        let more = Duration::from_secs(1) * bytes / WRITE_BYTES_PER_SECOND_MIN;
        let deadline = self.write_deadline.unwrap_or_else(write_deadline);
        self.write_deadline = Some(deadline + more);
    }
}

fn write_deadline() -> Instant {
    Instant::now() + WRITE_TIMEOUT
}

impl AsyncRead for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.state.reader.register(context.waker());
        if self.state.is_closed.load(Ordering::Relaxed) {
            return Poll::Ready(Err(ErrorKind::ConnectionAborted.into()));
        }
        match Pin::new(&mut self.io).poll_read(context, buffer) {
            Poll::Pending => match self.limit_waiting(context) {
                Ok(()) => Poll::Pending,
                Err(error) => Poll::Ready(Err(error)),
            },
            ready @ Poll::Ready(_) => ready,
        }
    }
}

impl AsyncWrite for Watched {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let https = self.https;
        let refusal = self
            .refusal
            .take()
            .or_else(|| Refusal::for_answer(bytes, https));
        let Some(mut refusal) = refusal else {
            return self.poll_write_some(context, bytes);
        };
        while let left @ [_, ..] = refusal.left() {
            match self.poll_write_some(context, left) {
                Poll::Ready(Ok(written)) => refusal.advance(written),
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => {
                    self.refusal = Some(refusal);
                    return Poll::Pending;
                }
            }
        }
        Poll::Ready(Ok(refusal.replaces()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(context)
    }
}

impl Watched {
    fn poll_write_some(
        &mut self,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match Pin::new(&mut self.io).poll_write(context, bytes) {
            Poll::Ready(Ok(written)) => {
                self.written(written, bytes.len());
                Poll::Ready(Ok(written))
            }
            Poll::Pending => {
                let deadline = *self.write_deadline.get_or_insert_with(write_deadline);
                match self.limit(deadline, context) {
                    Ok(()) => Poll::Pending,
                    Err(error) => Poll::Ready(Err(error)),
                }
            }
            failed @ Poll::Ready(_) => failed,
        }
    }
}

impl ActixStream for Watched {
    fn poll_read_ready(&self, context: &mut Context<'_>) -> Poll<io::Result<Ready>> {
        ActixStream::poll_read_ready(&self.io, context)
    }

    fn poll_write_ready(&self, context: &mut Context<'_>) -> Poll<io::Result<Ready>> {
        ActixStream::poll_write_ready(&self.io, context)
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        lock(&self.connections.open).remove(&self.number);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
