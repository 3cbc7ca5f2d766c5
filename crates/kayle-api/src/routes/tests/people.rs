//! People at the dashboard: which credential counts, and size, credential, origin, organization,
//! role, frozen organization and validation in this order.

use actix_web::http::header;
use kayle_app::access::{Role, Scope};
use strum::IntoEnumIterator;

use super::{
    CANCEL, REVEAL, administration, administration_lists, customer_operations, intake, lists,
};
use crate::limits::BODY_BYTES_MAX;
use crate::testing::{Answer, COOKIE, DASHBOARD, TestApi, request, with_session};

/// Every operation that people may ask for, with the least role they need.
fn operations() -> Vec<(&'static str, &'static str, Role)> {
    let least = |path: &str, scope: Scope| match scope {
        _ if path == REVEAL => Role::Owner,
        Scope::WebhooksWrite | Scope::SessionsWrite => Role::Admin,
        Scope::WebhooksRead | Scope::SessionsRead | Scope::AnalyticsRead => Role::Member,
    };
    let shared = customer_operations()
        .into_iter()
        .map(|(method, path, scope)| (method, path, least(path, scope)));
    let own = administration()
        .into_iter()
        .map(|(method, path)| (method, path, Role::Admin));
    shared.into_iter().chain(own).collect()
}

fn changes(method: &str) -> bool {
    !["GET", "HEAD"].contains(&method)
}

async fn frozen() -> TestApi {
    let test = TestApi::new().await;
    let id = test.organization.id;
    test.kit.webhooks.freeze_organization(id).await.unwrap();
    test
}

#[track_caller]
fn assert_refused(answer: &Answer, status: u16, code: &str, why: &str) {
    assert_eq!(answer.status, status, "{why}: {}", answer.message());
    // An answer to HEAD is read in process with its body.
    assert_eq!(answer.code(), code, "{why}");
}

#[actix_web::test]
async fn every_operation_lets_exactly_its_roles_through() {
    let test = TestApi::new().await;
    for (method, path, least) in operations() {
        for role in Role::iter() {
            let answer = test.send_as_person(role.as_str(), method, path, "").await;
            let why = format!("{method} {path} as {role:?}: {}", answer.message());
            assert_eq!(answer.status == 403, role < least, "{why}");
            assert_ne!(answer.status, 401, "{why}");
        }
    }
}

#[actix_web::test]
async fn the_highest_role_counts_and_an_unknown_one_grants_nothing() {
    let test = TestApi::new().await;
    let path = "/v1/auth/api-keys";
    for (roles, status) in [
        ("member,admin", 200),
        ("owner,member", 200),
        ("owner,king", 403),
        ("owner, admin", 403),
        ("", 403),
    ] {
        let answer = test.send_as_person(roles, "GET", path, "").await;
        assert_eq!(answer.status, status, "{roles:?}: {}", answer.message());
    }
    for (method, path, _) in operations() {
        let answer = test.send_as_person("king", method, path, "").await;
        assert_refused(&answer, 403, "FORBIDDEN", path);
    }
}

#[actix_web::test]
async fn without_an_active_organization_nothing_is_allowed() {
    let test = TestApi::new().await;
    let unknown = "6f9619ff-8b86-4d01-b42d-00cf4fc964ff".to_owned();
    for organization in [None, Some(unknown)] {
        let token = test.session_token_in(organization, "owner");
        for (method, path, _) in operations() {
            let asked = with_session(request(method, path), &token);
            let asked = asked.insert_header((header::ORIGIN, DASHBOARD));
            let answer = test.call(asked).await;
            assert_refused(&answer, 403, "FORBIDDEN", path);
            assert!(answer.message().contains("no active organization"));
        }
    }
}

#[actix_web::test]
async fn no_credential_is_no_entry() {
    let test = TestApi::new().await;
    for (method, path, _) in operations() {
        let answer = test.call(request(method, path)).await;
        assert_refused(&answer, 401, "UNAUTHORIZED", path);
    }
    for (method, path) in intake() {
        let answer = test.call(request(method, path)).await;
        assert_refused(&answer, 401, "UNAUTHORIZED", path);
    }
}

#[actix_web::test]
async fn a_cookie_that_is_no_session_is_no_entry() {
    let test = TestApi::new().await;
    let session = test.session_token("owner");
    let forged = format!("{}x", &session[..session.len() - 1]);
    for token in ["", "x", &forged, &test.key, &test.service_token().await] {
        let answer = test
            .call(with_session(request("GET", "/v1/sessions"), token))
            .await;
        assert_refused(&answer, 401, "UNAUTHORIZED", "a forged cookie");
    }
    let expired = with_session(request("GET", "/v1/sessions"), &session);
    test.kit.clock.advance(std::time::Duration::from_hours(1));
    assert_eq!(test.call(expired).await.status, 401);
}

#[actix_web::test]
async fn the_session_of_an_https_service_travels_in_another_cookie() {
    let mut test = TestApi::new().await;
    test.api.session_cookie = "__Secure-kayle-id.session_token".to_owned();
    let token = test.session_token("owner");
    let plain = with_session(request("GET", "/v1/sessions"), &token);
    assert_eq!(test.call(plain).await.status, 401);
    let secure = request("GET", "/v1/sessions")
        .insert_header((header::COOKIE, format!("__Secure-{COOKIE}={token}")));
    assert_eq!(test.call(secure).await.status, 200);
}

#[actix_web::test]
async fn a_bearer_header_hides_the_cookie() {
    let test = TestApi::new().await;
    let token = test.session_token("owner");
    for (credential, status) in [
        ("Bearer", 401),
        ("Bearer ", 401),
        ("Bearer    ", 401),
        ("Bearer kk_unknown", 401),
        ("Bearer é", 401),
        ("Basic eDp5", 200),
        ("bearer kk_unknown", 200),
    ] {
        let both = with_session(request("GET", "/v1/sessions"), &token)
            .insert_header((header::AUTHORIZATION, credential));
        assert_eq!(test.call(both).await.status, status, "{credential:?}");
    }
    let powerless = test.key_with(&[]).await;
    let both = with_session(request("GET", "/v1/sessions"), &token)
        .insert_header((header::AUTHORIZATION, format!("Bearer {powerless}")));
    assert_eq!(test.call(both).await.status, 403);
}

#[actix_web::test]
async fn each_kind_of_credential_has_its_routes() {
    let test = TestApi::new().await;
    let (key, service) = (test.key.clone(), test.service_token().await);
    for (method, path) in administration()
        .into_iter()
        .chain([("GET", "/v1/auth/nowhere")])
    {
        for credential in [&key, &service] {
            let answer = test.send_as(credential, method, path, "").await;
            assert_refused(&answer, 401, "UNAUTHORIZED", path);
            let both = with_session(request(method, path), &test.session_token("owner"))
                .insert_header((header::AUTHORIZATION, format!("Bearer {credential}")))
                .insert_header((header::ORIGIN, DASHBOARD));
            assert_refused(&test.call(both).await, 401, "UNAUTHORIZED", path);
        }
    }
    for (method, path, _) in customer_operations() {
        let answer = test.send_as(&service, method, path, "").await;
        assert_refused(&answer, 401, "UNAUTHORIZED", path);
    }
    for (method, path) in intake() {
        let answer = test.send_as(&key, method, path, "").await;
        assert_refused(&answer, 401, "UNAUTHORIZED", path);
        let answer = test.send_as_person("owner", method, path, "").await;
        assert_refused(&answer, 401, "UNAUTHORIZED", path);
    }
}

#[actix_web::test]
async fn size_comes_before_the_cookie() {
    let test = TestApi::new().await;
    let large = request("POST", "/v1/auth/api-keys").set_payload(vec![b' '; BODY_BYTES_MAX + 1]);
    assert_refused(
        &test.call(large).await,
        413,
        "PAYLOAD_TOO_LARGE",
        "a large body",
    );
}

#[actix_web::test]
async fn a_frozen_organization_can_be_read_and_not_changed() {
    let test = frozen().await;
    for (method, path, _) in operations() {
        let answer = test.send_as_person("owner", method, path, "").await;
        let refused = changes(method) && path != CANCEL;
        assert_eq!(answer.status == 410, refused, "{method} {path}");
        if refused {
            assert_eq!(answer.code(), "ORGANIZATION_FROZEN");
        }
    }
    for (method, path, _) in customer_operations() {
        let answer = test.send(method, path, "").await;
        assert_refused(&answer, 410, "ORGANIZATION_FROZEN", path);
    }
}

#[actix_web::test]
async fn the_role_comes_before_the_frozen_organization_and_that_before_validation() {
    let test = frozen().await;
    let path = "/v1/webhooks/endpoints/%20";
    let member = test.send_as_person("member", "PATCH", path, "{").await;
    assert_refused(&member, 403, "FORBIDDEN", "a member");
    let owner = test.send_as_person("owner", "PATCH", path, "{").await;
    assert_refused(&owner, 410, "ORGANIZATION_FROZEN", "an owner");
    let read = test.send_as_person("owner", "GET", path, "").await;
    assert_refused(&read, 400, "BAD_REQUEST", "a read");
}

#[actix_web::test]
async fn unknown_routes_are_told_to_people_too() {
    let test = TestApi::new().await;
    for path in ["/v1/nowhere", "/v1/auth/nowhere", "/v1/auth/api-keys/"] {
        let answer = test.send_as_person("member", "GET", path, "").await;
        assert_refused(&answer, 404, "NOT_FOUND", path);
        let answer = test.call(request("GET", path)).await;
        assert_refused(&answer, 401, "UNAUTHORIZED", path);
    }
}

#[actix_web::test]
async fn the_refusals_of_the_api_key_routes_can_be_told_apart() {
    let test = TestApi::new().await;
    let mut messages = Vec::new();
    for (method, path) in administration() {
        let answer = test.send_as_person("member", method, path, "").await;
        assert_refused(&answer, 403, "FORBIDDEN", path);
        let hint = answer.body["error"]["hint"].as_str().unwrap();
        assert!(hint.contains("administrator"), "{hint}");
        messages.push(answer.message().to_owned());
    }
    messages.sort();
    messages.dedup();
    assert_eq!(messages.len(), administration().len(), "{messages:?}");
}

#[actix_web::test]
async fn every_error_of_a_list_has_pagination_for_people_too() {
    let test = TestApi::new().await;
    for path in lists().into_iter().chain(administration_lists()) {
        for (roles, query, status, limit) in [
            ("king", "?limit=7", 403, 7),
            ("owner", "?limit=0", 400, 10),
            ("owner", "?limit=7&starting_after=%20", 400, 7),
        ] {
            let path = format!("{path}{query}");
            let answer = test.send_as_person(roles, "GET", &path, "").await;
            assert_eq!(answer.status, status, "{path}");
            assert_eq!(answer.body["pagination"]["limit"], limit, "{path}");
            assert_eq!(answer.body["pagination"]["has_more"], false, "{path}");
        }
    }
}
