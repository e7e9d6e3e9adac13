use gateway_api::status::{Blind, Part, Reason, TargetStatus};
use ratatui::Terminal;
use ratatui::backend::TestBackend;

use super::super::follow::Update;
use super::*;
use crate::http::gateway::fixture::{incident, status, target as watched, time};

const NOW: &str = "2026-11-23T02:50:00Z";

/// Returns a view whose status was received at [`NOW`].
fn view(targets: Vec<TargetStatus>) -> View {
    let mut view = View::default();
    view.apply(Update::Status(Box::new(status(targets))), time(NOW));
    view
}

/// Draws the view, and returns the lines of the screen.
fn lines(screen: &mut Screen, view: &View, (width, height): (u16, u16), now: &str) -> Vec<String> {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal
        .draw(|frame| screen.draw(frame, view, time(now)))
        .unwrap();
    let buffer = terminal.backend().buffer();
    let cells = buffer.content().chunks(usize::from(width));
    cells
        .map(|cells| {
            cells
                .iter()
                .map(ratatui::buffer::Cell::symbol)
                .collect::<String>()
        })
        .map(|line| line.trim_end().to_owned())
        .collect()
}

fn drawn(view: &View, size: (u16, u16)) -> Vec<String> {
    lines(&mut Screen::default(), view, size, NOW)
}

fn press(screen: &mut Screen, code: KeyCode) -> Next {
    screen.handle(&Event::Key(KeyEvent::new(code, KeyModifiers::NONE)))
}

#[test]
fn a_target_that_is_down_is_first_with_time_and_reason() {
    let view = view(vec![
        watched("shop", State::Up),
        watched("demo", State::Down),
    ]);
    assert_eq!(
        drawn(&view, (80, 24))[..6],
        [
            " 1 of 2 targets is down                                         updated 0 s ago",
            "1 down · 1 up",
            "",
            "TARGET            STATE       FOR         REASON                AVAIL.  LATENCY",
            "demo              down        9 min       timed out             99.95%  12.3 ms",
            "shop              up          9 min                             99.95%  12.3 ms",
        ]
    );
}

#[test]
fn open_incidents_take_at_most_a_quarter_of_the_screen() {
    let mut view = view(vec![watched("shop", State::Down)]);
    let open = |count: usize| vec![incident("shop", IncidentState::Ongoing); count];
    view.apply(Update::Incidents(Some(open(1))), time(NOW));
    assert_eq!(drawn(&view, (80, 24))[2..4], ["shop is down · 9 min", ""]);
    view.apply(Update::Incidents(Some(open(50))), time(NOW));
    let lines = drawn(&view, (80, 24));
    assert_eq!(lines[7], "… and 45 more open incidents");
    assert!(lines[9].starts_with("TARGET"), "{lines:?}");
}

#[test]
fn a_narrow_terminal_shows_the_most_important_columns() {
    let view = view(vec![
        watched("shop", State::Up),
        watched("demo", State::Down),
    ]);
    assert_eq!(
        drawn(&view, (40, 12)),
        [
            " 1 of 2 targets is down",
            "1 down · 1 up           updated 0 s ago",
            "",
            "TARGET          STATE       FOR",
            "demo            down        9 min",
            "shop            up          9 min",
            "",
            "",
            "",
            "",
            "",
            "q quit  ↑↓ PgUp PgDn scroll  / filter",
        ]
    );
}

#[test]
fn a_blind_lab_is_not_good() {
    let mut status = status(vec![watched("shop", State::Unknown)]);
    let since = time("2026-11-23T02:42:00Z");
    status.summary.blind = Blind::because(vec![Reason {
        part: Part::Prometheus,
        started_at: since,
        detail: "connection refused".to_owned(),
    }]);
    let mut view = View::default();
    view.apply(Update::Status(Box::new(status)), time(NOW));
    let lines = drawn(&view, (80, 24));
    assert!(
        lines[0].starts_with(" The lab is blind: nobody can tell"),
        "{lines:?}"
    );
    assert_eq!(lines[1], "Blind for 8 min: prometheus: connection refused");
}

#[test]
fn a_gateway_that_is_away_leaves_no_state_current() {
    let view = view(vec![
        watched("shop", State::Up),
        watched("demo", State::Down),
    ]);
    for now in ["2026-11-23T02:50:13Z", "2026-11-23T03:50:00Z"] {
        let lines = lines(&mut Screen::default(), &view, (80, 24), now);
        assert!(
            lines[0].starts_with(" The lab is blind: api-gateway does not answer"),
            "{lines:?}"
        );
        assert!(
            lines[1].contains("api-gateway has sent nothing"),
            "{lines:?}"
        );
        assert_eq!(lines[3], "2 unknown");
        assert_eq!(lines[6], "shop              unknown                 was up");
        assert_eq!(
            lines[7],
            "demo              unknown                 was down"
        );
    }
}

#[test]
fn without_targets_and_before_the_first_answer_the_view_says_so() {
    assert!(drawn(&view(vec![]), (80, 24))[0].starts_with(" No target is configured"));
    let lines = drawn(&View::default(), (40, 12));
    assert_eq!(lines[0], " Connecting to api-gateway …");
    let mut failed = View::default();
    let reason = "api-gateway does not answer at http://127.0.0.1:8080: connection refused";
    failed.apply(Update::Failed(reason.to_owned()), time(NOW));
    let lines = drawn(&failed, (40, 12));
    assert_eq!(lines[0], " The lab is blind: api-gateway does not…");
    let hint = "Is the lab running? ./lab status";
    assert_eq!(
        lines[1..5].join(" "),
        format!("Blind for 0 s: {reason}. {hint}")
    );
}

#[test]
fn hostile_names_stay_in_their_column() {
    let long = "x".repeat(10_000);
    let stacked = format!("a{}", "\u{301}".repeat(5_000));
    let names = [
        "\x1b[2J\x1b[31mred",
        "good\u{202e}exe.txt",
        "שלום עולם שלום עולם",
        "日本語の名前日本語の名前",
        "👩‍👩‍👧👩‍👩‍👧👩‍👩‍👧👩‍👩‍👧👩‍👩‍👧",
        "line\nbreak\ttab\r",
        "\u{9b}31m",
        &stacked,
        &long,
    ];
    let targets = names.map(|name| {
        let mut target = watched(name, State::Down);
        target.group = Some(name.into());
        target.reason = Some(name.into());
        target
    });
    let view = view(targets.into());
    for size in [(80, 40), (40, 40), (20, 5), (3, 2), (1, 1)] {
        let lines = drawn(&view, size);
        let text = lines.join("\n");
        let is_hostile =
            |c: char| (c.is_control() && c != '\n') || c == '\u{202e}' || c == '\u{200d}';
        assert!(!text.contains(is_hostile), "{size:?}: {text:?}");
        if size.0 == 80 {
            let rows = lines.iter().filter(|line| line.contains("9 min"));
            let states: Vec<&str> = rows
                .map(|line| line.split_at(line.find("down ").unwrap()).1)
                .collect();
            assert_eq!(states.len(), names.len(), "{text}");
        }
    }
}

#[test]
fn keys_scroll_and_never_leave_the_list() {
    let targets = (0..100).map(|index| watched(&format!("target-{index:02}"), State::Up));
    let view = view(targets.collect());
    let mut screen = Screen::default();
    let first = |screen: &mut Screen| {
        let lines = lines(screen, &view, (80, 24), NOW);
        (
            lines[4][..9].to_owned(),
            lines[23].rsplit("  ").next().unwrap().trim().to_owned(),
        )
    };
    let shown = |name: &str, place: &str| (name.to_owned(), place.to_owned());
    assert_eq!(first(&mut screen), shown("target-00", "1-19 of 100"));
    press(&mut screen, KeyCode::Down);
    assert_eq!(first(&mut screen), shown("target-01", "2-20 of 100"));
    press(&mut screen, KeyCode::PageDown);
    assert_eq!(first(&mut screen), shown("target-20", "21-39 of 100"));
    press(&mut screen, KeyCode::End);
    assert_eq!(first(&mut screen), shown("target-81", "82-100 of 100"));
    press(&mut screen, KeyCode::PageUp);
    press(&mut screen, KeyCode::Home);
    press(&mut screen, KeyCode::Up);
    assert_eq!(first(&mut screen), shown("target-00", "1-19 of 100"));
}

#[test]
fn the_filter_leaves_matching_targets_and_the_verdict_stays_that_of_all() {
    let view = view(vec![
        watched("shop", State::Up),
        watched("demo", State::Down),
    ]);
    let mut screen = Screen::default();
    for key in ['/', 's', 'q', 'h'] {
        assert_eq!(press(&mut screen, KeyCode::Char(key)), Next::Redraw);
    }
    press(&mut screen, KeyCode::Backspace);
    press(&mut screen, KeyCode::Backspace);
    press(&mut screen, KeyCode::Char('h'));
    press(&mut screen, KeyCode::Enter);
    let filtered = lines(&mut screen, &view, (80, 24), NOW);
    assert!(
        filtered[0].starts_with(" 1 of 2 targets is down"),
        "{filtered:?}"
    );
    assert!(filtered[4].starts_with("shop"), "{filtered:?}");
    assert_eq!(filtered[5], "");
    assert_eq!(filtered[23], "/sh  Esc shows all");
    press(&mut screen, KeyCode::Esc);
    assert!(lines(&mut screen, &view, (80, 24), NOW)[4].starts_with("demo"));
}

#[test]
fn q_and_ctrl_c_end_the_view() {
    let mut screen = Screen::default();
    assert_eq!(press(&mut screen, KeyCode::Char('q')), Next::Quit);
    press(&mut screen, KeyCode::Char('/'));
    let ctrl_c = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
    assert_eq!(screen.handle(&Event::Key(ctrl_c)), Next::Quit);
    assert_eq!(press(&mut screen, KeyCode::Char('q')), Next::Redraw);
    assert_eq!(screen.handle(&Event::Resize(1, 1)), Next::Redraw);
}
