//! Refusals of what is no request.
//!
//! The HTTP library answers by itself what it cannot read, what is too large a head, and who is too
//! slow. Its answers have no body and none of our headers, and nobody is asked before they are
//! written. So they are recognized where they leave: all of ours have an `X-Request-Id`.

use crate::error::ApiError;
use crate::limits::HEAD_TIMEOUT;
use crate::middleware::{HEADERS, TRANSPORT_SECURITY};

/// What is written in the place of an answer of the library's.
pub(crate) struct Refusal {
    text: Vec<u8>,
    written: usize,
    replaces: usize,
}

const BEGIN: &[u8] = b"HTTP/1.1 ";
const END: &[u8] = b"\r\n\r\n";

impl Refusal {
    /// Returns what to write instead, if `bytes` end with a refusal of the library's. Answers to
    /// earlier requests may stand before it.
    pub(crate) fn for_answer(bytes: &[u8], https: bool) -> Option<Self> {
        if !bytes.ends_with(END) {
            return None;
        }
        let windows = bytes.windows(BEGIN.len());
        let begin = bytes.len() - BEGIN.len() - windows.rev().position(|at| at == BEGIN)?;
        let head = str::from_utf8(&bytes[begin..]).ok()?;
        let body = explanation(head)?.to_json();
        let mut text = bytes[..begin].to_vec();
        text.extend_from_slice(complete(head, &body, https).as_bytes());
        Some(Self {
            text,
            written: 0,
            replaces: bytes.len(),
        })
    }

    /// Returns what is still to be written.
    pub(crate) fn left(&self) -> &[u8] {
        &self.text[self.written..]
    }

    /// Notes that so many bytes were written.
    pub(crate) fn advance(&mut self, bytes: usize) {
        self.written += bytes;
    }

    /// Returns how many bytes of the library's it stands for.
    pub(crate) fn replaces(&self) -> usize {
        self.replaces
    }
}

/// Returns what the library's head means; `None` if it is one of our answers.
fn explanation(head: &str) -> Option<ApiError> {
    if has(head, "x-request-id") || !has(head, "content-length: 0") {
        return None;
    }
    let message = match head.get(BEGIN.len()..BEGIN.len() + 3)? {
        "400" => "the request is not well-formed HTTP/1.1".to_owned(),
        "408" => {
            let seconds = HEAD_TIMEOUT.as_secs();
            format!("the head of the request did not arrive within {seconds} seconds")
        }
        "431" => "the head of the request is too large".to_owned(),
        _ => return None,
    };
    Some(ApiError::bad_request(message).with_hint("Correct the request and send it again."))
}

/// Returns the head with our headers and a body, after which the connection is closed.
fn complete(head: &str, body: &str, https: bool) -> String {
    let of_every_answer = HEADERS
        .into_iter()
        .chain(https.then_some(TRANSPORT_SECURITY));
    let of_every_answer = of_every_answer.map(|(name, value)| format!("{name}: {value}"));
    let ours = of_every_answer.chain([
        "content-type: application/json".to_owned(),
        format!("content-length: {}", body.len()),
        "connection: close".to_owned(),
    ]);
    let lines = head.split("\r\n").filter(|line| {
        let is_replaced = has(line, "content-length:") || has(line, "connection:");
        !line.is_empty() && !is_replaced
    });
    let lines: Vec<String> = lines.map(str::to_owned).chain(ours).collect();
    format!("{}\r\n\r\n{body}", lines.join("\r\n"))
}

/// Returns whether one of the lines begins so, in letters of any case.
fn has(head: &str, begin: &str) -> bool {
    let mut lines = head.split("\r\n");
    lines.any(|line| {
        let found = line.get(..begin.len());
        found.is_some_and(|found| found.eq_ignore_ascii_case(begin))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const BARE: &str = "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\ndate: today\r\n\r\n";

    fn replaced(answer: &str, https: bool) -> Option<String> {
        let refusal = Refusal::for_answer(answer.as_bytes(), https)?;
        assert_eq!(refusal.replaces(), answer.len());
        Some(String::from_utf8(refusal.left().to_vec()).unwrap())
    }

    #[test]
    fn a_bare_refusal_gets_our_headers_and_an_envelope() {
        let text = replaced(BARE, false).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(
            head.starts_with("HTTP/1.1 400 Bad Request\r\ndate: today\r\n"),
            "{head}"
        );
        assert!(head.contains("\r\nx-frame-options: DENY"), "{head}");
        assert!(
            head.contains(&format!("\r\ncontent-length: {}", body.len())),
            "{head}"
        );
        assert!(!head.contains("strict-transport-security"), "{head}");
        let body: serde_json::Value = serde_json::from_str(body).unwrap();
        assert_eq!(body["error"]["code"], "BAD_REQUEST");
        let https = replaced(BARE, true).unwrap();
        assert!(
            https.contains("\r\nstrict-transport-security: max-age="),
            "{https}"
        );
    }

    #[test]
    fn an_answer_before_it_stays_as_it_is() {
        let first = "HTTP/1.1 200 OK\r\nx-request-id: 1\r\ncontent-length: 2\r\n\r\n{}";
        let both = replaced(&format!("{first}{BARE}"), false).unwrap();
        assert!(both.starts_with(&format!("{first}HTTP/1.1 400 ")), "{both}");
    }

    #[test]
    fn our_own_answers_are_left_alone() {
        for answer in [
            "HTTP/1.1 204 No Content\r\nx-request-id: 1\r\n\r\n",
            "HTTP/1.1 400 Bad Request\r\nX-Request-Id: 1\r\ncontent-length: 0\r\n\r\n",
            "HTTP/1.1 100 Continue\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
            "{\"a\":\"HTTP/1.1 400 x\"}",
            "",
        ] {
            assert_eq!(replaced(answer, false), None, "{answer:?}");
        }
    }
}
