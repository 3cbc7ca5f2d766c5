//! Name servers that do not do what they should.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use hickory_resolver::Hosts;
use hickory_resolver::config::{NameServerConfig, ResolverConfig, ResolverOpts};
use tokio::net::UdpSocket;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::builders::AMPLE;
use crate::connect_error::ConnectError;
use crate::limits::{FILES_LOOKED_AT_EVERY, IPV6_DELAY};
use crate::resolver::Resolver;
use crate::system_files::SystemFiles;

const A: u16 = 1;
const NO_ERROR: u8 = 0;
const SERVER_FAILURE: u8 = 2;

/// What timers are rounded to.
const TICK: Duration = Duration::from_millis(1);

/// What a name server says to a question for a type of record; `None` if it says nothing.
type Answers = fn(u16) -> Option<(u8, Option<[u8; 4]>)>;

/// Starts a name server that says this to every name, and returns a resolver that asks it.
async fn asking(answers: Answers, servers: &mut JoinSet<()>, budget: Duration) -> Resolver {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = socket.local_addr().unwrap();
    servers.spawn(async move {
        let mut question = [0; 512];
        while let Ok((bytes, asker)) = socket.recv_from(&mut question).await {
            if let Some(answer) = answer_to(&question[..bytes], answers) {
                socket.send_to(&answer, asker).await.unwrap();
            }
        }
    });
    let config = ResolverConfig::from_name_servers(vec![name_server(address)]);
    Resolver::new(Hosts::default(), config, ResolverOpts::default(), budget).unwrap()
}

fn name_server(address: SocketAddr) -> NameServerConfig {
    let mut server = NameServerConfig::udp(address.ip());
    for connection in &mut server.connections {
        connection.port = address.port();
    }
    server
}

/// Writes an answer (RFC 1035, section 4.1): the header, the question, and one record if there is
/// an address.
fn answer_to(question: &[u8], answers: Answers) -> Option<Vec<u8>> {
    let name_bytes = question[12..].iter().position(|byte| *byte == 0)? + 1;
    let asked = &question[12..12 + name_bytes + 4];
    let kind = u16::from_be_bytes([asked[name_bytes], asked[name_bytes + 1]]);
    let (code, address) = answers(kind)?;
    let count = u8::from(address.is_some());
    let mut answer = [
        &question[..2],
        &[0x81, 0x80 | code, 0, 1, 0, count, 0, 0, 0, 0],
    ]
    .concat();
    answer.extend_from_slice(asked);
    if let Some(address) = address {
        answer.extend_from_slice(&[0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4]);
        answer.extend_from_slice(&address);
    }
    Some(answer)
}

#[tokio::test(start_paused = true)]
async fn swallowed_questions_for_one_family_cost_a_moment() {
    let mut servers = JoinSet::new();
    let answers: Answers = |kind| (kind == A).then_some((NO_ERROR, Some([192, 0, 2, 1])));
    let resolver = asking(answers, &mut servers, AMPLE).await;
    let asked_at = Instant::now();
    let addresses = resolver.addresses_of("hooks.example").await.unwrap();
    assert_eq!(addresses, [Ipv4Addr::new(192, 0, 2, 1)]);
    assert!(
        asked_at.elapsed() <= IPV6_DELAY + TICK,
        "{:?}",
        asked_at.elapsed()
    );
}

#[tokio::test(start_paused = true)]
async fn a_server_that_says_nothing_is_a_name_that_does_not_resolve_within_its_budget() {
    let mut servers = JoinSet::new();
    let budget = Duration::from_secs(4);
    let resolver = asking(|_| None, &mut servers, budget).await;
    let asked_at = Instant::now();
    let refused = resolver.addresses_of("hooks.example").await;
    assert!(matches!(refused, Err(ConnectError::Dns(_))), "{refused:?}");
    assert!(
        asked_at.elapsed() <= budget + TICK,
        "{:?}",
        asked_at.elapsed()
    );
}

#[tokio::test]
async fn a_server_that_fails_for_one_family_has_told_the_other() {
    let mut servers = JoinSet::new();
    let answers: Answers = |kind| match kind {
        A => Some((NO_ERROR, Some([192, 0, 2, 1]))),
        _ => Some((SERVER_FAILURE, None)),
    };
    let resolver = asking(answers, &mut servers, AMPLE).await;
    let addresses = resolver.addresses_of("hooks.example").await.unwrap();
    assert_eq!(addresses, [Ipv4Addr::new(192, 0, 2, 1)]);
}

#[tokio::test(start_paused = true)]
async fn the_hosts_file_is_read_again_when_it_changes() {
    let folder = tempfile::tempdir().unwrap();
    let (resolv_conf, hosts) = (
        folder.path().join("resolv.conf"),
        folder.path().join("hosts"),
    );
    fs::write(&resolv_conf, "nameserver 127.0.0.1\n").unwrap();
    fs::write(&hosts, "192.0.2.1 hooks.example\n").unwrap();
    let files = SystemFiles::new(resolv_conf, hosts.clone());
    let resolver = Resolver::from_files(files, AMPLE).unwrap();
    let found = async || resolver.addresses_of("hooks.example").await.unwrap();
    assert_eq!(found().await, [Ipv4Addr::new(192, 0, 2, 1)]);

    fs::write(&hosts, "192.0.2.200 hooks.example\n").unwrap();
    assert_eq!(found().await, [Ipv4Addr::new(192, 0, 2, 1)], "not yet");
    tokio::time::advance(FILES_LOOKED_AT_EVERY).await;
    assert_eq!(found().await, [Ipv4Addr::new(192, 0, 2, 200)]);
}

#[tokio::test(start_paused = true)]
async fn a_change_of_the_name_servers_is_seen_once() {
    let folder = tempfile::tempdir().unwrap();
    let (resolv_conf, hosts) = (
        folder.path().join("resolv.conf"),
        folder.path().join("hosts"),
    );
    let files = SystemFiles::new(resolv_conf.clone(), hosts);
    fs::write(&resolv_conf, "nameserver 127.0.0.1\n").unwrap();
    assert!(!files.have_changed(), "not yet");
    tokio::time::advance(FILES_LOOKED_AT_EVERY).await;
    assert!(files.have_changed());
    tokio::time::advance(FILES_LOOKED_AT_EVERY).await;
    assert!(!files.have_changed());
}
