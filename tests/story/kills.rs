//! The guarantee under SIGKILL: at any moment, again and again, while the relay loses replies of its own.
//!
//! `scripts/kills KILLS SEED TALK` runs it longer.

use std::time::{Duration, Instant};

use rusqlite::{Connection, OpenFlags};

use super::support::chance::drawn;
use super::support::desk::Desk;
use super::support::oracle::{Account, judge};
use super::support::relay::Relay;
use super::support::script::{Act, Phase, Rule, Script, Talk};

const READERS: usize = 2_000;
const LANES: usize = 8;

/// Tells how to live through a failure again.
struct Replay {
    kills: u64,
    seed: u64,
    talk: Talk,
}

impl Drop for Replay {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let talk = format!("{:?}", self.talk).to_lowercase();
            eprintln!("replay with: scripts/kills {} {} {talk}", self.kills, self.seed);
        }
    }
}

/// A number from the environment.
fn asked(name: &str, usual: u64) -> u64 {
    std::env::var(name).map_or(usual, |value| value.parse().unwrap())
}

/// One issue, sent to its end through as many kills as it takes or as are left. Gives the kills it took.
fn siege(seed: u64, most: u64, talk: Talk) -> (u64, Account) {
    let lossy = Rule::at(Phase::Dot, Act::AcceptThenRst).per_mille(5, seed);
    let script = Script::new()
        .talking(talk)
        .with(lossy)
        .on(Phase::Dot, Act::Delay(Duration::from_millis(2)));
    let relay = Relay::start(script);
    let desk = Desk::new(READERS, relay.port());
    desk.configure(relay.port(), &format!("lanes = {LANES}\nwindow = {}", talk.window()));
    let mut kills = 0;
    while kills < most && survives(&desk, &relay, drawn(seed, kills)) {
        kills += 1;
        let under_way = under_way(&desk);
        let bound = LANES * talk.window();
        assert!(under_way <= bound, "{under_way} under way at kill {kills}, {bound} can be");
    }
    let last = desk.run("send drafts/tide.md --yes");
    let account = judge(&relay, &desk, READERS);
    let doubt = account.of("unknown");
    last.exits(if doubt == 0 { 0 } else { 4 });
    assert_eq!(account.of("sent") + doubt, READERS, "{account:?}");
    let bound = usize::try_from(kills).unwrap() * LANES * talk.window()
        + account.replies_lost * talk.window();
    assert!(doubt <= bound, "{doubt} in doubt after {kills} kills: {account:?}");
    desk.run("ledger verify").exits(0);
    (kills, account)
}

/// How many letters a killed send leaves in doubt. Who only reads writes nothing back into the file.
fn under_way(desk: &Desk) -> usize {
    let file = desk.path(".postrider/ledger.sqlite");
    // One that was killed in its first moments has left no file or no tables.
    let Ok(ledger) = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY) else {
        return 0;
    };
    let number = |query: &str| {
        let number: isize = ledger.query_row(query, [], |row| row.get(0)).unwrap();
        number.unsigned_abs()
    };
    match number("SELECT count(*) FROM sqlite_schema WHERE name = 'delivery'") {
        0 => 0,
        _ => number("SELECT count(*) FROM delivery WHERE state = 'attempting'"),
    }
}

/// Starts a send and kills it at a moment drawn by chance; tells whether it was killed before it ended by itself.
fn survives(desk: &Desk, relay: &Relay, chance: u64) -> bool {
    let before = relay.stored();
    let began = Instant::now();
    let mut child = desk.start("send drafts/tide.md --yes");
    // One in eight dies while it reads, plans or connects; the others with letters under way.
    let early = chance.is_multiple_of(8);
    let letters = usize::try_from(chance >> 8 & 0x3f).unwrap();
    let moment = Duration::from_micros(chance >> 16 & 0xffff);
    loop {
        let due = if early { began.elapsed() > moment } else { relay.stored() >= before + letters };
        if due {
            break;
        }
        if child.try_wait().unwrap().is_some() {
            return false;
        }
        std::thread::sleep(Duration::from_micros(500));
    }
    if !early {
        std::thread::sleep(moment / 16);
    }
    child.kill().unwrap();
    child.wait().unwrap().code().is_none()
}

/// Sieges until so many kills have been survived, and says what became of everybody.
fn kills(talk: Talk, usual: u64) {
    let (wanted, seed) = (asked("POSTRIDER_KILLS", usual), asked("POSTRIDER_SEED", 7));
    let _replay = Replay { kills: wanted, seed, talk };
    let (mut done, mut sent, mut doubt, mut delivered, mut lost) = (0, 0, 0, 0, 0);
    for round in 0.. {
        let (kills, account) = siege(drawn(seed, round), wanted - done, talk);
        done += kills;
        sent += account.of("sent");
        doubt += account.of("unknown");
        delivered += account.doubt_delivered;
        lost += account.replies_lost;
        if done >= wanted {
            break;
        }
    }
    println!(
        "{done} kills, {lost} replies lost: {sent} sent, {doubt} in doubt ({delivered} of them have it), 0 lost, 0 twice"
    );
}

#[test]
fn classic_kills_lose_nobody_and_give_nobody_two() {
    kills(Talk::Classic, 40);
}

#[test]
fn pipelined_kills_lose_nobody_and_give_nobody_two() {
    kills(Talk::Pipelined, 40);
}

#[test]
fn windowed_kills_lose_nobody_and_give_nobody_two() {
    kills(Talk::Windowed, 20);
}
