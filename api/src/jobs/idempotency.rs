//! `Idempotency-Key`: what a client calls a request, so that it may send it twice.
//!
//! Read and checked here, bound to its client, and handed to `accept` as an id that may be part of an object key.

use axum::http::HeaderMap;
use proto_shared::{ClientId, IdempotencyId};
use sha2::{Digest as _, Sha256};

use crate::problem::refusals;

const HEADER: &str = "idempotency-key";
pub(crate) const MAX_BYTES: usize = 255;

refusals! {
    /// Why a request is not taken under its name.
    pub(crate) enum IdempotencyKeyRefusal {
        /// The header `Idempotency-Key` is there twice, or is not 1 to 255 visible ASCII characters.
        BadHeader { name: &'static str, expected: &'static str } = BAD_REQUEST BadRequest,
            "the header {name} was expected to have {expected}", with field(*name);
    }
}

/// The id of the request's key, if it has one.
pub(crate) fn id_of(headers: &HeaderMap, client: &ClientId) -> Result<Option<IdempotencyId>, IdempotencyKeyRefusal> {
    let mut given = headers.get_all(HEADER).iter();
    let (Some(key), more) = (given.next(), given.next()) else { return Ok(None) };
    let key = key.as_bytes();
    let well_formed = (1..=MAX_BYTES).contains(&key.len()) && key.iter().all(u8::is_ascii_graphic);
    if more.is_some() || !well_formed {
        return Err(IdempotencyKeyRefusal::BadHeader {
            name: "Idempotency-Key",
            expected: "one value of 1 to 255 visible ASCII characters",
        });
    }
    // A client's id has one length, so no other pair of client and key gives the same bytes.
    let hash = Sha256::new().chain_update(client.as_str()).chain_update(key).finalize();
    Ok(Some(IdempotencyId::from_bytes(hash.into())))
}

/// The id of the nth job of a request that makes many.
pub(crate) fn nth(request: &IdempotencyId, n: usize) -> IdempotencyId {
    let hash = Sha256::new().chain_update(request.as_str()).chain_update(format!(" {n}")).finalize();
    IdempotencyId::from_bytes(hash.into())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;
    use crate::problem::Refusal as _;

    fn id(keys: &[&[u8]], client: u8) -> Result<Option<IdempotencyId>, IdempotencyKeyRefusal> {
        let mut headers = HeaderMap::new();
        for key in keys {
            headers.append(HEADER, HeaderValue::from_bytes(key).unwrap());
        }
        id_of(&headers, &ClientId::from_bytes([client; 8]))
    }

    #[test]
    fn a_key_is_bound_to_its_client() {
        assert!(id(&[], 1).unwrap().is_none());
        let mine = id(&[b"order-7"], 1).unwrap();
        assert_eq!(mine, id(&[b"order-7"], 1).unwrap());
        assert_ne!(mine, id(&[b"order-7"], 2).unwrap());
        assert_ne!(mine, id(&[b"order-8"], 1).unwrap());
        assert!(id(&[&[b'~'; 255]], 1).unwrap().is_some());
    }

    #[test]
    fn what_is_no_key_is_refused_by_the_headers_name() {
        for bad in [&[&b""[..]][..], &[b"two words"], &[b"\xe9t\xe9"], &[&[b'a'; 256]], &[b"a", b"a"]] {
            let problem = format!("{:?}", id(bad, 1).unwrap_err().problem());
            assert!(problem.contains("Idempotency-Key"), "{problem}");
        }
    }
}
