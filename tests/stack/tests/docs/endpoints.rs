//! Requests the documented addresses from a running lab: every path must be answered, with its parameters.

use std::time::Duration;

use lab::part::Part;
use lab::part::ports::Ports;
use reqwest::{Method, StatusCode};
use stack_tests::documents::{
    Document, Location, assert_none, is_function, is_placeholder, sources, words,
};
use stack_tests::lab;
use test_support::{Lab, client, get_text, within};

/// A documented request.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Request {
    location: Location,
    part: &'static str,
    method: Method,
    path: String,
}

fn part_of_port(port: &str) -> Option<&'static str> {
    let is_its = |part: &Part| Ports::default().of(*part).to_string() == port;
    Part::ALL.into_iter().find(is_its).map(Part::name)
}

/// Finds `http://127.0.0.1:PORT/PATH`, and each `/PATH` in backticks after it in the same line, with the same method.
fn addresses(document: &Document) -> Vec<Request> {
    let mut found = Vec::new();
    let mut last = None;
    for code in document.code() {
        let text = &code.text;
        let method = ["PUT", "DELETE", "POST"]
            .into_iter()
            .find(|method| text.contains(&format!("-X {method}")))
            .unwrap_or(if text.contains("curl -d ") {
                "POST"
            } else {
                "GET"
            });
        // The parameters follow in --data-urlencode, so the address is incomplete.
        if text.contains("curl -G") {
            continue;
        }
        let mut push = |part, path: &str, method: &str| {
            found.push(Request {
                location: code.location.clone(),
                part,
                method: method.parse().unwrap(),
                path: path.to_owned(),
            });
        };
        for rest in text.split("http://127.0.0.1:").skip(1) {
            let address = rest
                .split([' ', '\'', '"', '>', ')', '`', '$'])
                .next()
                .unwrap_or_default();
            let (port, path) = address.split_once('/').unwrap_or((address, ""));
            if let Some(part) = part_of_port(port) {
                push(part, &format!("/{path}"), method);
                last = Some((code.location.line, part, method));
            }
        }
        if let Some((line, part, method)) = last
            && line == code.location.line
            && text.starts_with('/')
            && !text.contains(' ')
        {
            push(part, text, method);
        }
    }
    found
}

/// Finds `METHOD /PATH`, and `/PATH` after it, in tables whose first column is the part (empty: the part of the row above).
fn table(document: &Document) -> Vec<Request> {
    let mut found = Vec::new();
    let mut part = None;
    for (location, line, fenced) in document.lines() {
        let Some(row) = line.strip_prefix('|').filter(|_| !fenced) else {
            part = None;
            continue;
        };
        let first = row.split('|').next().unwrap_or_default().trim();
        if !first.is_empty() {
            part = Part::ALL
                .map(Part::name)
                .into_iter()
                .find(|part| *part == first);
        }
        let Some(part) = part else {
            continue;
        };
        let mut any = false;
        for code in Document::new("", line).code() {
            let text = code.text.as_str();
            let (method, path) = text.split_once(' ').unwrap_or(("GET", text));
            let names = ["GET", "PUT", "POST", "DELETE"].contains(&method) && path.starts_with('/');
            any |= names && text.contains(' ');
            if names && any && !path.contains(' ') {
                found.push(Request {
                    location: location.clone(),
                    part,
                    method: method.parse().unwrap(),
                    path: path.to_owned(),
                });
            }
        }
    }
    found
}

/// Replaces `NAME` by a target's name.
fn filled(path: &str) -> String {
    path.trim_end_matches('\\').replace("NAME", "demo")
}

/// Returns the problem with a response, if any. An unavailable or unconfigured source is no error of the document.
async fn problem(lab: &Lab, request: &Request) -> Option<String> {
    let url = lab.url(request.part, &filled(&request.path));
    let answer = client()
        .request(request.method.clone(), &url)
        .header("content-type", "application/json")
        .send()
        .await;
    let status = match answer {
        Ok(answer) => answer.status(),
        Err(error) => return Some(format!("{} {}: {error}", request.method, request.path)),
    };
    // Without a body, other methods fail with another status.
    let rejected = match request.method {
        Method::GET => status.is_client_error(),
        _ => [StatusCode::NOT_FOUND, StatusCode::METHOD_NOT_ALLOWED].contains(&status),
    };
    rejected.then(|| {
        format!(
            "{} {} of {} is answered with {status}",
            request.method, request.path, request.part
        )
    })
}

#[tokio::test]
async fn every_documented_address_is_answered() {
    let lab = lab().up();
    let mut problems = Vec::new();
    let mut count = 0;
    for document in Document::all() {
        for request in addresses(&document).into_iter().chain(table(&document)) {
            if request.part == "grafana" || is_placeholder(request.path.trim_start_matches('/')) {
                continue;
            }
            count += 1;
            let problem = problem(&lab, &request).await;
            problems.extend(problem.map(|problem| (request.location, problem)));
        }
    }
    assert!(count > 50, "only {count} addresses were found");
    assert_none("addresses", &problems);

    // Prometheus exposes some metrics of its database only once it has stored a sample.
    let stored = || async { lab.query("up").await.pop() };
    within(
        Duration::from_secs(60),
        "Prometheus stores a sample",
        stored,
    )
    .await;
    let problems = unknown_metrics(&lab).await;
    assert_none("metrics of the servers", &problems);
}

/// Returns the documented metrics of Prometheus and Alertmanager that are not exposed.
async fn unknown_metrics(lab: &Lab) -> Vec<(Location, String)> {
    // Prometheus exposes these once remote_write is configured.
    const LATE: &str = "prometheus_remote_storage_";
    let mut exposed = String::new();
    for part in ["prometheus", "alertmanager"] {
        exposed += &get_text(&lab.url(part, "/metrics")).await.unwrap();
    }
    let tests = sources(&["services", "tests"]);
    let mut problems = Vec::new();
    for document in Document::all() {
        for code in document.code() {
            for word in words(&code.text, "_") {
                let servers = word.starts_with("prometheus_") || word.starts_with("alertmanager_");
                let metric = servers && word.matches('_').count() > 1 && !word.starts_with(LATE);
                let exists =
                    exposed.contains(word.trim_end_matches("_total")) || is_function(&tests, word);
                if metric && !exists {
                    let problem = format!("no server exposes {word}");
                    problems.push((code.location.clone(), problem));
                }
            }
        }
    }
    problems
}

#[test]
fn addresses_are_found_where_documents_name_them() {
    let requests = |text: &str| {
        let document = Document::new("a.md", text);
        let all = addresses(&document).into_iter().chain(table(&document));
        all.map(|it| format!("{} {} {}", it.method, it.part, filled(&it.path)))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        requests(
            "`curl -X PUT http://127.0.0.1:8083/faults/ok -d '{}'`\n\n`curl http://127.0.0.1:9090/-/ready`, `/metrics`"
        ),
        [
            "PUT demo-target /faults/ok",
            "GET prometheus /-/ready",
            "GET prometheus /metrics"
        ]
    );
    assert_eq!(
        requests(
            "| api-gateway | `GET /api/v1/targets/NAME` |\n| | `GET /a?b=c`, `/d` |\n| other | `GET /x` |"
        ),
        [
            "GET api-gateway /api/v1/targets/demo",
            "GET api-gateway /a?b=c",
            "GET api-gateway /d"
        ]
    );
}
