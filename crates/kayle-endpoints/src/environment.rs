//! Where the process runs, which decides how strict the policies are (contract 13.2).

/// Whether the process is marked as production.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Environment {
    /// Loopback may be reached, over `http` too.
    Development,
    /// Public names over `https` only.
    Production,
}
