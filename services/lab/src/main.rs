//! entry point
fn main() {}
