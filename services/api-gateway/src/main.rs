//! The api-gateway service; everything is in the library.

service_kit::main!("api-gateway", api_gateway::start);
