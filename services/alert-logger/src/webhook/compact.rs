//! Compaction of JSON to one line.

/// Removes only the whitespace between the tokens of a valid JSON text. Numbers, escapes, unknown fields and the order of
/// keys are unchanged. Strings contain no raw line break, so the result is one line.
pub(super) fn compact(json: &str) -> String {
    let mut in_string = false;
    let mut escaped = false;
    json.chars()
        .filter(|&char| {
            if in_string {
                in_string = escaped || char != '"';
                escaped = !escaped && char == '\\';
                return true;
            }
            in_string = char == '"';
            !matches!(char, ' ' | '\t' | '\n' | '\r')
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::Value;

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
            r#"[\\" a]{0,4}"#.prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            let text = any::<String>();
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::vec((text, inner), 0..4)
                    .prop_map(|fields| { Value::Object(fields.into_iter().collect()) }),
            ]
        })
    }

    #[test]
    fn text_that_a_serializer_would_change_is_unchanged() {
        let json = "{ \"z\" : 1.50e+2,\r\n\t\"a\" : 12345678901234567890123,\n \"z\" : \"a b\\u0041\\\" \\\\\" }";
        let expected = r#"{"z":1.50e+2,"a":12345678901234567890123,"z":"a b\u0041\" \\"}"#;
        assert_eq!(compact(json), expected);
    }

    proptest! {
        #[test]
        fn pretty_printed_json_becomes_the_compact_form(value in any_json()) {
            let pretty = serde_json::to_string_pretty(&value).unwrap();
            prop_assert_eq!(compact(&pretty), value.to_string());
        }
    }
}
