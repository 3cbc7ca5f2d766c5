//! Times of many reports, and what is said of them.

use std::collections::BTreeMap;
use std::time::Instant;

use serde_json::{Value, json};

use super::installation::Report;
use super::table::line;

const PERCENTILES: [(&str, usize); 4] = [("p50", 50), ("p95", 95), ("p99", 99), ("max", 100)];

/// What reports and their deliveries took, in milliseconds.
#[derive(Default)]
pub(super) struct Measured {
    /// From the report's start to the intake's answer.
    pub(super) intake_ms: Vec<f64>,
    /// From the report's start to a delivery's arrival.
    pub(super) arrival_after_report_ms: Vec<f64>,
    /// From the intake's answer to a delivery's arrival; negative if the delivery was faster.
    pub(super) arrival_after_answer_ms: Vec<f64>,
    /// Which session each delivery is about, whether it arrived or not.
    pub(super) sessions: BTreeMap<String, String>,
}

impl Measured {
    /// Adds a report and when each of its deliveries arrived, if it did.
    pub(super) fn add(
        &mut self,
        report: Report,
        arrivals: impl IntoIterator<Item = Option<Instant>>,
    ) {
        let (asked_at, answered_at) = (report.asked_at, report.answered_at);
        self.intake_ms.push(ms(asked_at, answered_at));
        for arrived_at in arrivals.into_iter().flatten() {
            self.arrival_after_report_ms.push(ms(asked_at, arrived_at));
            self.arrival_after_answer_ms
                .push(ms(answered_at, arrived_at));
        }
        let session_id = report.session_id;
        let deliveries = report.deliveries.into_iter();
        self.sessions
            .extend(deliveries.map(|id| (id, session_id.clone())));
    }

    pub(super) fn reports(&self) -> usize {
        self.intake_ms.len()
    }

    /// Returns how many deliveries the reports caused.
    pub(super) fn deliveries(&self) -> usize {
        self.sessions.len()
    }

    /// Returns how many of the deliveries arrived.
    pub(super) fn arrived(&self) -> usize {
        self.arrival_after_report_ms.len()
    }

    /// Returns the percentiles for people, under a title.
    pub(super) fn lines(&self, title: &str) -> [String; 4] {
        let heads = PERCENTILES.map(|(name, _)| name.to_owned());
        let [intake, after_report, after_answer] = self.times();
        [
            line(title, heads),
            percentiles_line("  intake answers after", intake),
            percentiles_line("  arrival after the report's start", after_report),
            percentiles_line("  arrival after the answer", after_answer),
        ]
    }

    /// Returns the percentiles for programs; `null` where nothing was measured.
    pub(super) fn json(&self) -> Value {
        let [intake, after_report, after_answer] = self.times().map(percentiles_json);
        json!({
            "intake_ms": intake,
            "arrival_after_report_ms": after_report,
            "arrival_after_answer_ms": after_answer,
        })
    }

    fn times(&self) -> [&[f64]; 3] {
        [
            &self.intake_ms,
            &self.arrival_after_report_ms,
            &self.arrival_after_answer_ms,
        ]
    }
}

/// Returns the time that this many percent of the values do not exceed: the nearest rank, so always
/// one of the values.
pub(super) fn percentile(values_ms: &[f64], percent: usize) -> f64 {
    let mut sorted = values_ms.to_vec();
    sorted.sort_by(f64::total_cmp);
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted
        .get(rank.saturating_sub(1))
        .copied()
        .unwrap_or(f64::NAN)
}

fn percentiles_line(label: &str, values_ms: &[f64]) -> String {
    let value = |(_, percent)| match percentile(values_ms, percent) {
        none if none.is_nan() => "-".to_owned(),
        ms => format!("{ms:.2} ms"),
    };
    line(label, PERCENTILES.map(value))
}

fn percentiles_json(values_ms: &[f64]) -> Value {
    let value = |(name, percent): (&str, _)| (name.to_owned(), percentile(values_ms, percent));
    PERCENTILES.map(value).into_iter().collect()
}

/// The milliseconds from one moment to another, negative if the other came first.
fn ms(from: Instant, to: Instant) -> f64 {
    let after = to.saturating_duration_since(from);
    let before = from.saturating_duration_since(to);
    (after.as_secs_f64() - before.as_secs_f64()) * 1e3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_the_value_at_the_nearest_rank() {
        fn check(values: &[f64], percent: usize, expected: f64) {
            let found = percentile(values, percent);
            assert!(
                (found - expected).abs() < f64::EPSILON,
                "{values:?}: {found}"
            );
        }
        check(&[7.0], 50, 7.0);
        check(&[7.0], 99, 7.0);
        check(&[3.0, -1.0, 2.0], 50, 2.0);
        check(&[3.0, -1.0, 2.0], 99, 3.0);
        let hundred: Vec<_> = (1..=100).map(f64::from).collect();
        check(&hundred, 50, 50.0);
        check(&hundred, 90, 90.0);
        check(&hundred, 99, 99.0);
    }
}
