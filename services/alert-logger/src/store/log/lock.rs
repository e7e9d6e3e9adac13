//! The lock that admits only one process per log.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;
use std::time::Duration;

use super::LogError;

const FILE: &str = "alerts.lock";

/// Time between two attempts to get the lock.
const POLL_INTERVAL: Duration = Duration::from_millis(100);

/// The exclusive lock of a log directory. The kernel releases it when the process ends for any reason.
#[derive(Debug)]
pub struct Lock(#[expect(dead_code, reason = "closing the file releases the lock")] File);

impl Lock {
    /// Waits at most `timeout` for the lock, because another process may still be shutting down.
    ///
    /// # Errors
    /// Another process does not release the lock in time, or the lock file cannot be used.
    pub async fn acquire(dir: &Path, timeout: Duration) -> Result<Self, LogError> {
        let path = dir.join(FILE);
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(LogError::io("open", &path))?;
        let deadline = tokio::time::Instant::now() + timeout;
        let mut waiting = false;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Self(file)),
                Err(TryLockError::Error(error)) => return Err(LogError::io("lock", &path)(error)),
                Err(TryLockError::WouldBlock) if tokio::time::Instant::now() >= deadline => {
                    return Err(LogError::Locked { path, timeout });
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
    async fn the_error_of_a_second_process_names_the_lock() {
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
    async fn a_second_process_gets_the_lock_when_the_first_releases_it() {
        let dir = tempfile::tempdir().unwrap();
        let held = Lock::acquire(dir.path(), Duration::ZERO).await.unwrap();
        let (next, ()) = tokio::join!(Lock::acquire(dir.path(), Duration::from_secs(10)), async {
            tokio::time::sleep(Duration::from_secs(3)).await;
            drop(held);
        });
        assert!(next.is_ok());
    }
}
