//! The bound of every list and cookie, with its reason.

use std::time::Duration;

/// The longest form: a public key, a URL and labels have room in it several times over.
pub(crate) const FORM_BYTES_MAX: usize = 64 * 1024;

/// How long a form may take to arrive, as long as the body of a request to the API.
pub(crate) const FORM_TIMEOUT: Duration = Duration::from_secs(30);

/// Rows of a list: what fits a screen or two.
pub(crate) const ROWS: u8 = 20;

/// Endpoints that a filter offers: as many as one page of the store brings. The rest is reached by
/// its own page.
pub(crate) const CHOICES: u8 = 100;

/// Deliveries that a page of one endpoint shows.
pub(crate) const LATEST: u8 = 10;

/// The share of failures from which an endpoint is called failing: one in twenty.
pub(crate) const FAILING_FROM: usize = 20;

/// Deliveries by which an endpoint is judged are not older: older ones say nothing of today.
pub(crate) const HEALTH_SPAN: Duration = Duration::from_hours(24);

/// Where a retry of all that failed begins unless told otherwise: a night, and the day before it.
pub(crate) const FAILED_SPAN: Duration = Duration::from_hours(24);

/// How long a message waits for the page that shows it, which follows at once.
pub(crate) const NOTICE_LIFETIME: Duration = Duration::from_mins(1);

/// How long a choice of the looks is kept.
pub(crate) const THEME_LIFETIME: Duration = Duration::from_hours(24 * 365);

/// How long a secret can be read again after it was made, by whoever made it and in the same
/// browser: a reload must not lose it.
pub(crate) const SECRET_LIFETIME: Duration = Duration::from_mins(10);
