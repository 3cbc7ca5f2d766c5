//! How much one organization may have and do (contract 14.14), so that none takes what the others
//! need.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use kayle_primitives::{OrganizationId, Timestamp};

use crate::limits::{COUNTED_ORGANIZATIONS_MAX, REFUSED_SESSIONS_DELAY};

/// What an operator chose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quotas {
    /// Endpoints of one organization that are not deleted.
    pub endpoints_max: usize,
    /// Sessions of one organization that have not ended. Those that are opened while others are
    /// counted can exceed it by a thousandth, or by as many as there are processes.
    pub open_sessions_max: usize,
}

impl Default for Quotas {
    /// Returns the contract's numbers.
    fn default() -> Self {
        Self {
            endpoints_max: 200,
            open_sessions_max: 100_000,
        }
    }
}

/// The organization has as much of a kind as it may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the limit of {max} {what} for one organization is reached")]
pub struct LimitReached {
    /// The kind, in the plural.
    pub what: &'static str,
    /// The limit.
    pub max: usize,
}

/// There is no room for one more at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there may be at most {max} {what}")]
pub struct TooMany {
    /// The kind, in the plural, and where or when.
    pub what: &'static str,
    /// The limit.
    pub max: usize,
    /// How long it takes until it is worth another try.
    pub retry_after: Duration,
}

impl LimitReached {
    /// Fails if there is no room for one more.
    pub(crate) fn check(what: &'static str, found: usize, max: usize) -> Result<(), Self> {
        if max <= found {
            return Err(Self { what, max });
        }
        Ok(())
    }
}

/// How many more sessions each organization may open before they are counted again.
///
/// Counting a hundred thousand takes a while. As sessions only end meanwhile, an organization may
/// open a part of what is left to it without being counted.
#[derive(Debug, Default)]
pub(crate) struct OpenSessions(Mutex<HashMap<OrganizationId, Allowance>>);

#[derive(Debug, Clone, Copy)]
enum Allowance {
    More(usize),
    NoneUntil(Timestamp),
}

/// What is known without counting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Known {
    /// One more may be opened.
    Room,
    /// None may be opened for so long.
    NoRoomFor(Duration),
    /// They must be counted.
    Nothing,
}

impl OpenSessions {
    /// Takes one of what an organization may open.
    pub(crate) fn take(&self, organization_id: OrganizationId, now: Timestamp) -> Known {
        match self.allowances().get_mut(&organization_id) {
            Some(Allowance::More(left)) if 0 < *left => {
                *left -= 1;
                Known::Room
            }
            Some(Allowance::NoneUntil(until)) if now < *until => Known::NoRoomFor(until.since(now)),
            Some(_) | None => Known::Nothing,
        }
    }

    /// Notes how many are open.
    pub(crate) fn note(
        &self,
        organization_id: OrganizationId,
        open: usize,
        max: usize,
        now: Timestamp,
    ) {
        let mut allowances = self.allowances();
        if COUNTED_ORGANIZATIONS_MAX <= allowances.len() {
            allowances.clear();
        }
        let allowance = match max.saturating_sub(open) {
            0 => Allowance::NoneUntil(now.plus(REFUSED_SESSIONS_DELAY)),
            left => Allowance::More((left / 8).max(max / 1000).max(1)),
        };
        allowances.insert(organization_id, allowance);
    }

    fn allowances(&self) -> MutexGuard<'_, HashMap<OrganizationId, Allowance>> {
        let allowances = self.0.lock();
        allowances.expect("nothing panics while it holds the allowances")
    }
}
