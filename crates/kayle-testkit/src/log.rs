//! What the current thread writes into the log.

use std::cell::RefCell;
use std::io;
use std::marker::PhantomData;
use std::sync::Once;

use tracing::Level;

thread_local! {
    static LINES: RefCell<Option<Vec<u8>>> = const { RefCell::new(None) };
}

/// The lines of one thread, which it must not leave.
pub struct Log(PhantomData<*const ()>);

impl Log {
    /// Collects every line that this thread logs from now on, of every level.
    ///
    /// One subscriber serves the whole process. One per test would miss lines: a callsite that
    /// another thread, which has no subscriber, reaches first is switched off for all of them.
    pub fn collect() -> Self {
        static SUBSCRIBER: Once = Once::new();
        SUBSCRIBER.call_once(|| {
            tracing_subscriber::fmt()
                .with_max_level(Level::TRACE)
                .with_ansi(false)
                .with_writer(|| ThisThread)
                .init();
        });
        LINES.set(Some(Vec::new()));
        Self(PhantomData)
    }

    /// Stops collecting and returns the lines.
    ///
    /// # Panics
    ///
    /// The lines are no UTF-8.
    pub fn finish(self) -> String {
        String::from_utf8(LINES.take().unwrap_or_default()).expect("log lines are UTF-8")
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        LINES.set(None);
    }
}

struct ThisThread;

impl io::Write for ThisThread {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LINES.with_borrow_mut(|lines| {
            if let Some(lines) = lines {
                lines.extend_from_slice(bytes);
            }
        });
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
