//! What the relay offers in its reply to EHLO (RFC 5321 4.1.1.1), beyond what lettre's `ServerInfo` keeps.

use super::reply::Frame;

/// The extensions that matter to us.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "keywords that are offered or not, each by itself"
)]
pub(super) struct Offers {
    /// SIZE: the largest letter in bytes; 0 stands for no announced limit (RFC 1870 4).
    pub(super) size: Option<usize>,
    /// SMTPUTF8 (RFC 6531).
    pub(super) smtputf8: bool,
    /// STARTTLS (RFC 3207).
    pub(super) starttls: bool,
    /// PIPELINING (RFC 2920).
    pub(super) pipelining: bool,
    /// CHUNKING: BDAT (RFC 3030).
    pub(super) chunking: bool,
    /// 8BITMIME (RFC 6152).
    pub(super) eight_bit: bool,
    /// AUTH OAUTHBEARER (RFC 7628), which lettre does not know.
    pub(super) oauthbearer: bool,
    /// LIMITS MAILMAX: how many MAIL commands one connection may carry (RFC 9422 4.1).
    pub(super) mailmax: Option<u64>,
}

impl Offers {
    /// Reads the lines after the first, which is the relay's name.
    pub(super) fn parse(frame: &Frame) -> Self {
        let mut offers = Self::default();
        for line in frame.lines().skip(1) {
            let mut words = line.split_ascii_whitespace();
            match words.next().unwrap_or_default().to_ascii_uppercase().as_str() {
                "SIZE" => {
                    offers.size = Some(words.next().and_then(|n| n.parse().ok()).unwrap_or(0));
                }
                "CHUNKING" => offers.chunking = true,
                "PIPELINING" => offers.pipelining = true,
                "AUTH" => {
                    offers.oauthbearer |=
                        words.any(|word| word.eq_ignore_ascii_case("OAUTHBEARER"));
                }
                "SMTPUTF8" => offers.smtputf8 = true,
                "8BITMIME" => offers.eight_bit = true,
                "LIMITS" => {
                    let named = words.filter_map(|word| word.split_once('='));
                    let mailmax = named.filter(|(name, _)| name.eq_ignore_ascii_case("MAILMAX"));
                    offers.mailmax = mailmax.filter_map(|(_, n)| n.parse().ok()).find(|n| *n > 0);
                }
                "STARTTLS" => offers.starttls = true,
                _ => {}
            }
        }
        offers
    }
}

#[cfg(test)]
mod tests {
    use super::super::reply::Framer;
    use super::*;

    #[test]
    fn keywords_are_read_in_any_case_and_the_name_is_not_one() {
        let mut framer = Framer::default();
        framer.push(b"250-SMTPUTF8 greets you\r\n250-size 1000\r\n250 StartTLS\r\n");
        let offers = Offers::parse(&framer.next().unwrap().unwrap());
        assert_eq!(offers, Offers { size: Some(1000), starttls: true, ..Offers::default() });
        framer.push(b"250-x\r\n250-8BitMime\r\n250 LIMITS RCPTMAX=1 mailmax=20\r\n");
        let offers = Offers::parse(&framer.next().unwrap().unwrap());
        assert_eq!((offers.eight_bit, offers.mailmax), (true, Some(20)));
        framer.push(b"250-x\r\n250-Chunking\r\n250 Pipelining\r\n");
        let offers = Offers::parse(&framer.next().unwrap().unwrap());
        assert!(offers.pipelining && offers.chunking);
        framer.push(b"250-x\r\n250 LIMITS MAILMAX=0\r\n");
        assert_eq!(Offers::parse(&framer.next().unwrap().unwrap()).mailmax, None);
        framer.push(b"250-x\r\n250 SIZE\r\n");
        assert_eq!(Offers::parse(&framer.next().unwrap().unwrap()).size, Some(0));
    }
}
