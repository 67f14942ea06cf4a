#!/usr/bin/env bash
# What is surprising: the word segmenter of ICU4X finds the boundaries of a word that ends with a combining
#   mark, and then says that it is no word. Whoever counts words or feeds a search index by
#   `is_word_like` loses most words of Hindi, and vocalised Hebrew and Arabic.
# Software: icu_segmenter 2.4.0 (Rust), with `new_dictionary` and `new_for_non_complex_scripts`.
# What most people expect: a segment with letters is word-like wherever its boundaries are right.
# What is seen: "café" written with U+0301 before a space is `None`, at the end of the text it is `Letter`;
#   of four Hindi words that end with a vowel sign none is word-like.
# Who meets it: word counts, reading times and search indexes of a newsroom that writes these languages, or
#   gets decomposed text (NFD) from a Mac's file names.
set -euo pipefail
command -v cargo >/dev/null || { echo "SKIPPED: this needs cargo"; exit 0; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
mkdir "$tmp/src"
cat > "$tmp/Cargo.toml" <<'TOML'
[package]
name = "words"
version = "0.0.0"
edition = "2021"
[dependencies]
icu_segmenter = "=2.4.0"
[workspace]
TOML
cat > "$tmp/src/main.rs" <<'RUST'
use icu_segmenter::WordSegmenter;

fn main() {
    // Each text has as many words as it has runs of letters and marks between spaces.
    for (what, text) in [
        ("French, composed", "caf\u{e9} noir"),
        ("French, decomposed", "cafe\u{301} noir"),
        ("Hindi", "\u{928}\u{926}\u{940} \u{915}\u{93e} \u{92a}\u{93e}\u{928}\u{940} \u{92c}\u{922}\u{93c}\u{93e} "),
        ("Hebrew, vocalised", "\u{5e9}\u{5b8} \u{5d1}\u{5b8} "),
    ] {
        let count = |segmenter: icu_segmenter::WordSegmenterBorrowed<'static>| {
            segmenter.segment_str(text).iter_with_word_type().filter(|(_, kind)| kind.is_word_like()).count()
        };
        println!(
            "{what}: {} words, word-like {} (dictionary) {} (no dictionary)",
            text.split_whitespace().count(),
            count(WordSegmenter::new_dictionary(Default::default())),
            count(WordSegmenter::new_for_non_complex_scripts(Default::default())),
        );
    }
}
RUST
cd "$tmp"
CARGO_TARGET_DIR="$tmp/target" cargo run --quiet > seen
echo "icu_segmenter $(grep -A1 'name = "icu_segmenter"' Cargo.lock | sed -n 's/version = "\(.*\)"/\1/p')"
cat seen
cat > wanted <<'TEXT'
French, composed: 2 words, word-like 2 (dictionary) 2 (no dictionary)
French, decomposed: 2 words, word-like 1 (dictionary) 1 (no dictionary)
Hindi: 4 words, word-like 0 (dictionary) 0 (no dictionary)
Hebrew, vocalised: 2 words, word-like 0 (dictionary) 0 (no dictionary)
TEXT
diff wanted seen || { echo "CHANGED"; exit 1; }
echo "AS EXPECTED: words that end with a mark are not word-like"
