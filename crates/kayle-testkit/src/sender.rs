//! A sender that makes no request: it records what it was given and answers from a script.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::sync::{Mutex, MutexGuard};

use async_trait::async_trait;
use kayle_app::ports::sender::{SendFault, SendRequest, Sender, Sent};
use kayle_delivery::AttemptOutcome;
use tokio::sync::Semaphore;

/// Where a URL's script is empty, every request is taken with 204.
const DEFAULT: Answer = Answer::Outcome(AttemptOutcome::Accepted { status_code: 204 });

/// What one request comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// The attempt comes to this.
    Outcome(AttemptOutcome),
    /// The attempt comes to this once [`ScriptedSender::release`] lets it.
    Held(AttemptOutcome),
    /// There is no attempt: something broke in our own house.
    Fault,
}

/// Records requests and answers them by their URL.
pub struct ScriptedSender {
    desk: Mutex<Desk>,
    releases: Semaphore,
}

#[derive(Default)]
struct Desk {
    /// By URL, in normalized form.
    scripts: BTreeMap<String, VecDeque<Answer>>,
    afterwards: BTreeMap<String, Answer>,
    sent: Vec<SendRequest>,
}

impl Answer {
    /// The endpoint answers with this HTTP status.
    pub fn status(status_code: u16) -> Self {
        Self::Outcome(AttemptOutcome::from_status_code(status_code))
    }
}

impl ScriptedSender {
    /// Answers the next requests to `url` with these, after those that were scripted before.
    pub fn script(&self, url: &str, answers: impl IntoIterator<Item = Answer>) {
        let mut desk = self.desk();
        desk.scripts
            .entry(url.to_owned())
            .or_default()
            .extend(answers);
    }

    /// Answers every request to `url` with this once its script has run out.
    pub fn afterwards(&self, url: &str, answer: Answer) {
        self.desk().afterwards.insert(url.to_owned(), answer);
    }

    /// Lets one request go on that [`Answer::Held`] holds, or will hold.
    pub fn release(&self) {
        self.releases.add_permits(1);
    }

    /// Returns every request so far, in the order in which they came, faults included.
    pub fn sent(&self) -> Vec<SendRequest> {
        self.desk().sent.clone()
    }

    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk
            .lock()
            .expect("nothing panics while it holds the desk")
    }
}

impl Default for ScriptedSender {
    fn default() -> Self {
        Self {
            desk: Mutex::default(),
            releases: Semaphore::new(0),
        }
    }
}

#[async_trait]
impl Sender for ScriptedSender {
    async fn send(&self, request: SendRequest) -> Result<Sent, SendFault> {
        let answer = self.desk().take_in(request);
        match answer {
            Answer::Outcome(outcome) => Ok(outcome.into()),
            Answer::Held(outcome) => {
                let permit = self.releases.acquire().await;
                permit.expect("the semaphore is never closed").forget();
                Ok(outcome.into())
            }
            Answer::Fault => Err(SendFault::OutOfResources(io::Error::other("scripted"))),
        }
    }
}

impl Desk {
    /// Records a request and says how to answer it; both in one step, so that the script's order
    /// is the order of arrival.
    fn take_in(&mut self, request: SendRequest) -> Answer {
        let url = request.url.as_str();
        let scripted = self.scripts.get_mut(url).and_then(VecDeque::pop_front);
        let answer = scripted.or_else(|| self.afterwards.get(url).copied());
        self.sent.push(request);
        answer.unwrap_or(DEFAULT)
    }
}

#[cfg(test)]
mod tests {
    use kayle_delivery::CompactJwe;
    use kayle_endpoints::EndpointUrl;
    use kayle_events::EventType;
    use kayle_primitives::DeliveryId;

    use super::*;
    use crate::webhooks::test_settings;

    const URL: &str = "https://hooks.customer.example/a";

    fn request(url: &str) -> SendRequest {
        let url = EndpointUrl::from_stored(url.to_owned());
        SendRequest {
            url: url.judge(&test_settings().url_policy).unwrap(),
            delivery_id: DeliveryId::parse("whd_1").unwrap(),
            event_type: EventType::SessionExpired,
            signature: "t=1,v1=00".to_owned(),
            jwe: CompactJwe::new("a.b.c.d.e".to_owned()),
            expected_proof: None,
        }
    }

    #[tokio::test]
    async fn a_url_is_answered_from_its_script_and_then_as_ever() {
        let sender = ScriptedSender::default();
        sender.script(URL, [Answer::status(500), Answer::Fault]);
        let refused = sender.send(request(URL)).await.unwrap();
        assert_eq!(refused.outcome.status_code(), Some(500));
        assert!(sender.send(request(URL)).await.is_err());
        let accepted = sender.send(request(URL)).await.unwrap();
        assert_eq!(accepted.outcome.status_code(), Some(204));

        sender.afterwards(URL, Answer::status(410));
        let gone = sender.send(request(URL)).await.unwrap();
        assert_eq!(gone.outcome.status_code(), Some(410));
        let elsewhere = sender.send(request("https://other.example/")).await;
        assert_eq!(elsewhere.unwrap().outcome.status_code(), Some(204));
        assert_eq!(sender.sent().len(), 5);
    }

    #[tokio::test]
    async fn a_held_answer_waits_for_its_release() {
        let sender = ScriptedSender::default();
        let held = AttemptOutcome::from_status_code(200);
        sender.script(URL, [Answer::Held(held)]);
        let (outcome, ()) = tokio::join!(sender.send(request(URL)), async {
            assert_eq!(sender.sent().len(), 1);
            sender.release();
        });
        assert_eq!(outcome.unwrap().outcome, held);
    }
}
