//! The figures of one run, as a table and as JSON.

use std::fmt::Write;
use std::num::{NonZeroU16, NonZeroU32, NonZeroUsize};
use std::time::Duration;

use anyhow::Context;
use serde_json::{Value, json};

use xtask::workspace;

use super::latency::{Measured, percentile};
use super::throughput::Throughput;

/// Everything that was measured.
pub(super) struct Figures {
    pub(super) endpoints: NonZeroU16,
    pub(super) callers: NonZeroU32,
    /// Requests beyond the first of a delivery.
    pub(super) repeated: usize,
    pub(super) idle: Measured,
    pub(super) throughput: Throughput,
}

/// What was measured, and on what.
pub(super) struct Machine {
    /// The commit, with `-dirty` if the checkout holds changes.
    pub(super) revision: String,
    pub(super) cores: NonZeroUsize,
}

impl Machine {
    /// Asks this machine and this checkout.
    pub(super) fn this() -> anyhow::Result<Self> {
        let mut git = workspace::command("git");
        git.args(["describe", "--always", "--dirty", "--abbrev=10"]);
        let revision = git.output().ok().filter(|output| output.status.success());
        let revision = revision.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
        let cores = std::thread::available_parallelism();
        Ok(Self {
            revision: revision.map_or_else(|| "unknown".to_owned(), |text| text.trim().to_owned()),
            cores: cores.context("the machine does not say how many cores it has")?,
        })
    }
}

const PERCENTILES: [(&str, usize); 3] = [("median", 50), ("p90", 90), ("p99", 99)];

impl Figures {
    /// Returns the figures for people.
    pub(super) fn table(&self, machine: &Machine) -> String {
        let (idle, throughput) = (&self.idle, &self.throughput);
        let measured = &throughput.measured;
        let reports_per_s = per_s(measured.reports(), throughput.accepting);
        let deliveries_per_s = per_s(measured.deliveries(), throughput.delivering);
        let idle_title = format!("idle: {} reports, one after the other", idle.reports());
        let busy_title = format!(
            "busy: {} reports, {} at once",
            measured.reports(),
            self.callers
        );
        let lines = [
            line("revision", [machine.revision.clone()]),
            line("cores", [machine.cores.to_string()]),
            line("endpoints", [self.endpoints.to_string()]),
            line("repeated requests", [self.repeated.to_string()]),
            String::new(),
            line(&idle_title, PERCENTILES.map(|(name, _)| name.to_owned())),
            latency_line("  intake answers after", &idle.intake_ms),
            latency_line("  arrival after the answer", &idle.arrival_ms),
            String::new(),
            line(&busy_title, PERCENTILES.map(|(name, _)| name.to_owned())),
            latency_line("  intake answers after", &measured.intake_ms),
            latency_line("  arrival after the answer", &measured.arrival_ms),
            line("  reports accepted", [format!("{reports_per_s:.0}/s")]),
            line("  deliveries arrived", [format!("{deliveries_per_s:.0}/s")]),
        ];
        lines.join("\n") + "\n"
    }

    /// Returns the figures for programs.
    pub(super) fn json(&self, machine: &Machine) -> Value {
        let (idle, throughput) = (&self.idle, &self.throughput);
        let measured = &throughput.measured;
        json!({
            "revision": machine.revision,
            "cores": machine.cores,
            "endpoints": self.endpoints,
            "repeated_requests": self.repeated,
            "idle": {
                "reports": idle.reports(),
                "intake_ms": latency_json(&idle.intake_ms),
                "arrival_after_answer_ms": latency_json(&idle.arrival_ms),
            },
            "busy": {
                "reports": measured.reports(),
                "deliveries": measured.deliveries(),
                "callers": self.callers,
                "intake_ms": latency_json(&measured.intake_ms),
                "arrival_after_answer_ms": latency_json(&measured.arrival_ms),
                "reports_per_s": per_s(measured.reports(), throughput.accepting),
                "deliveries_per_s": per_s(measured.deliveries(), throughput.delivering),
            },
        })
    }
}

pub(super) fn line(label: &str, values: impl IntoIterator<Item = String>) -> String {
    /// Wide enough for the longest label with its numbers.
    const LABEL_CHARS: usize = 40;
    let mut line = format!("{label:LABEL_CHARS$}");
    for value in values {
        write!(line, "{value:>12}").expect("a string takes all that is written");
    }
    line
}

fn latency_line(label: &str, values_ms: &[f64]) -> String {
    let value = |(_, percent)| format!("{:.2} ms", percentile(values_ms, percent));
    line(label, PERCENTILES.map(value))
}

fn latency_json(values_ms: &[f64]) -> Value {
    let value = |(name, percent): (&str, _)| (name.to_owned(), percentile(values_ms, percent));
    PERCENTILES.map(value).into_iter().collect()
}

pub(super) fn per_s(count: usize, time: Duration) -> f64 {
    let count = u32::try_from(count).expect("fewer than the sessions times the endpoints fit");
    f64::from(count) / time.as_secs_f64()
}
