//! `serve`: runs the service until a signal (contract 13.4).

use std::io::Write;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use anyhow::Context;
use kayle_api::Api;
use kayle_app::Webhooks;
use kayle_dispatcher::{Heartbeat, sweeper};
use kayle_primitives::id::random_uuid;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::entropy::SystemEntropy;
use crate::wiring::{self, Wired};

pub(super) async fn run(config: Config) -> anyhow::Result<()> {
    let Wired { webhooks, wakeup } = wiring::wire(&config).await?;
    let dispatcher = wiring::dispatcher(&config, Arc::clone(&webhooks))?;
    let listener = TcpListener::bind(config.listen)
        .with_context(|| format!("KAYLE_LISTEN: cannot listen on {}", config.listen))?;
    let address = listener.local_addr()?;

    let heartbeat = Arc::new(Heartbeat::default());
    let stop = CancellationToken::new();
    let dispatching = {
        let (heartbeat, stop) = (Arc::clone(&heartbeat), stop.clone());
        async move { dispatcher.run(&wakeup, &heartbeat, stop).await }
    };
    let sweeping = {
        let (webhooks, stop) = (Arc::clone(&webhooks), stop.clone());
        async move { sweeper::run(&webhooks, config.sweep_interval, stop).await }
    };
    let api = api(&config, address, &webhooks, heartbeat);
    let server = kayle_api::server(listener, api, config.delivery_timeout)?;
    let server_handle = server.handle();

    let mut loops = tokio::task::JoinSet::new();
    loops.spawn(dispatching);
    loops.spawn(sweeping);
    announce(&format!("listening on http://{address}"))?;
    tracing::info!(%address, environment = ?config.environment, "started");

    let stopping = async {
        let reason = tokio::select! {
            signal = stop_signal() => signal,
            Some(_) = loops.join_next() => Err(anyhow::anyhow!("a loop of the service died")),
        };
        tracing::info!("stopping: requests in flight may finish");
        stop.cancel();
        server_handle.stop(true).await;
        reason
    };
    let (answered, stopped) = tokio::join!(server, stopping);
    answered.context("the server failed")?;
    stopped?;
    while let Some(ended) = loops.join_next().await {
        ended.context("a loop of the service died")?;
    }
    tracing::info!("stopped");
    Ok(())
}

fn api(
    config: &Config,
    address: SocketAddr,
    webhooks: &Arc<Webhooks>,
    heartbeat: Arc<Heartbeat>,
) -> Api {
    let entropy = SystemEntropy::new();
    let clock = Arc::clone(webhooks);
    Api {
        webhooks: Arc::clone(webhooks),
        verify_url: config.verify_url.clone(),
        public_url: config
            .public_url
            .clone()
            .unwrap_or_else(|| format!("http://{address}")),
        dashboard_origin: config.dashboard_origin.clone(),
        session_cookie: config.session_cookie().to_owned(),
        https: config.is_https(),
        dispatcher_turns: Some(Arc::new(move || heartbeat.is_alive(clock.now()))),
        request_ids: Arc::new(move || random_uuid(&entropy).to_string()),
    }
}

/// Says on stdout what a program that started this one waits for.
fn announce(line: &str) -> anyhow::Result<()> {
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{line}")
        .and_then(|()| stdout.flush())
        .context("stdout is closed")
}

async fn stop_signal() -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}
