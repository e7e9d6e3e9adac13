//! Reads a body up to a limit, and searches it for the expected text.

use std::error::Error;

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::Body;
use memchr::memmem;

use super::budget::{OverBudget, has_too_many_pieces};

/// Reads the body to its end, to `limit` bytes or to the maximum number of pieces. Returns whether the part that was read
/// contains `expected`; `None` is always found.
pub(crate) async fn read<B>(
    mut body: B,
    limit: usize,
    expected: Option<&str>,
) -> Result<bool, B::Error>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Error + 'static,
{
    let mut search = Search::new(expected.unwrap_or_default());
    let mut left = limit;
    let mut pieces = 0;
    while left > 0 && !has_too_many_pieces(pieces, limit - left) {
        let frame = match body.frame().await {
            Some(Ok(frame)) => frame,
            Some(Err(error)) if OverBudget::find_in(&error).is_none() => return Err(error),
            // The body has ended, or the server has used up the budget of the probe.
            Some(Err(_)) | None => break,
        };
        pieces += 1;
        if let Ok(mut data) = frame.into_data() {
            data.truncate(left);
            left -= data.len();
            search.feed(&data);
        }
    }
    Ok(search.found)
}

/// Searches pieces of a body for a text. Between pieces it keeps less than the length of the text.
struct Search<'a> {
    finder: memmem::Finder<'a>,
    /// The end of the previous pieces, which may be the start of the text.
    carry: Vec<u8>,
    found: bool,
}

impl<'a> Search<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            finder: memmem::Finder::new(text),
            carry: Vec::new(),
            found: text.is_empty(),
        }
    }

    fn feed(&mut self, piece: &[u8]) {
        if self.found {
            return;
        }
        self.carry.extend_from_slice(piece);
        self.found = self.finder.find(&self.carry).is_some();
        let keep = self.finder.needle().len().saturating_sub(1);
        let surplus = self.carry.len().saturating_sub(keep);
        self.carry.drain(..surplus);
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::Full;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_text_is_found_across_pieces(
            body in "[ab]{0,40}", text in "[ab]{0,6}", cuts in prop::collection::vec(1_usize..8, 40),
        ) {
            let mut search = Search::new(&text);
            let mut rest = body.as_bytes();
            for cut in cuts {
                let (piece, after) = rest.split_at(cut.min(rest.len()));
                search.feed(piece);
                rest = after;
            }
            prop_assert_eq!(search.found, body.contains(&text));
        }
    }

    #[tokio::test]
    async fn only_text_within_the_limit_is_found() {
        let body = || Full::new(Bytes::from_static(b"0123456789"));
        assert_eq!(read(body(), 5, Some("34")).await, Ok(true));
        assert_eq!(read(body(), 5, Some("45")).await, Ok(false));
        assert_eq!(read(body(), 5, None).await, Ok(true));
    }
}
