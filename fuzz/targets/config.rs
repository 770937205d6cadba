#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| postrider::properties::configuration(bytes));
