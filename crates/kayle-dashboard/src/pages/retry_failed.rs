//! Asks for all that failed in a span of time again, and says beforehand what comes of it
//! (contract 14.4).

use std::str::FromStr;

use actix_web::http::StatusCode;
use askama::Template;
use kayle_app::access::{Area, Intent};
use kayle_app::deliveries::RetriedFailed;
use kayle_app::limits::RETRIED_PER_CALL_MAX;
use kayle_app::ports::store::FailedFilter;
use kayle_delivery::AttemptFailure;
use kayle_events::EventType;
use kayle_primitives::{Id, Timestamp};
use strum::IntoEnumIterator;

use crate::answer::{Answer, page_with};
use crate::fields::Fields;
use crate::frame::{Frame, Section};
use crate::limits::FAILED_SPAN;
use crate::pages::delivery_rows::{Choice, choices_with};
use crate::parts::Sentence;
use crate::refusal::Refusal;
use crate::visit::Visit;
use crate::words::{counted, failure_word};

/// Where the page is, and where its form goes.
pub(crate) const PAGE: &str = "/webhooks/deliveries/retry";

#[derive(Template)]
#[template(path = "retry_failed.html")]
struct RetryFailedPage {
    frame: Frame,
    /// What the field of the beginning shows.
    since: String,
    error: Option<&'static str>,
    endpoints: Vec<Choice>,
    endpoint: String,
    types: Vec<Named>,
    reasons: Vec<Named>,
    preview: Option<Preview>,
}

/// A choice that has a name on the wire.
struct Named {
    value: &'static str,
    word: &'static str,
    is_chosen: bool,
}

/// What would be sent again, and what not.
struct Preview {
    matched: usize,
    told: Sentence,
    effects: Vec<String>,
    /// What the form sends back, so that it means the same deliveries.
    fields: Vec<(&'static str, String)>,
    refusal: Option<String>,
}

pub(crate) async fn show(visit: Visit) -> Answer {
    let query = visit.request.query();
    let since = since_of(&query, visit.now);
    let (preview, status) = match since {
        Ok(since) => (Some(preview(&visit, &query, since).await?), StatusCode::OK),
        Err(_) => (None, StatusCode::BAD_REQUEST),
    };
    let chosen = named(&query, "endpoint", Id::parse)?;
    let shown = since.map_or_else(|_| query.text("since").to_owned(), field_value);
    let page = RetryFailedPage {
        frame: visit.frame("Send all that failed again", Section::Deliveries),
        since: shown,
        error: since.err(),
        endpoints: choices_with(&visit, chosen.as_ref()).await?,
        endpoint: query.text("endpoint").to_owned(),
        types: types(query.text("type")),
        reasons: reasons(query.text("reason")),
        preview,
    };
    page_with(status, &page)
}

async fn preview(visit: &Visit, query: &Fields, since: Timestamp) -> Result<Preview, Refusal> {
    let filter = filter_of(query, since, visit.now)?;
    let caller = visit.caller(Area::Webhooks, Intent::Read)?;
    let webhooks = visit.webhooks();
    let counts = webhooks.preview_retry_of_failed(&caller, &filter).await?;
    let nothing = (counts.requeued == 0).then(|| "Nothing is left to send.".to_owned());
    Ok(Preview {
        matched: counts.matched(),
        told: Sentence::new(&told(&counts, &filter), visit.now),
        effects: effects(&counts),
        fields: fields_of(&filter, counts.requeued),
        refusal: nothing.or_else(|| visit.may_change().refusal("send it again")),
    })
}

/// Reads where the span begins: in UTC, as browsers send a time or as the API writes it.
pub(crate) fn since_of(fields: &Fields, now: Timestamp) -> Result<Timestamp, &'static str> {
    let Some(text) = fields.given("since") else {
        return Ok(now.minus(FAILED_SPAN));
    };
    let iso = text.replace(' ', "T");
    let since = Timestamp::parse(&format!("{}Z", iso.trim_end_matches('Z')))
        .map_err(|_| "This is no time. Enter one such as 2026-05-05 02:10.")?;
    if now < since {
        return Err("This time is still to come.");
    }
    Ok(since)
}

/// Reads which failed deliveries are meant; what names nothing finds nothing.
pub(crate) fn filter_of(
    fields: &Fields,
    since: Timestamp,
    now: Timestamp,
) -> Result<FailedFilter, Refusal> {
    let until = named(fields, "until", Timestamp::parse)?;
    let until = until.unwrap_or(now).min(now);
    if until < since {
        return Err(Refusal::NotFound);
    }
    Ok(FailedFilter {
        since,
        until,
        endpoint_id: named(fields, "endpoint", Id::parse)?,
        event_type: named(fields, "type", EventType::from_str)?,
        failure_reason: named(fields, "reason", AttemptFailure::from_str)?,
    })
}

fn named<T, E>(
    fields: &Fields,
    name: &str,
    parse: impl FnOnce(&str) -> Result<T, E>,
) -> Result<Option<T>, Refusal> {
    let parsed = fields.given(name).map(parse).transpose();
    parsed.map_err(|_| Refusal::NotFound)
}

/// Writes what [`since_of`] and [`filter_of`] read, and how many will be sent again.
fn fields_of(filter: &FailedFilter, expected: usize) -> Vec<(&'static str, String)> {
    let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
    vec![
        ("since", filter.since.to_string()),
        ("until", filter.until.to_string()),
        (
            "endpoint",
            text(filter.endpoint_id.as_ref().map(Id::as_str)),
        ),
        ("type", text(filter.event_type.map(EventType::as_str))),
        (
            "reason",
            text(filter.failure_reason.map(AttemptFailure::as_str)),
        ),
        ("expected", expected.to_string()),
    ]
}

/// Writes a time as the browser's field for it does.
fn field_value(at: Timestamp) -> String {
    at.to_string().chars().take(19).collect()
}

fn told(counts: &RetriedFailed, filter: &FailedFilter) -> String {
    let matched = counted(counts.matched(), "delivery", "deliveries");
    let or_more = if counts.more { " or more" } else { "" };
    let FailedFilter { since, until, .. } = filter;
    format!("{matched}{or_more} failed for good between {since} and {until}.")
}

/// Says what becomes of them.
fn effects(counts: &RetriedFailed) -> Vec<String> {
    let RetriedFailed {
        requeued,
        not_retained,
        withdrawn,
        ..
    } = *counts;
    let more = "More can be sent than go at once. These failed first; come back for the rest.";
    let said = [
        (
            0 < requeued,
            counted(
                requeued,
                "delivery will be sent again: the same bytes, on a full schedule.",
                "deliveries will be sent again: the same bytes, on a full schedule.",
            ),
        ),
        (counts.more, more.to_owned()),
        (
            0 < not_retained,
            up_to(
                not_retained,
                "delivery cannot be sent: its payload is no longer kept.",
                "deliveries cannot be sent: their payloads are no longer kept.",
            ),
        ),
        (
            0 < withdrawn,
            up_to(
                withdrawn,
                "delivery stays erased: the person withdrew.",
                "deliveries stay erased: the persons withdrew.",
            ),
        ),
    ];
    let said = said.into_iter().filter(|(applies, _)| *applies);
    said.map(|(_, sentence)| sentence).collect()
}

/// Returns a count that goes no further than the store counts.
fn up_to(count: usize, one: &str, many: &str) -> String {
    let counted = counted(count, one, many);
    if count < RETRIED_PER_CALL_MAX {
        counted
    } else {
        format!("At least {counted}")
    }
}

fn types(chosen: &str) -> Vec<Named> {
    let choice = |one: EventType| Named {
        value: one.as_str(),
        word: one.as_str(),
        is_chosen: one.as_str() == chosen,
    };
    EventType::iter().map(choice).collect()
}

fn reasons(chosen: &str) -> Vec<Named> {
    let choice = |one: AttemptFailure| Named {
        value: one.as_str(),
        word: failure_word(one),
        is_chosen: one.as_str() == chosen,
    };
    AttemptFailure::iter().map(choice).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    fn now() -> Timestamp {
        at("2026-05-05T12:00:00.000Z")
    }

    #[test]
    fn the_beginning_is_read_as_browsers_and_people_write_it() {
        fn check(text: &str, expected: Option<&str>) {
            let query = crate::fields::link("", &[("since", text)]);
            let fields = Fields::parse(query.trim_start_matches('?').as_bytes());
            assert_eq!(since_of(&fields, now()).ok(), expected.map(at), "{text}");
        }
        check("2026-05-05T02:10", Some("2026-05-05T02:10:00.000Z"));
        check("2026-05-05T02:10:03", Some("2026-05-05T02:10:03.000Z"));
        check("2026-05-05 02:10", Some("2026-05-05T02:10:00.000Z"));
        check("2026-05-05T02:10:03.004Z", Some("2026-05-05T02:10:03.004Z"));
        check("", Some("2026-05-04T12:00:00.000Z"));
        check("yesterday", None);
        check("2026-05-05T12:01", None);
    }

    #[test]
    fn the_form_means_the_deliveries_that_were_counted() {
        let filter = FailedFilter {
            since: at("2026-05-05T02:10:00.001Z"),
            until: at("2026-05-05T03:00:00.002Z"),
            endpoint_id: None,
            event_type: Some(EventType::SessionFailed),
            failure_reason: Some(AttemptFailure::HttpStatus),
        };
        let fields = fields_of(&filter, 7);
        let fields: Vec<_> = fields
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let query = crate::fields::link("", &fields);
        let read = Fields::parse(query.trim_start_matches('?').as_bytes());
        let since = since_of(&read, now()).unwrap();
        assert_eq!(filter_of(&read, since, now()).unwrap(), filter);
    }

    #[test]
    fn what_happens_is_said_of_each_kind_that_there_is() {
        let counts = RetriedFailed {
            requeued: RETRIED_PER_CALL_MAX,
            not_retained: 1,
            withdrawn: RETRIED_PER_CALL_MAX,
            failed_until: now(),
            more: true,
        };
        let expected = [
            "10000 deliveries will be sent again: the same bytes, on a full schedule.",
            "More can be sent than go at once. These failed first; come back for the rest.",
            "1 delivery cannot be sent: its payload is no longer kept.",
            "At least 10000 deliveries stay erased: the persons withdrew.",
        ];
        assert_eq!(effects(&counts), expected);
        let one = RetriedFailed {
            requeued: 1,
            not_retained: 0,
            withdrawn: 0,
            more: false,
            ..counts
        };
        assert_eq!(effects(&one).len(), 1);
    }
}
