//! A thread with an async runtime of its own.

use std::io;

use tokio::runtime::Builder;
use tokio::sync::oneshot;

use crate::probe::{MAX_HOSTS_LOOKUPS, MAX_LOOKUPS};

/// Runs the task, and all it spawns, on a thread of their own: a probe costs half of what it does on a runtime with
/// several workers, and waits for nothing else that the service does. The receiver hears when the task has ended; an
/// error means that it panicked.
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
            // A look-up may hang for as long as the system's resolver likes.
            runtime.shutdown_background();
            let _ = ended.send(());
        })?;
    Ok(has_ended)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_end_of_the_task_is_heard_and_so_is_a_panic() {
        assert!(spawn(async {}).unwrap().await.is_ok());
        assert!(
            spawn(async { panic!("on purpose") })
                .unwrap()
                .await
                .is_err()
        );
    }
}
