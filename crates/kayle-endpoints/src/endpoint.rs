//! The endpoint: a customer's registered URL (contract 2.3).

use kayle_events::EventType;
use kayle_primitives::{EndpointId, OrganizationId, Timestamp};
use strum::{EnumIter, IntoStaticStr};

use crate::labels::Labels;
use crate::retention::{DeliveryPolicy, Retention, RetryScheduleName};
use crate::subscription::Subscription;
use crate::url::EndpointUrl;

/// The longest name, in characters.
pub const NAME_CHARS_MAX: usize = 120;

/// A registered URL. Its signing secret is stored beside it, sealed, and never part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Its id.
    pub id: EndpointId,
    /// Whose it is.
    pub organization_id: OrganizationId,
    /// For people.
    pub name: Option<EndpointName>,
    /// For people.
    pub labels: Labels,
    /// Where requests go.
    pub url: EndpointUrl,
    /// Which events it wants.
    pub subscription: Subscription,
    /// How long its payloads are kept after the last attempt.
    pub retention: Retention,
    /// When it is tried again.
    pub retry_schedule: RetryScheduleName,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it changed last.
    pub updated_at: Timestamp,
    /// When it was disabled; `None` while it is enabled.
    pub disabled_at: Option<Timestamp>,
}

/// What an update replaces; `None` leaves a member as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EndpointChange {
    /// The inner `None` clears the name.
    pub name: Option<Option<EndpointName>>,
    /// See [`Endpoint::labels`].
    pub labels: Option<Labels>,
    /// See [`Endpoint::url`].
    pub url: Option<EndpointUrl>,
    /// Whether it is enabled from now on.
    pub enabled: Option<bool>,
    /// See [`Endpoint::subscription`].
    pub subscription: Option<Subscription>,
    /// See [`Endpoint::retention`].
    pub retention: Option<Retention>,
    /// See [`Endpoint::retry_schedule`].
    pub retry_schedule: Option<RetryScheduleName>,
}

/// What can be changed of an endpoint, by its name in bodies and in the audit log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoStaticStr, EnumIter)]
#[strum(serialize_all = "snake_case")]
pub enum EndpointMember {
    /// See [`Endpoint::name`].
    Name,
    /// See [`Endpoint::labels`].
    Labels,
    /// See [`Endpoint::url`].
    Url,
    /// Whether it is enabled.
    Enabled,
    /// See [`Endpoint::subscription`].
    SubscribedEventTypes,
    /// See [`Endpoint::retention`].
    UndeliveredPayloadRetentionHours,
    /// See [`Endpoint::retry_schedule`].
    RetrySchedule,
}

impl EndpointMember {
    /// Returns the name.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

impl EndpointChange {
    /// Returns whether it replaces this member.
    pub fn replaces(&self, member: EndpointMember) -> bool {
        match member {
            EndpointMember::Name => self.name.is_some(),
            EndpointMember::Labels => self.labels.is_some(),
            EndpointMember::Url => self.url.is_some(),
            EndpointMember::Enabled => self.enabled.is_some(),
            EndpointMember::SubscribedEventTypes => self.subscription.is_some(),
            EndpointMember::UndeliveredPayloadRetentionHours => self.retention.is_some(),
            EndpointMember::RetrySchedule => self.retry_schedule.is_some(),
        }
    }
}

impl Endpoint {
    /// Returns what is to be done with its deliveries when they fail.
    pub fn delivery_policy(&self) -> DeliveryPolicy {
        DeliveryPolicy {
            retry_schedule: self.retry_schedule,
            retention: self.retention,
        }
    }

    /// Returns whether events are sent to it.
    pub fn is_enabled(&self) -> bool {
        self.disabled_at.is_none()
    }

    /// Returns whether an event of this type is sent to it.
    pub fn wants(&self, event_type: EventType) -> bool {
        self.is_enabled() && self.subscription.contains(event_type)
    }

    /// Returns the endpoint with the given members replaced. Disabling a disabled endpoint renews
    /// the moment of disabling.
    #[must_use]
    pub fn changed(self, change: EndpointChange, now: Timestamp) -> Self {
        Self {
            name: change.name.unwrap_or(self.name),
            labels: change.labels.unwrap_or(self.labels),
            url: change.url.unwrap_or(self.url),
            subscription: change.subscription.unwrap_or(self.subscription),
            retention: change.retention.unwrap_or(self.retention),
            retry_schedule: change.retry_schedule.unwrap_or(self.retry_schedule),
            disabled_at: match change.enabled {
                Some(true) => None,
                Some(false) => Some(now),
                None => self.disabled_at,
            },
            updated_at: now,
            ..self
        }
    }
}

/// A name for people: trimmed, 1 to 120 characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointName(String);

/// The text is no name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must have 1 to {NAME_CHARS_MAX} characters after trimming")]
pub struct InvalidEndpointName;

impl EndpointName {
    /// Trims and checks a name.
    pub fn parse(text: &str) -> Result<Self, InvalidEndpointName> {
        let text = text.trim();
        if text.is_empty() || text.chars().count() > NAME_CHARS_MAX {
            return Err(InvalidEndpointName);
        }
        Ok(Self(text.to_owned()))
    }

    /// Returns the name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests;
