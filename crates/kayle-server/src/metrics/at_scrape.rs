//! Numbers that somebody else keeps, and that are asked for when the page is made. Whoever is asked
//! answers at once, from memory or the kernel.

use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;

/// One series with its present value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sample {
    labels: Vec<(&'static str, &'static str)>,
    value: f64,
}

impl Sample {
    /// Returns a value without labels.
    pub(crate) fn of(value: f64) -> Self {
        Self::labelled(Vec::new(), value)
    }

    /// Returns a value with labels.
    pub(crate) fn labelled(labels: Vec<(&'static str, &'static str)>, value: f64) -> Self {
        Self { labels, value }
    }
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Gauge,
    Counter,
}

/// A metric whose series are asked for.
pub(super) struct AtScrape {
    name: &'static str,
    help: &'static str,
    kind: Kind,
    read: Box<dyn Fn() -> Vec<Sample> + Send + Sync>,
}

impl AtScrape {
    pub(super) fn gauge(
        name: &'static str,
        help: &'static str,
        read: impl Fn() -> Vec<Sample> + Send + Sync + 'static,
    ) -> Self {
        Self {
            name,
            help,
            kind: Kind::Gauge,
            read: Box::new(read),
        }
    }

    pub(super) fn counter(
        name: &'static str,
        help: &'static str,
        read: impl Fn() -> Vec<Sample> + Send + Sync + 'static,
    ) -> Self {
        Self {
            kind: Kind::Counter,
            ..Self::gauge(name, help, read)
        }
    }
}

impl Collector for AtScrape {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let samples = (self.read)();
        if samples.is_empty() {
            return Ok(());
        }
        let kind = match self.kind {
            Kind::Gauge => MetricType::Gauge,
            Kind::Counter => MetricType::Counter,
        };
        let mut metric = encoder.encode_descriptor(self.name, self.help, None, kind)?;
        for sample in samples {
            let mut series = metric.encode_family(&sample.labels)?;
            match self.kind {
                Kind::Gauge => series.encode_gauge(&sample.value)?,
                Kind::Counter => {
                    series.encode_counter::<NoLabelSet, f64, f64>(&sample.value, None)?;
                }
            }
        }
        Ok(())
    }
}

impl fmt::Debug for AtScrape {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("AtScrape").field(&self.name).finish()
    }
}
