//! The probing service. Environment variables configure it, see [`ping_agent::Config`].

service_kit::main!("ping-agent", ping_agent::start);
