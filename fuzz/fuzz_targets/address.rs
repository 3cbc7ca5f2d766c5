#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| kayle_fuzz::address(data));
