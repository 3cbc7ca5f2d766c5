#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| kayle_fuzz::redirect_url(data));
