use std::hash::{DefaultHasher, Hash, Hasher};

/// A 64-bit mark of anything: what is kept of a resource instead of its name, so that there may be half a million of them.
/// Two of half a million share a mark with a chance of one in a hundred million.
pub(crate) fn mark(of: &(impl Hash + ?Sized)) -> u64 {
    let mut hasher = DefaultHasher::new();
    of.hash(&mut hasher);
    hasher.finish()
}
