//! Tests that need another network: they run once more in namespaces of their own, which change nothing outside.

use std::env;
use std::process::Command;

/// Set where the test runs inside.
const INSIDE: &str = "UPTIMEPULSE_TEST_IN_NAMESPACES";

/// Returns whether the test runs inside. Outside, it runs the test of this name inside, after these shell commands, and
/// fails if that fails. Where the machine allows no namespaces, it says so and the test is skipped.
pub fn are_here(test: &str, set_up: &str) -> bool {
    if env::var_os(INSIDE).is_some() {
        return true;
    }
    let unshare = |script: &str| {
        let mut command = Command::new("unshare");
        command.args(["--map-root-user", "--net", "--mount", "sh", "-ec", script]);
        command
    };
    let possible = unshare("ip link set lo up").output();
    if !possible.is_ok_and(|output| output.status.success()) {
        println!("skipped: this machine has no unshare and ip, or allows no network namespaces");
        return false;
    }
    let status = unshare(&format!("ip link set lo up\n{set_up}\nexec \"$0\" \"$@\""))
        .arg(env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(INSIDE, "1")
        .status();
    assert!(status.unwrap().success(), "it failed in its namespaces");
    false
}
