//! The bound of every loop, batch and list, with its reason.

use std::time::Duration;

/// Requests that are decided and written together: a commit's cost is spread thin from a few dozen
/// on, and whoever comes last waits for the whole batch.
pub const BATCH_MAX: usize = 128;

/// How often an operation is begun anew because another change came first. Each round lets one
/// change through; sixteen callers at one session are beyond any that real services make.
pub const CONFLICT_RETRIES_MAX: u32 = 16;

/// Rows per sweep statement (contract 7.7): long enough to pay for the commit, short enough not to
/// keep the writer of an embedded database from others.
pub const SWEEP_BATCH_MAX: usize = 500;

/// API keys of one organization (contract 14.14).
pub const API_KEYS_MAX: usize = 100;

/// Encryption keys that may be registered for one endpoint within a day (contract 14.14).
pub const KEYS_PER_DAY_MAX: usize = 20;

/// Tests of one endpoint within a minute (contract 14.1).
pub const TESTS_PER_MINUTE_MAX: usize = 10;

/// How long an organization that has too many open sessions is refused without counting them again.
pub const REFUSED_SESSIONS_DELAY: Duration = Duration::from_secs(10);

/// Organizations whose open sessions are kept count of: a few dozen bytes each.
pub const COUNTED_ORGANIZATIONS_MAX: usize = 10_000;

/// Deliveries that one call to retry what failed requeues (contract 14.4).
pub const RETRIED_PER_CALL_MAX: usize = 10_000;

/// Those of one transaction: as for [`SWEEP_BATCH_MAX`].
pub const RETRIED_AT_ONCE_MAX: usize = 500;

/// Deliveries per claim: from a hundred rows on, a commit's cost is spread thin.
pub const CLAIM_BATCH_MAX: usize = 128;

/// How old the last look at a lease may be when its request begins; later it is looked at again. A
/// withdrawal in between is not seen, so it is short.
pub const LAST_LOOK_AGE_MAX: Duration = Duration::from_millis(100);

/// How long a delivery waits that could not be tried because of a fault of our own.
pub const FAULT_DELAY: Duration = Duration::from_secs(5);

/// Parsed public keys that are kept in memory: at most 1.7 KB each.
pub const PUBLIC_KEYS_CACHED_MAX: u64 = 10_000;

/// Deliveries by which an endpoint is judged in its overview: enough to see one failure in twenty,
/// and few enough to be read for every endpoint of a page.
pub const OVERVIEW_DELIVERIES: usize = 20;

/// Stored payloads of one key that are counted: enough to say whether it is still needed, and how
/// long it may take, without walking a backlog whenever keys are listed.
pub const RETAINED_COUNTED_MAX: usize = 1000;

/// How long a challenge can be answered (contract 14.12).
pub const KEY_CHALLENGE_LIFETIME: Duration = Duration::from_mins(10);

/// How long a secret that was shown once can be read again in the same browser.
pub const SHOWN_SECRET_LIFETIME: Duration = Duration::from_mins(10);

/// How long a sign-in link leads to a session (contract 14.5).
pub const SIGN_IN_LINK_LIFETIME: Duration = Duration::from_mins(10);

/// How long an expired sign-in link is kept: clocks that differ must not bring it back.
pub const SIGN_IN_LINK_REMEMBERED: Duration = Duration::from_hours(24);

/// How long a service token that has ended is remembered: clocks that differ must not bring back a
/// revoked one.
pub const SERVICE_TOKEN_REMEMBERED: Duration = Duration::from_hours(24);

/// How long after its last check-in a node counts as running: two check-ins may fail.
pub const NODE_ALIVE: Duration = Duration::from_secs(15);

/// How far back organizations are compared by how much they make the service do: long enough to
/// be no accident, short enough to be about now and to be added up from few rows.
pub const BUSIEST_SPAN: Duration = Duration::from_mins(10);

/// Organizations that are named as the busiest: one of them is the one that floods.
pub const BUSIEST_ORGANIZATIONS: usize = 10;

/// How long a node that is gone is remembered: long enough to see what ran yesterday.
pub const NODE_REMEMBERED: Duration = Duration::from_hours(24);

/// Beyond this it makes no difference to whoever looks how many wait (contract 14.3): "more than
/// 10,000" is said.
pub const WAITING_COUNTED_MAX: usize = 10_001;

/// How long minutes of activity are kept (contract 14.3).
pub const ACTIVITY_MINUTES_KEPT: Duration = Duration::from_hours(3);

/// How long hours of activity are kept (contract 14.3): longer than anybody can look back.
pub const ACTIVITY_HOURS_KEPT: Duration = Duration::from_hours(31 * 24);

/// Minutes of activity that are merged in one transaction. Each can be of another endpoint and
/// leads to a row of its own that is looked for by its key; a statement of 200 such keys is still
/// planned in little time.
pub const ACTIVITY_MERGED_AT_ONCE_MAX: usize = 200;
