//! One process a log.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;
use std::time::Duration;

use super::LogError;

const FILE: &str = "alerts.lock";

/// How often a lock that is held is tried again.
const POLL_INTERVAL: Duration = Duration::from_millis(100);

/// The exclusive right to a log directory. The kernel takes it back when the process dies, however it dies.
#[derive(Debug)]
pub struct Lock(#[expect(dead_code, reason = "closing the file releases the lock")] File);

impl Lock {
    /// Waits at most `patience` for the lock: a predecessor that is shutting down needs a moment.
    ///
    /// # Errors
    /// Another process holds it to the end, or the lock file cannot be used.
    pub async fn acquire(dir: &Path, patience: Duration) -> Result<Self, LogError> {
        let path = dir.join(FILE);
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(LogError::io("open", &path))?;
        let deadline = tokio::time::Instant::now() + patience;
        let mut waiting = false;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Self(file)),
                Err(TryLockError::Error(error)) => return Err(LogError::io("lock", &path)(error)),
                Err(TryLockError::WouldBlock) if tokio::time::Instant::now() >= deadline => {
                    return Err(LogError::Locked { path, patience });
                }
                Err(TryLockError::WouldBlock) => {
                    if !waiting {
                        tracing::warn!(path = %path.display(), "another alert-logger holds the log; waiting for it to end");
                        waiting = true;
                    }
                    tokio::time::sleep(POLL_INTERVAL).await;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_second_process_is_refused_and_told_who_holds_it() {
        let dir = tempfile::tempdir().unwrap();
        let _held = Lock::acquire(dir.path(), Duration::ZERO).await.unwrap();
        let message = Lock::acquire(dir.path(), Duration::from_secs(10))
            .await
            .unwrap_err()
            .to_string();
        assert!(
            message.contains("another alert-logger") && message.contains(FILE),
            "{message}"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn the_successor_gets_it_once_the_predecessor_is_gone() {
        let dir = tempfile::tempdir().unwrap();
        let held = Lock::acquire(dir.path(), Duration::ZERO).await.unwrap();
        let (next, ()) = tokio::join!(Lock::acquire(dir.path(), Duration::from_secs(10)), async {
            tokio::time::sleep(Duration::from_secs(3)).await;
            drop(held);
        });
        assert!(next.is_ok());
    }
}
