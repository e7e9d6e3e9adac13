//! Writes every Alertmanager notification to a log that survives
