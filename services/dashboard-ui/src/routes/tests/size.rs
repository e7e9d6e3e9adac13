//! The compressed size of a large page.

use askama::Template;
use bytes::Bytes;
use gateway_api::history::Range;

use super::*;
use crate::draw::charts::Charts;
use crate::page::announcements::Announcements;
use crate::page::filter::Filter;
use crate::page::overview::Overview;

/// The limit for a page of 1,000 targets is 150 kB compressed. With two slots of trouble for each target it holds for more
/// than most labs; with six, and addresses that share nothing, the page stays below twice that.
#[tokio::test]
async fn a_thousand_targets_are_a_small_page() {
    for (troubles, random_paths, limit) in [(2, false, 150_000), (6, true, 300_000)] {
        let size = compressed_size(troubles, random_paths);
        assert!(size < limit, "{troubles} slots of trouble: {size} bytes");
    }
}

/// Returns the compressed size of a page of 1,000 targets. Each has its own name, figures and latency lines, and slots of
/// trouble at random times.
fn compressed_size(troubles: usize, random_paths: bool) -> usize {
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = move || {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random
    };
    let names: Vec<String> = (0..1_000)
        .map(|index| format!("service-{index:04}-{:08x}", next() as u32))
        .collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let targets: Vec<_> = names
        .iter()
        .map(|name| {
            let mut target = target(name, State::Up);
            target.url = format!("https://{name}.example.org/health");
            if random_paths {
                target.url += &format!("/{:x}", next());
            }
            target.since = Some(fixture::time(&format!(
                "2026-11-{:02}T{:02}:{:02}:00Z",
                1 + next() % 20,
                next() % 24,
                next() % 60
            )));
            target.group = Some(format!("Team {}", next() % 20).into());
            target
        })
        .collect();
    let mut history = fixture::history(&names);
    let mut latency = fixture::latency(&names);
    let mut slo = fixture::slo(&names);
    for index in 0..1_000 {
        let target = &mut history.targets[index];
        for _ in 0..troubles {
            let at = next() as usize % 90;
            target.availability[at] = [Some(0.0), Some(0.9), None][next() as usize % 3];
        }
        target.overall.availability = Some(format!("{}.{:02}%", 90 + next() % 10, next() % 100));
        let line = |base: u64, next: &mut dyn FnMut() -> u64| -> Vec<Option<f64>> {
            (0..90)
                .map(|_| Some((base + next() % base) as f64 / 1e5))
                .collect()
        };
        let base = 100 + next() % 9_000;
        latency.targets[index].p50 = line(base, &mut next);
        latency.targets[index].p95 = line(base * 2, &mut next);
        slo.targets[index].error_budget_remaining_ratio =
            Some(next() as u32 as f64 / f64::from(u32::MAX));
    }
    let charts = Charts::new(Range::Day, Ok(history), Ok(latency), Ok(slo));
    let announcements = Announcements::pending();
    let view = fixture::view(status(&targets));
    let filter = Filter::default();
    let now = fixture::time("2026-11-23T02:45:30Z");
    let page = Overview::new(&view, &charts, &announcements, &filter, "1-2", now);
    let page = Bytes::from(page.render().unwrap());
    let rows = page.windows(18).filter(|it| it == b"<li class=\"target\"");
    assert_eq!(rows.count(), 1_000);
    assert!(page.len() > 1_000_000, "it contains bars and lines");
    crate::gzip::compress(&page).unwrap().len()
}
