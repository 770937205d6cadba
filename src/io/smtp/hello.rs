//! Our name for EHLO (RFC 5321 4.1.1.1).

use std::net::{IpAddr, SocketAddr};

use lettre::transport::smtp::extension::ClientId;

/// A domain name or an address, in brackets or not.
pub(super) fn client_id(hello: &str) -> Option<ClientId> {
    let inner = hello.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(hello);
    match inner.strip_prefix("IPv6:").unwrap_or(inner).parse() {
        Ok(IpAddr::V4(address)) => return Some(ClientId::Ipv4(address)),
        Ok(IpAddr::V6(address)) => return Some(ClientId::Ipv6(address)),
        Err(_) => {}
    }
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    let is_domain = hello.len() <= 253 && hello.contains('.') && hello.split('.').all(is_label);
    is_domain.then(|| ClientId::Domain(hello.to_owned()))
}

/// The address literal of one end of a connection (RFC 5321 4.1.3).
pub(super) fn literal(address: SocketAddr) -> ClientId {
    match address.ip().to_canonical() {
        IpAddr::V4(address) => ClientId::Ipv4(address),
        IpAddr::V6(address) => ClientId::Ipv6(address),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{Ipv4Addr, Ipv6Addr};

    #[test]
    fn our_name_is_a_domain_or_an_address_literal() {
        let shown = |hello| client_id(hello).map(|id| id.to_string());
        assert_eq!(shown("desk.example.org").as_deref(), Some("desk.example.org"));
        assert_eq!(shown("[192.0.2.1]").as_deref(), Some("[192.0.2.1]"));
        assert_eq!(shown("[IPv6:2001:db8::1]").as_deref(), Some("[IPv6:2001:db8::1]"));
        assert_eq!(shown("192.0.2.1").as_deref(), Some("[192.0.2.1]"));
        for bad in ["", "localhost", "a b.org", "a..b", "x\r\nRSET.org", "[desk]"] {
            assert_eq!(shown(bad), None, "{bad}");
        }
        assert_eq!(literal((Ipv4Addr::LOCALHOST, 1).into()).to_string(), "[127.0.0.1]");
        assert_eq!(literal((Ipv6Addr::LOCALHOST, 1).into()).to_string(), "[IPv6:::1]");
    }
}
