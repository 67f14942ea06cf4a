#!/usr/bin/env bash
# Surprising: chrono takes the date of a byline from the reporter's or the paper's name, not from the date
#             in it.
# Package:    npm chrono-node 2.10.3
# Expected:   parseDate("By April Jones, 3 March 2024") is 3 March 2024, the only full date in the text.
# Seen:       April Jones: 1 April next to today's date; "June Smith": June; "Sunday Herald": a Sunday of
#             this week, so it changes with the day of the run; "May Reed" is right: only some names do
#             it.
# Who:        importers that look for the date in a line of text; parse() has the right one as a later
#             result.
set -euo pipefail

tmp=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$tmp"' EXIT
cd "$tmp"
export TZ=UTC

npm install --prefix "$tmp" --no-audit --no-fund --loglevel=error chrono-node@2.10.3 >/dev/null

cat >run.mjs <<'JS'
import * as chrono from 'chrono-node';
const today = new Date('2024-11-06T12:00:00Z');
const day = (date) => date.toISOString().slice(0, 10);
for (const byline of ['By April Jones, 3 March 2024', 'June Smith, 3 March 2024', 'Sunday Herald, 3 March 2024',
                      'By May Reed, 3 March 2024', 'By Tom Reed, 3 March 2024']) {
  const all = chrono.parse(byline, today).map((r) => `"${r.text}" ${r.start.isCertain('year')}`);
  console.log(`${byline}: ${day(chrono.parseDate(byline, today))} (year certain: ${all.join(', ')})`);
}
JS

echo "chrono-node $(node -p 'JSON.parse(require("fs").readFileSync("node_modules/chrono-node/package.json")).version')," \
     "today is taken as 2024-11-06"
node run.mjs | tee seen
cat >expected <<'TXT'
By April Jones, 3 March 2024: 2025-04-01 (year certain: "April" false, "3 March 2024" true)
June Smith, 3 March 2024: 2024-06-01 (year certain: "June" false, "3 March 2024" true)
Sunday Herald, 3 March 2024: 2024-11-03 (year certain: "Sunday" false, "3 March 2024" true)
By May Reed, 3 March 2024: 2024-03-03 (year certain: "3 March 2024" true)
By Tom Reed, 3 March 2024: 2024-03-03 (year certain: "3 March 2024" true)
TXT
diff -u expected seen || { echo "CHANGED: chrono no longer answers as described above" >&2; exit 1; }
echo "CONFIRMED: the name decides the date"
