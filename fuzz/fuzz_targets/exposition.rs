//! Any bytes that a ping-agent's `/metrics` might send: read or refused, never a panic.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = api_gateway::sources::exposition::read(bytes, |sample| {
        let _ = sample.label("target");
        Ok(())
    });
});
