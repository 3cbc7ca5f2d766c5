//! What the kernel knows of this process (proc(5)), by the names that every Prometheus client uses.

use std::fs;

use rustix::param::{clock_ticks_per_second, page_size};
use rustix::process::{Resource, getrlimit};

use super::{Metrics, Sample, as_f64, seconds_of_ms};
use crate::clock::machine_now;

/// Shows them at each scrape. What the kernel does not tell is left out.
pub(super) fn show(metrics: &Metrics) {
    let started_at = seconds_of_ms(machine_now().unix_ms());
    metrics.show_gauge(
        "process_start_time_seconds",
        "When the process started, in seconds since 1970",
        move || vec![Sample::of(started_at)],
    );
    metrics.show_counter(
        "process_cpu_seconds",
        "Processor time used, by the program and by the kernel for it",
        || one(cpu_seconds()),
    );
    metrics.show_gauge("process_resident_memory_bytes", "Memory in use", || {
        one(resident_bytes())
    });
    metrics.show_gauge("process_open_fds", "File descriptors in use", || {
        one(open_fds())
    });
    metrics.show_gauge(
        "process_max_fds",
        "The most file descriptors that can be in use",
        || one(getrlimit(Resource::Nofile).current.map(as_f64)),
    );
}

fn one(value: Option<f64>) -> Vec<Sample> {
    value.map(Sample::of).into_iter().collect()
}

/// Reads fields 14 and 15 of `stat`. The name before them, in brackets, may hold anything.
fn cpu_seconds() -> Option<f64> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace().skip(11);
    let ticks: u64 = fields.next()?.parse().ok()?;
    let kernel_ticks: u64 = fields.next()?.parse().ok()?;
    Some(as_f64(ticks + kernel_ticks) / as_f64(clock_ticks_per_second()))
}

fn resident_bytes() -> Option<f64> {
    let statm = fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = statm.split_whitespace().nth(1)?.parse().ok()?;
    let page_bytes = u64::try_from(page_size()).ok()?;
    Some(as_f64(pages * page_bytes))
}

fn open_fds() -> Option<f64> {
    // One of them is the folder that is being read.
    let open = fs::read_dir("/proc/self/fd")
        .ok()?
        .count()
        .saturating_sub(1);
    Some(as_f64(open.try_into().ok()?))
}
