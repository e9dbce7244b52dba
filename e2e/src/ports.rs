//! Free TCP ports on the loopback address, leased so that tests that run side by side never pick the same one.
//!
//! Called by the guards of servers and of our own binary. A port must never be in the range from which the kernel takes the ports of
//! outgoing connections: such a port could be taken between the moment it is picked and the moment it is bound.

use std::{
    fs::{self, File},
    net::TcpListener,
};

use crate::HarnessError;

/// Leased ports. SeaweedFS also takes each one plus 10,000, so both are checked; the highest is below 32,768.
const RANGE: std::ops::Range<u16> = 12_000..22_000;
const SECOND: u16 = 10_000;

/// A port that no other lease holds, in this process or any other, until this is dropped.
#[derive(Debug)]
pub struct Port {
    number: u16,
    _lock: File,
}

impl Port {
    /// Leases a port on which nothing listens, nor on the one 10,000 above.
    ///
    /// # Errors
    /// Files can't be made in the temporary folder, or every port is taken.
    pub fn lease() -> Result<Self, HarnessError> {
        let folder = std::env::temp_dir().join("punchline-e2e-ports");
        fs::create_dir_all(&folder).map_err(HarnessError::io(format!("create {}", folder.display())))?;
        for number in RANGE {
            let path = folder.join(number.to_string());
            let lock = File::create(&path).map_err(HarnessError::io(format!("create {}", path.display())))?;
            if lock.try_lock().is_ok() && is_free(number) && is_free(number + SECOND) {
                return Ok(Self { number, _lock: lock });
            }
        }
        Err(HarnessError::io("lease a port")(std::io::ErrorKind::AddrInUse.into()))
    }

    /// The number.
    #[must_use]
    pub fn number(&self) -> u16 {
        self.number
    }
}

fn is_free(port: u16) -> bool {
    TcpListener::bind(("127.0.0.1", port)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_leases_differ_and_a_dropped_one_comes_free() {
        let (a, b) = (Port::lease().unwrap(), Port::lease().unwrap());
        assert_ne!(a.number(), b.number());
        assert!(is_free(a.number()));
        let listening = TcpListener::bind(("127.0.0.1", b.number() + SECOND)).unwrap();
        let number = b.number();
        drop(b);
        let others: Vec<_> = (0..3).map(|_| Port::lease().unwrap()).collect();
        assert!(others.iter().all(|p| p.number() != number), "a port whose second is taken was leased");
        drop(listening);
    }
}
