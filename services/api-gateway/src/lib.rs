//! Answers people's questions about targets in JSON
