//! `kayle completion`.

use std::io;

use clap::CommandFactory as _;
use clap_complete::Shell;

use crate::command_line::CommandLine;

pub(crate) fn print(shell: Shell) {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut CommandLine::command(), "kayle", &mut script);
    // Whoever stopped reading wanted no more.
    let _ = io::Write::write_all(&mut io::stdout(), &script);
}
