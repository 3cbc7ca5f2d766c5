//! Sending over TLS.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

use kayle_app::ports::sender::SendRequest;
use kayle_app::ports::sender::Sender;
use kayle_delivery::{ConnectionUse, FailureReason, TlsVersion};
use kayle_primitives::Timestamp;
use rcgen::{CertifiedKey, KeyPair, generate_simple_self_signed};
use rustls::crypto::ring;
use rustls::pki_types::PrivateKeyDer;
use rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned};

use super::builders::*;
use super::server::{RawServer, status};
use crate::HyperSender;

/// A server with a certificate of its own, which answers every request with 204.
struct TlsServer {
    address: SocketAddr,
    identity: CertifiedKey<KeyPair>,
}

impl TlsServer {
    fn start(name: &str) -> Self {
        let identity = generate_simple_self_signed([name.to_owned()]).unwrap();
        let key = PrivateKeyDer::try_from(identity.signing_key.serialize_der()).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![identity.cert.der().clone()], key)
            .unwrap();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || serve(&listener, &Arc::new(config)));
        Self { address, identity }
    }

    /// A sender that trusts this server's certificate.
    fn trusting_sender(&self) -> HyperSender {
        let mut roots = RootCertStore::empty();
        roots.add(self.identity.cert.der().clone()).unwrap();
        Setup {
            trust: trusting(roots),
            hosts: "127.0.0.1 hooks.example",
            ..Setup::default()
        }
        .build()
    }

    fn request_to(&self, host: &str) -> SendRequest {
        request_to(&format!("https://{host}:{}/", self.address.port()))
    }
}

fn serve(listener: &TcpListener, config: &Arc<ServerConfig>) {
    for stream in listener.incoming() {
        // A client that breaks the handshake ends its connection, not the server.
        let _ = answer(stream.unwrap(), config);
    }
}

fn answer(stream: TcpStream, config: &Arc<ServerConfig>) -> std::io::Result<()> {
    let connection = ServerConnection::new(Arc::clone(config)).map_err(std::io::Error::other)?;
    let mut stream = StreamOwned::new(connection, stream);
    while stream.read(&mut [0; 16 * 1024])? > 0 {
        stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n")?;
    }
    Ok(())
}

#[tokio::test]
async fn a_trusted_certificate_lets_the_request_through() {
    let server = TlsServer::start("hooks.example");
    let request = server.request_to("hooks.example");
    let outcome = server
        .trusting_sender()
        .send(request)
        .await
        .unwrap()
        .outcome;
    assert_eq!(outcome, accepted(204));
}

#[tokio::test]
async fn a_trailing_dot_is_no_part_of_the_certificates_name() {
    let server = TlsServer::start("hooks.example");
    let request = server.request_to("hooks.example.");
    let outcome = server
        .trusting_sender()
        .send(request)
        .await
        .unwrap()
        .outcome;
    assert_eq!(outcome, accepted(204));
}

#[tokio::test]
async fn an_address_in_the_url_can_be_certified() {
    let server = TlsServer::start("127.0.0.1");
    let request = server.request_to("127.0.0.1");
    let outcome = server
        .trusting_sender()
        .send(request)
        .await
        .unwrap()
        .outcome;
    assert_eq!(outcome, accepted(204));
}

#[tokio::test]
async fn an_untrusted_certificate_is_a_tls_failure() {
    let server = TlsServer::start("localhost");
    let outcome = sender()
        .send(server.request_to("localhost"))
        .await
        .unwrap()
        .outcome;
    assert_eq!(outcome, no_answer(FailureReason::Tls));
}

#[tokio::test]
async fn a_certificate_for_another_name_is_a_tls_failure() {
    let server = TlsServer::start("other.example");
    let request = server.request_to("hooks.example");
    let outcome = server
        .trusting_sender()
        .send(request)
        .await
        .unwrap()
        .outcome;
    assert_eq!(outcome, no_answer(FailureReason::Tls));
}

#[tokio::test]
async fn a_server_without_tls_is_a_tls_failure() {
    // It answers as soon as bytes come, as web servers do when plain text is expected.
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .await
        .unwrap();
    let url = format!("https://{}/", listener.local_addr().unwrap());
    let sender = sender();
    let (outcome, ()) = tokio::join!(attempt(&sender, &url), async {
        let (mut stream, _) = listener.accept().await.unwrap();
        let answer = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n";
        tokio::io::AsyncWriteExt::write_all(&mut stream, answer)
            .await
            .unwrap();
    });
    assert_eq!(outcome, no_answer(FailureReason::Tls));
}

#[tokio::test]
async fn a_server_that_hangs_up_in_the_handshake_is_a_tls_failure() {
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .await
        .unwrap();
    let url = format!("https://{}/", listener.local_addr().unwrap());
    let sender = sender();
    let (outcome, ()) = tokio::join!(attempt(&sender, &url), async {
        drop(listener.accept().await.unwrap());
    });
    assert_eq!(outcome, no_answer(FailureReason::Tls));
}

#[tokio::test]
async fn a_sender_with_the_systems_trust_can_be_made() {
    let server = RawServer::start(status(204)).await;
    let settings = crate::SenderSettings {
        timeout: AMPLE,
        address_policy: Setup::default().policy,
        user_agent_version: "1.2.3".to_owned(),
        pool: crate::PoolLimits::RECOMMENDED,
    };
    let sender = HyperSender::new(settings).unwrap();
    let url = format!("http://localhost:{}/", server.address.port());
    assert_eq!(attempt(&sender, &url).await, accepted(204));
}

#[tokio::test]
async fn a_handshake_is_a_phase_of_its_own() {
    let server = TlsServer::start("hooks.example");
    let request = server.request_to("hooks.example");
    let phases = server.trusting_sender().send(request).await.unwrap().phases;
    assert_eq!(phases.connection, Some(ConnectionUse::New));
    assert!(
        phases.tls.is_some() && phases.first_byte.is_some(),
        "{phases:?}"
    );
}

#[tokio::test]
async fn a_handshake_that_fails_took_time_all_the_same() {
    let server = TlsServer::start("localhost");
    let request = server.request_to("localhost");
    let phases = sender().send(request).await.unwrap().phases;
    assert_eq!(phases.connection, Some(ConnectionUse::New));
    assert!(phases.tls.is_some(), "{phases:?}");
    assert_eq!(phases.first_byte, None);
}

#[tokio::test]
async fn a_test_learns_the_version_and_the_end_of_the_certificate_over_a_kept_connection_too() {
    let server = TlsServer::start("hooks.example");
    let sender = server.trusting_sender();
    for connection in [ConnectionUse::New, ConnectionUse::Reused] {
        let test = a_test(server.request_to("hooks.example"));
        let sent = sender.send(test).await.unwrap();
        assert_eq!(sent.phases.connection, Some(connection));
        let findings = sent.findings;
        assert!(findings.was_connected);
        assert_eq!(findings.tls_version, Some(TlsVersion::V1_3));
        // What rcgen writes unless it is told otherwise.
        let expires_at = Timestamp::parse("4096-01-01T00:00:00Z").unwrap();
        assert_eq!(findings.certificate_expires_at, Some(expires_at));
        let is_new = connection == ConnectionUse::New;
        assert_eq!(findings.addresses.len(), usize::from(is_new));
        // The client puts the connection back.
        for _ in 0..1000 {
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test]
async fn a_certificate_that_is_not_trusted_is_not_told_of() {
    let server = TlsServer::start("localhost");
    let test = a_test(server.request_to("localhost"));
    let findings = sender().send(test).await.unwrap().findings;
    assert!(!findings.was_connected);
    assert!(!findings.addresses.is_empty());
    assert_eq!(findings.tls_version, None);
    assert_eq!(findings.certificate_expires_at, None);
}
