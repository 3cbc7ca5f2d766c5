//! Connections to PostgreSQL that work, and are of no more use.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sea_orm::SqlxError;
use tokio::time::Instant;

/// The moment up to which all connections of a pool are of no more use, if there is one. Cloning
/// shares it.
///
/// What makes one connection useless is nearly always true of those opened before it, too: the
/// server restarted, was read-only when they began, or has another schema than the one that they
/// prepared their statements for. Found out one by one, each would cost somebody an error.
#[derive(Debug, Clone, Default)]
pub(crate) struct Outdated(Arc<Mutex<Option<Instant>>>);

impl Outdated {
    /// Notes that a connection has just turned out to be of no more use.
    pub(crate) fn include_all_open(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// Returns whether a connection of this age is among them.
    pub(crate) fn includes(&self, age: Duration) -> bool {
        let until = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        until.is_some_and(|until| Instant::now() < until + age)
    }
}

/// Returns whether an error means that its connection must not be used again. All others are of the
/// statement alone.
#[expect(clippy::wildcard_enum_match_arm, reason = "a foreign, open enum")]
pub(crate) fn is_unusable(error: &SqlxError) -> bool {
    match error {
        SqlxError::Database(error) => error
            .code()
            .is_some_and(|code| is_unusable_by_code(&code, error.message())),
        SqlxError::Io(_) | SqlxError::Protocol(_) | SqlxError::Tls(_) => true,
        _ => false,
    }
}

fn is_unusable_by_code(code: &str, message: &str) -> bool {
    match code {
        // The columns of a prepared statement have changed. Any feature that the server lacks has
        // the same code.
        "0A000" => message.contains("cached plan must not change result type"),
        // The session may only read: the database or the server was read-only when it began, or
        // the server has become a standby.
        "25006"
        // The prepared statement is gone: somebody between us and the server, or `DISCARD ALL`,
        // has emptied the session, and our settings are gone with it.
        | "26000"
        // The server is stopping, has crashed or is starting; an administrator ended the session,
        // or it was idle for longer than the server allows.
        | "57P01" | "57P02" | "57P03" | "57P05" => true,
        // The class "connection exception": the server, or a pooler, has lost its end.
        code => code.starts_with("08"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_says_whether_its_connection_can_be_used_again() {
        fn check(code: &str, message: &str, expected: bool) {
            assert_eq!(is_unusable_by_code(code, message), expected, "{code}");
        }
        check("0A000", "cached plan must not change result type", true);
        check("0A000", "LOCK TABLE is not supported", false);
        check(
            "25006",
            "cannot execute UPDATE in a read-only transaction",
            true,
        );
        for code in [
            "26000", "57P01", "57P02", "57P03", "57P05", "08003", "08P01",
        ] {
            check(code, "", true);
        }
        // A rule was broken, a wait was too long, another transaction came first.
        for code in ["23505", "57014", "55P03", "40001", "40P01", "53300"] {
            check(code, "", false);
        }
    }

    #[test]
    fn what_is_opened_later_is_not_outdated() {
        let outdated = Outdated::default();
        assert!(!outdated.includes(Duration::from_hours(1)), "nothing is");
        outdated.include_all_open();
        assert!(outdated.includes(Duration::from_hours(1)), "opened before");
        assert!(!outdated.includes(Duration::ZERO), "opened after");
    }
}
