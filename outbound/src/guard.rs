//! Which URLs and addresses may be asked, and the look-up that every connection gets its address from.
//!
//! A URL is checked before anything is sent; a host that is a literal address is checked there, a name when it is looked
//! up for a connection. There is no other look-up, so none can tell another tale. A name with one address that is
//! refused is refused whole: no honest host is at a public and at a private address, and which of them is connected to
//! must not be a matter of luck.

use std::{
    error::Error,
    fmt, io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use futures::future::BoxFuture;
use ipnet::IpNet;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

use crate::{address::is_public, error::OutboundError};

/// The longest URL that is taken.
pub const MAX_URL_BYTES: usize = 2048;

/// Says where a name is. Tests have their own.
pub trait Resolver: Send + Sync + 'static {
    /// Every address of a host.
    fn resolve(&self, host: String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>>;
}

/// The system's resolver.
struct SystemResolver;

impl Resolver for SystemResolver {
    fn resolve(&self, host: String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        Box::pin(async move { Ok(tokio::net::lookup_host((host, 0)).await?.map(|address| address.ip()).collect()) })
    }
}

/// Which hosts may be asked; clones share the resolver.
#[derive(Clone)]
pub struct Guard {
    allowed: Arc<[IpNet]>,
    resolver: Arc<dyn Resolver>,
}

impl Guard {
    /// Public addresses, and whatever lies in these networks.
    #[must_use]
    pub fn new(allowed: Vec<IpNet>) -> Self {
        Self::with_resolver(allowed, SystemResolver)
    }

    /// The same, with names looked up elsewhere.
    #[must_use]
    pub fn with_resolver(allowed: Vec<IpNet>, resolver: impl Resolver) -> Self {
        Self { allowed: allowed.into(), resolver: Arc::new(resolver) }
    }

    /// A URL that may be asked, as far as it tells: a name is not looked up yet.
    ///
    /// # Errors
    /// [`OutboundError::BadUrl`], or [`OutboundError::ForbiddenAddress`] for a literal address, however it is spelt.
    pub fn check(&self, text: &str) -> Result<Url, OutboundError> {
        if text.len() > MAX_URL_BYTES {
            return Err(OutboundError::BadUrl(format!("it has more than {MAX_URL_BYTES} bytes")));
        }
        let url = Url::parse(text).map_err(|e| OutboundError::BadUrl(e.to_string()))?;
        self.check_url(&url)?;
        Ok(url)
    }

    pub(crate) fn check_url(&self, url: &Url) -> Result<(), OutboundError> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(OutboundError::BadUrl("its scheme is another".to_owned()));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(OutboundError::BadUrl("it has credentials".to_owned()));
        }
        // Decimal, octal, hexadecimal and shortened spellings are one address by now, and the one that is connected to.
        match url.host() {
            Some(Host::Ipv4(address)) => self.check_address(address.into(), url),
            Some(Host::Ipv6(address)) => self.check_address(address.into(), url),
            Some(Host::Domain(_)) => Ok(()),
            None => Err(OutboundError::BadUrl("it names no host".to_owned())),
        }
    }

    fn check_address(&self, address: IpAddr, url: &Url) -> Result<(), OutboundError> {
        let forbidden = || OutboundError::ForbiddenAddress { host: url.host_str().unwrap_or_default().to_owned() };
        self.allows(address).then_some(()).ok_or_else(forbidden)
    }

    fn allows(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        is_public(address) || self.allowed.iter().any(|network| network.contains(&address))
    }
}

/// A name whose addresses may not be connected to: found again among the causes of a failed request.
#[derive(Debug, thiserror::Error)]
#[error("`{host}` has an address that is not public")]
pub(crate) struct Refused {
    pub(crate) host: String,
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let (guard, host) = (self.clone(), name.as_str().to_owned());
        Box::pin(async move {
            let addresses = guard.resolver.resolve(host.clone()).await?;
            if !addresses.iter().all(|&address| guard.allows(address)) {
                return Err(Box::new(Refused { host }) as Box<dyn Error + Send + Sync>);
            }
            // The port is the URL's.
            Ok(Box::new(addresses.into_iter().map(|address| SocketAddr::new(address, 0))) as Addrs)
        })
    }
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guard").field("allowed", &self.allowed).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use proto_shared::ErrorCode;

    use super::*;

    fn code(url: &str) -> Option<ErrorCode> {
        Guard::new(vec!["10.1.0.0/16".parse().unwrap()]).check(url).err().map(|e| e.code())
    }

    #[test]
    fn a_url_is_http_without_credentials() {
        for good in [
            "http://example.org",
            "https://example.org:8443/a?b=c#d",
            "http://8.8.8.8/",
            "http://10.1.2.3/",
            "http://[2606:4700::1]/",
        ] {
            assert_eq!(code(good), None, "{good}");
        }
        let long = format!("http://example.org/{}", "a".repeat(MAX_URL_BYTES));
        for bad in [
            "",
            "example.org",
            "ftp://example.org",
            "file:///etc/passwd",
            "data:,x",
            "http://",
            "http://me@example.org",
            "http://me:hush@example.org",
            "http://:hush@example.org",
            "gopher://127.0.0.1",
            "http://[::1",
            "http://999.1.1.1/",
            &long,
        ] {
            assert_eq!(code(bad), Some(ErrorCode::BadUrl), "{bad}");
        }
    }

    #[test]
    fn a_literal_address_is_one_however_it_is_spelt() {
        for spelling in [
            "127.0.0.1",
            "127.1",
            "2130706433",
            "0x7f000001",
            "0x7f.1",
            "0177.0.0.1",
            "017700000001",
            "127.0.0.1.",
            "[::1]",
            "[::ffff:127.0.0.1]",
            "[::ffff:7f00:1]",
            "[0:0:0:0:0:0:0:1]",
            "0",
            "169.254.169.254",
            "10.2.0.1",
            "%31%32%37.0.0.1",
            "①②⑦.0.0.1",
        ] {
            assert_eq!(code(&format!("http://{spelling}/")), Some(ErrorCode::ForbiddenAddress), "{spelling}");
        }
    }

    #[test]
    fn an_allowed_network_is_allowed_in_its_mapped_form_too() {
        assert_eq!(code("http://[::ffff:10.1.0.1]/"), None);
        assert_eq!(code("http://[::ffff:10.2.0.1]/"), Some(ErrorCode::ForbiddenAddress));
    }
}
