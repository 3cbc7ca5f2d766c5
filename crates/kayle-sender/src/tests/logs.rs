//! What the sender and the libraries under it write into the log, at its most talkative.

use kayle_delivery::FailureReason;
use kayle_testkit::log::Log;

use super::builders::*;
use super::server::{RawServer, Reaction, status};

#[tokio::test]
async fn no_log_line_shows_path_query_signature_or_payload() {
    let log = Log::collect();
    let good = RawServer::start(status(204)).await;
    let broken = RawServer::start(Reaction::WriteAndClose(b"nonsense".to_vec())).await;
    let path = "/hush-path?token=hush-query";
    let sender = sender();

    let outcomes = [
        attempt(&sender, &http(good.address, path)).await,
        attempt(&sender, &http(broken.address, path)).await,
        attempt(&sender, &format!("https://no-such-host.invalid{path}")).await,
        attempt(&sender, &format!("https://10.0.0.1{path}")).await,
    ];

    let [first, rest @ ..] = outcomes;
    assert_eq!(first, accepted(204));
    assert_eq!(
        rest,
        [
            no_answer(FailureReason::Connect),
            no_answer(FailureReason::Dns),
            blocked("10.0.0.1"),
        ]
    );
    let text = log.finish();
    assert!(text.contains("no answer"), "nothing was collected");
    for secret in ["hush", SIGNATURE, JWE] {
        assert!(!text.contains(secret), "{text}");
    }
}
