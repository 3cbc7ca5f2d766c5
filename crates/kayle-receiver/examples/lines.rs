//! Opens cases of `receivers/vectors.json`, a case a line in, an outcome a line out, the keys in the
//! first line: `cargo xtask receivers fuzz` compares all libraries so.

use std::error::Error;
use std::io::{BufRead as _, Write as _};

#[path = "../tests/cases/mod.rs"]
mod cases;

fn main() -> Result<(), Box<dyn Error>> {
    let mut lines = std::io::stdin().lock().lines();
    let Some(first) = lines.next() else {
        return Ok(());
    };
    let keys: cases::Keys = serde_json::from_str(&first?)?;
    let mut out = std::io::stdout().lock();
    for line in lines {
        let case: cases::Case = serde_json::from_str(&line?)?;
        writeln!(out, "{}", cases::outcome(&case, &keys))?;
        out.flush()?;
    }
    Ok(())
}
