//! The alert-logger binary; everything it does is in the library.

service_kit::main!("alert-logger", alert_logger::start);
