//! What a composite alarm's rule says of another alarm: `ALARM("a") AND NOT (OK(b) OR ALARM("c"))`.

/// How an `AlarmRule` speaks of an alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mention {
    /// It does not, or not so that the alarm makes it go off.
    None,
    /// It listens to it: `ALARM(...)`, under no `NOT`.
    Alarm,
    /// It has its name somewhere, in words that this release does not know.
    Odd,
}

/// What `rule` says of an alarm that is known by these names.
pub(crate) fn mention<'a>(names: impl IntoIterator<Item = &'a str>, rule: &str) -> Mention {
    let names: Vec<_> = names.into_iter().filter(|name| !name.is_empty()).collect();
    if !names.iter().any(|name| rule.contains(name)) {
        return Mention::None;
    }
    match alarms(rule) {
        Some(alarms) if alarms.iter().any(|alarm| names.contains(&alarm.as_str())) => Mention::Alarm,
        Some(_) => Mention::None,
        None => Mention::Odd,
    }
}

/// The alarms that a rule listens to; none if it is not in the words that are known.
fn alarms(rule: &str) -> Option<Vec<String>> {
    let mut alarms = Vec::new();
    // Whether what stands in each of the open parentheses is negated, and whether a `NOT` came just before.
    let (mut negated, mut not) = (vec![false], false);
    let mut rest = rule.trim_start();
    while let Some(first) = rest.chars().next() {
        rest = match first {
            '(' => {
                negated.push(*negated.last()? != not);
                not = false;
                &rest[1..]
            }
            ')' => {
                negated.pop().filter(|_| !negated.is_empty())?;
                &rest[1..]
            }
            _ => {
                let end = rest.find(|c: char| !c.is_ascii_alphabetic() && c != '_').unwrap_or(rest.len());
                let (word, after) = rest.split_at(end);
                match word.to_ascii_uppercase().as_str() {
                    "AND" | "OR" => after,
                    "NOT" => {
                        not = !not;
                        after
                    }
                    "TRUE" | "FALSE" => {
                        not = false;
                        after
                    }
                    word @ ("ALARM" | "OK" | "INSUFFICIENT_DATA") => {
                        let (name, after) = argument(after)?;
                        if word == "ALARM" && *negated.last()? == not {
                            alarms.push(name);
                        }
                        not = false;
                        after
                    }
                    _ => return None,
                }
            }
        };
        rest = rest.trim_start();
    }
    (negated.len() == 1).then_some(alarms)
}

/// The name in parentheses, with or without quotes, and what follows.
fn argument(text: &str) -> Option<(String, &str)> {
    let inner = text.trim_start().strip_prefix('(')?.trim_start();
    let (name, after) = match inner.chars().next()? {
        quote @ ('"' | '\'') => inner[1..].split_once(quote)?,
        _ => inner.split_at(inner.find(|c: char| c == ')' || c.is_whitespace())?),
    };
    Some((name.to_owned(), after.trim_start().strip_prefix(')')?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_listens_to_what_it_says() {
        for (rule, expected) in [
            ("ALARM(a)", Mention::Alarm),
            (r#"ALARM("a")"#, Mention::Alarm),
            ("alarm ( 'a' )", Mention::Alarm),
            ("(ALARM(b) OR ALARM(a)) AND NOT ALARM(c)", Mention::Alarm),
            ("ALARM(b) AND (OK(c) OR ALARM(\"arn:a\"))", Mention::Alarm),
            ("NOT (OK(b) OR NOT ALARM(a))", Mention::Alarm),
            ("NOT NOT ALARM(a)", Mention::Alarm),
            ("NOT ALARM(a)", Mention::None),
            ("NOT (ALARM(b) OR ALARM(a))", Mention::None),
            ("OK(a) OR INSUFFICIENT_DATA(a)", Mention::None),
            // Another one, whose name has this in it.
            ("ALARM(ab)", Mention::None),
            ("TRUE", Mention::None),
            ("", Mention::None),
            ("AT_LEAST(2, ALARM, (a, b))", Mention::Odd),
            ("ALARM(a", Mention::Odd),
            ("(ALARM(a)", Mention::Odd),
            ("ALARM(a))", Mention::Odd),
            // It is about others, whatever it says.
            ("SOMETHING(b)", Mention::None),
        ] {
            assert_eq!(mention(["a", "arn:a"], rule), expected, "{rule}");
        }
    }
}
