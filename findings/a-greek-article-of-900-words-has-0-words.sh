#!/usr/bin/env bash
# Surprising: a Greek, Georgian, Armenian, Amharic or Tamil article of 900 words, with blanks between them, has
#             0 words for reading-time-estimator; a Korean one of 900 has 3600 for two others.
# Package:    npm reading-time-estimator 2.13.0, reading-time 1.5.0, words-count 2.0.2
# Expected:   words between blanks are counted in any script, as two of the three do; or an error for a
#             script that is not known.
# Seen:       reading-time-estimator has a list of scripts (Latin, Cyrillic, Hebrew, Bengali ... are on it), and
#             what is not on it counts as nothing. The other two count each Korean syllable as a word,
#             as is right for Chinese, though Korean sets its words apart.
# Who:        news sites that print "5 min read", and teams that are paid or plan by the word.
set -euo pipefail

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"

npm install --prefix "$tmp" --no-audit --no-fund --loglevel=error \
  reading-time-estimator@2.13.0 reading-time@1.5.0 words-count@2.0.2 >/dev/null

cat >run.cjs <<'JS'
const { readingTime } = require('reading-time-estimator');
const reading = require('reading-time');
const counted = require('words-count');
const count = counted.default ?? counted.wordsCount ?? counted;
const texts = {
  English: 'Parliament passed it. ', Russian: 'Дума приняла бюджет. ', Hebrew: 'הכנסת אישרה תקציב. ',
  Greek: 'Η Βουλή ψήφισε. ', Georgian: 'პარლამენტმა მიიღო ბიუჯეტი. ', Armenian: 'Խորհրդարանը ընդունեց բյուջեն. ',
  Amharic: 'ምክር ቤቱ አጸደቀ። ', Tamil: 'நாடாளுமன்றம் பட்ஜெட்டை ஏற்றது. ', Korean: '국회는 예산안을 통과시켰다. ',
};
for (const [language, sentence] of Object.entries(texts)) {
  const text = sentence.repeat(300);
  const estimate = readingTime(text);
  console.log(`${language}, ${text.trim().split(' ').length} words: reading-time-estimator ${estimate.words} (${estimate.text}), `
    + `reading-time ${reading(text).words}, words-count ${count(text)}`);
}
JS

npm ls --prefix "$tmp" --depth=0 2>/dev/null | grep -oE '(reading-time-estimator|reading-time|words-count)@[0-9.]+'
node run.cjs 2>err | tee seen
cat >expected <<'TXT'
English, 900 words: reading-time-estimator 900 (5 min read), reading-time 900, words-count 900
Russian, 900 words: reading-time-estimator 900 (5 min read), reading-time 900, words-count 900
Hebrew, 900 words: reading-time-estimator 900 (5 min read), reading-time 900, words-count 900
Greek, 900 words: reading-time-estimator 0 (less than a minute read), reading-time 900, words-count 900
Georgian, 900 words: reading-time-estimator 0 (less than a minute read), reading-time 900, words-count 900
Armenian, 900 words: reading-time-estimator 0 (less than a minute read), reading-time 900, words-count 900
Amharic, 900 words: reading-time-estimator 0 (less than a minute read), reading-time 900, words-count 900
Tamil, 900 words: reading-time-estimator 0 (less than a minute read), reading-time 900, words-count 900
Korean, 900 words: reading-time-estimator 900 (5 min read), reading-time 3600, words-count 3600
TXT
diff -u expected seen || { echo "CHANGED: the counters no longer answer as described above" >&2; exit 1; }
echo "CONFIRMED: 900 words are none"
