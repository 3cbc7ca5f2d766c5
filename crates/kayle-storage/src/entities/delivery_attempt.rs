//! Rows of `delivery_attempts`.

use std::net::IpAddr;
use std::time::Duration;

use kayle_app::ports::store::StoreError;
use kayle_delivery::{
    Attempt, AttemptOutcome, Phases, ProofVerdict, TestFindings, TestTrace, TlsVersion,
};
use kayle_primitives::Timestamp;
use sea_orm::entity::prelude::*;
use serde::Deserialize;
use serde_json::json;

use super::values::{Row, at};

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "delivery_attempts")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
    pub(crate) id: String,
    pub(crate) delivery_id: String,
    pub(crate) status_code: Option<i32>,
    pub(crate) failure_reason: Option<String>,
    pub(crate) refused_address: Option<String>,
    pub(crate) duration_ms: i64,
    pub(crate) attempted_at: i64,
    pub(crate) connection: Option<String>,
    pub(crate) remote_address: Option<String>,
    pub(crate) dns_ms: Option<i64>,
    pub(crate) connect_ms: Option<i64>,
    pub(crate) tls_ms: Option<i64>,
    pub(crate) first_byte_ms: Option<i64>,
    pub(crate) test_trace: Option<String>,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    pub(crate) fn from_domain(attempt: &Attempt) -> Self {
        let failure_reason = attempt.outcome.failure_reason();
        let phases = attempt.phases;
        Self {
            id: attempt.id.as_str().to_owned(),
            delivery_id: attempt.delivery_id.as_str().to_owned(),
            status_code: attempt.outcome.status_code().map(i32::from),
            failure_reason: failure_reason.map(|reason| reason.as_str().to_owned()),
            refused_address: attempt.outcome.refused_address().map(|ip| ip.to_string()),
            duration_ms: as_ms(attempt.duration),
            attempted_at: attempt.attempted_at.unix_ms(),
            connection: phases.connection.map(|used| used.as_str().to_owned()),
            remote_address: phases.remote_address.map(|ip| ip.to_string()),
            dns_ms: phases.dns.map(as_ms),
            connect_ms: phases.connect.map(as_ms),
            tls_ms: phases.tls.map(as_ms),
            first_byte_ms: phases.first_byte.map(as_ms),
            test_trace: attempt.test.as_ref().map(trace_to_json),
        }
    }

    pub(crate) fn into_domain(self) -> Result<Attempt, StoreError> {
        let row = Row {
            table: "delivery_attempts",
            id: &self.id,
        };
        let status_code = self
            .status_code
            .map(|code| row.number("status_code", code))
            .transpose()?;
        let refused_address = self.refused_address.as_deref().map(str::parse);
        let refused_address = row.parsed("refused_address", refused_address.transpose())?;
        let failure_reason = self.failure_reason.as_deref().map(str::parse);
        let failure_reason = row.parsed("failure_reason", failure_reason.transpose())?;
        let outcome = AttemptOutcome::from_recorded(status_code, failure_reason, refused_address);
        Ok(Attempt {
            id: row.id("id", &self.id)?,
            delivery_id: row.id("delivery_id", &self.delivery_id)?,
            outcome: row.present("failure_reason", outcome)?,
            duration: Duration::from_millis(row.number("duration_ms", self.duration_ms)?),
            attempted_at: at(self.attempted_at),
            phases: self.phases(row)?,
            test: self.trace(row)?,
        })
    }

    fn trace(&self, row: Row<'_>) -> Result<Option<TestTrace>, StoreError> {
        let Some(json) = &self.test_trace else {
            return Ok(None);
        };
        let stored: StoredTrace = row.parsed("test_trace", serde_json::from_str(json))?;
        let tls_version = stored.tls_version.as_deref().map(str::parse).transpose();
        let proof = stored.proof.as_deref().map(str::parse).transpose();
        Ok(Some(TestTrace {
            signed_at_s: stored.signed_at_s,
            body_bytes: stored.body_bytes,
            body_sha256: stored.body_sha256,
            findings: TestFindings {
                addresses: stored.addresses,
                was_connected: stored.was_connected,
                tls_version: row.parsed("test_trace", tls_version)?,
                certificate_expires_at: stored.certificate_expires_at.map(at),
                proof: row.parsed("test_trace", proof)?,
            },
        }))
    }

    fn phases(&self, row: Row<'_>) -> Result<Phases, StoreError> {
        let connection = self.connection.as_deref().map(str::parse).transpose();
        let remote_address = self.remote_address.as_deref().map(str::parse).transpose();
        let duration = |column, ms: Option<i64>| {
            let ms = ms.map(|ms| row.number(column, ms)).transpose()?;
            Ok(ms.map(Duration::from_millis))
        };
        Ok(Phases {
            connection: row.parsed("connection", connection)?,
            remote_address: row.parsed("remote_address", remote_address)?,
            dns: duration("dns_ms", self.dns_ms)?,
            connect: duration("connect_ms", self.connect_ms)?,
            tls: duration("tls_ms", self.tls_ms)?,
            first_byte: duration("first_byte_ms", self.first_byte_ms)?,
        })
    }
}

/// A trace as it is stored.
#[derive(Deserialize)]
struct StoredTrace {
    signed_at_s: i64,
    body_bytes: usize,
    body_sha256: String,
    addresses: Vec<IpAddr>,
    was_connected: bool,
    tls_version: Option<String>,
    certificate_expires_at: Option<i64>,
    proof: Option<String>,
}

fn trace_to_json(trace: &TestTrace) -> String {
    let findings = &trace.findings;
    json!({
        "signed_at_s": trace.signed_at_s,
        "body_bytes": trace.body_bytes,
        "body_sha256": trace.body_sha256,
        "addresses": findings.addresses,
        "was_connected": findings.was_connected,
        "tls_version": findings.tls_version.map(TlsVersion::as_str),
        "certificate_expires_at": findings.certificate_expires_at.map(Timestamp::unix_ms),
        "proof": findings.proof.map(ProofVerdict::as_str),
    })
    .to_string()
}

fn as_ms(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
