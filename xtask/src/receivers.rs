//! `cargo xtask receivers`: what the receiver libraries of all languages share.

use std::process::Command;

use anyhow::Context;

use crate::test_run::receiver_tools::{self, ReceiverTools};
use crate::workspace;

/// Compares all libraries for this long (`90s`, `10m`), over requests that are damaged at random.
///
/// # Errors
/// Two libraries disagree, or one cannot be built.
pub fn fuzz(span: &str) -> anyhow::Result<()> {
    let seconds = seconds(span)?;
    let tools = ReceiverTools::install()?;
    let root = workspace::root();
    let mut cargo = workspace::command("cargo");
    cargo.args(["build", "--locked", "--package", "kayle-receiver"]);
    workspace::run(cargo.args(["--example", "lines"]))?;
    let target = workspace::target_dir()?;
    let go_runner = target.join("test-tools/go-lines");
    let mut go = Command::new("go");
    go.args(["test", "-c", "-o"]).arg(&go_runner);
    workspace::run(go.current_dir(root.join("receivers/go")))?;
    let scripts = root.join("tests/receivers");
    let javascript = tools.javascript_script(&scripts, &["runner.mjs", "lines.mjs"])?;
    let mut python = Command::new(tools.python());
    python.arg(root.join("receivers/fuzz.py"));
    python.args(["--seconds", &seconds.to_string()]);
    python.args(["--library", "rust"]);
    python.arg(target.join("debug/examples/lines"));
    python.args(["--library", "go"]).arg(go_runner);
    python.args(["--library", "javascript", "node"]);
    python.arg(javascript);
    python.args(["--library", "python"]).arg(tools.python());
    python.arg(scripts.join("runner.py"));
    workspace::run(tools.announce(&mut python))
}

fn seconds(span: &str) -> anyhow::Result<u64> {
    let seconds = if let Some(minutes) = span.strip_suffix('m') {
        let minutes = minutes.parse::<u64>().ok();
        minutes.and_then(|minutes| minutes.checked_mul(60))
    } else {
        span.strip_suffix('s')
            .and_then(|seconds| seconds.parse().ok())
    };
    seconds.with_context(|| format!("{span:?} is not a duration like 90s or 10m"))
}

/// Writes `receivers/vectors.json`, the events' schema, and what follows from them.
///
/// # Errors
/// Python's packages cannot be installed, or the generator fails.
pub fn generate() -> anyhow::Result<()> {
    let mut python = Command::new(receiver_tools::install_interpreter()?);
    workspace::run(python.arg(workspace::root().join("receivers/generate.py")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_whole_seconds_or_minutes_and_anything_else_is_an_error() {
        assert_eq!(seconds("90s").ok(), Some(90));
        assert_eq!(seconds("10m").ok(), Some(600));
        for span in [
            "",
            "s",
            "10",
            "10h",
            "10µ",
            "-1s",
            "1.5m",
            "400000000000000000m",
        ] {
            assert!(seconds(span).is_err(), "{span}");
        }
    }
}
