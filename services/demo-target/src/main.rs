//! The entry point of demo-target.

service_kit::main!("demo-target", demo_target::start);
