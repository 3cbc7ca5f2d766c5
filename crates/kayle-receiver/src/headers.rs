//! The headers of a request, in whatever form a web framework has them.

/// The headers of a request.
pub trait Headers {
    /// Returns every value of a header, whose name is compared without regard to case.
    fn values(&self, name: &str) -> Vec<&[u8]>;
}

impl<N: AsRef<str>, V: AsRef<[u8]>> Headers for [(N, V)] {
    fn values(&self, name: &str) -> Vec<&[u8]> {
        let named = |header: &&(N, V)| header.0.as_ref().eq_ignore_ascii_case(name);
        let values = self.iter().filter(named);
        values.map(|(_, value)| value.as_ref()).collect()
    }
}

#[cfg(feature = "http")]
impl Headers for http::HeaderMap {
    fn values(&self, name: &str) -> Vec<&[u8]> {
        let values = self.get_all(name).into_iter();
        values.map(http::HeaderValue::as_bytes).collect()
    }
}
