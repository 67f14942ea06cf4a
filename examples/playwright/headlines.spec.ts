import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { type AddressInfo } from "node:net";
import { expect, type Page } from "@playwright/test";
import { test } from "./copydesk";

// Stands for the server of your pages. Its origin is not the API's, so the page's requests are cross-origin (CORS).
const html = readFileSync(`${__dirname}/index.html`);
const site = createServer((_, response) => response.setHeader("Content-Type", "text/html").end(html));
test.beforeAll(() => new Promise<void>((resolve) => site.listen(0, "127.0.0.1", resolve)));
test.afterAll(() => site.close());

const open = (page: Page, url: string) =>
  page.goto(`http://127.0.0.1:${(site.address() as AddressInfo).port}/?api=${url}`);

test("reads what the fixtures hold", async ({ page, url }) => {
  await open(page, url);
  await expect(page.getByRole("listitem")).toHaveText(["Flood warning | Agency report"]);
});

test("says when to try again", async ({ page, url }) => {
  await page.route(`${url}/**`, (route) => {
    return route.continue({ headers: { ...route.request().headers(), Prefer: "code=503" } });
  });
  await open(page, url);
  await expect(page.getByRole("status")).toHaveText("try again in 1 s");
});

test("shows a scheduled article in time", async ({ page, url, control }) => {
  await control("clock", { set: "2026-01-02T06:00:00Z" });
  await open(page, url);
  await expect(page.getByRole("listitem")).toHaveText(["Mayor resigns", "Flood warning | Agency report"]);
});
