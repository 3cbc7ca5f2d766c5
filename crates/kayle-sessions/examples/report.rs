//! Takes a session through a failed and a succeeded check:
//! `cargo run -p kayle-sessions --example report`.

use std::error::Error;
use std::time::Duration;

use kayle_events::{ClaimKey, ClaimValue, Claims, FailureCode};
use kayle_primitives::{AttemptId, Entropy, OrganizationId, SessionId, Timestamp};
use kayle_sessions::{
    Input, NewSession, ReportedOutcome, RequestedField, Session, ShareContract, Step, Targets, step,
};

/// The operating system's randomness belongs here; an example repeats itself.
struct Counting(std::sync::atomic::AtomicU8);

impl Entropy for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        for byte in bytes {
            *byte = self.0.fetch_add(7, std::sync::atomic::Ordering::Relaxed);
        }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let entropy = Counting(0.into());
    let now = Timestamp::parse("2026-05-05T12:00:00Z")?;
    let family_name = RequestedField {
        key: "family_name".to_owned(),
        required: true,
        reason: Some("so that we can greet you".to_owned()),
    };
    let new = NewSession {
        id: SessionId::generate(now, &entropy),
        organization_id: OrganizationId::generate(&entropy),
        share_contract: ShareContract::from_request(vec![family_name])?,
        redirect_url: None,
        targets: Targets::EVERY_ENDPOINT,
        cancel_token_hash: "of a token that only the person has".to_owned(),
    };
    let session = Session::open(new, now, Duration::from_hours(1));
    println!("opened:    {}", session.state.status());

    let report = |session: Session, outcome, now| {
        let attempt_id = AttemptId::generate(now, &entropy);
        let input = Input::AttemptReported {
            attempt_id,
            outcome,
        };
        step(session, input, now)
    };
    let later = now.plus(Duration::from_mins(1));
    let failed = ReportedOutcome::Failed(FailureCode::LivenessFailed);
    let session = show("failed:   ", report(session, failed, later)?);

    let claims = Claims::from([
        (ClaimKey::parse("family_name")?, text("Curie")),
        (ClaimKey::KAYLE_DOCUMENT_ID, text("doc_1")),
    ]);
    let later = later.plus(Duration::from_mins(1));
    let session = show(
        "succeeded:",
        report(session, ReportedOutcome::Succeeded(claims), later)?,
    );

    let again = ReportedOutcome::Failed(FailureCode::LivenessFailed);
    match report(session, again, later) {
        Ok(_) => println!("an ended session took a report"),
        Err(refusal) => println!("refused:   {refusal}"),
    }
    Ok(())
}

fn show(what: &str, step: Step) -> Session {
    let events: Vec<_> = step
        .events
        .iter()
        .map(|data| data.event_type().as_str())
        .collect();
    println!("{what} {}, tells {events:?}", step.session.state.status());
    step.session
}

fn text(text: &str) -> ClaimValue {
    ClaimValue::Text(text.to_owned().into())
}
