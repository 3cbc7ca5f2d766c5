//! How a request went on its way: its phases, in words and as a bar.

use std::time::Duration;

use kayle_delivery::Attempt;
use kayle_delivery::attempt::{ConnectionUse, Phases};

use crate::words::took;

/// The width of the bar; it stands for the whole duration of the attempt.
const WIDTH: u128 = 1000;

/// The phases that an attempt reached.
pub(crate) struct PhasesView {
    /// Which connection carried it, and whereto.
    pub(crate) connection: String,
    pub(crate) phases: Vec<PhaseView>,
}

/// One phase: what it is called, how long it took, and its piece of the bar.
pub(crate) struct PhaseView {
    pub(crate) name: &'static str,
    pub(crate) class: &'static str,
    pub(crate) took: String,
    pub(crate) from: u128,
    pub(crate) width: u128,
}

impl PhasesView {
    /// Returns the phases of an attempt; `None` where no request was begun.
    pub(crate) fn of(attempt: &Attempt) -> Option<Self> {
        let phases = attempt.phases;
        let view = Self {
            connection: connection_words(&phases),
            phases: pieces(&phases, attempt.duration),
        };
        (phases.connection.is_some() || !view.phases.is_empty()).then_some(view)
    }
}

fn connection_words(phases: &Phases) -> String {
    let address = phases.remote_address;
    let to = address.map_or_else(String::new, |address| format!(" to {address}"));
    match phases.connection {
        None => "No connection was made.".to_owned(),
        Some(ConnectionUse::New) => format!("A new connection{to}."),
        Some(ConnectionUse::Reused) => format!("A connection{to}, kept from before."),
    }
}

/// Lays the phases that were reached one after the other.
fn pieces(phases: &Phases, whole: Duration) -> Vec<PhaseView> {
    let known = [
        ("Name", "dns", phases.dns),
        ("Connect", "connect", phases.connect),
        ("TLS", "tls", phases.tls),
        ("First byte", "first-byte", phases.first_byte),
    ];
    let mut before = Duration::ZERO;
    let mut pieces = Vec::new();
    for (name, class, lasted) in known {
        let Some(lasted) = lasted else { continue };
        pieces.push(PhaseView {
            name,
            class,
            took: took(lasted),
            from: share(before, whole),
            width: share(lasted, whole),
        });
        before += lasted;
    }
    pieces
}

/// Returns a share of the whole in parts of [`WIDTH`]: at most all of it.
fn share(part: Duration, whole: Duration) -> u128 {
    let whole = whole.as_micros().max(1);
    (part.as_micros() * WIDTH / whole).min(WIDTH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_phases_that_were_reached_follow_one_another() {
        let phases = Phases {
            dns: Some(Duration::from_millis(10)),
            connect: Some(Duration::from_millis(20)),
            first_byte: Some(Duration::from_millis(100)),
            ..Phases::default()
        };
        let pieces = pieces(&phases, Duration::from_millis(200));
        let laid: Vec<_> = pieces
            .iter()
            .map(|piece| (piece.name, piece.from, piece.width, piece.took.as_str()))
            .collect();
        let expected = [
            ("Name", 0, 50, "10 ms"),
            ("Connect", 50, 100, "20 ms"),
            ("First byte", 150, 500, "100 ms"),
        ];
        assert_eq!(laid, expected);
    }

    #[test]
    fn a_bar_has_no_piece_beyond_its_end() {
        assert_eq!(share(Duration::from_secs(2), Duration::from_secs(1)), WIDTH);
        assert_eq!(share(Duration::from_secs(2), Duration::ZERO), WIDTH);
    }

    #[test]
    fn a_connection_is_told_with_where_it_leads() {
        let check = |connection, remote_address, expected: &str| {
            let phases = Phases {
                connection,
                remote_address,
                ..Phases::default()
            };
            assert_eq!(connection_words(&phases), expected);
        };
        let address = Some([192, 0, 2, 1].into());
        check(None, None, "No connection was made.");
        check(
            Some(ConnectionUse::New),
            address,
            "A new connection to 192.0.2.1.",
        );
        check(
            Some(ConnectionUse::Reused),
            None,
            "A connection, kept from before.",
        );
    }
}
