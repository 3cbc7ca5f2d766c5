//! What a test found out, stage by stage, in words.

use kayle_delivery::attempt::ConnectionUse;
use kayle_delivery::{ProofVerdict, Stage, StageReport, StageState};

use crate::parts::{Badge, Icon, Tone};
use crate::words::{counted, took};

/// A stage of a test: how it went, and what is known of it.
pub(crate) struct StageView {
    pub(crate) name: &'static str,
    pub(crate) badge: Badge,
    /// How long it took; empty where nobody measured it.
    pub(crate) took: String,
    pub(crate) facts: String,
}

impl From<&StageReport> for StageView {
    fn from(found: &StageReport) -> Self {
        Self {
            name: name(found.stage),
            badge: badge(found),
            took: found.took.map(took).unwrap_or_default(),
            facts: facts(found),
        }
    }
}

fn name(stage: Stage) -> &'static str {
    match stage {
        Stage::Encrypt => "Encrypted to your key",
        Stage::Sign => "Signed with your secret",
        Stage::Url => "URL allowed",
        Stage::Resolve => "Host name found",
        Stage::Judge => "Addresses allowed",
        Stage::Connect => "Connected",
        Stage::Tls => "TLS agreed on",
        Stage::Send => "Request sent",
        Stage::FirstByte => "Answer begun",
        Stage::Status => "Answered 200 to 299",
        Stage::Decrypt => "Decrypted by your server",
    }
}

fn badge(found: &StageReport) -> Badge {
    match (found.state, found.stage) {
        (StageState::Ok, _) => Badge::new(Tone::Ok, Icon::Check, "Yes"),
        (StageState::Failed, _) => Badge::new(Tone::Bad, Icon::Cross, "No"),
        (StageState::Skipped, Stage::Decrypt) => Badge::new(Tone::Quiet, Icon::Clock, "Not told"),
        (StageState::Skipped, _) => Badge::new(Tone::Quiet, Icon::Check, "Not needed"),
        (StageState::NotReached, _) => Badge::new(Tone::Quiet, Icon::Clock, "Not reached"),
    }
}

fn facts(found: &StageReport) -> String {
    let known = [
        found.encryption_key_id.as_ref().map(ToString::to_string),
        found
            .body_bytes
            .map(|count| counted(count, "byte", "bytes")),
        found.signed_at_s.map(|t| format!("t={t}")),
        found
            .body_sha256
            .as_ref()
            .map(|digest| format!("SHA-256 of the body {digest}")),
        (!found.addresses.is_empty()).then(|| {
            let addresses = found.addresses.iter().map(ToString::to_string);
            addresses.collect::<Vec<_>>().join(", ")
        }),
        found.connection.map(|connection| match connection {
            ConnectionUse::New => "a new connection".to_owned(),
            ConnectionUse::Reused => "a connection kept from before".to_owned(),
        }),
        found.address.map(|address| {
            if found.stage == Stage::Judge {
                format!("{address} must not be reached")
            } else {
                format!("to {address}")
            }
        }),
        found.tls_version.map(|version| version.as_str().to_owned()),
        found.certificate_days.map(certificate),
        found
            .status_code
            .map(|status_code| format!("it answered {status_code}")),
        found
            .failure_reason
            .filter(|_| found.status_code.is_none())
            .map(|reason| reason.as_str().to_owned()),
        found.proof.map(|proof| proof_words(proof).to_owned()),
    ];
    let known: Vec<String> = known.into_iter().flatten().collect();
    known.join(", ")
}

fn certificate(days: i64) -> String {
    match usize::try_from(days) {
        Ok(days) => {
            let days = counted(days, "day", "days");
            format!("the certificate is valid for {days}")
        }
        Err(_) => "the certificate is no longer valid".to_owned(),
    }
}

fn proof_words(proof: ProofVerdict) -> &'static str {
    match proof {
        ProofVerdict::Proven => "its X-Kayle-Proof is right",
        ProofVerdict::WrongProof => "its X-Kayle-Proof is wrong",
        ProofVerdict::NoProof => "it sent no X-Kayle-Proof, which is no fault",
    }
}
