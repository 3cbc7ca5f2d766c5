//! What a person may do, and if not, who may: from the same table as the API's.

use kayle_app::access::{Area, Intent, Role, UserPrincipal};
use kayle_primitives::Organization;

/// Whether something may be done; if not, why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Permission {
    /// It may.
    Granted,
    /// Somebody else may.
    Role {
        /// The person's role, in words.
        own: &'static str,
        /// Who may.
        least: Role,
    },
    /// Nobody may, while the organization's deletion is pending.
    Frozen,
}

impl Permission {
    /// Looks up what a person may do.
    pub(crate) fn of(person: &UserPrincipal, area: Area, intent: Intent) -> Self {
        let least = area.least_role(intent);
        let frozen = person
            .organization
            .as_ref()
            .is_some_and(Organization::is_frozen);
        match person.role {
            Some(role) if least <= role => {
                if frozen && area.is_closed_while_frozen(intent) {
                    Self::Frozen
                } else {
                    Self::Granted
                }
            }
            role => Self::Role {
                own: role.map_or("none", Role::as_str),
                least,
            },
        }
    }

    /// Returns the sentence beside a disabled control; `None` if it may be used.
    pub(crate) fn refusal(&self, deed: &str) -> Option<String> {
        match self {
            Self::Granted => None,
            Self::Role { own, least } => {
                let who = least.and_above();
                Some(format!("Your role is {own}; {who} can {deed}."))
            }
            Self::Frozen => {
                Some("This organization is about to be deleted: nothing can be changed.".to_owned())
            }
        }
    }
}
