//! A sender that makes no request: it records what it was given and answers from a script.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::sync::{Mutex, MutexGuard};

use async_trait::async_trait;
use kayle_app::ports::sender::{SendFault, SendRequest, Sender};
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

    /// Gives every request so far, in the order in which they came, faults included.
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
    async fn send(&self, request: SendRequest) -> Result<AttemptOutcome, SendFault> {
        let answer = self.desk().take_in(request);
        match answer {
            Answer::Outcome(outcome) => Ok(outcome),
            Answer::Held(outcome) => {
                let permit = self.releases.acquire().await;
                permit.expect("the semaphore is never closed").forget();
                Ok(outcome)
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
