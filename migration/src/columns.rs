//! The kinds of columns that all tables are made of.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

/// Creates a column for an id, or for anything else that is ordered as its bytes.
///
/// Lists go by the bytes of their ids. SQLite compares so by itself; PostgreSQL would follow the
/// language of the database.
pub(crate) fn id(manager: &SchemaManager, name: &'static str) -> ColumnDef {
    let mut column = text(name);
    if manager.get_database_backend() == DbBackend::Postgres {
        column.extra("COLLATE \"C\"");
    }
    column
}

/// Creates a column for an id that may be absent.
pub(crate) fn optional_id(manager: &SchemaManager, name: &'static str) -> ColumnDef {
    let mut column = optional_text(name);
    if manager.get_database_backend() == DbBackend::Postgres {
        column.extra("COLLATE \"C\"");
    }
    column
}

/// Creates a column for a UUID.
pub(crate) fn uuid(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).uuid().not_null().take()
}

/// Creates a column for a text.
pub(crate) fn text(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).text().not_null().take()
}

/// Creates a column for a text that may be absent.
pub(crate) fn optional_text(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).text().null().take()
}

/// Creates a column for a small count.
pub(crate) fn count(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).integer().not_null().take()
}

/// Creates a column for a moment: Unix milliseconds.
pub(crate) fn at(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).big_integer().not_null().take()
}

/// Creates a column for a moment that may not have come.
pub(crate) fn optional_at(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).big_integer().null().take()
}

/// Makes the rule that rows of `table` go with the row that their `column` names.
pub(crate) fn goes_with(
    table: &'static str,
    column: &'static str,
    owner: &'static str,
    owner_column: &'static str,
) -> ForeignKeyCreateStatement {
    ForeignKey::create()
        .from(table, column)
        .to(owner, owner_column)
        .on_delete(ForeignKeyAction::Cascade)
        .take()
}

/// Runs statements that read the same on SQLite and PostgreSQL: the query builder has no partial
/// indexes for SQLite.
pub(crate) async fn execute_all(
    manager: &SchemaManager<'_>,
    statements: &[&str],
) -> Result<(), DbErr> {
    for statement in statements {
        manager
            .get_connection()
            .execute_unprepared(statement)
            .await?;
    }
    Ok(())
}

/// Drops tables in the given order.
pub(crate) async fn drop_all(
    manager: &SchemaManager<'_>,
    tables: &[&'static str],
) -> Result<(), DbErr> {
    for table in tables {
        manager
            .drop_table(Table::drop().table(*table).take())
            .await?;
    }
    Ok(())
}
