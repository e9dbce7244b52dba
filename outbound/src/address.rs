//! Which addresses are public: those that the registries of special-purpose addresses leave to anyone.
//!
//! Used by `guard` alone; pure. Where a registry is of two minds, or an address carries another within it that is not
//! public, the answer is no. (IANA: iana-ipv4-special-registry, iana-ipv6-special-registry.)

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{Ipv4Net, Ipv6Net};

const fn v4(a: u8, b: u8, c: u8, d: u8, prefix: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), prefix)
}

const fn v6(a: u16, b: u16, prefix: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(a, b, 0, 0, 0, 0, 0, 0), prefix)
}

/// Not for everyone.
const SPECIAL_V4: [Ipv4Net; 15] = [
    v4(0, 0, 0, 0, 8),       // this network
    v4(10, 0, 0, 0, 8),      // private
    v4(100, 64, 0, 0, 10),   // a carrier's own
    v4(127, 0, 0, 0, 8),     // loopback
    v4(169, 254, 0, 0, 16),  // link-local; clouds tell machines their secrets there
    v4(172, 16, 0, 0, 12),   // private
    v4(192, 0, 0, 0, 24),    // protocol assignments
    v4(192, 0, 2, 0, 24),    // documentation
    v4(192, 88, 99, 0, 24),  // once 6to4 relays
    v4(192, 168, 0, 0, 16),  // private
    v4(198, 18, 0, 0, 15),   // benchmarking
    v4(198, 51, 100, 0, 24), // documentation
    v4(203, 0, 113, 0, 24),  // documentation
    v4(224, 0, 0, 0, 4),     // multicast
    v4(240, 0, 0, 0, 4),     // reserved, broadcast
];

/// All that is given out as global unicast. Outside are loopback, unspecified, IPv4-compatible, link-local, site-local,
/// unique local, multicast, discard, local NAT64 and segment routing.
const GLOBAL_V6: Ipv6Net = v6(0x2000, 0, 3);

/// Within it, not for everyone.
const SPECIAL_V6: [Ipv6Net; 3] = [
    v6(0x2001, 0, 23),      // protocol assignments
    v6(0x2001, 0x0db8, 32), // documentation
    v6(0x3fff, 0, 20),      // documentation
];

const MAPPED: Ipv6Net = Ipv6Net::new_assert(Ipv6Addr::new(0, 0, 0, 0, 0, 0xffff, 0, 0), 96);
const NAT64: Ipv6Net = v6(0x0064, 0xff9b, 96);
const SIX_TO_FOUR: Ipv6Net = v6(0x2002, 0, 16);
const TEREDO: Ipv6Net = v6(0x2001, 0, 32);

/// Whether anyone may have a host at this address.
pub(crate) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    !SPECIAL_V4.iter().any(|network| network.contains(&address))
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [_, first, second, third, .., last_but_one, last] = address.segments();
    // What carries an IPv4 address ends up there.
    if MAPPED.contains(&address) || NAT64.contains(&address) {
        is_public_v4(carried(last_but_one, last))
    } else if SIX_TO_FOUR.contains(&address) {
        is_public_v4(carried(first, second))
    } else if TEREDO.contains(&address) {
        // Its server, and its client in the complement.
        is_public_v4(carried(second, third)) && is_public_v4(carried(!last_but_one, !last))
    } else {
        GLOBAL_V6.contains(&address) && !SPECIAL_V6.iter().any(|network| network.contains(&address))
    }
}

fn carried(high: u16, low: u16) -> Ipv4Addr {
    Ipv4Addr::from(u32::from(high) << 16 | u32::from(low))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn public(text: &str) -> bool {
        is_public(text.parse().unwrap())
    }

    #[test]
    fn addresses_of_every_registry_entry_are_not_public() {
        for address in [
            "0.0.0.0",
            "0.255.255.255",
            "10.0.0.1",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.255.254",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.1",
            "192.0.0.170",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.7",
            "203.0.113.7",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::127.0.0.1",
            "::8.8.8.8",
            "::ffff:127.0.0.1",
            "::ffff:0:127.0.0.1",
            "64:ff9b::10.0.0.1",
            "64:ff9b:1::808:808",
            "100::1",
            "100:0:0:1::1",
            "2001::1",
            "2001:2::1",
            "2001:10::1",
            "2001:20::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "2002:a9fe:a9fe::1",
            "3fff::1",
            "3fff:fff:ffff::1",
            "5f00::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "febf::1",
            "fec0::1",
            "ff02::1",
            "ff0e::1",
            "4000::1",
        ] {
            assert!(!public(address), "{address}");
        }
    }

    #[test]
    fn what_stands_next_to_them_is_public() {
        for address in [
            "1.1.1.1",
            "8.8.8.8",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.0",
            "169.253.255.255",
            "169.255.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.0",
            "192.0.3.0",
            "192.167.255.255",
            "192.169.0.0",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "2606:4700:4700::1111",
            "2001:200::1",
            "2001:4860:4860::8888",
            "2002:808:808::1",
            "64:ff9b::8.8.8.8",
            "::ffff:8.8.8.8",
            "2001:db7::1",
            "3ffe::1",
        ] {
            assert!(public(address), "{address}");
        }
    }

    /// A Teredo address of this server and this client.
    fn teredo(server: Ipv4Addr, client: Ipv4Addr) -> Ipv6Addr {
        let bits = 0x2001_0000_u128 << 96 | u128::from(u32::from(server)) << 64 | 0x1234 << 32 | u128::from(!u32::from(client));
        Ipv6Addr::from(bits)
    }

    #[test]
    fn teredo_is_as_public_as_its_server_and_its_client() {
        let (public, private) = (Ipv4Addr::new(8, 8, 8, 8), Ipv4Addr::new(10, 0, 0, 1));
        assert!(is_public(teredo(public, public).into()));
        assert!(!is_public(teredo(private, public).into()) && !is_public(teredo(public, private).into()));
    }

    proptest! {
        /// What the standard library knows to be special is not public, whichever it is.
        #[test]
        fn nothing_special_is_public(bits: u32, wide: u128) {
            let four = Ipv4Addr::from(bits);
            let is_special = four.is_loopback() || four.is_private() || four.is_link_local() || four.is_multicast()
                || four.is_broadcast() || four.is_documentation() || four.is_unspecified();
            prop_assert!(!(is_special && is_public(four.into())), "{four}");
            let six = Ipv6Addr::from(wide);
            let is_special = six.is_loopback() || six.is_multicast() || six.is_unique_local() || six.is_unicast_link_local();
            prop_assert!(!(is_special && is_public(six.into())), "{six}");
        }

        /// However an IPv4 address is carried, it is as public as itself; IPv4-compatible ones never are.
        #[test]
        fn a_carried_address_is_as_public_as_itself(bits in prop_oneof![any::<u32>(), 0x7f00_0000..0x8000_0000_u32, 0x0a00_0000..0x0b00_0000_u32]) {
            let four = Ipv4Addr::from(bits);
            let expected = is_public(four.into());
            let [a, b, c, d] = four.octets();
            let nat64 = Ipv6Addr::from(0x0064_ff9b_u128 << 96 | u128::from(bits));
            let six_to_four = Ipv6Addr::from([0x20, 0x02, a, b, c, d, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
            for six in [four.to_ipv6_mapped(), nat64, six_to_four, teredo(four, Ipv4Addr::new(8, 8, 8, 8))] {
                prop_assert_eq!(is_public(six.into()), expected, "{} in {}", four, six);
            }
            prop_assert!(!is_public(Ipv6Addr::from(u128::from(bits)).into()));
        }
    }
}
