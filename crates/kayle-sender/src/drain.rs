//! Reading what is left of an answer, so that its connection can be kept (contract 7.4).
//!
//! The outcome is decided by then, and nothing here changes it: a body that is too long, too slow
//! or broken costs its connection and nothing else.

use std::pin::Pin;
use std::sync::Mutex;

use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

use crate::limits::{DRAIN_GRACE, DRAINED_BYTES_MAX, DRAINS_MAX};

/// The bodies that are drained behind their attempts' backs. Dropping it closes their connections.
#[derive(Default)]
pub(crate) struct Drains {
    tasks: Mutex<JoinSet<()>>,
}

impl Drains {
    /// Reads a body to its end and throws it away. Returns when that is done or at `deadline`, and
    /// in any case soon: what takes longer goes on without the caller.
    pub(crate) async fn drain(&self, body: Incoming, deadline: Instant) {
        if body.is_end_stream() {
            return;
        }
        let mut draining = Box::pin(drain(body));
        let grace_until = deadline.min(Instant::now() + DRAIN_GRACE);
        if timeout_at(grace_until, &mut draining).await.is_err() {
            self.go_on_with(draining, deadline);
        }
    }

    fn go_on_with(
        &self,
        draining: Pin<Box<impl Future<Output = ()> + Send + 'static>>,
        deadline: Instant,
    ) {
        let mut tasks = self
            .tasks
            .lock()
            .expect("nothing panics while it holds the tasks");
        while tasks.try_join_next().is_some() {}
        if tasks.len() < DRAINS_MAX {
            tasks.spawn(async move {
                // Time is up or the body is read: either way it is dropped here.
                let _ = timeout_at(deadline, draining).await;
            });
        }
    }
}

/// Dropping a body before its end closes the connection.
async fn drain(mut body: Incoming) {
    let mut left = DRAINED_BYTES_MAX;
    while let Some(Ok(frame)) = body.frame().await {
        let length = frame.data_ref().map_or(0, bytes::Bytes::len);
        match left.checked_sub(length) {
            Some(rest) => left = rest,
            None => return,
        }
    }
}
