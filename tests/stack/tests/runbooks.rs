//! Every alert of a running lab links to a runbook that opens.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests: a panic is the message"
)]

use stack_tests::lab;
use test_support::{client, get_json};

#[tokio::test]
async fn every_alert_links_to_its_runbook() {
    let lab = lab().up();
    let rules = lab.url("prometheus", "/api/v1/rules?type=alert");
    let rules = get_json(&rules).await.unwrap();
    let groups = rules["data"]["groups"].as_array().unwrap();
    let mut alerts = 0;
    for rule in groups
        .iter()
        .flat_map(|group| group["rules"].as_array().unwrap())
    {
        let (name, url) = (&rule["name"], &rule["annotations"]["runbook_url"]);
        let (name, url) = (name.as_str().unwrap(), url.as_str().unwrap());
        assert_eq!(url, lab.url("api-gateway", &format!("/runbooks/{name}")));
        let page = client().get(url).send().await.unwrap();
        assert_eq!(page.status(), 200, "{url}");
        let html = page.text().await.unwrap();
        assert!(html.contains(&format!(">{name}</h1>")), "{html}");
        alerts += 1;
    }
    assert!(alerts > 10, "{alerts}");
}
