//! Pieces of YAML as a person would write them.

/// A scalar, in quotation marks where it would mean something else without.
pub(super) fn scalar(text: &str) -> String {
    let plain = text.starts_with(|first: char| first.is_ascii_alphanumeric() || "/${".contains(first))
        && !text.contains(": ")
        && !text.contains(" #")
        && !text.ends_with(':')
        && text.parse::<f64>().is_err()
        && !["true", "false", "off", "on", "yes", "no", "none", "null"].contains(&text);
    if plain { text.to_owned() } else { format!("'{}'", text.replace('\'', "''")) }
}

/// A list in one line.
pub(super) fn list(items: impl IntoIterator<Item = String>) -> String {
    format!("[{}]", items.into_iter().collect::<Vec<_>>().join(", "))
}

/// These lines, so many blanks to the right.
pub(super) fn indented(blanks: usize, text: &str) -> String {
    let line = |line: &str| if line.is_empty() { "\n".to_owned() } else { format!("{:blanks$}{line}\n", "") };
    text.lines().map(line).collect()
}

/// A name as the ids of a template have it: `vpc-flow-logs-enabled` is `VpcFlowLogsEnabled`.
pub(crate) fn pascal(name: &str) -> String {
    name.split('-').map(|word| format!("{}{}", word[..1].to_ascii_uppercase(), &word[1..])).collect()
}
