//! The api-gateway service; everything is in the library.

fn main() -> std::process::ExitCode {
    service_kit::run("api-gateway", api_gateway::start)
}
