//! Identifiers made from texts: the same in every build, because feed readers and open pages remember them.

use uuid::{Uuid, uuid};

/// The namespace of these identifiers.
const NAMESPACE: Uuid = uuid!("5f0c2d5e-7c1b-4e0a-9d43-2f6b8a1e9c70");

/// Returns the `id` of an element of a page.
pub(crate) fn element_id(kind: &str, name: &str) -> String {
    let (half, _) = Uuid::new_v5(&NAMESPACE, name.as_bytes()).as_u64_pair();
    format!("{kind}-{half:016x}")
}

/// Returns the `urn:uuid:` of a text.
pub(crate) fn urn(text: &str) -> String {
    Uuid::new_v5(&NAMESPACE, text.as_bytes()).urn().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_those_of_every_build() {
        assert_eq!(element_id("target", "foobar"), "target-5e1d66c953645d6d");
        assert_eq!(
            urn("foobar"),
            "urn:uuid:5e1d66c9-5364-5d6d-b94a-5d180f49e640"
        );
    }
}
