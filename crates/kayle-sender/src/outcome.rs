//! What came of an attempt that got no head of an answer.

use std::error::Error;
use std::io;

use kayle_app::ports::sender::SendFault;
use kayle_delivery::{AttemptOutcome, FailureReason};

use crate::connect_error::{ConnectError, copy_of};

/// Classifies the HTTP client's error by the types in its chain.
///
/// Whatever broke on an open connection is [`FailureReason::Connect`], unless TLS says why.
pub(crate) fn without_answer(error: &(dyn Error + 'static)) -> Result<AttemptOutcome, SendFault> {
    for link in chain_of(error) {
        if let Some(reason) = link.downcast_ref::<ConnectError>() {
            return without_connection(reason);
        }
        if link.is::<rustls::Error>() {
            return Ok(AttemptOutcome::NoAnswer(FailureReason::Tls));
        }
    }
    Ok(AttemptOutcome::NoAnswer(FailureReason::Connect))
}

fn without_connection(error: &ConnectError) -> Result<AttemptOutcome, SendFault> {
    let reason = match error {
        ConnectError::Dns(_) => FailureReason::Dns,
        ConnectError::BlockedAddress(address) => {
            return Ok(AttemptOutcome::Blocked { address: *address });
        }
        ConnectError::Tcp(_) => FailureReason::Connect,
        ConnectError::Tls(_) => FailureReason::Tls,
        ConnectError::Timeout => FailureReason::Timeout,
        ConnectError::OutOfResources(source) => {
            return Err(SendFault::OutOfResources(copy_of(source)));
        }
    };
    Ok(AttemptOutcome::NoAnswer(reason))
}

/// Writes an error and all its sources on one line, for a log.
pub(crate) fn in_full(error: &(dyn Error + 'static)) -> String {
    let links: Vec<_> = chain_of(error).map(ToString::to_string).collect();
    links.join(": ")
}

/// Returns an error and its sources.
fn chain_of<'a>(
    error: &'a (dyn Error + 'static),
) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |link| source_of(*link))
}

/// An IO error that wraps another gives the wrapped one's source as its own, which would leave the
/// wrapped one out.
fn source_of<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    let wrapped = error
        .downcast_ref::<io::Error>()
        .and_then(io::Error::get_ref);
    match wrapped {
        Some(wrapped) => Some(wrapped),
        None => error.source(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tls_error_is_found_inside_of_io_errors() {
        let tls = io::Error::new(io::ErrorKind::InvalidData, rustls::Error::DecryptError);
        let error = io::Error::other(tls);
        let outcome = without_answer(&error).unwrap();
        assert_eq!(outcome, AttemptOutcome::NoAnswer(FailureReason::Tls));
    }

    #[test]
    fn exhaustion_is_a_fault_and_no_outcome() {
        let source = io::Error::from_raw_os_error(libc::EMFILE);
        let fault = without_answer(&ConnectError::OutOfResources(source)).unwrap_err();
        let SendFault::OutOfResources(source) = fault else {
            panic!("{fault}");
        };
        assert_eq!(source.raw_os_error(), Some(libc::EMFILE));
    }

    #[test]
    fn an_error_of_no_known_type_is_a_broken_connection() {
        let error = io::Error::from(io::ErrorKind::ConnectionReset);
        let outcome = without_answer(&error).unwrap();
        assert_eq!(outcome, AttemptOutcome::NoAnswer(FailureReason::Connect));
    }
}
