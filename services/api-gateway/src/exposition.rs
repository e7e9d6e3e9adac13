//! Reads Prometheus' text exposition format, line by line and without allocating.
//!
//! Taken is any valid text of [version 0.0.4] and what [OpenMetrics] adds to a sample line: labels in any order, a
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

pub use error::{ParseError, Reason};
pub use labels::Labels;
pub use sample::Sample;

/// The samples of an exposition, in its order.
///
/// ```
/// let text = b"# TYPE ping_up gauge\nping_up{target=\"demo\"} 1\n";
/// for sample in api_gateway::exposition::samples(text) {
///     let sample = sample?;
///     assert_eq!((&*sample.name, sample.value), ("ping_up", 1.0));
///     assert_eq!(sample.label("target").as_deref(), Some("demo"));
/// }
/// # Ok::<(), api_gateway::exposition::ParseError>(())
/// ```
#[must_use]
pub fn samples(text: &[u8]) -> Samples<'_> {
    Samples {
        rest: text,
        line: 0,
    }
}

/// Iterates over the samples of an exposition; made by [`samples`]. A line that is refused is an error with its
/// number; the lines after it can still be read.
#[derive(Debug, Clone)]
pub struct Samples<'a> {
    rest: &'a [u8],
    line: usize,
}

impl<'a> Iterator for Samples<'a> {
    type Item = Result<Sample<'a>, ParseError>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.rest.is_empty() {
            let end = memchr::memchr(b'\n', self.rest).unwrap_or(self.rest.len());
            let (line, rest) = self.rest.split_at_checked(end)?;
            self.rest = rest.get(1..).unwrap_or_default();
            self.line += 1;
            match sample::parse(line) {
                Ok(None) => {}
                Ok(Some(sample)) => return Some(Ok(sample)),
                Err(reason) => {
                    return Some(Err(ParseError {
                        line: self.line,
                        reason,
                    }));
                }
            }
        }
        None
    }
}

#[cfg(test)]
mod tests;
