//! Any body of a request to alert-logger is parsed as a payload or rejected, and never causes a panic.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = alert_logger::webhook::parse(bytes, Default::default());
});
