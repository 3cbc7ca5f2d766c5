//! What a phase cost the machine: processor time of the service and its database, and what
//! PostgreSQL wrote and was asked.

use anyhow::Context;

use crate::service::Service;

use super::database::{Database, Postgres, ServerCounts};
use super::processes::{cpu_ms, cpu_ms_with_children};
use super::table::line;

/// What was spent between two moments.
pub(super) struct Cost {
    pub(super) service_cpu_ms: f64,
    /// `None` if the database is a part of the service.
    pub(super) server: Option<ServerCost>,
}

/// What a database server spent between two moments.
pub(super) struct ServerCost {
    pub(super) cpu_ms: f64,
    pub(super) counts: ServerCounts,
}

/// What one delivery, or one report, took of something.
pub(super) struct CostFigure {
    pub(super) name: &'static str,
    label: &'static str,
    unit: &'static str,
    /// `None` if it cannot be had with this database.
    pub(super) each: Option<f64>,
}

/// What was spent before a moment; the begin of a measurement.
pub(super) struct Meter<'a> {
    service_id: u32,
    service_cpu_ms: f64,
    server: Option<ServerMeter<'a>>,
}

struct ServerMeter<'a> {
    postgres: &'a Postgres,
    cpu_ms: f64,
    counts: ServerCounts,
}

impl Cost {
    /// Returns what each of so many deliveries or reports took.
    pub(super) fn figures(&self, count: f64) -> [CostFigure; 5] {
        let server = self.server.as_ref();
        let counts = server.map(|server| server.counts);
        let figure = |name, label, unit, spent: Option<f64>| CostFigure {
            name,
            label,
            unit,
            each: spent.map(|spent| spent / count),
        };
        let service_cpu_ms = Some(self.service_cpu_ms);
        let database_cpu_ms = server.map(|server| server.cpu_ms);
        let write_transactions = counts.map(|counts| counts.write_transactions);
        let statements = counts.and_then(|counts| counts.statements);
        let wal_bytes = counts.map(|counts| counts.wal_bytes);
        [
            figure("service_cpu_ms", "processor, service", "ms", service_cpu_ms),
            figure(
                "database_cpu_ms",
                "processor, database",
                "ms",
                database_cpu_ms,
            ),
            figure(
                "write_transactions",
                "write transactions",
                "",
                write_transactions,
            ),
            figure("statements", "statements", "", statements),
            figure("wal_bytes", "write-ahead log", "B", wal_bytes),
        ]
    }
}

impl CostFigure {
    /// Returns the figure for people, if there is one.
    pub(super) fn line(&self) -> Option<String> {
        let text = format!("{:.3} {}", self.each?, self.unit);
        let text = text.trim_end().to_owned();
        Some(line(&format!("    {}", self.label), [text]))
    }
}

impl<'a> Meter<'a> {
    /// Begins to measure.
    pub(super) fn start(service: &Service, database: &'a Database) -> anyhow::Result<Self> {
        let service_id = service.id().context("the service has ended")?;
        Ok(Self {
            service_id,
            server: database.server().map(ServerMeter::start).transpose()?,
            service_cpu_ms: cpu_ms(service_id)?,
        })
    }

    /// Returns what was spent since.
    pub(super) fn stop(self) -> anyhow::Result<Cost> {
        Ok(Cost {
            service_cpu_ms: cpu_ms(self.service_id)? - self.service_cpu_ms,
            server: self.server.map(ServerMeter::stop).transpose()?,
        })
    }
}

/// Asking costs processor time. So the processor time is read last at the start and first at the end.
impl<'a> ServerMeter<'a> {
    fn start(postgres: &'a Postgres) -> anyhow::Result<Self> {
        let counts = postgres.counts()?;
        Ok(Self {
            postgres,
            cpu_ms: cpu_ms_with_children(postgres.process_id()?)?,
            counts,
        })
    }

    fn stop(self) -> anyhow::Result<ServerCost> {
        let cpu_ms = cpu_ms_with_children(self.postgres.process_id()?)?;
        Ok(ServerCost {
            cpu_ms: cpu_ms - self.cpu_ms,
            counts: self.postgres.counts()?.since(&self.counts),
        })
    }
}
