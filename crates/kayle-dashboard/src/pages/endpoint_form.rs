//! The form of an endpoint: to make one, and to change one.

use std::str::FromStr;

use kayle_endpoints::{
    Endpoint, EndpointChange, EndpointName, EndpointUrl, Labels, Retention, RetryScheduleName,
    Subscription, UrlPolicy,
};
use kayle_events::EventType;
use strum::IntoEnumIterator;

use crate::fields::Fields;
use crate::words::schedule_word;

/// What the form shows.
pub(crate) struct EndpointForm {
    pub(crate) name: Field,
    pub(crate) url: Field,
    pub(crate) labels: Field,
    pub(crate) events: Vec<Tick>,
    pub(crate) events_error: Option<&'static str>,
    pub(crate) retention: Vec<Tick>,
    pub(crate) retention_error: Option<&'static str>,
    pub(crate) schedules: Vec<Tick>,
    pub(crate) schedules_error: Option<&'static str>,
}

/// One field, with what is wrong with it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Field {
    pub(crate) value: String,
    pub(crate) error: Option<String>,
}

/// One of several things to choose.
pub(crate) struct Tick {
    pub(crate) value: String,
    pub(crate) word: String,
    pub(crate) hint: &'static str,
    pub(crate) is_ticked: bool,
}

/// What the form says, once all of it can be understood.
pub(crate) struct Members {
    pub(crate) name: Option<EndpointName>,
    pub(crate) url: EndpointUrl,
    pub(crate) labels: Labels,
    pub(crate) subscription: Subscription,
    pub(crate) retention: Retention,
    pub(crate) retry_schedule: RetryScheduleName,
}

const RETENTIONS: [(Retention, &str, &str); 4] = [
    (
        Retention::None,
        "Erase it at once",
        "It cannot be sent again.",
    ),
    (Retention::OneDay, "Keep it 24 hours", ""),
    (Retention::ThreeDays, "Keep it 3 days", ""),
    (Retention::SevenDays, "Keep it 7 days", ""),
];

impl EndpointForm {
    /// Returns the form of an endpoint that is yet to be made.
    pub(crate) fn empty() -> Self {
        Self {
            name: Field::default(),
            url: Field::default(),
            labels: Field::default(),
            events: event_ticks(&Subscription::default()),
            events_error: None,
            retention: retention_ticks(Some(Retention::default())),
            retention_error: None,
            schedules: schedule_ticks(Some(RetryScheduleName::default())),
            schedules_error: None,
        }
    }

    /// Returns the form of an endpoint as it is.
    pub(crate) fn of(endpoint: &Endpoint) -> Self {
        let name = endpoint.name.as_ref().map_or("", EndpointName::as_str);
        Self {
            name: Field::of(name),
            url: Field::of(endpoint.url.as_submitted()),
            labels: Field::of(&endpoint.labels.as_slice().join(", ")),
            events: event_ticks(&endpoint.subscription),
            events_error: None,
            retention: retention_ticks(Some(endpoint.retention)),
            retention_error: None,
            schedules: schedule_ticks(Some(endpoint.retry_schedule)),
            schedules_error: None,
        }
    }

    /// Reads what was sent; without an error there are members.
    pub(crate) fn read(fields: &Fields, policy: &UrlPolicy) -> (Self, Option<Members>) {
        let name = fields.given("name").map(EndpointName::parse).transpose();
        let url = EndpointUrl::parse(fields.text("url"), policy);
        let labels = Labels::parse(&labels_of(fields.text("labels")));
        let types: Vec<EventType> = fields
            .all("event")
            .filter_map(|name| EventType::from_str(name).ok())
            .collect();
        let subscription = Subscription::new(&types);
        let hours = fields.text("retention").parse().ok();
        let retention = hours.and_then(|hours| Retention::from_hours(hours).ok());
        let schedule = RetryScheduleName::from_str(fields.text("schedule")).ok();
        let form = Self {
            name: Field::read(fields.text("name"), name.as_ref().err()),
            url: Field::read(fields.text("url"), url.as_ref().err()),
            labels: Field::read(fields.text("labels"), labels.as_ref().err()),
            events: event_ticks(&subscription),
            events_error: types.is_empty().then_some("Choose at least one event."),
            retention: retention_ticks(retention),
            retention_error: retention.is_none().then_some("Choose one of these."),
            schedules: schedule_ticks(schedule),
            schedules_error: schedule.is_none().then_some("Choose one of these."),
        };
        let members = match (name, url, labels, retention, schedule) {
            (Ok(name), Ok(url), Ok(labels), Some(retention), Some(schedule))
                if !types.is_empty() =>
            {
                Some(Members {
                    name,
                    url,
                    labels,
                    subscription,
                    retention,
                    retry_schedule: schedule,
                })
            }
            _ => None,
        };
        (form, members)
    }
}

impl Members {
    /// Returns what differs from an endpoint as it is; `None` if nothing does.
    pub(crate) fn changes_of(self, endpoint: &Endpoint) -> Option<EndpointChange> {
        let change = EndpointChange {
            name: (self.name != endpoint.name).then_some(self.name),
            url: (self.url != endpoint.url).then_some(self.url),
            labels: (self.labels != endpoint.labels).then_some(self.labels),
            enabled: None,
            subscription: (self.subscription != endpoint.subscription).then_some(self.subscription),
            retention: (self.retention != endpoint.retention).then_some(self.retention),
            retry_schedule: (self.retry_schedule != endpoint.retry_schedule)
                .then_some(self.retry_schedule),
        };
        (change != EndpointChange::default()).then_some(change)
    }
}

impl Field {
    fn of(value: &str) -> Self {
        Self {
            value: value.to_owned(),
            error: None,
        }
    }

    fn read(value: &str, error: Option<&impl ToString>) -> Self {
        Self {
            value: value.to_owned(),
            error: error.map(ToString::to_string),
        }
    }
}

/// Splits at commas; blanks are dropped, and so are repeats but for case (contract 10).
fn labels_of(text: &str) -> Vec<String> {
    let mut labels: Vec<String> = Vec::new();
    for label in text.split(',').map(str::trim) {
        let is_known = |known: &String| known.to_lowercase() == label.to_lowercase();
        if !label.is_empty() && !labels.iter().any(is_known) {
            labels.push(label.to_owned());
        }
    }
    labels
}

fn event_ticks(subscription: &Subscription) -> Vec<Tick> {
    let tick = |event_type: EventType| Tick {
        value: event_type.as_str().to_owned(),
        word: event_type.as_str().to_owned(),
        hint: match event_type {
            EventType::SessionSucceeded => "An identity was confirmed.",
            EventType::SessionFailed => "A check failed for good.",
            EventType::SessionExpired => "Nobody finished in time.",
            EventType::SessionCancelled => "It was cancelled, or the person withdrew.",
            EventType::AttemptSucceeded | EventType::AttemptFailed => {
                "Of the older generation: one try within a session."
            }
        },
        is_ticked: subscription.contains(event_type),
    };
    EventType::iter().map(tick).collect()
}

fn retention_ticks(chosen: Option<Retention>) -> Vec<Tick> {
    let tick = |(retention, word, hint): (Retention, &str, &'static str)| Tick {
        value: retention.hours().to_string(),
        word: word.to_owned(),
        hint,
        is_ticked: Some(retention) == chosen,
    };
    RETENTIONS.into_iter().map(tick).collect()
}

fn schedule_ticks(chosen: Option<RetryScheduleName>) -> Vec<Tick> {
    let tick = |name: RetryScheduleName| Tick {
        value: name.as_str().to_owned(),
        word: schedule_word(name).to_owned(),
        hint: match name {
            RetryScheduleName::Standard => "For about a day, less and less often.",
            RetryScheduleName::Short => "For a few minutes.",
        },
        is_ticked: Some(name) == chosen,
    };
    RetryScheduleName::iter().map(tick).collect()
}

#[cfg(test)]
mod tests {
    use kayle_endpoints::{AllowedNetworks, Environment};

    use super::*;

    #[test]
    fn what_is_not_offered_is_refused_and_not_replaced() {
        fn check(retention: &str, schedule: &str, errors: [bool; 2]) {
            let encoded = crate::fields::link(
                "",
                &[
                    ("url", "https://example.com/kayle"),
                    ("event", "verification.session.succeeded"),
                    ("retention", retention),
                    ("schedule", schedule),
                ],
            );
            let fields = Fields::parse(encoded.trim_start_matches('?').as_bytes());
            let policy = UrlPolicy {
                environment: Environment::Production,
                allowed: AllowedNetworks::default(),
            };
            let (form, members) = EndpointForm::read(&fields, &policy);
            let found = [form.retention_error, form.schedules_error].map(|one| one.is_some());
            assert_eq!(found, errors, "{retention:?} {schedule:?}");
            assert_eq!(members.is_some(), errors == [false; 2]);
        }
        check("72", "standard", [false, false]);
        check("0", "short", [false, false]);
        check("73", "standard", [true, false]);
        check("soon", "standard", [true, false]);
        check("", "", [true, true]);
        check("24", "daily", [false, true]);
    }

    #[test]
    fn labels_are_what_stands_between_commas() {
        assert_eq!(labels_of(" a, B ,, b,a"), ["a", "B"]);
        assert!(labels_of(" , ").is_empty());
    }
}
