//! A look into the SQLite file with another implementation's eyes.

use std::path::Path;
use std::process::Stdio;

use serde_json::Value;
use tokio::process::Command;

use super::tools;

const QUERY: &str = "\
import json, sqlite3, sys
database = sqlite3.connect(f'file:{sys.argv[1]}?mode=ro', uri=True)
print(json.dumps(database.execute(sys.argv[2]).fetchall()))";

/// Gives the rows of a query, each an array. `sql` is a test's own.
pub(crate) async fn rows(database: &Path, sql: &str) -> Value {
    let output = Command::new(tools::python())
        .args(["-c", QUERY])
        .arg(database)
        .arg(sql)
        .stderr(Stdio::inherit())
        .output()
        .await
        .expect("Python can be started");
    assert!(output.status.success(), "{sql} failed");
    serde_json::from_slice(&output.stdout).expect("the rows are JSON")
}

/// Counts the rows of a table.
pub(crate) async fn count(database: &Path, table: &str) -> u64 {
    let counted = rows(database, &format!("SELECT count(*) FROM {table}")).await;
    counted[0][0].as_u64().expect("a count is a number")
}
