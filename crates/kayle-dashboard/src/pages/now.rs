//! What waits at the moment, in figures.

use kayle_app::limits::WAITING_COUNTED_MAX;
use kayle_app::ports::store::Waiting;
use kayle_delivery::DeliveryStatus;
use kayle_primitives::{EndpointId, Timestamp};

use crate::fields::link;
use crate::parts::{Figure, Figures, Moment};
use crate::words::grouped;

/// Shows what waits, of one endpoint or of all.
pub(crate) fn figures(waiting: &Waiting, of: Option<&EndpointId>, now: Timestamp) -> Figures {
    let Waiting {
        pending,
        delivering,
        held,
        retained_payloads,
        oldest_due_at,
    } = *waiting;
    let list = |status| Some(of_state(status, of));
    let longest_due =
        oldest_due_at.map(|at| ("the longest due".into(), Some(Moment::new(at, now))));
    let figure = |word, count, href, note| Figure {
        word,
        value: count_word(count),
        href,
        note,
    };
    Figures(vec![
        figure(
            "Waiting",
            pending,
            list(DeliveryStatus::Pending),
            longest_due,
        ),
        figure(
            "Being sent",
            delivering,
            list(DeliveryStatus::Delivering),
            None,
        ),
        figure("Held", held, None, Some(("by a pause".into(), None))),
        figure(
            "Failed, kept",
            retained_payloads,
            list(DeliveryStatus::Failed),
            Some(("can be sent again".into(), None)),
        ),
    ])
}

/// Returns where the deliveries in a state are listed, of one endpoint or of all.
pub(crate) fn of_state(status: DeliveryStatus, of: Option<&EndpointId>) -> String {
    let endpoint = of.map_or("", EndpointId::as_str);
    let chosen = [("state", status.as_str()), ("endpoint", endpoint)];
    link("/webhooks/deliveries", &chosen)
}

/// Returns a count that stops where the store stops counting.
pub(crate) fn count_word(count: usize) -> String {
    let grouped = |count| grouped(u64::try_from(count).unwrap_or(u64::MAX));
    if count < WAITING_COUNTED_MAX {
        grouped(count)
    } else {
        format!("{}+", grouped(WAITING_COUNTED_MAX - 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_says_where_it_stops() {
        assert_eq!(count_word(WAITING_COUNTED_MAX - 1), "10,000");
        assert_eq!(count_word(WAITING_COUNTED_MAX), "10,000+");
    }
}
