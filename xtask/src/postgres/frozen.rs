//! A server that is there and does nothing, as when its host has vanished.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

use anyhow::Context;

/// Keeps all processes of a server stopped. Dropping this lets them go on, and so does the end of
/// the owner, however it came: a server that is stopped for ever could not be ended.
pub struct Frozen(Child);

/// The argument is the server's first process. It starts no others once it is stopped. Who its
/// children are is read from the kernel: a small machine has no `ps`.
const STOP_AND_GO_ON: &str = r#"
children() { grep -sl "^PPid:[[:space:]]*$1\$" /proc/[0-9]*/status | cut -d/ -f3; }
kill -STOP "$1" && all="$1 $(children "$1")" && kill -STOP $all && echo frozen
read -r _
kill -CONT $all"#;

impl Frozen {
    pub(super) fn start(server: &str) -> anyhow::Result<Self> {
        let freezer = Command::new("sh")
            .args(["-c", STOP_AND_GO_ON, "sh", server])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // Ctrl-C reaches the owner's whole group.
            .process_group(0)
            .spawn();
        let mut frozen = Self(freezer.context("cannot run a shell")?);
        let said = frozen.0.stdout.as_mut().context("it is piped")?;
        let mut word = String::new();
        BufReader::new(said).read_line(&mut word)?;
        anyhow::ensure!(word == "frozen\n", "the server cannot be stopped");
        Ok(frozen)
    }
}

impl Drop for Frozen {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        // If it cannot be waited for it is gone already.
        let _ = self.0.wait();
    }
}
