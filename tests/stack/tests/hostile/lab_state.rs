//! The lab's own files are removed or damaged while it runs. `status`, `up` and `down` still find the running processes.

use std::fs;
use std::process::Command;
use std::time::Duration;

use lab::process::ProcessIdentity;
use lab::state::record::LabRecord;
use rustix::process::Signal;
use stack_tests::{binary, lab};
use test_support::{Lab, repository, until, within};

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Returns the processes of the supervisor and all parts.
fn processes(lab: &Lab) -> Vec<ProcessIdentity> {
    let record = LabRecord::load(&lab.state_dir().join("lab.json"));
    let record = record.unwrap().expect("a record");
    let parts = record.parts.into_iter().filter_map(|part| part.process);
    let all: Vec<_> = std::iter::once(record.supervisor).chain(parts).collect();
    assert!(all.len() > 7, "{all:?}");
    all
}

fn is_gone(process: &ProcessIdentity) -> bool {
    !process.is_alive()
}

#[tokio::test]
async fn up_and_down_find_a_lab_whose_lock_was_removed() {
    let lab = lab().up();
    let running = processes(&lab);
    let lock = lab.state_dir().join("lab.lock");
    fs::remove_file(&lock).unwrap();
    let second = lab.try_up();
    let message = text(&second.stderr);
    assert!(message.contains("already running"), "{message}");
    assert!(!running.iter().any(is_gone), "the second up ended parts");
    within(Duration::from_secs(10), "the lock is back", || async {
        fs::metadata(&lock).ok().filter(|lock| lock.len() > 0)
    })
    .await;

    fs::remove_file(&lock).unwrap();
    lab.down();
    assert!(running.iter().all(is_gone), "{running:?}");
}

#[tokio::test]
async fn status_up_and_down_work_with_a_damaged_record() {
    let lab = lab().up();
    let record = lab.state_dir().join("lab.json");
    for damaged in ["", "{\"supervisor\"", "\0\0\0\0"] {
        fs::write(&record, damaged).unwrap();
        let status = lab.run(&["status"]);
        assert!(status.status.success(), "{}", text(&status.stdout));
    }

    // As after a crash of the machine: an empty record and no supervisor.
    let running = processes(&lab);
    running[0].signal(Signal::KILL);
    until("the parts end with their supervisor", async || {
        running.iter().all(is_gone)
    })
    .await;
    fs::write(&record, "\0\0\0\0").unwrap();
    lab.up_again();

    let running = processes(&lab);
    fs::write(&record, "\0\0\0\0").unwrap();
    lab.down();
    assert!(running.iter().all(is_gone), "{running:?}");
}

#[tokio::test]
async fn a_lab_whose_state_folder_was_removed_stops() {
    let lab = lab().up();
    let running = processes(&lab);
    // The parts write to it meanwhile.
    until("the folder is gone", async || {
        let _ = fs::remove_dir_all(lab.state_dir());
        !lab.state_dir().exists()
    })
    .await;
    until("everything has ended", async || running.iter().all(is_gone)).await;
}

#[tokio::test]
async fn status_is_right_again_once_the_record_can_be_written() {
    let lab = lab().up();
    let record = lab.state_dir().join("lab.json");
    let before = lab.status("ping-agent")["pid"].clone();
    let agent = ProcessIdentity::of(i32::try_from(before.as_i64().unwrap()).unwrap());
    // A folder that is not empty can't be replaced by a file, so writing the record fails as on a full disk.
    fs::remove_file(&record).unwrap();
    fs::create_dir_all(record.join("in the way")).unwrap();
    agent.unwrap().signal(Signal::KILL);
    until("the agent is restarted", async || {
        lab.log("lab").contains("ping-agent is ready again")
    })
    .await;
    fs::remove_dir_all(&record).unwrap();
    within(Duration::from_secs(10), "status is right", || async {
        let agent = lab.status("ping-agent");
        (agent["state"] == "ready" && agent["pid"] != before).then_some(())
    })
    .await;
}

/// Tests a machine without Prometheus and with unreachable package servers: nothing listens on port 1.
#[test]
fn without_a_network_up_names_the_problem() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let root = path("root");
    fs::create_dir(&root).unwrap();
    std::os::unix::fs::symlink(repository().join("monitoring"), root.join("monitoring")).unwrap();
    fs::write(
        path("sources"),
        "deb [trusted=yes] http://127.0.0.1:1/ x main\n",
    )
    .unwrap();
    let apt = format!(
        "Dir::Etc::SourceList \"{}\";\nDir::Etc::SourceParts \"/dev/null\";\nAcquire::Retries \"0\";\n",
        path("sources").display()
    );
    fs::write(path("apt.conf"), apt).unwrap();
    let callers = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<_> = std::env::split_paths(&callers)
        .filter(|folder| !folder.join("prometheus").exists())
        .collect();
    let output = Command::new(binary("lab"))
        .args(["up", "--detach", "--port-base", "29990", "--state-dir"])
        .arg(path("state"))
        .env("LAB_ROOT", &root)
        .env("PATH", std::env::join_paths(&folders).unwrap())
        .env("APT_CONFIG", path("apt.conf"))
        .output()
        .unwrap();
    let message = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{message}");
    let has_apt = |folder: &std::path::PathBuf| folder.join("apt-get").exists();
    let expected = if folders.iter().any(has_apt) {
        "check the network connection"
    } else {
        "apt-get is not on PATH"
    };
    assert!(message.contains(expected), "{message}");
    assert!(message.contains("Put `prometheus`"), "{message}");
}
