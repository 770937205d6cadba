//! A scripted SMTP server on threads of its own, with a journal of what really happened.

use std::collections::HashSet;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant};

use super::chance::drawn;
use super::channel::Channel;
use super::dialogue::Dialogue;
use super::script::{Act, Phase, Script};

/// A relay that runs until it is dropped.
pub(crate) struct Relay {
    port: u16,
    stop: Arc<AtomicBool>,
    desk: Arc<Desk>,
}

/// One letter as the relay saw it, written down before it was answered.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) recipient: String,
    /// Without its angle brackets; empty if the letter has none.
    pub(crate) message_id: String,
    /// In hexadecimal, over the letter without its dot-stuffing.
    pub(crate) sha256: String,
    /// As much of the letter as came.
    pub(crate) letter: Vec<u8>,
    pub(crate) dot_seen: bool,
    pub(crate) stored: bool,
    /// What was answered to the dot; nothing if nothing was.
    pub(crate) reply_sent: Option<String>,
}

/// What all connections share.
pub(super) struct Desk {
    pub(super) script: Script,
    book: Mutex<Book>,
}

#[derive(Default)]
pub(super) struct Book {
    pub(super) journal: Vec<Entry>,
    pub(super) commands: Vec<String>,
    connections: usize,
    open: usize,
    most_open: usize,
    /// How often each rule has stepped in, and for whom.
    used: Vec<usize>,
    /// How many draws each rule has had.
    draws: Vec<u64>,
    seen: HashSet<(usize, String)>,
}

impl Relay {
    pub(crate) fn start(script: Script) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        narrow(&listener, script.rules.iter().any(|rule| matches!(rule.phase, Phase::Body(_))));
        let port = listener.local_addr().unwrap().port();
        let stop = Arc::new(AtomicBool::new(false));
        let rules = script.rules.len();
        let book = Book { used: vec![0; rules], draws: vec![0; rules], ..Book::default() };
        let desk = Arc::new(Desk { script, book: Mutex::new(book) });
        let (shared, stopped) = (Arc::clone(&desk), Arc::clone(&stop));
        thread::spawn(move || {
            for socket in listener.incoming() {
                if stopped.load(Ordering::Relaxed) {
                    return;
                }
                let desk = Arc::clone(&shared);
                let groups = desk.script.groups;
                let channel = Channel::new(socket.unwrap(), groups, Arc::clone(&stopped));
                thread::spawn(move || desk.serve(channel));
            }
        });
        Self { port, stop, desk }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Everything that came after a 354, in order.
    pub(crate) fn journal(&self) -> Vec<Entry> {
        self.desk.book().journal.clone()
    }

    /// How many letters it has stored.
    pub(crate) fn stored(&self) -> usize {
        self.desk.book().journal.iter().filter(|entry| entry.stored).count()
    }

    /// How many copies this recipient has got.
    pub(crate) fn copies(&self, recipient: &str) -> usize {
        let book = self.desk.book();
        book.journal.iter().filter(|entry| entry.stored && entry.recipient == recipient).count()
    }

    /// Every command line, in order of arrival over all connections.
    pub(crate) fn commands(&self) -> Vec<String> {
        self.desk.book().commands.clone()
    }

    /// How many commands started with this verb.
    pub(crate) fn count(&self, verb: &str) -> usize {
        self.desk.book().commands.iter().filter(|line| line.starts_with(verb)).count()
    }

    /// How many letters have come to their end, taken or not.
    pub(crate) fn dots(&self) -> usize {
        self.desk.book().journal.iter().filter(|entry| entry.dot_seen).count()
    }

    /// Whether the end of this recipient's letter has come.
    pub(crate) fn has_dot_of(&self, recipient: &str) -> bool {
        let book = self.desk.book();
        book.journal.iter().any(|entry| entry.recipient == recipient && entry.dot_seen)
    }

    /// How often its script has stepped in.
    pub(crate) fn stepped_in(&self) -> usize {
        self.desk.book().used.iter().sum()
    }

    /// Waits until something holds of it, for as long as a busy machine may take.
    pub(crate) fn wait(&self, holds: impl Fn(&Self) -> bool) {
        let began = Instant::now();
        while !holds(self) {
            let seen = self.desk.book().journal.len();
            assert!(began.elapsed() < Duration::from_mins(1), "only {seen} letters have come");
            thread::sleep(Duration::from_millis(2));
        }
    }

    /// Waits until no connection is open any more: then the journal says all there is to say.
    pub(crate) fn wait_until_idle(&self) {
        self.wait(|relay| relay.desk.book().open == 0);
    }

    /// Whether it keeps a connection open without a word.
    pub(crate) fn stalls(&self) -> bool {
        self.desk.script.rules.iter().any(|rule| matches!(rule.act, Act::Stall))
    }

    pub(crate) fn connections(&self) -> usize {
        self.desk.book().connections
    }

    pub(crate) fn most_open(&self) -> usize {
        self.desk.book().most_open
    }
}

/// A small window, so that a few megabytes are more than the kernels take without the relay reading them. Who is to be
/// heard in the middle of a letter has small packets, too: the sender's kernel takes twenty of them at once.
fn narrow(listener: &TcpListener, is_heard_early: bool) {
    let socket = socket2::SockRef::from(listener);
    socket.set_recv_buffer_size(65_536).unwrap();
    if is_heard_early {
        socket.set_tcp_mss(1_400).unwrap();
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        // Wakes the thread that accepts.
        let _ = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port));
    }
}

impl Desk {
    pub(super) fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap()
    }

    fn serve(&self, channel: Channel) {
        {
            let mut book = self.book();
            book.connections += 1;
            book.open += 1;
            book.most_open = book.most_open.max(book.open);
        }
        let _ = Dialogue::new(self, channel).run();
        self.book().open -= 1;
    }

    /// The first rule that steps in here.
    pub(super) fn act(&self, phase: Phase, recipient: &str, stored: usize) -> Option<Act> {
        let mut book = self.book();
        for (index, rule) in self.script.rules.iter().enumerate() {
            let here = rule.phase == phase
                && rule.recipient.as_ref().is_none_or(|wanted| wanted == recipient)
                && rule.every.is_none_or(|letters| stored > 0 && stored.is_multiple_of(letters))
                && book.used[index] < rule.times
                && rule.chance.is_none_or(|(often, seed)| {
                    book.draws[index] += 1;
                    drawn(seed, book.draws[index]) % 1000 < often
                });
            if here && (!rule.once_each || book.seen.insert((index, recipient.to_owned()))) {
                book.used[index] += 1;
                return Some(rule.act.clone());
            }
        }
        None
    }
}
