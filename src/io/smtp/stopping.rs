//! What a stop does to the line: a letter that is leaving has a few seconds after the first, and none after the second.

use std::time::Duration;

use tokio::time::sleep;

use super::stream::Line;
use crate::delivery::Stop;

/// How long a letter may still take to leave once a stop was asked for.
pub(super) const GRACE: Duration = Duration::from_secs(10);

/// Why what was under way did not go on.
pub(super) const CALLED_OFF: &str = "the run was stopped";

impl Line {
    /// Waits for `work`, but no longer than until the second stop.
    pub(super) async fn unless_left<F: Future>(&self, work: F) -> Option<F::Output> {
        tokio::select! {
            biased;
            output = work => Some(output),
            () = self.called_off(Duration::MAX) => None,
        }
    }

    /// Waits until so long after the first stop, or for the second.
    pub(super) async fn called_off(&self, grace: Duration) {
        let Some(mut stop) = self.stop() else { return std::future::pending().await };
        let mut again = stop.clone();
        let heeded = async {
            stop.wait_for(|stop| *stop != Stop::No).await.is_ok() && {
                sleep(grace).await;
                true
            }
        };
        let left = async { again.wait_for(|stop| *stop == Stop::Leave).await.is_ok() };
        // Where nobody can ask for a stop any more, none comes.
        let is_off = tokio::select! { off = heeded => off, off = left => off };
        if !is_off {
            std::future::pending::<()>().await;
        }
    }
}
