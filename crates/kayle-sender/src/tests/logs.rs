//! What the sender and the libraries under it write into the log, at its most talkative.

use std::io;
use std::sync::{Arc, Mutex};

use kayle_delivery::FailureReason;
use tracing::Level;

use super::builders::*;
use super::server::{RawServer, Reaction, status};

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Log {
    /// Collects everything that this thread logs while the guard lives.
    fn collect(&self) -> tracing::subscriber::DefaultGuard {
        let log = self.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(Level::TRACE)
            .with_ansi(false)
            .with_writer(move || log.clone())
            .finish();
        tracing::subscriber::set_default(subscriber)
    }

    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

#[tokio::test]
async fn no_log_line_shows_path_query_signature_or_payload() {
    let log = Log::default();
    let collecting = log.collect();
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

    drop(collecting);
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
    let text = log.text();
    assert!(text.contains("no answer"), "nothing was collected");
    for secret in ["hush", SIGNATURE, JWE] {
        assert!(!text.contains(secret), "{text}");
    }
}
