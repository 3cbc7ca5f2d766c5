//! Routes for the person whom a session is about (contract 3.9).

pub(super) mod cancel_session;
