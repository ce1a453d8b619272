#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| hostile::bounded(data, organizations::fuzzing::service_control));
