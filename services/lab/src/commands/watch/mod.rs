//! `watch`: the status page as a full-screen view in the terminal, live through the gateway's stream.

mod follow;
mod rows;
mod screen;
mod verdict;
mod view;

use std::io::{self, IsTerminal as _};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use jiff::Timestamp;
use ratatui::DefaultTerminal;
use ratatui::crossterm::event::{self, Event};
use tokio::sync::mpsc::{self, Receiver, UnboundedReceiver};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

use self::follow::{Update, follow};
use self::screen::{Next, Screen};
use self::view::View;
use super::Lab;
use crate::cli::Error;
use crate::http::gateway::Gateway;
use crate::part::Part;
use crate::supervisor::Signals;

/// The interval of the redraws without a change, which keep the ages current.
const TICK: Duration = Duration::from_secs(1);

/// The shortest time between two redraws because of updates: a large lab sends many in a second.
const REDRAW_AFTER: Duration = Duration::from_millis(250);

/// Shows the view until a key or a signal ends it.
pub async fn run(lab: &Lab) -> Result<ExitCode, Error> {
    if !io::stdout().is_terminal() {
        return Err(Error::Usage(format!(
            "watch needs a terminal, but stdout is none; `{}` prints the state once",
            lab.state.command_line("status")
        )));
    }
    let url = lab.running_url(Part::ApiGateway).ok_or_else(|| {
        anyhow!(
            "the lab is not running; `{}` starts it",
            lab.state.command_line("up")
        )
    })?;
    let gateway = Gateway::new(&url)?;
    let signals = Signals::listen().context("can't listen for signals")?;
    let (sender, updates) = mpsc::channel(256);
    let mut session = Session::open().context("can't use the terminal")?;
    let follower = tokio::spawn(follow(gateway, sender));
    let shown = show(&mut session.terminal, updates, input(), signals).await;
    follower.abort();
    drop(session);
    shown.context("can't use the terminal")?;
    Ok(ExitCode::SUCCESS)
}

/// The terminal in raw mode with its alternate screen. It is restored when this is dropped, and on a panic.
struct Session {
    terminal: DefaultTerminal,
}

impl Session {
    fn open() -> io::Result<Self> {
        // This also sets a panic hook that restores the terminal.
        let terminal = ratatui::try_init().inspect_err(|_| ratatui::restore())?;
        Ok(Self { terminal })
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        ratatui::restore();
    }
}

/// Returns the events of keyboard and window. They are read by a thread, which ends with the process.
fn input() -> UnboundedReceiver<Event> {
    let (sender, receiver) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        while let Ok(event) = event::read() {
            if sender.send(event).is_err() {
                return;
            }
        }
    });
    receiver
}

async fn show(
    terminal: &mut DefaultTerminal,
    mut updates: Receiver<Update>,
    mut input: UnboundedReceiver<Event>,
    mut signals: Signals,
) -> io::Result<()> {
    let mut view = View::default();
    let mut screen = Screen::default();
    let mut tick = interval(TICK);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut draw_at = Instant::now();
    let mut is_changed = true;
    loop {
        tokio::select! {
            () = sleep_until(draw_at), if is_changed => {
                let now = Timestamp::now();
                terminal.draw(|frame| screen.draw(frame, &view, now))?;
                is_changed = false;
                draw_at = Instant::now() + REDRAW_AFTER;
            }
            Some(update) = updates.recv() => {
                view.apply(update, Timestamp::now());
                is_changed = true;
            }
            event = input.recv() => match event.map(|event| screen.handle(&event)) {
                Some(Next::Redraw) => {
                    is_changed = true;
                    draw_at = Instant::now();
                }
                Some(Next::Continue) => {}
                // The terminal is gone, or the user has ended the view.
                Some(Next::Quit) | None => return Ok(()),
            },
            _ = signals.next() => return Ok(()),
            _ = tick.tick() => is_changed = true,
        }
    }
}
