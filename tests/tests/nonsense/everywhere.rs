//! Bad input that many operations must refuse alike.

use reqwest::Method;

use super::cases::Case;

const JSON: Option<&str> = Some("application/json");

/// Bad bodies of an operation that needs one.
pub(super) fn bad_bodies(path: &str) -> Vec<Case> {
    let deep = "[".repeat(100_000);
    let deep_object = format!("{{\"x\":{}1{}}}", "[".repeat(5_000), "]".repeat(5_000));
    vec![
        Case::post_empty(path),
        Case::post_raw(path, None, "{}"),
        Case::post_raw(path, Some("text/plain"), "{}"),
        Case::post_raw(path, Some("application/jsonx"), "{}"),
        Case::post_raw(path, Some("multipart/form-data; boundary=x"), "--x--"),
        Case::post_raw(path, Some("application/x-www-form-urlencoded"), "url=x"),
        Case::post_raw(path, JSON, ""),
        Case::post_raw(path, JSON, "{"),
        Case::post_raw(path, JSON, "{}{}"),
        Case::post_raw(path, JSON, "null"),
        Case::post_raw(path, JSON, "[]"),
        Case::post_raw(path, JSON, "\"text\""),
        Case::post_raw(path, JSON, "NaN"),
        Case::post_raw(path, JSON, "{\"a\": \"\\ud800\"}"),
        Case::post_raw(path, JSON, b"\xff\xfe".as_slice()),
        Case::post_raw(path, JSON, b"{\"url\": \"\xff\"}".as_slice()),
        Case::post_raw(path, JSON, b"\0\0\0\0".as_slice()),
        Case::post_raw(path, JSON, deep),
        Case::post_raw(path, JSON, deep_object),
        Case::post_raw(path, Some("application/json; charset=utf-8"), "{"),
    ]
}

/// Bad pages of a list.
pub(super) fn bad_pages(list: &str) -> Vec<Case> {
    let mut cases = Vec::new();
    for limit in [
        "0",
        "101",
        "-1",
        "+1",
        "1.5",
        "1e1",
        "ten",
        "",
        "%20",
        "10%20",
        "0x10",
        "99999999999999999999",
        "%00",
    ] {
        cases.push(Case::get(format!("{list}?limit={limit}")).names("limit"));
    }
    cases.push(Case::get(format!("{list}?limit=1&limit=2")).names("limit"));
    for cursor in ["", "%20", "a.b", "a%2Fb", "a%00", "%C3%A9", "%FF"] {
        cases.push(Case::get(format!("{list}?starting_after={cursor}")).names("starting_after"));
    }
    let long = format!("{list}?starting_after={}", "a".repeat(129));
    cases.push(Case::get(long).names("starting_after"));
    cases
}

/// Bad ids in a path: refused before any lookup.
pub(super) fn bad_ids(method: &Method, before: &str, after: &str, code: &'static str) -> Vec<Case> {
    let ids = [
        "a.b",
        "a%20b",
        "%C3%A9",
        "a%00b",
        "%FF",
        "a:b",
        "%25",
        &"a".repeat(129),
    ]
    .map(str::to_owned);
    ids.into_iter()
        .map(|id| {
            Case::get(format!("{before}{id}{after}"))
                .by(method.clone())
                .is(400, code)
        })
        .collect()
}
