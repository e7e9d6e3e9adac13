//! An invalid configuration ends the program with exit code 64 and one message, before it binds a port.
#![allow(clippy::unwrap_used, reason = "in a test a panic is the message")]

use test_support::command;

#[test]
fn an_invalid_setting_exits_with_64_and_names_key_value_and_what_is_allowed() {
    for (variables, parts) in [
        (
            [("TLS_LISTEN_ADDR", "here")],
            ["TLS_LISTEN_ADDR", "here", "127.0.0.1:8443"],
        ),
        (
            [("TLS_CA_FILE", "ca.pem")],
            ["TLS_CA_FILE", "ca.pem", "together with TLS_LISTEN_ADDR"],
        ),
    ] {
        let program = env!("CARGO_BIN_EXE_demo-target");
        let output = command(program, &variables).output().unwrap();
        let message = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(64), "{message}");
        assert_eq!(message.lines().count(), 1, "{message}");
        for part in parts {
            assert!(message.contains(part), "{message}");
        }
    }
}
