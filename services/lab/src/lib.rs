//! Runs UptimePulse on one machine: up, status, logs, down, sizing, test
