import assert from "node:assert/strict";
import { test } from "node:test";
import { control, url } from "./copydesk.mjs";
import { headlines } from "./headlines.mjs";

test("reads what the fixtures hold", async () => {
  assert.deepEqual(await headlines(url), ["Flood warning | Agency report"]);
});

test("says when to try again", async () => {
  await assert.rejects(headlines(url, { Prefer: "code=503" }), { message: "try again in 1 s" });
});

test("shows a scheduled article in time", async () => {
  await control("clock", { set: "2026-01-02T06:00:00Z" });
  assert.deepEqual(await headlines(url), ["Mayor resigns", "Flood warning | Agency report"]);
});
