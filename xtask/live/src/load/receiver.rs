//! The server behind every endpoint: it notes when a delivery arrived, and answers 204 if it is not
//! told to misbehave.
//!
//! It keeps connections alive, keeps the body and two headers; it neither verifies nor decrypts, so
//! that next to nothing of the machine is spent on being measured. [`super::contents`] does that
//! when the measurement is over.

use std::collections::HashMap;
use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use http_body_util::{BodyExt, Empty};
use hyper::body::{Bytes, Incoming};
use hyper::http::request::Parts;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Response, StatusCode};
use hyper_util::rt::TokioIo;
use indicatif::ProgressBar;
use kayle_primitives::Clock;
use kayle_testkit::receiver::{ReceivedRequest, WallClock};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::misbehaviour::{AT_ONCE, Misbehaviour, Reaction};
use super::now;

const SIGNATURE: &str = "x-kayle-signature";

/// A running receiver; dropping it closes its port and every connection.
pub(super) struct Receiver {
    address: SocketAddr,
    arrivals: Arc<watch::Sender<Arrivals>>,
    _accepting: JoinSet<()>,
}

/// What has arrived so far.
#[derive(Default)]
struct Arrivals {
    of: HashMap<String, Arrival>,
    requests: Vec<Request>,
    duplicates: usize,
    misbehaviour: Misbehaviour,
}

/// What became of one delivery.
struct Arrival {
    /// When its first request was complete.
    first_at: Instant,
    accepted: bool,
}

/// A request as it came, as far as its contents are checked.
#[derive(Clone)]
pub(super) struct Request {
    pub(super) delivery_id: String,
    /// What [`ReceivedRequest::verify`] and [`ReceivedRequest::decrypt`] need.
    pub(super) received: ReceivedRequest,
}

/// Nothing more is expected after a silence as long as this: the longest wait between two
/// requests that a healthy service makes is the second attempt's delay after a timeout, 20 s.
const SILENCE_MAX: Duration = Duration::from_mins(1);

impl Receiver {
    /// Listens on a free port of 127.0.0.1.
    pub(super) async fn start() -> anyhow::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
        let listener = listener.context("the receiver has no port")?;
        let address = listener.local_addr()?;
        let arrivals = Arc::new(watch::Sender::new(Arrivals::default()));
        let mut accepting = JoinSet::new();
        accepting.spawn(accept(listener, Arc::clone(&arrivals)));
        Ok(Self {
            address,
            arrivals,
            _accepting: accepting,
        })
    }

    /// Returns the URL of one of its endpoints.
    pub(super) fn url(&self, endpoint: u16) -> String {
        format!("http://{}/{endpoint}", self.address)
    }

    /// Misbehaves like this from now on.
    pub(super) fn misbehave(&self, misbehaviour: Misbehaviour) {
        self.arrivals
            .send_modify(|arrivals| arrivals.misbehaviour = misbehaviour);
    }

    /// Waits until all of these deliveries have arrived, however slowly, and returns when each did;
    /// `None` for those that have not when nothing arrives any more. The bar is moved once for each.
    pub(super) async fn wait_for<Id: AsRef<str>>(
        &self,
        deliveries: &[Id],
        bar: &ProgressBar,
    ) -> Vec<Option<Instant>> {
        self.wait_until(deliveries, |_| true, bar).await;
        let arrivals = self.arrivals.borrow();
        let arrivals = deliveries.iter().map(|id| arrivals.of.get(id.as_ref()));
        arrivals
            .map(|arrival| arrival.map(|arrival| arrival.first_at))
            .collect()
    }

    /// Waits until all of these deliveries were accepted, or nothing arrives any more.
    pub(super) async fn wait_until_accepted<Id: AsRef<str>>(
        &self,
        deliveries: &[Id],
        bar: &ProgressBar,
    ) {
        self.wait_until(deliveries, |arrival| arrival.accepted, bar)
            .await;
    }

    async fn wait_until<Id: AsRef<str>>(
        &self,
        deliveries: &[Id],
        over: fn(&Arrival) -> bool,
        bar: &ProgressBar,
    ) {
        let mut changes = self.arrivals.subscribe();
        let mut reached = 0;
        while let Some(delivery_id) = deliveries.get(reached) {
            let arrivals = changes.borrow_and_update();
            let is_over = arrivals.of.get(delivery_id.as_ref()).is_some_and(over);
            drop(arrivals);
            if is_over {
                reached += 1;
                bar.inc(1);
            } else if timeout(SILENCE_MAX, changes.changed()).await.is_err() {
                return;
            }
        }
    }

    /// Returns how many requests came for deliveries that had been accepted before.
    pub(super) fn duplicates(&self) -> usize {
        self.arrivals.borrow().duplicates
    }

    /// Returns every request that came.
    pub(super) fn requests(&self) -> Vec<Request> {
        self.arrivals.borrow().requests.clone()
    }
}

async fn accept(listener: TcpListener, arrivals: Arc<watch::Sender<Arrivals>>) {
    let mut connections = JoinSet::new();
    loop {
        if let Ok((stream, _)) = listener.accept().await {
            connections.spawn(serve(stream, Arc::clone(&arrivals)));
        }
        while connections.try_join_next().is_some() {}
    }
}

async fn serve(stream: TcpStream, arrivals: Arc<watch::Sender<Arrivals>>) {
    let service = service_fn(|request| respond(request, &arrivals));
    // A connection that cannot send at once, or that the service broke, shows as a late or lost
    // delivery.
    let _ = stream.set_nodelay(true);
    let _ = http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

async fn respond(
    request: hyper::Request<Incoming>,
    arrivals: &watch::Sender<Arrivals>,
) -> Result<Response<Empty<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let reaction = match body.collect().await {
        Ok(body) => take_in(&head, &body.to_bytes(), arrivals),
        Err(_) => None,
    };
    let mut response = Response::new(Empty::new());
    *response.status_mut() = match reaction {
        Some(reaction) => {
            if reaction.delay > Duration::ZERO {
                sleep(reaction.delay).await;
            }
            reaction.status
        }
        None => StatusCode::BAD_REQUEST,
    };
    Ok(response)
}

fn take_in(head: &Parts, body: &Bytes, arrivals: &watch::Sender<Arrivals>) -> Option<Reaction> {
    let arrived_at = now();
    let delivery_id = head.headers.get("x-kayle-delivery-id")?.to_str().ok()?;
    let signature = head.headers.get(SIGNATURE).map(|value| {
        let value = String::from_utf8_lossy(value.as_bytes());
        (SIGNATURE.to_owned(), value.into_owned())
    });
    let request = Request {
        delivery_id: delivery_id.to_owned(),
        received: ReceivedRequest {
            method: head.method.to_string(),
            path: head.uri.path().to_owned(),
            headers: signature.into_iter().collect(),
            // A copy: as a part of the connection's buffer it would keep all of it.
            body: Bytes::copy_from_slice(body),
            received_at: WallClock.now(),
        },
    };
    let mut reaction = AT_ONCE;
    arrivals.send_modify(|arrivals| reaction = arrivals.add(request, arrived_at));
    Some(reaction)
}

impl Arrivals {
    fn add(&mut self, request: Request, arrived_at: Instant) -> Reaction {
        let reaction = match self.of.get_mut(&request.delivery_id) {
            Some(arrival) if arrival.accepted => {
                self.duplicates += 1;
                AT_ONCE
            }
            Some(arrival) => {
                arrival.accepted = true;
                AT_ONCE
            }
            None => self.add_first(&request.delivery_id, arrived_at),
        };
        self.requests.push(request);
        reaction
    }

    fn add_first(&mut self, delivery_id: &str, first_at: Instant) -> Reaction {
        let reaction = self.misbehaviour.choose(self.of.len());
        let arrival = Arrival {
            first_at,
            accepted: reaction.status.is_success(),
        };
        self.of.insert(delivery_id.to_owned(), arrival);
        reaction
    }
}
