//! The entry point of dashboard-ui.

service_kit::main!("dashboard-ui", dashboard_ui::start);
