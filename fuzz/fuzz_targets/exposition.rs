//! Any bytes that a ping-agent's `/metrics` might send: read or refused, never a panic.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    for sample in api_gateway::exposition::samples(bytes).flatten() {
        let _ = sample.label("target");
    }
});
