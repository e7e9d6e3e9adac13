//! The entry point of demo-target.

fn main() -> std::process::ExitCode {
    service_kit::run("demo-target", demo_target::start)
}
