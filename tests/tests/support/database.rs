//! A look into the SQLite file with another implementation's eyes, and a hand in it.

use std::path::Path;
use std::process::Stdio;

use serde_json::Value;
use tokio::process::Command;

use super::tools;

const QUERY: &str = "\
import json, sqlite3, sys
database = sqlite3.connect(f'file:{sys.argv[1]}?mode=ro', uri=True)
print(json.dumps(database.execute(sys.argv[2]).fetchall()))";

const CHANGE: &str = "\
import sqlite3, sys
with sqlite3.connect(sys.argv[1], timeout=30) as database:
    print(database.execute(sys.argv[2]).rowcount)";

/// Changes rows behind the service's back, and gives how many. `sql` is a test's own.
pub(crate) async fn change(database: &Path, sql: &str) -> u64 {
    let changed = run(CHANGE, database, sql).await;
    changed.as_u64().expect("a count is a number")
}

/// Gives the rows of a query, each an array. `sql` is a test's own.
pub(crate) async fn rows(database: &Path, sql: &str) -> Value {
    run(QUERY, database, sql).await
}

/// Runs a program in Python that prints JSON.
async fn run(program: &str, database: &Path, sql: &str) -> Value {
    let output = Command::new(tools::python())
        .args(["-c", program])
        .arg(database)
        .arg(sql)
        .stderr(Stdio::inherit())
        .output()
        .await
        .expect("Python can be started");
    assert!(output.status.success(), "{sql} failed");
    serde_json::from_slice(&output.stdout).expect("it prints JSON")
}

/// Counts the rows of a table.
pub(crate) async fn count(database: &Path, table: &str) -> u64 {
    let counted = rows(database, &format!("SELECT count(*) FROM {table}")).await;
    counted[0][0].as_u64().expect("a count is a number")
}
