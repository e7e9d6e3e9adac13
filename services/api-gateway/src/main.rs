//! The api-gateway service; the code is in the library.

service_kit::main!("api-gateway", api_gateway::start);
