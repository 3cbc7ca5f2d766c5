//! Expires sessions whose window has passed: by the sweep, and when anybody touches one
//! (contract 6.5).

use kayle_primitives::Timestamp;
use kayle_sessions::{Input, Session, step};

use crate::Webhooks;
use crate::ports::meter::Swept;
use crate::ports::store::{Portion, StoreError, report_damage};
use crate::retention::Found;
use crate::sessions::commit::DecidedStep;

impl Webhooks {
    /// Returns the session as it is, expired first if its window has passed; `None` if another
    /// change came first and it must be read again.
    pub(crate) async fn expire_if_overdue(
        &self,
        session: Session,
        now: Timestamp,
    ) -> Result<Option<Session>, StoreError> {
        if !session.is_overdue(now) {
            return Ok(Some(session));
        }
        let Ok(step) = step(session, Input::WindowPassed, now) else {
            unreachable!("an overdue session is active, and its window has passed")
        };
        let expired = step.session.clone();
        let committed = self.commit_step(step, now).await?;
        Ok(committed.map(|_| expired))
    }

    /// Expires a portion of the overdue sessions. One that cannot expire stays where it is.
    pub(crate) async fn sweep_overdue_sessions(
        &self,
        now: Timestamp,
        portion: Portion,
    ) -> Result<Found, StoreError> {
        let reads = self.store.reads();
        let overdue = reads.overdue_sessions(now, portion).await?;
        let mut found = Found::of(&overdue);
        let steps = overdue.items.into_iter();
        let steps = steps.filter_map(|session| step(session, Input::WindowPassed, now).ok());
        let steps: Vec<DecidedStep> = steps.map(DecidedStep::from).collect();
        for committed in self.commit_steps(steps, now).await? {
            match committed {
                Ok(Some(_)) => found.moved += 1,
                // Another change came first; or none is taken, and then it may not come up again
                // and again in this sweep.
                Ok(None) => {}
                // One organization's damaged row must not keep all others' sessions alive.
                Err(error @ StoreError::Corrupt { .. }) => report_damage(&error),
                Err(error @ (StoreError::Unavailable(_) | StoreError::Conflict)) => {
                    return Err(error);
                }
            }
        }
        self.meter.swept(Swept::SessionsExpired, found.moved);
        Ok(found)
    }
}
