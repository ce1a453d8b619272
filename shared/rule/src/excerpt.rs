/// What a message shows of a text from outside: its first 500 characters, on one line. A cut is marked.
///
/// Whoever writes the text pays nothing for its length and its line breaks; who stores and reads logs does.
#[must_use]
pub fn excerpt(text: &str) -> String {
    const LIMIT: usize = 500;
    let mut characters = text.chars();
    let mut shown: String =
        characters.by_ref().take(LIMIT).map(|c| if is_layout(c) { char::REPLACEMENT_CHARACTER } else { c }).collect();
    if characters.next().is_some() {
        shown.push_str(" ...");
    }
    shown
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
            (&"é".repeat(501), format!("{} ...", "é".repeat(500))),
        ] {
            assert_eq!(excerpt(text), shown);
        }
    }
}
