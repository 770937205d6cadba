//! When a letter may leave: the pace of the run, and the windows that hold across runs.

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use crate::delivery::ledger::{Ledger, LedgerError, Share};
use crate::delivery::verdict::Brake;
use crate::delivery::{Clock, Orders};
use crate::rate::{Limit, Pacer, Rate, Window};

/// All that says when a letter may leave.
pub(in crate::delivery) struct Pace {
    pub(super) clock: Clock,
    /// The recipients by what limits them: all others first, then those of each limited domain.
    pub(super) shares: Vec<Share>,
    pacer: Option<Pacer>,
    windows: Vec<Window>,
    /// The window of each share but the first.
    domains: Vec<Window>,
    slowed: Option<Instant>,
}

/// When a letter left, for which share.
#[derive(Debug, Clone, Copy)]
pub(super) struct Departure {
    share: usize,
    at: Instant,
    wall: Timestamp,
}

impl Departure {
    /// By the monotonic clock.
    pub(super) fn at(self) -> Instant {
        self.at
    }
}

impl Pace {
    /// The pace of a run that follows on those the ledger knows.
    pub(in crate::delivery) async fn resume<L: Ledger>(
        orders: &Orders,
        clock: Clock,
        ledger: &L,
    ) -> Result<Self, LedgerError> {
        let names = orders.domain_limits.iter().map(|(domain, _)| domain.clone());
        let mut shares = vec![Share::AllBut(names.clone().collect())];
        shares.extend(names.map(Share::At));
        let (windows, domains) = (Vec::new(), Vec::new());
        let pacer = orders.rate.map(Pacer::new);
        let mut pace = Self { clock, shares, pacer, windows, domains, slowed: None };
        for limit in &orders.limits {
            pace.windows.push(remembered(*limit, clock, ledger, &Share::ALL).await?);
        }
        for (domain, limit) in &orders.domain_limits {
            let share = Share::At(domain.clone());
            pace.domains.push(remembered(*limit, clock, ledger, &share).await?);
        }
        if let (Some(pacer), Some(last)) = (&mut pace.pacer, ledger.last_departure().await?) {
            let ago = Duration::try_from(clock.now().duration_since(last)).unwrap_or_default();
            pacer.departed(ago, clock.instant().into_std());
        }
        Ok(pace)
    }

    /// The share of a recipient at this domain.
    pub(super) fn share_of(&self, domain: &str) -> usize {
        let is_at = |share: &Share| matches!(share, Share::At(name) if name == domain);
        self.shares.iter().position(is_at).unwrap_or(0)
    }

    /// When a letter of a share may leave: `now` or later.
    pub(super) fn next(&mut self, share: usize, now: Instant) -> Instant {
        let paced = self.pacer.as_ref().map_or(now, |pacer| pacer.next(now.into_std()).into());
        self.full(share).map_or(paced, |(until, _)| paced.max(self.clock.instant_of(until)))
    }

    /// The limit that keeps the letters of a share here, and until when, if one does.
    pub(super) fn full(&mut self, share: usize) -> Option<(Timestamp, Limit)> {
        let now = self.clock.now();
        let own = share.checked_sub(1).and_then(|domain| self.domains.get_mut(domain));
        let windows = self.windows.iter_mut().chain(own);
        let free = windows.map(|window| (window.next(now), window.limit()));
        free.max_by_key(|(until, _)| *until).filter(|(until, _)| *until > now)
    }

    /// A letter of a share leaves.
    pub(super) fn depart(&mut self, share: usize) -> Departure {
        let departure = Departure { share, at: self.clock.instant(), wall: self.clock.now() };
        if let Some(pacer) = &mut self.pacer {
            pacer.depart(departure.at.into_std());
        }
        self.windows_of(share).for_each(|window| window.note(departure.wall, 1));
        departure
    }

    /// A letter is proved not to have left.
    pub(super) fn take_back(&mut self, departure: Departure) {
        self.windows_of(departure.share).for_each(|window| window.take_back(departure.wall));
    }

    /// The relay wants less of what left then; gives the pace that is left, if it is another one now.
    ///
    /// Letters that were on their way already when the pace was halved last do not halve it again.
    pub(super) fn brake(&mut self, departure: Departure, brake: &Brake) -> Option<Rate> {
        let pacer = self.pacer.as_mut()?;
        let now = self.clock.instant();
        if let Some(pause) = brake.pause {
            pacer.pause((now + pause).into_std());
        }
        if self.slowed.is_some_and(|slowed| departure.at <= slowed) {
            return None;
        }
        self.slowed = Some(now);
        pacer.slow(now.into_std())
    }

    fn windows_of(&mut self, share: usize) -> impl Iterator<Item = &mut Window> {
        let own = share.checked_sub(1).and_then(|domain| self.domains.get_mut(domain));
        self.windows.iter_mut().chain(own)
    }
}

/// A window with what the ledger knows of it.
async fn remembered<L: Ledger>(
    limit: Limit,
    clock: Clock,
    ledger: &L,
    share: &Share,
) -> Result<Window, LedgerError> {
    let mut window = Window::new(limit);
    let since = window.since(clock.now());
    for (at, letters) in ledger.departures(since, window.grain(), share).await? {
        window.note(at, letters);
    }
    Ok(window)
}
