//! The addresses that a process answers at, and what is answered at each.

use std::io;
use std::net::{SocketAddr, TcpListener};

use anyhow::Context;
use futures_util::future::{join_all, try_join_all};
use kayle_api::{Api, Connections, Server, ServerHandle, Surface};

use crate::config::Config;
use crate::descriptors::connections_max;

/// What is bound and not yet answered at: the address of the API first.
pub(crate) struct Listeners(Vec<Listener>);

struct Listener {
    socket: TcpListener,
    address: SocketAddr,
    surface: Surface,
}

/// What answers at all of the addresses.
pub(crate) struct Servers(Vec<(Server, Connections)>);

/// Stops the servers.
pub(crate) struct Handles(Vec<(ServerHandle, Connections)>);

impl Listeners {
    /// Binds what the configuration names. A process that answers no callers has no intake.
    pub(crate) fn bind(config: &Config, answers_callers: bool) -> anyhow::Result<Self> {
        let intake = config.internal_listen.filter(|_| answers_callers);
        let surface = match (answers_callers, intake) {
            (false, _) => Surface::Health,
            (true, None) => Surface::Everything,
            (true, Some(_)) => Surface::Callers,
        };
        let mut listeners = vec![Listener::bind("KAYLE_LISTEN", config.listen, surface)?];
        if let Some(intake) = intake {
            let intake = Listener::bind("KAYLE_INTERNAL_LISTEN", intake, Surface::Intake)?;
            listeners.push(intake);
        }
        Ok(Self(listeners))
    }

    /// Returns the address of the API.
    pub(crate) fn address(&self) -> SocketAddr {
        self.0[0].address
    }

    /// Returns the line that tells where the process is reached.
    pub(crate) fn announcement(&self) -> String {
        let addresses = self.0.iter().map(|listener| match listener.surface {
            Surface::Intake => format!("for the intake on http://{}", listener.address),
            Surface::Everything | Surface::Callers | Surface::Health => {
                format!("listening on http://{}", listener.address)
            }
        });
        addresses.collect::<Vec<_>>().join(" and ")
    }

    /// Puts the API behind them. Each has its own share of the connections: strangers cannot take
    /// those of the intake.
    pub(crate) fn serve(self, api: &Api, config: &Config) -> io::Result<Servers> {
        let connections = connections_max(config) / self.0.len();
        let servers = self.0.into_iter().map(
            |Listener {
                 socket, surface, ..
             }| {
                let connections = Connections::new(connections);
                let drain = config.delivery_timeout;
                let server =
                    kayle_api::server(socket, api.clone(), surface, connections.clone(), drain);
                Ok((server?, connections))
            },
        );
        servers.collect::<io::Result<_>>().map(Servers)
    }
}

impl Listener {
    fn bind(setting: &str, address: SocketAddr, surface: Surface) -> anyhow::Result<Self> {
        let socket = TcpListener::bind(address);
        let socket = socket.with_context(|| format!("{setting}: cannot listen on {address}"))?;
        Ok(Self {
            address: socket.local_addr()?,
            socket,
            surface,
        })
    }
}

impl Servers {
    /// Returns what stops them.
    pub(crate) fn handles(&self) -> Handles {
        let servers = self.0.iter();
        Handles(
            servers
                .map(|(server, open)| (server.handle(), open.clone()))
                .collect(),
        )
    }

    /// Answers until all are stopped.
    pub(crate) async fn run(self) -> io::Result<()> {
        let servers = self.0.into_iter().map(|(server, _)| server);
        try_join_all(servers).await.map(drop)
    }
}

impl Handles {
    /// Accepts nothing more, and waits for what is being answered.
    pub(crate) async fn stop(&self) {
        let stopping = self.0.iter().map(|(server, connections)| {
            connections.stop();
            server.stop(true)
        });
        join_all(stopping).await;
    }
}
