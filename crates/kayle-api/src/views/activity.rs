//! What became of deliveries, in numbers (contract 14.3).

use kayle_app::activity::ActivityReport;
use kayle_app::ports::store::Waiting;
use kayle_delivery::activity::{Activity, AttemptCounts, Bucket, DeliveryCounts};
use serde::Serialize;
use utoipa::ToSchema;

use crate::wire::{Shown, ShownActivityRange, ShownTime};

#[derive(Serialize, ToSchema)]
#[schema(as = WebhookActivity)]
pub(crate) struct ActivityView {
    range: ShownActivityRange,
    /// The beginning of the first bucket.
    from: ShownTime,
    /// The end of the last bucket, which is under way.
    to: ShownTime,
    /// How long a bucket is.
    bucket_seconds: u64,
    /// The oldest comes first.
    #[schema(inline)]
    buckets: Vec<BucketView>,
    /// All buckets together.
    totals: CountsView,
    now: WaitingView,
}

#[derive(Serialize, ToSchema)]
struct BucketView {
    /// When it begins.
    at: ShownTime,
    #[serde(flatten)]
    counts: CountsView,
}

#[derive(Serialize, ToSchema)]
#[schema(as = WebhookActivityCounts)]
struct CountsView {
    /// Null where nothing is known: before the endpoint existed, or what is not kept any more.
    #[schema(inline)]
    deliveries: Option<DeliveryCountsView>,
    /// Null where nothing is known.
    #[schema(inline)]
    attempts: Option<AttemptCountsView>,
    /// From the event to the accepted answer. Null if nothing was delivered.
    #[schema(inline)]
    latency_ms: Option<PercentilesView>,
    /// How long attempts took that were answered. Null if none was.
    #[schema(inline)]
    answer_ms: Option<PercentilesView>,
}

#[derive(Serialize, ToSchema)]
struct DeliveryCountsView {
    /// Made.
    created: u64,
    /// The endpoint has them.
    delivered: u64,
    /// Their schedule ran out.
    exhausted: u64,
    /// Their payload was erased before they were delivered.
    erased: u64,
    /// They could not be encrypted.
    unsendable: u64,
}

#[derive(Serialize, ToSchema)]
struct AttemptCountsView {
    http_2xx: u64,
    http_3xx: u64,
    http_4xx: u64,
    http_5xx: u64,
    /// Not answered in time.
    timeout: u64,
    /// No name, no connection, or no trusted TLS.
    unreachable: u64,
    /// Not made: the URL or the address must not be reached.
    blocked: u64,
    /// Broken off by the service itself.
    interrupted: u64,
}

/// Each is the upper bound of the class that it lies in; classes are less than half as wide again
/// as the one before, up to 15 seconds.
#[derive(Serialize, ToSchema)]
struct PercentilesView {
    p50: u64,
    p95: u64,
    p99: u64,
}

/// Each count stops at 10,001.
#[derive(Serialize, ToSchema)]
#[schema(as = WebhooksWaiting)]
struct WaitingView {
    /// Deliveries that wait for their time.
    pending: usize,
    /// Deliveries that are being attempted.
    delivering: usize,
    /// Deliveries that wait for their endpoint or organization to be enabled.
    held: usize,
    /// Failed deliveries that can be retried.
    retained_payloads: usize,
    /// When the delivery was due that has been due the longest.
    oldest_due_at: Option<ShownTime>,
}

impl From<&ActivityReport> for ActivityView {
    fn from(report: &ActivityReport) -> Self {
        Self {
            range: Shown(report.range),
            from: Shown(report.span.from),
            to: Shown(report.span.to),
            bucket_seconds: report.range.bucket().as_secs(),
            buckets: report.buckets.iter().map(BucketView::from).collect(),
            totals: CountsView::from(report.total.as_ref()),
            now: WaitingView::from(report.waiting),
        }
    }
}

impl From<&Bucket> for BucketView {
    fn from(bucket: &Bucket) -> Self {
        Self {
            at: Shown(bucket.at),
            counts: CountsView::from(bucket.activity.as_ref()),
        }
    }
}

impl From<Option<&Activity>> for CountsView {
    fn from(activity: Option<&Activity>) -> Self {
        Self {
            deliveries: activity.map(|known| known.deliveries.into()),
            attempts: activity.map(|known| known.attempts.into()),
            latency_ms: activity
                .and_then(|known| PercentilesView::of(|percent| known.latency.percentile(percent))),
            answer_ms: activity
                .and_then(|known| PercentilesView::of(|percent| known.answers.percentile(percent))),
        }
    }
}

impl PercentilesView {
    fn of(percentile: impl Fn(u64) -> Option<u64>) -> Option<Self> {
        Some(Self {
            p50: percentile(50)?,
            p95: percentile(95)?,
            p99: percentile(99)?,
        })
    }
}

impl From<DeliveryCounts> for DeliveryCountsView {
    fn from(counts: DeliveryCounts) -> Self {
        Self {
            created: counts.created,
            delivered: counts.delivered,
            exhausted: counts.exhausted,
            erased: counts.erased,
            unsendable: counts.unsendable,
        }
    }
}

impl From<AttemptCounts> for AttemptCountsView {
    fn from(counts: AttemptCounts) -> Self {
        Self {
            http_2xx: counts.http_2xx,
            http_3xx: counts.http_3xx,
            http_4xx: counts.http_4xx,
            http_5xx: counts.http_5xx,
            timeout: counts.timeout,
            unreachable: counts.unreachable,
            blocked: counts.blocked,
            interrupted: counts.interrupted,
        }
    }
}

impl From<Waiting> for WaitingView {
    fn from(waiting: Waiting) -> Self {
        Self {
            pending: waiting.pending,
            delivering: waiting.delivering,
            held: waiting.held,
            retained_payloads: waiting.retained_payloads,
            oldest_due_at: waiting.oldest_due_at.map(Shown),
        }
    }
}
