//! The rehearsal's transport: the same letters in the same order, no socket.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use super::files;
use crate::delivery::transport::{OpenError, Reply, SendError, Session, Stage, Transport};
use crate::message::Message;

/// Weighs every letter and keeps the first few as files.
#[derive(Debug, Clone)]
pub struct Outbox {
    folder: Option<PathBuf>,
    samples: u64,
    weights: Arc<Mutex<Weights>>,
    heaviest: Arc<Mutex<Vec<u8>>>,
}

/// The sizes of the letters, in bytes as they go over the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Weights {
    /// How many letters.
    pub letters: u64,
    /// The lightest.
    pub min: u64,
    /// The heaviest.
    pub max: u64,
    /// All together.
    pub total: u64,
}

impl Outbox {
    /// Keeps the first `samples` letters in `folder`, which exists.
    pub fn new(folder: Option<PathBuf>, samples: u64) -> Self {
        Self { folder, samples, weights: Arc::default(), heaviest: Arc::default() }
    }

    /// What was weighed so far.
    pub fn weights(&self) -> Weights {
        *self.weights.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The heaviest letter so far; empty if there was none.
    pub fn heaviest(&self) -> Vec<u8> {
        self.heaviest.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn take(&self, message: &Message) -> Result<(), String> {
        let letters = {
            let mut weights = self.weights.lock().unwrap_or_else(PoisonError::into_inner);
            let size = message.content.len() as u64;
            if size > weights.max {
                let mut heaviest = self.heaviest.lock().unwrap_or_else(PoisonError::into_inner);
                *heaviest = message.content.to_vec();
            }
            weights.min = if weights.letters == 0 { size } else { weights.min.min(size) };
            weights.max = weights.max.max(size);
            weights.total += size;
            weights.letters += 1;
            weights.letters
        };
        match &self.folder {
            Some(folder) if letters <= self.samples => {
                let name = format!(
                    "{letters:02}-{}.eml",
                    message.envelope.recipient.as_str().replace(['/', '\\'], "_")
                );
                files::write(&folder.join(name), &message.content.to_vec())
                    .map_err(|error| error.to_string())
            }
            _ => Ok(()),
        }
    }
}

impl Transport for Outbox {
    type Session = Self;

    async fn open(&self) -> Result<Self, OpenError> {
        Ok(self.clone())
    }
}

impl Session for Outbox {
    async fn offer(&mut self, _message: &Message) -> Result<(), SendError> {
        Ok(())
    }

    async fn commit(
        &mut self,
        message: &Message,
        _next: Option<&Message>,
    ) -> Result<Reply, SendError> {
        match self.take(message) {
            Ok(()) => Ok(Reply::new(250, "2.0.0 rehearsed")),
            Err(why) => Err(SendError::Broken { stage: Stage::Body, proved_not_sent: true, why }),
        }
    }

    async fn close(self) {}
}
