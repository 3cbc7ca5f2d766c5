//! What one commit may make of one delivery.

use std::time::Duration;

use kayle_delivery::schedule::RETRY_AFTER_MAX;
use kayle_delivery::{
    Attempt, AttemptOutcome, AttemptStatus, Delivery, DeliveryState, FailureReason, LeaseHolder,
    RetrySchedule, invariants,
};
use kayle_primitives::Timestamp;

use crate::history::{History, short};

/// Who committed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Cause {
    /// An operation's transaction.
    Transaction,
    /// A claim under this name, as of this moment: the clock may have been set back since.
    Claim(LeaseHolder, Timestamp),
    /// A settlement by the holder of this claim, as the service asked for it.
    Settlement(LeaseHolder),
    /// A settlement of other deliveries.
    OtherSettlement,
}

/// A delivery before and after a commit.
pub(crate) struct Change<'a> {
    pub(crate) before: Option<&'a Delivery>,
    pub(crate) after: &'a Delivery,
    /// Recorded by the commit.
    pub(crate) attempts: &'a [Attempt],
    pub(crate) cause: &'a Cause,
}

type Law = fn(&Change<'_>, &History) -> Result<(), String>;

const LAWS: [(&str, Law); 7] = [
    ("every_row_is_sound", every_row_is_sound),
    (
        "a_claim_takes_only_what_is_due",
        a_claim_takes_only_what_is_due,
    ),
    (
        "only_the_holder_writes_a_result",
        only_the_holder_writes_a_result,
    ),
    ("a_result_is_what_came_back", a_result_is_what_came_back),
    (
        "an_accepted_result_is_a_success",
        an_accepted_result_is_a_success,
    ),
    ("what_has_succeeded_stays", what_has_succeeded_stays),
    ("the_schedule_is_kept", the_schedule_is_kept),
];

/// Notes the first law that a change breaks.
pub(crate) fn judge(change: &Change<'_>, history: &mut History) {
    for (name, law) in LAWS {
        let checked = law(change, history);
        history.note(name, checked.map_err(|why| of(change.after, &why)));
    }
}

fn of(delivery: &Delivery, why: &str) -> String {
    format!("delivery {}: {why}", short(delivery.id.as_str()))
}

fn ensure(holds: bool, otherwise: &str) -> Result<(), String> {
    if holds {
        Ok(())
    } else {
        Err(otherwise.to_owned())
    }
}

/// State, count and payload of a stored delivery fit each other: nothing that ended well keeps a
/// payload, nothing that is to be sent lacks one.
fn every_row_is_sound(change: &Change<'_>, _: &History) -> Result<(), String> {
    invariants::check(change.after).map_err(|violation| violation.to_string())
}

/// A dispatcher takes what is pending and due, and nothing that another one has.
fn a_claim_takes_only_what_is_due(change: &Change<'_>, _: &History) -> Result<(), String> {
    let Cause::Claim(_, now) = change.cause else {
        return Ok(());
    };
    let was_due = change.before.is_some_and(
        |before| matches!(before.state, DeliveryState::Pending { due_at } if due_at <= *now),
    );
    ensure(was_due, "it was claimed though it was not pending and due")
}

/// An attempt is written only for the claim that holds the delivery; a birth aside.
fn only_the_holder_writes_a_result(change: &Change<'_>, _: &History) -> Result<(), String> {
    let Some(before) = change.before else {
        return Ok(());
    };
    match change.cause {
        Cause::Settlement(holder) => ensure(
            leased_to(before) == Some(holder),
            "it was settled by one who had lost the lease",
        ),
        Cause::Transaction | Cause::Claim(..) | Cause::OtherSettlement => ensure(
            change.attempts.is_empty(),
            "an attempt was recorded by one who held no lease",
        ),
    }
}

/// A recorded attempt says what its request came to; without a request, why there was none.
fn a_result_is_what_came_back(change: &Change<'_>, history: &History) -> Result<(), String> {
    let (Cause::Settlement(holder), [attempt]) = (change.cause, change.attempts) else {
        return ensure(change.attempts.len() <= 1, "several attempts at once");
    };
    if attempt.outcome == AttemptOutcome::NoAnswer(FailureReason::LeaseExpired) {
        return Ok(());
    }
    let mut requests = history.requests_of(&change.after.id);
    let request = requests.find(|request| request.holder == *holder);
    match request {
        Some(request) => ensure(
            request.outcome == attempt.outcome,
            "the recorded outcome is not the one that came back",
        ),
        None => ensure(
            attempt.outcome.status() == AttemptStatus::Failed,
            "a success is recorded and nothing was sent",
        ),
    }
}

/// A settled attempt that the endpoint accepted makes the delivery succeed, and nothing else does.
fn an_accepted_result_is_a_success(change: &Change<'_>, _: &History) -> Result<(), String> {
    let accepted = change
        .attempts
        .iter()
        .any(|attempt| attempt.outcome.status() == AttemptStatus::Succeeded);
    let has_succeeded = |delivery: &Delivery| delivery.state == DeliveryState::Succeeded;
    let becomes = has_succeeded(change.after) && !change.before.is_some_and(has_succeeded);
    ensure(
        accepted == becomes,
        "success and an accepted answer do not go together",
    )
}

/// A delivery that has succeeded is never changed.
fn what_has_succeeded_stays(change: &Change<'_>, _: &History) -> Result<(), String> {
    let had_succeeded = change
        .before
        .is_some_and(|before| before.state == DeliveryState::Succeeded);
    ensure(!had_succeeded, "it had succeeded and was changed")
}

/// A failed attempt counts, and leaves the delivery due exactly when its schedule says, or up to an
/// hour later if a busy endpoint asks for it, or failed when the schedule has run out.
fn the_schedule_is_kept(change: &Change<'_>, history: &History) -> Result<(), String> {
    let (Some(before), [attempt]) = (change.before, change.attempts) else {
        return Ok(());
    };
    let after = change.after;
    ensure(
        after.attempt_count == before.attempt_count + 1,
        "an attempt was not counted",
    )?;
    if attempt.outcome.status() == AttemptStatus::Succeeded {
        return Ok(());
    }
    let longer = if attempt.outcome.is_postponed() {
        RETRY_AFTER_MAX
    } else {
        Duration::ZERO
    };
    let follows = |schedule: &RetrySchedule| {
        let Some(delay) = schedule.delay_after(after.attempt_count) else {
            return after.state == DeliveryState::Failed;
        };
        let due = after.updated_at.plus(delay)..=after.updated_at.plus(delay + longer);
        matches!(&after.state, DeliveryState::Pending { due_at } if due.contains(due_at))
    };
    let mut schedules = history.schedules_of(after).into_iter();
    ensure(schedules.any(follows), "it does not follow its schedule")
}

fn leased_to(delivery: &Delivery) -> Option<&LeaseHolder> {
    match &delivery.state {
        DeliveryState::Delivering { lease, .. } => Some(&lease.holder),
        DeliveryState::Pending { .. }
        | DeliveryState::Held { .. }
        | DeliveryState::Succeeded
        | DeliveryState::Failed => None,
    }
}
