//! What really happened: written by the simulation beside the service, read by the laws.

use std::collections::{BTreeMap, BTreeSet};

use kayle_delivery::{
    Attempt, AttemptOutcome, Delivery, LeaseHolder, RetrySchedule, RetrySchedules,
};
use kayle_endpoints::RetryScheduleName;
use kayle_events::Event;
use kayle_primitives::{DeliveryId, EndpointId, EventId, OrganizationId, SessionId, Timestamp};
use kayle_sessions::Session;

use crate::Breach;

/// Everything since the beginning, in the order in which it happened.
#[derive(Default)]
pub(crate) struct History {
    /// Counts what was written here: of two entries the later one has the higher moment.
    pub(crate) moment: u64,
    /// Whose everything is.
    pub(crate) organization_id: Option<OrganizationId>,
    pub(crate) endpoints: BTreeMap<EndpointId, EndpointRecord>,
    pub(crate) sessions: BTreeMap<SessionId, SessionRecord>,
    pub(crate) events: BTreeMap<EventId, Event>,
    pub(crate) deliveries: BTreeMap<DeliveryId, DeliveryRecord>,
    pub(crate) claims: BTreeMap<(DeliveryId, LeaseHolder), ClaimRecord>,
    /// When a claim had its last look at its leases.
    pub(crate) last_looks: BTreeMap<LeaseHolder, u64>,
    pub(crate) requests: Vec<Request>,
    /// What a caller was told is kept.
    pub(crate) acknowledged: Vec<DeliveryId>,
    pub(crate) schedules: RetrySchedules,
    /// The endpoints that may be sent to: enabled, as is their organization.
    pub(crate) open_endpoints: BTreeSet<EndpointId>,
    /// The latest moment that anybody was shown: the clock may have been set back since.
    pub(crate) latest: Option<Timestamp>,
    /// The first law that was broken.
    pub(crate) breach: Option<Breach>,
    trace: Option<Vec<String>>,
}

/// An endpoint, as it was made.
pub(crate) struct EndpointRecord {
    pub(crate) schedule: RetryScheduleName,
    /// Whether it stays enabled, with a key, and wants every event.
    pub(crate) is_steady: bool,
    /// Whether somebody asked for its deletion: then its deliveries may follow the default
    /// schedule.
    pub(crate) may_be_gone: bool,
}

/// A session, as it was committed last.
pub(crate) struct SessionRecord {
    pub(crate) session: Session,
    /// When its events' deliveries had to stop.
    pub(crate) suppressed_at: Option<u64>,
}

/// A delivery, as it was committed last.
pub(crate) struct DeliveryRecord {
    pub(crate) delivery: Delivery,
    pub(crate) attempts: Vec<Attempt>,
    /// When its payload was taken away.
    pub(crate) scrubbed_at: Option<u64>,
    /// How often a person asked for it again after it had been tried.
    pub(crate) requeues: usize,
    /// Whether it lost its payload while a dispatcher had it.
    pub(crate) was_cut_off: bool,
}

/// One dispatcher's claim on one delivery.
pub(crate) struct ClaimRecord {
    pub(crate) claimed_at: u64,
}

/// One HTTP request.
#[derive(Clone)]
pub(crate) struct Request {
    pub(crate) delivery_id: DeliveryId,
    pub(crate) holder: LeaseHolder,
    pub(crate) body: String,
    /// What its dispatcher heard, if it lived to hear it.
    pub(crate) outcome: AttemptOutcome,
}

impl History {
    pub(crate) fn new(is_traced: bool) -> Self {
        Self {
            trace: is_traced.then(Vec::new),
            ..Self::default()
        }
    }

    /// Returns the moment of a new entry.
    pub(crate) fn next_moment(&mut self) -> u64 {
        self.moment += 1;
        self.moment
    }

    /// Adds a line to the trace, if one is kept.
    pub(crate) fn trace(&mut self, now: Timestamp, line: impl FnOnce() -> String) {
        if let Some(trace) = &mut self.trace {
            trace.push(format!("{now} {}", line()));
        }
    }

    pub(crate) fn take_trace(&mut self) -> Vec<String> {
        self.trace.take().unwrap_or_default()
    }

    /// Notes that a law is broken, unless one was before.
    pub(crate) fn note(&mut self, law: &'static str, checked: Result<(), String>) {
        if let Err(detail) = checked
            && self.breach.is_none()
        {
            self.breach = Some(Breach { law, detail });
        }
    }

    /// Returns the event that a delivery brings.
    pub(crate) fn event_of(&self, delivery: &Delivery) -> Option<&Event> {
        self.events.get(&delivery.event_id)
    }

    pub(crate) fn requests_of<'a>(
        &'a self,
        id: &'a DeliveryId,
    ) -> impl Iterator<Item = &'a Request> {
        self.requests
            .iter()
            .filter(move |request| request.delivery_id == *id)
    }

    /// Returns the schedules that a delivery may follow.
    pub(crate) fn schedules_of(&self, delivery: &Delivery) -> Vec<&RetrySchedule> {
        let standard = self.schedules.named(RetryScheduleName::default());
        let Some(endpoint) = self.endpoints.get(&delivery.endpoint_id) else {
            return vec![standard];
        };
        let own = self.schedules.named(endpoint.schedule);
        if endpoint.may_be_gone {
            vec![own, standard]
        } else {
            vec![own]
        }
    }
}

/// Returns the end of an id: enough to tell things of one run apart.
pub(crate) fn short(id: &str) -> &str {
    id.get(id.len().saturating_sub(5)..).unwrap_or(id)
}
