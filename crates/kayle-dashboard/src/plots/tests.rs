use std::time::Duration;

use kayle_app::ports::store::Waiting;
use kayle_delivery::activity::{Activity, in_buckets, total};
use kayle_primitives::Timestamp;

use super::axis::Form;
use super::*;

/// A day of which the first half is not known, and with something in the last hour.
fn report(change: impl FnOnce(&mut Activity)) -> ActivityReport {
    let range = ActivityRange::Day;
    let now = Timestamp::parse("2026-05-05T11:30:00Z").unwrap();
    let span = range.span(now);
    let known_since = span.from.plus(Duration::from_hours(12));
    let mut activity = Activity::default();
    change(&mut activity);
    let buckets = in_buckets(range, span, known_since, [(now, &activity)]);
    ActivityReport {
        range,
        span,
        total: total(&buckets),
        buckets,
        waiting: Waiting::default(),
    }
}

/// What is drawn in the last hour: which series, from where, how high.
fn last_bars(plot: &Plot) -> Vec<(&'static str, &str, &str)> {
    let bars = plot.columns.last().unwrap().bars.iter();
    bars.map(|bar| (bar.name, bar.y.as_str(), bar.height.as_str()))
        .collect()
}

#[test]
fn what_is_not_known_is_a_gap_and_what_is_zero_is_not() {
    let plot = series::deliveries(&report(|_| {}));
    let known: Vec<bool> = plot.columns.iter().map(|column| column.is_known).collect();
    assert_eq!(known, [[false; 12], [true; 12]].concat());
    assert!(plot.columns.iter().all(|column| column.bars.is_empty()));
    assert_eq!(plot.columns[11].title, "4 May 23:00 – not known");
    assert_eq!(plot.columns[12].title, "5 May 00:00 – none");
    assert_eq!(plot.rows[11].cells, None);
    assert_eq!(plot.rows[12].cells, Some(vec!["0".to_owned(); 4]));
}

#[test]
fn bars_are_stacked_from_zero_in_proportion() {
    let plot = series::deliveries(&report(|activity| {
        activity.deliveries.delivered = 3;
        activity.deliveries.exhausted = 1;
    }));
    let expected = [("delivered", "25", "75"), ("exhausted", "0", "25")];
    assert_eq!(last_bars(&plot), expected);
    assert_eq!(plot.ticks[4].word, "4");
    let name = "Ended in the last 24 hours: 3 delivered, 1 failed, 0 erased.";
    assert_eq!(plot.sentence, name);
    let title = "5 May 11:00 – 3 Delivered, 1 Schedule ran out";
    assert_eq!(plot.columns[23].title, title);
    let legend: Vec<&str> = plot.legend.iter().map(|key| key.word).collect();
    assert_eq!(legend, ["Delivered", "Schedule ran out"]);
}

#[test]
fn one_failure_among_thousands_is_seen() {
    let plot = series::deliveries(&report(|activity| {
        activity.deliveries.delivered = 9_000;
        activity.deliveries.exhausted = 1;
    }));
    assert_eq!(last_bars(&plot)[1], ("exhausted", "8.5", "1.5"));
    let rate = series::success_rate(&report(|activity| {
        activity.deliveries.exhausted = 1;
    }));
    assert_eq!(last_bars(&rate), [("failure_rate", "0", "100")]);
}

#[test]
fn a_line_is_broken_where_nothing_was_delivered() {
    let plot = series::latency(&report(|activity| {
        activity.latency.count(Duration::from_millis(10));
    }));
    let line = &plot.lines[0];
    assert_eq!(line.path, "M230 50H240");
    assert_eq!(line.values, format!("{}10", ",".repeat(23)));
    let none = series::latency(&report(|_| {}));
    assert_eq!(none.lines[0].path, "");
    assert!(none.sentence.ends_with("none was delivered."));
}

#[test]
fn the_top_of_an_axis_is_round_and_so_is_its_half() {
    for (highest, top) in [
        (0, 4),
        (4, 4),
        (5, 6),
        (9, 10),
        (11, 20),
        (21, 30),
        (41, 50),
        (850, 1000),
    ] {
        assert_eq!(scale::round_up(highest), top, "{highest}");
    }
}

#[test]
fn an_axis_has_no_more_words_than_there_is_room_for() {
    fn check(longest: u64, expected: &[&str]) {
        let ticks = axis::times(scale::TimeAxis::of([longest].into_iter()));
        let words: Vec<&str> = ticks.iter().map(|tick| tick.word.as_str()).collect();
        assert_eq!(words, expected, "{longest}");
    }
    check(5, &["100 ms", "10 ms", "1 ms"]);
    check(11_000, &["1 min", "10 s", "1 s", "100 ms", "10 ms", "1 ms"]);
    check(172_800_000, &["2 days", "1 h", "1 min", "1 s", "10 ms"]);
}

#[test]
fn a_moment_is_said_as_shortly_as_it_is_understood() {
    let at = Timestamp::parse("2026-05-05T09:07:00Z").unwrap();
    for (form, expected) in [
        (Form::Clock, "09:07"),
        (Form::Day, "5 May"),
        (Form::DayAndClock, "5 May 09:07"),
    ] {
        assert_eq!(axis::Label::new(at, form).short, expected);
    }
}

#[test]
fn no_picture_needs_a_style_or_a_script() {
    let plots = Plots::new("/webhooks/activity", &report(|_| {})).to_string();
    for forbidden in ["style=", "<script", "onclick"] {
        assert!(!plots.contains(forbidden), "{forbidden}");
    }
}
