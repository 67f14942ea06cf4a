//! Request bodies: JSON, and articles, comments and disclaimers in it.

#![no_main]

use copydesk_fuzz::checks;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| checks::body(bytes));
