//! TLS over guarded connections, and the deadline of both.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use hyper::rt;
use hyper_rustls::{HttpsConnector, MaybeHttpsStream};
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::client::Resumption;
use rustls::crypto::ring;
use rustls::pki_types::ServerName;
use rustls_platform_verifier::BuilderVerifierExt;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tower_service::Service;

use crate::connect_error::{BoxError, ConnectError};
use crate::connector::GuardedConnector;
use crate::guard::literal;
use crate::hosts::Hosts;
use crate::limits::TLS_SESSIONS_MAX;
use crate::trip::Trip;

/// A connection as the HTTP client uses it, with the trip that opened it.
pub(crate) struct Stream {
    io: MaybeHttpsStream<TokioIo<TcpStream>>,
    trip: Trip,
}

/// Opens connections that are ready for HTTP, within a time that holds even when the attempt that
/// asked for one has gone on with another. Cloning shares the trust.
#[derive(Clone)]
pub(crate) struct Connector {
    tcp: GuardedConnector,
    /// Replaced when the trust is read again.
    https: Arc<Mutex<HttpsConnector<GuardedConnector>>>,
    timeout: Duration,
    /// Counts connections that are to be kept; `None` for those that are not.
    kept: Option<Hosts>,
}

/// Trusts whom the system trusts.
///
/// # Errors
/// The system has no certificate authorities to trust.
pub(crate) fn system_trust() -> Result<ClientConfig, rustls::Error> {
    let provider = Arc::new(ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_platform_verifier()?
        .with_no_client_auth();
    Ok(config)
}

impl Connector {
    pub(crate) fn new(tcp: GuardedConnector, trust: ClientConfig, timeout: Duration) -> Self {
        let https = https(tcp.clone(), trust);
        Self {
            tcp,
            https: Arc::new(Mutex::new(https)),
            timeout,
            kept: None,
        }
    }

    /// Returns a connector with the same trust whose connections are counted, to be kept.
    pub(crate) fn counting(&self, hosts: Hosts) -> Self {
        Self {
            kept: Some(hosts),
            ..self.clone()
        }
    }

    /// Trusts others from the next handshake on. Sessions of the old trust are not resumed.
    pub(crate) fn trust(&self, trust: ClientConfig) {
        let https = https(self.tcp.clone(), trust);
        *self.https.lock().unwrap_or_else(PoisonError::into_inner) = https;
    }
}

fn https(tcp: GuardedConnector, mut trust: ClientConfig) -> HttpsConnector<GuardedConnector> {
    trust.alpn_protocols = vec![b"http/1.1".to_vec()];
    trust.resumption = Resumption::in_memory_sessions(TLS_SESSIONS_MAX);
    HttpsConnector::new(tcp, trust, false, Arc::new(server_name))
}

impl Service<Uri> for Connector {
    type Response = Stream;
    type Error = ConnectError;
    type Future = Pin<Box<dyn Future<Output = Result<Stream, ConnectError>> + Send>>;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), ConnectError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        if let Some(hosts) = &self.kept {
            hosts.count_connection(&uri);
        }
        let mut https = self.https.lock().unwrap_or_else(PoisonError::into_inner);
        let trip = Trip::current();
        let connecting = timeout(self.timeout, https.call(uri));
        Box::pin(async move {
            match connecting.await {
                Ok(Ok(io)) => {
                    if let MaybeHttpsStream::Https(tls) = &io {
                        let (_, session) = tls.inner().get_ref();
                        trip.note_handshake_end(session);
                    }
                    Ok(Stream { io, trip })
                }
                Ok(Err(error)) => Err(typed(error)),
                Err(_elapsed) => Err(ConnectError::Timeout),
            }
        })
    }
}

impl Connection for Stream {
    fn connected(&self) -> Connected {
        self.io.connected().extra(self.trip.clone())
    }
}

impl rt::Read for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: rt::ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(context, buffer)
    }
}

impl rt::Write for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(context)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(context, slices)
    }
}

/// What the HTTPS connector says by itself is about the handshake; everything else it hands
/// through.
fn typed(error: BoxError) -> ConnectError {
    match error.downcast::<ConnectError>() {
        Ok(own) => *own,
        Err(handshake) => ConnectError::Tls(handshake),
    }
}

/// Returns the name that the certificate must have. A trailing dot may stay: rustls knows that
/// neither certificates nor SNI write it.
fn server_name(uri: &Uri) -> Result<ServerName<'static>, ConnectError> {
    let host = uri.host().unwrap_or_default();
    match literal(host) {
        Some(address) => Ok(ServerName::from(address)),
        None => {
            ServerName::try_from(host.to_owned()).map_err(|error| ConnectError::Dns(error.into()))
        }
    }
}
