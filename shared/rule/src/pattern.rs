/// Whether `text` is what `pattern` describes, in which `*` stands for any run of characters.
#[must_use]
pub fn matches(pattern: &str, text: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut left) = text.strip_prefix(start) else { return false };
    let mut pieces = rest.split('*').collect::<Vec<_>>();
    let end = pieces.pop().unwrap_or_default();
    for piece in pieces {
        let Some(at) = left.find(piece) else { return false };
        left = &left[at + piece.len()..];
    }
    left.ends_with(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each piece is looked for once, behind the one before: trying every place again would not come to an end here.
    #[test]
    fn a_pattern_of_many_stars_is_tried_once() {
        let text = "a".repeat(100_000);
        for pattern in ["*a".repeat(50_000) + "b", format!("*{}b*", "a".repeat(50_000)), "*a*aa".repeat(20_000) + "*b"]
        {
            assert!(!matches(&pattern, &text));
        }
        assert!(matches(&"*a".repeat(100_000), &text));
    }

    #[test]
    fn a_pattern_stands_for_any_run_of_characters() {
        for (pattern, text, expected) in [
            ("abc", "abc", true),
            ("abc", "abcd", false),
            ("*", "", true),
            ("a*", "a", true),
            ("a*", "ba", false),
            ("*c", "abc", true),
            ("a*c", "abbc", true),
            ("a*c", "ac", true),
            ("a*c", "a", false),
            ("a*a", "a", false),
            ("a*b*c", "a-b-c", true),
            ("a*b*c", "a-c-b", false),
            ("*b*", "abc", true),
            ("A*", "abc", false),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} on {text}");
        }
    }
}
