//! What a test found out, stage by stage (contract 14.1).

use std::net::IpAddr;
use std::time::Duration;

use kayle_primitives::{EncryptionKeyId, Timestamp, UnknownName};
use strum::{EnumIter, EnumString, IntoEnumIterator, IntoStaticStr};

use crate::attempt::{Attempt, AttemptFailure, AttemptOutcome, ConnectionUse, FailureReason};
use crate::delivery::Delivery;

/// What is kept of a test's attempt beside what every attempt keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestTrace {
    /// The signature's `t`, in Unix seconds.
    pub signed_at_s: i64,
    /// The length of the body that was signed.
    pub body_bytes: usize,
    /// Its SHA-256, in lower-case hex.
    pub body_sha256: String,
    /// What was found on its way; nothing if it was not sent.
    pub findings: TestFindings,
}

/// What the sender finds out about a test's way beside what it does about every request's.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TestFindings {
    /// Where the host's name leads, or the address that the URL has; nothing over a connection
    /// that is used again.
    pub addresses: Vec<IpAddr>,
    /// Whether a connection was ready and the request went on its way.
    pub was_connected: bool,
    /// What the connection's handshake agreed on; `None` without TLS, or if it failed.
    pub tls_version: Option<TlsVersion>,
    /// Until when the certificate is valid; `None` where nobody could read it.
    pub certificate_expires_at: Option<Timestamp>,
    /// How the answer's proof was judged; `None` without an answer.
    pub proof: Option<ProofVerdict>,
}

/// A version of TLS (RFC 5246, RFC 8446).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, IntoStaticStr, EnumString, EnumIter)]
#[strum(parse_err_ty = UnknownName<TlsVersion>, parse_err_fn = UnknownName::of)]
pub enum TlsVersion {
    /// TLS 1.2.
    #[strum(serialize = "TLSv1.2")]
    V1_2,
    /// TLS 1.3.
    #[strum(serialize = "TLSv1.3")]
    V1_3,
}

/// How the answer's `X-Kayle-Proof` was judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, IntoStaticStr, EnumString, EnumIter)]
#[strum(serialize_all = "snake_case", parse_err_ty = UnknownName<ProofVerdict>, parse_err_fn = UnknownName::of)]
pub enum ProofVerdict {
    /// The receiver has decrypted the test.
    Proven,
    /// It answered with something else.
    WrongProof,
    /// It did not say.
    NoProof,
}

/// A step on the way from the event to the receiver's own code, in the order of the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, IntoStaticStr, EnumIter)]
#[strum(serialize_all = "snake_case")]
pub enum Stage {
    /// The event is encrypted to the key.
    Encrypt,
    /// The body is signed with the endpoint's secret.
    Sign,
    /// The URL passes the rules for URLs.
    Url,
    /// The host's name is resolved.
    Resolve,
    /// The addresses may be connected to.
    Judge,
    /// An address takes the connection.
    Connect,
    /// The TLS handshake.
    Tls,
    /// The request is sent.
    Send,
    /// The answer begins.
    FirstByte,
    /// The answer's status is a 2xx.
    Status,
    /// The receiver decrypts.
    Decrypt,
}

/// What became of a stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, IntoStaticStr, EnumIter)]
#[strum(serialize_all = "snake_case")]
pub enum StageState {
    /// It went well.
    Ok,
    /// The test ended here.
    Failed,
    /// It was not needed, or nothing is known of it.
    Skipped,
    /// The test did not come to it.
    NotReached,
}

/// One stage of a report; what a stage does not know is `None`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StageReport {
    /// Which.
    pub stage: Stage,
    /// What became of it.
    pub state: StageState,
    /// How long it took.
    pub took: Option<Duration>,
    /// With `encrypt`: the key.
    pub encryption_key_id: Option<EncryptionKeyId>,
    /// With `encrypt`: the length of the body.
    pub body_bytes: Option<usize>,
    /// With `sign`: the signature's `t`.
    pub signed_at_s: Option<i64>,
    /// With `sign`: the body's SHA-256, in hex.
    pub body_sha256: Option<String>,
    /// With `resolve`: where the name leads.
    pub addresses: Vec<IpAddr>,
    /// With `judge`, the address that was refused; with `connect`, the one that was connected to.
    pub address: Option<IpAddr>,
    /// With `connect`: which connection carried the request.
    pub connection: Option<ConnectionUse>,
    /// With `tls`: what the handshake agreed on.
    pub tls_version: Option<TlsVersion>,
    /// With `tls`: how many whole days the certificate is valid from then on.
    pub certificate_days: Option<i64>,
    /// With `status`: what was answered.
    pub status_code: Option<u16>,
    /// Why it failed.
    pub failure_reason: Option<AttemptFailure>,
    /// With `decrypt`: how the proof was judged.
    pub proof: Option<ProofVerdict>,
}

impl Stage {
    /// Returns the name on the wire.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

impl StageState {
    /// Returns the name on the wire.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

impl TlsVersion {
    /// Returns the name on the wire.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

impl ProofVerdict {
    /// Returns the name on the wire.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// Returns every stage of a test, in order, as far as its attempt has come.
pub fn report(delivery: &Delivery, attempt: Option<&Attempt>) -> Vec<StageReport> {
    let failed_at = attempt.and_then(failed_at);
    let stages = Stage::iter();
    stages
        .map(|stage| {
            let state = match attempt {
                Some(attempt) => state_of(stage, failed_at, attempt),
                None if stage == Stage::Encrypt => StageState::Ok,
                None => StageState::NotReached,
            };
            with_facts(stage, state, delivery, attempt)
        })
        .collect()
}

/// Returns where an attempt ended without an accepted answer; `None` if it was accepted.
fn failed_at(attempt: &Attempt) -> Option<Stage> {
    match attempt.outcome {
        AttemptOutcome::Accepted { .. } => None,
        AttemptOutcome::Refused { .. } => Some(Stage::Status),
        AttemptOutcome::Blocked { .. } => Some(Stage::Judge),
        AttemptOutcome::NotEncrypted => Some(Stage::Encrypt),
        AttemptOutcome::UrlRejected => Some(Stage::Url),
        AttemptOutcome::NoAnswer(reason) => Some(match reason {
            FailureReason::SigningSecretUnavailable => Stage::Sign,
            FailureReason::Dns => Stage::Resolve,
            FailureReason::BlockedAddress => Stage::Judge,
            FailureReason::Tls => Stage::Tls,
            FailureReason::Timeout | FailureReason::Connect => ran_out_at(attempt),
            // Nobody knows how far it came: the request may have been received.
            FailureReason::LeaseExpired => Stage::Send,
        }),
    }
}

fn findings(attempt: &Attempt) -> Option<&TestFindings> {
    attempt.test.as_ref().map(|trace| &trace.findings)
}

fn was_connected(attempt: &Attempt) -> bool {
    findings(attempt).is_some_and(|findings| findings.was_connected)
}

/// Returns the stage in which an attempt was when it ended.
fn ran_out_at(attempt: &Attempt) -> Stage {
    let phases = attempt.phases;
    if was_connected(attempt) {
        Stage::FirstByte
    } else if phases.tls.is_some() {
        Stage::Tls
    } else if phases.connect.is_some() || phases.dns.is_none() {
        Stage::Connect
    } else {
        Stage::Resolve
    }
}

fn state_of(stage: Stage, failed_at: Option<Stage>, attempt: &Attempt) -> StageState {
    let verdict = findings(attempt).and_then(|findings| findings.proof);
    if let (Stage::Decrypt, Some(verdict)) = (stage, verdict) {
        return match verdict {
            ProofVerdict::Proven => StageState::Ok,
            ProofVerdict::WrongProof => StageState::Failed,
            ProofVerdict::NoProof => StageState::Skipped,
        };
    }
    match failed_at {
        Some(failed_at) if stage == failed_at => StageState::Failed,
        Some(failed_at) if failed_at < stage => StageState::NotReached,
        Some(_) | None if is_skipped(stage, attempt) => StageState::Skipped,
        Some(_) | None => StageState::Ok,
    }
}

/// Returns whether a stage on the way of an attempt was not needed: a connection that is used again
/// needs none of them, an address no name, and `http` no handshake.
fn is_skipped(stage: Stage, attempt: &Attempt) -> bool {
    let phases = attempt.phases;
    let is_reused = phases.connection == Some(ConnectionUse::Reused);
    match stage {
        Stage::Resolve => phases.dns.is_none(),
        Stage::Judge | Stage::Connect => is_reused,
        Stage::Tls => phases.tls.is_none(),
        Stage::Decrypt => true,
        Stage::Encrypt
        | Stage::Sign
        | Stage::Url
        | Stage::Send
        | Stage::FirstByte
        | Stage::Status => false,
    }
}

fn with_facts(
    stage: Stage,
    became: StageState,
    delivery: &Delivery,
    attempt: Option<&Attempt>,
) -> StageReport {
    let mut found = StageReport {
        stage,
        state: became,
        took: None,
        encryption_key_id: None,
        body_bytes: None,
        signed_at_s: None,
        body_sha256: None,
        addresses: Vec::new(),
        address: None,
        connection: None,
        tls_version: None,
        certificate_days: None,
        status_code: None,
        failure_reason: None,
        proof: None,
    };
    if stage == Stage::Encrypt {
        found
            .encryption_key_id
            .clone_from(&delivery.encryption_key_id);
    }
    let Some(attempt) = attempt.filter(|_| became != StageState::NotReached) else {
        return found;
    };
    if became == StageState::Failed && stage != Stage::Decrypt {
        found.failure_reason = attempt.outcome.failure_reason();
    }
    let (phases, trace, findings) = (attempt.phases, attempt.test.as_ref(), findings(attempt));
    match stage {
        Stage::Encrypt => found.body_bytes = trace.map(|trace| trace.body_bytes),
        Stage::Sign => {
            found.signed_at_s = trace.map(|trace| trace.signed_at_s);
            found.body_sha256 = trace.map(|trace| trace.body_sha256.clone());
        }
        Stage::Resolve => {
            found.took = phases.dns;
            found.addresses = findings
                .map(|findings| findings.addresses.clone())
                .unwrap_or_default();
        }
        Stage::Judge => found.address = attempt.outcome.refused_address(),
        Stage::Connect => {
            found.took = phases.connect;
            found.address = phases.remote_address;
            found.connection = phases.connection;
        }
        Stage::Tls => {
            found.took = phases.tls;
            found.tls_version = findings.and_then(|findings| findings.tls_version);
            let expires_at = findings.and_then(|findings| findings.certificate_expires_at);
            found.certificate_days =
                expires_at.map(|expires_at| whole_days(attempt.attempted_at, expires_at));
        }
        Stage::FirstByte => found.took = phases.first_byte,
        Stage::Status => found.status_code = attempt.outcome.status_code(),
        Stage::Decrypt => found.proof = findings.and_then(|findings| findings.proof),
        Stage::Url | Stage::Send => {}
    }
    found
}

fn whole_days(from: Timestamp, until: Timestamp) -> i64 {
    const DAY_MS: i64 = 24 * 60 * 60 * 1_000;
    (until.unix_ms() - from.unix_ms()).div_euclid(DAY_MS)
}

#[cfg(test)]
mod tests;
