//! What `cargo xtask test` prepares.

use std::path::PathBuf;

/// Gives a Python interpreter that has the receiver's packages.
pub(crate) fn python() -> PathBuf {
    prepared("TEST_PYTHON")
}

/// Gives the `node_modules` folder of the receiver in JavaScript.
pub(crate) fn node_modules() -> PathBuf {
    prepared("TEST_NODE_MODULES")
}

#[expect(
    clippy::disallowed_methods,
    reason = "it is how the test run is told where its tools lie"
)]
fn prepared(variable: &str) -> PathBuf {
    match std::env::var_os(variable) {
        Some(path) => PathBuf::from(path),
        None => {
            panic!("{variable} is not set: run the tests with `cargo xtask test`, which sets it")
        }
    }
}
