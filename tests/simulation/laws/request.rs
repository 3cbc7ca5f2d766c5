//! What may go out to an endpoint.

use kayle_events::EventType;

use crate::history::{History, Request, short};

type Law = fn(&Request, &History) -> Result<(), String>;

const LAWS: [(&str, Law); 4] = [
    ("one_request_for_each_claim", one_request_for_each_claim),
    (
        "nothing_is_sent_after_a_withdrawal",
        nothing_is_sent_after_a_withdrawal,
    ),
    (
        "nothing_is_sent_once_it_is_scrubbed",
        nothing_is_sent_once_it_is_scrubbed,
    ),
    (
        "every_request_sends_the_same_bytes",
        every_request_sends_the_same_bytes,
    ),
];

/// Notes the first law that a request breaks; it is part of the history already.
pub(crate) fn judge(request: &Request, history: &mut History) {
    for (name, law) in LAWS {
        let checked = law(request, history);
        let of = |why| format!("delivery {}: {why}", short(request.delivery_id.as_str()));
        history.note(name, checked.map_err(of));
    }
}

/// A claim on a delivery makes at most one request.
fn one_request_for_each_claim(request: &Request, history: &History) -> Result<(), String> {
    let claim = (request.delivery_id.clone(), request.holder.clone());
    if !history.claims.contains_key(&claim) {
        return Err("it was sent and nobody had claimed it".to_owned());
    }
    let same = history.requests_of(&request.delivery_id);
    match same.filter(|sent| sent.holder == request.holder).count() {
        0 | 1 => Ok(()),
        requests => Err(format!("{requests} requests for one claim")),
    }
}

/// Whoever looks at the lease after a withdrawal or a cancellation was committed sends nothing but
/// the word of it. What was looked at before counts as being on its way.
fn nothing_is_sent_after_a_withdrawal(request: &Request, history: &History) -> Result<(), String> {
    let delivery = history.deliveries.get(&request.delivery_id);
    let event = delivery.and_then(|record| history.event_of(&record.delivery));
    let Some(event) = event.filter(|event| event.event_type != EventType::SessionCancelled) else {
        return Ok(());
    };
    let session = history.sessions.get(&event.session_id);
    let suppressed_at = session.and_then(|record| record.suppressed_at);
    looked_before(request, history, suppressed_at, "its session was withdrawn")
}

/// Whoever looks at the lease after the payload was taken away sends nothing.
fn nothing_is_sent_once_it_is_scrubbed(request: &Request, history: &History) -> Result<(), String> {
    let delivery = history.deliveries.get(&request.delivery_id);
    let scrubbed_at = delivery.and_then(|record| record.scrubbed_at);
    looked_before(request, history, scrubbed_at, "its payload was scrubbed")
}

/// Every request of a delivery carries the same bytes.
fn every_request_sends_the_same_bytes(request: &Request, history: &History) -> Result<(), String> {
    let mut sent = history.requests_of(&request.delivery_id);
    if sent.all(|sent| sent.body == request.body) {
        Ok(())
    } else {
        Err("it was sent with other bytes than before".to_owned())
    }
}

fn looked_before(
    request: &Request,
    history: &History,
    end: Option<u64>,
    what: &str,
) -> Result<(), String> {
    let claim = (request.delivery_id.clone(), request.holder.clone());
    let claimed_at = history.claims.get(&claim).map(|record| record.claimed_at);
    let look = history.last_looks.get(&request.holder).copied();
    match (look, end) {
        (None, _) => Err("it was sent without a last look at its lease".to_owned()),
        (look, _) if look < claimed_at => Err("the last look came before the claim".to_owned()),
        (Some(look), Some(end)) if end < look => Err(format!("it was sent after {what}")),
        (Some(_), _) => Ok(()),
    }
}
