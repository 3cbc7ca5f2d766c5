//! What is told of a test, and of nothing else.

use kayle_app::ports::sender::Sender;
use kayle_delivery::{ProofVerdict, TestFindings};

use super::builders::*;
use super::server::{RawServer, Reaction, status};

/// The proof of [`a_test`]: printf kayle-proof.evt_1.challenge | sha256sum
const PROOF: &str = "ed3302c25c6751636b306ed2ab7a6b33abf0f2fc45f29f62847eb7ea6201020f";

async fn verdict_on(headers: &str) -> Option<ProofVerdict> {
    let answer = format!("HTTP/1.1 500 x\r\n{headers}Content-Length: 0\r\n\r\n");
    let server = RawServer::start(Reaction::Write(answer.into_bytes())).await;
    let test = a_test(request_to(&http(server.address, "/")));
    let sent = sender().send(test).await.unwrap();
    let received = String::from_utf8(server.received().remove(0).bytes).unwrap();
    assert!(received.contains("X-Kayle-Test: true\r\n"), "{received}");
    sent.findings.proof
}

#[tokio::test]
async fn one_right_proof_is_proven_whatever_the_status_is() {
    let proof = |value: &str| format!("X-Kayle-Proof: {value}\r\n");
    let right = proof(PROOF);
    for (headers, expected) in [
        (right.clone(), ProofVerdict::Proven),
        (proof(&PROOF.to_uppercase()), ProofVerdict::WrongProof),
        (proof(""), ProofVerdict::WrongProof),
        (format!("{right}{right}"), ProofVerdict::WrongProof),
        (String::new(), ProofVerdict::NoProof),
    ] {
        assert_eq!(verdict_on(&headers).await, Some(expected), "{headers}");
    }
}

#[tokio::test]
async fn without_an_answer_there_is_no_verdict() {
    let server = RawServer::start(Reaction::WriteAndClose(Vec::new())).await;
    let test = a_test(request_to(&http(server.address, "/")));
    let findings = sender().send(test).await.unwrap().findings;
    assert_eq!(findings.proof, None);
    assert!(findings.was_connected);
}

#[tokio::test]
async fn of_what_is_no_test_nothing_is_told() {
    let server = RawServer::start(status(204)).await;
    let sent = sent(&sender(), &http(server.address, "/")).await;
    assert_eq!(sent.findings, TestFindings::default());
    let received = String::from_utf8(server.received().remove(0).bytes).unwrap();
    assert!(!received.contains("X-Kayle-Test"), "{received}");
}
