//! `GET /api/v1/announcements`
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

mod support;

use gateway_api::announcements::{AnnouncementSeverity, AnnouncementState, Announcements};
use jiff::{SignedDuration, Timestamp};
use support::{Answer, NO_AGENT, ask_with, gateway, get, sources};
use test_support::{Service, eventually};

const PATH: &str = "/api/v1/announcements";

fn read(answer: &Answer) -> Announcements {
    serde_json::from_str(&answer.text).unwrap()
}

#[tokio::test]
async fn announcements_come_from_the_folder_newest_first() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    let now = Timestamp::now();
    let hours = |hours| now + SignedDuration::from_hours(hours);
    let (was, is, will_be) = (hours(-3), hours(-1), hours(2));
    let (ended, ends) = (hours(-2), hours(1));
    write(
        "was.md",
        &format!("+++\nfrom = {was}\nuntil = {ended}\nseverity = 'info'\n+++\n# It was"),
    );
    write(
        "is.md",
        &format!(
            "+++\nfrom = {is}\nuntil = {ends}\nseverity = 'critical'\ntargets = ['a']\n+++\n\
             # We *know*\n\nBack by <b>noon</b>."
        ),
    );
    write(
        "will-be.md",
        &format!("+++\nfrom = {will_be}\nseverity = 'warning'\n+++\n# It will be"),
    );
    write("invalid.md", "# No front matter");
    let sources = sources(&[
        NO_AGENT,
        ("PING_TARGET_URLS", "http://a/"),
        ("ANNOUNCEMENTS_DIR", folder.path().to_str().unwrap()),
    ]);
    let gateway = api_gateway::routes::router(sources.clone());
    let answer = get(&gateway, PATH).await;
    let listed = read(&answer).announcements;
    let states: Vec<_> = listed.iter().map(|it| (&*it.id, it.state)).collect();
    assert_eq!(
        states,
        [
            ("will-be", AnnouncementState::Planned),
            ("is", AnnouncementState::Active),
            ("was", AnnouncementState::Past),
        ]
    );
    let known = &listed[1];
    assert_eq!(&*known.title, "We know");
    assert_eq!(known.html.trim(), "<p>Back by noon.</p>");
    assert_eq!(known.severity, AnnouncementSeverity::Critical);
    assert_eq!(known.targets, ["a".into()]);
    assert_eq!(listed[0].ended_at, None);
    assert_eq!(sources.rejected_announcements(), 1);

    let tag = answer.headers["etag"].to_str().unwrap();
    let same = ask_with(&gateway, PATH, &[("if-none-match", tag)]).await;
    assert_eq!(same.status, 304);

    std::fs::remove_file(folder.path().join("is.md")).unwrap();
    sources.reread_announcements();
    let changed = ask_with(&gateway, PATH, &[("if-none-match", tag)]).await;
    assert_eq!(changed.status, 200);
    assert_eq!(read(&changed).announcements.len(), 2);
}

#[tokio::test]
async fn without_a_folder_there_are_no_announcements() {
    let answer = get(&gateway(&[NO_AGENT]), PATH).await;
    assert_eq!(answer.status, 200);
    assert_eq!(read(&answer), Announcements::default());
}

#[tokio::test]
async fn an_edit_reaches_the_running_gateway_and_an_invalid_file_is_counted() {
    let folder = tempfile::tempdir().unwrap();
    let service = Service::start(
        env!("CARGO_BIN_EXE_api-gateway"),
        &[
            NO_AGENT,
            ("ANNOUNCEMENTS_DIR", folder.path().to_str().unwrap()),
        ],
    );
    let rejected = |count: usize| {
        let line = format!("\napi_gateway_announcement_files_rejected {count}\n");
        let service = &service;
        async move {
            let metrics = service.get("/metrics").await.text().await.ok()?;
            metrics.contains(&line).then_some(())
        }
    };
    eventually("nothing is rejected", || rejected(0)).await;
    let file = |name: &str| folder.path().join(name);
    let valid = "+++\nfrom = 2026-11-28T09:00:00Z\nseverity = 'info'\n+++\n# A";
    std::fs::write(file("a.md"), valid).unwrap();
    std::fs::write(file("invalid.md"), "# No front matter").unwrap();
    eventually("one file is rejected", || rejected(1)).await;
    let answer: Announcements = service.get(PATH).await.json().await.unwrap();
    assert_eq!(answer.announcements.len(), 1);
}
