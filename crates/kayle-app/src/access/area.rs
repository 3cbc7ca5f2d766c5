//! Who may do what (contract 3.0, 3.1, 5.2, 5.3).

use strum::EnumIter;

use super::{Role, Scope};

/// What an operation is about. With its intent it decides which scope an API key needs, and which
/// role a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Area {
    /// `webhooks:read`, `webhooks:write`.
    Webhooks,
    /// To see a secret: `webhooks:write`, but a person must be owner (D9).
    SigningSecret,
    /// `sessions:read`, `sessions:write`.
    Sessions,
    /// To end a session: `sessions:write`. It only stops something, so people may do it while
    /// their organization is frozen.
    SessionEnd,
    /// `analytics:read`: how deliveries went, in numbers.
    Analytics,
    /// What people do who are admin or owner, and no API key. The text completes the refusal
    /// "only admins and owners may …".
    Administration(&'static str),
}

/// Whether an operation only reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumIter)]
pub enum Intent {
    /// It shows something.
    Read,
    /// It is there to change something.
    Change,
}

impl Area {
    /// Returns the scope that an API key needs: to read a read scope, for all else a write scope;
    /// `None` where no API key is accepted.
    pub fn scope(self, intent: Intent) -> Option<Scope> {
        match (self, intent) {
            (Self::Webhooks | Self::SigningSecret, Intent::Read) => Some(Scope::WebhooksRead),
            (Self::Webhooks | Self::SigningSecret, Intent::Change) => Some(Scope::WebhooksWrite),
            (Self::Sessions | Self::SessionEnd, Intent::Read) => Some(Scope::SessionsRead),
            (Self::Sessions | Self::SessionEnd, Intent::Change) => Some(Scope::SessionsWrite),
            (Self::Analytics, Intent::Read) => Some(Scope::AnalyticsRead),
            // No scope allows to change numbers.
            (Self::Analytics, Intent::Change) | (Self::Administration(_), _) => None,
        }
    }

    /// Returns the least role that a person needs.
    pub fn least_role(self, intent: Intent) -> Role {
        match (self, intent) {
            (Self::SigningSecret, _) => Role::Owner,
            (Self::Administration(_), _)
            | (
                Self::Webhooks | Self::Sessions | Self::SessionEnd | Self::Analytics,
                Intent::Change,
            ) => Role::Admin,
            (
                Self::Webhooks | Self::Sessions | Self::SessionEnd | Self::Analytics,
                Intent::Read,
            ) => Role::Member,
        }
    }

    /// Returns whether people whose organization is frozen are refused (contract 5.4). Reading
    /// stays open, so that the deletion can be called off.
    pub fn is_closed_while_frozen(self, intent: Intent) -> bool {
        match self {
            Self::SessionEnd => false,
            Self::Webhooks
            | Self::SigningSecret
            | Self::Sessions
            | Self::Analytics
            | Self::Administration(_) => intent == Intent::Change,
        }
    }

    /// Completes the refusal "only … may".
    pub fn what(self) -> &'static str {
        match self {
            Self::Webhooks | Self::Sessions | Self::SessionEnd | Self::Analytics => "do this",
            Self::SigningSecret => "see a signing secret",
            Self::Administration(what) => what,
        }
    }
}

#[cfg(test)]
mod tests {
    use strum::IntoEnumIterator;

    use super::*;

    #[test]
    fn the_least_role_of_an_area_is_the_lowest_that_has_its_scope() {
        for area in [
            Area::Webhooks,
            Area::Sessions,
            Area::SessionEnd,
            Area::Analytics,
        ] {
            for intent in Intent::iter() {
                let Some(scope) = area.scope(intent) else {
                    assert_eq!((area, intent), (Area::Analytics, Intent::Change));
                    continue;
                };
                let least = Role::iter().find(|role| role.may(scope));
                assert_eq!(least, Some(area.least_role(intent)));
            }
        }
    }
}
