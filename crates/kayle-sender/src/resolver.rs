//! Name resolution: the hosts file first, then DNS, without blocking a thread.

use std::net::{IpAddr, Ipv4Addr};

use hickory_resolver::config::{
    LookupIpStrategy, NameServerConfig, ResolveHosts, ResolverConfig, ResolverOpts,
};
use hickory_resolver::net::NetError;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::op::Query;
use hickory_resolver::proto::rr::{Name, RecordType};
use hickory_resolver::system_conf::read_system_conf;
use hickory_resolver::{Hosts, TokioResolver};

use crate::connect_error::{ConnectError, NoAddress, copy_of, is_exhaustion};

/// Turns names into addresses.
pub(crate) struct Resolver {
    hosts: Hosts,
    dns: TokioResolver,
}

impl Resolver {
    /// Reads the system's configuration and its hosts file, once.
    pub(crate) fn from_system() -> Result<Self, NetError> {
        let hosts = Hosts::from_system().unwrap_or_else(|error| {
            tracing::warn!(%error, "the hosts file cannot be read");
            Hosts::default()
        });
        let (config, options) = read_system_conf().unwrap_or_else(|error| {
            tracing::warn!(%error, "no name server is configured; this machine is asked");
            (this_machine(), ResolverOpts::default())
        });
        Self::new(hosts, config, options)
    }

    /// Resolves by these hosts and these name servers.
    pub(crate) fn new(
        hosts: Hosts,
        config: ResolverConfig,
        mut options: ResolverOpts,
    ) -> Result<Self, NetError> {
        // The hosts file is asked here, because a name that it gives one address family for must
        // not wait for a name server that knows nothing of the other.
        options.use_hosts_file = ResolveHosts::Never;
        // Far more receivers have a broken IPv6 route than a broken IPv4 one.
        options.ip_strategy = LookupIpStrategy::Ipv4AndIpv6;
        let dns = TokioResolver::builder_with_config(config, TokioRuntimeProvider::default())
            .with_options(options)
            .build()?;
        Ok(Self { hosts, dns })
    }

    /// Gives every address of a name, at least one. A trailing dot makes no difference.
    pub(crate) async fn addresses_of(&self, name: &str) -> Result<Vec<IpAddr>, ConnectError> {
        let name = absolute(name)?;
        let addresses = match self.addresses_in_hosts_file(&name) {
            addresses if addresses.is_empty() => self.addresses_in_dns(name).await?,
            addresses => addresses,
        };
        if addresses.is_empty() {
            return Err(ConnectError::Dns(NoAddress.into()));
        }
        Ok(addresses)
    }

    fn addresses_in_hosts_file(&self, name: &Name) -> Vec<IpAddr> {
        [RecordType::A, RecordType::AAAA]
            .into_iter()
            .filter_map(|family| {
                self.hosts
                    .lookup_static_host(&Query::query(name.clone(), family))
            })
            .flat_map(|lookup| {
                let records = lookup.answers().iter();
                records
                    .filter_map(|record| record.data.ip_addr())
                    .collect::<Vec<_>>()
            })
            .collect()
    }

    async fn addresses_in_dns(&self, name: Name) -> Result<Vec<IpAddr>, ConnectError> {
        match self.dns.lookup_ip(name).await {
            Ok(lookup) => Ok(lookup.iter().collect()),
            Err(error) => Err(failed(error)),
        }
    }
}

/// What resolv.conf(5) says where the file is missing or names no server.
fn this_machine() -> ResolverConfig {
    let server = NameServerConfig::udp_and_tcp(IpAddr::V4(Ipv4Addr::LOCALHOST));
    ResolverConfig::from_name_servers(vec![server])
}

/// Takes a name as it is: search domains of this machine's network must never be appended to a
/// customer's name.
fn absolute(name: &str) -> Result<Name, ConnectError> {
    let mut name = Name::from_ascii(name).map_err(|error| ConnectError::Dns(error.into()))?;
    name.set_fqdn(true);
    Ok(name)
}

/// Whatever the library says, the name did not resolve; unless it could not even ask.
fn failed(error: NetError) -> ConnectError {
    if let NetError::Io(io_error) = &error
        && is_exhaustion(io_error)
    {
        return ConnectError::OutOfResources(copy_of(io_error));
    }
    ConnectError::Dns(error.into())
}
