//! What is drawn of activity: each plot with its series, its name and its table.

use std::time::Duration;

use kayle_app::activity::ActivityReport;
use kayle_delivery::activity::{Activity, ActivityRange, Bucket};

use super::axis::{self, Label};
use super::scale::{BUCKET_WIDTH, Place, TimeAxis, coordinate, height, round_up};
use super::{Bar, Column, Head, Key, Line, Plot, Row};
use crate::words::{grouped, lasting, percent, rest_in_percent};

/// What stands where there is no number.
const NONE: &str = "–";

/// Counts of one kind, which are stacked upon those before.
struct Counts {
    class: &'static str,
    name: &'static str,
    word: &'static str,
    of: fn(&Activity) -> u64,
}

const MADE: [Counts; 1] = [Counts {
    class: "info",
    name: "created",
    word: "Made",
    of: |activity| activity.deliveries.created,
}];

const RESULTS: [Counts; 4] = [
    Counts {
        class: "ok",
        name: "delivered",
        word: "Delivered",
        of: |activity| activity.deliveries.delivered,
    },
    Counts {
        class: "bad-hatched",
        name: "exhausted",
        word: "Schedule ran out",
        of: |activity| activity.deliveries.exhausted,
    },
    Counts {
        class: "bad",
        name: "unsendable",
        word: "Not encrypted",
        of: |activity| activity.deliveries.unsendable,
    },
    Counts {
        class: "erased",
        name: "erased",
        word: "Erased",
        of: |activity| activity.deliveries.erased,
    },
];

const CAUSES: [Counts; 8] = [
    Counts {
        class: "ok",
        name: "http_2xx",
        word: "2xx",
        of: |activity| activity.attempts.http_2xx,
    },
    Counts {
        class: "info",
        name: "http_3xx",
        word: "3xx",
        of: |activity| activity.attempts.http_3xx,
    },
    Counts {
        class: "bad",
        name: "http_4xx",
        word: "4xx",
        of: |activity| activity.attempts.http_4xx,
    },
    Counts {
        class: "bad-hatched",
        name: "http_5xx",
        word: "5xx",
        of: |activity| activity.attempts.http_5xx,
    },
    Counts {
        class: "quiet",
        name: "timeout",
        word: "Timeout",
        of: |activity| activity.attempts.timeout,
    },
    Counts {
        class: "quiet-hatched",
        name: "unreachable",
        word: "Not reached",
        of: |activity| activity.attempts.unreachable,
    },
    Counts {
        class: "erased",
        name: "blocked",
        word: "Address or URL refused",
        of: |activity| activity.attempts.blocked,
    },
    Counts {
        class: "info-hatched",
        name: "interrupted",
        word: "Interrupted",
        of: |activity| activity.attempts.interrupted,
    },
];

/// A percentile of durations.
struct Percentile {
    name: &'static str,
    word: &'static str,
    percent: u64,
}

const PERCENTILES: [Percentile; 3] = [
    Percentile {
        name: "p50",
        word: "Half within",
        percent: 50,
    },
    Percentile {
        name: "p95",
        word: "95 % within",
        percent: 95,
    },
    Percentile {
        name: "p99",
        word: "99 % within",
        percent: 99,
    },
];

/// Draws all of a report.
pub(super) fn all(report: &ActivityReport) -> Vec<Plot> {
    vec![
        deliveries(report),
        success_rate(report),
        attempts(report),
        made(report),
        latency(report),
        answers(report),
    ]
}

/// Draws deliveries, stacked by what became of them.
pub(super) fn deliveries(report: &ActivityReport) -> Plot {
    let sentence = match &report.total {
        Some(Activity { deliveries, .. }) => format!(
            "Ended {}: {} delivered, {} failed, {} erased.",
            words_of(report.range),
            grouped(deliveries.delivered),
            grouped(deliveries.exhausted + deliveries.unsendable),
            grouped(deliveries.erased),
        ),
        None => unknown(report),
    };
    stacked("deliveries", "Deliveries", sentence, &RESULTS, report)
}

/// Draws attempts, stacked by what came of them.
pub(super) fn attempts(report: &ActivityReport) -> Plot {
    let sentence = match &report.total {
        Some(Activity { attempts, .. }) => format!(
            "Attempts {}: {} accepted, {} refused, {} without an answer.",
            words_of(report.range),
            grouped(attempts.http_2xx),
            grouped(attempts.http_3xx + attempts.http_4xx + attempts.http_5xx),
            grouped(
                attempts.timeout + attempts.unreachable + attempts.blocked + attempts.interrupted
            ),
        ),
        None => unknown(report),
    };
    stacked("attempts", "Attempts", sentence, &CAUSES, report)
}

/// Draws how many deliveries were made.
pub(super) fn made(report: &ActivityReport) -> Plot {
    let sentence = match &report.total {
        Some(Activity { deliveries, .. }) => format!(
            "Made {}: {}.",
            words_of(report.range),
            grouped(deliveries.created)
        ),
        None => unknown(report),
    };
    stacked("made", "New deliveries", sentence, &MADE, report)
}

fn stacked(
    id: &'static str,
    title: &'static str,
    sentence: String,
    counts: &[Counts],
    report: &ActivityReport,
) -> Plot {
    let sum = |activity: &Activity| counts.iter().map(|one| (one.of)(activity)).sum();
    let known = report.buckets.iter().filter_map(known_of);
    let top = round_up(known.map(sum).max().unwrap_or(0));
    let bars = |place: Place, activity: &Activity| {
        let mut y = 100.0;
        let there = counts.iter().filter(|one| (one.of)(activity) != 0);
        let bars = there.map(|one| {
            let value = (one.of)(activity);
            let height = height(value, top);
            y -= height;
            bar(place, one.class, one.name, value.to_string(), y, height)
        });
        bars.collect()
    };
    let told = |activity: &Activity| {
        let there = counts.iter().filter(|one| (one.of)(activity) != 0);
        let told = there.map(|one| format!("{} {}", grouped((one.of)(activity)), one.word));
        told.collect()
    };
    let total = |one: &Counts| report.total.as_ref().map_or(0, one.of);
    let legend = counts.iter().filter(|one| 0 < total(one)).map(|one| Key {
        class: one.class,
        word: one.word,
        total: grouped(total(one)),
    });
    let heads = counts.iter().map(|one| Head {
        name: one.name,
        word: one.word,
        total: grouped(total(one)),
    });
    let cells = |activity: &Activity| {
        let cells = counts.iter().map(|one| grouped((one.of)(activity)));
        cells.collect()
    };
    Plot {
        ticks: axis::counts(top),
        columns: columns(report, bars, told),
        legend: legend.collect(),
        heads: heads.collect(),
        rows: rows(report, cells),
        ..plot(id, title, sentence, report)
    }
}

/// Draws how long it took from the event to the accepted answer.
pub(super) fn latency(report: &ActivityReport) -> Plot {
    let range = words_of(report.range);
    durations(
        &Durations {
            id: "latency",
            title: "Time to delivery",
            what: format!("From the event to the accepted answer {range}"),
            without: "none was delivered",
            of: |activity, percent| activity.latency.percentile(percent),
        },
        report,
    )
}

/// Draws how long answers took, whatever they said.
pub(super) fn answers(report: &ActivityReport) -> Plot {
    let range = words_of(report.range);
    durations(
        &Durations {
            id: "answers",
            title: "Time of answers",
            what: format!("Your server answered {range}"),
            without: "never",
            of: |activity, percent| activity.answers.percentile(percent),
        },
        report,
    )
}

/// What a plot of durations is about.
struct Durations {
    id: &'static str,
    title: &'static str,
    /// The beginning of its sentence.
    what: String,
    /// Its end where there were none.
    without: &'static str,
    of: fn(&Activity, u64) -> Option<u64>,
}

fn durations(about: &Durations, report: &ActivityReport) -> Plot {
    let of = |activity: Option<&Activity>, percentile: &Percentile| {
        activity.and_then(|known| (about.of)(known, percentile.percent))
    };
    let total = |percentile| of(report.total.as_ref(), percentile).map(in_words);
    let said = PERCENTILES.each_ref().map(total);
    let what = &about.what;
    let sentence = if let [Some(half), Some(most), Some(nearly_all)] = said {
        format!("{what}: half within {half}, 95 % within {most}, 99 % within {nearly_all}.")
    } else {
        format!("{what}: {}.", about.without)
    };
    let values = |percentile| {
        let buckets = report.buckets.iter();
        buckets.map(move |bucket| of(bucket.activity.as_ref(), percentile))
    };
    let axis = TimeAxis::of(PERCENTILES.iter().flat_map(values).flatten());
    // The first is drawn last, above the others.
    let lines = PERCENTILES.iter().rev().map(|percentile| Line {
        name: percentile.name,
        path: path(values(percentile).map(|ms| ms.map(|ms| axis.y(ms)))),
        values: listed(values(percentile)),
    });
    let words = |activity: &Activity, percentile| of(Some(activity), percentile).map(in_words);
    let told = |activity: &Activity| {
        let told = PERCENTILES.iter().filter_map(|percentile| {
            let took = words(activity, percentile)?;
            Some(format!("{} {took}", percentile.word))
        });
        told.collect()
    };
    let cells = |activity: &Activity| {
        let cells = PERCENTILES
            .iter()
            .map(|percentile| words(activity, percentile));
        cells
            .map(|took| took.unwrap_or_else(|| NONE.to_owned()))
            .collect()
    };
    let heads = PERCENTILES.iter().map(|percentile| Head {
        name: percentile.name,
        word: percentile.word,
        total: total(percentile).unwrap_or_else(|| NONE.to_owned()),
    });
    let legend = PERCENTILES.iter().filter_map(|percentile| {
        let total = total(percentile)?;
        Some(Key {
            class: percentile.name,
            word: percentile.word,
            total,
        })
    });
    Plot {
        ticks: axis::times(axis),
        columns: columns(report, |_, _| Vec::new(), told),
        lines: lines.collect(),
        legend: legend.collect(),
        heads: heads.collect(),
        rows: rows(report, cells),
        ..plot(about.id, about.title, sentence, report)
    }
}

/// Draws which part of those that ended was delivered.
pub(super) fn success_rate(report: &ActivityReport) -> Plot {
    let range = words_of(report.range);
    let of = |activity: &Activity| activity.deliveries.success_rate();
    let total = report.total.as_ref().and_then(of);
    let sentence = match total.map(percent) {
        Some(rate) => format!("Delivered of those that ended {range}: {rate}."),
        None => format!("Delivered of those that ended {range}: none has ended."),
    };
    let bars = |place: Place, activity: &Activity| {
        let Some(rate) = of(activity) else {
            return Vec::new();
        };
        let (delivered, failed) = (100.0 * rate, 100.0 * (1.0 - rate));
        let part = |class, name, value, y, height| bar(place, class, name, value, y, height);
        let both = [
            part("ok", "success_rate", percent(rate), failed, delivered),
            part(
                "bad-hatched",
                "failure_rate",
                rest_in_percent(rate),
                0.0,
                failed,
            ),
        ];
        both.into_iter().filter(|bar| bar.height != "0").collect()
    };
    let told = |activity: &Activity| of(activity).map(percent).into_iter().collect();
    let cells = |activity: &Activity| vec![of(activity).map_or_else(|| NONE.to_owned(), percent)];
    let legend = total.map_or_else(Vec::new, |rate| {
        let key = |class, word, total| Key { class, word, total };
        let delivered = key("ok", "Delivered", percent(rate));
        let failed = key("bad-hatched", "Failed", rest_in_percent(rate));
        if rate < 1.0 {
            vec![delivered, failed]
        } else {
            vec![delivered]
        }
    });
    let head = Head {
        name: "success_rate",
        word: "Delivered",
        total: total.map_or_else(|| NONE.to_owned(), percent),
    };
    Plot {
        ticks: axis::percents(),
        columns: columns(report, bars, told),
        legend,
        heads: vec![head],
        rows: rows(report, cells),
        ..plot("success", "Success rate", sentence, report)
    }
}

/// Begins a plot with what all of them have.
fn plot(id: &'static str, title: &'static str, sentence: String, report: &ActivityReport) -> Plot {
    Plot {
        id,
        title,
        sentence,
        width: report.buckets.len() * BUCKET_WIDTH,
        ticks: Vec::new(),
        columns: Vec::new(),
        lines: Vec::new(),
        labels: Label::below(report.range, report.span.from),
        legend: Vec::new(),
        heads: Vec::new(),
        rows: Vec::new(),
    }
}

fn bar(
    place: Place,
    class: &'static str,
    name: &'static str,
    value: String,
    y: f64,
    height: f64,
) -> Bar {
    Bar {
        class,
        name,
        value,
        x: coordinate(place.bar_x),
        width: coordinate(place.bar_width),
        y: coordinate(y),
        height: coordinate(height),
    }
}

/// Returns a column for each bucket, with its bars and what is told of it.
fn columns(
    report: &ActivityReport,
    mut bars: impl FnMut(Place, &Activity) -> Vec<Bar>,
    told: impl Fn(&Activity) -> Vec<String>,
) -> Vec<Column> {
    let column = |(number, bucket): (usize, &Bucket)| {
        let place = Place::of(number, report.buckets.len());
        let known = bucket.activity.as_ref();
        let told = match known.map(&told) {
            None => "not known".to_owned(),
            Some(told) if told.is_empty() => "none".to_owned(),
            Some(told) => told.join(", "),
        };
        let at = Label::of_bucket(report.range, bucket.at).short;
        Column {
            x: coordinate(place.x),
            width: coordinate(place.width),
            title: format!("{at} – {told}"),
            is_known: known.is_some(),
            bars: known.map_or_else(Vec::new, |activity| bars(place, activity)),
        }
    };
    report.buckets.iter().enumerate().map(column).collect()
}

fn rows(report: &ActivityReport, cells: impl Fn(&Activity) -> Vec<String>) -> Vec<Row> {
    let rows = report.buckets.iter().map(|bucket| Row {
        at: Label::of_bucket(report.range, bucket.at),
        cells: bucket.activity.as_ref().map(&cells),
    });
    rows.collect()
}

fn known_of(bucket: &Bucket) -> Option<&Activity> {
    bucket.activity.as_ref()
}

/// Returns what a range is called in a sentence.
fn words_of(range: ActivityRange) -> &'static str {
    match range {
        ActivityRange::Hour => "in the last hour",
        ActivityRange::Day => "in the last 24 hours",
        ActivityRange::Week => "in the last 7 days",
        ActivityRange::Month => "in the last 30 days",
    }
}

fn unknown(report: &ActivityReport) -> String {
    format!(
        "Nothing is known of what happened {}.",
        words_of(report.range)
    )
}

fn in_words(ms: u64) -> String {
    lasting(Duration::from_millis(ms))
}

/// Returns a line of steps, one for each bucket, broken where there is no value.
fn path(heights: impl Iterator<Item = Option<f64>>) -> String {
    let mut path = String::new();
    let mut is_down = false;
    for (place, y) in heights.enumerate() {
        let (from, to) = (place * BUCKET_WIDTH, (place + 1) * BUCKET_WIDTH);
        if let Some(y) = y {
            let y = coordinate(y);
            let step = if is_down {
                format!("V{y}H{to}")
            } else {
                format!("M{from} {y}H{to}")
            };
            path.push_str(&step);
        }
        is_down = y.is_some();
    }
    path
}

fn listed(values: impl Iterator<Item = Option<u64>>) -> String {
    let values = values.map(|value| value.map_or_else(String::new, |value| value.to_string()));
    values.collect::<Vec<String>>().join(",")
}
