//! The lines with which `up` ends: what to do next.

use targets::TargetSet;

use crate::part::Part;
use crate::part::ports::Ports;
use crate::state::paths::StateDir;

/// The path of the demo target's endpoint that the lab probes.
const DEMO_PATH: &str = "/ok";

/// Returns a line for each step: open the status page, break the demo target if the lab probes it, and follow the outage.
pub fn next_steps(ports: Ports, state: &StateDir, targets: &TargetSet) -> String {
    let demo = format!("{}{DEMO_PATH}", ports.url(Part::DemoTarget));
    let fault = targets
        .iter()
        .any(|target| target.url.as_str() == demo)
        .then(|| {
            let address = ports.address(Part::DemoTarget);
            format!(
                "Break:  curl -XPUT {address}/faults{DEMO_PATH} -d '{{\"kind\":\"status\",\"status\":503}}'\n"
            )
        });
    format!(
        "Open:   {}\n{}Follow: {}, or {}, in a second terminal\n",
        ports.url(Part::DashboardUi),
        fault.unwrap_or_default(),
        state.command_line("watch"),
        state.command_line("logs -f"),
    )
}

#[cfg(test)]
mod tests {
    use targets::Defaults;

    use super::*;
    use crate::cli::WIDTH;
    use crate::state::paths::Installation;

    fn lines(urls: &str) -> Vec<String> {
        let installation = Installation {
            root: "/repo".into(),
            bin_dir: "/repo/target/release".into(),
        };
        let state = StateDir::default_of(&installation);
        let targets = TargetSet::parse_urls(urls, &Defaults::for_listing()).unwrap();
        let text = next_steps(Ports::new(Some(20_000)), &state, &targets);
        text.lines().map(str::to_owned).collect()
    }

    #[test]
    fn the_steps_are_three_lines_that_fit() {
        let lines = lines("http://127.0.0.1:20004/ok");
        assert_eq!(
            lines,
            [
                "Open:   http://127.0.0.1:20002",
                "Break:  curl -XPUT 127.0.0.1:20004/faults/ok -d '{\"kind\":\"status\",\"status\":503}'",
                "Follow: ./lab watch, or ./lab logs -f, in a second terminal",
            ]
        );
        assert!(lines.iter().all(|line| line.len() <= WIDTH));
    }

    #[test]
    fn without_the_demo_target_nothing_can_be_broken() {
        let lines = lines("https://example.org");
        assert!(
            !lines.iter().any(|line| line.starts_with("Break")),
            "{lines:?}"
        );
    }
}
