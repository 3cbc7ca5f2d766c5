//! A slice of a list (contract 4.2).

/// How many items a page may hold: 1 to 100.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageLimit(u8);

/// The asked-for page size is not 1 to 100.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a whole number from 1 to 100")]
pub struct InvalidPageLimit;

impl PageLimit {
    /// The page size when the caller names none.
    pub const DEFAULT: Self = Self(10);

    /// A page of one, to see whether there is any.
    pub const ONE: Self = Self(1);

    /// Accepts 1 to 100.
    pub fn new(limit: u8) -> Result<Self, InvalidPageLimit> {
        if (1..=100).contains(&limit) {
            Ok(Self(limit))
        } else {
            Err(InvalidPageLimit)
        }
    }

    /// Parses plain decimal digits: no sign, no fraction, no blanks.
    pub fn parse(text: &str) -> Result<Self, InvalidPageLimit> {
        if !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(InvalidPageLimit);
        }
        text.parse()
            .map_err(|_| InvalidPageLimit)
            .and_then(Self::new)
    }

    /// Returns the limit as a number.
    pub fn get(self) -> usize {
        usize::from(self.0)
    }
}

/// Which page is asked for: `starting_after` is the last item of the page before, exclusive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageRequest<C> {
    /// The most items to answer.
    pub limit: PageLimit,
    /// The cursor; `None` asks for the first page.
    pub starting_after: Option<C>,
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The items, in the list's order.
    pub items: Vec<T>,
    /// Whether at least one more item lies beyond this page.
    pub has_more: bool,
}

impl<T> Page<T> {
    /// Creates a page from up to `limit + 1` items: the one too many only proves that there is
    /// more.
    pub fn from_overfetched(mut items: Vec<T>, limit: PageLimit) -> Self {
        let has_more = items.len() > limit.get();
        items.truncate(limit.get());
        Self { items, has_more }
    }

    /// Turns every item into something else.
    pub fn map<U>(self, change: impl FnMut(T) -> U) -> Page<U> {
        Page {
            items: self.items.into_iter().map(change).collect(),
            has_more: self.has_more,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_plain_decimal_digits_from_1_to_100() {
        fn check(text: &str, expected: Option<usize>) {
            assert_eq!(
                PageLimit::parse(text).ok().map(PageLimit::get),
                expected,
                "{text:?}"
            );
        }
        check("1", Some(1));
        check("100", Some(100));
        check("0", None);
        check("101", None);
        check("300", None);
        check("", None);
        check("1.0", None);
        check("+5", None);
        check(" 5", None);
        check("ten", None);
    }

    #[test]
    fn an_overfetched_item_proves_that_there_is_more() {
        let limit = PageLimit::new(2).expect("2 is a limit");
        assert_eq!(
            Page::from_overfetched(vec![1, 2, 3], limit),
            Page {
                items: vec![1, 2],
                has_more: true
            }
        );
        assert_eq!(
            Page::from_overfetched(vec![1, 2], limit),
            Page {
                items: vec![1, 2],
                has_more: false
            }
        );
    }
}
