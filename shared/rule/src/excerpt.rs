/// What a message shows of a text from outside: at most 500 characters, on one line. A cut is marked.
///
/// Whoever writes the text pays nothing for its length and its line breaks; who stores and reads logs does.
#[must_use]
pub fn excerpt(text: &str) -> String {
    const LIMIT: usize = 500;
    const MARK: &str = " ...";
    let on_one_line = |c| if is_layout(c) { char::REPLACEMENT_CHARACTER } else { c };
    match text.char_indices().nth(LIMIT) {
        None => text.chars().map(on_one_line).collect(),
        Some(_) => text.chars().take(LIMIT - MARK.len()).map(on_one_line).chain(MARK.chars()).collect(),
    }
}

/// Whether a character moves others about: ends a line, is a control, or turns the direction of writing.
fn is_layout(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_shown_on_one_line_and_no_longer_than_people_read() {
        for (text, shown) in [
            ("", String::new()),
            ("as it is, é included", "as it is, é included".to_owned()),
            ("a\nb\r\u{1b}[31m\u{2028}\u{202e}c", "a\u{fffd}b\u{fffd}\u{fffd}[31m\u{fffd}\u{fffd}c".to_owned()),
            (&"é".repeat(500), "é".repeat(500)),
            (&"é".repeat(501), format!("{} ...", "é".repeat(496))),
        ] {
            assert_eq!(excerpt(text), shown);
        }
    }
}
