//! Any response in place of a ping-agent's `/metrics` is parsed or rejected, and never causes a panic.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = api_gateway::sources::exposition::read(bytes, |sample| {
        let _ = sample.label("target");
        Ok(())
    });
});
