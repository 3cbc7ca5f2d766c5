//! An endpoint that fails twice and then works.

use anyhow::{Context, ensure};
use kayle_testkit::receiver::{Behaviour, Reaction, ReceivedRequest};
use serde_json::Value;

use super::verification::{Claims, Verification, succeeded_delivery};
use super::{Cast, only, plain};
use crate::demo::customer::Customer;
use crate::demo::screen::Screen;

const PIERRE: Claims = &[
    ("family_name", "BECQUEREL-CURIE"),
    ("given_names", "PIERRE ANTOINE"),
    ("date_of_birth", "1959-05-15"),
    ("document_number", "C7KLMN2P9"),
    ("kayle_document_id", "doc-e43d07b8c9154fa2"),
];

/// What the endpoint answers to the attempts of the short schedule.
const ANSWERS: [u16; 3] = [500, 503, 204];

/// Shows the attempts and their success.
pub(super) async fn tell(screen: &mut Screen, cast: &Cast) -> anyhow::Result<Verification> {
    screen.step("Another endpoint fails twice; the schedule's next attempts follow");
    let behaviour = Behaviour::script(ANSWERS.map(Reaction::Status));
    let customer = Customer::register(&cast.api, "A server with a bad day", behaviour).await?;
    screen.line("endpoint", &customer.endpoint_id);
    let verification = Verification::open(cast, PIERRE, &customer.endpoint_id).await?;
    let report = verification.report_success(cast).await?;

    let requests = customer.wait_for(ANSWERS.len()).await?;
    let delivery = succeeded_delivery(&cast.api, only(&report, "/deliveries")?).await?;
    show_attempts(screen, &requests, &delivery)?;
    check_requests(screen, &customer, &requests)?;
    Ok(verification)
}

fn show_attempts(
    screen: &Screen,
    requests: &[ReceivedRequest],
    delivery: &Value,
) -> anyhow::Result<()> {
    let attempts = delivery["attempts"].as_array();
    let mut attempts = attempts.context("the delivery shows no attempts")?.clone();
    attempts.sort_by_key(|attempt| plain(&attempt["attempted_at"]));
    ensure!(
        attempts.len() == ANSWERS.len() && requests.len() == ANSWERS.len(),
        "{} requests and {} attempts instead of {}",
        requests.len(),
        attempts.len(),
        ANSWERS.len()
    );
    let first_at = requests[0].received_at;
    for (index, (request, attempt)) in requests.iter().zip(&attempts).enumerate() {
        let after_s = request.received_at.since(first_at).as_secs_f64();
        let outcome = format!(
            "{} {} in {} ms",
            plain(&attempt["status"]),
            plain(&attempt["status_code"]),
            plain(&attempt["duration_ms"])
        );
        screen.columns(
            &format!("attempt {}", index + 1),
            &format!("+{after_s:.3} s"),
            &outcome,
        );
        ensure!(
            attempt["status_code"] == ANSWERS[index],
            "an attempt is recorded with another answer than it got"
        );
    }
    ensure!(
        delivery["attempt_count"] == ANSWERS.len(),
        "the delivery does not count its attempts"
    );
    screen.line("delivery", plain(&delivery["status"]));
    Ok(())
}

fn check_requests(
    screen: &Screen,
    customer: &Customer,
    requests: &[ReceivedRequest],
) -> anyhow::Result<()> {
    for request in requests {
        ensure!(
            request.body == requests[0].body,
            "an attempt sent other bytes"
        );
        ensure!(
            request.header("x-kayle-delivery-id")? == requests[0].header("x-kayle-delivery-id")?,
            "an attempt names another delivery"
        );
        customer.open(request)?;
    }
    let signatures = requests
        .iter()
        .map(|request| request.header("x-kayle-signature"));
    let signatures: Result<std::collections::BTreeSet<_>, _> = signatures.collect();
    ensure!(
        signatures?.len() == requests.len(),
        "an attempt was not signed afresh"
    );
    screen.holds("every attempt sent the same bytes for the same delivery, freshly signed");
    Ok(())
}
