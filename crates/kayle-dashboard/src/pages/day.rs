//! The last 24 hours of an endpoint, as small as a row of a list.

use askama::Template;
use askama::filters::HtmlSafe;
use kayle_delivery::activity::Counts;

use crate::pages::health::Health;
use crate::plots::small;
use crate::words::{grouped, percent};

/// A day in a row: what was tried hour by hour, and what ended.
#[derive(Debug, Clone, PartialEq, Eq, Template)]
#[template(path = "parts/day.html")]
pub(crate) struct Day {
    bars: Vec<small::Bar>,
    /// The part that was delivered of those that ended; `None` if none has.
    rate: Option<String>,
    words: String,
}

impl HtmlSafe for Day {}

impl Day {
    /// Shows what was counted in each hour, the oldest first. Where nothing is counted yet, the
    /// latest deliveries are told of.
    pub(crate) fn new(hours: &[Counts], health: Health) -> Self {
        let mut day = Counts::default();
        for hour in hours {
            day += hour;
        }
        let rate = day.deliveries.success_rate();
        let failed = day.attempts.failed();
        let words = if rate.is_some() {
            ended(&day)
        } else if 0 < failed && day.attempts.http_2xx == 0 {
            format!("none of {} attempts accepted", grouped(failed))
        } else {
            health.sentence()
        };
        Self {
            bars: small::bars(hours),
            rate: rate.map(percent),
            words,
        }
    }
}

/// Says what ended: `1,505 delivered, 71 failed`.
fn ended(day: &Counts) -> String {
    let delivered = format!("{} delivered", grouped(day.deliveries.delivered));
    match day.deliveries.failed() {
        0 => delivered,
        failed => format!("{delivered}, {} failed", grouped(failed)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(change: impl FnOnce(&mut Counts)) -> (Option<String>, String) {
        let mut hours = vec![Counts::default(); 24];
        change(&mut hours[23]);
        let day = Day::new(&hours, Health::default());
        (day.rate, day.words)
    }

    #[test]
    fn a_day_is_told_by_what_ended_and_else_by_what_was_tried() {
        let delivered = words(|hour| hour.deliveries.delivered = 1_505);
        assert_eq!(delivered, (Some("100 %".into()), "1,505 delivered".into()));
        let mixed = words(|hour| {
            hour.deliveries.delivered = 19;
            hour.deliveries.unsendable = 1;
        });
        let expected = (Some("95 %".into()), "19 delivered, 1 failed".into());
        assert_eq!(mixed, expected);
        let tried = words(|hour| hour.attempts.timeout = 3);
        assert_eq!(tried, (None, "none of 3 attempts accepted".into()));
        assert_eq!(words(|_| {}), (None, "No deliveries in 24 h".into()));
    }
}
