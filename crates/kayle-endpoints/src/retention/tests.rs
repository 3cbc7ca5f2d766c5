use std::str::FromStr;

use super::*;

#[test]
fn exactly_four_retentions_exist() {
    let accepted: Vec<_> = (0..=1000)
        .filter(|hours| Retention::from_hours(*hours).is_ok())
        .collect();
    assert_eq!(accepted, [0, 24, 72, 168]);
    for hours in accepted {
        let retention = Retention::from_hours(hours).unwrap();
        assert_eq!(u64::from(retention.hours()), hours);
        assert_eq!(retention.duration(), Duration::from_hours(hours));
    }
    assert_eq!(Retention::default().hours(), 72);
}

#[test]
fn a_schedule_is_read_back_from_its_name() {
    for name in [RetryScheduleName::Standard, RetryScheduleName::Short] {
        assert_eq!(RetryScheduleName::from_str(name.as_str()), Ok(name));
    }
    assert_eq!(RetryScheduleName::default().as_str(), "standard");
    assert!(RetryScheduleName::from_str("Short").is_err());
}
