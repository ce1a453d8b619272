//! Facts and Source of AWS Config's recorder. (How results are reported to AWS Config is none of this crate's business.)

mod recorders;

pub use recorders::{Frequency, LastStatus, Recorder, Recorders, Recording, Scope};
