//! What is around every page: navigation, who is signed in, how it looks, and a message.

use std::borrow::Cow;
use std::str::FromStr;

use strum::{EnumString, IntoStaticStr};

use crate::assets::{URLS, Urls};
use crate::words::counted;

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
    /// Whether it is an operator, who sees one page.
    pub(crate) is_operator: bool,
    pub(crate) organization: String,
    pub(crate) role: &'static str,
    /// Whether the organization's deletion is pending, so that nothing can be changed.
    pub(crate) is_frozen: bool,
}

impl Who {
    pub(crate) fn operator() -> Self {
        Self {
            is_operator: true,
            organization: "This installation".to_owned(),
            role: "operator",
            is_frozen: false,
        }
    }
}

/// The places in the navigation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Section {
    Endpoints,
    Deliveries,
    Events,
    Activity,
    ApiKeys,
    AuditLog,
    System,
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
    FailedRetried(SentAgain),
    RetryInProgress,
    RetryPayloadGone,
    Paused,
    Resumed,
    SignedIn,
    TooManyTests,
    TestsAreSentOnce,
    Replayed,
    KeyAdded,
    KeyDeactivated,
    KeyReactivated,
    KeyProven,
    Saved,
    NothingChanged,
    EndpointDeleted,
    ApiKeyEnabled,
    ApiKeyDisabled,
    ApiKeyDeleted,
    Examined,
    ExaminationUnderWay,
}

/// How many failed deliveries were sent again, and how many the page had told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct SentAgain {
    pub(crate) sent: usize,
    pub(crate) expected: usize,
}

impl SentAgain {
    fn parse(text: &str) -> Option<Self> {
        let (sent, expected) = text.split_once('.')?;
        Some(Self {
            sent: sent.parse().ok()?,
            expected: expected.parse().ok()?,
        })
    }

    fn text(self) -> String {
        let Self { sent, expected } = self;
        let told = match sent {
            0 => "Nothing is sent again.".to_owned(),
            _ => counted(
                sent,
                "delivery is sent again: a full schedule starts now.",
                "deliveries are sent again: a full schedule starts now.",
            ),
        };
        if sent == expected {
            told
        } else {
            format!("{told} Counted before: {expected}; the others changed meanwhile.")
        }
    }
}

impl Notice {
    /// Reads it from its cookie.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (name, counts) = text.split_once('.').unwrap_or((text, ""));
        let notice = Self::from_str(name).ok()?;
        if let Self::FailedRetried(_) = notice {
            SentAgain::parse(counts).map(Self::FailedRetried)
        } else {
            Some(notice)
        }
    }

    /// Writes it into its cookie.
    pub(crate) fn cookie(self) -> String {
        let name: &str = self.into();
        if let Self::FailedRetried(SentAgain { sent, expected }) = self {
            format!("{name}.{sent}.{expected}")
        } else {
            name.to_owned()
        }
    }

    /// Returns what it says.
    pub(crate) fn text(self) -> Cow<'static, str> {
        let sentence = match self {
            Self::FailedRetried(counts) => return counts.text().into(),
            Self::Retried => "Sent again: a full schedule starts now, with the same bytes.",
            Self::RetryInProgress => {
                "Not sent again: an attempt is under way. Its result shows up here."
            }
            Self::RetryPayloadGone => {
                "Not sent again: the payload is no longer kept. Start a new verification."
            }
            Self::Paused => "Paused. Deliveries wait until you resume.",
            Self::Resumed => "Resumed. Everything that waited goes out now.",
            Self::TooManyTests => {
                "Not sent: this endpoint has had ten tests within a minute. Try again in a minute."
            }
            Self::TestsAreSentOnce => "Not sent again: a test is sent once. Send another one.",
            Self::SignedIn => "You are signed in.",
            Self::Replayed => "Sent again, wherever the payload is still kept.",
            Self::KeyAdded => "Added: events that happen from now on are encrypted to it.",
            Self::KeyDeactivated => "Deactivated. What happens now cannot be encrypted.",
            Self::KeyReactivated => "Active again: events are encrypted to it from now on.",
            Self::KeyProven => "Proven: you have the private half.",
            Self::Saved => "Saved. It counts from the next attempt on.",
            Self::NothingChanged => "Nothing was changed: everything is as it was.",
            Self::EndpointDeleted => "Deleted, with its secret, its keys and what waited for it.",
            Self::ApiKeyEnabled => "The key is accepted again.",
            Self::ApiKeyDisabled => "The key is refused from now on.",
            Self::ApiKeyDeleted => "The key is deleted.",
            Self::Examined => "Examined.",
            Self::ExaminationUnderWay => {
                "Somebody else is examining it at this moment. Look again soon."
            }
        };
        sentence.into()
    }

    /// Returns how it looks.
    pub(crate) fn tone(self) -> &'static str {
        match self {
            Self::Retried
            | Self::FailedRetried(_)
            | Self::Paused
            | Self::Resumed
            | Self::SignedIn
            | Self::Replayed
            | Self::KeyAdded
            | Self::KeyReactivated
            | Self::KeyProven
            | Self::Saved
            | Self::EndpointDeleted
            | Self::ApiKeyEnabled
            | Self::ApiKeyDisabled
            | Self::ApiKeyDeleted
            | Self::Examined => "ok",
            Self::NothingChanged | Self::ExaminationUnderWay => "info",
            Self::RetryInProgress
            | Self::RetryPayloadGone
            | Self::TooManyTests
            | Self::TestsAreSentOnce
            | Self::KeyDeactivated => "warn",
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_read_back_from_its_cookie() {
        let counts = SentAgain {
            sent: 96,
            expected: 100,
        };
        for notice in [Notice::Retried, Notice::FailedRetried(counts)] {
            assert_eq!(Notice::parse(&notice.cookie()), Some(notice));
        }
        for text in [
            "",
            "x",
            "failed_retried",
            "failed_retried.1",
            "failed_retried.a.b",
        ] {
            assert_eq!(Notice::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_count_that_differs_from_the_preview_is_said() {
        let text = |sent, expected| SentAgain { sent, expected }.text();
        let plain = "1 delivery is sent again: a full schedule starts now.";
        assert_eq!(text(1, 1), plain);
        assert!(text(96, 100).ends_with("Counted before: 100; the others changed meanwhile."));
        assert!(text(0, 1).starts_with("Nothing is sent again. Counted before: 1;"));
    }
}
