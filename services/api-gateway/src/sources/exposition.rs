//! Reads Prometheus' text exposition format, line by line.
//!
//! It reads any valid text of [version 0.0.4], and the additions of [OpenMetrics] to a sample line: labels in any order, a
//! comma after the last one, white space wherever either format allows it, escapes, timestamps, exemplars, quoted
//! metric and label names, CRLF, a last line without its end. Comments (`# HELP`, `# TYPE`, `# EOF`, any other) are
//! skipped: a sample's name and labels say all that the gateway asks for.
//!
//! [version 0.0.4]: https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
//! [OpenMetrics]: https://prometheus.io/docs/specs/om/open_metrics_spec/

mod cursor;
mod error;
mod labels;
mod sample;

use std::io::{BufRead, Read};

pub use error::{ParseError, Reason};
pub use labels::Labels;
pub use sample::Sample;

/// Longest line. A sample's labels take far less.
pub const LINE_BYTES: usize = 64 << 10;

/// Most lines: a few more than an agent writes for all targets that are kept, at 40 series each.
pub const LINES: usize = 2_500_000;

/// Passes the samples of an exposition to `each`, in their order, until it refuses one.
///
/// ```
/// use api_gateway::sources::exposition::read;
///
/// let text = "# TYPE ping_up gauge\nping_up{target=\"demo\"} 1\n";
/// let mut seen = Vec::new();
/// read(text.as_bytes(), |sample| {
///     seen.push((sample.name.to_string(), sample.label("target").map(String::from), sample.value));
///     Ok(())
/// })?;
/// assert_eq!(seen, [("ping_up".to_owned(), Some("demo".to_owned()), 1.0)]);
/// # Ok::<(), api_gateway::sources::exposition::ParseError>(())
/// ```
///
/// # Errors
/// The first line that is not exposition text, or that is one too many.
pub fn read(
    mut text: impl BufRead,
    mut each: impl FnMut(&Sample<'_>) -> Result<(), Reason>,
) -> Result<(), ParseError> {
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        let read = (&mut text)
            .take(LINE_BYTES as u64 + 1)
            .read_until(b'\n', &mut line);
        let outcome = match read {
            Ok(0) => break,
            Ok(_) if line.len() > LINE_BYTES => Err(Reason::TooLong),
            Ok(_) if number > LINES => Err(Reason::TooMany),
            Ok(_) => {
                let line = line.strip_suffix(b"\n").unwrap_or(&line);
                sample::parse(line).and_then(|sample| sample.as_ref().map_or(Ok(()), &mut each))
            }
            Err(_) => Err(Reason::Unreadable),
        };
        outcome.map_err(|reason| ParseError {
            line: number,
            reason,
        })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
