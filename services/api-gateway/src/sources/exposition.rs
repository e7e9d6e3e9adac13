//! A parser of Prometheus' text exposition format that reads line by line.
//!
//! It accepts any valid text of [version 0.0.4], and [OpenMetrics]' additions to a sample line: labels in any order, a
//! trailing comma, white space wherever either format allows it, escapes, timestamps, exemplars, quoted metric and label
//! names, CRLF, a last line without a line feed. It skips comments (`# HELP`, `# TYPE`, `# EOF`, and others), because the
//! gateway needs only samples.
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

/// The longest line. A sample with its labels is much shorter.
pub const LINE_BYTES: usize = 64 << 10;

/// The most lines: a few more than an agent exports for the most allowed targets with 40 series each.
pub const LINES: usize = 2_500_000;

/// Passes the samples of an exposition to `each` in order, until `each` returns an error.
///
/// ```
/// use api_gateway::sources::exposition::read;
///
/// let text = "# TYPE ping_up gauge\nping_up{target=\"demo\"} 1\n";
/// let mut samples = Vec::new();
/// read(text.as_bytes(), |sample| {
///     samples.push((sample.name.to_string(), sample.label("target").map(String::from), sample.value));
///     Ok(())
/// })?;
/// assert_eq!(samples, [("ping_up".to_owned(), Some("demo".to_owned()), 1.0)]);
/// # Ok::<(), api_gateway::sources::exposition::ParseError>(())
/// ```
///
/// # Errors
/// A line is invalid or exceeds a limit, or `each` rejects its sample. The error names the first such line.
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
