//! Rules that are evaluated only at chosen steps.
//!
//! promtool evaluates every group at every step and ignores its interval. To test intervals and the absence of Prometheus,
//! this module adds a condition to each expression and changes nothing else.

/// The series of the condition: 1 at the steps at which the groups with this label `group` are evaluated.
pub const SERIES: &str = "test:evaluates";

/// Returns the text of a rule file in which every expression has the condition of its group's [`SERIES`].
///
/// # Panics
/// The text is not laid out as the repository's rule files are.
#[must_use]
pub fn gated(rules: &str) -> String {
    let mut out = String::new();
    let mut group = "";
    let mut lines = rules.lines().peekable();
    let mut gates = 0;
    while let Some(line) = lines.next() {
        if let Some(name) = line.strip_prefix("  - name: ") {
            group = name;
        }
        let indent = line.len() - line.trim_start().len();
        let Some(expression) = line.trim_start().strip_prefix("expr: ") else {
            out.push_str(line);
            out.push('\n');
            continue;
        };
        gates += 1;
        let pad = " ".repeat(indent);
        out.push_str(&format!("{pad}expr: |\n{pad}  (\n"));
        if expression == "|" {
            let in_block =
                |line: &&str| line.trim().is_empty() || line.starts_with(&format!("{pad}  "));
            while let Some(line) = lines.next_if(in_block) {
                out.push_str(&format!("  {line}\n"));
            }
        } else {
            out.push_str(&format!("{pad}    {expression}\n"));
        }
        out.push_str(&format!(
            "{pad}  ) and on () {SERIES}{{group=\"{group}\"}}\n"
        ));
    }
    let rules = rules.matches("- record: ").count() + rules.matches("- alert: ").count();
    assert_eq!(gates, rules, "each rule has one expression");
    out
}

#[cfg(test)]
mod tests {
    use super::gated;

    #[test]
    fn every_expression_gets_the_condition_of_its_group() {
        let rules = "groups:\n  - name: a\n    rules:\n      - record: x\n        expr: y # why\n      - record: z\n        expr: |\n          1\n            + y\n\n      - record: w\n        expr: u\n";
        let expected = "groups:\n  - name: a\n    rules:\n      - record: x\n        expr: |\n          (\n            y # why\n          ) and on () test:evaluates{group=\"a\"}\n      - record: z\n        expr: |\n          (\n            1\n              + y\n  \n          ) and on () test:evaluates{group=\"a\"}\n      - record: w\n        expr: |\n          (\n            u\n          ) and on () test:evaluates{group=\"a\"}\n";
        assert_eq!(gated(rules), expected);
    }
}
