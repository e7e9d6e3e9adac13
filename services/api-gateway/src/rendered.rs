//! A cached response body, rendered once for each source.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use tokio::sync::OwnedMutexGuard;
use tokio::task::{JoinError, spawn_blocking};

/// The last rendered body and its source. While the source stays the same, all responses share the same bytes.
#[derive(Debug)]
pub struct Rendered<K> {
    current: Arc<Mutex<Option<(K, Bytes)>>>,
    /// Locked while one request renders, so that others do not render the same body.
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
    /// Returns the body for `source`: the cached one if it has the same source, else a new one. `render` runs on a
    /// blocking thread. If the cached body's source is `good_enough`, its body is returned without waiting for `render`.
    ///
    /// # Errors
    /// `render` failed or panicked.
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
                if let Ok(guard) = Arc::clone(&self.rendering).try_lock_owned() {
                    // This request has its body. If rendering fails, a later request renders again and gets the error.
                    drop(self.render(guard, source, render));
                }
                return Ok(body);
            }
            _ => {}
        }
        let guard = Arc::clone(&self.rendering).lock_owned().await;
        if let Some((body, true)) = self.current(|from| *from == source) {
            return Ok(body);
        }
        self.render(guard, source, render).await?
    }

    /// Renders and caches the body. Continues even if the handle is dropped.
    fn render<E: Send + 'static>(
        &self,
        guard: OwnedMutexGuard<()>,
        source: K,
        render: impl FnOnce(&K) -> Result<Bytes, E> + Send + 'static,
    ) -> tokio::task::JoinHandle<Result<Bytes, E>> {
        let current = Arc::clone(&self.current);
        spawn_blocking(move || {
            let body = render(&source)?;
            let mut current = current.lock().unwrap_or_else(PoisonError::into_inner);
            let before = current.replace((source, body.clone()));
            // Unlocks first, so that requests do not wait until the previous source is freed.
            drop(current);
            drop(before);
            drop(guard);
            Ok(body)
        })
    }

    /// Returns the cached body, and the result of `of_source` for its source.
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
    async fn a_good_enough_body_is_returned_while_the_next_is_rendered() {
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
