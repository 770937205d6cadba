//! Breakers: refusals that are hardly the recipients' fault stop a domain or the run before they use up the list.

use std::collections::HashMap;

use super::verdict::Failure;

/// Refusals so far in a run.
#[derive(Debug, Default)]
pub(super) struct Breakers {
    /// Refusals of one class since the last letter that was taken.
    in_a_row: (Option<Failure>, u32),
    /// Letters that were taken or refused for good.
    settled: u64,
    policy: u64,
    sizes: u32,
    /// Policy refusals of a domain since it last took a letter.
    domains: HashMap<String, u32>,
    garbled: u32,
}

/// What has broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Trip {
    /// Nothing more goes to the domain that has refused.
    Domain(String),
    /// Nothing more goes at all.
    Run(String),
}

/// Policy refusals in a row until a domain is left alone.
const DOMAIN: u32 = 3;
/// Policy refusals in a row until the run stops.
const POLICY: u32 = 5;
/// Policy refusals of the whole run, and their least share in a hundred letters, until the run stops.
const SHARE: (u64, u64) = (50, 2);
/// Recipients for whom the letter is too large, until the run stops.
const SIZE: u32 = 3;
/// Refusals in a row that say no more than 5xx, until the run stops.
const UNCLEAR: u32 = 20;
/// Replies that are no SMTP since the last letter that was taken, until the run stops.
const GARBLED: u32 = 3;

impl Breakers {
    /// A letter was taken at this domain.
    pub(super) fn taken(&mut self, domain: &str) {
        self.settled += 1;
        self.in_a_row = (None, 0);
        self.garbled = 0;
        self.domains.remove(domain);
    }

    /// A letter was refused for good at this domain.
    pub(super) fn refused(&mut self, class: Failure, domain: &str, words: &str) -> Option<Trip> {
        self.settled += 1;
        let so_far = if self.in_a_row.0 == Some(class) { self.in_a_row.1 } else { 0 };
        self.in_a_row = (Some(class), so_far + 1);
        match class {
            Failure::Policy => self.refused_for_policy(domain, words),
            Failure::Size => {
                self.sizes += 1;
                (self.sizes >= SIZE).then(|| {
                    let why = format!("the letter was too large for {SIZE} recipients");
                    Trip::Run(format!("{why}, the last said `{words}`"))
                })
            }
            Failure::Unclear => (so_far + 1 >= UNCLEAR).then(|| in_a_row(UNCLEAR, words)),
            Failure::BadAddress
            | Failure::Mailbox
            | Failure::Soft
            | Failure::Expired
            | Failure::Local => None,
        }
    }

    fn refused_for_policy(&mut self, domain: &str, words: &str) -> Option<Trip> {
        self.policy += 1;
        if self.in_a_row.1 >= POLICY {
            return Some(in_a_row(POLICY, words));
        }
        if self.policy >= SHARE.0 && self.policy * 100 >= self.settled * SHARE.1 {
            let why = format!("{} of {} letters were refused", self.policy, self.settled);
            return Some(Trip::Run(format!("{why}, the last with `{words}`")));
        }
        let refusals = self.domains.entry(domain.to_owned()).or_default();
        *refusals += 1;
        (*refusals == DOMAIN).then(|| Trip::Domain(domain.to_owned()))
    }

    /// The relay has said what is no SMTP; whether that was once too often.
    pub(super) fn garbled(&mut self) -> bool {
        self.garbled += 1;
        self.garbled >= GARBLED
    }
}

fn in_a_row(limit: u32, words: &str) -> Trip {
    Trip::Run(format!("{limit} letters in a row were refused, the last with `{words}`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refuse(breakers: &mut Breakers, class: Failure, domain: &str) -> Option<&'static str> {
        breakers.refused(class, domain, "554 5.7.1 no").map(|trip| match trip {
            Trip::Domain(_) => "domain",
            Trip::Run(_) => "run",
        })
    }

    #[test]
    fn a_domain_is_left_alone_after_three_refusals_in_a_row_and_the_run_stops_after_five() {
        let mut breakers = Breakers::default();
        let tripped: Vec<_> = ["a.org", "a.org", "b.org", "a.org", "b.org"]
            .into_iter()
            .map(|domain| refuse(&mut breakers, Failure::Policy, domain))
            .collect();
        assert_eq!(tripped, [None, None, None, Some("domain"), Some("run")]);
        let mut breakers = Breakers::default();
        for _ in 0..20 {
            assert_eq!(refuse(&mut breakers, Failure::Policy, "a.org"), None);
            assert_eq!(refuse(&mut breakers, Failure::Policy, "a.org"), None);
            breakers.taken("a.org");
        }
    }

    #[test]
    fn letters_taken_elsewhere_do_not_hide_a_domain_that_refuses() {
        let mut breakers = Breakers::default();
        let tripped: Vec<_> = (0..4)
            .map(|_| {
                breakers.taken("b.org");
                refuse(&mut breakers, Failure::Policy, "a.org")
            })
            .collect();
        assert_eq!(tripped, [None, None, Some("domain"), None]);
    }

    #[test]
    fn two_in_a_hundred_refused_stop_the_run_once_they_are_fifty() {
        for (taken_between, stops) in [(40, true), (60, false)] {
            let mut breakers = Breakers::default();
            let tripped = (0..200).find_map(|n| {
                (0..taken_between).for_each(|_| breakers.taken("b.org"));
                let trip = refuse(&mut breakers, Failure::Policy, &format!("{n}.org"));
                trip.map(|trip| (n, trip))
            });
            assert_eq!(tripped, stops.then_some((49, "run")), "{taken_between} taken between");
        }
    }

    #[test]
    fn a_letter_too_large_for_three_recipients_stops_the_run_even_if_others_take_it() {
        let mut breakers = Breakers::default();
        let tripped: Vec<_> = (0..3)
            .map(|_| {
                breakers.taken("b.org");
                refuse(&mut breakers, Failure::Size, "a.org")
            })
            .collect();
        assert_eq!(tripped, [None, None, Some("run")]);
    }

    #[test]
    fn bad_addresses_never_stop_anything_and_unclear_refusals_do_when_they_are_many() {
        let mut breakers = Breakers::default();
        assert!((0..100).all(|_| refuse(&mut breakers, Failure::BadAddress, "a.org").is_none()));
        let tripped: Vec<_> =
            (0..20).map(|_| refuse(&mut breakers, Failure::Unclear, "a.org")).collect();
        assert!(tripped[..19].iter().all(Option::is_none));
        assert_eq!(tripped[19], Some("run"));
    }

    #[test]
    fn three_replies_that_are_no_smtp_stop_the_run() {
        let mut breakers = Breakers::default();
        assert!(!breakers.garbled() && !breakers.garbled());
        breakers.taken("a.org");
        assert!(!breakers.garbled() && !breakers.garbled() && breakers.garbled());
    }
}
