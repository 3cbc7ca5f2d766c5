//! What pages are made of. Each part is a template of its own and writes itself into a page.

use std::borrow::Cow;

use askama::Template;
use askama::filters::HtmlSafe;
use kayle_primitives::{EndpointId, Timestamp};
use strum::IntoStaticStr;

use crate::visit::Visit;
use crate::words::span;

/// What a colour stands for. Colour never stands alone: an icon and a word say the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub(crate) enum Tone {
    Ok,
    Info,
    Warn,
    Bad,
    Erased,
    Quiet,
}

impl Tone {
    pub(crate) fn as_str(self) -> &'static str {
        self.into()
    }
}

/// A small drawing, 12 units wide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Icon {
    Check,
    Turning,
    Clock,
    Pause,
    Cross,
    Erased,
    Lock,
    Key,
}

impl Icon {
    /// Returns the path that is drawn.
    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::Check => "M2 6.5 4.8 9.2 10 3.2",
            Self::Turning => "M10 6a4 4 0 1 1-1.3-3M10 1.2V3.4H7.8",
            Self::Clock => "M6 1.5a4.5 4.5 0 1 0 .01 0M6 3.6V6.2l1.8 1.1",
            Self::Pause => "M4 2.5v7M8 2.5v7",
            Self::Cross => "M2.8 2.8l6.4 6.4M9.2 2.8 2.8 9.2",
            Self::Erased => "M6 1.5a4.5 4.5 0 1 0 .01 0M2.9 9.1 9.1 2.9",
            Self::Lock => "M3 5.5h6v4.5H3zM4.2 5.5V4a1.8 1.8 0 0 1 3.6 0v1.5",
            Self::Key => "M4 5.6a2.2 2.2 0 1 0 .01 0M5.6 6.4 9.6 2.4M8.2 3.8l1.5 1.5",
        }
    }
}

/// What a thing is, in a word.
#[derive(Debug, Clone, PartialEq, Eq, Template)]
#[template(path = "parts/badge.html")]
pub(crate) struct Badge {
    pub(crate) tone: Tone,
    pub(crate) icon: Icon,
    pub(crate) word: String,
}

impl HtmlSafe for Badge {}

impl Badge {
    pub(crate) fn new(tone: Tone, icon: Icon, word: impl Into<String>) -> Self {
        let word = word.into();
        Self { tone, icon, word }
    }
}

/// A moment, as seen from when the page was made; its exact time is in the title.
#[derive(Debug, Clone, PartialEq, Eq, Template)]
#[template(path = "parts/moment.html")]
pub(crate) struct Moment {
    exact: String,
    utc: String,
    relative: String,
}

impl HtmlSafe for Moment {}

impl Moment {
    pub(crate) fn new(at: Timestamp, now: Timestamp) -> Self {
        let exact = at.to_string();
        let relative = if at <= now {
            match now.since(at) {
                past if past.as_secs() == 0 => "just now".to_owned(),
                past => format!("{} ago", span(past)),
            }
        } else {
            format!("in {}", span(at.since(now)))
        };
        Self {
            utc: utc(&exact),
            exact,
            relative,
        }
    }
}

/// Turns `2026-11-25T12:03:20.000Z` into `2026-11-25 `.
fn day(exact: &str) -> String {
    utc(exact).chars().take(11).collect()
}

/// Turns `2026-11-25T12:03:20.000Z` into `2026-11-25 12:03:20 UTC`.
fn utc(exact: &str) -> String {
    let seconds: String = exact.chars().take(19).collect();
    format!("{} UTC", seconds.replace('T', " "))
}

/// A sentence whose times are told as people read them.
#[derive(Debug, Clone, PartialEq, Eq, Template)]
#[template(path = "parts/sentence.html")]
pub(crate) struct Sentence(Vec<Piece>);

impl HtmlSafe for Sentence {}

/// A piece of a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Words(String),
    Time { exact: String, utc: String },
}

impl Sentence {
    /// Takes a sentence with times as the API writes them. Of those of today, the day is left out.
    pub(crate) fn new(text: &impl ToString, now: Timestamp) -> Self {
        let (text, today) = (text.to_string(), day(&now.to_string()));
        let mut pieces = Vec::new();
        for word in text.split_inclusive(' ') {
            let exact = word.trim_end_matches([' ', '.', ',', ';', ':']);
            if Timestamp::parse(exact).is_ok() {
                let rest = word[exact.len()..].to_owned();
                let full = utc(exact);
                let utc = full
                    .strip_prefix(&today)
                    .map_or(full.clone(), str::to_owned);
                let exact = exact.to_owned();
                pieces.extend([Piece::Time { exact, utc }, Piece::Words(rest)]);
            } else if let Some(Piece::Words(words)) = pieces.last_mut() {
                words.push_str(word);
            } else {
                pieces.push(Piece::Words(word.to_owned()));
            }
        }
        Self(pieces)
    }
}

/// An id that can be copied.
#[derive(Debug, Clone, PartialEq, Eq, Template)]
#[template(path = "parts/copied.html")]
pub(crate) struct Copied {
    text: String,
    what: &'static str,
}

impl HtmlSafe for Copied {}

impl Copied {
    pub(crate) fn new(text: &impl ToString, what: &'static str) -> Self {
        let text = text.to_string();
        Self { text, what }
    }
}

/// A button that sends a form; disabled, with who may, where a person may not.
#[derive(Debug, Clone, PartialEq, Eq, Template)]
#[template(path = "parts/act.html")]
pub(crate) struct Act {
    pub(crate) action: String,
    pub(crate) label: &'static str,
    pub(crate) style: Style,
    /// Why it cannot be pressed.
    pub(crate) refusal: Option<String>,
}

impl HtmlSafe for Act {}

impl Act {
    /// Returns the button that sends a test to an endpoint.
    pub(crate) fn test(visit: &Visit, id: &EndpointId, style: Style) -> Self {
        Self {
            action: format!("/webhooks/{id}/test"),
            label: "Send a test",
            style,
            refusal: visit.may_change().refusal("send a test"),
        }
    }
}

/// How much a button stands out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub(crate) enum Style {
    /// The one that a page is for.
    Primary,
    Plain,
}

impl Style {
    pub(crate) fn as_str(self) -> &'static str {
        self.into()
    }
}

/// A number that a page is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Figure {
    pub(crate) word: &'static str,
    pub(crate) value: String,
    /// The page of what was counted.
    pub(crate) href: Option<String>,
    /// What else there is to say, with its time.
    pub(crate) note: Option<(Cow<'static, str>, Option<Moment>)>,
}

/// Numbers side by side.
#[derive(Debug, Clone, PartialEq, Eq, Template)]
#[template(path = "parts/figures.html")]
pub(crate) struct Figures(pub(crate) Vec<Figure>);

impl HtmlSafe for Figures {}

/// The way to the next page of a list.
#[derive(Debug, Clone, PartialEq, Eq, Template)]
#[template(path = "parts/pager.html")]
pub(crate) struct Pager {
    /// Where the list begins; `None` on its first page.
    pub(crate) first: Option<String>,
    pub(crate) next: Option<String>,
}

impl HtmlSafe for Pager {}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_moment_is_told_from_where_the_reader_stands() {
        fn check(offset_s: i64, expected: &str) {
            let now = Timestamp::from_unix_ms(1_764_072_200_000);
            let at = Timestamp::from_unix_ms(now.unix_ms() + offset_s * 1000);
            assert_eq!(Moment::new(at, now).relative, expected);
        }
        check(0, "just now");
        check(-4, "4 s ago");
        check(-240, "4 min ago");
        check(-7200, "2 h ago");
        check(-86_400 * 3, "3 days ago");
        check(300, "in 5 min");
    }

    #[test]
    fn the_times_of_a_sentence_are_told_as_people_read_them() {
        fn check(now: &str, shown: &str) {
            let now = Timestamp::parse(now).unwrap();
            let told = Sentence::new(&"Kept until 2026-11-25T12:03:20.000Z. Not <b>.", now);
            let time = format!("<time datetime=\"2026-11-25T12:03:20.000Z\">{shown}</time>");
            assert_eq!(
                told.render().unwrap(),
                format!("Kept until {time}. Not &#60;b&#62;.")
            );
        }
        check("2026-11-25T09:00:00.000Z", "12:03:20 UTC");
        check("2026-11-24T09:00:00.000Z", "2026-11-25 12:03:20 UTC");
    }

    #[test]
    fn what_a_person_wrote_is_shown_as_text() {
        let hostile = Copied::new(&"<script>\"'&", "id").render().unwrap();
        assert!(!hostile.contains("<script>"));
        let at = Timestamp::from_unix_ms(0);
        let moment = Moment::new(at, at.plus(Duration::from_secs(1)));
        assert!(moment.render().unwrap().contains("1970-01-01 00:00:00 UTC"));
    }
}
