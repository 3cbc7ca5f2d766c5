//! How a clock that runs forward follows one that somebody may set: numbers only.
//!
//! All are milliseconds, and all are told by a steady clock: how far the reference is ahead of it,
//! and how far the clock that is shown.

/// A reference that moves by this much between two looks was set. Clocks that are kept in time by
/// the network move by less than a millisecond a second, and comparing two machines' is right to
/// half of the way there and back.
const STEP_MIN_MS: u64 = 1_000;

/// A reference that was set is followed, and believed where something is erased, once it has stayed
/// for this long: a clock that is set by mistake is put right in less, or by somebody who is there.
const SETTLED_AFTER_MS: i64 = 10 * 60 * 1_000;

/// Corrections by less than this are left out: the way to a database and back takes as long, and a
/// clock that trembles is worse than one that is a little off.
const CORRECTION_MIN_MS: u64 = 20;

/// A reference that is ahead by this much is followed at once: at double speed it would take as
/// long again. A machine without a battery starts in 1970.
const JUMP_MIN_MS: i64 = 24 * 60 * 60 * 1_000;

/// How two clocks have stood to each other.
pub(super) struct Course {
    followed_ms: i64,
    seen_ms: i64,
    looked_at_ms: i64,
    /// When the reference was set last; it is believed at the start.
    set_at_ms: Option<i64>,
    steps: u64,
}

impl Course {
    /// Begins where the reference is.
    pub(super) fn new(ahead_ms: i64, at_ms: i64) -> Self {
        Self {
            followed_ms: ahead_ms,
            seen_ms: ahead_ms,
            looked_at_ms: at_ms,
            set_at_ms: None,
            steps: 0,
        }
    }

    /// Takes a look at the reference; returns by how much it was set since the last look, if it
    /// was.
    pub(super) fn look(&mut self, ahead_ms: i64, at_ms: i64) -> Option<i64> {
        let elapsed_ms = at_ms.saturating_sub(self.looked_at_ms).max(0);
        let moved_ms = ahead_ms.saturating_sub(self.seen_ms);
        (self.seen_ms, self.looked_at_ms) = (ahead_ms, at_ms);
        if STEP_MIN_MS <= moved_ms.unsigned_abs() {
            self.steps += 1;
            self.set_at_ms = Some(at_ms);
            return Some(moved_ms);
        }
        if self.is_settled(at_ms) {
            self.follow(elapsed_ms);
        }
        None
    }

    /// Returns how far the clock that is shown is ahead.
    pub(super) fn followed_ms(&self) -> i64 {
        self.followed_ms
    }

    /// Returns how far the reference was ahead at the last look.
    pub(super) fn seen_ms(&self) -> i64 {
        self.seen_ms
    }

    /// Returns how often the reference was set.
    pub(super) fn steps(&self) -> u64 {
        self.steps
    }

    /// Returns how far a moment is ahead that has come by both clocks; `None` while nobody knows
    /// which of them is right.
    pub(super) fn certain_ms(&self, at_ms: i64) -> Option<i64> {
        self.is_settled(at_ms)
            .then(|| self.followed_ms.min(self.seen_ms))
    }

    fn is_settled(&self, at_ms: i64) -> bool {
        self.set_at_ms
            .is_none_or(|set_at_ms| SETTLED_AFTER_MS <= at_ms.saturating_sub(set_at_ms))
    }

    /// Comes nearer to the reference: at most at double speed, or at half speed.
    fn follow(&mut self, elapsed_ms: i64) {
        let behind_ms = self.seen_ms.saturating_sub(self.followed_ms);
        if behind_ms.unsigned_abs() < CORRECTION_MIN_MS {
            return;
        }
        self.followed_ms += if JUMP_MIN_MS <= behind_ms {
            behind_ms
        } else {
            behind_ms.clamp(-elapsed_ms / 2, elapsed_ms)
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000;
    const MINUTE: i64 = 60 * SECOND;
    const HOUR: i64 = 60 * MINUTE;
    const DAY: i64 = 24 * HOUR;

    /// Looks every second from `from` until before `until`, at a reference that stays.
    fn stay(course: &mut Course, ahead_ms: i64, from: i64, until: i64) {
        let mut at = from;
        while at < until {
            assert_eq!(course.look(ahead_ms, at), None, "at {at}");
            at += SECOND;
        }
    }

    #[test]
    fn a_clock_that_nobody_sets_is_believed_from_the_start() {
        let mut course = Course::new(7, 0);
        stay(&mut course, 7, SECOND, MINUTE);
        assert_eq!(course.certain_ms(MINUTE), Some(7));
        assert_eq!((course.followed_ms(), course.steps()), (7, 0));
    }

    #[test]
    fn a_step_is_counted_and_moves_nothing_for_ten_minutes() {
        for step in [-HOUR, 2 * MINUTE, 10 * DAY] {
            let mut course = Course::new(0, 0);
            assert_eq!(course.look(step, SECOND), Some(step));
            stay(&mut course, step, 2 * SECOND, SECOND + 10 * MINUTE);
            assert_eq!(course.followed_ms(), 0);
            assert_eq!(course.certain_ms(10 * MINUTE), None);
            assert_eq!((course.seen_ms(), course.steps()), (step, 1));
        }
    }

    #[test]
    fn a_step_that_is_taken_back_leaves_the_clock_where_it_was() {
        let mut course = Course::new(0, 0);
        course.look(10 * DAY, SECOND);
        assert_eq!(course.look(0, 4 * SECOND), Some(-10 * DAY));
        stay(&mut course, 0, 5 * SECOND, HOUR);
        assert_eq!(course.followed_ms(), 0);
        assert_eq!(course.certain_ms(4 * SECOND + 10 * MINUTE - 1), None);
        assert_eq!(course.certain_ms(4 * SECOND + 10 * MINUTE), Some(0));
    }

    #[test]
    fn a_clock_that_stays_ahead_is_followed_at_double_speed() {
        let mut course = Course::new(0, 0);
        course.look(HOUR, SECOND);
        stay(&mut course, HOUR, 2 * SECOND, 20 * MINUTE);
        let after = course.followed_ms();
        assert!((9 * MINUTE..=10 * MINUTE).contains(&after), "{after}");
        assert_eq!(
            course.certain_ms(20 * MINUTE),
            Some(after),
            "the earlier one"
        );
        stay(&mut course, HOUR, 20 * MINUTE, 2 * HOUR);
        assert_eq!(course.followed_ms(), HOUR);
    }

    #[test]
    fn a_clock_that_stays_behind_is_followed_at_half_speed() {
        let mut course = Course::new(0, 0);
        course.look(-HOUR, SECOND);
        stay(&mut course, -HOUR, 2 * SECOND, 20 * MINUTE);
        let after = course.followed_ms();
        assert!((-5 * MINUTE..=-4 * MINUTE).contains(&after), "{after}");
        assert_eq!(
            course.certain_ms(20 * MINUTE),
            Some(-HOUR),
            "the earlier one"
        );
        stay(&mut course, -HOUR, 20 * MINUTE, 3 * HOUR);
        assert_eq!(course.followed_ms(), -HOUR);
    }

    #[test]
    fn a_clock_that_stays_days_ahead_is_followed_at_once() {
        let mut course = Course::new(0, 0);
        course.look(20_000 * DAY, SECOND);
        stay(&mut course, 20_000 * DAY, 2 * SECOND, 11 * MINUTE);
        assert_eq!(course.followed_ms(), 20_000 * DAY);
    }

    #[test]
    fn what_the_way_to_the_database_takes_moves_nothing() {
        let mut course = Course::new(0, 0);
        course.look(19, 10 * SECOND);
        assert_eq!(course.followed_ms(), 0);
        course.look(20, 20 * SECOND);
        assert_eq!(course.followed_ms(), 20);
    }
}
