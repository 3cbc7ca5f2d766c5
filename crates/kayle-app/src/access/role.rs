//! What a person at the dashboard may do (contract 5.3).

use std::str::FromStr;

use kayle_primitives::UnknownName;
use strum::{EnumIter, EnumString, IntoStaticStr};

use super::Scope;

/// A person's rank in an organization.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, IntoStaticStr, EnumString, EnumIter,
)]
#[strum(serialize_all = "snake_case", parse_err_ty = UnknownName<Role>, parse_err_fn = UnknownName::of)]
pub enum Role {
    /// Reads.
    Member,
    /// Reads and changes.
    Admin,
    /// As an admin, and reveals signing secrets.
    Owner,
}

impl Role {
    /// Returns the name on the wire.
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// Names the people who have at least this role, for sentences such as "only … may retry".
    pub fn and_above(self) -> &'static str {
        match self {
            Self::Member => "members of the organization",
            Self::Admin => "admins and owners",
            Self::Owner => "owners",
        }
    }

    /// Returns the highest role of a stored set such as `owner,admin`: names without blanks or
    /// repeats. A set that is written otherwise, or holds an unknown name, grants nothing.
    pub fn highest_of(set: &str) -> Option<Self> {
        let mut roles = Vec::new();
        for name in set.split(',') {
            let role = Self::from_str(name).ok()?;
            if roles.contains(&role) {
                return None;
            }
            roles.push(role);
        }
        roles.into_iter().max()
    }

    /// Returns whether the role allows what `needed` stands for.
    pub fn may(self, needed: Scope) -> bool {
        match needed {
            Scope::SessionsRead | Scope::WebhooksRead | Scope::AnalyticsRead => true,
            Scope::SessionsWrite | Scope::WebhooksWrite => Self::Admin <= self,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_role_counts_and_a_malformed_set_grants_nothing() {
        fn check(set: &str, expected: Option<Role>) {
            assert_eq!(Role::highest_of(set), expected, "{set:?}");
        }
        check("member", Some(Role::Member));
        check("owner,admin", Some(Role::Owner));
        check("admin,member", Some(Role::Admin));
        check("", None);
        check("owner, admin", None);
        check("owner,owner", None);
        check("owner,king", None);
        check("Owner", None);
    }

    #[test]
    fn a_member_reads_and_an_admin_writes() {
        assert!(Role::Member.may(Scope::WebhooksRead));
        assert!(!Role::Member.may(Scope::WebhooksWrite));
        assert!(Role::Admin.may(Scope::SessionsWrite));
    }
}
