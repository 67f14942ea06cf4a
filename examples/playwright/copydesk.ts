// A `test` that starts Copydesk once for each worker, and resets it before each test.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { test as base } from "@playwright/test";

// It stops once its input is closed: when the tests end, in whatever way they do.
const binary = process.env.COPYDESK_BINARY ?? "copydesk";
const options = `--ephemeral --test --watch-stdin --listen 127.0.0.1:0 --admin-key test
  --fixtures fixtures.jsonl --clock 2026-01-01T00:00:00Z --seed 7`.split(/\s+/);
// With an environment of its own, since the one of your project must not decide what is tested.
const env = { PATH: process.env.PATH, RUST_LOG: "warn" };

type Control = (operation: string, data: object) => Promise<unknown>;

export const test = base.extend<{ control: Control }, { url: string }>({
  url: [
    async ({}, use) => {
      const server = spawn(binary, options, { cwd: __dirname, env, stdio: ["pipe", "pipe", "inherit"] });
      const lines = createInterface({ input: server.stdout });
      const [url] = await Promise.race([once(lines, "line"), once(lines, "close")]);
      if (!url) throw new Error("copydesk did not start");
      await use(url);
      server.stdin.end();
      await once(server, "exit");
    },
    { scope: "worker" },
  ],
  control: [
    async ({ request, url }, use) => {
      const headers = { Authorization: "Bearer test" };
      const post: Control = (operation, data) =>
        request.post(`${url}/v1/test/${operation}`, { headers, data, failOnStatusCode: true });
      await post("reset", {});
      await use(post);
    },
    { auto: true },
  ],
});
