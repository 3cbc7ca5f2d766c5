//! Senders and requests for tests.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use hickory_resolver::Hosts;
use hickory_resolver::config::{ResolverConfig, ResolverOpts};
use kayle_app::ports::sender::{ExpectedProof, SendRequest, Sender, Sent};
use kayle_delivery::{AttemptOutcome, CompactJwe, FailureReason};
use kayle_endpoints::{AddressPolicy, AllowedNetworks, EndpointUrl, Environment, UrlPolicy};
use kayle_events::EventType;
use kayle_primitives::{DeliveryId, EventId};
use rustls::crypto::ring;
use rustls::{ClientConfig, RootCertStore};

use crate::resolver::Resolver;
use crate::{HyperSender, PoolLimits, SenderSettings};

/// Longer than anything takes in a test that passes.
pub(super) const AMPLE: Duration = Duration::from_secs(20);

pub(super) const DELIVERY_ID: &str = "whd_01jtf4q3zv8k2m5n7p9r1s3t5w";
pub(super) const SIGNATURE: &str =
    "t=1777978800,v1=5d41402abc4b2a76b9719d911017c5925d41402abc4b2a76b9719d911017c592";
pub(super) const JWE: &str = "eyJhbGciOiJSU0EtT0FFUC0yNTYifQ.a2V5.aXY.Y2lwaGVy.dGFn";

/// A sender in development that trusts nobody and knows no name server.
pub(super) fn sender() -> HyperSender {
    Setup::default().build()
}

/// How a test's sender differs from the ordinary one.
pub(super) struct Setup {
    pub(super) timeout: Duration,
    pub(super) policy: AddressPolicy,
    pub(super) hosts: &'static str,
    pub(super) trust: ClientConfig,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            timeout: AMPLE,
            policy: AddressPolicy::new(Environment::Development, AllowedNetworks::default()),
            hosts: "",
            trust: trusting(RootCertStore::empty()),
        }
    }
}

impl Setup {
    pub(super) fn build(self) -> HyperSender {
        let settings = SenderSettings {
            timeout: self.timeout,
            address_policy: self.policy,
            user_agent_version: "1.2.3".to_owned(),
            pool: PoolLimits::RECOMMENDED,
        };
        HyperSender::with_resolver(settings, self.trust, resolver(self.hosts)).unwrap()
    }
}

/// A resolver that knows what this hosts file says, and asks nobody.
pub(super) fn resolver(hosts_file: &str) -> Resolver {
    let mut hosts = Hosts::default();
    hosts.read_hosts_conf(hosts_file.as_bytes()).unwrap();
    let nobody = ResolverConfig::from_name_servers(Vec::new());
    Resolver::new(hosts, nobody, ResolverOpts::default(), AMPLE).unwrap()
}

pub(super) fn trusting(roots: RootCertStore) -> ClientConfig {
    ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth()
}

pub(super) fn http(address: SocketAddr, path: &str) -> String {
    format!("http://{address}{path}")
}

/// A request as the dispatcher would hand it over in development.
pub(super) fn request_to(url: &str) -> SendRequest {
    let policy = UrlPolicy {
        environment: Environment::Development,
        allowed: AllowedNetworks::new(vec![IpAddr::from([10, 0, 0, 1]).into()]),
    };
    let url = EndpointUrl::parse(url, &policy).unwrap();
    SendRequest {
        url: url.judge(&policy).unwrap(),
        delivery_id: DeliveryId::parse(DELIVERY_ID).unwrap(),
        event_type: EventType::SessionSucceeded,
        signature: SIGNATURE.to_owned(),
        jwe: CompactJwe::new(JWE.to_owned()),
        expected_proof: None,
    }
}

/// The same request as a test.
pub(super) fn a_test(request: SendRequest) -> SendRequest {
    SendRequest {
        expected_proof: Some(proof()),
        ..request
    }
}

/// The proof that a receiver of [`a_test`] has to answer with.
fn proof() -> ExpectedProof {
    ExpectedProof::of(&EventId::parse("evt_1").unwrap(), "challenge")
}

/// Makes one attempt, which must not be a fault.
pub(super) async fn attempt(sender: &HyperSender, url: &str) -> AttemptOutcome {
    sent(sender, url).await.outcome
}

/// Makes one attempt, which must not be a fault, and returns how it went on its way too.
pub(super) async fn sent(sender: &HyperSender, url: &str) -> Sent {
    sender.send(request_to(url)).await.unwrap()
}

pub(super) fn accepted(status_code: u16) -> AttemptOutcome {
    AttemptOutcome::Accepted { status_code }
}

pub(super) fn refused(status_code: u16) -> AttemptOutcome {
    AttemptOutcome::Refused { status_code }
}

pub(super) fn blocked(address: &str) -> AttemptOutcome {
    AttemptOutcome::Blocked {
        address: address.parse().unwrap(),
    }
}

pub(super) fn no_answer(reason: FailureReason) -> AttemptOutcome {
    AttemptOutcome::NoAnswer(reason)
}
