use std::time::Duration;

use kayle_primitives::{DeliveryAttemptId, DeliveryId};

use super::*;
use crate::attempt::Phases;
use crate::fixtures::{at, newborn};
use crate::schedule::RetrySchedules;
use kayle_endpoints::Retention;

fn delivery() -> Delivery {
    newborn(&RetrySchedules::default().standard, Retention::None)
}

fn attempt(outcome: AttemptOutcome, phases: Phases, was_connected: bool) -> Attempt {
    Attempt {
        id: DeliveryAttemptId::parse("wha_1").unwrap(),
        delivery_id: DeliveryId::parse("whd_1").unwrap(),
        outcome,
        duration: Duration::from_millis(40),
        attempted_at: at(0),
        phases,
        test: Some(TestTrace {
            signed_at_s: 1,
            body_bytes: 900,
            body_sha256: "00".to_owned(),
            findings: TestFindings {
                was_connected,
                proof: outcome.status_code().map(|_| ProofVerdict::NoProof),
                ..TestFindings::default()
            },
        }),
    }
}

fn phases(known: usize) -> Phases {
    let took = |number| (number < known).then_some(Duration::from_millis(3));
    Phases {
        connection: (2 < known).then_some(ConnectionUse::New),
        remote_address: None,
        dns: took(0),
        connect: took(1),
        tls: took(2),
        first_byte: None,
    }
}

fn failed_stages(found: &[StageReport]) -> Vec<Stage> {
    let failed = found.iter().filter(|one| one.state == StageState::Failed);
    failed.map(|one| one.stage).collect()
}

#[test]
fn each_failure_stands_at_its_stage_and_nothing_after_it_was_reached() {
    fn check(outcome: AttemptOutcome, phases: Phases, was_connected: bool, expected: Stage) {
        let attempt = attempt(outcome, phases, was_connected);
        let found = report(&delivery(), Some(&attempt));
        assert_eq!(failed_stages(&found), [expected], "{outcome:?}");
        for one in found.iter().filter(|one| expected < one.stage) {
            let is_judged = one.stage == Stage::Decrypt && outcome.status_code().is_some();
            let reached = one.state != StageState::NotReached;
            assert!(is_judged || !reached, "{outcome:?}: {:?}", one.stage);
        }
    }
    let no_answer = AttemptOutcome::NoAnswer;
    let address = IpAddr::from([10, 0, 0, 1]);
    check(
        AttemptOutcome::NotEncrypted,
        phases(0),
        false,
        Stage::Encrypt,
    );
    check(
        no_answer(FailureReason::SigningSecretUnavailable),
        phases(0),
        false,
        Stage::Sign,
    );
    check(
        no_answer(FailureReason::Dns),
        phases(1),
        false,
        Stage::Resolve,
    );
    check(
        no_answer(FailureReason::Timeout),
        phases(1),
        false,
        Stage::Resolve,
    );
    check(
        AttemptOutcome::Blocked { address },
        phases(1),
        false,
        Stage::Judge,
    );
    check(
        no_answer(FailureReason::Connect),
        phases(2),
        false,
        Stage::Connect,
    );
    check(
        no_answer(FailureReason::Timeout),
        phases(2),
        false,
        Stage::Connect,
    );
    check(no_answer(FailureReason::Tls), phases(3), false, Stage::Tls);
    check(
        no_answer(FailureReason::Timeout),
        phases(3),
        false,
        Stage::Tls,
    );
    check(
        no_answer(FailureReason::LeaseExpired),
        phases(0),
        false,
        Stage::Send,
    );
    check(
        no_answer(FailureReason::Connect),
        phases(3),
        true,
        Stage::FirstByte,
    );
    check(
        no_answer(FailureReason::Timeout),
        phases(3),
        true,
        Stage::FirstByte,
    );
    check(
        AttemptOutcome::Refused { status_code: 500 },
        phases(3),
        true,
        Stage::Status,
    );
}

#[test]
fn a_rejected_url_comes_after_the_signature_and_before_the_name() {
    let found = attempt(AttemptOutcome::UrlRejected, phases(0), false);
    let found = report(&delivery(), Some(&found));
    assert_eq!(failed_stages(&found), [Stage::Url]);
    assert_eq!(found[1].state, StageState::Ok);
    assert_eq!(found[3].state, StageState::NotReached);
}

#[test]
fn the_verdict_decides_about_decryption_alone() {
    fn check(verdict: ProofVerdict, expected: StageState) {
        let outcome = AttemptOutcome::Accepted { status_code: 204 };
        let mut attempt = attempt(outcome, phases(3), true);
        attempt.test.as_mut().unwrap().findings.proof = Some(verdict);
        let found = report(&delivery(), Some(&attempt));
        let (decrypt, before) = found.split_last().unwrap();
        assert_eq!((decrypt.state, decrypt.proof), (expected, Some(verdict)));
        assert!(before.iter().all(|one| one.state == StageState::Ok));
    }
    check(ProofVerdict::Proven, StageState::Ok);
    check(ProofVerdict::WrongProof, StageState::Failed);
    check(ProofVerdict::NoProof, StageState::Skipped);
}

#[test]
fn a_connection_that_is_used_again_needs_no_stage_before_it() {
    let reused = Phases {
        connection: Some(ConnectionUse::Reused),
        ..Phases::default()
    };
    let attempt = attempt(AttemptOutcome::Accepted { status_code: 200 }, reused, true);
    let found = report(&delivery(), Some(&attempt));
    let skipped = found.iter().filter(|one| one.state == StageState::Skipped);
    let skipped: Vec<Stage> = skipped.map(|one| one.stage).collect();
    let expected = [
        Stage::Resolve,
        Stage::Judge,
        Stage::Connect,
        Stage::Tls,
        Stage::Decrypt,
    ];
    assert_eq!(skipped, expected);
}

#[test]
fn a_test_that_waits_has_been_encrypted_and_no_more() {
    let found = report(&delivery(), None);
    assert_eq!(found[0].state, StageState::Ok);
    assert!(
        found[1..]
            .iter()
            .all(|one| one.state == StageState::NotReached)
    );
    assert_eq!(found.len(), 11);
}
