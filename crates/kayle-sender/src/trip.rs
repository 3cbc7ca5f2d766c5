//! When an attempt passed which phase on its way to the endpoint (contract 14.2).
//!
//! The HTTP client opens a connection inside of the request that needs it, and may then send the
//! request over another one that has become free. So a trip is found by the connector through the
//! task that makes the request, and goes with the connection that it opened: a request that was
//! answered over a connection with another trip has used it again.

use std::future::Future;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::Extensions;
use hyper_util::client::legacy::connect::CaptureConnection;
use kayle_delivery::attempt::{ConnectionUse, Phases};
use kayle_delivery::{TestFindings, TlsVersion};
use kayle_primitives::Timestamp;
use rustls::{CommonState, ProtocolVersion};
use tokio::time::Instant;
use x509_parser::prelude::{FromDer as _, X509Certificate};

tokio::task_local! {
    static CURRENT: Trip;
}

/// Notes the phases of connecting. Cloning shares them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Trip(Arc<Mutex<Marks>>);

#[derive(Debug, Default)]
struct Marks {
    dns: Stretch,
    connect: Stretch,
    tls: Stretch,
    remote_address: Option<IpAddr>,
    addresses: Vec<IpAddr>,
    handshake: Handshake,
}

/// What a handshake agreed on.
#[derive(Debug, Clone, Copy, Default)]
struct Handshake {
    tls_version: Option<TlsVersion>,
    certificate_expires_at: Option<Timestamp>,
}

/// A phase from its beginning to its end, where it came to them.
#[derive(Debug, Clone, Copy, Default)]
struct Stretch {
    began_at: Option<Instant>,
    ended_at: Option<Instant>,
}

impl Trip {
    /// Returns the trip of the request that this task makes.
    pub(crate) fn current() -> Self {
        CURRENT.try_with(Self::clone).unwrap_or_default()
    }

    /// Runs a request whose connection, if it opens one, notes its phases here.
    pub(crate) async fn accompany<F: Future>(&self, request: F) -> F::Output {
        CURRENT.scope(self.clone(), request).await
    }

    /// Times the look-up of a name.
    pub(crate) async fn time_dns<F: Future>(&self, lookup: F) -> F::Output {
        self.time(|marks| &mut marks.dns, lookup).await
    }

    /// Times how long it takes until an address answers.
    pub(crate) async fn time_connect<F: Future>(&self, connecting: F) -> F::Output {
        self.time(|marks| &mut marks.connect, connecting).await
    }

    /// Notes where a host leads.
    pub(crate) fn note_addresses(&self, addresses: &[IpAddr]) {
        self.marks().addresses = addresses.to_vec();
    }

    /// Notes that a connection has come about and its handshake begins, if it has one.
    pub(crate) fn note_connected(&self, remote_address: IpAddr, is_tls: bool) {
        let mut marks = self.marks();
        marks.remote_address = Some(remote_address);
        if is_tls {
            marks.tls.began_at = Some(Instant::now());
        }
    }

    /// Notes the end of the handshake.
    pub(crate) fn note_handshake_end(&self, session: &CommonState) {
        let mut marks = self.marks();
        marks.tls.ended_at = Some(Instant::now());
        marks.handshake = Handshake::of(session);
    }

    /// Returns what is told of a test that went over `connection`, but for its proof.
    pub(crate) fn findings(&self, connection: &CaptureConnection) -> TestFindings {
        let used = trip_of(connection);
        let marks = self.marks();
        let handshake = match &used {
            Some(earlier) if !Arc::ptr_eq(&earlier.0, &self.0) => earlier.marks().handshake,
            Some(_) | None => marks.handshake,
        };
        TestFindings {
            addresses: marks.addresses.clone(),
            was_connected: used.is_some(),
            tls_version: handshake.tls_version,
            certificate_expires_at: handshake.certificate_expires_at,
            proof: None,
        }
    }

    /// Returns the phases of a request that began at `began_at` and has ended. `connection` is the
    /// one that it went over, and `head_at` when the head of the answer was there.
    pub(crate) fn phases(
        &self,
        began_at: Instant,
        connection: &CaptureConnection,
        head_at: Option<Instant>,
    ) -> Phases {
        let since = |ready_at: Instant| head_at.map(|head_at| head_at.duration_since(ready_at));
        let earlier = trip_of(connection).filter(|used| !Arc::ptr_eq(&used.0, &self.0));
        if let Some(earlier) = earlier {
            return Phases {
                connection: Some(ConnectionUse::Reused),
                remote_address: earlier.marks().remote_address,
                first_byte: since(began_at),
                ..Phases::default()
            };
        }
        let now = Instant::now();
        let marks = self.marks();
        let ready_at = marks.tls.ended_at.or(marks.connect.ended_at);
        Phases {
            connection: marks.remote_address.map(|_| ConnectionUse::New),
            remote_address: marks.remote_address,
            dns: marks.dns.took(now),
            connect: marks.connect.took(now),
            tls: marks.tls.took(now),
            first_byte: ready_at.and_then(since),
        }
    }

    async fn time<F: Future>(&self, stretch: fn(&mut Marks) -> &mut Stretch, work: F) -> F::Output {
        stretch(&mut self.marks()).began_at = Some(Instant::now());
        let output = work.await;
        stretch(&mut self.marks()).ended_at = Some(Instant::now());
        output
    }

    fn marks(&self) -> MutexGuard<'_, Marks> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Handshake {
    fn of(session: &CommonState) -> Self {
        let certificates = session.peer_certificates().unwrap_or_default();
        let certificate = certificates.first();
        Self {
            tls_version: match session.protocol_version() {
                Some(ProtocolVersion::TLSv1_2) => Some(TlsVersion::V1_2),
                Some(ProtocolVersion::TLSv1_3) => Some(TlsVersion::V1_3),
                _ => None,
            },
            certificate_expires_at: certificate.and_then(|certificate| {
                let (_, certificate) = X509Certificate::from_der(certificate).ok()?;
                let expires_at_s = certificate.validity().not_after.timestamp();
                Some(Timestamp::from_unix_ms(expires_at_s.checked_mul(1_000)?))
            }),
        }
    }
}

impl Stretch {
    /// Returns how long it took, until now if it has not ended; `None` if it was not reached.
    fn took(self, now: Instant) -> Option<Duration> {
        let ended_at = self.ended_at.unwrap_or(now);
        self.began_at
            .map(|began_at| ended_at.duration_since(began_at))
    }
}

/// Returns the trip of the connection that a request went over; `None` if it came to none.
fn trip_of(connection: &CaptureConnection) -> Option<Trip> {
    let mut extras = Extensions::new();
    let metadata = connection.connection_metadata();
    metadata.as_ref()?.get_extras(&mut extras);
    extras.remove()
}
