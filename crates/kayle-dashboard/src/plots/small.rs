//! A day of attempts as a picture the height of a line: accepted below, not accepted above.

use kayle_delivery::activity::Counts;

use super::scale::{Place, coordinate, height};

/// A part of an hour's bar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bar {
    pub(crate) is_accepted: bool,
    pub(crate) x: String,
    pub(crate) width: String,
    pub(crate) y: String,
    pub(crate) height: String,
}

/// Draws the attempts of each hour, the oldest first; none where there were none at all.
pub(crate) fn bars(hours: &[Counts]) -> Vec<Bar> {
    let both = |hour: &Counts| [hour.attempts.http_2xx, hour.attempts.failed()];
    let highest = hours.iter().map(|hour| both(hour).iter().sum()).max();
    let top: u64 = highest.unwrap_or(0);
    let mut bars = Vec::new();
    for (number, hour) in hours.iter().enumerate() {
        let place = Place::of(number, hours.len());
        let mut y = 100.0;
        for (count, is_accepted) in both(hour).into_iter().zip([true, false]) {
            if count == 0 {
                continue;
            }
            let height = height(count, top).max(LEAST_HEIGHT);
            y -= height;
            bars.push(Bar {
                is_accepted,
                x: coordinate(place.bar_x),
                width: coordinate(place.bar_width),
                y: coordinate(y),
                height: coordinate(height),
            });
        }
    }
    bars
}

/// Two pixels of a line.
const LEAST_HEIGHT: f64 = 8.0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_accepted_stands_on_what_was() {
        let mut hours = vec![Counts::default(); 24];
        hours[0].attempts.http_2xx = 3;
        hours[0].attempts.http_5xx = 1;
        hours[23].attempts.http_2xx = 1;
        let drawn = bars(&hours);
        let drawn: Vec<_> = drawn
            .iter()
            .map(|bar| (bar.is_accepted, bar.y.as_str(), bar.height.as_str()))
            .collect();
        let expected = [(true, "25", "75"), (false, "0", "25"), (true, "75", "25")];
        assert_eq!(drawn, expected);
        assert_eq!(bars(&[Counts::default()]), []);
    }
}
