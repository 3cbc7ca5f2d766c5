//! The programs that the tests need from the machine, and the Debian packages that bring them.

use std::process::Command;

use anyhow::bail;

use crate::faketime;
use crate::postgres::{Pooler, Programs};
use crate::workspace;

/// A program that some test starts.
struct Tool {
    package: &'static str,
    serves: &'static str,
    is_there: fn() -> bool,
}

const TOOLS: &[Tool] = &[
    Tool {
        package: "python3-venv",
        serves: "a webhook receiver in Python",
        is_there: || succeeds("python3", &["-c", "import ensurepip, venv"]),
    },
    Tool {
        package: "nodejs",
        serves: "a webhook receiver in JavaScript",
        is_there: || succeeds("node", &["--version"]),
    },
    Tool {
        package: "npm",
        serves: "the packages of the JavaScript receiver and of the tests in a browser",
        is_there: || succeeds("npm", &["--version"]),
    },
    Tool {
        package: "chromium",
        serves: "the browser that the dashboard is tried in",
        is_there: || succeeds("chromium", &["--version"]),
    },
    Tool {
        package: "openjdk-17-jdk-headless",
        serves: "the webhook receiver in Java",
        is_there: || succeeds("javac", &["--version"]),
    },
    Tool {
        package: "golang-go",
        serves: "the receiver library for Go",
        is_there: || succeeds("go", &["version"]),
    },
    Tool {
        package: "postgresql",
        serves: "the database server that the service also runs on",
        is_there: || Programs::find().is_ok(),
    },
    Tool {
        package: "faketime",
        serves: "a machine whose clock somebody sets",
        is_there: || faketime::library().is_some(),
    },
    Tool {
        package: "prometheus",
        serves: "the alert rules, and a reader of the service's numbers",
        is_there: || succeeds("promtool", &["--version"]),
    },
    Tool {
        package: "pgbouncer",
        serves: "the pooler that the service also runs behind",
        is_there: Pooler::is_installed,
    },
];

/// Installs what is missing, if this user may; else says what to type.
pub(super) fn install_missing() -> anyhow::Result<()> {
    let missing: Vec<_> = TOOLS.iter().filter(|tool| !(tool.is_there)()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    for tool in &missing {
        println!("missing: {} (for {})", tool.package, tool.serves);
    }
    let packages: Vec<_> = missing.iter().map(|tool| tool.package).collect();
    install(&packages)?;
    match missing.iter().find(|tool| !(tool.is_there)()) {
        None => Ok(()),
        Some(tool) => bail!(
            "{} is installed and {} still cannot be had",
            tool.package,
            tool.serves
        ),
    }
}

fn install(packages: &[&str]) -> anyhow::Result<()> {
    let packages = packages.join(" ");
    let by_hand = format!("apt-get update && apt-get install --yes {packages}");
    let Some(mut shell) = root_shell() else {
        bail!("the tests need programs that only root can install; type:\n  sudo sh -c '{by_hand}'")
    };
    println!("installing: {by_hand}");
    // The recommended packages are documentation and compilers that no test needs, and Debian's
    // own cluster would run beside the tests' for ever.
    let quietly = format!(
        "export DEBIAN_FRONTEND=noninteractive; {NO_CLUSTER}; apt-get -qq update && \
         apt-get -qq install --yes --no-install-recommends \
         --option Dpkg::Options::=--force-confold {packages}"
    );
    workspace::run(shell.arg(quietly))
}

/// Keeps Debian's package from making and starting a server. Who has servers of this kind has made
/// that decision already.
const NO_CLUSTER: &str = "test -e /etc/postgresql-common/createcluster.conf || { \
     mkdir -p /etc/postgresql-common && \
     echo 'create_main_cluster = false' > /etc/postgresql-common/createcluster.conf; }";

/// A root's `sh -c`: directly, or by a sudo that asks for no password.
fn root_shell() -> Option<Command> {
    if !succeeds("apt-get", &["--version"]) {
        return None;
    }
    if is_root() {
        let mut shell = Command::new("sh");
        shell.arg("-c");
        return Some(shell);
    }
    if succeeds("sudo", &["--non-interactive", "true"]) {
        let mut shell = Command::new("sudo");
        shell.args(["--non-interactive", "sh", "-c"]);
        return Some(shell);
    }
    None
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output();
    id.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

fn succeeds(program: &str, arguments: &[&str]) -> bool {
    workspace::succeeds(Command::new(program).args(arguments))
}
