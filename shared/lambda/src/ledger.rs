//! Where verdicts are kept.

pub(crate) mod config;
pub(crate) mod security_hub;

use std::time::Duration;

use crate::clock::Clock;

/// How often one batch is sent before what AWS would not take of it is given up.
const ATTEMPTS: u32 = 4;

/// Most results or findings that one call takes, in both ledgers.
const BATCH: usize = 100;

/// Sends `batch` until every entry is taken: `send` returns the positions that were not, which are sent again after a pause
/// that doubles. Returns how many were never taken, with the last reason.
///
/// # Errors
/// What `send` fails with, and how many were not taken by then.
async fn send_all<T, E>(
    clock: &impl Clock,
    mut batch: Vec<T>,
    send: impl AsyncFn(&[T]) -> Result<Vec<Refused>, E>,
) -> Result<Option<(usize, String)>, (usize, E)> {
    let mut pause = Duration::from_millis(200);
    for attempt in 1.. {
        let refused = send(&batch).await.map_err(|error| (batch.len(), error))?;
        let Some(first) = refused.first() else { return Ok(None) };
        if attempt == ATTEMPTS {
            return Ok(Some((refused.len(), first.reason.clone())));
        }
        let mut position = 0;
        batch.retain(|_| {
            position += 1;
            refused.iter().any(|refused| refused.position == position - 1)
        });
        clock.sleep(pause).await;
        pause *= 2;
    }
    Ok(None)
}

/// An entry of a batch that AWS did not take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    /// Its position in the batch.
    pub(crate) position: usize,
    /// What AWS says about it.
    pub(crate) reason: String,
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;
    use crate::clock::MockClock;

    /// Sends `batch`, of which each answer refuses some positions; returns the result and every batch that was sent.
    async fn send(batch: &str, answers: &[&[usize]], pauses: usize) -> (Option<(usize, String)>, Vec<String>) {
        let mut clock = MockClock::new();
        clock.expect_sleep().times(pauses).returning(|_| ());
        let sent = RefCell::new(Vec::new());
        let result = send_all(&clock, batch.chars().collect(), async |batch: &[char]| {
            sent.borrow_mut().push(batch.iter().collect::<String>());
            let refused = answers[sent.borrow().len() - 1];
            Ok::<_, ()>(refused.iter().map(|&position| Refused { position, reason: "busy".to_owned() }).collect())
        })
        .await;
        (result.unwrap(), sent.into_inner())
    }

    #[tokio::test]
    async fn what_is_taken_is_sent_once() {
        assert_eq!(send("abc", &[&[]], 0).await, (None, vec!["abc".to_owned()]));
    }

    #[tokio::test]
    async fn only_what_was_refused_is_sent_again() {
        let (result, sent) = send("abcd", &[&[1, 3], &[1], &[]], 2).await;
        assert_eq!((result, sent), (None, vec!["abcd".to_owned(), "bd".to_owned(), "d".to_owned()]));
    }

    #[tokio::test]
    async fn what_is_refused_for_ever_is_given_up_and_counted() {
        let (result, sent) = send("abc", &[&[0, 1], &[0, 1], &[0, 1], &[0, 1]], 3).await;
        assert_eq!(result, Some((2, "busy".to_owned())));
        assert_eq!(sent, ["abc", "ab", "ab", "ab"]);
    }
}
