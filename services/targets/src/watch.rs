//! Keeps a [`TargetSet`] current while `targets.toml` changes.
//!
//! What counts is the file's content and who can read it, not its time or inode: a ConfigMap changes by a swap of the symlink `..data`, and
//! its files keep their names and may keep their times. SIGHUP rereads at once. A file that is refused, or away for a
//! moment, leaves the targets as they were and says so once.

use std::{sync::Arc, time::Duration};

use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::watch::{Receiver, Sender, channel},
    task::spawn_blocking,
    time::{MissedTickBehavior, interval},
};
use tracing::{error, info};

use crate::{TargetSet, TargetSource, TargetsError, source::Content};

/// How often the file's content is compared.
const POLL_INTERVAL: Duration = Duration::from_secs(2);

/// Watches the file of `source`, whose targets are `initial` now. The receiver has the current set at any time; the
/// future does the work, ends when no receiver is left, and must run on a runtime with time and I/O.
pub fn watch(
    source: TargetSource,
    initial: Arc<TargetSet>,
) -> (Receiver<Arc<TargetSet>>, impl Future<Output = ()> + Send) {
    watch_every(source, initial, POLL_INTERVAL)
}

/// [`watch()`] with another time between two looks at the file.
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
            seen: None,
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

/// The outcome of the last read. It is compared with the next, so that each content is parsed and reported once.
#[derive(PartialEq)]
enum Seen {
    Content(Content),
    Unreadable(TargetsError),
}

struct Watcher {
    source: TargetSource,
    seen: Option<Seen>,
    sender: Sender<Arc<TargetSet>>,
}

impl Watcher {
    async fn run(mut self, period: Duration) {
        let mut hangups = match signal(SignalKind::hangup()) {
            Ok(hangups) => Some(hangups),
            Err(error) => {
                error!(%error, "SIGHUP will not reread the targets");
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
                self.look(trigger).await;
            } else {
                info!("SIGHUP: no PING_TARGETS_FILE to reread");
            }
        }
    }

    /// Reads the file, off the runtime's workers, and judges it unless it is as it was.
    async fn look(&mut self, trigger: Trigger) {
        let source = self.source.clone();
        let last = self.seen.take();
        let look = spawn_blocking(move || {
            let seen = match source.read_file() {
                Ok(content) => Seen::Content(content),
                Err(error) => Seen::Unreadable(error),
            };
            let news =
                (trigger == Trigger::Hangup || last.as_ref() != Some(&seen)).then(|| match &seen {
                    Seen::Content(content) => source.assemble(Some(content)),
                    Seen::Unreadable(error) => Err(error.clone()),
                });
            (seen, news)
        });
        match look.await {
            Ok((seen, news)) => {
                self.seen = Some(seen);
                match news {
                    Some(Ok(targets)) => self.publish(targets, trigger),
                    Some(Err(error)) => error!(%error, "new targets refused; the old ones stay"),
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

/// The next SIGHUP; never, where it can't be received.
async fn next(hangups: &mut Option<Signal>) {
    let received = match hangups {
        Some(hangups) => hangups.recv().await,
        None => None,
    };
    if received.is_none() {
        std::future::pending::<()>().await;
    }
}
