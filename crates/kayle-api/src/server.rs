//! Puts the routes behind a listener.

use std::future::ready;
use std::io;
use std::net::TcpListener;
use std::time::Duration;

use actix_http::HttpService;
use actix_service::{IntoServiceFactory, ServiceFactoryExt, fn_service, map_config};
use actix_web::dev::{AppConfig, Server};
use actix_web::rt::net::TcpStream;

use crate::api::{Api, Surface};
use crate::app::app;
use crate::connection::{Connections, Watched};
use crate::limits::{HEAD_TIMEOUT, KEEP_ALIVE};

/// Returns a server that answers at `listener` as soon as it is awaited, inside a tokio runtime.
///
/// It takes no notice of signals: its owner stops it by [`Server::handle`], after
/// [`Connections::stop`]. A graceful stop lets requests in flight finish for as long as `drain`, to
/// the second.
///
/// It is put together by hand where the library's own builder takes plain TCP streams only:
/// `connections` has to stand between.
pub fn server(
    listener: TcpListener,
    api: Api,
    surface: Surface,
    connections: Connections,
    drain: Duration,
) -> io::Result<Server> {
    let https = api.https;
    let service = move || {
        let app = app(api.clone(), surface).into_factory();
        let app = app.map_err(|error: actix_web::Error| error.error_response());
        let http = HttpService::build()
            .keep_alive(KEEP_ALIVE)
            .client_request_timeout(HEAD_TIMEOUT)
            .on_connect_ext(|stream: &Watched, data| {
                data.insert(stream.handle());
            })
            .h1(map_config(app, |()| AppConfig::default()));
        let connections = connections.clone();
        let admit = fn_service(move |stream: TcpStream| {
            let peer = stream.peer_addr().ok();
            let admitted = connections.admit(stream, https);
            ready(admitted.map(|stream| (stream, peer)))
        });
        admit
            .map_err(actix_http::error::DispatchError::Io)
            .and_then(http)
    };
    let server = Server::build()
        .disable_signals()
        .shutdown_timeout(drain.as_secs())
        .listen("api", listener, service)?
        .run();
    Ok(server)
}
