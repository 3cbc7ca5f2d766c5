//! Name resolution: the hosts file first, then DNS, without blocking a thread.
//!
//! Both address families are asked for at once. A name server that swallows the questions for one
//! of them, as some do, costs a moment and not the attempt (RFC 8305, section 3).

use std::net::{IpAddr, Ipv4Addr};
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hickory_resolver::config::{NameServerConfig, ResolveHosts, ResolverConfig, ResolverOpts};
use hickory_resolver::net::NetError;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::op::Query;
use hickory_resolver::proto::rr::{Name, RecordType};
use hickory_resolver::{Hosts, TokioResolver};
use tokio::time::timeout;

use crate::connect_error::{ConnectError, NoAddress, copy_of, is_exhaustion};
use crate::limits::{
    ADDRESS_REMEMBERED_MAX, IPV4_DELAY, IPV6_DELAY, NO_NAME_REMEMBERED_MAX, QUESTION_TIMEOUT_MAX,
    QUESTIONS_PER_NAME,
};
use crate::system_files::SystemFiles;

/// Turns names into addresses.
pub(crate) struct Resolver {
    names: Mutex<Arc<Names>>,
    /// Where the names come from, to be read again when it changes; `None` in tests.
    files: Option<SystemFiles>,
    /// The longest that one name may take.
    budget: Duration,
}

/// What is known of names at a time.
struct Names {
    hosts: Hosts,
    dns: TokioResolver,
}

impl Resolver {
    /// Resolves as the system does, within `budget` for each name. The system's configuration and
    /// its hosts file are read again when they change.
    pub(crate) fn from_system(budget: Duration) -> Result<Self, NetError> {
        Self::from_files(SystemFiles::of_system(), budget)
    }

    /// Resolves as these files say, and reads them again when they change.
    pub(crate) fn from_files(files: SystemFiles, budget: Duration) -> Result<Self, NetError> {
        let names = match Names::read(&files, budget)? {
            Some(names) => names,
            None => Names::without_configuration(&files, budget)?,
        };
        Ok(Self {
            names: Mutex::new(Arc::new(names)),
            files: Some(files),
            budget,
        })
    }

    /// Resolves by these hosts and these name servers, within `budget` for each name.
    #[cfg(test)]
    pub(crate) fn new(
        hosts: Hosts,
        config: ResolverConfig,
        options: ResolverOpts,
        budget: Duration,
    ) -> Result<Self, NetError> {
        let names = Names::new(hosts, config, options, budget)?;
        Ok(Self {
            names: Mutex::new(Arc::new(names)),
            files: None,
            budget,
        })
    }

    /// Returns the addresses of a name that are known in time, at least one, IPv4 first. A trailing
    /// dot makes no difference.
    pub(crate) async fn addresses_of(&self, name: &str) -> Result<Vec<IpAddr>, ConnectError> {
        let name = absolute(name)?;
        let names = self.names();
        let addresses = match names.in_hosts_file(&name) {
            addresses if addresses.is_empty() => self.ask(&names.dns, name).await?,
            addresses => addresses,
        };
        if addresses.is_empty() {
            return Err(ConnectError::Dns(NoAddress.into()));
        }
        Ok(addresses)
    }

    async fn ask(&self, dns: &TokioResolver, name: Name) -> Result<Vec<IpAddr>, ConnectError> {
        match timeout(self.budget, addresses_in_dns(dns, name)).await {
            Ok(answer) => answer,
            Err(elapsed) => Err(ConnectError::Dns(elapsed.into())),
        }
    }

    /// Returns what is known now. What cannot be read again stays as it was.
    fn names(&self) -> Arc<Names> {
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(files) = &self.files
            && files.have_changed()
        {
            match Names::read(files, self.budget) {
                Ok(Some(read)) => {
                    tracing::info!("the name servers and the hosts file were read again");
                    *names = Arc::new(read);
                }
                Ok(None) => {}
                Err(error) => tracing::warn!(%error, "the name servers stay as they were"),
            }
        }
        Arc::clone(&names)
    }
}

impl Names {
    /// Reads the configuration and the hosts file; `None` without a configuration.
    fn read(files: &SystemFiles, budget: Duration) -> Result<Option<Self>, NetError> {
        match files.name_servers() {
            Ok((config, options)) => Self::new(hosts(files), config, options, budget).map(Some),
            Err(error) => {
                tracing::warn!(%error, "the configuration of name servers cannot be read");
                Ok(None)
            }
        }
    }

    fn without_configuration(files: &SystemFiles, budget: Duration) -> Result<Self, NetError> {
        let options = ResolverOpts::default();
        Self::new(hosts(files), this_machine(), options, budget)
    }

    fn new(
        hosts: Hosts,
        config: ResolverConfig,
        mut options: ResolverOpts,
        budget: Duration,
    ) -> Result<Self, NetError> {
        // The hosts file is asked here, because a name that it gives one address family for must
        // not wait for a name server that knows nothing of the other.
        options.use_hosts_file = ResolveHosts::Never;
        // A server that does not answer leaves time for the others.
        let question = budget / QUESTIONS_PER_NAME;
        options.timeout = options.timeout.min(QUESTION_TIMEOUT_MAX).min(question);
        options.attempts = options.attempts.min(2);
        options.positive_max_ttl = Some(ADDRESS_REMEMBERED_MAX);
        options.negative_max_ttl = Some(NO_NAME_REMEMBERED_MAX);
        let dns = TokioResolver::builder_with_config(config, TokioRuntimeProvider::default())
            .with_options(options)
            .build()?;
        Ok(Self { hosts, dns })
    }

    fn in_hosts_file(&self, name: &Name) -> Vec<IpAddr> {
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
}

fn hosts(files: &SystemFiles) -> Hosts {
    files.hosts().unwrap_or_else(|error| {
        tracing::warn!(%error, "the hosts file cannot be read");
        Hosts::default()
    })
}

/// Asks for both families at once. Whichever comes first waits a moment for the other; one that
/// brings nothing waits for the other to the end.
async fn addresses_in_dns(dns: &TokioResolver, name: Name) -> Result<Vec<IpAddr>, ConnectError> {
    let mut ipv4 = pin!(addresses(dns, name.clone(), RecordType::A));
    let mut ipv6 = pin!(addresses(dns, name, RecordType::AAAA));
    let (ipv4, ipv6) = tokio::select! {
        ipv4 = &mut ipv4 => {
            let ipv6 = other(&ipv4, IPV6_DELAY, ipv6).await;
            (ipv4, ipv6)
        }
        ipv6 = &mut ipv6 => {
            let ipv4 = other(&ipv6, IPV4_DELAY, ipv4).await;
            (ipv4, ipv6)
        }
    };
    match (ipv4, ipv6) {
        (Ok(ipv4), Ok(ipv6)) => Ok([ipv4, ipv6].concat()),
        (Ok(found), Err(_)) | (Err(_), Ok(found)) if !found.is_empty() => Ok(found),
        (Err(error), _) | (_, Err(error)) => Err(error),
    }
}

/// Returns the other family's addresses: none if they do not come within `delay` after the first
/// family's.
async fn other(
    first: &Result<Vec<IpAddr>, ConnectError>,
    delay: Duration,
    other: impl Future<Output = Result<Vec<IpAddr>, ConnectError>>,
) -> Result<Vec<IpAddr>, ConnectError> {
    if !first.as_ref().is_ok_and(|found| !found.is_empty()) {
        return other.await;
    }
    timeout(delay, other).await.unwrap_or(Ok(Vec::new()))
}

/// Asks for one family. A name that exists without an address of it has none.
async fn addresses(
    dns: &TokioResolver,
    name: Name,
    family: RecordType,
) -> Result<Vec<IpAddr>, ConnectError> {
    match dns.lookup(name, family).await {
        Ok(lookup) => {
            let records = lookup.answers().iter();
            Ok(records.filter_map(|record| record.data.ip_addr()).collect())
        }
        Err(error) if error.is_no_records_found() => Ok(Vec::new()),
        Err(error) => Err(failed(error)),
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
