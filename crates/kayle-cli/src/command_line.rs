//! What can be typed.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use crate::commands::trigger;

/// Makes keys, checks recorded deliveries, and shows what Kayle's webhooks did.
#[derive(Parser)]
#[command(name = "kayle", version, arg_required_else_help = true)]
pub(crate) struct CommandLine {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Private keys, which stay with you
    #[command(subcommand)]
    Keys(Keys),
    /// Checks a recorded delivery's signature, without a network, and names the mistake that fits
    Verify(Verify),
    /// Decrypts a recorded delivery, without a network and without checking who signed it
    Decrypt(Decrypt),
    /// Sends a test to an endpoint, and shows step by step how it went
    #[command(alias = "test")]
    Trigger(Trigger),
    /// Where events go
    #[command(subcommand)]
    Endpoints(Endpoints),
    /// What was sent, and what came of it
    #[command(subcommand)]
    Deliveries(Deliveries),
    /// What happened
    #[command(subcommand)]
    Events(Events),
    /// Verifications, from their beginning to their end
    #[command(subcommand)]
    Sessions(Sessions),
    /// Compares what was delivered with what you have handled, and names what only one side has
    Reconcile(Reconcile),
    /// Prints a script that completes commands in your shell
    Completion {
        /// The shell
        shell: Shell,
    },
}

#[derive(Subcommand)]
pub(crate) enum Keys {
    /// Makes a private key and prints what registers its public half
    Generate(Generate),
    /// Shows that you have the private half of a registered key
    Prove(Prove),
    /// Registers and proves a new key, and puts it in the place of an endpoint's active one
    Rotate(Rotate),
    /// Lists an endpoint's keys, with how many deliveries still need them
    List(ListKeys),
}

#[derive(Args)]
pub(crate) struct Prove {
    /// The id of the registered key, whk_…
    pub(crate) id: String,
    /// Your private key: PEM or JWK
    #[arg(long, value_name = "FILE", default_value = "private.pem")]
    pub(crate) key: PathBuf,
    #[command(flatten)]
    pub(crate) service: Service,
}

#[derive(Args)]
pub(crate) struct Rotate {
    /// The endpoint
    pub(crate) endpoint: String,
    /// The label of the new key, which every delivery names
    #[arg(long, value_name = "ID")]
    pub(crate) key_id: String,
    /// A private key that your receiver has already: PEM or JWK
    #[arg(long, value_name = "FILE", conflicts_with = "bits")]
    pub(crate) key: Option<PathBuf>,
    /// The new file for a private key that is made now, which only you can read
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with = "key",
        required_unless_present = "key"
    )]
    pub(crate) out: Option<PathBuf>,
    /// The size of the key that is made
    #[arg(long, value_enum, default_value_t = Bits::Two)]
    pub(crate) bits: Bits,
    /// Waits, before the new key becomes the active one, until your receiver decrypts a test with it
    #[arg(long)]
    pub(crate) wait_for_receiver: bool,
    #[command(flatten)]
    pub(crate) service: Service,
}

#[derive(Args)]
pub(crate) struct ListKeys {
    /// The endpoint
    pub(crate) endpoint: String,
    #[command(flatten)]
    pub(crate) list: Page,
}

#[derive(Args)]
pub(crate) struct Generate {
    /// The size of the key
    #[arg(long, value_enum, default_value_t = Bits::Two)]
    pub(crate) bits: Bits,
    /// The new file for the private key, which only you can read
    #[arg(long, value_name = "FILE", default_value = "private.pem")]
    pub(crate) out: PathBuf,
    /// The label of the key, which every delivery names
    #[arg(long, value_name = "ID", default_value = "customer-key-1")]
    pub(crate) key_id: String,
    /// Registers the public half with this endpoint, proves it, and makes it the active key
    #[arg(long, value_name = "ENDPOINT")]
    pub(crate) register: Option<String>,
    #[command(flatten)]
    pub(crate) service: Service,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Bits {
    #[value(name = "2048")]
    Two,
    #[value(name = "4096")]
    Four,
}

#[derive(Args)]
pub(crate) struct Verify {
    /// The request's headers, one a line as `curl --include` shows them
    #[arg(long, value_name = "FILE")]
    pub(crate) headers: PathBuf,
    /// The body as your code got it
    #[arg(long, value_name = "FILE")]
    pub(crate) body: PathBuf,
    /// The endpoint's signing secret
    #[arg(long, value_name = "FILE")]
    pub(crate) secret_file: PathBuf,
    /// When the request came, in seconds since 1970 [default: now]
    #[arg(long, value_name = "SECONDS")]
    pub(crate) at: Option<i64>,
}

#[derive(Args)]
pub(crate) struct Decrypt {
    /// The body as your code got it
    #[arg(long, value_name = "FILE")]
    pub(crate) body: PathBuf,
    /// Your private key: PEM or JWK
    #[arg(long, value_name = "FILE")]
    pub(crate) key: PathBuf,
    /// Shows claims on a terminal, too; a pipe or a file gets them in any case
    #[arg(long)]
    pub(crate) show_claims: bool,
}

#[derive(Args)]
pub(crate) struct Trigger {
    /// The type of the sample that is sent; the endpoint need not subscribe to it
    #[arg(value_name = "TYPE", default_value = trigger::EVENT_TYPE)]
    pub(crate) event_type: String,
    /// The endpoint, enabled or not
    #[arg(long, value_name = "ENDPOINT")]
    pub(crate) endpoint: String,
    /// Encrypts to this key of the endpoint, whk_…, active or not
    #[arg(long, value_name = "KEY")]
    pub(crate) key_id: Option<String>,
    #[command(flatten)]
    pub(crate) service: Service,
}

#[derive(Subcommand)]
pub(crate) enum Endpoints {
    /// Lists endpoints, newest first
    List(Page),
    /// Shows one endpoint
    Show(Show),
}

#[derive(Subcommand)]
pub(crate) enum Deliveries {
    /// Lists deliveries, newest first
    List {
        /// Only deliveries to this endpoint
        #[arg(long, value_name = "ENDPOINT")]
        endpoint: Option<String>,
        /// Only deliveries of this event
        #[arg(long, value_name = "EVENT")]
        event: Option<String>,
        /// Only deliveries with this status
        #[arg(long)]
        status: Option<String>,
        #[command(flatten)]
        list: Page,
    },
    /// Shows one delivery with its attempts
    Show(Show),
    /// Sends a failed delivery again, while its payload is kept
    Retry(Show),
    /// Sends again what failed lately; without --yes it only counts
    RetryFailed(RetryFailed),
}

#[derive(Args)]
pub(crate) struct RetryFailed {
    /// How far back their last attempt may lie, such as 90m or 2h
    #[arg(long, value_name = "DURATION", value_parser = humantime::parse_duration)]
    pub(crate) since: Duration,
    /// Only deliveries to this endpoint
    #[arg(long, value_name = "ENDPOINT")]
    pub(crate) endpoint: Option<String>,
    /// Only events of this type
    #[arg(long = "type", value_name = "TYPE")]
    pub(crate) event_type: Option<String>,
    /// Only those whose last attempt failed for this reason
    #[arg(long, value_name = "REASON")]
    pub(crate) reason: Option<String>,
    /// Sends them
    #[arg(long)]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) service: Service,
}

#[derive(Subcommand)]
pub(crate) enum Sessions {
    /// Lists sessions
    List {
        /// Only sessions with this status
        #[arg(long)]
        status: Option<String>,
        #[command(flatten)]
        list: Page,
    },
    /// Shows one session
    Show(Show),
    /// Opens a session, and shows where to send the person
    Open {
        /// Its events go to this endpoint only
        #[arg(long, value_name = "ENDPOINT")]
        endpoint: Option<String>,
        #[command(flatten)]
        service: Service,
    },
    /// Cancels a session, which every subscribed endpoint is told
    Cancel(Show),
}

#[derive(Args)]
pub(crate) struct Reconcile {
    /// How far back to look, such as 24h; no longer than your own record goes back
    #[arg(long, value_name = "DURATION", value_parser = humantime::parse_duration)]
    pub(crate) since: Duration,
    /// The ids of the events that you have handled, evt_…, one a line
    #[arg(long, value_name = "FILE")]
    pub(crate) handled: PathBuf,
    /// Only deliveries to this endpoint
    #[arg(long, value_name = "ENDPOINT")]
    pub(crate) endpoint: Option<String>,
    #[command(flatten)]
    pub(crate) service: Service,
}

#[derive(Subcommand)]
pub(crate) enum Events {
    /// Lists events, newest first
    List {
        /// Only events of this type
        #[arg(long = "type", value_name = "TYPE")]
        event_type: Option<String>,
        #[command(flatten)]
        list: Page,
    },
    /// Shows one event with its deliveries
    Show(Show),
    /// Sends an event's failed deliveries again, as far as their payloads are kept
    Replay(Show),
}

#[derive(Args)]
pub(crate) struct Page {
    /// The most that are listed
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u8).range(1..=100))]
    pub(crate) limit: u8,
    /// Goes on after this cursor, which the list before ended with
    #[arg(long, value_name = "CURSOR")]
    pub(crate) after: Option<String>,
    #[command(flatten)]
    pub(crate) service: Service,
}

#[derive(Args)]
pub(crate) struct Show {
    /// Its id
    pub(crate) id: String,
    #[command(flatten)]
    pub(crate) service: Service,
}

/// How to reach the API.
#[derive(Args)]
pub(crate) struct Service {
    #[arg(
        long,
        value_name = "URL",
        help = "Where the service is [env: KAYLECLI_API]"
    )]
    pub(crate) api: Option<String>,
    #[arg(
        long,
        value_name = "FILE",
        help = "The file with the API key, which only you can read [env: KAYLECLI_API_KEY, the key itself]"
    )]
    pub(crate) api_key_file: Option<PathBuf>,
    /// Prints the API's JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_holds_together() {
        CommandLine::command().debug_assert();
    }
}
