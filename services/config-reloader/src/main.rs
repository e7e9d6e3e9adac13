//! The entry point of config-reloader.

fn main() -> std::process::ExitCode {
    service_kit::run("config-reloader", config_reloader::start)
}
