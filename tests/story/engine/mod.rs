//! The engine between a scripted relay and a real ledger, in paused time.

mod breakers;
mod connections;
mod failing;
mod following;
mod lanes;
mod limits;
mod onlookers;
mod pace;
mod rate;

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep};

use postrider::address::EmailAddress;
use postrider::audience::{Status, Subscriber};
use postrider::backoff::Backoff;
use postrider::compose;
use postrider::config::{self, Config};
use postrider::delivery::event::Event;
use postrider::delivery::ledger::{Entry, Ledger, LedgerError, Outcome, Row, Share, State, Tally};
use postrider::delivery::plan::Pinned;
use postrider::delivery::transport::{OpenError, Reply, SendError, Session, Stage, Transport};
use postrider::delivery::verdict::{Failure, Fault};
use postrider::delivery::{Clock, Ending, Orders, Stop, deliver};
use postrider::draft;
use postrider::io::ledger_sqlite::{self, Freeze, Kept, SqliteLedger};
use postrider::message::token::Key;
use postrider::message::{Letterhead, Letters, Message};
use postrider::source::Source;

/// What a relay says to an offer, by the letters carried and the recipient.
type Offer = fn(u64, &str) -> Result<(), SendError>;

/// What a relay says to the dot of a letter, by its recipient.
type Dot = fn(&str) -> Result<Reply, SendError>;

/// What a connection fails with, by its number.
type Opening = fn(usize) -> Option<OpenError>;

/// A relay that takes its time and remembers when each letter was committed.
#[derive(Clone, Default)]
struct Relay {
    latency: Duration,
    committed: Arc<Mutex<Vec<(Instant, String)>>>,
    /// When each letter was offered, to whom.
    offered: Arc<Mutex<Vec<(Instant, String)>>>,
    /// What the so-manieth connection fails with.
    opening: Option<Opening>,
    /// What becomes of the dot.
    dot: Option<Dot>,
    open: Arc<AtomicUsize>,
    most_open: Arc<AtomicUsize>,
    refuse: Option<&'static str>,
    offer: Option<Offer>,
    carried: u64,
    panics: bool,
    /// Who takes his time over an offer.
    ponders: Option<&'static str>,
    /// Whether it takes the next letter's offer along.
    pipelines: bool,
    /// How many letters it takes at once.
    window: usize,
    is_broken: bool,
    /// Who was posted a letter and has no answer yet.
    posted: VecDeque<String>,
    /// The offer that was taken along, and what came of it.
    riding: Option<(String, Result<(), SendError>)>,
}

impl Transport for Relay {
    type Session = Self;

    async fn open(&self) -> Result<Self, OpenError> {
        let open = self.open.fetch_add(1, Ordering::SeqCst) + 1;
        self.most_open.fetch_max(open, Ordering::SeqCst);
        match self.opening.and_then(|fails| fails(open)) {
            Some(error) => Err(error),
            None => Ok(self.clone()),
        }
    }
}

impl Relay {
    /// One that speaks in lock step, one that pipelines, and one that takes several letters at once.
    fn all() -> [Self; 3] {
        let by = |pipelines, window| Self { pipelines, window, ..Self::default() };
        [by(false, 1), by(true, 1), by(true, 4)]
    }

    /// Those that have one letter under way on a connection.
    fn one_by_one() -> [Self; 2] {
        let [step, group, _] = Self::all();
        [step, group]
    }

    fn asked(&self, recipient: &str) -> Result<(), SendError> {
        self.offered.lock().unwrap().push((Instant::now(), recipient.into()));
        if let Some(offer) = self.offer {
            offer(self.carried, recipient)?;
        }
        if self.refuse == Some(recipient) {
            let reply = Reply::new(450, "4.7.1 come again");
            return Err(SendError::Refused { stage: Stage::Rcpt, reply });
        }
        Ok(())
    }
}

impl Session for Relay {
    async fn offer(&mut self, message: &Message) -> Result<(), SendError> {
        let recipient = message.envelope.recipient.as_str();
        if self.ponders == Some(recipient) {
            sleep(Duration::from_millis(50)).await;
        }
        match self.riding.take() {
            Some((rides, outcome)) => {
                assert_eq!(rides, recipient, "another letter was taken along");
                outcome
            }
            None => self.asked(recipient),
        }
    }

    fn window(&self) -> usize {
        self.window.max(1)
    }

    async fn post(&mut self, messages: &[&Message]) {
        for message in messages {
            let recipient = message.envelope.recipient.to_string();
            assert!(!(self.panics && recipient == "reader2@example.org"), "as the script says");
            self.committed.lock().unwrap().push((Instant::now(), recipient.clone()));
            self.posted.push_back(recipient);
            assert!(self.posted.len() <= self.window, "more than the window holds");
        }
    }

    async fn answer(&mut self) -> Result<Reply, SendError> {
        let recipient = self.posted.pop_front().unwrap();
        sleep(self.latency).await;
        if self.is_broken {
            let why = "the connection has ended".into();
            return Err(SendError::Broken { stage: Stage::Dot, proved_not_sent: false, why });
        }
        let taken = || self.dot.map_or(Ok(Reply::new(250, "2.0.0 taken")), |dot| dot(&recipient));
        let answer = self.asked(&recipient).and_then(|()| taken());
        self.is_broken = matches!(answer, Err(SendError::Broken { .. }));
        self.carried += u64::from(answer.is_ok());
        answer
    }

    fn is_spent(&self) -> bool {
        self.is_broken
    }

    fn pipelines(&self) -> bool {
        self.pipelines
    }

    async fn commit(
        &mut self,
        message: &Message,
        next: Option<&Message>,
    ) -> Result<Reply, SendError> {
        if let (true, Some(next)) = (self.pipelines, next) {
            let recipient = next.envelope.recipient.as_str();
            self.riding = Some((recipient.into(), self.asked(recipient)));
        }
        let recipient = message.envelope.recipient.to_string();
        assert!(!(self.panics && recipient == "reader2@example.org"), "as the script says");
        self.carried += 1;
        self.committed.lock().unwrap().push((Instant::now(), recipient.clone()));
        sleep(self.latency).await;
        if let Some(dot) = self.dot {
            return dot(&recipient);
        }
        Ok(Reply::new(250, "2.0.0 taken"))
    }

    async fn close(self) {}
}

fn config() -> Config {
    config::parse(&Source::new("config.toml", include_str!("../../../config.example.toml")))
        .unwrap()
        .0
}

/// A frozen plan for so many readers in a throw-away ledger, and its letters.
fn plan(readers: usize) -> (SqliteLedger, Arc<Letters>) {
    plan_for((1..=readers).map(|n| format!("reader{n}@example.org")))
}

/// As [`plan`], for readers of these addresses.
fn plan_for(addresses: impl IntoIterator<Item = String>) -> (SqliteLedger, Arc<Letters>) {
    let config = config();
    let source = Source::new("tide.md", "---\nsubject: Tide\n---\n\nThe tide turns at six.\n");
    let (issue, _) = compose::compose(
        &draft::parse(source).unwrap().0,
        &compose::Materials::new(&config.newsletter),
    )
    .unwrap();
    let now = Timestamp::from_second(1_790_000_000).unwrap();
    let key = Key::new([7; 32]);
    let head = Letterhead {
        newsletter: &config.newsletter,
        unsubscribe: &config.unsubscribe,
        key: &key,
        signer: None,
        date: now,
        test_copy: None,
    };
    let letters = Letters::new(&issue, &head).unwrap();
    let mut ledger = ledger_sqlite::Ledger::throw_away().unwrap();
    let pinned = Pinned::new(issue, config.newsletter.clone(), &config.unsubscribe);
    let mut freeze = Freeze::begin(&mut ledger, &pinned, None, now).unwrap();
    for (n, address) in addresses.into_iter().enumerate() {
        let email: EmailAddress = address.parse().unwrap();
        let reader = Subscriber {
            email,
            name: None,
            tags: vec![],
            status: Status::Active,
            fields: std::collections::BTreeMap::new(),
        };
        freeze.add(n + 1, &Kept::of(&reader).unwrap(), None).unwrap();
    }
    let frozen = freeze.seal("").unwrap();
    freeze.commit().unwrap();
    (SqliteLedger::start(ledger, frozen.issue, 1, "here", now).unwrap(), Arc::new(letters))
}

fn orders(lanes: usize, rate: &str) -> Orders {
    Orders {
        issue: "tide".into(),
        lanes,
        rate: Some(rate.parse().unwrap()),
        limits: Vec::new(),
        domain_limits: Vec::new(),
        backoff: Backoff { waits: vec![Duration::from_mins(5)], give_up: Duration::from_hours(1) },
        messages_per_connection: 100,
        idle: Duration::from_secs(30),
        window: 1,
        limit: None,
        wait: Duration::ZERO,
        reconnect: vec![Duration::from_secs(1)],
        logins: vec![Duration::from_secs(30), Duration::from_mins(2), Duration::from_mins(5)],
    }
}

fn broken() -> SendError {
    SendError::Broken { stage: Stage::Rcpt, proved_not_sent: true, why: "end of file".into() }
}

/// When the ledger's story begins.
fn begin() -> Timestamp {
    Timestamp::from_second(1_790_000_000).unwrap()
}

async fn run<L: Ledger>(
    relay: &Relay,
    ledger: &L,
    letters: Arc<Letters>,
    orders: &Orders,
) -> Result<Ending, LedgerError> {
    run_at(begin(), relay, ledger, letters, orders).await.map(|(ending, _)| ending)
}

/// Runs from this time on; gives what was told, too.
async fn run_at<T, L>(
    wall: Timestamp,
    relay: &T,
    ledger: &L,
    letters: Arc<Letters>,
    orders: &Orders,
) -> Result<(Ending, Vec<Event>), LedgerError>
where
    T: Transport + Clone + Send + 'static,
    T::Session: 'static,
    L: Ledger,
{
    let (events, mut screen) = mpsc::channel(16);
    let (_stop, stopped) = watch::channel(Stop::No);
    let reading = tokio::spawn(async move {
        let mut told = Vec::new();
        while let Some(event) = screen.recv().await {
            told.push(event);
        }
        told
    });
    let clock = Clock::start(wall);
    let ending =
        deliver(Arc::new(relay.clone()), ledger, letters, orders, clock, events, stopped).await;
    let told = reading.await.unwrap();
    ending.map(|ending| (ending, told))
}

/// The most that left within any span of this length.
fn most_within(span: Duration, left: &[(Instant, String)]) -> usize {
    let within = |first: usize| {
        left[first..].iter().take_while(|(at, _)| *at < left[first].0 + span).count()
    };
    (0..left.len()).map(within).max().unwrap_or(0)
}
