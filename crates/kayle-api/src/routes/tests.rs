//! The routes from outside, in process, over the doubles.

mod answers;
mod envelope;
mod laws;
mod lists;
mod logs;
mod nonsense;
mod order;
mod wire;

use kayle_app::access::Scope;

/// Every customer's operation with the narrowest scope that it needs.
const CUSTOMER_OPERATIONS: [(&str, &str, Scope); 17] = [
    ("POST", "/v1/webhooks/endpoints", Scope::WebhooksWrite),
    ("GET", "/v1/webhooks/endpoints", Scope::WebhooksRead),
    ("GET", "/v1/webhooks/endpoints/whe_x", Scope::WebhooksRead),
    (
        "POST",
        "/v1/webhooks/endpoints/whe_x/signing-secret/reveal",
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
    ("POST", "/v1/sessions/vs_x/cancel", Scope::SessionsWrite),
];

const LISTS: [&str; 6] = [
    "/v1/webhooks/endpoints",
    "/v1/webhooks/endpoints/whe_x/keys",
    "/v1/webhooks/deliveries",
    "/v1/webhooks/events",
    "/v1/events",
    "/v1/sessions",
];
