//! The audit log: one hash chain per organization.

use async_trait::async_trait;
use kayle_app::ports::store::{AuditReads, AuditWrites};
use sea_orm::ConnectionTrait;

use crate::store::{Connected, SqlTx};

#[async_trait]
impl<C: ConnectionTrait + Send> AuditReads for Connected<C> {}

#[async_trait]
impl AuditWrites for SqlTx {}
