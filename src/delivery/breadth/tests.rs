use proptest::prelude::*;

use super::*;

#[expect(clippy::disallowed_methods, reason = "the tests need some instant to count from")]
fn origin() -> Instant {
    Instant::now() + Duration::from_hours(1)
}

/// How long a relay takes for a letter, by the lanes that are busy.
type Speed = fn(usize) -> Duration;

fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// Far away: every lane has a letter answered after 40 ms, however many there are.
fn far(_: usize) -> Duration {
    millis(40)
}

/// It works on six letters at a time, 40 ms each; the others wait for their turn.
fn small(lanes: usize) -> Duration {
    millis(40) * u32::try_from(lanes.max(6)).unwrap() / 6
}

/// Lets letters go to a relay, all lanes in step; gives how many lanes there were when each letter was answered.
fn lanes(breadth: &mut Breadth, now: &mut Instant, letters: usize, speed: Speed) -> Vec<usize> {
    let mut history = Vec::new();
    while history.len() < letters {
        let lanes = breadth.allowed();
        let each = speed(lanes) / u32::try_from(lanes).unwrap();
        for _ in 0..lanes {
            *now += each;
            breadth.answered(lanes, *now);
            history.push(lanes);
        }
        let waiting = letters.saturating_sub(history.len());
        while breadth.wanted(waiting, *now) == Some(Step::Wider) {}
    }
    history
}

#[test]
fn lanes_are_doubled_after_every_few_letters_while_that_helps() {
    let (mut breadth, mut now) = (Breadth::new(64), origin());
    let history = lanes(&mut breadth, &mut now, 5_000, far);
    let first = |lanes| history.iter().position(|n| *n == lanes).unwrap();
    assert_eq!([1, 2, 4, 8, 16, 32, 64].map(first), [0, 3, 9, 21, 45, 93, 189]);
    assert!(history[189..].iter().all(|lanes| *lanes == 64));
    let (mut breadth, mut now) = (Breadth::new(50), origin());
    assert_eq!(*lanes(&mut breadth, &mut now, 5_000, far).last().unwrap(), 50);
}

#[test]
fn a_relay_that_cannot_do_more_keeps_the_lanes_that_it_can_use() {
    let (mut breadth, mut now) = (Breadth::new(64), origin());
    let history = lanes(&mut breadth, &mut now, 20_000, small);
    assert_eq!(*history.iter().max().unwrap(), 16, "the step beyond is the last");
    let beyond = history.iter().filter(|lanes| **lanes == 16).count();
    assert!(beyond < 1_500, "{beyond} of 20,000 letters went over lanes that made nothing faster");
    assert_eq!(breadth.allowed(), 8);
}

#[test]
fn a_few_letters_get_a_few_lanes() {
    for (letters, most) in [(1, 1), (4, 1), (10, 2), (30, 8), (100, 16)] {
        let (mut breadth, mut now) = (Breadth::new(64), origin());
        let history = lanes(&mut breadth, &mut now, letters, far);
        assert_eq!(*history.iter().max().unwrap(), most, "{letters} letters");
    }
}

#[test]
fn letters_that_go_too_fast_to_be_measured_hold_nothing_up() {
    let (mut breadth, mut now) = (Breadth::new(64), origin());
    let next_door = |lanes: usize| Duration::from_micros(50) * u32::try_from(lanes).unwrap();
    let history = lanes(&mut breadth, &mut now, 500, next_door);
    assert_eq!(*history.last().unwrap(), 64);
}

#[test]
fn a_relay_that_takes_ten_connections_gets_ten_and_is_asked_again_ever_more_rarely() {
    let (mut breadth, mut now) = (Breadth::new(64), origin());
    let mut asked = Vec::new();
    for _ in 0..20_000 {
        lanes(&mut breadth, &mut now, 50, |_| millis(40));
        let more = breadth.allowed().saturating_sub(10);
        if more > 0 {
            let news: Vec<bool> = (0..more).map(|_| breadth.refused(10, now)).collect();
            assert!(news[0] && !news[1..].contains(&true), "it is told once: {news:?}");
            asked.push(now);
        }
        assert!(breadth.allowed() <= 10);
    }
    let pauses: Vec<u64> = asked.windows(2).map(|two| (two[1] - two[0]).as_secs()).collect();
    assert_eq!(pauses[..6], [30, 60, 120, 240, 480, 960], "{pauses:?}");
    assert_eq!(breadth.allowed(), 10);
}

#[test]
fn a_relay_that_wants_less_gets_half_and_then_a_little_more_from_time_to_time() {
    let (mut breadth, mut now) = (Breadth::new(64), origin());
    lanes(&mut breadth, &mut now, 1_000, far);
    let departed = now;
    now += millis(40);
    assert!(breadth.slowed(departed, now));
    assert_eq!(breadth.allowed(), 32);
    assert!(!breadth.slowed(departed, now), "a letter that was under way says nothing new");
    assert_eq!(breadth.allowed(), 32);
    let after = now;
    let mut steps = vec![32];
    while breadth.allowed() < 64 {
        lanes(&mut breadth, &mut now, 200, far);
        if breadth.allowed() != *steps.last().unwrap() {
            steps.push(breadth.allowed());
        }
    }
    assert_eq!(steps, [32, 36, 40, 45, 50, 56, 63, 64]);
    assert!((180..300).contains(&(now - after).as_secs()), "{:?}", now - after);
}

#[test]
fn when_nobody_gets_in_the_run_begins_again() {
    let (mut breadth, mut now) = (Breadth::new(16), origin());
    lanes(&mut breadth, &mut now, 500, far);
    assert!(!breadth.refused(0, now));
    assert_eq!(breadth.allowed(), 1);
    let history = lanes(&mut breadth, &mut now, 200, far);
    assert_eq!(*history.last().unwrap(), 16, "in a few letters, and not step by step");
}

proptest! {
    #[test]
    fn there_is_always_a_lane_and_never_more_than_are_configured(
        most in 1usize..100,
        steps in prop::collection::vec((0u8..8, 0u64..2_000, 0usize..120), 1..400),
    ) {
        let (mut breadth, mut now) = (Breadth::new(most), origin());
        for (event, time, number) in steps {
            let before = breadth.allowed();
            now += millis(time);
            match event {
                0 => drop(breadth.refused(number, now)),
                1 => drop(breadth.slowed(now - millis(time / 2), now)),
                2 | 3 => drop(breadth.wanted(number, now)),
                _ => (0..number).for_each(|_| breadth.answered(number, now)),
            }
            prop_assert!((1..=most).contains(&breadth.allowed()));
            prop_assert!(breadth.allowed() <= 2 * before, "no more than doubled at once");
            prop_assert!(event > 1 || breadth.allowed() <= before, "a refusal never gives more");
        }
    }
}
