//! What is known of the binary's process from outside.

use std::io;
use std::process::{Command, ExitStatus};

/// Reads where the service listens from what it has printed: `listening on http://ADDR`; the line
/// must be complete.
pub fn announced_url(stdout: &str) -> Option<String> {
    let (_, rest) = stdout.split_once("listening on ")?;
    let (line, _) = rest.split_once('\n')?;
    Some(line.split_whitespace().next()?.to_owned())
}

/// Asks a process to stop (SIGTERM). The standard library can only kill; a shell is everywhere,
/// `kill` as a program is not.
pub fn ask_to_stop(process_id: u32) -> io::Result<ExitStatus> {
    let mut shell = Command::new("sh");
    shell.args(["-c", "kill -TERM \"$0\"", &process_id.to_string()]);
    shell.status()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_read_from_a_complete_start_line_only() {
        fn check(stdout: &str, expected: Option<&str>) {
            assert_eq!(announced_url(stdout).as_deref(), expected, "{stdout:?}");
        }
        check("", None);
        check("listening on http://127.0.0.1:87", None);
        check(
            "listening on http://127.0.0.1:8787\n",
            Some("http://127.0.0.1:8787"),
        );
        check(
            "a line\nlistening on http://127.0.0.1:1\nmore",
            Some("http://127.0.0.1:1"),
        );
        check(
            "listening on http://127.0.0.1:1 and, for the intake, on http://127.0.0.1:2\n",
            Some("http://127.0.0.1:1"),
        );
    }
}
