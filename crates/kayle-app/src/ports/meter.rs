//! The meter: counts what happens, for operators.
//!
//! It has one method per fact. Which series a fact moves is the implementation's affair; whoever
//! notes a fact says what happened and nothing else. A fact is noted after its commit, so that the
//! numbers agree with the database.

use std::time::Duration;

use kayle_crypto::{OpenError, SignedWith};
use kayle_delivery::{DeliveryState, Payload, ScrubReason, Step};
use kayle_endpoints::UrlRefusal;
use strum::{EnumIter, IntoStaticStr};

use super::store::SessionStep;

/// Counts what happens. Every method returns at once: it waits for nobody and allocates nothing.
pub trait Meter: Send + Sync {
    /// A caller's request has come.
    fn request_began(&self);

    /// A caller's request is over. `route` is the pattern of its path, `None` for an unknown one;
    /// `status_code` is `None` if the caller hung up before the answer.
    fn request_ended(&self, route: Option<&str>, status_code: Option<u16>, took: Duration);

    /// A report of a verification was answered.
    fn report_answered(&self, answer: ReportAnswer);

    /// A step of a session was committed, with its events and their deliveries.
    fn step_committed(&self, step: &SessionStep);

    /// A delivery's request begins.
    fn attempt_began(&self, began: AttemptBegan);

    /// A delivery's claim was settled by this step.
    fn settled(&self, step: &Step);

    /// Deliveries have ended without an attempt.
    fn deliveries_ended(&self, end: DeliveryEnd, count: usize);

    /// The URL policy refused an endpoint's URL before an attempt.
    fn url_refused(&self, refusal: UrlRefusal);

    /// A signing secret could not be opened.
    fn secret_failed(&self, failure: SecretFailure);

    /// Counts a service token that was accepted.
    fn service_token_verified(&self, signed_with: SignedWith);

    /// Leases of other dispatchers, or of an earlier life of this one, had run out.
    fn leases_expired(&self, count: usize);

    /// Results of attempts could not be written: their lease was lost.
    fn results_discarded(&self, count: usize);

    /// The dispatcher has turned.
    fn dispatcher_turned(&self, load: DispatcherLoad);

    /// The dispatcher has looked at the queue, for this reason.
    fn queue_looked_at(&self, why: LookReason);

    /// Many were dealt with at once.
    fn batch_ended(&self, batch: BatchKind, size: usize, took: Duration);

    /// The sweeper dealt with so many of these.
    fn swept(&self, what: Swept, count: usize);

    /// A turn of a loop ended without an error.
    fn loop_turned(&self, which: Loop);
}

/// How the report of a verification was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, EnumIter, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum ReportAnswer {
    /// It was written.
    Accepted,
    /// It had been written before, and was answered as then.
    Repeated,
    /// Its body was refused, its claims among it.
    Refused,
    /// There is no such session.
    NotFound,
    /// The session has ended, or the attempt's id was used for something else.
    Conflict,
    /// The session's window had passed.
    Expired,
    /// It could not be written now; the caller must report again.
    Unavailable,
}

/// What is known when a delivery's request begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AttemptBegan {
    /// Which attempt of the delivery's schedule it is.
    pub turn: AttemptTurn,
    /// How long after its due time it begins.
    pub lag: Duration,
    /// What the delivery waited for meanwhile.
    pub waited_for: WaitedFor,
}

/// Which attempt of a schedule it is. A retry by hand begins the schedule anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, EnumIter, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum AttemptTurn {
    /// The first.
    First,
    /// Another one.
    Later,
}

impl AttemptTurn {
    /// Returns which attempt follows `attempt_count` others.
    pub fn after(attempt_count: u32) -> Self {
        match attempt_count {
            0 => Self::First,
            1.. => Self::Later,
        }
    }
}

/// What a due delivery waited for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, EnumIter, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum WaitedFor {
    /// The service: its endpoint had room all the time.
    #[default]
    Service,
    /// Its endpoint, which had as many requests under way as it may have.
    Endpoint,
}

/// How a delivery has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, EnumIter, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum DeliveryEnd {
    /// The endpoint has it.
    Delivered,
    /// Its schedule ran out.
    Exhausted,
    /// The person withdrew, or the session was cancelled.
    Withdrawn,
    /// Its payload's retention was over before it could be delivered.
    Expired,
    /// It was born without a payload: there was no active key, or encryption failed.
    Unsendable,
}

impl DeliveryEnd {
    /// Returns how a settled delivery has ended; `None` if it goes on, or ended with its endpoint.
    pub fn of(step: &Step) -> Option<Self> {
        match (&step.delivery.state, &step.attempt, step.delivery.payload) {
            (DeliveryState::Succeeded, ..) => Some(Self::Delivered),
            (DeliveryState::Failed, Some(_), _) => Some(Self::Exhausted),
            (DeliveryState::Failed, None, Payload::Scrubbed { reason, .. }) => {
                (reason == ScrubReason::PrivacyRequest).then_some(Self::Withdrawn)
            }
            (DeliveryState::Failed, None, Payload::Stored { .. })
            | (
                DeliveryState::Pending { .. }
                | DeliveryState::Held { .. }
                | DeliveryState::Delivering { .. },
                ..,
            ) => None,
        }
    }
}

/// Why a signing secret could not be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, EnumIter, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum SecretFailure {
    /// The row has lost it.
    Missing,
    /// It was sealed under a secret key that this node does not have.
    UnknownKey,
    /// It was altered.
    NotAuthentic,
}

impl SecretFailure {
    /// Returns its name.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

impl From<OpenError> for SecretFailure {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::UnknownKey { .. } => Self::UnknownKey,
            OpenError::NotAuthentic => Self::NotAuthentic,
        }
    }
}

/// What a dispatcher has on its hands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DispatcherLoad {
    /// Requests under way.
    pub in_flight: usize,
    /// Results that wait to be written.
    pub unsettled: usize,
}

/// Why the dispatcher looks at the queue.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, EnumIter, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum LookReason {
    /// Somebody said that there is something to send.
    Woken,
    /// The time of the next look has come, or the last look found more than it could take.
    #[default]
    Poll,
}

/// What is dealt with in batches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, EnumIter, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum BatchKind {
    /// Reports.
    Intake,
    /// Due deliveries that are leased.
    Claim,
    /// Results that are written.
    Settle,
}

/// What the sweeper deals with by age.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, EnumIter, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum Swept {
    /// Sessions whose window had passed.
    SessionsExpired,
    /// Payloads whose retention was over.
    PayloadsScrubbed,
    /// Events, with their deliveries and attempts.
    EventsDeleted,
    /// Ended sessions.
    SessionsDeleted,
    /// Ended sessions that lost what could lead to the person.
    SessionsMinimized,
    /// Rows of the audit log.
    AuditRowsDeleted,
}

/// The loops of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, EnumIter, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum Loop {
    /// Claims and settles.
    Dispatch,
    /// Takes over leases that ran out.
    Leases,
    /// Sweeps and purges, or sees that another node does.
    Sweep,
    /// Compares the clock with its reference.
    Clock,
    /// Writes down how often API keys were used.
    Usage,
    /// Writes down what became of deliveries.
    Activity,
    /// Shows the node in the database.
    CheckIn,
    /// Reads gauges from the database, or sees that another node does.
    Gauges,
}

/// Counts nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoMeter;

impl Meter for NoMeter {
    fn request_began(&self) {}
    fn request_ended(&self, _: Option<&str>, _: Option<u16>, _: Duration) {}
    fn report_answered(&self, _: ReportAnswer) {}
    fn step_committed(&self, _: &SessionStep) {}
    fn attempt_began(&self, _: AttemptBegan) {}
    fn settled(&self, _: &Step) {}
    fn deliveries_ended(&self, _: DeliveryEnd, _: usize) {}
    fn url_refused(&self, _: UrlRefusal) {}
    fn secret_failed(&self, _: SecretFailure) {}
    fn service_token_verified(&self, _: SignedWith) {}
    fn leases_expired(&self, _: usize) {}
    fn results_discarded(&self, _: usize) {}
    fn dispatcher_turned(&self, _: DispatcherLoad) {}
    fn queue_looked_at(&self, _: LookReason) {}
    fn batch_ended(&self, _: BatchKind, _: usize, _: Duration) {}
    fn swept(&self, _: Swept, _: usize) {}
    fn loop_turned(&self, _: Loop) {}
}
