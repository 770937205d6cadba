//! Work that the machine's processors share.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Does the work on every item, on all processors at once, and gives what came of it in the order of the items.
pub(super) fn share<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let workers = thread::available_parallelism().map_or(1, usize::from).min(items.len());
    let next = AtomicUsize::new(0);
    let take = || {
        let mut done = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(index) else { return done };
            done.push((index, work(item)));
        }
    };
    let resume = |payload| std::panic::resume_unwind(payload);
    let mut done: Vec<(usize, R)> = thread::scope(|scope| {
        let workers: Vec<_> = (0..workers).map(|_| scope.spawn(take)).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap_or_else(resume)).collect()
    });
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_of_it_is_in_the_order_of_the_items() {
        let items: Vec<u64> = (0..1000).collect();
        let squares = share(&items, |item| {
            // The later ones are done sooner.
            (item % 97 == 0).then(|| thread::sleep(std::time::Duration::from_millis(1)));
            item * item
        });
        assert_eq!(squares, items.iter().map(|item| item * item).collect::<Vec<_>>());
        assert!(share(&[] as &[u64], |item| *item).is_empty());
    }
}
