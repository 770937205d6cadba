//! What the bytes of a letter of 20 KB cost: `cargo bench --bench cost splice`.

use divan::counter::BytesCount;
use divan::{Bencher, black_box};

use super::support;

/// Five plain fields.
#[divan::bench]
fn plain_fields(bencher: Bencher<'_, '_>) {
    render(bencher, &support::draft());
}

/// The same, and a passage that only some readers get.
#[divan::bench]
fn a_condition(bencher: Bencher<'_, '_>) {
    let text = support::draft();
    render(bencher, &format!("{text}\n{{% if \"vip\" in tags %}}\nThank you.\n{{% endif %}}\n"));
}

/// What is asked of every reader before the first letter leaves.
#[divan::bench]
fn unresolved(bencher: Bencher<'_, '_>) {
    let (letters, reader) = (support::letters(&support::draft(), &[]), support::reader());
    bencher.bench(|| letters.unresolved(black_box(&reader)));
}

/// Copying as many bytes: the least that a letter of its own can cost.
#[divan::bench]
fn copy(bencher: Bencher<'_, '_>) {
    let letters = support::letters(&support::draft(), &[]);
    let bytes = letters.render(&support::reader()).unwrap().content.to_vec();
    bencher.counter(BytesCount::new(bytes.len())).bench(|| black_box(&bytes).clone());
}

fn render(bencher: Bencher<'_, '_>, draft: &str) {
    let (letters, reader) = (support::letters(draft, &[]), support::reader());
    let bytes = letters.render(&reader).unwrap().content.len();
    bencher.counter(BytesCount::new(bytes)).bench(|| letters.render(black_box(&reader)));
}
