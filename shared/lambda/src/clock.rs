use std::{pin::pin, time::Duration};

use futures::future::{Either, select};
use rule::Timestamp;

/// What a run needs of time. The product's clock is in `run.rs`; tests move their own.
#[cfg_attr(test, mockall::automock)]
pub(crate) trait Clock {
    /// The time now.
    fn now(&self) -> Timestamp;

    /// Waits.
    async fn sleep(&self, time: Duration);

    /// Comes back when the run has to stop reading, so that it can still report what it has.
    async fn time_is_up(&self);
}

/// What `work` comes to, unless the time is up before.
pub(crate) async fn in_time<T>(clock: &impl Clock, work: impl Future<Output = T>) -> Option<T> {
    match select(pin!(work), pin!(clock.time_is_up())).await {
        Either::Left((value, _)) => Some(value),
        Either::Right(_) => None,
    }
}
