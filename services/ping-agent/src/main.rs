//! The probing service. Configured by the environment, see [`ping_agent::Config`].

service_kit::main!("ping-agent", ping_agent::start);
