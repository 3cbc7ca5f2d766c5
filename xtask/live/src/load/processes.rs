//! What the kernel says of processes: their processor time and their memory (`proc(5)`).

use std::fs;

use anyhow::Context;

/// The kernel counts processor time for user space in hundredths of a second (`USER_HZ`) on every
/// architecture that the service is built for.
const TICK_MS: f64 = 10.0;

/// One line of `/proc/PID/stat`, as far as it is used here. Times are in ticks.
#[derive(Debug, PartialEq, Eq)]
struct Stat {
    parent: u32,
    own: u64,
    /// Of children that have ended and were waited for.
    ended_children: u64,
}

/// Returns the processor time that a process has taken, in milliseconds.
pub(super) fn cpu_ms(process_id: u32) -> anyhow::Result<f64> {
    Ok(ms(Stat::read(process_id)?.own))
}

/// Returns the processor time that a process and all its children have taken, in milliseconds;
/// those that have ended count.
pub(super) fn cpu_ms_with_children(process_id: u32) -> anyhow::Result<f64> {
    let children: u64 = process_ids()?
        // A process that ends while its turn comes is counted by its parent.
        .filter_map(|child| Stat::read(child).ok())
        .filter(|stat| stat.parent == process_id)
        .map(|stat| stat.own + stat.ended_children)
        .sum();
    let stat = Stat::read(process_id)?;
    Ok(ms(stat.own + stat.ended_children + children))
}

/// Returns the most memory that a process has had at once, in KiB (`VmHWM`).
pub(super) fn peak_memory_kib(process_id: u32) -> anyhow::Result<u32> {
    let file = format!("/proc/{process_id}/status");
    let status = fs::read_to_string(&file).with_context(|| format!("cannot read {file}"))?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = peak.and_then(|peak| peak.split_whitespace().next()?.parse().ok());
    kib.with_context(|| format!("{file} names no VmHWM"))
}

fn process_ids() -> anyhow::Result<impl Iterator<Item = u32>> {
    let entries = fs::read_dir("/proc").context("this machine has no /proc")?;
    Ok(entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()))
}

#[expect(
    clippy::cast_precision_loss,
    reason = "2^53 ticks are three million years"
)]
fn ms(ticks: u64) -> f64 {
    ticks as f64 * TICK_MS
}

impl Stat {
    fn read(process_id: u32) -> anyhow::Result<Self> {
        let file = format!("/proc/{process_id}/stat");
        let line = fs::read_to_string(&file).with_context(|| format!("cannot read {file}"))?;
        Self::parse(&line).with_context(|| format!("{file} is not understood"))
    }

    /// The second field is the program's name in parentheses and may hold anything; the state, the
    /// third one, comes first after it.
    fn parse(line: &str) -> Option<Self> {
        let (_, rest) = line.rsplit_once(')')?;
        let fields: Vec<_> = rest.split_whitespace().collect();
        let ticks = |number: usize| fields.get(number - 3)?.parse::<u64>().ok();
        Some(Self {
            parent: fields.get(1)?.parse().ok()?,
            own: ticks(14)? + ticks(15)?,
            ended_children: ticks(16)? + ticks(17)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_spaces_and_parentheses_does_not_shift_the_fields() {
        let line = "42 (a) b) S 7 42 42 0 -1 4194560 1 2 3 4 11 22 33 44 20 0 1 0 5 6 7\n";
        let expected = Stat {
            parent: 7,
            own: 33,
            ended_children: 77,
        };
        assert_eq!(Stat::parse(line), Some(expected));
        assert_eq!(Stat::parse("42 (cut"), None);
    }

    #[test]
    fn this_process_has_a_memory_and_a_processor_time() {
        assert!(peak_memory_kib(std::process::id()).unwrap() > 0);
        assert!(cpu_ms(std::process::id()).unwrap() >= 0.0);
    }
}
