//! How many connections a run opens: simulations of relays with the engine and the ledger that go to a real one, in
//! paused time.

use tokio::sync::Semaphore;

use postrider::delivery::event::Why;

use super::*;

/// A relay by what limits it.
#[derive(Clone)]
struct Model {
    /// A letter's way and back.
    trip: Duration,
    /// How many letters it works on at once, and how long on each.
    works: Option<(Arc<Semaphore>, Duration)>,
    /// How many connections it takes; the others are told to come again.
    takes: usize,
    open: Arc<AtomicUsize>,
    most: Arc<AtomicUsize>,
    opened: Arc<AtomicUsize>,
    refused: Arc<AtomicUsize>,
}

/// One connection to it.
struct Connection(Model);

impl Model {
    fn new(trip: u64) -> Self {
        Self {
            trip: Duration::from_millis(trip),
            works: None,
            takes: usize::MAX,
            open: Arc::default(),
            most: Arc::default(),
            opened: Arc::default(),
            refused: Arc::default(),
        }
    }

    fn working(self, letters: usize, each: u64) -> Self {
        let works = Some((Arc::new(Semaphore::new(letters)), Duration::from_millis(each)));
        Self { works, ..self }
    }
}

impl Transport for Model {
    type Session = Connection;

    async fn open(&self) -> Result<Connection, OpenError> {
        // TCP, TLS, EHLO and AUTH.
        sleep(self.trip * 4).await;
        if self.open.load(Ordering::SeqCst) >= self.takes {
            self.refused.fetch_add(1, Ordering::SeqCst);
            let reply = Reply::new(421, "4.7.0 Too many concurrent connections from your address");
            return Err(OpenError::Refused { stage: Stage::Greeting, reply });
        }
        self.opened.fetch_add(1, Ordering::SeqCst);
        self.most.fetch_max(self.open.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        Ok(Connection(self.clone()))
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Session for Connection {
    async fn offer(&mut self, _: &Message) -> Result<(), SendError> {
        Ok(())
    }

    async fn commit(&mut self, _: &Message, _: Option<&Message>) -> Result<Reply, SendError> {
        sleep(self.0.trip).await;
        if let Some((places, each)) = &self.0.works {
            let _place = places.acquire().await.unwrap();
            sleep(*each).await;
        }
        Ok(Reply::new(250, "2.0.0 taken"))
    }

    fn pipelines(&self) -> bool {
        true
    }

    async fn close(self) {}
}

/// What a run came to.
struct Course {
    wall: Duration,
    /// The connections that might be open, and why, one after the other.
    steps: Vec<(usize, Why)>,
    /// The connections that were open, one after the other.
    open: Vec<usize>,
    told: Vec<Event>,
}

async fn course(model: &Model, letters: usize, orders: &Orders) -> Course {
    let (ledger, made) = plan(letters);
    let (ending, told) = run_at(begin(), model, &ledger, made, orders).await.unwrap();
    assert_eq!((ending.tally.of(State::Sent), ending.fault), (letters as u64, None));
    let connections = |event: &Event| match event {
        Event::Connections { open, allowed, why } => Some((*open, *allowed, why.clone())),
        _ => None,
    };
    let all: Vec<_> = told.iter().filter_map(connections).collect();
    let is_step = |why: &Why| matches!(why, Why::Waiting | Why::NoGain | Why::Relay(_));
    let steps = all.iter().filter(|(_, _, why)| is_step(why));
    Course {
        wall: ending.wall,
        steps: steps.map(|(_, allowed, why)| (*allowed, why.clone())).collect(),
        open: all.iter().map(|(open, ..)| *open).collect(),
        told,
    }
}

fn unhurried(lanes: usize) -> Orders {
    Orders { messages_per_connection: u64::MAX, ..orders(lanes, "1000000/s") }
}

#[tokio::test(start_paused = true)]
async fn a_far_relay_gets_all_lanes_in_a_few_round_trips() {
    let model = Model::new(20);
    let course = course(&model, 6_000, &unhurried(64)).await;
    assert_eq!(model.most.load(Ordering::SeqCst), 64);
    let steps: Vec<usize> = course.steps.iter().map(|(allowed, _)| *allowed).collect();
    assert_eq!(steps, [2, 4, 8, 16, 32, 64]);
    // 64 letters a round trip take 94 round trips; the climb may cost 50.
    let trips = course.wall.as_millis() / 20;
    assert!((94..145).contains(&trips), "{trips} round trips");
}

#[tokio::test(start_paused = true)]
async fn a_relay_that_works_on_six_letters_at_a_time_gets_eight_lanes() {
    let model = Model::new(1).working(6, 40);
    let course = course(&model, 3_000, &unhurried(64)).await;
    assert!(model.most.load(Ordering::SeqCst) <= 16, "{:?}", course.steps);
    assert!(course.steps.contains(&(8, Why::NoGain)), "{:?}", course.steps);
    // Six at a time, 40 ms each: 20 s.
    assert!(course.wall < Duration::from_secs(21), "{:?}", course.wall);
    let (wide, all) = (course.open.iter().filter(|open| **open > 8).count(), course.open.len());
    assert!(course.open.last().is_some_and(|open| *open <= 8), "{wide} of {all}");
}

#[tokio::test(start_paused = true)]
async fn a_relay_that_takes_ten_connections_keeps_ten_and_nobody_is_held_up() {
    let model = Model { takes: 10, ..Model::new(50) };
    let course = course(&model, 10_000, &unhurried(64)).await;
    assert_eq!(model.most.load(Ordering::SeqCst), 10);
    let asked = course.steps.iter().filter(|(_, why)| matches!(why, Why::Relay(_))).count();
    assert!((1..=2).contains(&asked), "once, and perhaps again after 30 s: {:?}", course.steps);
    assert!(model.refused.load(Ordering::SeqCst) <= 8, "{:?}", model.refused);
    let is_slower = |event: &Event| matches!(event, Event::Slowed { .. } | Event::Trouble { .. });
    assert!(!course.told.iter().any(is_slower), "the pace is not what it minds");
    // Ten letters a round trip: 50 s.
    assert!(course.wall < Duration::from_secs(53), "{:?}", course.wall);
}

#[tokio::test(start_paused = true)]
async fn a_few_letters_and_a_slow_pace_open_few_connections() {
    let model = Model::new(20);
    course(&model, 10, &unhurried(64)).await;
    assert_eq!(model.most.load(Ordering::SeqCst), 2);
    // Three letters are under way at a time: 200 ms each, 14 a second.
    let model = Model::new(200);
    let paced = course(&model, 300, &orders(64, "14/s")).await;
    assert!((3..=4).contains(&model.most.load(Ordering::SeqCst)), "{:?}", paced.steps);
    // At 14 a second they take 21.4 s, and the first of them went over one connection.
    assert!(paced.wall < Duration::from_secs(24), "{:?}", paced.wall);
}

#[tokio::test(start_paused = true)]
async fn a_relay_that_asks_for_less_in_the_middle_gets_half_the_connections() {
    let relay = Relay {
        latency: Duration::from_millis(100),
        offer: Some(|_, to| {
            if to != "reader900@example.org" {
                return Ok(());
            }
            let reply = Reply::new(421, "4.7.0 slow down");
            Err(SendError::Refused { stage: Stage::Mail, reply })
        }),
        pipelines: true,
        ..Relay::default()
    };
    let (ledger, letters) = plan(1_500);
    // The reader is asked again and again, and left in the end; that is not the point here.
    let orders = Orders { limit: Some(1_400), ..unhurried(16) };
    let (_, told) = run_at(begin(), &relay, &ledger, letters, &orders).await.unwrap();
    let allowed: Vec<usize> = told
        .iter()
        .filter_map(|event| match event {
            Event::Connections { allowed, why: Why::Relay(_), .. } => Some(*allowed),
            _ => None,
        })
        .collect();
    assert_eq!(allowed[0], 8, "{allowed:?}");
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_waits_for_the_pace_longer_than_it_may_is_closed_and_opened_again() {
    let model = Model::new(10);
    let idle = Duration::from_secs(20);
    let orders = Orders { idle, ..orders(4, "2/min") };
    let course = course(&model, 5, &orders).await;
    assert_eq!(model.opened.load(Ordering::SeqCst), 5);
    let idle = |event: &&Event| matches!(event, Event::Connections { why: Why::Idle, .. });
    assert_eq!(course.told.iter().filter(idle).count(), 4);
}
