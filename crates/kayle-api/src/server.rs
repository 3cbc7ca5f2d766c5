//! Puts the routes behind a listener.

use std::io;
use std::net::TcpListener;
use std::time::Duration;

use actix_web::HttpServer;
use actix_web::dev::Server;

use crate::api::{Api, Surface};
use crate::app::app;

/// Gives a server that answers at `listener` as soon as it is awaited, inside a tokio runtime.
///
/// It takes no notice of signals: its owner stops it by [`Server::handle`]. A graceful stop lets
/// requests in flight finish for as long as `drain`, to the second.
pub fn server(
    listener: TcpListener,
    api: Api,
    surface: Surface,
    drain: Duration,
) -> io::Result<Server> {
    let server = HttpServer::new(move || app(api.clone(), surface))
        .disable_signals()
        .shutdown_timeout(drain.as_secs())
        .listen(listener)?
        .run();
    Ok(server)
}
