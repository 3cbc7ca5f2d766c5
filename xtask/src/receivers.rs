//! `cargo xtask receivers`: what the receiver libraries of all languages share.

use std::process::Command;

use anyhow::{Context, bail};

use crate::test_run::receiver_tools::ReceiverTools;
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
    let libraries = [
        format!("rust={}", target.join("debug/examples/lines").display()),
        format!("go={}", go_runner.display()),
        format!("javascript=node {}", javascript.display()),
        format!(
            "python={} {}",
            tools.python().display(),
            scripts.join("runner.py").display()
        ),
    ];
    let mut python = Command::new(tools.python());
    python.arg(root.join("receivers/fuzz.py"));
    python.args(["--seconds", &seconds.to_string()]);
    for library in libraries {
        python.args(["--library", &library]);
    }
    workspace::run(&mut python)
}

fn seconds(span: &str) -> anyhow::Result<u64> {
    let (number, unit) = span.split_at(span.len().saturating_sub(1));
    let number: u64 = number
        .parse()
        .with_context(|| format!("{span:?} is not a duration like 90s or 10m"))?;
    match unit {
        "s" => Ok(number),
        "m" => Ok(number * 60),
        _ => bail!("{span:?} is not a duration like 90s or 10m"),
    }
}

/// Writes `receivers/vectors.json`, the events' schema, and what follows from them.
///
/// # Errors
/// Python's packages cannot be installed, or the generator fails.
pub fn generate() -> anyhow::Result<()> {
    let tools = ReceiverTools::install()?;
    let mut python = Command::new(tools.python());
    workspace::run(python.arg(workspace::root().join("receivers/generate.py")))
}
