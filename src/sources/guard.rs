//! Which addresses may be connected to. Pure; the connector asks for every address that a name has.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

use crate::core::web_url::Origin;

/// What the caller's configuration allows beyond the public internet.
#[derive(Clone, Debug, Default)]
pub(crate) struct Allowed {
    hosts: Vec<String>,
    networks: Vec<IpNet>,
    /// Where the caller moved a service to.
    origins: Vec<Origin>,
}

impl Allowed {
    /// Reads the hosts and networks.
    pub(crate) fn new(texts: &[String], origins: Vec<Origin>) -> Self {
        let mut allowed = Allowed { origins, ..Allowed::default() };
        for text in texts {
            let text = text.trim().trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
            match (text.parse::<IpNet>(), text.parse::<IpAddr>()) {
                (Ok(network), _) => allowed.networks.push(network),
                (_, Ok(address)) => allowed.networks.push(address.into()),
                (Err(_), Err(_)) => allowed.hosts.push(text),
            }
        }
        allowed
    }

    /// Whether any address of this origin may be connected to.
    pub(super) fn allows_all_of(&self, origin: &Origin) -> bool {
        self.hosts.contains(&origin.host) || self.origins.contains(origin)
    }

    /// Why an address may not be connected to, if so.
    pub(super) fn refuses(&self, address: IpAddr) -> Option<&'static str> {
        let reason = not_public(address)?;
        let forms = [Some(address), embedded(address).map(IpAddr::V4)];
        let is_allowed =
            forms.into_iter().flatten().any(|address| self.networks.iter().any(|net| net.contains(&address)));
        (!is_allowed).then_some(reason)
    }
}

/// What kind of address it is, if it is not one of the public internet.
fn not_public(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(address) => not_public_v4(address),
        IpAddr::V6(address) => match embedded(IpAddr::V6(address)) {
            Some(inner) => not_public_v4(inner),
            None => not_public_v6(address),
        },
    }
}

fn not_public_v4(address: Ipv4Addr) -> Option<&'static str> {
    let [a, b, c, _] = address.octets();
    Some(match (a, b, c) {
        (127, ..) => "loopback",
        (10, ..) | (172, 16..=31, _) | (192, 168, _) => "private",
        (169, 254, _) => "link-local",
        (100, 64..=127, _) => "shared with a provider",
        (224..=239, ..) => "multicast",
        (0, ..) | (240..=255, ..) | (192, 0, 0 | 2) | (198, 18 | 19, _) | (198, 51, 100) | (203, 0, 113) => "reserved",
        _ => return None,
    })
}

fn not_public_v6(address: Ipv6Addr) -> Option<&'static str> {
    let [a, b, c, ..] = address.segments();
    Some(match (a, b, c) {
        _ if address.is_loopback() => "loopback",
        _ if address.is_unspecified() => "reserved",
        (0xfc00..=0xfdff, ..) | (0xfec0..=0xfeff, ..) => "private",
        (0xfe80..=0xfebf, ..) => "link-local",
        (0xff00..=0xffff, ..) => "multicast",
        // Teredo, documentation, translation within a network, and what is set aside.
        (0x2001, 0 | 0xdb8, _) | (0x64, 0xff9b, _) | (0x0000..=0x00ff, ..) | (0x100, 0, 0) => "reserved",
        _ => return None,
    })
}

/// The IPv4 address that an IPv6 address stands for: mapped, compatible, translated (64:ff9b::/96), 6to4.
fn embedded(address: IpAddr) -> Option<Ipv4Addr> {
    let IpAddr::V6(address) = address else { return None };
    let v4 = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        Ipv4Addr::new(a, b, c, d)
    };
    match address.segments() {
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => None,
        [0, 0, 0, 0, 0, 0xffff | 0, high, low] => Some(v4(high, low)),
        [0, 0, 0, 0, 0xffff, 0, high, low] => Some(v4(high, low)),
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => Some(v4(high, low)),
        [0x2002, high, low, ..] => Some(v4(high, low)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::web_url::WebUrl;

    fn refuses(allowed: &Allowed, address: &str) -> Option<&'static str> {
        allowed.refuses(address.parse().unwrap())
    }

    #[test]
    fn only_the_public_internet_is_asked() {
        let none = Allowed::default();
        for (address, kind) in [
            ("127.0.0.1", "loopback"),
            ("127.255.255.254", "loopback"),
            ("10.1.2.3", "private"),
            ("172.16.0.1", "private"),
            ("172.31.255.255", "private"),
            ("192.168.1.1", "private"),
            ("169.254.169.254", "link-local"),
            ("100.64.0.1", "shared with a provider"),
            ("224.0.0.1", "multicast"),
            ("0.0.0.0", "reserved"),
            ("255.255.255.255", "reserved"),
            ("192.0.0.192", "reserved"),
            ("198.18.0.1", "reserved"),
            ("::1", "loopback"),
            ("::", "reserved"),
            ("fd00::1", "private"),
            ("fe80::1", "link-local"),
            ("ff02::1", "multicast"),
            ("::ffff:127.0.0.1", "loopback"),
            ("::ffff:169.254.169.254", "link-local"),
            ("::169.254.169.254", "link-local"),
            ("::ffff:0:10.0.0.1", "private"),
            ("64:ff9b::a9fe:a9fe", "link-local"),
            ("64:ff9b:1::1", "reserved"),
            ("2002:a9fe:a9fe::1", "link-local"),
            ("2001::1", "reserved"),
            ("2001:db8::1", "reserved"),
            ("100::1", "reserved"),
        ] {
            assert_eq!(refuses(&none, address), Some(kind), "{address}");
        }
        for address in ["1.1.1.1", "172.15.0.1", "172.32.0.1", "100.63.0.1", "2606:4700::1111", "64:ff9b::101:101"] {
            assert_eq!(refuses(&none, address), None, "{address}");
        }
    }

    #[test]
    fn what_the_caller_allows() {
        let origin = WebUrl::parse("http://127.0.0.1:8080/x").unwrap().origin;
        let other = WebUrl::parse("http://127.0.0.1:8081/x").unwrap().origin;
        let texts = ["10.0.0.0/8", "Gitlab.Example.com", "[fd00::5]", "192.168.1.7"].map(str::to_owned);
        let allowed = Allowed::new(&texts, vec![origin.clone()]);
        for address in ["10.1.2.3", "::ffff:10.1.2.3", "fd00::5", "192.168.1.7"] {
            assert_eq!(refuses(&allowed, address), None, "{address}");
        }
        for address in ["11.0.0.1", "127.0.0.1", "fd00::6", "192.168.1.8"] {
            assert_eq!(refuses(&allowed, address), refuses(&Allowed::default(), address), "{address}");
        }
        assert!(allowed.allows_all_of(&origin) && !allowed.allows_all_of(&other));
        assert!(allowed.allows_all_of(&WebUrl::parse("https://gitlab.example.com/").unwrap().origin));
        assert!(!allowed.allows_all_of(&WebUrl::parse("https://x.gitlab.example.com/").unwrap().origin));
    }
}
