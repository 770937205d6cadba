//! The list read ahead on a thread of its own, so that reading it and writing the plan go on side by side.

use std::sync::mpsc::sync_channel;

/// Rows that are handed over together; a thread is woken once for them.
const TOGETHER: usize = 256;

/// Such hands full that may wait.
const WAITING: usize = 4;

/// Gives every row to `each`, in order, while those that follow are read elsewhere. Ends with the first error; no more than
/// a bounded number of rows is ever held.
pub(super) fn read_ahead<R: Send, E>(
    rows: impl Iterator<Item = R> + Send,
    mut each: impl FnMut(R) -> Result<(), E>,
) -> Result<(), E> {
    std::thread::scope(|scope| {
        let (hand, ready) = sync_channel(WAITING);
        scope.spawn(move || {
            let mut rows = rows;
            loop {
                let full: Vec<R> = rows.by_ref().take(TOGETHER).collect();
                // Nobody takes rows any more after an error.
                if full.is_empty() || hand.send(full).is_err() {
                    break;
                }
            }
        });
        ready.into_iter().flatten().try_for_each(&mut each)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_in_order_and_the_first_error_ends_it() {
        let mut seen = Vec::new();
        let all: Result<(), ()> = read_ahead(0..1_000, |row| {
            seen.push(row);
            Ok(())
        });
        assert_eq!((all, seen), (Ok(()), (0..1_000).collect()));
        let ended = read_ahead(0.., |row| if row == 5_000 { Err(row) } else { Ok(()) });
        assert_eq!(ended, Err(5_000));
    }
}
