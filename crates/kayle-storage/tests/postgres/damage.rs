//! Damaged rows on PostgreSQL, whose columns take values of their type only.

use crate::database::Database;
use crate::village::{Of, SENSELESS, Village};

/// Takes the rules away that stand before damage.
const WITHOUT_RULES: &str = "\
DO $$ DECLARE rule record; BEGIN \
FOR rule IN SELECT conrelid::regclass AS of, conname FROM pg_constraint \
WHERE contype IN ('c', 'f') AND connamespace = 'public'::regnamespace LOOP \
EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', rule.of, rule.conname); \
END LOOP; END $$";

/// More than any loop takes at once.
const MANY: usize = 600;

#[tokio::test]
async fn one_damaged_row_stops_nobody_else() {
    for &(table, column, value, of) in SENSELESS {
        let what = format!("{table}.{column} = {value} of {of:?}");
        let database = Database::new().await;
        let village = Village::on(database.store.clone()).await;
        database
            .execute(WITHOUT_RULES)
            .await
            .expect("they are ours");
        village.damage(table, column, value, of).await;
        village.the_doctor_names(table, &what).await;
        village.lists_are_read(&what).await;
        village.everything_goes_on(&what).await;
        village.no_expired_bytes_are_left(&what).await;
    }
}

#[tokio::test]
async fn more_damaged_rows_than_a_batch_stop_nobody_else() {
    for (table, column, value) in [
        ("sessions", "share_contract", "'['"),
        ("deliveries", "attempt_count", "-1"),
        ("deliveries", "payload_reason", "'gone'"),
    ] {
        let what = format!("every {table}.{column} = {value}");
        let database = Database::new().await;
        let village = Village::with_backlog(database.store.clone(), MANY).await;
        let rules_lifted = database.execute(WITHOUT_RULES).await;
        rules_lifted.expect("they are ours");
        village.damage_all(table, column, value).await;
        village.the_doctor_names(table, &what).await;
        village.lists_are_read(&what).await;
        village.everything_goes_on(&what).await;
        village.no_expired_bytes_are_left(&what).await;
    }
}

#[tokio::test]
async fn a_withdrawal_erases_the_bytes_of_a_delivery_that_cannot_be_read() {
    let database = Database::new().await;
    let village = Village::on(database.store.clone()).await;
    let lifted = database.execute(WITHOUT_RULES).await;
    lifted.expect("they are ours");
    village
        .damage("deliveries", "attempt_count", "-1", Of::Due)
        .await;
    village.a_withdrawal_erases_what_cannot_be_read().await;
}
