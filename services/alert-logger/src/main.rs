//! The entry point of alert-logger.

service_kit::main!("alert-logger", alert_logger::start);
