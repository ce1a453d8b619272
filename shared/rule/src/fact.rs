/// A leaf of a fact: what was read of one property, so that "not there" and "not read" never meet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact<T> {
    /// AWS answered, and this is the value.
    Known(T),
    /// AWS answered, and the property was not in the answer.
    Absent,
    /// The property could not be read, or holds a value this release does not know. Says why, in words for a reader.
    Unread(String),
}

impl<T> Fact<T> {
    /// The value, where it is known.
    pub const fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Absent | Self::Unread(_) => None,
        }
    }
}
