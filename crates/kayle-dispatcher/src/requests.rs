//! What is on its way: requests by task, within the slots that there are for them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use kayle_app::Webhooks;
use kayle_app::dispatch::{Finished, HandedOver, Outcome, Reservation, SlotLimits, Slots, ToSend};
use kayle_app::ports::meter::WaitedFor;
use kayle_app::ports::sender::Sender;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

/// The requests under way. Each is a task; a task that panics is forgotten here, and its delivery
/// goes on when its lease runs out.
pub(crate) struct Requests {
    pub(crate) starter: Starter,
    ended: UnboundedReceiver<Option<Finished>>,
}

/// Starts requests. Clones start them in the same slots.
#[derive(Clone)]
pub(crate) struct Starter {
    pub(crate) slots: Arc<Slots>,
    webhooks: Arc<Webhooks>,
    sender: Arc<dyn Sender>,
    under_way: Arc<AtomicUsize>,
    ends: UnboundedSender<Option<Finished>>,
}

/// Says how a task has ended when it is dropped, however that came about.
struct End {
    finished: Option<Finished>,
    is_regular: bool,
    ends: UnboundedSender<Option<Finished>>,
}

impl Requests {
    /// Creates it with nothing under way.
    pub(crate) fn new(
        webhooks: Arc<Webhooks>,
        sender: Arc<dyn Sender>,
        limits: SlotLimits,
    ) -> Self {
        let (ends, ended) = unbounded_channel();
        Self {
            starter: Starter {
                slots: Arc::new(Slots::new(limits)),
                webhooks,
                sender,
                under_way: Arc::default(),
                ends,
            },
            ended,
        }
    }

    /// Returns whether nothing is under way, and no end waits to be noticed.
    pub(crate) fn is_empty(&self) -> bool {
        self.starter.under_way.load(Ordering::Acquire) == 0
    }

    /// Waits for a request to end; forever if none does. `None` means that nothing is to be settled:
    /// a task died, or its lease had been taken away.
    pub(crate) async fn next(&mut self) -> Option<Finished> {
        match self.ended.recv().await {
            Some(finished) => self.note_end(finished),
            None => std::future::pending().await,
        }
    }

    /// Returns what has ended already and is to be settled.
    pub(crate) fn take_ended(&mut self) -> Vec<Finished> {
        let mut taken = Vec::new();
        while let Ok(finished) = self.ended.try_recv() {
            taken.extend(self.note_end(finished));
        }
        taken
    }

    fn note_end(&mut self, finished: Option<Finished>) -> Option<Finished> {
        self.starter.under_way.fetch_sub(1, Ordering::AcqRel);
        finished
    }
}

impl Starter {
    /// Starts what is handed over, until `stop`; what comes then is given back to the queue.
    pub(crate) async fn start_handed_over(
        &self,
        mut handed_over: UnboundedReceiver<HandedOver>,
        stop: CancellationToken,
    ) {
        loop {
            let next = tokio::select! {
                biased;
                () = stop.cancelled() => break,
                next = handed_over.recv() => next,
            };
            match next {
                Some(next) => self.start_new(next),
                None => break,
            }
        }
        self.webhooks.leave_new_deliveries();
        while let Some(HandedOver { claim, .. }) = handed_over.recv().await {
            let prepared = self.webhooks.prepare_unseen(claim);
            let untried = prepared.to_send.into_iter();
            let untried =
                untried.map(|ready| self.webhooks.finish(ready.in_flight, Outcome::Untried));
            let ended = prepared.finished.into_iter().chain(untried);
            ended.for_each(|ended| self.end(ended));
        }
    }

    /// Starts a claimed delivery's request.
    pub(crate) fn start(&self, ready: ToSend) {
        let (endpoint_id, destination) =
            (ready.endpoint_id().clone(), ready.request.url.destination());
        let reservation = self.slots.reserve(endpoint_id, destination);
        self.start_reserved(ready, reservation);
    }

    fn start_new(&self, new: HandedOver) {
        let HandedOver { claim, reservation } = new;
        let prepared = self.webhooks.prepare_unseen(claim);
        prepared
            .finished
            .into_iter()
            .for_each(|ended| self.end(ended));
        if let Some(ready) = prepared.to_send.into_iter().next() {
            self.start_reserved(ready, reservation);
        }
    }

    /// Notes the end of a claim that was not sent.
    fn end(&self, finished: Finished) {
        self.under_way.fetch_add(1, Ordering::AcqRel);
        // Nobody listens once the dispatcher is gone: its leases run out.
        let _ = self.ends.send(Some(finished));
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "its end is sent to the loop, and the lease ends it if it is not"
    )]
    fn start_reserved(&self, ready: ToSend, reservation: Reservation) {
        self.under_way.fetch_add(1, Ordering::AcqRel);
        let span = tracing::info_span!(
            "attempt",
            delivery.id = %ready.request.delivery_id,
            endpoint.id = %ready.endpoint_id(),
        );
        let mut end = End {
            finished: None,
            is_regular: false,
            ends: self.ends.clone(),
        };
        let starter = self.clone();
        let sent = async move {
            end.finished = starter.send(ready, reservation.waited_for()).await;
            end.is_regular = true;
            // The slot is free before its end is told of.
            drop(reservation);
            drop(end);
        };
        tokio::spawn(sent.instrument(span));
    }

    /// Makes a request; `None` if the lease was taken away meanwhile.
    async fn send(&self, ready: ToSend, waited_for: WaitedFor) -> Option<Finished> {
        let ready = match self.webhooks.recheck(ready).await {
            Ok(ready) => ready?,
            Err(unsent) => return Some(*unsent),
        };
        let ToSend {
            request, in_flight, ..
        } = ready;
        self.webhooks.count_request(&in_flight, waited_for);
        let finished = match self.sender.send(request).await {
            Ok(sent) => self.webhooks.finish_sent(in_flight, sent),
            Err(fault) => {
                let error: &(dyn std::error::Error + 'static) = &fault;
                tracing::error!(error, "nothing was sent; the delivery is tried again");
                self.webhooks.finish(in_flight, Outcome::Fault)
            }
        };
        Some(finished)
    }
}

impl Drop for End {
    fn drop(&mut self) {
        if !self.is_regular {
            // The panic's message may quote what was sent, so it is not logged here.
            tracing::error!("a request's task died; its delivery goes on after its lease");
        }
        // Nobody listens once the dispatcher is gone: its leases run out.
        let _ = self.ends.send(self.finished.take());
    }
}
