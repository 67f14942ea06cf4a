// Starts Copydesk for the test file that imports this, and resets it before each test.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { after, beforeEach } from "node:test";

// It stops once its input is closed: when the tests end, in whatever way they do.
const binary = process.env.COPYDESK_BINARY ?? "copydesk";
const options = `--ephemeral --test --watch-stdin --listen 127.0.0.1:0 --admin-key test
  --fixtures fixtures.jsonl --clock 2026-01-01T00:00:00Z --seed 7`.split(/\s+/);
// With an environment of its own, since the one of your project must not decide what is tested.
const env = { PATH: process.env.PATH, RUST_LOG: "warn" };

const server = spawn(binary, options, { cwd: import.meta.dirname, env, stdio: ["pipe", "pipe", "inherit"] });
after(() => {
  server.stdin.end();
  return once(server, "exit");
});

const lines = createInterface({ input: server.stdout });
export const [url] = await Promise.race([once(lines, "line"), once(lines, "close")]);
if (!url) throw new Error("copydesk did not start");

export async function control(operation, body) {
  const headers = { Authorization: "Bearer test", "Content-Type": "application/json" };
  const response = await fetch(`${url}/v1/test/${operation}`, { method: "POST", headers, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(await response.text());
}

beforeEach(() => control("reset", {}));
