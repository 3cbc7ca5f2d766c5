//! What an API key may do (contract 5.2).

use std::fmt;

/// One of the five scopes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// List and get sessions.
    SessionsRead,
    /// Create and cancel sessions, and read them.
    SessionsWrite,
    /// List and get endpoints, keys, deliveries and events.
    WebhooksRead,
    /// Change them, and read them.
    WebhooksWrite,
    /// Read statistics.
    AnalyticsRead,
}

/// The text names no scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be sessions:read, sessions:write, webhooks:read, webhooks:write or analytics:read")]
pub struct UnknownScope;

impl Scope {
    /// Every scope.
    pub const ALL: [Self; 5] = [
        Self::SessionsRead,
        Self::SessionsWrite,
        Self::WebhooksRead,
        Self::WebhooksWrite,
        Self::AnalyticsRead,
    ];

    /// Gives the name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SessionsRead => "sessions:read",
            Self::SessionsWrite => "sessions:write",
            Self::WebhooksRead => "webhooks:read",
            Self::WebhooksWrite => "webhooks:write",
            Self::AnalyticsRead => "analytics:read",
        }
    }

    /// Parses the name on the wire, exactly.
    pub fn parse(text: &str) -> Result<Self, UnknownScope> {
        Self::ALL
            .into_iter()
            .find(|scope| scope.as_str() == text)
            .ok_or(UnknownScope)
    }

    /// Tells whether holding this scope allows what `needed` stands for: a write scope includes
    /// its read scope.
    pub fn includes(self, needed: Self) -> bool {
        match (self, needed) {
            (Self::SessionsWrite, Self::SessionsRead)
            | (Self::WebhooksWrite, Self::WebhooksRead) => true,
            (held, needed) => held == needed,
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_scope_includes_its_read_scope_and_nothing_else() {
        let included = |held: Scope| -> Vec<Scope> {
            Scope::ALL
                .into_iter()
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
