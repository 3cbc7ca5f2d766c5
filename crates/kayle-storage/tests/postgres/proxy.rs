//! A way to the server that can break without a word.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Passes on what a client and the server say to each other, until it falls silent.
pub(crate) struct Proxy {
    address: SocketAddr,
    silence: Arc<Mutex<CancellationToken>>,
    // Ends with this.
    _accepting: JoinSet<()>,
}

impl Proxy {
    /// Opens a way to a server, given as `host:port`.
    pub(crate) async fn to(server: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await;
        let listener = listener.expect("a loopback port is free");
        let address = listener.local_addr().expect("it is bound");
        let silence = Arc::<Mutex<CancellationToken>>::default();
        let mut accepting = JoinSet::new();
        accepting.spawn(accept(listener, server, Arc::clone(&silence)));
        Self {
            address,
            silence,
            _accepting: accepting,
        }
    }

    /// Where it listens, as `host:port`.
    pub(crate) fn address(&self) -> String {
        self.address.to_string()
    }

    /// Says no more on any connection and closes none, as when the server's host vanishes. Who
    /// connects anew finds it as silent.
    pub(crate) fn fall_silent(&self) {
        self.silence
            .lock()
            .expect("nobody panics holding it")
            .cancel();
    }

    /// Serves who connects from here on, as when another host took over; what was silent stays so.
    pub(crate) fn speak_again(&self) {
        *self.silence.lock().expect("nobody panics holding it") = CancellationToken::new();
    }
}

async fn accept(listener: TcpListener, server: String, silence: Arc<Mutex<CancellationToken>>) {
    let mut connections = JoinSet::new();
    loop {
        let (client, _) = listener.accept().await.expect("the listener is open");
        let silence = silence.lock().expect("nobody panics holding it").clone();
        connections.spawn(pass_on(client, server.clone(), silence));
    }
}

async fn pass_on(mut client: TcpStream, server: String, silence: CancellationToken) {
    let server = TcpStream::connect(server).await;
    let mut server = server.expect("the server is there");
    tokio::select! {
        biased;
        // Neither side is closed.
        () = silence.cancelled() => std::future::pending().await,
        _ = copy_bidirectional(&mut client, &mut server) => {}
    }
}
