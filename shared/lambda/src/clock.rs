use std::time::Duration;

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
