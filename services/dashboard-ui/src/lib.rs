//! The status page, rendered from api-gateway's JSON
