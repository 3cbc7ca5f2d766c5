//! The intake: what Kayle's services report of sessions is decided and written for many at once.
//!
//! A batch reads all its sessions, what was recorded of its attempts, and the endpoints to tell,
//! with a statement each; decides in memory; and writes everything with one transaction. Whoever
//! loses a race is decided anew in the next batch. A session has one step in a batch.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use kayle_events::{ClaimValue, Claims};
use kayle_primitives::{AttemptId, SessionId, Timestamp};
use kayle_sessions::{Attempt, Input, Refusal, ReportedOutcome, Session, Step, step};
use zeroize::Zeroizing;

use super::commit::{Committed, DecidedStep};
use super::report_attempt::ReportAttemptError;
use crate::Webhooks;
use crate::batch::{Batch, Line, Turn};
use crate::limits::CONFLICT_RETRIES_MAX;
use crate::ports::meter::BatchKind;
use crate::ports::store::{Caused, RecordedAttempt, StoreError};

/// Those whose reports wait to be written.
pub(crate) type Intake = Line<Request, Answer>;

type Answer = Result<Taken, ReportAttemptError>;

/// What a service says of a session.
pub(crate) struct Request {
    pub(crate) session_id: SessionId,
    pub(crate) news: News,
}

/// What has happened.
pub(crate) enum News {
    /// The person has come.
    Begun,
    /// A check has finished.
    Reported(Report),
}

/// A finished check.
pub(crate) struct Report {
    pub(crate) attempt_id: AttemptId,
    /// Whether the service chose the id, so that it may have been reported before.
    pub(crate) id_was_given: bool,
    pub(crate) outcome: ReportedOutcome,
}

/// What became of a request.
pub(crate) struct Taken {
    pub(crate) session: Session,
    pub(crate) attempt: Option<Attempt>,
    pub(crate) caused: Caused,
    pub(crate) is_repeated: bool,
}

/// What is to be done about a request.
enum Verdict {
    /// The caller gets this error.
    Refused(ReportAttemptError),
    /// It changes nothing.
    Unchanged(Session),
    /// It is answered as it was the first time.
    Repeated(Session, Attempt),
    /// The session takes a step, which is the answer.
    Step(DecidedStep),
    /// The session expires, which is why it is refused.
    Expiry(DecidedStep),
}

/// What a batch has read.
struct Found {
    sessions: BTreeMap<SessionId, Result<Session, StoreError>>,
    attempts: BTreeMap<AttemptId, Result<RecordedAttempt, StoreError>>,
}

/// What a request is answered once its step is committed.
struct Led {
    number: usize,
    session: Session,
    attempt: Option<Attempt>,
    expires: bool,
}

impl Webhooks {
    /// Decides what follows from a service's news of a session, and commits it.
    pub(crate) async fn take_in(&self, request: Request) -> Answer {
        let mut place = self.intake.join(request);
        loop {
            match place.turn().await {
                Turn::Answered(answer) => return answer,
                Turn::Leads(mut batch) => {
                    let (size, began) = (batch.requests().count(), self.clock.now());
                    self.take_in_batch(&mut batch).await;
                    let took = self.clock.now().since(began);
                    self.meter.batch_ended(BatchKind::Intake, size, took);
                }
            }
        }
    }

    /// Answers a batch. What lost a race stays without an answer.
    async fn take_in_batch(&self, batch: &mut Batch<'_, Request, Answer>) {
        let Err(error) = self.try_batch(batch).await else {
            return;
        };
        let error = Arc::new(error);
        batch.answer_all(|_| Err(StoreError::shared(&error).into()));
    }

    async fn try_batch(&self, batch: &mut Batch<'_, Request, Answer>) -> Result<(), StoreError> {
        let found = self.find_for(batch).await?;
        let now = self.clock.now();
        let (mut led, mut steps) = (Vec::new(), Vec::new());
        for (number, verdict) in self.judge_all(batch, found, now) {
            match verdict {
                Verdict::Refused(error) => batch.answer(number, Err(error)),
                Verdict::Unchanged(session) => {
                    batch.answer(number, Ok(Taken::unchanged(session)));
                }
                Verdict::Repeated(session, attempt) => {
                    let answer = self.answer_again(session, attempt).await;
                    batch.answer(number, answer.map_err(Into::into));
                }
                Verdict::Step(decided) => {
                    led.push(Led::by(number, &decided.step, false));
                    steps.push(decided);
                }
                Verdict::Expiry(decided) => {
                    led.push(Led::by(number, &decided.step, true));
                    steps.push(decided);
                }
            }
        }
        if steps.is_empty() {
            return Ok(());
        }
        let committed = self.commit_steps(steps, now).await?;
        for (led, committed) in led.into_iter().zip(committed) {
            led.answer(batch, committed);
        }
        Ok(())
    }

    /// Reads what a batch is about.
    async fn find_for(&self, batch: &Batch<'_, Request, Answer>) -> Result<Found, StoreError> {
        let requests = batch.requests();
        let sessions = requests.map(|(_, request)| request.session_id.clone());
        let attempts = batch.requests().filter_map(|(number, request)| {
            let report = request.report()?;
            // An id that was made for this report is recorded only if an earlier batch did it.
            let may_be_recorded = report.id_was_given || batch.was_taken(number);
            may_be_recorded.then(|| report.attempt_id.clone())
        });
        let attempts: BTreeSet<AttemptId> = attempts.collect();
        let reads = self.store.reads();
        Ok(Found {
            sessions: reads.find_sessions_for_intake(&sessions.collect()).await?,
            attempts: if attempts.is_empty() {
                BTreeMap::new()
            } else {
                reads.find_attempts_for_intake(&attempts).await?
            },
        })
    }

    /// Judges the requests of a batch, but for those that another one of the same session, or with
    /// the same attempt, comes before.
    fn judge_all(
        &self,
        batch: &Batch<'_, Request, Answer>,
        mut found: Found,
        now: Timestamp,
    ) -> Vec<(usize, Verdict)> {
        let mut seen_sessions = BTreeSet::new();
        let mut seen_attempts = BTreeSet::new();
        let mut verdicts = Vec::new();
        for (number, request) in batch.requests() {
            let attempt_id = request.report().map(|report| &report.attempt_id);
            let is_first = seen_sessions.insert(&request.session_id)
                && attempt_id.is_none_or(|id| seen_attempts.insert(id));
            if is_first {
                let verdict = self.judge(request, &mut found, now);
                verdicts.push((number, verdict.unwrap_or_else(Verdict::Refused)));
            }
        }
        verdicts
    }

    fn judge(
        &self,
        request: &Request,
        found: &mut Found,
        now: Timestamp,
    ) -> Result<Verdict, ReportAttemptError> {
        let session = found.sessions.remove(&request.session_id);
        let session = session.ok_or(ReportAttemptError::NotFound)??;
        if let Some(report) = request.report()
            && let Some(recorded) = found.attempts.remove(&report.attempt_id)
        {
            return self.judge_repeated(session, report, recorded?);
        }
        if session.is_overdue(now) {
            let Ok(step) = step(session, Input::WindowPassed, now) else {
                unreachable!("an overdue session is active, and its window has passed")
            };
            return Ok(Verdict::Expiry(step.into()));
        }
        let revision = session.revision;
        let input = match &request.news {
            News::Begun => Input::Begin,
            News::Reported(report) => Input::AttemptReported {
                attempt_id: report.attempt_id.clone(),
                outcome: report.outcome.clone(),
            },
        };
        match step(session, input, now) {
            Ok(step) if step.session.revision == revision => Ok(Verdict::Unchanged(step.session)),
            Ok(step) => Ok(Verdict::Step(DecidedStep {
                step,
                fingerprint: request.report().map(|report| {
                    let content = report.content_to_fingerprint();
                    self.keys.fingerprint_attempt_report(&content)
                }),
            })),
            Err(Refusal::Terminal(status)) => Err(ReportAttemptError::Terminal(status)),
            Err(Refusal::Claims(error)) => Err(ReportAttemptError::Claims(error)),
            Err(Refusal::PastWindow | Refusal::InsideWindow) => {
                unreachable!("the window has not passed, and nobody says that it has")
            }
        }
    }

    fn judge_repeated(
        &self,
        session: Session,
        report: &Report,
        recorded: RecordedAttempt,
    ) -> Result<Verdict, ReportAttemptError> {
        let RecordedAttempt {
            attempt,
            fingerprint,
        } = recorded;
        let content = report.content_to_fingerprint();
        let same = attempt.session_id == session.id
            && self.keys.attempt_report_matches(&content, &fingerprint);
        if same {
            Ok(Verdict::Repeated(session, attempt))
        } else {
            Err(ReportAttemptError::AttemptIdReused(attempt.id))
        }
    }

    async fn answer_again(&self, session: Session, attempt: Attempt) -> Result<Taken, StoreError> {
        let caused = self.store.reads().caused_by_attempt(&attempt.id).await?;
        Ok(Taken {
            session: session.as_of(attempt.progress.clone()),
            attempt: Some(attempt),
            caused,
            is_repeated: true,
        })
    }
}

impl Request {
    fn report(&self) -> Option<&Report> {
        match &self.news {
            News::Begun => None,
            News::Reported(report) => Some(report),
        }
    }
}

impl Taken {
    fn unchanged(session: Session) -> Self {
        Self {
            session,
            attempt: None,
            caused: Caused::default(),
            is_repeated: false,
        }
    }
}

impl Led {
    fn by(number: usize, step: &Step, expires: bool) -> Self {
        Self {
            number,
            session: step.session.clone(),
            attempt: step.attempt.clone(),
            expires,
        }
    }

    /// Answers the request, unless another change came first.
    fn answer(self, batch: &mut Batch<'_, Request, Answer>, committed: Committed) {
        let answer = match committed {
            Ok(Some(_)) if self.expires => Err(ReportAttemptError::Expired),
            Ok(Some(caused)) => Ok(Taken {
                session: self.session,
                attempt: self.attempt,
                caused,
                is_repeated: false,
            }),
            Ok(None) if batch.note_loss(self.number) < CONFLICT_RETRIES_MAX => return,
            Ok(None) => Err(StoreError::Conflict.into()),
            Err(error) => Err(error.into()),
        };
        batch.answer(self.number, answer);
    }
}

impl Report {
    /// Writes what makes two reports the same, unambiguously: every text is preceded by its length.
    fn content_to_fingerprint(&self) -> Zeroizing<Vec<u8>> {
        let parts = match &self.outcome {
            ReportedOutcome::Failed(code) => vec![b"failed", code.as_str().as_bytes()],
            ReportedOutcome::Succeeded(claims) => parts_of(claims),
        };
        let room = parts.iter().map(|part| part.len() + size_of::<u64>()).sum();
        let mut content = Zeroizing::new(Vec::with_capacity(room));
        for part in parts {
            let length = u64::try_from(part.len()).expect("a length fits 64 bits");
            content.extend_from_slice(&length.to_be_bytes());
            content.extend_from_slice(part);
        }
        content
    }
}

fn parts_of(claims: &Claims) -> Vec<&[u8]> {
    let parts = claims.iter().flat_map(|(key, value)| {
        let (kind, value): (&[u8], &[u8]) = match value {
            ClaimValue::Text(text) => (b"text", text.as_bytes()),
            ClaimValue::Boolean(true) => (b"boolean", b"true"),
            ClaimValue::Boolean(false) => (b"boolean", b"false"),
            ClaimValue::Null => (b"null", b""),
        };
        [key.as_str().as_bytes(), kind, value]
    });
    parts.collect()
}
