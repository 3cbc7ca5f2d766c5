//! Callers who report under load, and repeat what was not accepted until it is.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use futures_util::{StreamExt, stream};
use kayle_primitives::Clock;
use kayle_testkit::receiver::WallClock;
use serde_json::Value;

use super::REPORTS_OF_A_ROUND;
use crate::support::report::{attempts_path, numbered, success};
use crate::support::{Answer, Api, Installation, eventually};

/// Sixteen callers, and what they were answered.
pub(super) struct Verifiers {
    sessions: Vec<String>,
    /// The nodes they know. Who gets no answer from one asks the next.
    nodes: Mutex<Vec<Api>>,
    answers: Mutex<BTreeMap<String, Value>>,
    refusals: Mutex<Vec<Refusal>>,
}

/// A report that was answered, but not accepted.
#[derive(Debug, Clone)]
struct Refusal {
    status: u16,
    has_retry_after: bool,
    text: String,
    took: Duration,
}

pub(super) const CALLERS: usize = 16;

/// The longest wait for "not now". The service waits up to five seconds for a connection and once
/// more for a lock; a busy machine gets a little more.
const ANSWER_MAX: Duration = Duration::from_secs(15);

impl Verifiers {
    /// Makes verifiers that know one node and have nothing to report yet.
    pub(super) fn of(installation: &Installation) -> Self {
        Self {
            sessions: Vec::new(),
            nodes: Mutex::new(vec![installation.intake.clone()]),
            answers: Mutex::default(),
            refusals: Mutex::default(),
        }
    }

    /// Opens as many sessions as one round reports about.
    pub(super) async fn open_sessions(&mut self, installation: &Installation) {
        let opened: Vec<_> = stream::iter(0..REPORTS_OF_A_ROUND)
            .map(|_| installation.session_id())
            .buffer_unordered(CALLERS)
            .collect()
            .await;
        self.sessions.extend(opened);
    }

    pub(super) fn sessions(&self) -> &[String] {
        &self.sessions
    }

    /// Tells them where the service is.
    pub(super) fn know(&self, nodes: impl IntoIterator<Item = Api>) {
        *lock(&self.nodes) = nodes.into_iter().collect();
    }

    /// Reports about every session that was not reported about, until each report is accepted.
    pub(super) async fn report_all(&self) {
        let reported = lock(&self.answers).len();
        let reporting = stream::iter(self.sessions.iter().enumerate().skip(reported));
        reporting
            .for_each_concurrent(CALLERS, |(number, session_id)| async move {
                let mut node = number;
                let answer = eventually("the report is accepted", async || {
                    node += 1;
                    self.report(node, number, session_id).await
                })
                .await;
                lock(&self.answers).insert(session_id.clone(), answer);
            })
            .await;
    }

    /// Reports once more about a session, word for word.
    pub(super) async fn report_again(&self, session_id: &str) -> Answer {
        let mut reported = self.sessions.iter();
        let number = reported.position(|reported| reported == session_id);
        let report = numbered(success(), number.expect("it was reported about"));
        let node = lock(&self.nodes)[0].clone();
        node.post(&attempts_path(session_id), &report).await
    }

    /// Returns the answer if the report was accepted.
    async fn report(&self, node: usize, number: usize, session_id: &str) -> Option<Value> {
        let node = {
            let nodes = lock(&self.nodes);
            nodes[node % nodes.len()].clone()
        };
        let report = numbered(success(), number);
        let asked_at = WallClock.now();
        // Without an answer it may be on disk or not: it is said again.
        let answer = node.try_post(&attempts_path(session_id), &report).await;
        let answer = answer.ok()?;
        if answer.status < 300 {
            return Some(answer.data());
        }
        let refusal = Refusal {
            status: answer.status,
            has_retry_after: answer.headers.contains_key("retry-after"),
            text: answer.text,
            took: WallClock.now().since(asked_at),
        };
        lock(&self.refusals).push(refusal);
        None
    }

    /// Waits until a report was refused.
    pub(super) async fn are_refused(&self) {
        let before = lock(&self.refusals).len();
        eventually("a report is refused", async || {
            (lock(&self.refusals).len() > before).then_some(())
        })
        .await;
    }

    /// Expects that there is still something to be reported: the fault struck under load.
    pub(super) fn expect_to_be_busy(&self) {
        let accepted = lock(&self.answers).len();
        assert!(accepted < self.sessions.len(), "the load is over");
    }

    /// Returns what was accepted so far, by session.
    pub(super) fn accepted(&self) -> BTreeMap<String, Value> {
        lock(&self.answers).clone()
    }

    /// Expects that every refusal was "not now", soon enough and with nothing of the report in it.
    pub(super) fn expect_only_polite_refusals(&self) {
        for refusal in lock(&self.refusals).iter() {
            assert_eq!(refusal.status, 503, "{refusal:?}");
            assert!(refusal.has_retry_after, "{refusal:?}");
            assert!(refusal.text.contains("SERVICE_UNAVAILABLE"), "{refusal:?}");
            assert!(!refusal.text.contains("kdoc_1"), "{refusal:?}");
            assert!(refusal.took < ANSWER_MAX, "{refusal:?}");
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("nobody panics while holding it")
}
