//! Patterns with `*` and `?`.

/// Whether `text` is what `pattern` describes: `*` any run of characters, `?` any one.
#[must_use]
pub fn like(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<_>, Vec<_>) = (pattern.chars().collect(), text.chars().collect());
    let (mut at, mut of) = (0, 0);
    // The last star, and what it stands for up to.
    let mut star = None;
    while of < text.len() {
        if pattern.get(at) == Some(&'*') {
            star = Some((at, of));
            at += 1;
        } else if pattern.get(at).is_some_and(|one| *one == '?' || *one == text[of]) {
            (at, of) = (at + 1, of + 1);
        } else if let Some((star_at, star_of)) = star {
            star = Some((star_at, star_of + 1));
            (at, of) = (star_at + 1, star_of + 1);
        } else {
            return false;
        }
    }
    pattern[at..].iter().all(|one| *one == '*')
}

/// A text that a pattern takes.
#[must_use]
pub fn example(pattern: &str) -> String {
    pattern.replace(['*', '?'], "x")
}

/// Whether there is a text that both patterns describe.
pub(super) fn meet(one: &str, other: &str) -> bool {
    let (one, other): (Vec<_>, Vec<_>) = (one.chars().collect(), other.chars().collect());
    // Whether the ends from here on meet, from the back.
    let mut below = vec![false; other.len() + 1];
    for at in (0..=one.len()).rev() {
        let mut row = vec![false; other.len() + 1];
        for of in (0..=other.len()).rev() {
            row[of] = match (one.get(at), other.get(of)) {
                (None, None) => true,
                (Some('*'), None) => below[of],
                (None, Some('*')) => row[of + 1],
                (Some('*'), Some(_)) | (Some(_), Some('*')) => below[of] || row[of + 1],
                (Some(a), Some(b)) => (a == b || *a == '?' || *b == '?') && below[of + 1],
                _ => false,
            };
        }
        below = row;
    }
    below[0]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn patterns_have_stars_and_question_marks() {
        for (pattern, text, expected) in [
            ("*", "", true),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("a*c", "abcbc", true),
            ("a*b?", "aXbXbc", true),
            ("?*", "", false),
            ("a", "A", false),
            ("", "", true),
            ("", "a", false),
        ] {
            assert_eq!(like(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn patterns_meet_where_a_text_is_of_both() {
        for (one, other, expected) in [
            ("a*", "*b", true),
            ("a*", "b*", false),
            ("prod-*", "*-eu", true),
            ("a?", "ab", true),
            ("a?", "a", false),
            ("*", "", true),
            ("ab", "ab", true),
        ] {
            assert_eq!((meet(one, other), meet(other, one)), (expected, expected), "{one} {other}");
        }
    }

    proptest! {
        #[test]
        fn a_pattern_takes_its_example_and_meets_what_it_takes(pattern in "[ab*?]{0,8}", text in "[ab]{0,8}") {
            prop_assert!(like(&pattern, &example(&pattern)));
            prop_assert_eq!(like(&pattern, &text), meet(&pattern, &text));
        }
    }
}
