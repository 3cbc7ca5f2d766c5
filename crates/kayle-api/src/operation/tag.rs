//! The headings of the document.

use strum::EnumIter;

/// A heading under which the document lists operations, in the order of the document.
#[derive(Clone, Copy, PartialEq, Eq, EnumIter)]
pub(crate) enum Tag {
    /// Endpoints.
    Endpoints,
    /// Encryption keys.
    EncryptionKeys,
    /// Deliveries.
    Deliveries,
    /// Events.
    Events,
    /// Analytics.
    Analytics,
    /// Sessions.
    Sessions,
    /// API keys.
    ApiKeys,
    /// The audit log.
    AuditLog,
    /// The service itself.
    Service,
}

impl Tag {
    /// Returns its name.
    pub(crate) fn name(self) -> &'static str {
        self.row().0
    }

    /// Returns what it is about.
    pub(crate) fn about(self) -> &'static str {
        self.row().1
    }

    fn row(self) -> (&'static str, &'static str) {
        match self {
            Self::Endpoints => ("Endpoints", "Where events are delivered."),
            Self::EncryptionKeys => ("Encryption keys", "What events are encrypted with."),
            Self::Deliveries => ("Deliveries", "One event on its way to one endpoint."),
            Self::Events => ("Events", "What happened. No personal data is in an event."),
            Self::Analytics => ("Analytics", "What became of deliveries, in numbers."),
            Self::Sessions => ("Sessions", "Verifications, where every event begins."),
            Self::ApiKeys => ("API keys", "For people at the dashboard."),
            Self::AuditLog => ("Audit log", "For people at the dashboard."),
            Self::Service => ("Service", "The service itself."),
        }
    }
}
