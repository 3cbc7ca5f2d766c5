//! Who may do what (contract 3.0, 3.1, 5.2, 5.3).

use kayle_app::access::{Role, Scope};

use super::Verb;

/// What an operation is about. With its verb it decides which scope an API key needs, and which
/// role a person.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Area {
    /// `webhooks:read`, `webhooks:write`.
    Webhooks,
    /// To see a secret: `webhooks:write`, but a person must be owner (D9).
    SigningSecret,
    /// `sessions:read`, `sessions:write`.
    Sessions,
    /// To end a session: `sessions:write`. It only stops something, so people may do it while
    /// their organization is frozen.
    SessionEnd,
    /// What people do who are admin or owner, and no API key. The text completes the refusal
    /// "only admins and owners may …".
    Administration(&'static str),
}

impl Area {
    /// Returns the scope that an API key needs: to read a read scope, for all else a write scope;
    /// `None` where no API key is accepted.
    pub(super) fn scope(self, verb: Verb) -> Option<Scope> {
        match (self, verb.changes()) {
            (Self::Webhooks | Self::SigningSecret, false) => Some(Scope::WebhooksRead),
            (Self::Webhooks | Self::SigningSecret, true) => Some(Scope::WebhooksWrite),
            (Self::Sessions | Self::SessionEnd, false) => Some(Scope::SessionsRead),
            (Self::Sessions | Self::SessionEnd, true) => Some(Scope::SessionsWrite),
            (Self::Administration(_), _) => None,
        }
    }

    /// Returns the least role that a person needs.
    pub(super) fn least_role(self, verb: Verb) -> Role {
        match (self, verb.changes()) {
            (Self::SigningSecret, _) => Role::Owner,
            (Self::Administration(_), _)
            | (Self::Webhooks | Self::Sessions | Self::SessionEnd, true) => Role::Admin,
            (Self::Webhooks | Self::Sessions | Self::SessionEnd, false) => Role::Member,
        }
    }

    /// Returns whether people whose organization is frozen are refused (contract 5.4). Reading
    /// stays open, so that the deletion can be called off.
    pub(super) fn is_closed_while_frozen(self, verb: Verb) -> bool {
        match self {
            Self::SessionEnd => false,
            Self::Webhooks | Self::SigningSecret | Self::Sessions | Self::Administration(_) => {
                verb.changes()
            }
        }
    }

    /// Completes the refusal "only … may".
    pub(super) fn what(self) -> &'static str {
        match self {
            Self::Webhooks | Self::Sessions | Self::SessionEnd => "do this",
            Self::SigningSecret => "see a signing secret",
            Self::Administration(what) => what,
        }
    }
}

#[cfg(test)]
mod tests {
    use strum::IntoEnumIterator;

    use super::*;

    const VERBS: [Verb; 4] = [Verb::Get, Verb::Post, Verb::Patch, Verb::Delete];

    #[test]
    fn the_least_role_of_an_area_is_the_lowest_that_has_its_scope() {
        for area in [Area::Webhooks, Area::Sessions, Area::SessionEnd] {
            for verb in VERBS {
                let scope = area.scope(verb).unwrap();
                let least = Role::iter().find(|role| role.may(scope));
                assert_eq!(least, Some(area.least_role(verb)));
            }
        }
    }
}
