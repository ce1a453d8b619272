#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| hostile::bounded(data, lambda::fuzzing::event));
