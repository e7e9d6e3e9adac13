//! The probing service. Configured by the environment, see [`ping_agent::Config`].

fn main() -> std::process::ExitCode {
    service_kit::run("ping-agent", ping_agent::start)
}
