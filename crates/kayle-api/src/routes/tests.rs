//! The routes from outside, in process, over the doubles.

mod answers;
mod api_keys;
mod changes;
mod cors;
mod envelope;
mod laws;
mod lists;
mod logs;
mod nonsense;
mod order;
mod origins;
mod people;
mod verify;
mod wire;

use kayle_app::access::Scope;

/// Every operation for servers and people, with the narrowest scope that a server needs.
const CUSTOMER_OPERATIONS: [(&str, &str, Scope); 22] = [
    ("POST", "/v1/webhooks/endpoints", Scope::WebhooksWrite),
    ("GET", "/v1/webhooks/endpoints", Scope::WebhooksRead),
    ("GET", "/v1/webhooks/endpoints/whe_x", Scope::WebhooksRead),
    (
        "PATCH",
        "/v1/webhooks/endpoints/whe_x",
        Scope::WebhooksWrite,
    ),
    (
        "DELETE",
        "/v1/webhooks/endpoints/whe_x",
        Scope::WebhooksWrite,
    ),
    ("POST", REVEAL, Scope::WebhooksWrite),
    (
        "POST",
        "/v1/webhooks/endpoints/whe_x/signing-secret/rotate",
        Scope::WebhooksWrite,
    ),
    (
        "POST",
        "/v1/webhooks/endpoints/whe_x/keys",
        Scope::WebhooksWrite,
    ),
    (
        "GET",
        "/v1/webhooks/endpoints/whe_x/keys",
        Scope::WebhooksRead,
    ),
    (
        "POST",
        "/v1/webhooks/keys/whk_x/deactivate",
        Scope::WebhooksWrite,
    ),
    (
        "POST",
        "/v1/webhooks/keys/whk_x/reactivate",
        Scope::WebhooksWrite,
    ),
    ("GET", "/v1/webhooks/deliveries", Scope::WebhooksRead),
    ("GET", "/v1/webhooks/deliveries/whd_x", Scope::WebhooksRead),
    (
        "POST",
        "/v1/webhooks/deliveries/whd_x/retry",
        Scope::WebhooksWrite,
    ),
    ("GET", "/v1/webhooks/events", Scope::WebhooksRead),
    ("GET", "/v1/events/evt_x", Scope::WebhooksRead),
    ("POST", "/v1/events/evt_x/replay", Scope::WebhooksWrite),
    ("HEAD", "/v1/events", Scope::WebhooksRead),
    ("POST", "/v1/sessions", Scope::SessionsWrite),
    ("GET", "/v1/sessions", Scope::SessionsRead),
    ("GET", "/v1/sessions/vs_x", Scope::SessionsRead),
    ("POST", CANCEL, Scope::SessionsWrite),
];

/// The operation that a person must be owner for.
const REVEAL: &str = "/v1/webhooks/endpoints/whe_x/signing-secret/reveal";

/// The change that people may make while their organization is frozen.
const CANCEL: &str = "/v1/sessions/vs_x/cancel";

/// Every operation for people only.
const ADMINISTRATION: [(&str, &str); 5] = [
    ("GET", "/v1/auth/api-keys"),
    ("POST", "/v1/auth/api-keys"),
    ("PATCH", "/v1/auth/api-keys/x"),
    ("DELETE", "/v1/auth/api-keys/x"),
    ("GET", "/v1/auth/orgs/audit-logs"),
];

/// Every operation for Kayle's own services.
const INTAKE: [(&str, &str); 2] = [
    ("POST", "/internal/v1/sessions/vs_x/begin"),
    ("POST", "/internal/v1/sessions/vs_x/attempts"),
];

/// Every list for servers and people.
const LISTS: [&str; 6] = [
    "/v1/webhooks/endpoints",
    "/v1/webhooks/endpoints/whe_x/keys",
    "/v1/webhooks/deliveries",
    "/v1/webhooks/events",
    "/v1/events",
    "/v1/sessions",
];

/// Every list for people only.
const ADMINISTRATION_LISTS: [&str; 2] = ["/v1/auth/api-keys", "/v1/auth/orgs/audit-logs"];
