//! The letter that the clients in Rust send, merged anew for every reader as their users do it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;
use std::{env, fs};

/// What a client was asked to do, and how far it has come.
pub struct Job {
    pub host: String,
    pub port: u16,
    pub lanes: usize,
    count: usize,
    next: AtomicUsize,
    text: String,
    html: String,
}

/// One reader's letter.
pub struct Letter {
    pub to: String,
    pub subject: String,
    pub text: String,
    pub html: String,
}

impl Job {
    /// The arguments are FOLDER HOST PORT COUNT LANES; the folder holds letter.txt and letter.html.
    pub fn from_args() -> Arc<Self> {
        let words: Vec<String> = env::args().skip(1).collect();
        let [folder, host, port, count, lanes] = words.as_slice() else {
            panic!("FOLDER HOST PORT COUNT LANES")
        };
        let read = |name: &str| fs::read_to_string(format!("{folder}/{name}")).expect("the letter");
        let number = |word: &str| word.parse::<usize>().expect("a number");
        Arc::new(Self {
            host: host.clone(),
            port: port.parse().expect("a port"),
            lanes: number(lanes),
            count: number(count),
            next: AtomicUsize::new(0),
            text: read("letter.txt"),
            html: read("letter.html"),
        })
    }

    /// The next letter that nobody has taken.
    pub fn letter(&self) -> Option<Letter> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        if number >= self.count {
            return None;
        }
        let (to, digits) = (format!("reader{number}@example.com"), number.to_string());
        let name = format!("Zoë {number}");
        let merge = |template: &str| {
            template
                .replace("{{name}}", &name)
                .replace("{{city}}", "Köln")
                .replace("{{number}}", &digits)
                .replace("{{email}}", &to)
                .replace("{{nick}}", &digits)
        };
        let (text, html) = (merge(&self.text), merge(&self.html));
        Some(Letter { to, subject: "Tide tables".into(), text, html })
    }
}

/// Runs `lane` on every lane of a job, and prints the seconds that it took.
pub async fn run<F>(job: &Arc<Job>, lane: impl Fn(Arc<Job>) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let start = Instant::now();
    let lanes: Vec<_> = (0..job.lanes).map(|_| tokio::spawn(lane(job.clone()))).collect();
    for lane in lanes {
        lane.await.expect("a lane");
    }
    println!("{{\"wall\":{}}}", start.elapsed().as_secs_f64());
}
