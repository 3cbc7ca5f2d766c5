//! Which page is where (contract 10, 14.5). Everything is below `/webhooks`.

use actix_web::middleware::Compress;
use actix_web::web::{self, ServiceConfig};

use crate::visit::{get, operator_get, operator_post, post};
use crate::{actions, assets, pages};

/// Registers every page and every form.
pub(crate) fn configure(config: &mut ServiceConfig) {
    let scope = web::scope("/webhooks")
        .wrap(Compress::default())
        .route("/assets/{hash}/{name}", web::get().to(assets::answer))
        .service(
            web::resource("/sign-in")
                .route(web::get().to(pages::sign_in::show))
                .route(web::post().to(actions::sign_in::act)),
        )
        .route("/sign-out", web::post().to(actions::sign_out::act))
        .route("/theme", web::post().to(actions::theme::act))
        .route("", get(pages::endpoints::show))
        .route("/deliveries", get(pages::deliveries::show))
        .service(
            web::resource("/deliveries/retry")
                .route(get(pages::retry_failed::show))
                .route(post(actions::retry_failed::act)),
        )
        .route("/deliveries/{delivery}", get(pages::delivery::show))
        .route("/deliveries/{delivery}/retry", post(actions::retry::act))
        .route("/events", get(pages::events::show))
        .route("/events/{event}", get(pages::event::show))
        .route("/events/{event}/replay", post(actions::replay::act))
        .route("/activity", get(pages::activity::show))
        .route("/system", operator_get(pages::system::show))
        .route("/system/doctor", operator_post(actions::doctor::act))
        .route("/search", get(pages::search::show))
        .route("/audit-log", get(pages::audit_log::show))
        .configure(api_keys)
        .service(
            web::resource("/new")
                .route(get(pages::new_endpoint::show))
                .route(post(actions::create_endpoint::act)),
        )
        // Last, because an endpoint's id could be any word.
        .configure(endpoint)
        .default_service(get(pages::nothing::show));
    config.service(scope);
}

fn api_keys(config: &mut ServiceConfig) {
    config
        .service(
            web::resource("/api-keys")
                .route(get(pages::api_keys::show))
                .route(post(actions::api_keys::create)),
        )
        .route("/api-keys/new", get(pages::api_key_secret::show))
        .route("/api-keys/new/forget", post(pages::api_key_secret::forget))
        .route("/api-keys/{key}/enable", post(actions::api_keys::enable))
        .route("/api-keys/{key}/disable", post(actions::api_keys::disable))
        .service(
            web::resource("/api-keys/{key}/delete")
                .route(get(pages::confirm::delete_api_key))
                .route(post(actions::api_keys::delete)),
        );
}

fn endpoint(config: &mut ServiceConfig) {
    config
        .route("/{endpoint}", get(pages::endpoint::show))
        .route("/{endpoint}/pause", post(actions::pause::pause))
        .route("/{endpoint}/resume", post(actions::pause::resume))
        .route("/{endpoint}/test", post(actions::test_endpoint::act))
        .route("/{endpoint}/setup/secret", get(pages::secret::setup))
        .route(
            "/{endpoint}/setup/secret/forget",
            post(pages::secret::forget_setup),
        )
        .route("/{endpoint}/setup/key", get(pages::keys::setup))
        .route("/{endpoint}/setup/test", get(pages::setup_test::show))
        .route("/{endpoint}/secret", get(pages::secret::show))
        .route(
            "/{endpoint}/secret/forget",
            post(pages::secret::forget_shown),
        )
        .route("/{endpoint}/reveal", post(actions::settings::reveal))
        .service(
            web::resource("/{endpoint}/settings")
                .route(get(pages::settings::show))
                .route(post(actions::settings::save)),
        )
        .service(
            web::resource("/{endpoint}/rotate")
                .route(get(pages::confirm::rotate))
                .route(post(actions::settings::rotate)),
        )
        .service(
            web::resource("/{endpoint}/delete")
                .route(get(pages::confirm::delete))
                .route(post(actions::settings::delete)),
        )
        .service(
            web::resource("/{endpoint}/keys")
                .route(get(pages::keys::show))
                .route(post(actions::keys::add)),
        )
        .service(
            web::resource("/{endpoint}/keys/{key}/deactivate")
                .route(get(pages::confirm::deactivate_key))
                .route(post(actions::keys::deactivate)),
        )
        .route(
            "/{endpoint}/keys/{key}/reactivate",
            post(actions::keys::reactivate),
        )
        .service(
            web::resource("/{endpoint}/keys/{key}/proof")
                .route(get(pages::key_proof::show))
                .route(post(actions::keys::prove)),
        );
}
