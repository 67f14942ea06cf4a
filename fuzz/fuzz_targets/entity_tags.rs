//! The lists of tags in `If-Match` and `If-None-Match`.

#![no_main]

use copydesk_fuzz::checks;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| checks::entity_tags(bytes));
