//! Targets with maintenance windows.

use targets::{Defaults, Maintenance, TargetSet};

/// Zones in which clocks change by an hour, half an hour, two hours or a day, at night or at midnight, or not at all.
pub const ZONES: [&str; 13] = [
    "UTC",
    "Africa/Cairo",
    "Africa/Casablanca",
    "America/Havana",
    "America/New_York",
    "America/Sao_Paulo",
    "America/St_Johns",
    "Antarctica/Troll",
    "Asia/Kathmandu",
    "Asia/Tehran",
    "Australia/Lord_Howe",
    "Europe/Berlin",
    "Pacific/Apia",
];

/// Returns the maintenance of a target with these tables.
pub fn maintenance(tables: &[String]) -> Maintenance {
    let tables: String = tables
        .iter()
        .map(|table| format!("[[target.maintenance]]\n{table}\n"))
        .collect();
    let text = format!("[[target]]\nurl = \"http://a\"\n{tables}");
    let set = TargetSet::parse_toml(&text, &Defaults::default()).unwrap();
    set.iter().next().unwrap().maintenance.clone()
}
