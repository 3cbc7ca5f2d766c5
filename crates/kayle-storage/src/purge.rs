//! Deleting rows by age.

use async_trait::async_trait;
use kayle_app::ports::store::PurgeWrites;

use crate::store::SqlTx;

#[async_trait]
impl PurgeWrites for SqlTx {}
