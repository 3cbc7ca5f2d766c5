//! What is around every page: navigation, who is signed in, how it looks, and a message.

use std::str::FromStr;

use strum::{EnumString, IntoStaticStr};

use crate::assets::{URLS, Urls};

/// The frame of one page.
pub(crate) struct Frame {
    pub(crate) title: String,
    pub(crate) section: Option<Section>,
    /// `None` if nobody is signed in.
    pub(crate) who: Option<Who>,
    pub(crate) theme: Theme,
    pub(crate) notice: Option<Notice>,
    /// Path and query of the page, to come back to.
    pub(crate) here: String,
    pub(crate) urls: &'static Urls,
}

/// Who is signed in, and where.
#[derive(Debug, Clone)]
pub(crate) struct Who {
    pub(crate) organization: String,
    pub(crate) role: &'static str,
    /// Whether the organization's deletion is pending, so that nothing can be changed.
    pub(crate) is_frozen: bool,
}

/// The places in the navigation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Section {
    Endpoints,
    Deliveries,
    Events,
    ApiKeys,
    AuditLog,
}

/// How the pages look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, EnumString, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub(crate) enum Theme {
    /// As the system does.
    #[default]
    System,
    Light,
    Dark,
}

impl Theme {
    pub(crate) fn as_str(self) -> &'static str {
        self.into()
    }
}

/// A message about what was just done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumString, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub(crate) enum Notice {
    Retried,
    RetryInProgress,
    RetryPayloadGone,
    Paused,
    Resumed,
    SignedIn,
    Replayed,
    KeyAdded,
    KeyDeactivated,
    KeyReactivated,
    Saved,
    NothingChanged,
    EndpointDeleted,
    ApiKeyEnabled,
    ApiKeyDisabled,
    ApiKeyDeleted,
}

impl Notice {
    /// Reads it from its cookie.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::from_str(text).ok()
    }

    /// Returns what it says.
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::Retried => "Sent again: a full schedule starts now, with the same bytes.",
            Self::RetryInProgress => {
                "Not sent again: an attempt is under way. Its result shows up here."
            }
            Self::RetryPayloadGone => {
                "Not sent again: the payload is no longer kept. Start a new verification."
            }
            Self::Paused => "Paused. Deliveries wait until you resume.",
            Self::Resumed => "Resumed. Everything that waited goes out now.",
            Self::SignedIn => "You are signed in.",
            Self::Replayed => "Sent again, wherever the payload is still kept.",
            Self::KeyAdded => "Added: events that happen from now on are encrypted to it.",
            Self::KeyDeactivated => "Deactivated. What happens now cannot be encrypted.",
            Self::KeyReactivated => "Active again: events are encrypted to it from now on.",
            Self::Saved => "Saved. It counts from the next attempt on.",
            Self::NothingChanged => "Nothing was changed: everything is as it was.",
            Self::EndpointDeleted => "Deleted, with its secret, its keys and what waited for it.",
            Self::ApiKeyEnabled => "The key is accepted again.",
            Self::ApiKeyDisabled => "The key is refused from now on.",
            Self::ApiKeyDeleted => "The key is deleted.",
        }
    }

    /// Returns how it looks.
    pub(crate) fn tone(self) -> &'static str {
        match self {
            Self::Retried
            | Self::Paused
            | Self::Resumed
            | Self::SignedIn
            | Self::Replayed
            | Self::KeyAdded
            | Self::KeyReactivated
            | Self::Saved
            | Self::EndpointDeleted
            | Self::ApiKeyEnabled
            | Self::ApiKeyDisabled
            | Self::ApiKeyDeleted => "ok",
            Self::NothingChanged => "info",
            Self::RetryInProgress | Self::RetryPayloadGone | Self::KeyDeactivated => "warn",
        }
    }
}

impl Frame {
    /// Returns the frame of a page for somebody who is not signed in.
    pub(crate) fn of_stranger(title: &str, theme: Theme, here: String) -> Self {
        Self {
            title: title.to_owned(),
            section: None,
            who: None,
            theme,
            notice: None,
            here,
            urls: &URLS,
        }
    }

    pub(crate) fn is_in(&self, section: Section) -> bool {
        self.section == Some(section)
    }
}
