//! The audit log in memory.

use async_trait::async_trait;
use kayle_app::ports::store::{AuditReads, AuditWrites};

use super::transaction::MemoryTx;
use super::view::View;

#[async_trait]
impl AuditReads for View {}

#[async_trait]
impl AuditWrites for MemoryTx {}
