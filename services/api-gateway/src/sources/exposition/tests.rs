use std::borrow::Cow;
use std::fmt::Write as _;

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

/// A sample with owned values, for comparison.
type Plain = (String, Vec<(String, String)>, f64);

fn plain(sample: &Sample<'_>) -> Plain {
    let labels = sample
        .labels
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    (sample.name.clone().into_owned(), labels, sample.value)
}

/// The samples up to the first invalid line, and the result of parsing.
fn samples(text: &[u8]) -> (Vec<Plain>, Result<(), ParseError>) {
    let mut samples = Vec::new();
    let outcome = read(text, |sample| {
        samples.push(plain(sample));
        Ok(())
    });
    (samples, outcome)
}

fn one(line: &str) -> Result<Plain, Reason> {
    let (mut samples, outcome) = samples(line.as_bytes());
    outcome.map_err(|error| error.reason)?;
    assert_eq!(samples.len(), 1);
    Ok(samples.remove(0))
}

fn expected(name: &str, labels: &[(&str, &str)], value: f64) -> Result<Plain, Reason> {
    let labels = labels
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    Ok((name.to_owned(), labels, value))
}

#[test]
fn every_valid_form_of_a_line_is_parsed() {
    let one_label = |line| assert_eq!(one(line), expected("a:b", &[("l", "v")], 1.0), "{line}");
    one_label("a:b{l=\"v\"} 1");
    one_label("a:b{l=\"v\"}1");
    one_label("a:b{l=\"v\",} 1.0");
    one_label("\t a:b { l = \"v\" , }\t1e0  ");
    one_label("a:b{l=\"v\"} 1 1700000000000");
    one_label("a:b{l=\"v\"} 1 -17");
    one_label("a:b{l=\"v\"} 1 1700000000.5 # {trace_id=\"x\"} 0.5 1700000000.1");
    one_label("a:b{l=\"v\"} 1 # {} +Inf");
    one_label("a:b{l=\"v\"} 1\r\n");
    one_label("{\"a:b\",l=\"v\"} 1");
    one_label("{\"l\"=\"v\",\"a:b\"} 1");
    assert_eq!(one("a 5"), expected("a", &[], 5.0));
    assert_eq!(one("a{} 5"), expected("a", &[], 5.0));
    assert_eq!(one("a +Inf"), expected("a", &[], f64::INFINITY));
    assert_eq!(one("a -Inf"), expected("a", &[], f64::NEG_INFINITY));
    assert!(one("a NaN").is_ok_and(|(_, _, value)| value.is_nan()));
    assert_eq!(
        one(r#"{"größe.x","my label"="a\\b\"c\nd\qe,}="} 2"#),
        expected("größe.x", &[("my label", "a\\b\"c\nd\\qe,}=")], 2.0)
    );
}

#[test]
fn comments_and_empty_lines_are_no_samples() {
    let text = "\n# HELP a b \\\\ \\n \" {\n#TYPE\n  # x\n\r\n\t\na 1\n# EOF\n";
    let (read, outcome) = samples(text.as_bytes());
    assert_eq!((read.len(), outcome), (1, Ok(())));
    assert_eq!(read[0].0, "a");
}

#[test]
fn an_error_has_the_number_of_its_line() {
    let (read, outcome) = samples(b"a 1\nb{c=\"d} 2\ne 3");
    let error = outcome.unwrap_err();
    assert_eq!(error.to_string(), "line 2: an unterminated quote");
    assert_eq!(read.len(), 1);
}

#[test]
fn a_line_that_is_too_long_is_rejected() {
    let label = "x".repeat(LINE_BYTES);
    let error = samples(format!("a 1\na{{l=\"{label}\"}} 1\n").as_bytes()).1;
    let expected = ParseError {
        line: 2,
        reason: Reason::TooLong,
    };
    assert_eq!(error, Err(expected));
    let label = "x".repeat(LINE_BYTES - 10);
    assert_eq!(
        samples(format!("a{{l=\"{label}\"}} 1\n").as_bytes()).1,
        Ok(())
    );
}

#[test]
fn empty_lines_and_comments_count_as_lines() {
    assert_eq!(samples("#\n".repeat(LINES).as_bytes()).1, Ok(()));
    let error = samples("\n".repeat(LINES + 1).as_bytes()).1.unwrap_err();
    assert_eq!(error.reason, Reason::TooMany);
}

#[test]
fn an_invalid_line_is_rejected_with_its_reason() {
    for (line, reason) in [
        ("1a 1", Reason::NoName),
        ("{} 1", Reason::NoName),
        ("{l=\"v\"} 1", Reason::NoName),
        ("a{\"b\"} 1", Reason::TwoNames),
        ("{\"a\",\"b\"} 1", Reason::TwoNames),
        ("a{1l=\"v\"} 1", Reason::Label),
        ("a{l} 1", Reason::Label),
        ("a{l=v} 1", Reason::Label),
        ("a{,} 1", Reason::Label),
        ("a{l=\"v} 1", Reason::Unquoted),
        ("a{l=\"v\\\"} 1", Reason::Unquoted),
        ("a{l=\"v\"", Reason::Braces),
        ("a{", Reason::Braces),
        ("a{l=\"v\" m=\"w\"} 1", Reason::Braces),
        ("a", Reason::Value),
        ("a{l=\"v\"}", Reason::Value),
        ("a one", Reason::Value),
        ("a 0x1p4", Reason::Value),
        ("a-b 1", Reason::Value),
        ("a 1 soon", Reason::Timestamp),
        ("a 1 NaN", Reason::Timestamp),
        ("a 1 # 3", Reason::Exemplar),
        ("a 1 # {\"x\"} 3", Reason::Exemplar),
        ("a 1 # {x=\"y\"}", Reason::Exemplar),
        ("a 1 2 3", Reason::Trailing),
    ] {
        assert_eq!(one(line), Err(reason), "{line}");
    }
    let not_text = samples(b"a 1\n\xff 2\n").1.unwrap_err();
    assert_eq!(not_text.to_string(), "line 2: not UTF-8");
}

#[test]
fn names_and_labels_without_escapes_are_not_copied() {
    let outcome = read(&b"a{l=\"v\"} 1"[..], |sample| {
        assert!(matches!(sample.name, Cow::Borrowed("a")));
        assert!(matches!(sample.label("l"), Some(Cow::Borrowed("v"))));
        Ok(())
    });
    assert_eq!(outcome, Ok(()));
}

/// A sample and the format of its line.
#[derive(Debug, Clone)]
struct Written {
    name: String,
    quote_name: bool,
    labels: Vec<(String, String)>,
    value: f64,
    blank: &'static str,
    trailing_comma: bool,
    timestamp: Option<i64>,
    exemplar: Option<(String, f64)>,
    help: Option<String>,
    line_end: &'static str,
}

impl Written {
    fn render(&self, text: &mut String) {
        let escape = |value: &str| {
            value
                .replace('\\', "\\\\")
                .replace('"', "\\\"")
                .replace('\n', "\\n")
        };
        let blank = self.blank;
        if let Some(help) = &self.help {
            let help = help.replace('\\', "\\\\").replace('\n', "\\n");
            let _ = write!(text, "# HELP {} {help}{}", self.name, self.line_end);
        }
        let mut items: Vec<_> = self
            .labels
            .iter()
            .map(|(name, value)| format!("{name}{blank}={blank}\"{}\"", escape(value)))
            .collect();
        if self.quote_name {
            items.insert(0, format!("\"{}\"", escape(&self.name)));
        } else {
            text.push_str(&self.name);
        }
        if !items.is_empty() {
            let comma = if self.trailing_comma { "," } else { "" };
            let separator = format!("{blank},{blank}");
            let _ = write!(
                text,
                "{blank}{{{blank}{}{comma}{blank}}}",
                items.join(&separator)
            );
        }
        let _ = write!(text, " {:?}", self.value);
        if let Some(timestamp) = self.timestamp {
            let _ = write!(text, " {timestamp}");
        }
        if let Some((label, value)) = &self.exemplar {
            let _ = write!(text, " # {{trace_id=\"{}\"}} {value:?}", escape(label));
        }
        text.push_str(self.line_end);
    }
}

fn written() -> impl Strategy<Value = Written> {
    let value = prop_oneof![
        any::<f64>().prop_filter("NaN differs from itself", |value| !value.is_nan()),
        (0_u32..1_000_000).prop_map(f64::from),
    ];
    (
        ("[a-zA-Z_:][a-zA-Z0-9_:]{0,12}", any::<bool>()),
        vec(("[a-zA-Z_][a-zA-Z0-9_]{0,8}", any::<String>()), 0..5),
        value,
        (
            prop_oneof![Just(""), Just(" "), Just("\t ")],
            any::<bool>(),
            prop_oneof![Just("\n"), Just("\r\n")],
        ),
        proptest::option::of(any::<i64>()),
        proptest::option::of((any::<String>(), -1e9..1e9_f64)),
        proptest::option::of("[^\r]*"),
    )
        .prop_map(
            |(
                (name, quote_name),
                labels,
                value,
                (blank, trailing_comma, line_end),
                timestamp,
                exemplar,
                help,
            )| Written {
                name,
                quote_name,
                labels,
                value,
                blank,
                trailing_comma,
                timestamp,
                exemplar,
                help,
                line_end,
            },
        )
}

proptest! {
    #[test]
    fn written_samples_are_parsed(families in vec(written(), 0..6)) {
        let mut text = String::new();
        for family in &families {
            family.render(&mut text);
        }
        let read = samples(text.as_bytes());
        let written: Vec<_> = families
            .into_iter()
            .map(|family| (family.name, family.labels, family.value))
            .collect();
        prop_assert_eq!(read, (written, Ok(())), "{}", text);
    }

    #[test]
    fn random_bytes_do_not_panic(bytes in vec(any::<u8>(), 0..200)) {
        let _ = samples(&bytes);
    }

    #[test]
    fn nearly_valid_text_does_not_panic(
        text in "[a\\{\\}\"\\\\,=# \n\r1é]{0,60}",
    ) {
        let _ = samples(text.as_bytes());
    }
}
