//! Name servers that do not do what they should.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use hickory_resolver::Hosts;
use hickory_resolver::config::{NameServerConfig, ResolverConfig, ResolverOpts};
use tokio::net::UdpSocket;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::builders::AMPLE;
use crate::connect_error::ConnectError;
use crate::resolver::Resolver;

const A: u16 = 1;
const NO_ERROR: u8 = 0;
const SERVER_FAILURE: u8 = 2;

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

#[tokio::test]
async fn swallowed_questions_for_one_family_cost_a_moment() {
    let mut servers = JoinSet::new();
    let answers: Answers = |kind| (kind == A).then_some((NO_ERROR, Some([192, 0, 2, 1])));
    let resolver = asking(answers, &mut servers, AMPLE).await;
    let addresses = resolver.addresses_of("hooks.example").await.unwrap();
    assert_eq!(addresses, [Ipv4Addr::new(192, 0, 2, 1)]);
}

#[tokio::test]
async fn a_server_that_says_nothing_is_a_name_that_does_not_resolve_within_its_budget() {
    let mut servers = JoinSet::new();
    let budget = Duration::from_millis(200);
    let resolver = asking(|_| None, &mut servers, budget).await;
    let asked_at = Instant::now();
    let refused = resolver.addresses_of("hooks.example").await;
    assert!(matches!(refused, Err(ConnectError::Dns(_))), "{refused:?}");
    assert!(budget <= asked_at.elapsed() + Duration::from_millis(100));
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
