//! The receiver's answers as HTTP.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::{HeaderName, LOCATION, RETRY_AFTER};
use hyper::body::{Body, Frame, SizeHint};
use hyper::{Response, StatusCode};

/// The body of an answer.
pub(super) enum AnswerBody {
    /// This many blanks, in chunks.
    Blank { left: u64 },
    /// Nothing, and no end.
    Stalled,
}

/// A chunk of blanks; its size is a network buffer's.
const CHUNK: &[u8] = &[b' '; 16 * 1024];

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match &mut *self {
            Self::Blank { left: 0 } => Poll::Ready(None),
            Self::Blank { left } => {
                let length =
                    usize::try_from(*left).map_or(CHUNK.len(), |left| left.min(CHUNK.len()));
                *left -= length as u64;
                Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(&CHUNK[..length])))))
            }
            Self::Stalled => Poll::Pending,
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Self::Blank { left: 0 })
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Blank { left } => SizeHint::with_exact(*left),
            Self::Stalled => SizeHint::default(),
        }
    }
}

pub(super) fn with_status(status: u16) -> Response<AnswerBody> {
    with_body(status, AnswerBody::Blank { left: 0 })
}

pub(super) fn with_body(status: u16, body: AnswerBody) -> Response<AnswerBody> {
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(status).expect("a test names a real status");
    response
}

pub(super) fn redirect(status: u16, location: &str) -> Response<AnswerBody> {
    with_header(status, LOCATION, location)
}

pub(super) fn retry_after(status: u16, value: &str) -> Response<AnswerBody> {
    with_header(status, RETRY_AFTER, value)
}

fn with_header(status: u16, name: HeaderName, value: &str) -> Response<AnswerBody> {
    let mut response = with_status(status);
    let value = value.parse().expect("a test names a real value");
    response.headers_mut().insert(name, value);
    response
}
