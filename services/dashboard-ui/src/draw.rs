//! SVG pictures (bars, lines, badges) and the figures beside them.

pub(crate) mod badge;
pub(crate) mod bar;
pub(crate) mod charts;
#[cfg(test)]
mod palette;
pub(crate) mod plot;
