//! The figures of one measurement, as a table and as JSON.

use std::time::Duration;

use anyhow::bail;
use serde_json::{Value, json};

use super::Options;
use super::contents::Contents;
use super::cost::{Cost, CostFigure};
use super::latency::Measured;
use super::machine::Machine;
use super::pace::Pace;
use super::table::line;
use super::throughput::Throughput;

/// Everything that was measured.
pub(super) struct Figures {
    pub(super) idle: Measured,
    pub(super) throughput: Throughput,
    /// Of the busy phase, until everything was settled.
    pub(super) cost: Cost,
    /// The most that the service has had since its start.
    pub(super) peak_memory_kib: u32,
    /// Requests for a delivery that had been accepted before.
    pub(super) duplicates: usize,
    pub(super) contents: Contents,
    /// What the service itself says of the deliveries, if that is not what it should be.
    pub(super) faults: Vec<anyhow::Error>,
}

impl Figures {
    /// Fails if something is missing or wrong.
    ///
    /// # Errors
    /// A delivery did not arrive or was not settled, or a request held something wrong.
    pub(super) fn check(&self) -> anyhow::Result<()> {
        if self.missing() > 0 {
            bail!("lost: {} deliveries did not arrive", self.missing());
        }
        if let Some(first) = self.contents.wrong.first() {
            let wrong = self.contents.wrong.len();
            bail!("{wrong} requests are wrong, one of them: {first:#}");
        }
        if let Some(fault) = self.faults.first() {
            bail!("{fault:#}");
        }
        Ok(())
    }

    fn missing(&self) -> usize {
        let missing = |measured: &Measured| measured.deliveries() - measured.arrived();
        missing(&self.idle) + missing(&self.throughput.measured)
    }

    /// Returns the figures for people.
    pub(super) fn table(&self, machine: &Machine, options: &Options) -> String {
        let misbehaviour = [options.failing, options.slow].map(|percent| format!("{percent} %"));
        let mut lines = vec![
            line("revision", [machine.revision.clone()]),
            line("cores", [machine.cores.to_string()]),
            line("database", [options.database.word().to_owned()]),
            line("endpoints", [options.endpoints.to_string()]),
            line("failing, slow", misbehaviour),
            String::new(),
        ];
        let idle_title = format!("idle: {} reports, one by one", self.idle.reports());
        lines.extend(self.idle.lines(&idle_title));
        lines.push(String::new());
        lines.extend(self.busy_lines(options));
        lines.push(String::new());
        lines.extend(self.end_lines());
        lines.join("\n") + "\n"
    }

    fn busy_lines(&self, options: &Options) -> Vec<String> {
        let busy = &self.throughput.measured;
        let title = format!("busy: {} reports, {}", busy.reports(), options.pace());
        let rate = |per_s: f64| [format!("{per_s:.0}/s")];
        let mut lines = Vec::from(busy.lines(&title));
        lines.push(line("  reports accepted", rate(self.reports_per_s())));
        lines.push(line("  deliveries arrived", rate(self.deliveries_per_s())));
        let (unit, costs) = self.costs();
        lines.push(format!("  a {unit} costs"));
        lines.extend(costs.iter().filter_map(CostFigure::line));
        lines
    }

    fn end_lines(&self) -> [String; 6] {
        let contents = &self.contents;
        let peak_memory = format!("{:.1} MiB", f64::from(self.peak_memory_kib) / 1024.0);
        [
            line("peak memory of the service", [peak_memory]),
            line("duplicates", [self.duplicates.to_string()]),
            line("missing", [self.missing().to_string()]),
            line("signatures verified", [contents.verified.to_string()]),
            line("requests decrypted", [contents.decrypted.to_string()]),
            line("requests wrong", [contents.wrong.len().to_string()]),
        ]
    }

    /// Returns the figures for programs: what was measured of what, and [`Self::measured`].
    pub(super) fn json(&self, machine: &Machine, options: &Options) -> Value {
        let mut json = setting(machine, options);
        let members = json.as_object_mut().expect("it is an object");
        members.insert("revision".to_owned(), json!(machine.revision));
        members.insert("measured".to_owned(), self.measured());
        json
    }

    /// Returns the figures alone.
    pub(super) fn measured(&self) -> Value {
        let (unit, costs) = self.costs();
        let costs = costs.map(|cost| (cost.name.to_owned(), json!(cost.each)));
        json!({
            "idle": self.idle.json(),
            "busy": self.throughput.measured.json(),
            "reports_per_s": self.reports_per_s(),
            "deliveries_per_s": self.deliveries_per_s(),
            format!("per_{unit}"): costs.into_iter().collect::<Value>(),
            "peak_memory_kib": self.peak_memory_kib,
            "duplicates": self.duplicates,
            "missing": self.missing(),
            "signatures_verified": self.contents.verified,
            "requests_decrypted": self.contents.decrypted,
            "requests_wrong": self.contents.wrong.len(),
        })
    }

    fn reports_per_s(&self) -> f64 {
        per_s(
            self.throughput.measured.reports(),
            self.throughput.accepting,
        )
    }

    fn deliveries_per_s(&self) -> f64 {
        per_s(
            self.throughput.measured.arrived(),
            self.throughput.delivering,
        )
    }

    /// Returns what a delivery took, or a report where reports cause no deliveries.
    fn costs(&self) -> (&'static str, [CostFigure; 5]) {
        let busy = &self.throughput.measured;
        match busy.deliveries() {
            0 => ("report", self.cost.figures(float(busy.reports()))),
            deliveries => ("delivery", self.cost.figures(float(deliveries))),
        }
    }
}

/// Returns what was measured on what, but for the revision.
pub(super) fn setting(machine: &Machine, options: &Options) -> Value {
    let (callers, rate_per_s) = match options.pace() {
        Pace::Callers(callers) => (Some(callers), None),
        Pace::PerSecond(rate) => (None, Some(rate)),
    };
    json!({
        "cores": machine.cores,
        "database": options.database.word(),
        "endpoints": options.endpoints,
        "failing_percent": options.failing,
        "slow_percent": options.slow,
        "callers": callers,
        "rate_per_s": rate_per_s,
        "idle_reports": options.idle_reports,
        "busy_reports": options.sessions,
    })
}

/// Returns how many there were in a second; 0 if there were none, however long that took.
pub(super) fn per_s(count: usize, time: Duration) -> f64 {
    match count {
        0 => 0.0,
        count => float(count) / time.as_secs_f64(),
    }
}

fn float(count: usize) -> f64 {
    let count = u32::try_from(count).expect("fewer than the sessions times the endpoints fit");
    f64::from(count)
}
