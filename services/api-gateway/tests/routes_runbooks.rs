//! `GET /runbooks/` and `GET /runbooks/{name}`
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

mod support;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use axum::Router;
use support::{NO_AGENT, gateway, get};
use test_support::repository;

fn gateway_with(folder: &Path) -> Router {
    gateway(&[NO_AGENT, ("RUNBOOKS_DIR", folder.to_str().unwrap())])
}

#[tokio::test]
async fn every_runbook_is_listed_and_each_of_its_links_has_a_page() {
    let folder = repository().join("docs/runbooks");
    let gateway = gateway_with(&folder);
    let list = get(&gateway, "/runbooks/").await;
    assert_eq!(list.status, 200);
    assert_eq!(get(&gateway, "/runbooks").await.text, list.text);
    let mut pages = 0;
    for file in fs::read_dir(&folder).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        let link = format!("href=\"/runbooks/{name}\"");
        assert!(list.text.contains(&link), "{link}");
        let page = get(&gateway, &format!("/runbooks/{name}")).await;
        assert_eq!(page.status, 200, "{name}");
        let heading = format!(">{name}</h1>");
        assert!(page.text.contains(&heading), "{}", page.text);
        for rest in page.text.split("href=\"/runbooks/").skip(1) {
            let linked = rest.split(['"', '#']).next().unwrap();
            let there = linked.is_empty() || folder.join(format!("{linked}.md")).is_file();
            assert!(there, "{name} links to {linked}");
        }
        pages += 1;
    }
    assert!(pages > 10, "{pages}");
}

#[tokio::test]
async fn a_page_allows_no_script_and_contains_no_raw_html() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(
        folder.path().join("A-1.md"),
        "# A\n<script>x</script>\n\n[B](B.md)",
    )
    .unwrap();
    let page = get(&gateway_with(folder.path()), "/runbooks/A-1").await;
    assert_eq!(page.headers["content-type"], "text/html; charset=utf-8");
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(
        policy.starts_with("default-src 'none'") && !policy.contains("unsafe"),
        "{policy}"
    );
    assert!(!page.text.contains("<script"), "{}", page.text);
    assert!(
        page.text.contains("<a href=\"/runbooks/B\">B</a>"),
        "{}",
        page.text
    );
}

#[tokio::test]
async fn files_outside_the_folder_are_not_served() {
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("secret.md"), "secret").unwrap();
    let folder = outside.path().join("runbooks");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("Inside.md"), "inside").unwrap();
    fs::create_dir(folder.join("Folder.md")).unwrap();
    symlink("../secret.md", folder.join("Link.md")).unwrap();
    symlink("Inside.md", folder.join("Alias.md")).unwrap();
    let gateway = gateway_with(&folder);
    for found in ["Inside", "Alias"] {
        let page = get(&gateway, &format!("/runbooks/{found}")).await;
        assert_eq!(page.status, 200, "{found}");
    }
    for missing in [
        "Other",
        "Link",
        "Folder",
        "Inside.md",
        "..%2Fsecret",
        "%2e%2e%2fsecret",
        "In%00side",
        "%E2%82%AC",
    ] {
        let answer = get(&gateway, &format!("/runbooks/{missing}")).await;
        let detail = answer.problem(404);
        assert!(detail.contains("there is no runbook"), "{detail}");
    }
}

#[tokio::test]
async fn a_runbook_that_is_too_large_or_not_text_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("Large.md"), vec![b'a'; 256 * 1024 + 1]).unwrap();
    fs::write(folder.path().join("Binary.md"), [0xff]).unwrap();
    let gateway = gateway_with(folder.path());
    let detail = get(&gateway, "/runbooks/Large").await.problem(500);
    assert!(
        detail.contains("Large.md is larger than 256 KiB"),
        "{detail}"
    );
    get(&gateway, "/runbooks/Binary").await.problem(500);
}

#[tokio::test]
async fn without_a_folder_the_problem_names_the_setting() {
    let gateway = gateway(&[NO_AGENT]);
    for path in ["/runbooks/", "/runbooks/TargetDown"] {
        let detail = get(&gateway, path).await.problem(404);
        assert!(detail.contains("RUNBOOKS_DIR is not set"), "{detail}");
    }
}
