//! What the document says of each operation; the table of routes says where each stands.

pub(crate) mod api_keys;
pub(crate) mod audit_log;
pub(crate) mod deliveries;
pub(crate) mod encryption_keys;
pub(crate) mod endpoints;
pub(crate) mod events;
pub(crate) mod service;
pub(crate) mod sessions;
pub(crate) mod verify;

use kayle_app::access::{Role, Scope};

use super::description::Access;

const READ_WEBHOOKS: Access = Access::Customer(Scope::WebhooksRead, Role::Member);
const WRITE_WEBHOOKS: Access = Access::Customer(Scope::WebhooksWrite, Role::Admin);
const READ_SESSIONS: Access = Access::Customer(Scope::SessionsRead, Role::Member);
const WRITE_SESSIONS: Access = Access::Customer(Scope::SessionsWrite, Role::Admin);
