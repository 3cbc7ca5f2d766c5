use kayle_endpoints::Retention;

use super::*;
use crate::delivery::LastAttempt;
use crate::fixtures::{at, newborn};
use crate::schedule::RetrySchedules;

fn delivery() -> Delivery {
    newborn(&RetrySchedules::default().standard, Retention::ThreeDays)
}

fn scrubbed(reason: ScrubReason) -> Payload {
    Payload::Scrubbed { at: at(1), reason }
}

fn stored(reason: StoredReason) -> Payload {
    Payload::Stored {
        expires_at: at(1),
        reason,
    }
}

#[test]
fn a_newborn_delivery_breaks_no_rule() {
    assert_eq!(check(&delivery()), Ok(()));
}

#[test]
fn a_payload_must_fit_the_state() {
    let pending = || DeliveryState::Pending { due_at: at(0) };
    let held = || DeliveryState::Held { due_at: at(0) };
    let table = [
        (pending(), stored(StoredReason::PendingDelivery), None),
        (
            pending(),
            stored(StoredReason::TerminalFailureRetention),
            Some(Violation::NothingToSend),
        ),
        (
            pending(),
            scrubbed(ScrubReason::Expired),
            Some(Violation::NothingToSend),
        ),
        (
            held(),
            scrubbed(ScrubReason::PrivacyRequest),
            Some(Violation::NothingToSend),
        ),
        (
            DeliveryState::Succeeded,
            scrubbed(ScrubReason::Delivered),
            None,
        ),
        (
            DeliveryState::Succeeded,
            scrubbed(ScrubReason::Expired),
            Some(Violation::SucceededKeepsPayload),
        ),
        (
            DeliveryState::Succeeded,
            stored(StoredReason::PendingDelivery),
            Some(Violation::SucceededKeepsPayload),
        ),
        (
            DeliveryState::Failed,
            stored(StoredReason::TerminalFailureRetention),
            None,
        ),
        (
            DeliveryState::Failed,
            scrubbed(ScrubReason::NoActiveKey),
            None,
        ),
        (
            DeliveryState::Failed,
            stored(StoredReason::PendingDelivery),
            Some(Violation::FailedLooksPending),
        ),
        (
            DeliveryState::Failed,
            scrubbed(ScrubReason::Delivered),
            Some(Violation::DeliveredWithoutSuccess),
        ),
    ];
    for (state, payload, expected) in table {
        let delivery = Delivery {
            state,
            payload,
            ..delivery()
        };
        assert_eq!(check(&delivery).err(), expected, "{delivery:?}");
    }
}

#[test]
fn attempts_are_counted_exactly_when_the_last_one_is_known() {
    let counted = Delivery {
        attempt_count: 1,
        ..delivery()
    };
    assert_eq!(check(&counted), Err(Violation::CountWithoutAttempt));
    let known = Delivery {
        last_attempt: Some(LastAttempt {
            at: at(0),
            status_code: None,
            failure_reason: None,
        }),
        ..delivery()
    };
    assert_eq!(check(&known), Err(Violation::CountWithoutAttempt));
}
