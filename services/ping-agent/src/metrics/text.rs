//! The Prometheus text format, version 0.0.4.
//!
//! Source: <https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format>

/// Returns a label with its value escaped: `name="value"`.
pub(crate) fn label(name: &str, value: &str) -> String {
    let mut text = String::with_capacity(name.len() + value.len() + 3);
    text.push_str(name);
    text.push_str("=\"");
    for c in value.chars() {
        match c {
            '\\' => text.push_str("\\\\"),
            '"' => text.push_str("\\\""),
            '\n' => text.push_str("\\n"),
            c => text.push(c),
        }
    }
    text.push('"');
    text
}

/// The value of a sample.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Value {
    Whole(u64),
    Real(f64),
}

/// Appends a sample. Name and labels come in parts, and there is at least one label.
pub(crate) fn sample(out: &mut String, name: [&str; 2], labels: &[&str], value: Value) {
    for part in name {
        out.push_str(part);
    }
    let mut separator = '{';
    for label in labels {
        out.push(separator);
        out.push_str(label);
        separator = ',';
    }
    out.push_str("} ");
    match value {
        Value::Whole(value) => out.push_str(itoa::Buffer::new().format(value)),
        Value::Real(value) => {
            let mut text = ryu::Buffer::new();
            let text = text.format(value);
            out.push_str(text.strip_suffix(".0").unwrap_or(text));
        }
    }
    out.push('\n');
}

/// Appends the `# HELP` and `# TYPE` lines of a family.
pub(crate) fn header(out: &mut String, name: &str, kind: &str, help: &str) {
    for part in [
        "# HELP ",
        name,
        " ",
        help,
        "\n# TYPE ",
        name,
        " ",
        kind,
        "\n",
    ] {
        out.push_str(part);
    }
}
