//! What is written together, as rows.

use std::collections::HashSet;

use kayle_app::ports::store::{NewDelivery, SessionStep};

use crate::entities::{attempt, delivery, delivery_attempt, delivery_payload, event, session};

/// The rows of steps of different sessions. What comes of a step is written only if its session is
/// saved.
#[derive(Debug, Default)]
pub(crate) struct StepRows {
    pub(crate) sessions: Vec<session::Model>,
    pub(crate) attempts: Vec<attempt::Model>,
    pub(crate) events: Vec<event::Model>,
    pub(crate) deliveries: DeliveryRows,
}

/// The rows of new deliveries.
#[derive(Debug, Default)]
pub(crate) struct DeliveryRows {
    pub(crate) deliveries: Vec<delivery::Model>,
    pub(crate) payloads: Vec<delivery_payload::Model>,
    pub(crate) attempts: Vec<delivery_attempt::Model>,
}

/// The row of a settlement: it is written only if the delivery is leased to this holder.
#[derive(Debug)]
pub(crate) struct SettledRow {
    pub(crate) delivery: delivery::Model,
    pub(crate) holder: String,
    pub(crate) attempt: Option<delivery_attempt::Model>,
}

impl StepRows {
    pub(crate) fn of(steps: &[&SessionStep]) -> Self {
        let sessions = steps.iter().map(|step| &step.session);
        let attempts = steps.iter().filter_map(|step| step.attempt.as_ref());
        let events = steps.iter().flat_map(|step| &step.events);
        let deliveries = steps.iter().flat_map(|step| &step.deliveries);
        Self {
            sessions: sessions.map(session::Model::from_domain).collect(),
            attempts: attempts.map(attempt::Model::from_domain).collect(),
            events: events.map(event::Model::from_domain).collect(),
            deliveries: DeliveryRows::of(deliveries),
        }
    }

    /// Leaves out what belongs to other sessions.
    pub(crate) fn retain(&mut self, sessions: &HashSet<String>) {
        self.attempts
            .retain(|attempt| sessions.contains(&attempt.session_id));
        self.events
            .retain(|event| sessions.contains(&event.session_id));
        let events: HashSet<&str> = self.events.iter().map(|event| event.id.as_str()).collect();
        self.deliveries.retain(&events);
    }
}

impl DeliveryRows {
    pub(crate) fn of<'a>(deliveries: impl Iterator<Item = &'a NewDelivery>) -> Self {
        let mut rows = Self::default();
        for new in deliveries {
            rows.deliveries
                .push(delivery::Model::from_domain(&new.delivery));
            let attempt = new.attempt.as_ref();
            rows.attempts
                .extend(attempt.map(delivery_attempt::Model::from_domain));
            rows.payloads
                .extend(new.jwe.as_ref().map(|jwe| delivery_payload::Model {
                    delivery_id: new.delivery.id.as_str().to_owned(),
                    jwe: jwe.as_str().to_owned(),
                }));
        }
        rows
    }

    fn retain(&mut self, events: &HashSet<&str>) {
        self.deliveries
            .retain(|delivery| events.contains(delivery.event_id.as_str()));
        let kept = self.deliveries.iter();
        let kept: HashSet<&str> = kept.map(|delivery| delivery.id.as_str()).collect();
        self.payloads
            .retain(|payload| kept.contains(payload.delivery_id.as_str()));
        self.attempts
            .retain(|attempt| kept.contains(attempt.delivery_id.as_str()));
    }
}
