//! A copy is whole: what went from SQLite to PostgreSQL, and from there to SQLite, is what it was.

use std::collections::BTreeMap;

use kayle_storage::{CopiedTable, CopyError, SqlStore, StoreOptions};
use migration::{Migrator, MigratorTrait};
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use tempfile::TempDir;

use crate::database::Database;

/// A row or two for each table, with something and with nothing in every column that allows both,
/// and with values at the edges.
const EVERYTHING: &str = r#"
INSERT INTO organizations VALUES (x'0123456789abcdef0123456789abcdef', 'Ada''s "Bank" – ☂ 𝄞', 1, 2);
INSERT INTO organizations VALUES (x'ffffffffffffffffffffffffffffffff', '', NULL, 9223372036854775807);
INSERT INTO api_keys VALUES (x'0000000000000000000000000000000a', x'0123456789abcdef0123456789abcdef',
  'hash-a', 'server', TRUE, '["webhooks:write"]', '{"n":1e300,"s":"\\"}', 9223372036854775807, 1, 2, 'key');
INSERT INTO api_keys VALUES (x'0000000000000000000000000000000b', x'0123456789abcdef0123456789abcdef',
  'hash-b', 'off', FALSE, '[]', '{}', 0, 1, 2, NULL);
INSERT INTO retired_keys VALUES ('old', 'key', x'00ff0a00', 1);
INSERT INTO service_tokens VALUES (x'0000000000000000000000000000000c', 'capture', 1, 2, 3, 4);
INSERT INTO service_tokens VALUES (x'0000000000000000000000000000000d', NULL, NULL, NULL, NULL, 4);
INSERT INTO endpoints VALUES ('whe_1', x'0123456789abcdef0123456789abcdef', 'name', '["a"]',
  'https://a.example/?b=%20', '["verification.session.expired"]', 72, 'short', 'key', x'00ff0a00', 1, 2, 3, NULL, 'a.example:443');
INSERT INTO endpoints VALUES ('whe_2', x'0123456789abcdef0123456789abcdef', NULL, '[]', 'http://b', '[]', 0,
  'standard', NULL, NULL, 1, 2, NULL, 4, NULL);
INSERT INTO encryption_keys VALUES ('whk_1', x'0123456789abcdef0123456789abcdef', 'whe_1', 'k', 'n', 'e', 1, 2, NULL, 3, 'receiver');
INSERT INTO encryption_keys VALUES ('whk_2', x'0123456789abcdef0123456789abcdef', 'whe_2', 'k', NULL, NULL, 1, 2, 3, NULL, NULL);
INSERT INTO key_challenges VALUES ('whk_1', 'hash', 9);
INSERT INTO sessions VALUES ('vs_1', x'0123456789abcdef0123456789abcdef', 'failed', 'liveness_failed', 3, 2, '{}',
  'https://a.example/back', '["whe_1"]', 'hash', 7, 8, 9, 1, 2, 2147483647);
INSERT INTO sessions VALUES ('vs_2', x'0123456789abcdef0123456789abcdef', 'created', NULL, 0, 0, '{}',
  NULL, '[]', 'hash', NULL, 8, NULL, 1, 2, 0);
INSERT INTO attempts VALUES ('va_1', 'vs_1', 'failed', 'liveness_failed', 'print', 'failed', 'liveness_failed',
  9, 1, 2, 3, 4);
INSERT INTO attempts VALUES ('va_2', 'vs_2', 'succeeded', NULL, 'print', 'in_progress', NULL, NULL, 0, 0, 3, 4);
INSERT INTO events (id, organization_id, event_type, session_id, attempt_id, created_at) VALUES ('evt_1', x'0123456789abcdef0123456789abcdef', 'verification.attempt.failed', 'vs_1', 'va_1', 5);
INSERT INTO events (id, organization_id, event_type, session_id, attempt_id, created_at) VALUES ('evt_2', x'0123456789abcdef0123456789abcdef', 'verification.session.failed', 'vs_1', NULL, 5);
INSERT INTO deliveries (id, organization_id, event_id, endpoint_id, encryption_key_id, state, due_at, claimed_at, lease_holder, lease_until, attempt_count, last_attempt_at, last_status_code, payload_reason, payload_expires_at, payload_scrubbed_at, created_at, updated_at, last_failure_reason)
  VALUES ('whd_1', x'0123456789abcdef0123456789abcdef', 'evt_1', 'whe_1', 'whk_1', 'delivering',
  NULL, 1, 'holder', 2, 3, 4, 500, 'pending_delivery', 99, NULL, 1, 2, 'http_status');
INSERT INTO deliveries (id, organization_id, event_id, endpoint_id, encryption_key_id, state, due_at, claimed_at, lease_holder, lease_until, attempt_count, last_attempt_at, last_status_code, payload_reason, payload_expires_at, payload_scrubbed_at, created_at, updated_at, last_failure_reason)
  VALUES ('whd_2', x'0123456789abcdef0123456789abcdef', 'evt_2', 'whe_1', NULL, 'failed',
  NULL, NULL, NULL, NULL, 0, NULL, NULL, 'no_active_key', NULL, 7, 1, 2, NULL);
INSERT INTO deliveries (id, organization_id, event_id, endpoint_id, encryption_key_id, state, due_at, claimed_at, lease_holder, lease_until, attempt_count, last_attempt_at, last_status_code, payload_reason, payload_expires_at, payload_scrubbed_at, created_at, updated_at, last_failure_reason)
  VALUES ('whd_3', x'0123456789abcdef0123456789abcdef', 'evt_2', 'whe_2', 'whk_2', 'pending',
  6, NULL, NULL, NULL, 0, NULL, NULL, 'pending_delivery', 99, NULL, 1, 2, NULL);
UPDATE deliveries SET purpose = 'test' WHERE id = 'whd_2';
UPDATE events SET challenge = 'c' WHERE id = 'evt_2';
INSERT INTO delivery_payloads VALUES ('whd_1', 'a.b.c.d.e');
INSERT INTO delivery_payloads VALUES ('whd_3', printf('%.*c', 2000000, 'x'));
INSERT INTO delivery_attempts (id, delivery_id, status_code, failure_reason, duration_ms, attempted_at) VALUES ('wha_1', 'whd_1', 500, 'http_status', 0, 4);
INSERT INTO delivery_attempts (id, delivery_id, status_code, failure_reason, duration_ms, attempted_at) VALUES ('wha_2', 'whd_1', NULL, 'timeout', 15000, 4);
UPDATE delivery_attempts SET test_trace = '{}' WHERE id = 'wha_2';
INSERT INTO audit_rows VALUES ('aud_1', x'0123456789abcdef0123456789abcdef', 1, 'did', 'system', NULL, 's', '{"a":0.1}', 1, 'h1');
INSERT INTO audit_rows VALUES ('aud_2', x'0123456789abcdef0123456789abcdef', 2, 'did', 'api_key', 'k', 's', '{}', 1, 'h2');
INSERT INTO audit_chains VALUES (x'0123456789abcdef0123456789abcdef', 0, '', 2, 'h2');
INSERT INTO audit_rows VALUES ('aud_3', x'00000000000000000000000000000000', 1, 'did', 'system', NULL, 's', '{}', 1, 'h3');
INSERT INTO audit_chains VALUES (x'00000000000000000000000000000000', 0, '', 1, 'h3');
INSERT INTO endpoint_activity VALUES (x'0123456789abcdef0123456789abcdef', 'whe_1', 60, 60000,
  '00000000-0000-0000-0000-000000000001', 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 9223372036854775807, '[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,9007199254740993]', '[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]');
INSERT INTO endpoint_activity VALUES (x'0123456789abcdef0123456789abcdef', '', 3600, 0, '',
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, '[]', '[]');
"#;

/// As many organizations and events as no single page has, with ids in no order of their making.
const MANY: &str = "
WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 250)
INSERT INTO organizations SELECT randomblob(16), 'n' || n, NULL, n FROM n;
WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 250)
INSERT INTO events (id, organization_id, event_type, session_id, attempt_id, created_at) SELECT 'evt_' || hex(randomblob(8)), x'0123456789abcdef0123456789abcdef',
  'verification.session.expired', 'vs_of_' || n, NULL, n FROM n;
WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 250)
INSERT INTO endpoint_activity SELECT x'0123456789abcdef0123456789abcdef', 'whe_2', 60, 60000 * (n / 2),
  n % 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, '[]', '[]' FROM n;
";

/// An SQLite database, and the folder it lies in.
struct Sqlite {
    store: SqlStore,
    _folder: TempDir,
}

impl Sqlite {
    async fn new() -> Self {
        let folder = tempfile::tempdir().expect("the disk has room");
        let url = format!("sqlite://{}/a.db?mode=rwc", folder.path().display());
        let store =
            SqlStore::connect(&url.parse().expect("it is a URL"), &StoreOptions::default()).await;
        let store = store.expect("the folder is there");
        let migrated = Migrator::up(store.connection(), None).await;
        migrated.expect("the database is empty");
        Self {
            store,
            _folder: folder,
        }
    }

    async fn run(&self, sql: &str) {
        let ran = self.store.connection().execute_unprepared(sql).await;
        ran.expect("the statements are right");
    }

    async fn texts(&self, sql: &str) -> Vec<String> {
        let statement = Statement::from_string(DbBackend::Sqlite, sql);
        let rows = self.store.connection().query_all_raw(statement).await;
        let rows = rows.expect("the query is right");
        let first = rows.iter().map(|row| row.try_get_by_index(0));
        first
            .collect::<Result<_, _>>()
            .expect("the column is a text")
    }

    /// Returns the tables that the migrations made, in the order of their names.
    async fn tables(&self) -> Vec<String> {
        self.texts(
            "SELECT name FROM sqlite_master WHERE type = 'table' \
             AND name NOT IN ('seaql_migrations', 'sqlite_sequence', 'nodes', \
             'sign_in_links') ORDER BY name",
        )
        .await
    }

    /// Returns everything that is in it: for each table, all values of each row, as SQL.
    async fn everything(&self) -> BTreeMap<String, Vec<String>> {
        let mut everything = BTreeMap::new();
        for table in self.tables().await {
            let columns = format!(
                "SELECT group_concat('quote(' || name || ')', ' || '', '' || ') \
                 FROM pragma_table_info('{table}')"
            );
            let columns = self.texts(&columns).await.remove(0);
            let rows = format!("SELECT {columns} FROM {table} ORDER BY 1");
            everything.insert(table, self.texts(&rows).await);
        }
        everything
    }
}

#[tokio::test]
async fn a_copy_of_a_copy_is_the_original() {
    let (original, copy) = (Sqlite::new().await, Sqlite::new().await);
    let between = Database::new().await;
    original.run(EVERYTHING).await;
    original.run(MANY).await;

    let there = original.store.copy_to(&between.store).await.unwrap();
    let and_back = between.store.copy_to(&copy.store).await.unwrap();

    let everything = original.everything().await;
    assert_eq!(copy.everything().await, everything);
    assert_eq!(there, and_back);
    for CopiedTable { table, rows } in there {
        assert_eq!(rows, everything[table].len() as u64, "{table}");
        assert_ne!(rows, 0, "{table} has no row in this test");
    }
}

#[tokio::test]
async fn no_table_is_left_behind() {
    let (source, target) = (Sqlite::new().await, Database::new().await);
    let copied = source.store.copy_to(&target.store).await.unwrap();
    let mut copied: Vec<&str> = copied.iter().map(|copied| copied.table).collect();
    copied.sort_unstable();
    assert_eq!(copied, source.tables().await);
}

#[tokio::test]
async fn a_second_copy_is_refused() {
    let (source, target) = (Sqlite::new().await, Database::new().await);
    source.run(EVERYTHING).await;
    source.store.copy_to(&target.store).await.unwrap();
    let refused = source.store.copy_to(&target.store).await.unwrap_err();
    assert!(matches!(refused, CopyError::NotEmpty { .. }), "{refused:?}");
}

#[tokio::test]
async fn what_postgresql_cannot_hold_undoes_the_whole_copy() {
    let (source, target) = (Sqlite::new().await, Database::new().await);
    source.run(EVERYTHING).await;
    source
        .run("UPDATE audit_rows SET action = 'a' || char(0)")
        .await;
    let refused = source.store.copy_to(&target.store).await.unwrap_err();
    assert!(
        matches!(
            refused,
            CopyError::Write {
                table: "audit_rows",
                ..
            }
        ),
        "{refused:?}"
    );
    let left = target.texts("SELECT id::text FROM organizations").await;
    assert!(left.is_empty());
}
