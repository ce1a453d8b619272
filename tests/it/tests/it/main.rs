//! The one integration-test program: every file in `tests/` of its own would link the world again.

// Helpers fail like the tests that they help.
#![allow(clippy::unwrap_used)]

mod bad_day; // too little time, too many at once, the wrong order, a process that dies
mod bad_input; // what is no event, parameter or setting
mod cargo_lambda; // events sent as a developer sends them
mod conventions; // what every rule has to have
mod deploy; // templates, and what they deploy
mod end_to_end; // each rule's own tests, which are in its folder
mod exemptions; // failures that are left alone for a while
mod fault_matrix; // everything goes wrong with every call of every rule
mod faults; // AWS denies, throttles, breaks
mod generated; // files that `cargo bless` writes
mod jobs; // the five rules about SageMaker jobs, end to end
mod kms_encrypted; // the three SageMaker rules about keys, end to end
mod ledgers; // what AWS Config and Security Hub are told, and when
mod outside; // boto3 reads what the functions wrote
mod partitions; // AWS GovCloud and China
mod retire; // a rule that is about to be deleted
mod sandbox_program; // `cargo sandbox` as a newcomer runs it
