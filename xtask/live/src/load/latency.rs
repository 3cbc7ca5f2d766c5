//! Times of many reports, and what is said of them.

use std::time::Instant;

use super::installation::Report;

/// What reports and their deliveries took, in milliseconds.
#[derive(Default)]
pub(super) struct Measured {
    /// From the report's start to the intake's answer.
    pub(super) intake_ms: Vec<f64>,
    /// From the intake's answer to a delivery's arrival; negative if the delivery was faster.
    pub(super) arrival_ms: Vec<f64>,
}

impl Measured {
    /// Adds a report and the arrivals of its deliveries.
    pub(super) fn add(&mut self, report: &Report, arrivals: impl IntoIterator<Item = Instant>) {
        self.intake_ms.push(ms(report.asked_at, report.answered_at));
        let arrivals = arrivals.into_iter();
        let arrivals_ms = arrivals.map(|arrived_at| ms(report.answered_at, arrived_at));
        self.arrival_ms.extend(arrivals_ms);
    }

    pub(super) fn reports(&self) -> usize {
        self.intake_ms.len()
    }

    pub(super) fn deliveries(&self) -> usize {
        self.arrival_ms.len()
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
