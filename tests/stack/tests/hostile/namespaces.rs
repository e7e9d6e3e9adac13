//! Runs tests that need another network in their own namespaces, without changes outside.

use std::env;
use std::process::Command;

/// The variable that is set inside the namespaces.
const INSIDE: &str = "UPTIMEPULSE_TEST_IN_NAMESPACES";

/// Returns whether this process runs inside the namespaces. Outside, it executes the shell commands `set_up` and the test of
/// this name inside new namespaces, and panics if they fail. If the machine allows no namespaces, the test is skipped.
pub fn enter(test: &str, set_up: &str) -> bool {
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
    assert!(
        status.unwrap().success(),
        "the test failed in its namespaces"
    );
    false
}
