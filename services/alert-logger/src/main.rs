//! The alert-logger binary; everything it does is in the library.

fn main() -> std::process::ExitCode {
    service_kit::run("alert-logger", alert_logger::start)
}
