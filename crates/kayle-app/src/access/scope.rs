//! What an API key may do (contract 5.2).

use kayle_primitives::UnknownName;
use strum::{EnumIter, EnumString, IntoStaticStr};

/// One of the five scopes.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    strum::Display,
    IntoStaticStr,
    EnumString,
    EnumIter,
)]
#[strum(parse_err_ty = UnknownName<Scope>, parse_err_fn = UnknownName::of)]
pub enum Scope {
    /// List and get sessions.
    #[strum(serialize = "sessions:read")]
    SessionsRead,
    /// Create and cancel sessions, and read them.
    #[strum(serialize = "sessions:write")]
    SessionsWrite,
    /// List and get endpoints, keys, deliveries and events.
    #[strum(serialize = "webhooks:read")]
    WebhooksRead,
    /// Change them, and read them.
    #[strum(serialize = "webhooks:write")]
    WebhooksWrite,
    /// Read statistics.
    #[strum(serialize = "analytics:read")]
    AnalyticsRead,
}

impl Scope {
    /// Returns the name on the wire.
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// Returns whether holding this scope allows what `needed` stands for: a write scope includes
    /// its read scope.
    pub fn includes(self, needed: Self) -> bool {
        match (self, needed) {
            (Self::SessionsWrite, Self::SessionsRead)
            | (Self::WebhooksWrite, Self::WebhooksRead) => true,
            (held, needed) => held == needed,
        }
    }
}

#[cfg(test)]
mod tests {
    use strum::IntoEnumIterator;

    use super::*;

    #[test]
    fn a_write_scope_includes_its_read_scope_and_nothing_else() {
        let included = |held: Scope| -> Vec<Scope> {
            Scope::iter()
                .filter(|needed| held.includes(*needed))
                .collect()
        };
        assert_eq!(
            included(Scope::WebhooksWrite),
            [Scope::WebhooksRead, Scope::WebhooksWrite]
        );
        assert_eq!(
            included(Scope::SessionsWrite),
            [Scope::SessionsRead, Scope::SessionsWrite]
        );
        assert_eq!(included(Scope::WebhooksRead), [Scope::WebhooksRead]);
        assert_eq!(included(Scope::AnalyticsRead), [Scope::AnalyticsRead]);
    }
}
