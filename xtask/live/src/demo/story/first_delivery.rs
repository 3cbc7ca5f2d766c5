//! A verification that succeeds at the second attempt, and what the customer makes of it.

use anyhow::{Context, ensure};
use kayle_primitives::{Clock, Timestamp};
use kayle_testkit::receiver::{ReceivedRequest, WallClock};
use serde_json::Value;

use super::verification::{Claims, Verification, delivery, succeeded_delivery};
use super::{Cast, excerpt, only, plain};
use crate::demo::customer::KEY_ID;
use crate::demo::screen::Screen;
use crate::service::api::text;

const MARIE: Claims = &[
    ("family_name", "SKLODOWSKA"),
    ("given_names", "MARIE SALOMEA"),
    ("date_of_birth", "1967-11-07"),
    ("document_number", "X4RTBPFW4"),
    ("kayle_document_id", "doc-5b1c9f0e7a2d4486"),
];

/// The columns of a delivery that tell how it is.
const SHOWN: &[&str] = &[
    "status",
    "attempt_count",
    "last_status_code",
    "last_attempt_at",
    "payload_retention_reason",
    "payload_expires_at",
    "payload_scrubbed_at",
];

/// Shows the session, the request, its signature, its content and its row.
pub(super) async fn tell(screen: &mut Screen, cast: &Cast) -> anyhow::Result<Verification> {
    let verification = open(screen, cast).await?;
    let report = report(screen, cast, &verification).await?;

    let requests = cast.customer.wait_for(1).await?;
    let delivery_id = only(&report.answer, "/deliveries")?;
    let before = delivery(&cast.api, delivery_id).await?;
    cast.customer.receiver.release();

    let [request] = requests.as_slice() else {
        anyhow::bail!("{} requests arrived instead of one", requests.len());
    };
    show_request(screen, request, &report)?;
    show_signature(screen, cast, request)?;
    show_event(screen, cast, request, &verification)?;
    let after = succeeded_delivery(&cast.api, delivery_id).await?;
    show_rows(screen, &before, &after)?;
    Ok(verification)
}

async fn open(screen: &mut Screen, cast: &Cast) -> anyhow::Result<Verification> {
    screen.step("The customer opens a session for one person");
    let verification = Verification::open(cast, MARIE, &cast.customer.endpoint_id).await?;
    screen.line("session", &verification.session_id);
    let claims: Vec<_> = MARIE.iter().map(|(key, _)| *key).collect();
    screen.line("asks for", claims.join(", "));
    Ok(verification)
}

/// What the intake said to the last report, and when.
struct Report {
    answer: Value,
    answered_at: Timestamp,
}

async fn report(
    screen: &mut Screen,
    cast: &Cast,
    verification: &Verification,
) -> anyhow::Result<Report> {
    screen.step("Another Kayle service reports: a failed attempt, then a succeeded one");
    verification.begin(cast).await?;
    let failed = verification
        .report_failure(cast, "selfie_face_mismatch")
        .await?;
    show_report(screen, "failed attempt", &failed)?;
    ensure!(
        text(&failed, "/session/status")? == "in_progress",
        "one failed attempt ended the session"
    );
    let succeeded = verification.report_success(cast).await?;
    let answered_at = WallClock.now();
    show_report(screen, "succeeded attempt", &succeeded)?;
    ensure!(
        text(&succeeded, "/session/status")? == "succeeded",
        "the succeeded attempt did not end the session"
    );
    Ok(Report {
        answer: succeeded,
        answered_at,
    })
}

fn show_report(screen: &Screen, label: &str, answer: &Value) -> anyhow::Result<()> {
    let ids = |name: &str| {
        let ids = answer[name].as_array().context("a report names no ids")?;
        let ids: Vec<_> = ids.iter().map(plain).collect();
        let none = "none".to_owned();
        Ok::<_, anyhow::Error>(if ids.is_empty() { none } else { ids.join(", ") })
    };
    screen.line(label, text(answer, "/attempt/id")?);
    screen.line("  session", text(answer, "/session/status")?);
    screen.line("  events", ids("events")?);
    screen.line("  deliveries", ids("deliveries")?);
    Ok(())
}

fn show_request(
    screen: &mut Screen,
    request: &ReceivedRequest,
    report: &Report,
) -> anyhow::Result<()> {
    screen.step("The request, as it arrived at the customer's server");
    let body = std::str::from_utf8(&request.body).context("the body is not text")?;
    screen.quote(&format!("{} {} HTTP/1.1", request.method, request.path));
    for (name, value) in &request.headers {
        screen.quote(&format!("{name}: {value}"));
    }
    screen.quote(&format!("\n{}", excerpt(body)));
    ensure!(
        request.header("content-type")? == "application/jose",
        "the content type is not application/jose"
    );
    ensure!(
        request.header("x-kayle-delivery-id")? == only(&report.answer, "/deliveries")?,
        "the request names another delivery"
    );
    let after_ms = request.received_at.since(report.answered_at).as_millis();
    screen.holds(format!(
        "it arrived {after_ms} ms after the report was answered"
    ));
    Ok(())
}

fn show_signature(
    screen: &mut Screen,
    cast: &Cast,
    request: &ReceivedRequest,
) -> anyhow::Result<()> {
    screen.step("Its signature: HMAC-SHA256 of the time, a dot and the body");
    screen.line("X-Kayle-Signature", request.header("x-kayle-signature")?);
    request.verify(&cast.customer.signing_secret)?;
    screen.holds("it fits the endpoint's signing secret, the body and the clock");
    let mut altered = request.clone();
    altered.body = [&request.body[..], b"x"].concat().into();
    ensure!(
        altered.verify(&cast.customer.signing_secret).is_err(),
        "an altered body passed for signed"
    );
    screen.holds("it does not fit a body with one byte more");
    Ok(())
}

fn show_event(
    screen: &mut Screen,
    cast: &Cast,
    request: &ReceivedRequest,
    verification: &Verification,
) -> anyhow::Result<()> {
    screen.step("The event, decrypted with the customer's private key");
    let opened = cast.customer.open(request)?;
    screen.quote(&serde_json::to_string_pretty(&opened.event)?);
    ensure!(opened.key_id == KEY_ID, "the JWE names another key");
    ensure!(
        text(&opened.event, "/type")? == request.header("x-kayle-event")?,
        "the header and the event differ in the type"
    );
    for (key, value) in verification.claims {
        let told = text(&opened.event, &format!("/data/claims/{key}"))?;
        ensure!(told == *value, "the claim {key} is not what was reported");
    }
    screen.holds("it is what was reported, claim by claim");
    Ok(())
}

fn show_rows(screen: &mut Screen, before: &Value, after: &Value) -> anyhow::Result<()> {
    screen.step("The delivery's row, before and after the customer's server answered 204");
    screen.columns("", "before", "after");
    for name in SHOWN {
        screen.columns(name, &plain(&before[*name]), &plain(&after[*name]));
    }
    ensure!(
        before["status"] == "delivering" && before["payload_scrubbed_at"].is_null(),
        "the delivery was not under way with its payload stored"
    );
    ensure!(
        after["payload_retention_reason"] == "delivered" && !after["payload_scrubbed_at"].is_null(),
        "the payload was not scrubbed after it was delivered"
    );
    screen.holds("the payload was stored until it was delivered, and was then scrubbed");
    Ok(())
}
