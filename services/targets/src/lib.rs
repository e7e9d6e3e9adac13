//! The target model: parsing, validation, redaction
