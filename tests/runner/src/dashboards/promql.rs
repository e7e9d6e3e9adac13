//! Finds the metrics that a PromQL query reads.
//!
//! This is not a parser: the neighbours of a word show whether it is a metric. Prometheus checks the syntax.

use std::collections::BTreeSet;

/// Keywords that are followed by a list of labels in parentheses.
const BEFORE_LABELS: [&str; 6] = [
    "by",
    "without",
    "on",
    "ignoring",
    "group_left",
    "group_right",
];

/// Words that are not metrics: operators, modifiers, and aggregations, because `by` may precede their parenthesis.
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

/// Returns the names of the metrics that `query` reads.
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

/// Returns the length of a prefix of `rest` without a name; `None` if a name begins.
fn skipped(rest: &str, first: char) -> Option<usize> {
    match first {
        '{' => Some(closing(rest, '}')),
        '[' => Some(closing(rest, ']')),
        '"' | '\'' | '`' => Some(quoted_length(rest, first)),
        // A number, with its letters: 1e4, 5m, 0x1f.
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

/// Returns the length up to and including the first `end` outside of quotes.
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

/// Returns the length of the quoted text at the start of `rest`, including the quotes.
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
    fn names_are_distinguished_from_functions_labels_and_words() {
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

    /// Returns a strategy for expressions and the metrics that they read. Labels and texts contain names of metrics, too.
    fn expression() -> impl Strategy<Value = (String, BTreeSet<String>)> {
        let metric = "[a-z_:][a-z0-9_:]{0,8}".prop_filter("a word", |name| {
            !WORDS.contains(&&**name) && !BEFORE_LABELS.contains(&&**name)
        });
        let selector = (metric, 0..4_usize).prop_map(|(metric, form)| {
            let text = match form {
                0 => metric.clone(),
                1 => format!("{metric}{{a=\"up{{}}\\\" up\",b!~'up|down'}}"),
                2 => format!("rate( {metric}{{c=`up\\`}} [5m:1m] offset 1h )"),
                _ => format!("{metric} @ end()"),
            };
            (text, BTreeSet::from([metric]))
        });
        selector.prop_recursive(4, 32, 2, |inner| {
            (inner.clone(), inner, 0..6_usize).prop_map(|((one, ones), (other, others), form)| {
                let both = ones.union(&others).cloned().collect();
                match form {
                    0 => (format!("sum by (up, le) ({one})"), ones),
                    1 => (format!("max without(up)(({one}))"), ones),
                    2 => (
                        format!("label_replace({one}, \"up\", '$1', `up`, \"(.*)\")"),
                        ones,
                    ),
                    3 => (format!("{one} / on (up) group_left (down) {other}"), both),
                    4 => (format!("{one}>bool 1e4 or {other}"), both),
                    _ => (format!("({one}) - ignoring(up) 0.5 * ({other})"), both),
                }
            })
        })
    }

    proptest! {
        #[test]
        fn every_metric_is_found_and_nothing_else((query, metrics) in expression()) {
            let found: BTreeSet<String> = metric_names(&query).into_iter().map(str::to_owned).collect();
            prop_assert_eq!(found, metrics, "{}", query);
        }
    }
}
