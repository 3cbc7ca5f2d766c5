//! The server behind every endpoint: it notes when a delivery arrived, and answers 204.
//!
//! It keeps connections alive, reads the body and looks at one header; it neither verifies nor
//! decrypts, so that next to nothing of the machine is spent on being measured.

use std::collections::HashMap;
use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use http_body_util::{BodyExt, Empty};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::now;

/// A running receiver; dropping it closes its port and every connection.
pub(super) struct Receiver {
    address: SocketAddr,
    arrivals: Arc<watch::Sender<Arrivals>>,
    _accepting: JoinSet<()>,
}

/// What has arrived so far.
#[derive(Default)]
struct Arrivals {
    /// When each delivery's first request was complete.
    at: HashMap<String, Instant>,
    repeated: usize,
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

    /// Waits until all of these deliveries have arrived, however slowly, and says when each did.
    ///
    /// # Errors
    /// Some have not, and nothing arrives any more.
    pub(super) async fn wait_for<Id: AsRef<str>>(
        &self,
        deliveries: &[Id],
    ) -> anyhow::Result<Vec<Instant>> {
        let mut changes = self.arrivals.subscribe();
        let mut arrived_at = Vec::with_capacity(deliveries.len());
        while let Some(delivery_id) = deliveries.get(arrived_at.len()) {
            let arrival = changes
                .borrow_and_update()
                .at
                .get(delivery_id.as_ref())
                .copied();
            match arrival {
                Some(at) => arrived_at.push(at),
                None if timeout(SILENCE_MAX, changes.changed()).await.is_ok() => {}
                None => bail!(
                    "lost: {} deliveries did not arrive",
                    self.missing(deliveries)
                ),
            }
        }
        Ok(arrived_at)
    }

    fn missing<Id: AsRef<str>>(&self, deliveries: &[Id]) -> usize {
        let arrivals = self.arrivals.borrow();
        let missing = deliveries
            .iter()
            .filter(|id| !arrivals.at.contains_key(id.as_ref()));
        missing.count()
    }

    /// Returns how many requests came for deliveries that had arrived before.
    pub(super) fn repeated(&self) -> usize {
        self.arrivals.borrow().repeated
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
    request: Request<Incoming>,
    arrivals: &watch::Sender<Arrivals>,
) -> Result<Response<Empty<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let delivery_id = head.headers.get("x-kayle-delivery-id");
    let delivery_id = delivery_id.and_then(|id| id.to_str().ok());
    let mut response = Response::new(Empty::new());
    *response.status_mut() = match (delivery_id, body.collect().await) {
        (Some(delivery_id), Ok(_)) => {
            note(arrivals, delivery_id);
            StatusCode::NO_CONTENT
        }
        (None, _) | (_, Err(_)) => StatusCode::BAD_REQUEST,
    };
    Ok(response)
}

fn note(arrivals: &watch::Sender<Arrivals>, delivery_id: &str) {
    let arrived_at = now();
    arrivals.send_modify(|arrivals| {
        if arrivals.at.contains_key(delivery_id) {
            arrivals.repeated += 1;
        } else {
            arrivals.at.insert(delivery_id.to_owned(), arrived_at);
        }
    });
}
