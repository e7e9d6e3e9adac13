//! Reloads a [`TargetSet`] when `targets.toml` changes.
//!
//! The watcher polls the file and compares its content and permissions, not its times or inode: Kubernetes updates a
//! ConfigMap by swapping the symlink `..data`, and its files keep their names and may keep their times. SIGHUP triggers a
//! reread at once. If the file is invalid or missing, the old targets stay, and the error is logged once.

use std::{sync::Arc, time::Duration};

use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::watch::{Receiver, Sender, channel},
    task::spawn_blocking,
    time::{MissedTickBehavior, interval},
};
use tracing::{error, info};

use crate::{TargetSet, TargetSource, TargetsError, source::Content};

/// Time between two polls of the file.
const POLL_INTERVAL: Duration = Duration::from_secs(2);

/// Watches the file of `source`; `initial` is the set that was loaded from it. The receiver always has the current set.
/// The future does the work and ends when no receiver is left. It needs a Tokio runtime with time and I/O.
pub fn watch(
    source: TargetSource,
    initial: Arc<TargetSet>,
) -> (Receiver<Arc<TargetSet>>, impl Future<Output = ()> + Send) {
    watch_every(source, initial, POLL_INTERVAL)
}

/// Works like [`watch()`], with another time between two polls.
pub fn watch_every(
    source: TargetSource,
    initial: Arc<TargetSet>,
    period: Duration,
) -> (Receiver<Arc<TargetSet>>, impl Future<Output = ()> + Send) {
    let (sender, receiver) = channel(initial);
    (
        receiver,
        Watcher {
            source,
            last: None,
            sender,
        }
        .run(period),
    )
}

/// The reason to read the file.
#[derive(Clone, Copy, PartialEq)]
enum Trigger {
    Poll,
    Hangup,
}

/// The outcome of a read. Comparing it with the next one ensures that each content is parsed and logged only once.
#[derive(PartialEq)]
enum FileState {
    Content(Content),
    Unreadable(TargetsError),
}

struct Watcher {
    source: TargetSource,
    last: Option<FileState>,
    sender: Sender<Arc<TargetSet>>,
}

impl Watcher {
    async fn run(mut self, period: Duration) {
        let mut hangups = match signal(SignalKind::hangup()) {
            Ok(hangups) => Some(hangups),
            Err(error) => {
                error!(%error, "can't listen for SIGHUP; it will not reread the targets");
                None
            }
        };
        let mut ticks = interval(period);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let trigger = tokio::select! {
                () = self.sender.closed() => return,
                () = next(&mut hangups) => Trigger::Hangup,
                _ = ticks.tick(), if self.source.has_file() => Trigger::Poll,
            };
            if self.source.has_file() {
                self.reread(trigger).await;
            } else {
                info!("SIGHUP: no PING_TARGETS_FILE to reread");
            }
        }
    }

    /// Reads the file on a thread for blocking calls, and parses it if it changed or on SIGHUP.
    async fn reread(&mut self, trigger: Trigger) {
        let source = self.source.clone();
        let last = self.last.take();
        let task = spawn_blocking(move || {
            let state = match source.read_file() {
                Ok(content) => FileState::Content(content),
                Err(error) => FileState::Unreadable(error),
            };
            let is_due = trigger == Trigger::Hangup || last.as_ref() != Some(&state);
            let parsed = is_due.then(|| match &state {
                FileState::Content(content) => source.assemble(Some(content)),
                FileState::Unreadable(error) => Err(error.clone()),
            });
            (state, parsed)
        });
        match task.await {
            Ok((state, parsed)) => {
                self.last = Some(state);
                match parsed {
                    Some(Ok(targets)) => self.publish(targets, trigger),
                    Some(Err(error)) => error!(%error, "new targets rejected; the old ones stay"),
                    None => {}
                }
            }
            Err(error) => error!(%error, "the targets could not be reread; the old ones stay"),
        }
    }

    fn publish(&self, targets: TargetSet, trigger: Trigger) {
        let changes = targets.changes_since(&self.sender.borrow());
        if changes.any() {
            info!(
                targets = targets.len(),
                added = changes.added,
                removed = changes.removed,
                changed = changes.changed,
                reordered = changes.reordered,
                "targets reloaded"
            );
            self.sender.send_replace(Arc::new(targets));
        } else if trigger == Trigger::Hangup {
            info!(
                targets = targets.len(),
                "targets reread on SIGHUP: nothing changed"
            );
        }
    }
}

/// Waits for the next SIGHUP, or forever if it can't be received.
async fn next(hangups: &mut Option<Signal>) {
    let received = match hangups {
        Some(hangups) => hangups.recv().await,
        None => None,
    };
    if received.is_none() {
        std::future::pending::<()>().await;
    }
}
