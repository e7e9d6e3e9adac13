//! Endpoints that misbehave on demand
