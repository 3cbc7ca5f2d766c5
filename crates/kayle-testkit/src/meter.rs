//! A meter that remembers how often it was told what.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use kayle_app::ports::meter::{
    AttemptBegan, BatchKind, DeliveryEnd, DispatcherLoad, LookReason, Loop, Meter, ReportAnswer,
    SecretFailure, Swept, WaitedFor,
};
use kayle_app::ports::store::{NewEvent, SessionStep};
use kayle_crypto::SignedWith;
use kayle_delivery::Step;
use kayle_endpoints::UrlRefusal;

/// Counts facts by their names, such as `report accepted` or `ended exhausted`.
#[derive(Debug, Default)]
pub struct CountingMeter {
    counts: Mutex<BTreeMap<String, usize>>,
    began: Mutex<Vec<AttemptBegan>>,
}

impl CountingMeter {
    /// Returns all that was counted.
    pub fn counts(&self) -> BTreeMap<String, usize> {
        let counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.clone()
    }

    /// Returns how often something was counted.
    pub fn count(&self, fact: &str) -> usize {
        self.counts().get(fact).copied().unwrap_or_default()
    }

    /// Returns what was known of each request when it began.
    pub fn began(&self) -> Vec<AttemptBegan> {
        let began = self.began.lock().unwrap_or_else(PoisonError::into_inner);
        began.clone()
    }

    fn add(&self, fact: impl Into<String>, count: usize) {
        if 0 < count {
            let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
            *counts.entry(fact.into()).or_default() += count;
        }
    }

    fn add_named(&self, fact: &str, name: &'static str, count: usize) {
        self.add(format!("{fact} {name}"), count);
    }
}

impl Meter for CountingMeter {
    fn request_began(&self) {
        self.add("request began", 1);
    }

    fn request_ended(&self, route: Option<&str>, status_code: Option<u16>, _: Duration) {
        let route = route.unwrap_or("unknown");
        let status = status_code.map_or("no answer".to_owned(), |code| code.to_string());
        self.add(format!("request {route} {status}"), 1);
    }

    fn report_answered(&self, answer: ReportAnswer) {
        self.add_named("report", answer.into(), 1);
    }

    fn step_committed(&self, step: &SessionStep) {
        for NewEvent { event, .. } in &step.events {
            self.add_named("event", event.event_type.as_str(), 1);
        }
        self.add("delivery", step.deliveries.len());
    }

    fn attempt_began(&self, began: AttemptBegan) {
        let mut all = self.began.lock().unwrap_or_else(PoisonError::into_inner);
        all.push(began);
        let waited_for: &'static str = WaitedFor::into(began.waited_for);
        self.add_named("began", waited_for, 1);
    }

    fn settled(&self, step: &Step) {
        self.add("settled", 1);
        if let Some(end) = DeliveryEnd::of(step) {
            self.deliveries_ended(end, 1);
        }
    }

    fn deliveries_ended(&self, end: DeliveryEnd, count: usize) {
        self.add_named("ended", end.into(), count);
    }

    fn url_refused(&self, refusal: UrlRefusal) {
        self.add_named("url refused", refusal.as_str(), 1);
    }

    fn secret_failed(&self, failure: SecretFailure) {
        self.add_named("secret", failure.into(), 1);
    }

    fn service_token_verified(&self, signed_with: SignedWith) {
        self.add_named("service token", signed_with.into(), 1);
    }

    fn leases_expired(&self, count: usize) {
        self.add("lease expired", count);
    }

    fn results_discarded(&self, count: usize) {
        self.add("result discarded", count);
    }

    fn dispatcher_turned(&self, _: DispatcherLoad) {
        self.add("dispatcher turned", 1);
    }

    fn queue_looked_at(&self, why: LookReason) {
        self.add_named("look", why.into(), 1);
    }

    fn batch_ended(&self, batch: BatchKind, size: usize, _: Duration) {
        self.add_named("batch", batch.into(), 1);
        self.add_named("batched", batch.into(), size);
    }

    fn swept(&self, what: Swept, count: usize) {
        self.add_named("swept", what.into(), count);
    }

    fn loop_turned(&self, which: Loop) {
        self.add_named("loop", which.into(), 1);
    }
}
