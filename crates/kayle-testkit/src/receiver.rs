//! A customer's server on a loopback port: it records every request as it arrived, verifies and
//! decrypts it on demand, and misbehaves as it is told.
//!
//! [`Behaviour`] says how requests are answered, [`ReceivedRequest`] is what came,
//! [`Receiver::wait_for`] waits for it.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use kayle_primitives::Clock;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

pub use self::behaviour::{Behaviour, Reaction};
pub use self::received::{OpenedEvent, ReceivedRequest, Refusal};
pub use self::wall_clock::WallClock;

use self::answer::AnswerBody;

mod answer;
mod behaviour;
mod received;
#[cfg(test)]
mod tests;
mod wall_clock;

/// A running receiver; dropping it closes its port and every connection.
pub struct Receiver {
    address: SocketAddr,
    desk: Arc<Desk>,
    _accepting: JoinSet<()>,
}

/// What all connections of a receiver share.
struct Desk {
    clock: Arc<dyn Clock>,
    script: Mutex<VecDeque<Reaction>>,
    afterwards: Reaction,
    received: watch::Sender<Vec<ReceivedRequest>>,
    releases: Semaphore,
}

/// Fewer requests came than were waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{arrived} of {wanted} requests arrived within {timeout:?}")]
pub struct TooFewRequests {
    /// How many were waited for.
    pub wanted: usize,
    /// How many had come when time was up.
    pub arrived: usize,
    /// How long they were waited for.
    pub timeout: Duration,
}

impl Receiver {
    /// Listens on a free port of 127.0.0.1; requests are dated by `clock`.
    pub async fn start(clock: Arc<dyn Clock>, behaviour: Behaviour) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let desk = Arc::new(Desk {
            clock,
            script: Mutex::new(behaviour.script.into()),
            afterwards: behaviour.afterwards,
            received: watch::Sender::new(Vec::new()),
            releases: Semaphore::new(0),
        });
        let mut accepting = JoinSet::new();
        accepting.spawn(accept(listener, Arc::clone(&desk)));
        Ok(Self {
            address,
            desk,
            _accepting: accepting,
        })
    }

    /// Returns the address it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns its URL with this path, which starts with a slash.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Returns all requests so far, in the order in which they were complete.
    pub fn received(&self) -> Vec<ReceivedRequest> {
        self.desk.received.borrow().clone()
    }

    /// Waits until at least `wanted` requests have come in all, and returns all that have.
    pub async fn wait_for(
        &self,
        wanted: usize,
        timeout: Duration,
    ) -> Result<Vec<ReceivedRequest>, TooFewRequests> {
        let mut received = self.desk.received.subscribe();
        let enough = received.wait_for(|requests| requests.len() >= wanted);
        match tokio::time::timeout(timeout, enough).await {
            Ok(Ok(requests)) => Ok(requests.clone()),
            Ok(Err(_)) | Err(_) => Err(TooFewRequests {
                wanted,
                arrived: self.received().len(),
                timeout,
            }),
        }
    }

    /// Lets one request be answered that [`Reaction::StatusOnRelease`] holds, or will hold.
    pub fn release(&self) {
        self.desk.releases.add_permits(1);
    }
}

async fn accept(listener: TcpListener, desk: Arc<Desk>) {
    let mut connections = JoinSet::new();
    loop {
        // A connection that broke before it was accepted is not a request.
        if let Ok((stream, _)) = listener.accept().await {
            connections.spawn(serve(stream, Arc::clone(&desk)));
        }
        while connections.try_join_next().is_some() {}
    }
}

async fn serve(stream: TcpStream, desk: Arc<Desk>) {
    let service = service_fn(|request| respond(request, Arc::clone(&desk)));
    // The peer may break the connection, and so may a reaction.
    let _ = http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

/// The receiver ends the connection without an answer.
#[derive(Debug, thiserror::Error)]
#[error("the receiver hangs up")]
struct HangUp;

async fn respond(
    request: Request<Incoming>,
    desk: Arc<Desk>,
) -> Result<Response<AnswerBody>, HangUp> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(|_| HangUp)?.to_bytes();
    let request = ReceivedRequest::new(&head, body, desk.clock.now());
    let reaction = desk.take_in(request);
    react(reaction, &desk.releases).await
}

async fn react(reaction: Reaction, releases: &Semaphore) -> Result<Response<AnswerBody>, HangUp> {
    match reaction {
        Reaction::Status(status) => Ok(answer::with_status(status)),
        Reaction::StatusAfter(delay, status) => {
            tokio::time::sleep(delay).await;
            Ok(answer::with_status(status))
        }
        Reaction::StatusOnRelease(status) => {
            let permit = releases.acquire().await.map_err(|_| HangUp)?;
            permit.forget();
            Ok(answer::with_status(status))
        }
        Reaction::Redirect(status, location) => Ok(answer::redirect(status, &location)),
        Reaction::RetryAfter(status, value) => Ok(answer::retry_after(status, &value)),
        Reaction::Body(status, body_bytes) => Ok(answer::with_body(
            status,
            AnswerBody::Blank { left: body_bytes },
        )),
        Reaction::StalledBody(status) => Ok(answer::with_body(status, AnswerBody::Stalled)),
        Reaction::Silence => match std::future::pending::<Infallible>().await {},
        Reaction::HangUp => Err(HangUp),
    }
}

impl Desk {
    /// Records a request and says how to react; both in one step, so that the script's order is
    /// the order of arrival.
    fn take_in(&self, request: ReceivedRequest) -> Reaction {
        let mut script = self
            .script
            .lock()
            .expect("nothing panics while it holds the script");
        self.received.send_modify(|requests| requests.push(request));
        script
            .pop_front()
            .unwrap_or_else(|| self.afterwards.clone())
    }
}
