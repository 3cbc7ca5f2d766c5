//! On whose behalf an operation is done, and by whom: what the audit log says.

use std::fmt;

use kayle_primitives::{ApiKeyId, OrganizationId};
use uuid::Uuid;

/// The organization that no row of `organizations` has: the audit log under it tells what operators
/// do that belongs to none.
pub const OPERATORS: OrganizationId = OrganizationId(Uuid::nil());

/// Who is doing something to what belongs to an organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The organization that everything touched belongs to.
    pub organization_id: OrganizationId,
    /// Who does it.
    pub actor: Actor,
}

/// Who does something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// A person at the dashboard.
    User(Uuid),
    /// A customer's server.
    ApiKey(ApiKeyId),
    /// One of Kayle's own services, by its name.
    Service(String),
    /// An operator at the command line, or the service itself.
    System,
}

impl Caller {
    /// Names an operator, or the service itself.
    pub fn system(organization_id: OrganizationId) -> Self {
        Self {
            organization_id,
            actor: Actor::System,
        }
    }

    /// Names an operator who does what belongs to no organization.
    pub fn operator() -> Self {
        Self::system(OPERATORS)
    }
}

impl Actor {
    /// Returns the kind's name on the wire.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::User(_) => "user",
            Self::ApiKey(_) => "api_key",
            Self::Service(_) => "service",
            Self::System => "system",
        }
    }

    /// Returns the id; `None` for the system.
    pub fn id(&self) -> Option<String> {
        match self {
            Self::User(id) => Some(id.to_string()),
            Self::ApiKey(id) => Some(id.to_string()),
            Self::Service(name) => Some(name.clone()),
            Self::System => None,
        }
    }

    /// Reads back what [`Self::kind`] and [`Self::id`] gave; `None` if they gave no such pair.
    pub fn from_recorded(kind: &str, id: Option<&str>) -> Option<Self> {
        match (kind, id) {
            ("user", Some(id)) => Uuid::parse_str(id).ok().map(Self::User),
            ("api_key", Some(id)) => Uuid::parse_str(id).ok().map(ApiKeyId).map(Self::ApiKey),
            ("service", Some(name)) => Some(Self::Service(name.to_owned())),
            ("system", None) => Some(Self::System),
            _ => None,
        }
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.id() {
            Some(id) => write!(formatter, "{} {id}", self.kind()),
            None => formatter.write_str(self.kind()),
        }
    }
}
