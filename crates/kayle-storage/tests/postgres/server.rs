//! The PostgreSQL that tests and benchmarks make their databases on.

use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

/// Returns its URL, without a database.
#[expect(
    clippy::disallowed_methods,
    reason = "the test run says where its PostgreSQL is"
)]
pub(crate) fn server() -> String {
    std::env::var("TEST_POSTGRES_URL").expect("run `cargo xtask test`, which starts a PostgreSQL")
}

/// Runs a statement beside all databases.
pub(crate) async fn on_the_server(sql: String) {
    let url = format!("{}/postgres", server());
    let connection = PgConnection::connect(&url).await;
    let mut connection = connection.expect("the PostgreSQL of TEST_POSTGRES_URL answers");
    let executed = connection.execute(AssertSqlSafe(sql)).await;
    executed.expect("the statement is right");
    connection.close().await.expect("nothing is under way");
}
