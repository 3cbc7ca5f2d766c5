//! What must hold whatever happens.
//!
//! The cast: [`change`] judges every committed change of a delivery, [`request`] every request as
//! it goes out, [`enabling`] what waits when an endpoint is enabled, and [`end`] the whole history
//! once the faults have stopped and everybody had time.
//! A law is a function with a name, and a line in its module's list.

pub(crate) mod change;
pub(crate) mod enabling;
pub(crate) mod end;
pub(crate) mod request;
