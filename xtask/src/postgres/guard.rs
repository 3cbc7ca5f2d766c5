//! Ends a server and removes its folder when its owner is gone, however it went.

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::Context;

use super::data;
use super::programs::{Programs, User};

/// A process that waits for the end of its input, which is the end of its owner: a killed test
/// runner drops nothing, and its server would stay for ever.
pub(super) struct Guard(Child);

/// The arguments are the folder, and how to stop the server in it.
const WAIT_AND_CLEAN_UP: &str = r#"folder=$1; shift; read -r _; "$@"; rm -rf "$folder""#;

impl Guard {
    pub(super) fn start(
        programs: &Programs,
        user: Option<&User>,
        folder: &Path,
    ) -> anyhow::Result<Self> {
        let mut stop = programs.command("pg_ctl", user);
        stop.args(["stop", "--silent", "--mode=immediate", "--pgdata"]);
        stop.arg(data(folder));
        let guard = Command::new("sh")
            .args(["-c", WAIT_AND_CLEAN_UP, "sh"])
            .arg(folder)
            .arg(stop.get_program())
            .args(stop.get_args())
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // Ctrl-C reaches the owner's whole group.
            .process_group(0)
            .spawn();
        Ok(Self(guard.context("cannot run a shell")?))
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        // If it cannot be waited for it is gone already.
        let _ = self.0.wait();
    }
}
