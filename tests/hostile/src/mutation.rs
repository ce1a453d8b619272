use std::iter;

use proptest::{prelude::*, sample::Index};
use serde_json::{Value, json};

/// One thing done to an input. Places are fractions of its length, so that each fits every input.
#[derive(Clone, Debug)]
pub enum Mutation {
    /// Takes a piece out.
    Cut(Index, Index),
    /// Keeps the start.
    Truncate(Index),
    /// Changes one byte.
    Flip(Index, u8),
    /// Copies a piece to another place.
    Move(Index, Index, Index),
    /// Puts in what parsers trip over.
    Insert(Index, Index),
    /// Repeats a piece.
    Repeat(Index, Index, u16),
    /// Replaces a value in JSON, or in JSON in a string inside it, by one of another kind.
    Replace(Index, Index),
    /// Makes an array or a text longer.
    Grow(Index, u16),
    /// Takes a value out of an object.
    Remove(Index),
}

impl Arbitrary for Mutation {
    type Parameters = ();
    type Strategy = BoxedStrategy<Self>;

    fn arbitrary_with((): ()) -> BoxedStrategy<Self> {
        let at = any::<Index>;
        prop_oneof![
            1 => (at(), at()).prop_map(|(from, to)| Self::Cut(from, to)),
            1 => at().prop_map(Self::Truncate),
            1 => (at(), 1_u8..).prop_map(|(at, bits)| Self::Flip(at, bits)),
            1 => (at(), at(), at()).prop_map(|(from, to, at)| Self::Move(from, to, at)),
            2 => (at(), at()).prop_map(|(at, what)| Self::Insert(at, what)),
            1 => (at(), at(), 2_u16..500).prop_map(|(from, to, times)| Self::Repeat(from, to, times)),
            6 => (at(), at()).prop_map(|(at, what)| Self::Replace(at, what)),
            2 => (at(), 2_u16..5000).prop_map(|(at, times)| Self::Grow(at, times)),
            2 => at().prop_map(Self::Remove),
        ]
        .boxed()
    }
}

/// Longest input that is made.
const LIMIT: usize = 50_000;

/// What parsers trip over, in text.
const PIECES: [&[u8]; 32] = [
    b"\"",
    b"\\",
    b"\\u0000",
    b"\\ud800",
    b"\0",
    b"\n",
    b"\r\n",
    b"\t",
    b" ",
    b"{",
    b"}",
    b"[",
    b"]",
    b":",
    b",",
    b"*",
    b"=",
    b"-",
    b"0",
    b"1e999",
    b"18446744073709551616",
    b"-9223372036854775808",
    b"NaN",
    b"true",
    b"null",
    "\u{202e}".as_bytes(),
    "\u{2028}".as_bytes(),
    "\u{fffd}é\u{1f980}".as_bytes(),
    b"\xff\xfe",
    b" until=9999-12-31",
    b"[read to",
    b"@@assign",
];

impl Mutation {
    /// The input with this done to it.
    #[must_use]
    pub fn apply(&self, mut data: Vec<u8>) -> Vec<u8> {
        match self {
            Self::Replace(at, what) => return edit(&data, *at, |value| *value = odd(*what, value)).unwrap_or(data),
            Self::Grow(at, times) => return edit(&data, *at, |value| grow(value, *times)).unwrap_or(data),
            Self::Remove(at) => return edit(&data, *at, remove).unwrap_or(data),
            Self::Insert(at, what) => {
                let at = at.index(data.len() + 1);
                data.splice(at..at, what.get(&PIECES).iter().copied());
            }
            _ if data.is_empty() => {}
            Self::Cut(from, to) => drop(data.drain(range(&data, *from, *to))),
            Self::Truncate(at) => data.truncate(at.index(data.len())),
            Self::Flip(at, bits) => {
                let at = at.index(data.len());
                data[at] ^= bits;
            }
            Self::Move(from, to, at) => {
                let piece = data[range(&data, *from, *to)].to_vec();
                let at = at.index(data.len());
                data.splice(at..at, piece);
            }
            Self::Repeat(from, to, times) => {
                let range = range(&data, *from, *to);
                let piece = data[range.clone()].to_vec();
                let times = usize::from(*times).min(LIMIT / piece.len().max(1));
                data.splice(range, piece.repeat(times));
            }
        }
        data.truncate(LIMIT);
        data
    }
}

/// Pieces of JSON and of text, at most 300 bytes: longer ones leave little of an input.
fn range(data: &[u8], from: Index, length: Index) -> std::ops::Range<usize> {
    let from = from.index(data.len());
    from..(from + 1 + length.index(300)).min(data.len())
}

fn odd(what: Index, was: &Value) -> Value {
    let deep = |depth: usize| iter::repeat_n((), depth).fold(json!(1), |inner, ()| json!([inner]));
    let values: [fn(&Value) -> Value; 25] = [
        |_| Value::Null,
        |_| json!(true),
        |_| json!(0),
        |_| json!(-1),
        |_| json!(u64::MAX),
        |_| json!(i64::MIN),
        |_| json!(1e308),
        |_| json!(-1e-308),
        |_| json!(253_402_300_800_000_u64),
        |_| json!(""),
        |_| json!(" "),
        |_| json!("*"),
        |_| json!("\u{0}\n\u{1b}[31m"),
        |_| json!("é\u{202e}\u{1f980}"),
        |_| json!("x".repeat(7000)),
        |_| json!("9999-12-31T23:59:59-23:59"),
        |_| json!("0000-01-01T00:00:00+23:59"),
        |_| json!("arn:aws:config:eu-west-1:444455556666:config-rule/config-rule-abc"),
        |_| json!("https://example.com"),
        |_| json!([]),
        |_| json!({}),
        |_| json!([[[{}]]]),
        |was| json!([was]),
        |was| json!({"a": was}),
        |was| json!(was.to_string()),
    ];
    match what.index(values.len() + 1) {
        at if at < values.len() => values[at](was),
        _ => deep(200),
    }
}

fn grow(value: &mut Value, times: u16) {
    let times = usize::from(times);
    match value {
        Value::Array(items) => {
            let size = serde_json::to_vec(items).map_or(1, |text| text.len());
            let more = items.len() * times.min(LIMIT / size);
            *items = items.iter().cycle().take(more).cloned().collect();
            if items.is_empty() {
                items.resize(times, json!(0));
            }
        }
        Value::Object(fields) => fields.extend((0..times).map(|at| (format!("field{at}"), json!("value")))),
        Value::String(text) => *text = text.repeat(times.min(LIMIT / text.len().max(1))),
        Value::Number(_) => *value = json!(f64::from(u32::MAX) * 1e30),
        Value::Bool(_) | Value::Null => *value = json!(vec![value.clone(); times]),
    }
}

fn remove(value: &mut Value) {
    match value {
        Value::Object(fields) => drop(fields.keys().next().cloned().and_then(|name| fields.remove(&name))),
        Value::Array(items) => drop(items.pop()),
        other => *other = Value::Null,
    }
}

/// Edits one of the values in a JSON text, those inside of strings included. `None` if it is not JSON.
fn edit(data: &[u8], at: Index, change: impl Fn(&mut Value)) -> Option<Vec<u8>> {
    let mut value: Value = serde_json::from_slice(data).ok()?;
    let count = walk(&mut value.clone(), usize::MAX, &|_| ()).1;
    walk(&mut value, at.index(count), &change);
    serde_json::to_vec(&value).ok()
}

/// Comes past every value, and changes the one whose turn it is. Returns whether that was among them, and how many they were.
fn walk(value: &mut Value, turn: usize, change: &dyn Fn(&mut Value)) -> (bool, usize) {
    if turn == 0 {
        change(value);
        return (true, 1);
    }
    let mut count = 1;
    let mut visit = |inner: &mut Value| {
        let (changed, many) = walk(inner, turn.wrapping_sub(count), change);
        count += many;
        changed
    };
    let changed = match value {
        Value::Array(items) => items.iter_mut().any(visit),
        Value::Object(fields) => fields.values_mut().any(visit),
        Value::String(text) if text.starts_with(['{', '[']) => match serde_json::from_str(text) {
            Ok(mut inner) => {
                let changed = visit(&mut inner);
                if changed {
                    *text = inner.to_string();
                }
                changed
            }
            Err(_) => false,
        },
        _ => false,
    };
    (changed, count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_gets_its_turn_inside_of_strings_too() {
        let data = br#"{"a":[1,2],"b":"{\"c\":3}"}"#;
        let mut seen = std::collections::BTreeSet::new();
        let mut value: Value = serde_json::from_slice(data).unwrap();
        let (_, count) = walk(&mut value, usize::MAX, &|_| ());
        assert_eq!(count, 7, "the object, the array, two numbers, the string, the object inside, its number");
        for turn in 0..count {
            let mut value: Value = serde_json::from_slice(data).unwrap();
            assert!(walk(&mut value, turn, &|value| *value = json!("here")).0, "{turn}");
            seen.insert(value.to_string());
        }
        assert!(seen.contains(r#"{"a":[1,2],"b":"{\"c\":\"here\"}"}"#), "{seen:?}");
        assert_eq!(seen.len(), count);
    }

    proptest! {
        #[test]
        fn whatever_is_done_an_input_stays_within_its_limit(
            data in prop::collection::vec(any::<u8>(), 0..100),
            mutations in prop::collection::vec(any::<Mutation>(), 0..8),
        ) {
            let data = mutations.iter().fold(data, |data, mutation| mutation.apply(data));
            prop_assert!(data.len() <= 20 * LIMIT);
        }
    }
}
