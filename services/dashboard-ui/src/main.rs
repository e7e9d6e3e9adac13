//! The entry point of dashboard-ui.

fn main() -> std::process::ExitCode {
    service_kit::run("dashboard-ui", dashboard_ui::start)
}
