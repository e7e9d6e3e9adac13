//! A thread with its own async runtime.

use std::io;

use tokio::runtime::Builder;
use tokio::sync::oneshot;

use crate::probe::{MAX_HOSTS_LOOKUPS, MAX_LOOKUPS};

/// Runs the task, and all tasks that it spawns, on a thread of their own. There a probe costs half as much as on a runtime
/// with several workers, and does not wait for other work of the service. The receiver completes when the task has ended,
/// with an error if it panicked.
pub(crate) fn spawn(
    task: impl Future<Output = ()> + Send + 'static,
) -> io::Result<oneshot::Receiver<()>> {
    let runtime = Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(MAX_LOOKUPS + MAX_HOSTS_LOOKUPS)
        .build()?;
    let (ended, has_ended) = oneshot::channel();
    std::thread::Builder::new()
        .name("probing".to_owned())
        .spawn(move || {
            runtime.block_on(task);
            // A look-up in the system's resolver may hang and can't be cancelled.
            runtime.shutdown_background();
            let _ = ended.send(());
        })?;
    Ok(has_ended)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_receiver_reports_the_end_and_a_panic_of_the_task() {
        assert!(spawn(async {}).unwrap().await.is_ok());
        assert!(
            spawn(async { panic!("on purpose") })
                .unwrap()
                .await
                .is_err()
        );
    }
}
