//! Who asks: an API key's name, or where the connection comes from.
//!
//! It is around every route below `/v1` but `/v1/info`. A key is checked here and goes no further: handlers, logs and
//! records know names and digests. `X-Forwarded-For` is believed only as far as trusted proxies wrote it.

use std::{
    net::{IpAddr, Ipv6Addr},
    sync::Arc,
};

use axum::{
    extract::{Request, State},
    http::{HeaderMap, StatusCode, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use ipnet::IpNet;
use proto_shared::{ClientId, ErrorCode};
use service::{
    ApiKeys,
    api_keys::{KeyName, KeyRefusal},
    listener::Peer,
};
use sha2::{Digest as _, Sha256};

use crate::problem::{Documented, Problem, Refusal};

const FORWARDED_FOR: &str = "x-forwarded-for";

/// Who asks. On every request below `/v1`, and on its answer for the log.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(crate) client: ClientId,
    /// Of the key that was shown; nobody shows one where none are asked for.
    pub(crate) key: Option<KeyName>,
}

/// Why a caller is not let in.
#[derive(Debug)]
pub(crate) enum CallerRefusal {
    /// No API key was shown.
    NoKey,
    /// An API key that opens nothing.
    BadKey(KeyRefusal),
}

impl Refusal for CallerRefusal {
    fn problem(&self) -> Problem {
        let refused = |detail: &str| Problem::new(StatusCode::UNAUTHORIZED, ErrorCode::Unauthorised, detail);
        match self {
            Self::NoKey => {
                refused("an API key was expected: `Authorization: Bearer KEY`").challenge("Bearer realm=\"punchline\"")
            }
            Self::BadKey(key @ KeyRefusal::Unknown) => refused(&key.to_string())
                .challenge("Bearer realm=\"punchline\", error=\"invalid_token\", error_description=\"the API key is not known\""),
            Self::BadKey(key @ KeyRefusal::Expired { name }) => refused(&key.to_string())
                .challenge("Bearer realm=\"punchline\", error=\"invalid_token\", error_description=\"the API key has expired\"")
                .cause(format!("the API key of {} has expired", name.as_str())),
        }
    }

    fn documented() -> Vec<Documented> {
        vec![Documented::example(Self::NoKey.problem())]
    }
}

/// How callers are told apart.
#[derive(Clone)]
pub(crate) struct Callers {
    keys: Option<ApiKeys>,
    trusted_proxies: Arc<[IpNet]>,
}

impl Callers {
    pub(crate) fn new(keys: Option<ApiKeys>, trusted_proxies: &[IpNet]) -> Self {
        Self { keys, trusted_proxies: trusted_proxies.into() }
    }

    fn caller(&self, request: &Request) -> Result<Caller, CallerRefusal> {
        let Some(keys) = &self.keys else {
            let peer = request.extensions().get::<Peer>().map(|peer| peer.0.ip());
            let address = peer.map_or_else(String::new, |peer| network_of(self.address(peer, request.headers())));
            return Ok(Caller { client: digest("address", &address), key: None });
        };
        let shown = bearer(request.headers()).ok_or(CallerRefusal::NoKey)?;
        match keys.check(shown) {
            Ok(name) => Ok(Caller { client: digest("key", name.as_str()), key: Some(name) }),
            Err(refusal) => Err(CallerRefusal::BadKey(refusal)),
        }
    }

    /// The address nearest to us that is no trusted proxy's.
    fn address(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut nearest = peer.to_canonical();
        let hops = headers.get_all(FORWARDED_FOR).iter().flat_map(|value| value.to_str().unwrap_or("?").split(','));
        for hop in hops.collect::<Vec<_>>().into_iter().rev() {
            if !self.trusted_proxies.iter().any(|network| network.contains(&nearest)) {
                break;
            }
            // What a proxy of ours passed on unread may be anything: then the proxy is who we know.
            let Ok(address) = hop.trim().parse::<IpAddr>() else { break };
            nearest = address.to_canonical();
        }
        nearest
    }
}

/// Lets a request through with its [`Caller`], or refuses it.
pub(crate) async fn identify(State(callers): State<Callers>, mut request: Request, next: Next) -> Response {
    match callers.caller(&request) {
        Ok(caller) => {
            request.extensions_mut().insert(caller.clone());
            let mut response = next.run(request).await;
            response.extensions_mut().insert(caller);
            response
        }
        Err(refused) => refused.problem().into_response(),
    }
}

/// RFC 6750, section 2.1; the scheme's case does not matter.
fn bearer(headers: &HeaderMap) -> Option<&[u8]> {
    let mut given = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(credentials), None) = (given.next(), given.next()) else { return None };
    let (scheme, key) = credentials.as_bytes().split_at_checked(7)?;
    let key = key.trim_ascii();
    (scheme.eq_ignore_ascii_case(b"bearer ") && !key.is_empty()).then_some(key)
}

/// One client: a whole address of version 4, of version 6 the network that one subscriber gets.
fn network_of(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{}/64", Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}

fn digest(kind: &str, name: &str) -> ClientId {
    let hash: [u8; 32] = Sha256::new().chain_update(kind).chain_update([0]).chain_update(name).finalize().into();
    ClientId::from_bytes(std::array::from_fn(|i| hash[i]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(peer: &str, forwarded: &[&str]) -> String {
        let trusted = ["10.0.0.0/8".parse().unwrap(), "fd00::/8".parse().unwrap()];
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append(FORWARDED_FOR, value.parse().unwrap());
        }
        Callers::new(None, &trusted).address(peer.parse().unwrap(), &headers).to_string()
    }

    #[test]
    fn a_forwarded_address_is_believed_as_far_as_trusted_proxies_wrote_it() {
        assert_eq!(address("203.0.113.9", &["198.51.100.1"]), "203.0.113.9", "a stranger may write anything");
        assert_eq!(address("10.1.1.1", &["198.51.100.1"]), "198.51.100.1");
        assert_eq!(address("::ffff:10.1.1.1", &["198.51.100.1"]), "198.51.100.1");
        assert_eq!(address("10.1.1.1", &["1.1.1.1, 198.51.100.1", "10.2.2.2"]), "198.51.100.1", "not what it claims itself");
        assert_eq!(address("10.1.1.1", &[]), "10.1.1.1");
        assert_eq!(address("10.1.1.1", &["198.51.100.1, unknown"]), "10.1.1.1");
        assert_eq!(address("fd00::1", &["2001:db8::1"]), "2001:db8::1");
    }

    #[test]
    fn addresses_of_one_subscriber_are_one_client() {
        let of = |text: &str| network_of(text.parse().unwrap());
        assert_eq!(of("2001:db8:1:2:3:4:5:6"), of("2001:db8:1:2::9"));
        assert_ne!(of("2001:db8:1:2::"), of("2001:db8:1:3::"));
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
        assert_ne!(digest("key", "192.0.2.1"), digest("address", "192.0.2.1"));
    }

    #[test]
    fn a_key_is_read_from_one_bearer_header_alone() {
        let of = |values: &[&str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(header::AUTHORIZATION, value.parse().unwrap());
            }
            bearer(&headers).map(|key| String::from_utf8_lossy(key).into_owned())
        };
        assert_eq!(of(&["Bearer abc"]).as_deref(), Some("abc"));
        assert_eq!(of(&["bearer   abc "]).as_deref(), Some("abc"));
        for bad in [&[][..], &["Bearer "], &["Basic abc"], &["abc"], &["Bearer a", "Bearer b"]] {
            assert_eq!(of(bad), None, "{bad:?}");
        }
    }
}
