//! What stands in the way of a copy. That one is whole is shown on PostgreSQL.

use std::time::Duration;

use kayle_storage::{ConnectError, CopyError, SqlStore, SqliteAccess, SqliteFile, StoreOptions};
use sea_orm::ConnectionTrait;

use crate::database::Database;

const ORGANIZATION: &str =
    "INSERT INTO organizations VALUES (x'00000000000000000000000000000001', 'A', NULL, 1)";

/// A row that no schema of ours takes.
const BROKEN_CHAIN: &str =
    "INSERT INTO audit_chains VALUES (x'00000000000000000000000000000001', 9, 'a', 1, 'b')";

impl Database {
    fn file(&self) -> String {
        self.folder.path().join("kayle.db").display().to_string()
    }

    async fn run(&self, statements: &[&str]) {
        for sql in statements {
            let ran = self.store.connection().execute_unprepared(sql).await;
            ran.expect("the statement is right");
        }
    }

    /// Opens it for itself, as a copy does; nobody else has it open by then.
    async fn alone(&self) -> Result<SqlStore, ConnectError> {
        self.store.close().await.expect("nothing is under way");
        SqlStore::connect_alone(&existing(self.file()), &patience()).await
    }

    async fn organizations(&self) -> usize {
        let statement = sea_orm::Statement::from_string(
            sea_orm::DbBackend::Sqlite,
            "SELECT id FROM organizations",
        );
        let rows = self.store.connection().query_all_raw(statement).await;
        rows.expect("the query is right").len()
    }
}

/// A short one: what is waited for here never comes.
fn patience() -> StoreOptions {
    StoreOptions {
        wait_max: Duration::from_millis(200),
        ..StoreOptions::default()
    }
}

#[tokio::test]
async fn a_target_with_a_row_is_refused_and_named() {
    let (source, target) = (Database::new().await, Database::new().await);
    target.run(&[ORGANIZATION]).await;
    let refused = source.store.copy_to(&target.store).await.unwrap_err();
    assert!(matches!(
        refused,
        CopyError::NotEmpty {
            table: "organizations"
        }
    ));
}

#[tokio::test]
async fn a_row_that_is_not_taken_undoes_the_whole_copy() {
    let (source, target) = (Database::new().await, Database::new().await);
    source
        .run(&[
            ORGANIZATION,
            "PRAGMA ignore_check_constraints = ON",
            BROKEN_CHAIN,
        ])
        .await;
    let refused = source.store.copy_to(&target.store).await.unwrap_err();
    assert!(
        matches!(
            refused,
            CopyError::Write {
                table: "audit_chains",
                ..
            }
        ),
        "{refused:?}"
    );
    assert_eq!(target.organizations().await, 0);
    assert_eq!(source.organizations().await, 1);
}

#[tokio::test]
async fn a_source_that_is_open_elsewhere_is_not_opened_alone() {
    let source = Database::new().await;
    let alone = SqlStore::connect_alone(&existing(source.file()), &patience()).await;
    assert!(matches!(alone, Err(ConnectError::InUse)), "{alone:?}");
    source.run(&[ORGANIZATION]).await;
}

#[tokio::test]
async fn nobody_else_opens_a_source_that_is_open_alone() {
    let source = Database::new().await;
    let alone = source.alone().await.unwrap();
    let url = format!("sqlite://{}", source.file());
    assert!(
        SqlStore::connect(&url.parse().expect("it is a URL"), &patience())
            .await
            .is_err()
    );
    alone.close().await.unwrap();
    SqlStore::connect(&url.parse().expect("it is a URL"), &patience())
        .await
        .unwrap();
}

#[tokio::test]
async fn a_source_that_is_not_there_is_not_made() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.db").display().to_string();
    let options = StoreOptions::default();
    assert!(
        SqlStore::connect_alone(&existing(file), &options)
            .await
            .is_err()
    );
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

fn existing(file: String) -> SqliteFile {
    SqliteFile::new(file, SqliteAccess::Write)
}
