//! Any response in place of alert-logger's history is parsed into incidents or rejected, and never causes a panic.
#![no_main]

use api_gateway::sources::alert_logger::page;
use gateway_api::incidents::Incident;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(page) = page(bytes) else { return };
    for incident in page.alerts.iter().map(Incident::from) {
        assert!(incident.timeline.is_sorted_by_key(|step| step.at));
        assert!(
            incident
                .duration_seconds
                .is_none_or(|seconds| seconds >= 0.0)
        );
        let link = incident.runbook_url.unwrap_or_default().to_lowercase();
        assert!(link.is_empty() || link.trim().starts_with("http"));
    }
});
