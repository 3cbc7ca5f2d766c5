use super::*;

fn list(schedule: &RetrySchedule) -> Vec<u64> {
    (0..)
        .map_while(|attempts| schedule.delay_after(attempts))
        .map(|delay| delay.as_secs())
        .collect()
}

#[test]
fn the_published_schedules_are_those_of_the_contract() {
    let schedules = RetrySchedules::default();
    let standard = schedules.named(RetryScheduleName::Standard);
    let short = schedules.named(RetryScheduleName::Short);
    assert_eq!(
        list(standard),
        [0, 5, 300, 1800, 7200, 18_000, 36_000, 36_000]
    );
    assert_eq!(list(short), [0, 60, 120]);
    assert_eq!(standard.automatic_window(), Duration::from_secs(99_305));
    assert_eq!(short.automatic_window(), Duration::from_mins(3));
}

#[test]
fn a_schedule_holds_1_to_64_delays_of_at_most_31_days() {
    fn check(delays: Vec<Duration>, expected: Result<(), InvalidSchedule>) {
        assert_eq!(RetrySchedule::new(delays).map(|_| ()), expected);
    }
    let second = Duration::from_secs(1);
    check(vec![], Err(InvalidSchedule::Empty));
    check(vec![second; 1], Ok(()));
    check(vec![second; 64], Ok(()));
    check(vec![second; 65], Err(InvalidSchedule::TooLong));
    check(vec![DELAY_MAX], Ok(()));
    check(vec![DELAY_MAX + second], Err(InvalidSchedule::DelayTooLong));
}
