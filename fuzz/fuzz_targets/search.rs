//! What is typed into a search box, and a text that is searched.

#![no_main]

use copydesk_fuzz::checks;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|given: (&str, &str)| checks::search(given.0, given.1));
