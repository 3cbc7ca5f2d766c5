//! What every report paid for, and what could be had without it.
//!
//! Two indexes go: an event is found by its attempt through the session, and who holds deliveries is
//! asked by their ids. On PostgreSQL three foreign keys go that lead to rows which are never
//! deleted: each new event and delivery locked the row of its organization, endpoint and key, and a
//! busy customer has one of each. `admin doctor` looks for what they would refuse. SQLite has no
//! way to drop one but to copy the table, and there they cost a look into a page that is in memory.
//!
//! On a large PostgreSQL the way back reads `events` and `deliveries` whole, and lets nobody write
//! to them meanwhile.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

use crate::columns::execute_all;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let drop = [
            "DROP INDEX events_by_attempt",
            "DROP INDEX deliveries_lease_holder",
        ];
        execute_all(manager, &drop).await?;
        if manager.get_database_backend() == DbBackend::Postgres {
            execute_all(manager, &DROP_FOREIGN_KEYS).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if manager.get_database_backend() == DbBackend::Postgres {
            execute_all(manager, &ADD_FOREIGN_KEYS).await?;
        }
        let create = [
            "CREATE INDEX events_by_attempt ON events (attempt_id) WHERE attempt_id IS NOT NULL",
            "CREATE INDEX deliveries_lease_holder ON deliveries (lease_holder, id) \
             WHERE state = 'delivering'",
        ];
        execute_all(manager, &create).await
    }
}

const DROP_FOREIGN_KEYS: [&str; 3] = [
    "ALTER TABLE events DROP CONSTRAINT events_organization_id_fkey",
    "ALTER TABLE deliveries DROP CONSTRAINT deliveries_endpoint_id_fkey",
    "ALTER TABLE deliveries DROP CONSTRAINT deliveries_encryption_key_id_fkey",
];

const ADD_FOREIGN_KEYS: [&str; 3] = [
    "ALTER TABLE events ADD CONSTRAINT events_organization_id_fkey \
     FOREIGN KEY (organization_id) REFERENCES organizations (id) ON DELETE CASCADE",
    "ALTER TABLE deliveries ADD CONSTRAINT deliveries_endpoint_id_fkey \
     FOREIGN KEY (endpoint_id) REFERENCES endpoints (id) ON DELETE NO ACTION",
    "ALTER TABLE deliveries ADD CONSTRAINT deliveries_encryption_key_id_fkey \
     FOREIGN KEY (encryption_key_id) REFERENCES encryption_keys (id) ON DELETE NO ACTION",
];
