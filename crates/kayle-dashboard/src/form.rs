//! The body of a form: read only for whoever was let through, and neither for ever nor without end.

use actix_web::rt::time::timeout;
use actix_web::web::Payload;

use crate::fields::Fields;
use crate::limits::{FORM_BYTES_MAX, FORM_TIMEOUT};
use crate::refusal::Refusal;

/// A form that has not been read.
pub(crate) struct UnreadForm(Payload);

impl UnreadForm {
    pub(crate) fn of(payload: Payload) -> Self {
        Self(payload)
    }

    /// Reads it.
    pub(crate) async fn read(self) -> Result<Fields, Refusal> {
        let body = self.0.to_bytes_limited(FORM_BYTES_MAX);
        match timeout(FORM_TIMEOUT, body).await {
            Ok(Ok(Ok(bytes))) => Ok(Fields::parse(&bytes)),
            Ok(Err(_)) => Err(Refusal::FormTooLarge),
            Err(_) | Ok(Ok(Err(_))) => Err(Refusal::FormCutShort),
        }
    }
}

#[cfg(test)]
mod tests {
    use actix_web::FromRequest;
    use actix_web::dev;
    use actix_web::error::PayloadError;
    use actix_web::test::TestRequest;
    use actix_web::web::Bytes;
    use futures_util::{StreamExt, stream};

    use super::*;

    async fn read(chunks: Vec<Bytes>, is_whole: bool) -> Result<Fields, Refusal> {
        let chunks = stream::iter(chunks.into_iter().map(Ok::<_, PayloadError>));
        let payload = if is_whole {
            chunks.boxed_local()
        } else {
            chunks.chain(stream::pending()).boxed_local()
        };
        let request = TestRequest::default().to_http_request();
        let mut payload = dev::Payload::Stream { payload };
        let payload = Payload::from_request(&request, &mut payload).await;
        UnreadForm::of(payload.unwrap()).read().await
    }

    #[tokio::test(start_paused = true)]
    async fn a_form_is_read_whole_and_not_waited_for_for_ever() {
        let chunks = || vec![Bytes::from("a=1&"), Bytes::from("b=2")];
        let fields = read(chunks(), true).await.unwrap();
        assert_eq!([fields.text("a"), fields.text("b")], ["1", "2"]);
        let started = tokio::time::Instant::now();
        let refusal = read(chunks(), false).await.unwrap_err();
        assert!(matches!(refusal, Refusal::FormCutShort));
        assert_eq!(started.elapsed(), FORM_TIMEOUT);
    }

    #[tokio::test]
    async fn a_form_without_end_is_not_kept() {
        let chunk = Bytes::from(vec![b'a'; FORM_BYTES_MAX]);
        assert!(read(vec![chunk.clone()], true).await.is_ok());
        let refusal = read(vec![chunk, Bytes::from("a")], true).await.unwrap_err();
        assert!(matches!(refusal, Refusal::FormTooLarge));
    }
}
