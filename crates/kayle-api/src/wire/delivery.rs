//! Deliveries and their attempts (contract 2.6, D12).

use kayle_delivery::{AttemptStatus, DeliveryStatus, FailureReason, RetentionReason};
use strum::IntoEnumIterator;

use super::form::choice;
use super::{Shown, named, texts};

pub(crate) type ShownAttemptStatus = Shown<AttemptStatus>;
pub(crate) type ShownDeliveryStatus = Shown<DeliveryStatus>;
pub(crate) type ShownFailureReason = Shown<FailureReasonName>;
pub(crate) type ShownRetentionReason = Shown<RetentionReason>;

named! {
    AttemptStatus;
    DeliveryStatus;
    RetentionReason;
}

/// Why an attempt failed, as the outcome names it.
#[derive(Clone, Copy)]
pub(crate) struct FailureReasonName(pub(crate) &'static str);

texts! {
    FailureReasonName, |name| name.0, choice(failure_reasons(), "");
}

/// Returns the reasons of attempts that have a status code, and those of the ones without an
/// answer.
fn failure_reasons() -> impl Iterator<Item = &'static str> {
    let without_answer = FailureReason::iter().map(FailureReason::as_str);
    ["http_status", "url_rejected"]
        .into_iter()
        .chain(without_answer)
}
