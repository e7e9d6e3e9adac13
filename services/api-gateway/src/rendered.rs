//! A response body that is rendered once for each source.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use tokio::sync::OwnedMutexGuard;
use tokio::task::{JoinError, spawn_blocking};

/// The last rendered body and its source. While the source stays the same, an answer is a reference to the same bytes.
#[derive(Debug)]
pub struct Rendered<K> {
    current: Arc<Mutex<Option<(K, Bytes)>>>,
    /// Held while one reader renders, so that the others do not render the same.
    rendering: Arc<tokio::sync::Mutex<()>>,
}

impl<K> Default for Rendered<K> {
    fn default() -> Self {
        Self {
            current: Arc::default(),
            rendering: Arc::default(),
        }
    }
}

impl<K: PartialEq + Send + 'static> Rendered<K> {
    /// Returns the body for `source`: the current one if it was made from it, else a new one that `render` makes, away from
    /// the async workers. Where the current body's source is `good_enough`, no reader waits for the new one.
    ///
    /// # Errors
    /// That of `render`, or that it panicked.
    pub async fn get<E>(
        &self,
        source: K,
        good_enough: impl Fn(&K) -> bool,
        render: impl FnOnce(&K) -> Result<Bytes, E> + Send + 'static,
    ) -> Result<Bytes, E>
    where
        E: From<JoinError> + Send + 'static,
    {
        match self.current(|from| (*from == source, good_enough(from))) {
            Some((body, (true, _))) => return Ok(body),
            Some((body, (false, true))) => {
                if let Ok(alone) = Arc::clone(&self.rendering).try_lock_owned() {
                    // An error is for those who have to wait for the next attempt.
                    drop(self.render(alone, source, render));
                }
                return Ok(body);
            }
            _ => {}
        }
        let alone = Arc::clone(&self.rendering).lock_owned().await;
        if let Some((body, true)) = self.current(|from| *from == source) {
            return Ok(body);
        }
        self.render(alone, source, render).await?
    }

    /// Renders and keeps the body; goes on when the handle is dropped.
    fn render<E: Send + 'static>(
        &self,
        alone: OwnedMutexGuard<()>,
        source: K,
        render: impl FnOnce(&K) -> Result<Bytes, E> + Send + 'static,
    ) -> tokio::task::JoinHandle<Result<Bytes, E>> {
        let current = Arc::clone(&self.current);
        spawn_blocking(move || {
            let body = render(&source)?;
            let mut current = current.lock().unwrap_or_else(PoisonError::into_inner);
            let before = current.replace((source, body.clone()));
            // Freeing the last body's source takes a while; readers need not wait for that.
            drop(current);
            drop(before);
            drop(alone);
            Ok(body)
        })
    }

    /// Returns the current body, and the result of `of_source` for its source.
    fn current<T>(&self, of_source: impl FnOnce(&K) -> T) -> Option<(Bytes, T)> {
        let current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        let (from, body) = current.as_ref()?;
        Some((body.clone(), of_source(from)))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test]
    async fn a_body_is_rendered_once_for_each_source() {
        let rendered = Rendered::default();
        let times = Arc::new(AtomicUsize::new(0));
        let get = |source: u8| {
            let times = Arc::clone(&times);
            let render = move |source: &u8| {
                times.fetch_add(1, Ordering::SeqCst);
                Ok::<_, JoinError>(Bytes::from(vec![*source]))
            };
            rendered.get(source, |_| false, render)
        };
        let bodies = futures::future::join_all([get(1), get(1), get(1)]).await;
        assert!(bodies.into_iter().all(|body| body.unwrap() == [1][..]));
        assert_eq!(get(1).await.unwrap(), [1][..]);
        assert_eq!(times.load(Ordering::SeqCst), 1);
        assert_eq!(get(2).await.unwrap(), [2][..]);
        assert_eq!(times.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn a_body_that_is_good_enough_is_handed_out_while_the_next_is_made() {
        let rendered = Rendered::default();
        let (go_on, wait) = std::sync::mpsc::channel::<()>();
        let body = |source: &u8| Ok::<_, JoinError>(Bytes::from(vec![*source]));
        rendered.get(1, |_| true, body).await.unwrap();
        let slow = move |source: &u8| {
            wait.recv().unwrap();
            body(source)
        };
        assert_eq!(rendered.get(2, |_| true, slow).await.unwrap(), [1][..]);
        assert_eq!(rendered.get(2, |_| true, body).await.unwrap(), [1][..]);
        go_on.send(()).unwrap();
        assert_eq!(rendered.get(2, |_| false, body).await.unwrap(), [2][..]);
        assert_eq!(rendered.get(2, |_| true, body).await.unwrap(), [2][..]);
    }
}
