//! The verbs.

mod changes;
mod completion;
mod decrypt;
mod keys;
mod lists;
mod reconcile;
pub(crate) mod trigger;
mod verify;

use crate::command_line::{Command, CommandLine};
use crate::failure::Failure;

pub(crate) fn run(command_line: CommandLine) -> Result<(), Failure> {
    match command_line.command {
        Command::Keys(keys) => keys::run(&keys),
        Command::Verify(verify) => verify::run(&verify),
        Command::Decrypt(decrypt) => decrypt::run(&decrypt),
        Command::Trigger(trigger) => trigger::run(&trigger),
        Command::Endpoints(endpoints) => lists::endpoints(endpoints),
        Command::Deliveries(deliveries) => lists::deliveries(deliveries),
        Command::Events(events) => lists::events(events),
        Command::Sessions(sessions) => lists::sessions(sessions),
        Command::Reconcile(reconcile) => reconcile::run(&reconcile),
        Command::Completion { shell } => {
            completion::print(shell);
            Ok(())
        }
    }
}
