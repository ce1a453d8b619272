use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::OnceCell;

/// Answers by key, each asked for once however many want it, and at the same time. An answer that failed is kept like any
/// other: who asks again within a run gets the same. Belongs to a Source, of which each run has a clone of its own.
#[derive(Debug)]
pub struct Once<T>(Mutex<HashMap<String, Arc<OnceCell<T>>>>);

impl<T: Clone> Once<T> {
    /// The answer for `key`; `read` gets it if nobody has asked yet.
    pub async fn get(&self, key: &str, read: impl AsyncFnOnce() -> T) -> T {
        let cell = {
            // No code under the lock can panic, so a poisoned map is as good as any.
            let mut cells = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            match cells.get(key) {
                Some(cell) => Arc::clone(cell),
                None => Arc::clone(cells.entry(key.to_owned()).or_default()),
            }
        };
        cell.get_or_init(|| read()).await.clone()
    }
}

/// The clone has the answers so far.
impl<T> Clone for Once<T> {
    fn clone(&self) -> Self {
        Self(Mutex::new(self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()))
    }
}

impl<T> Default for Once<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[tokio::test]
    async fn a_key_is_read_once_by_all_who_ask_at_the_same_time() {
        let (once, reads) = (Once::default(), Cell::new(0));
        let ask = async |key: &str| {
            once.get(key, async || {
                reads.set(reads.get() + 1);
                tokio::task::yield_now().await;
                format!("{key} {}", reads.get())
            })
            .await
        };
        let (first, second) = tokio::join!(ask("a"), ask("a"));
        assert_eq!((first.as_str(), second.as_str()), ("a 1", "a 1"));
        assert_eq!(ask("b").await, "b 2");
        assert_eq!(ask("a").await, "a 1");
    }
}
