//! The entry point of config-reloader.

service_kit::main!("config-reloader", config_reloader::start);
