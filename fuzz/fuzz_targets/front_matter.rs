//! The front matter of imported pages.

#![no_main]

use copydesk_fuzz::checks;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| checks::page(text));
