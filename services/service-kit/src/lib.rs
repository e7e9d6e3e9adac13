//! What every UptimePulse service shares: configuration, telemetry, HTTP server, health, shutdown
