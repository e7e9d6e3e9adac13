use proptest::prelude::*;

use super::*;

fn url(text: &str) -> Url {
    Url::parse(text).unwrap()
}

/// Returns the cookies of a request to `to` after a response from `from` has set some.
fn sent(from: &str, set: &[&str], to: &str) -> Option<String> {
    let mut cookies = Cookies::default();
    for header in set {
        cookies.store(&url(from), header.as_bytes());
    }
    cookies
        .header_for(&url(to))
        .map(|header| String::from_utf8(header.as_bytes().to_vec()).unwrap())
}

#[test]
fn a_cookie_is_sent_to_its_hosts_and_paths() {
    let from = "http://shop.example.org/cart/pay";
    for (set, to, expected) in [
        ("a=1", "http://shop.example.org/cart/", true),
        ("a=1", "http://shop.example.org/cart", true),
        ("a=1", "http://shop.example.org/carton", false),
        ("a=1", "http://shop.example.org/", false),
        ("a=1", "http://shop.example.org:81/cart/x", true),
        ("a=1", "https://shop.example.org/cart/x", true),
        ("a=1", "http://www.shop.example.org/cart/x", false),
        ("a=1; path=/", "http://shop.example.org/", true),
        ("a=1; path=relative", "http://shop.example.org/", false),
        (
            "a=1; Domain=example.org; Path=/",
            "http://example.org/",
            true,
        ),
        (
            "a=1; domain=.EXAMPLE.org; path=/",
            "http://b.example.org/",
            true,
        ),
        (
            "a=1; domain=example.org; path=/",
            "http://example.org.evil/",
            false,
        ),
        (
            "a=1; domain=example.org; path=/",
            "http://notexample.org/",
            false,
        ),
        ("a=1; domain=org; path=/", "http://other.org/", false),
        ("a=1; domain=org; path=/", from, false),
        ("a=1; domain=www.example.org", from, false),
        ("a=1; domain=other.example", from, false),
        ("a=1; domain=; path=/", "http://shop.example.org/", true),
        ("a=1; secure", from, false),
    ] {
        assert_eq!(sent(from, &[set], to).is_some(), expected, "{set} {to}");
    }
}

#[test]
fn a_secure_cookie_needs_https_or_this_machine() {
    let set = ["a=1; Secure; path=/"];
    for (from, to, expected) in [
        ("https://host.example/", "https://host.example/", true),
        ("https://host.example/", "http://host.example/", false),
        ("http://host.example/", "https://host.example/", false),
        ("http://127.0.0.1/", "http://127.0.0.1/", true),
        ("http://[::1]/", "http://[::1]/", true),
        ("http://localhost/", "http://localhost/", true),
        ("http://192.0.2.1/", "http://192.0.2.1/", false),
    ] {
        assert_eq!(sent(from, &set, to).is_some(), expected, "{from} {to}");
    }
}

#[test]
fn cookies_are_parsed_as_in_browsers() {
    let from = "https://host.example/";
    let long = format!("a={}", "x".repeat(4095));
    let too_long = format!("a={}", "x".repeat(4096));
    for (set, expected) in [
        (&["a=1"][..], Some("a=1")),
        (&[" a = 1 ; HttpOnly; SameSite=Strict"], Some("a=1")),
        (&["a=\"1\""], Some("a=\"1\"")),
        (&["a=b=c"], Some("a=b=c")),
        (&["a="], Some("a=")),
        (&["a=\u{e9}"], Some("a=\u{e9}")),
        (&["alone"], Some("alone")),
        (&["a=1", "b=2"], Some("a=1; b=2")),
        (&["a=1", "b=2", "a=3"], Some("a=3; b=2")),
        (&["a=1", "b=2", "a=3; Max-Age=0"], Some("b=2")),
        (&["a=1", "a=; expires=Thu, 01-Jan-70 00:00:00 GMT"], None),
        (
            &["a=1; max-age=60; expires=Thu, 01 Jan 1970 00:00:00 GMT"],
            Some("a=1"),
        ),
        (&["a=1; max-age=soon"], Some("a=1")),
        (&["a=1; expires=soon"], Some("a=1")),
        (&["a=1; max-age=-1"], None),
        (&["a=1\t2"], None),
        (&["a=1\x01"], None),
        (&[""], None),
        (&["="], None),
        (&["; path=/"], None),
        (&[&long], Some(&long)),
        (&[&too_long], None),
        (&["__Host-a=1; path=/"], None),
        (&["__Host-a=1; secure; path=/"], Some("__Host-a=1")),
        (&["__Host-a=1; secure; path=/x"], None),
        (&["__Host-a=1; secure; path=/; domain=host.example"], None),
        (&["__secure-a=1"], None),
        (&["__Secure-a=1; secure"], Some("__Secure-a=1")),
    ] {
        assert_eq!(sent(from, set, from).as_deref(), expected, "{set:?}");
    }
}

#[test]
fn the_longer_path_comes_first() {
    let set = ["a=1; path=/", "b=2; path=/x", "c=3; path=/"];
    let sent = sent("http://host/", &set, "http://host/x/y");
    assert_eq!(sent.as_deref(), Some("b=2; a=1; c=3"));
}

#[test]
fn a_domain_that_is_an_address_is_for_that_address_only() {
    let from = "http://127.0.0.1/";
    assert_eq!(
        sent(from, &["a=1; domain=127.0.0.1"], from).as_deref(),
        Some("a=1")
    );
    assert_eq!(sent(from, &["a=1; domain=0.0.1"], from), None);
    assert_eq!(
        sent(
            "http://localhost/",
            &["a=1; domain=localhost"],
            "http://x.localhost/"
        ),
        None
    );
}

#[test]
fn the_number_and_the_size_of_cookies_are_limited() {
    let mut cookies = Cookies::default();
    let from = url("http://host/");
    for number in 0..1000 {
        let header = format!("a{number}={}; path=/{}", "x".repeat(4000), "y".repeat(5000));
        cookies.store(&from, header.as_bytes());
    }
    assert_eq!(cookies.0.len(), MAX_COOKIES);
    let header = cookies.header_for(&from).unwrap();
    assert!(header.as_bytes().starts_with(b"a950="), "oldest dropped");
    assert!(header.len() < MAX_COOKIES * (MAX_COOKIE_BYTES + 2));
}

proptest! {
    /// Checks that no bytes of a server cause a panic or break out of the `Cookie` header.
    #[test]
    fn any_bytes_are_a_cookie_or_ignored(
        headers in prop::collection::vec(
            prop_oneof![
                prop::collection::vec(any::<u8>(), 0..80),
                "[a-z=; ]{0,8}(; ?(path|domain|expires|max-age|secure)=?[ -~]{0,30}){0,3}".prop_map(String::into_bytes),
            ],
            0..20,
        ),
    ) {
        let mut cookies = Cookies::default();
        let from = url("http://a.example.org/b/c");
        for header in &headers {
            cookies.store(&from, header);
        }
        prop_assert!(cookies.0.len() <= MAX_COOKIES);
        if let Some(header) = cookies.header_for(&from) {
            prop_assert!(!header.as_bytes().iter().any(u8::is_ascii_control));
        }
        prop_assert_eq!(cookies.header_for(&url("http://other.example/b/c")), None);
    }
}
