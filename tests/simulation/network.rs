//! The endpoints and the way to them: answers, refusals, silence, and answers that are lost or
//! late.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use kayle_app::ports::sender::{SendRequest, Sent};
use kayle_delivery::{AttemptOutcome, FailureReason, LeaseHolder, RetryAfter};
use kayle_primitives::{Clock, Timestamp};

use crate::history::{Request, short};
use crate::laws::request;
use crate::mutant::Mutant;
use crate::store::Shared;

/// How long a request may take before the sender gives it up.
const TIMEOUT: Duration = Duration::from_secs(15);
/// How late an answer may come: longer than a lease, as where a process was asleep.
const LATE_MAX: Duration = Duration::from_secs(150);
/// The longest that a busy endpoint asks to be left alone: longer than it is heeded.
const ASKED_FOR_MAX: Duration = Duration::from_hours(2);

/// Why a request gets no answer although there was time for one.
const BROKEN_ON_THE_WAY: [FailureReason; 4] = [
    FailureReason::Dns,
    FailureReason::Connect,
    FailureReason::Tls,
    FailureReason::BlockedAddress,
];

/// How an endpoint takes requests for the time being.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mood {
    Well,
    Failing,
    Moody,
}

/// What the sender gives back, and when.
pub(crate) struct Flight {
    pub(crate) arrives_at: Timestamp,
    /// `None` if nothing could be sent.
    pub(crate) sent: Option<Sent>,
}

/// Takes the requests of every process.
pub(crate) struct Network {
    shared: Arc<Shared>,
    /// By URL, with the number of requests until it changes.
    moods: RefCell<BTreeMap<String, (Mood, usize)>>,
    has_faults: Rc<Cell<bool>>,
}

impl Network {
    pub(crate) fn new(shared: Arc<Shared>, has_faults: Rc<Cell<bool>>) -> Self {
        Self {
            shared,
            moods: RefCell::default(),
            has_faults,
        }
    }

    /// Puts a request on the wire, in the same breath as its last check.
    pub(crate) fn send(&self, request: &SendRequest, holder: &LeaseHolder) -> Flight {
        let choices = &self.shared.choices;
        let now = self.shared.clock.now();
        if self.has_faults.get() && choices.percent(3) {
            return Flight {
                arrives_at: now,
                sent: None,
            };
        }
        let (outcome, after) = self.answer(request.url.as_str());
        self.record(request, holder, outcome);
        let is_silent = matches!(outcome, AttemptOutcome::NoAnswer(_));
        if is_silent && self.shared.is(Mutant::SendsTwice) {
            self.record(request, holder, outcome);
        }
        let heard = if is_silent && self.shared.is(Mutant::TakesSilenceForSuccess) {
            AttemptOutcome::from_status_code(200)
        } else {
            outcome
        };
        Flight {
            arrives_at: now.plus(after),
            sent: Some(Sent {
                retry_after: self.retry_after(heard),
                ..heard.into()
            }),
        }
    }

    /// Says for how long a busy endpoint asks to be left alone, which may be longer than it can.
    fn retry_after(&self, outcome: AttemptOutcome) -> Option<RetryAfter> {
        let choices = &self.shared.choices;
        let asks = outcome.is_postponed() && choices.percent(50);
        asks.then(|| RetryAfter::Delay(choices.up_to(ASKED_FOR_MAX)))
    }

    fn record(&self, request: &SendRequest, holder: &LeaseHolder, outcome: AttemptOutcome) {
        let made = Request {
            delivery_id: request.delivery_id.clone(),
            holder: holder.clone(),
            body: request.jwe.as_str().to_owned(),
            outcome,
        };
        let mut history = self.shared.history();
        history.trace(self.shared.clock.now(), || {
            format!("sends {}: {outcome:?}", short(made.delivery_id.as_str()))
        });
        history.requests.push(made.clone());
        request::judge(&made, &mut history);
    }

    /// Says what becomes of a request, as far as its sender will know, and after how long.
    fn answer(&self, url: &str) -> (AttemptOutcome, Duration) {
        let choices = &self.shared.choices;
        let soon = choices.up_to(Duration::from_millis(400));
        let accepted = AttemptOutcome::Accepted { status_code: 200 };
        let refused = |among: &[u16]| {
            let status_code = choices.pick(among).copied().unwrap_or(500);
            (AttemptOutcome::Refused { status_code }, soon)
        };
        let roll = choices.below(100);
        match self.mood(url) {
            Mood::Well if roll < 90 => (accepted, soon),
            Mood::Failing if 5 < roll => refused(&[500, 502, 503, 404, 301]),
            Mood::Well | Mood::Failing | Mood::Moody => match roll % 8 {
                0 | 1 => (accepted, soon),
                // It has the event, and nobody here will ever know.
                2 | 3 => (AttemptOutcome::NoAnswer(FailureReason::Timeout), TIMEOUT),
                4 => (accepted, choices.up_to(LATE_MAX)),
                5 => {
                    let reason = choices.pick(&BROKEN_ON_THE_WAY);
                    let reason = reason.copied().unwrap_or(FailureReason::Connect);
                    (AttemptOutcome::NoAnswer(reason), soon)
                }
                _ => refused(&[400, 401, 410, 429, 500, 503]),
            },
        }
    }

    fn mood(&self, url: &str) -> Mood {
        let choices = &self.shared.choices;
        let mut moods = self.moods.borrow_mut();
        let mood = moods.entry(url.to_owned()).or_insert((Mood::Well, 0));
        if mood.1 == 0 {
            let any = [Mood::Well, Mood::Failing, Mood::Moody, Mood::Moody];
            let next = choices.pick(&any).copied().unwrap_or(Mood::Well);
            *mood = (next, 1 + choices.below(12));
        }
        mood.1 -= 1;
        mood.0
    }
}
