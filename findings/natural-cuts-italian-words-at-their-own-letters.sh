#!/usr/bin/env bash
# Surprising: the word splitters that `natural` has for Italian, Dutch, German and Swedish cut words at the
#             letters of those very languages; those for Spanish and Portuguese lose every figure.
# Package:    npm natural 8.1.1 (AggressiveTokenizerIt and its like, and PorterStemmerIt.tokenizeAndStem)
# Expected:   a splitter named after a language keeps that language's words whole.
# Seen:       It: città, più, perché are citt, pi, perch, and è (is) is gone; Nl: België is Belgi; De: small
#             umlauts stay, capital ones go: Österreich is "sterreich"; Sv: kafé is kafe the first time in a text
#             and kaf after that; Es, Pt: "2024" is gone. Fr and Pl are right.
# Who:        makers of keyword lists, related articles and searches with natural in these languages.
set -euo pipefail

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"

npm install --prefix "$tmp" --no-audit --no-fund --loglevel=error natural@8.1.1 >/dev/null

cat >run.cjs <<'JS'
const natural = require('natural');
const texts = {
  It: 'La citt\u00e0 \u00e8 pi\u00f9 sicura, ecco perch\u00e9',
  Nl: 'Belgi\u00eb en Oekra\u00efne: co\u00f6rdinatie',
  De: '\u00d6sterreich: \u00c4rzte \u00fcben in H\u00e4usern',
  Sv: 'Ett kaf\u00e9, ett kaf\u00e9 till i \u00c5re',
  Es: 'Elecciones en 2024: 11 partidos',
  Pt: 'Elei\u00e7\u00f5es em 2024: 11 partidos',
  Fr: 'Le caf\u00e9, d\u00e8s 2024, \u00e0 Nice',
  Pl: '\u0141\u00f3d\u017a: wybory 2024',
};
for (const [language, text] of Object.entries(texts)) {
  const words = new natural[`AggressiveTokenizer${language}`]().tokenize(text);
  console.log(`${language}: ${text} -> ${words.join(' | ')}`);
}
console.log(`It, stems: ${natural.PorterStemmerIt.tokenizeAndStem(texts.It).join(' | ')}`);
JS

npm ls --prefix "$tmp" --depth=0 2>/dev/null | grep -oE 'natural@[0-9.]+'
node run.cjs 2>err | grep -v 'injected env' | tee seen
cat >expected <<'TXT'
It: La città è più sicura, ecco perché -> La | citt | pi | sicura | ecco | perch
Nl: België en Oekraïne: coördinatie -> Belgi | en | Oekra | ne | co | rdinatie
De: Österreich: Ärzte üben in Häusern -> sterreich | rzte | üben | in | Häusern
Sv: Ett kafé, ett kafé till i Åre -> Ett | kafe | ett | kaf | till | i | Åre
Es: Elecciones en 2024: 11 partidos -> Elecciones | en | partidos
Pt: Eleições em 2024: 11 partidos -> Eleições | em | partidos
Fr: Le café, dès 2024, à Nice -> Le | café | dès | 2024 | à | Nice
Pl: Łódź: wybory 2024 -> Łódź | wybory | 2024
It, stems: la | citt | pi | sicur | ecco | perc
TXT
diff -u expected seen || { echo "CHANGED: natural no longer splits as described above" >&2; exit 1; }
echo "CONFIRMED: words are cut at the letters of their own language"
