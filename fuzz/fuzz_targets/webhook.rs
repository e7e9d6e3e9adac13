//! Any bytes that might be posted to alert-logger: a payload or refused, never a panic.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = alert_logger::webhook::parse(bytes, Default::default());
});
