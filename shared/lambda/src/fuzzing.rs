//! Laws of what comes from outside, for any bytes at all: [`event`], [`mark`] and [`inventory`]. The tests run them on seeds and on what
//! can be made of them; so does `tests/fuzz`, for longer.

#![expect(clippy::expect_used, reason = "a law fails by a panic")]

mod event;
mod inventory;
mod mark;

pub use event::event;
pub use inventory::inventory;
pub use mark::mark;

use rule::{Metadata, Remediation, Severity, Timestamp, Trigger};

const ACCOUNT: &str = "111122223333";
const NOW: Timestamp = Timestamp::from_millis(1_790_000_000_000);

/// What is said of the rules that are played here.
const META: Metadata = Metadata {
    name: "probe",
    version: "1.0.0",
    summary: "nothing",
    severity: Severity::High,
    resource_types: &["AWS::EC2::VPC", "AWS::SageMaker::NotebookInstance", "AWS::SageMaker::TrainingJob"],
    triggers: &[Trigger::Change, Trigger::Schedule],
    also_triggered_by: &["AWS::EC2::FlowLog"],
    deployed: rule::Deployed::Everywhere,
    parameters: &[],
    iam_actions: &[],
    requirements: &[],
    remediation: Remediation { text: "", url: "" },
};

/// What goes into a log is short and on one line.
fn is_a_message(text: &str) -> bool {
    !text.is_empty() && text.chars().count() <= 4000 && !text.chars().any(char::is_control)
}

/// Waits for what never has to wait.
fn block_on<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("there are threads");
    runtime.block_on(work)
}

#[cfg(test)]
mod tests {
    #[test]
    fn any_event_keeps_the_law() {
        hostile::check("event", 1200, super::event);
    }

    #[test]
    fn any_mark_keeps_the_law() {
        hostile::check("mark", 2500, super::mark);
    }

    #[test]
    fn any_inventory_keeps_the_law() {
        hostile::check("inventory", 300, super::inventory);
    }
}
