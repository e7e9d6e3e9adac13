//! Any response in place of alert-logger's history is parsed into alerts or rejected, and never causes a panic.
#![no_main]

use api_gateway::sources::alert_logger::page;
use gateway_api::incidents::Alert;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(page) = page(bytes) else { return };
    for alert in page.alerts.iter().map(|it| Alert::from(&**it)) {
        assert!(alert.timeline.is_sorted_by_key(|step| step.at));
        assert!(alert.duration_seconds.is_none_or(|seconds| seconds >= 0.0));
        let link = alert.runbook_url.unwrap_or_default().to_lowercase();
        assert!(link.is_empty() || link.trim().starts_with("http"));
    }
});
