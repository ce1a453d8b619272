//! Hostile input, for the laws in modules called `fuzzing`: the same ones that `tests/fuzz` runs for as long as one likes hold here for
//! a bounded number of inputs, on a stable compiler and in every run of the tests.
//!
//! An input is a seed of `tests/fuzz/corpus` with a few things done to it: noise by itself does not come past the first brace.

mod mutation;

use std::{
    fmt, fs,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    path::{Path, PathBuf},
};

use proptest::{
    collection::vec,
    prelude::*,
    test_runner::{Config, TestRunner},
};

pub use mutation::Mutation;

/// What reading any input may take, however short it is: a client and its request, tables that are made once, a runtime.
const FLOOR: u64 = 1 << 18;

/// And for each of its bytes. The dearest known is a JSON object of one field: the nine bytes of `{\"\":0},`, which is how it stands in
/// JSON in a string, are a tree of more than 600. An array of digits comes next: two bytes are a value of 32, in a vector that
/// doubles and is moved.
const PER_BYTE: u64 = 128;

/// Runs `body` on one input.
///
/// # Panics
/// With `body`; and if it ever holds more memory than an input of this length may take.
pub fn bounded(data: &[u8], body: fn(&[u8])) {
    let mut result = Ok(());
    // The count goes wrong if a panic passes through it.
    let used = allocation_counter::measure(|| result = catch_unwind(AssertUnwindSafe(|| body(data))));
    if let Err(panic) = result {
        resume_unwind(panic);
    }
    let allowed = FLOOR + PER_BYTE * data.len() as u64;
    assert!(used.bytes_max <= allowed, "{} bytes of input take {} bytes of memory", data.len(), used.bytes_max);
}

/// Runs `body` on every seed of a corpus, and on `cases` inputs that were made of them.
///
/// # Panics
/// If an input fails, with the smallest found that does; and if there is no seed.
pub fn check(corpus: &str, cases: u32, body: fn(&[u8])) {
    let seeds = seeds(corpus);
    for (path, seed) in &seeds {
        let result = catch_unwind(|| bounded(seed, body));
        assert!(result.is_ok(), "seed {} fails", path.display());
    }
    let seeds: Vec<_> = seeds.into_iter().map(|(_, seed)| seed).collect();
    let noise = vec(any::<u8>(), 0..300);
    let start = prop_oneof![19 => any::<prop::sample::Index>().prop_map(move |at| Ok(at.get(&seeds).clone())), 1 => noise.prop_map(Err)];
    // Shrinking tries fewer mutations first.
    let input = (start, vec(any::<Mutation>(), 0..5)).prop_map(|(start, mutations)| match start {
        Ok(seed) => Input(mutations.iter().fold(seed, |data, mutation| mutation.apply(data))),
        Err(noise) => Input(noise),
    });
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 2000, ..Config::default() };
    let result = TestRunner::new(config).run(&input, |Input(data)| {
        bounded(&data, body);
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}

/// The committed inputs of a corpus, by path.
fn seeds(corpus: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus").join(corpus);
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    assert!(!paths.is_empty(), "{} has no seed", folder.display());
    let read = |path: PathBuf| {
        let seed = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        (path, seed)
    };
    paths.into_iter().map(read).collect()
}

/// An input, legible where it fails.
#[derive(Clone)]
struct Input(Vec<u8>);

impl fmt::Debug for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 3000;
        let text = self.0[..self.0.len().min(SHOWN)].escape_ascii();
        write!(f, "{} bytes: \"{text}\"", self.0.len())
    }
}
