import { defineConfig } from "@playwright/test";

// CHROMIUM is the path of a browser of the machine; without it, Playwright takes its own.
export default defineConfig({ use: { launchOptions: { executablePath: process.env.CHROMIUM } } });
