//! What holds for any request at all.

use actix_web::http::header;
use actix_web::rt::System;
use proptest::prelude::*;
use serde_json::{Map, Value};

use super::{administration, customer_operations, intake};
use crate::testing::{DASHBOARD, TestApi, request, with_session};

const MEMBERS: [&str; 19] = [
    "url",
    "name",
    "labels",
    "enabled",
    "subscribed_event_types",
    "undelivered_payload_retention_hours",
    "retry_schedule",
    "key_id",
    "algorithm",
    "jwk",
    "share_fields",
    "redirect_url",
    "webhook_endpoint_id",
    "outcome",
    "claims",
    "selected_field_keys",
    "permissions",
    "metadata",
    "cancel_token",
];

fn json() -> impl Strategy<Value = Value> {
    let texts = prop_oneof![
        any::<String>(),
        Just("https://a.example/".to_owned()),
        Just("succeeded".to_owned()),
        Just("RSA-OAEP-256".to_owned()),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        texts.prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 6, |inner| {
        let keys = prop_oneof![
            prop::sample::select(&MEMBERS[..]).prop_map(str::to_owned),
            any::<String>()
        ];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(keys, inner, 0..6)
                .prop_map(|members| Value::Object(Map::from_iter(members))),
        ]
    })
}

fn bodies() -> impl Strategy<Value = Vec<u8>> {
    let objects = prop::collection::btree_map(prop::sample::select(&MEMBERS[..]), json(), 0..8);
    prop_oneof![
        objects.prop_map(|members| {
            let members = members
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value));
            Value::Object(members.collect()).to_string().into_bytes()
        }),
        json().prop_map(|value| value.to_string().into_bytes()),
        any::<Vec<u8>>(),
    ]
}

fn paths() -> impl Strategy<Value = (&'static str, String)> {
    let operations: Vec<_> = customer_operations()
        .into_iter()
        .map(|(method, path, _)| (method, path))
        .filter(|(method, _)| *method != "HEAD")
        .chain(intake())
        .chain(administration())
        .chain([("POST", "/v1/verify/session/vs_x/cancel")])
        .collect();
    let segment = "[A-Za-z0-9_%.~!$&'()*+,;=:@-]{1,80}";
    let query = "((limit|starting_after|status|type|enabled|is_active|created_from|x)=?\
                 [A-Za-z0-9%+=:._-]{0,12}&?){0,4}";
    (prop::sample::select(operations), segment, query).prop_map(
        |((method, path), segment, query)| {
            let path = ["whe_x", "whk_x", "whd_x", "evt_x", "vs_x"]
                .into_iter()
                .fold(path.to_owned(), |path, id| path.replace(id, &segment));
            (method, format!("{path}?{query}"))
        },
    )
}

proptest! {
    #[test]
    fn no_request_breaks_the_service_or_leaves_the_envelope(
        (method, path) in paths(),
        body in bodies(),
    ) {
        let answer = System::new().block_on(async {
            let test = TestApi::new().await;
            let asked = request(method, &path);
            let asked = if path.starts_with("/v1/auth") {
                with_session(asked, &test.session_token("owner"))
                    .insert_header((header::ORIGIN, DASHBOARD))
            } else if path.starts_with("/internal") {
                let token = test.service_token().await;
                asked.insert_header((header::AUTHORIZATION, format!("Bearer {token}")))
            } else {
                asked.insert_header((header::AUTHORIZATION, format!("Bearer {}", test.key)))
            };
            let request = asked
                .insert_header(header::ContentType::json())
                .set_payload(body);
            test.call(request).await
        });
        prop_assert!(answer.status.as_u16() < 500, "{method} {path}: {answer:?}");
        if !answer.status.is_success() {
            for member in ["code", "message", "hint", "docs"] {
                prop_assert!(answer.body["error"][member].is_string(), "{answer:?}");
            }
        }
    }
}
