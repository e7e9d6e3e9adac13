//! Which metrics a PromQL query reads.
//!
//! No parser: what is a name can be told from what stands beside it. Prometheus itself checks the syntax.

use std::collections::BTreeSet;

/// What is followed by a list of labels in parentheses, which are no metrics.
const BEFORE_LABELS: [&str; 6] = [
    "by",
    "without",
    "on",
    "ignoring",
    "group_left",
    "group_right",
];

/// Words that are no names: operators, modifiers, and the aggregations, after which `by` may come before the parenthesis.
const WORDS: [&str; 22] = [
    "and",
    "atan2",
    "avg",
    "bool",
    "bottomk",
    "count",
    "count_values",
    "group",
    "inf",
    "max",
    "min",
    "nan",
    "offset",
    "or",
    "quantile",
    "stddev",
    "stdvar",
    "sum",
    "topk",
    "unless",
    "group_left",
    "group_right",
];

/// The names of the metrics that `query` reads.
#[must_use]
pub fn metric_names(query: &str) -> BTreeSet<&str> {
    let mut names = BTreeSet::new();
    let mut rest = query;
    while let Some(first) = rest.chars().next() {
        let word = &rest[..word_length(rest)];
        let Some(length) = skipped(rest, first) else {
            rest = &rest[word.len()..];
            let next = rest.trim_start();
            let in_parentheses = next.starts_with('(');
            let lower = word.to_ascii_lowercase();
            if in_parentheses && BEFORE_LABELS.contains(&lower.as_str()) {
                rest = &next[closing(next, ')')..];
            } else if !in_parentheses && !WORDS.contains(&lower.as_str()) {
                names.insert(word);
            }
            continue;
        };
        rest = &rest[length..];
    }
    names
}

/// How much at the beginning of `rest` has no name in it; `None` where a name begins.
fn skipped(rest: &str, first: char) -> Option<usize> {
    match first {
        '{' => Some(closing(rest, '}')),
        '[' => Some(closing(rest, ']')),
        '"' | '\'' | '`' => Some(quoted_length(rest, first)),
        // A number, with whatever letters are in it: 1e4, 5m, 0x1f.
        '0'..='9' | '.' => Some(
            rest.find(|char: char| !char.is_ascii_alphanumeric() && char != '.')
                .unwrap_or(rest.len()),
        ),
        'a'..='z' | 'A'..='Z' | '_' | ':' => None,
        other => Some(other.len_utf8()),
    }
}

fn word_length(rest: &str) -> usize {
    rest.find(|char: char| !char.is_ascii_alphanumeric() && char != '_' && char != ':')
        .unwrap_or(rest.len())
}

/// The length up to the first `end` that is not in quotes, that included.
fn closing(rest: &str, end: char) -> usize {
    let mut at = 0;
    while let Some(char) = rest[at..].chars().next() {
        at += match char {
            '"' | '\'' | '`' => quoted_length(&rest[at..], char),
            other => other.len_utf8(),
        };
        if char == end {
            return at;
        }
    }
    rest.len()
}

/// The length of the text in `quote`s at the beginning of `rest`, the quotes included.
fn quoted_length(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, char) in rest.char_indices().skip(1) {
        if char == quote && !escaped {
            return at + quote.len_utf8();
        }
        escaped = char == '\\' && !escaped && quote != '`';
    }
    rest.len()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn names(query: &str) -> Vec<&str> {
        metric_names(query).into_iter().collect()
    }

    #[test]
    fn names_are_told_from_functions_labels_and_words() {
        assert_eq!(
            names("sum by (target, le) (rate(a_bucket{x=\"b{}\\\" c\"}[5m] @ end())) > bool 1e4"),
            ["a_bucket"]
        );
        assert_eq!(
            names(
                "floor(1e4 * (sum without (x) (target:probes:count) OR 0 * b)) / on (t) group_left (u) c offset 5m"
            ),
            ["b", "c", "target:probes:count"]
        );
        assert_eq!(
            names("sum(up) by (job) / ignoring (x) group_right count by (y) (d unless e) == Inf"),
            ["d", "e", "up"]
        );
        assert_eq!(
            names("label_replace(f[1h:5m], 'a', `\\`, \"b\", \"(.*)\") + vector(time())"),
            ["f"]
        );
    }

    proptest! {
        #[test]
        fn whatever_is_asked_is_read(query in ".*") {
            for name in metric_names(&query) {
                prop_assert!(!name.is_empty() && query.contains(name));
            }
        }
    }
}
