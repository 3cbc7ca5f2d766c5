//! What pages say of states, results and times.

use std::time::Duration;

use kayle_delivery::attempt::AttemptFailure;
use kayle_delivery::{
    AttemptOutcome, Delivery, DeliveryState, FailureReason, Payload, ScrubReason,
};
use kayle_endpoints::{Endpoint, RetryScheduleName};

use crate::parts::{Badge, Icon, Tone};

/// Returns the badge of a delivery: what it is, in a word.
pub(crate) fn delivery_badge(delivery: &Delivery) -> Badge {
    match (&delivery.state, &delivery.payload) {
        (DeliveryState::Succeeded, _) => Badge::new(Tone::Ok, Icon::Check, "Delivered"),
        (DeliveryState::Delivering { .. }, _) => {
            Badge::new(Tone::Info, Icon::Turning, "Delivering")
        }
        (DeliveryState::Pending { .. }, _) => {
            let attempt = delivery.attempt_count + 1;
            let word = format!("Waiting for attempt {attempt}");
            Badge::new(Tone::Info, Icon::Clock, word)
        }
        (DeliveryState::Held { .. }, _) => Badge::new(Tone::Quiet, Icon::Pause, "Held"),
        (DeliveryState::Failed, Payload::Stored { .. }) => {
            Badge::new(Tone::Bad, Icon::Cross, "Failed, kept")
        }
        (
            DeliveryState::Failed,
            Payload::Scrubbed {
                reason: ScrubReason::PrivacyRequest,
                ..
            },
        ) => Badge::new(Tone::Erased, Icon::Lock, "Withdrawn"),
        (DeliveryState::Failed, Payload::Scrubbed { .. }) => {
            Badge::new(Tone::Bad, Icon::Erased, "Failed, erased")
        }
    }
}

/// Returns what the last attempt of a delivery came to, as short as in a table; `None` before the
/// first.
pub(crate) fn last_result_word(delivery: &Delivery) -> Option<String> {
    let last = delivery.last_attempt?;
    let word = match (last.status_code, last.failure_reason, &delivery.payload) {
        (Some(status_code), _, _) => status_code.to_string(),
        (None, Some(AttemptFailure::NoAnswer(reason)), _) => reason_word(reason).to_owned(),
        (None, Some(AttemptFailure::UrlRejected), _) => URL_REFUSED.to_owned(),
        (
            None,
            None,
            Payload::Scrubbed {
                reason: ScrubReason::NoActiveKey | ScrubReason::JweCreationFailed,
                ..
            },
        ) => NOT_ENCRYPTED.to_owned(),
        (None, Some(AttemptFailure::HttpStatus) | None, _) => "no answer".to_owned(),
    };
    Some(word)
}

const URL_REFUSED: &str = "URL refused";
const NOT_ENCRYPTED: &str = "not encrypted";

/// Returns what came of an attempt, as short as in a table.
pub(crate) fn result_word(outcome: AttemptOutcome) -> String {
    match outcome {
        AttemptOutcome::Accepted { status_code } | AttemptOutcome::Refused { status_code } => {
            status_code.to_string()
        }
        AttemptOutcome::NoAnswer(reason) => reason_word(reason).to_owned(),
        AttemptOutcome::Blocked { .. } => reason_word(FailureReason::BlockedAddress).to_owned(),
        AttemptOutcome::NotEncrypted => NOT_ENCRYPTED.to_owned(),
        AttemptOutcome::UrlRejected => URL_REFUSED.to_owned(),
    }
}

/// Returns why the last attempt failed, as short as in a list of choices.
pub(crate) fn failure_word(failure: AttemptFailure) -> &'static str {
    match failure {
        AttemptFailure::HttpStatus => "not 200 to 299",
        AttemptFailure::UrlRejected => URL_REFUSED,
        AttemptFailure::NoAnswer(reason) => reason_word(reason),
    }
}

fn reason_word(reason: FailureReason) -> &'static str {
    match reason {
        FailureReason::Timeout => "timeout",
        FailureReason::Dns => "name not found",
        FailureReason::Connect => "no connection",
        FailureReason::Tls => "TLS failed",
        FailureReason::BlockedAddress => "address refused",
        FailureReason::SigningSecretUnavailable => "not signed",
        FailureReason::LeaseExpired => "interrupted",
    }
}

/// What an attempt came to, and what to do about it.
pub(crate) struct ResultWords {
    pub(crate) what: String,
    /// Empty where there is nothing to do.
    pub(crate) advice: &'static str,
}

/// Returns what an attempt came to, and what to do about it.
pub(crate) fn result_words(outcome: AttemptOutcome) -> ResultWords {
    let (what, advice) = match outcome {
        AttemptOutcome::Accepted { status_code } => (format!("It answered {status_code}."), ""),
        AttemptOutcome::Refused { status_code } => (
            format!("It answered {status_code}."),
            status_advice(status_code),
        ),
        AttemptOutcome::NoAnswer(reason) => reason_words(reason),
        AttemptOutcome::Blocked { address } => (
            format!("The name leads to {address}, which must not be reached."),
            "Nothing was sent. Enter a URL whose name leads to a public address.",
        ),
        AttemptOutcome::NotEncrypted => (
            "There was no key to encrypt it with.".to_owned(),
            "Nothing could be sent. Add a key, and start a new verification.",
        ),
        AttemptOutcome::UrlRejected => (
            "The URL is no longer allowed.".to_owned(),
            "Nothing was sent. Change the URL in the settings of the endpoint.",
        ),
    };
    ResultWords { what, advice }
}

fn status_advice(status_code: u16) -> &'static str {
    match status_code {
        300..=399 => "Redirects are not followed: enter the final address as the URL.",
        401 | 403 => "Something before your handler asks for a login. Let our requests through.",
        404 | 410 => "Nothing is there. Check the path of the URL.",
        429 => "Your server asks for fewer requests at once.",
        500.. => "The reason is in your server's log.",
        _ => "Only 200 to 299 counts as received.",
    }
}

fn reason_words(reason: FailureReason) -> (String, &'static str) {
    let (what, advice) = match reason {
        FailureReason::Timeout => (
            "It did not answer in time.",
            "Have your server answer first, and do the work afterwards.",
        ),
        FailureReason::Dns => (
            "The host name did not resolve.",
            "Check the URL, and the DNS of your domain.",
        ),
        FailureReason::Connect => (
            "There was no connection.",
            "Is your server running, and does its firewall let us in?",
        ),
        FailureReason::Tls => (
            "There was no trusted TLS connection.",
            "Check that the certificate is valid, complete and issued for this name.",
        ),
        FailureReason::BlockedAddress => (
            "The name leads to an address that must not be reached.",
            "Nothing was sent. Enter a URL whose name leads to a public address.",
        ),
        FailureReason::SigningSecretUnavailable => (
            "The signing secret could not be read.",
            "Nothing was sent. Tell an operator.",
        ),
        FailureReason::LeaseExpired => (
            "We were interrupted, and do not know whether it arrived.",
            "Have your handler ignore what it has seen before.",
        ),
    };
    (what.to_owned(), advice)
}

/// Returns the badge of an endpoint.
pub(crate) fn endpoint_badge(endpoint: &Endpoint, has_key: bool, failing: bool) -> Badge {
    if !endpoint.is_enabled() {
        Badge::new(Tone::Quiet, Icon::Pause, "Paused")
    } else if !has_key {
        Badge::new(Tone::Warn, Icon::Key, "No active key")
    } else if failing {
        Badge::new(Tone::Bad, Icon::Cross, "Failing")
    } else {
        Badge::new(Tone::Ok, Icon::Check, "Active")
    }
}

/// Returns the name of an endpoint, or, without one, its URL.
pub(crate) fn endpoint_name(endpoint: &Endpoint) -> String {
    match &endpoint.name {
        Some(name) => name.as_str().to_owned(),
        None => endpoint.url.as_submitted().to_owned(),
    }
}

/// Returns which events an endpoint wants.
pub(crate) fn subscription_words(endpoint: &Endpoint) -> String {
    let types = endpoint.subscription.as_slice().iter();
    let names: Vec<&str> = types.map(|one| one.as_str()).collect();
    if names.is_empty() {
        "None".to_owned()
    } else {
        names.join(", ")
    }
}

/// Returns the schedule's name for people.
pub(crate) fn schedule_word(name: RetryScheduleName) -> &'static str {
    match name {
        RetryScheduleName::Standard => "Standard",
        RetryScheduleName::Short => "Short",
    }
}

/// Returns a span in its largest whole unit: `4 min`.
pub(crate) fn span(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min", seconds / 60),
        3600..172_800 => format!("{} h", seconds / 3600),
        _ => format!("{} days", seconds / 86_400),
    }
}

/// Returns how long something took: `under 1 ms`, `240 ms`, `1.3 s`.
pub(crate) fn took(duration: Duration) -> String {
    let ms = duration.as_millis();
    if ms == 0 {
        "under 1 ms".to_owned()
    } else if ms < 1000 {
        format!("{ms} ms")
    } else {
        format!("{}.{} s", ms / 1000, ms % 1000 / 100)
    }
}

/// Returns how long something took, where it may have been days: `28 ms`, `4 min`, `1 h 4 min`.
pub(crate) fn lasting(duration: Duration) -> String {
    let (seconds, minutes) = (duration.as_secs(), duration.as_secs() / 60);
    match seconds {
        0..60 => took(duration).replace(".0 s", " s"),
        60..3600 => format!("{minutes} min"),
        3600..36_000 if minutes % 60 != 0 => format!("{} h {} min", minutes / 60, minutes % 60),
        _ => span(duration),
    }
}

/// Returns a part of a whole in percent, cut off after a tenth, so that only all of it is 100 %.
pub(crate) fn percent(part: f64) -> String {
    tenths((part * 1000.0).floor())
}

/// Returns what [`percent`] leaves of the whole.
pub(crate) fn rest_in_percent(part: f64) -> String {
    tenths(1000.0 - (part * 1000.0).floor())
}

fn tenths(tenths: f64) -> String {
    let text = format!("{:.1}", tenths / 10.0);
    format!("{} %", text.trim_end_matches(".0"))
}

/// Returns a count as people write it: `12,345`.
pub(crate) fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if 0 < place && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Returns a count with its noun: `1 delivery`, `3 deliveries`.
pub(crate) fn counted(count: usize, one: &str, many: &str) -> String {
    let noun = if count == 1 { one } else { many };
    format!("{count} {noun}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_told_in_its_largest_units() {
        fn check(ms: u64, expected: &str) {
            assert_eq!(lasting(Duration::from_millis(ms)), expected);
        }
        check(0, "under 1 ms");
        check(28, "28 ms");
        check(1_810, "1.8 s");
        check(15_000, "15 s");
        check(240_000, "4 min");
        check(3_600_000, "1 h");
        check(3_840_000, "1 h 4 min");
        check(61_440_000, "17 h");
        check(172_800_000, "2 days");
    }

    #[test]
    fn only_all_of_it_is_a_hundred_percent() {
        for (part, shown, rest) in [
            (1.0, "100 %", "0 %"),
            (0.9999, "99.9 %", "0.1 %"),
            (0.954, "95.4 %", "4.6 %"),
            (0.5, "50 %", "50 %"),
            (0.0, "0 %", "100 %"),
        ] {
            assert_eq!(percent(part), shown);
            assert_eq!(rest_in_percent(part), rest);
        }
    }

    #[test]
    fn a_count_is_grouped_by_three() {
        for (count, expected) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1,000"),
            (1_234_567, "1,234,567"),
        ] {
            assert_eq!(grouped(count), expected);
        }
    }
}
