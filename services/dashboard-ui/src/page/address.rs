//! Addresses of targets' pages.

use gateway_api::history::Range;

use crate::text::segment;

/// Returns the address of a target's page.
pub(crate) fn page_of(target: &str) -> String {
    format!("/targets/{}", segment(target))
}

/// Returns the address of a target's page with a range.
pub(crate) fn link(target: &str, range: Range) -> String {
    format!("{}?range={}", page_of(target), range.as_str())
}
