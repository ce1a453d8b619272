//! Facts and Sources of Amazon SageMaker: the only place where its SDK's types appear.

mod notebooks;

pub use notebooks::{Notebook, NotebookStatus, Notebooks};
