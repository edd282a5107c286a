// Browser tests: the built site as visitors get it, and the element on the pages of tests/element.
import { defineConfig } from "@playwright/test";
import { chromiumArguments, findBrowser } from "./tests/support/browser.ts";

// `npm test` gives a port that is free; both servers are up at once.
const sitePort = Number(process.env["CONVCAM_PORT"] ?? 24173);
const sourcePort = sitePort + 1;
const executablePath = findBrowser();

export default defineConfig({
  forbidOnly: !!process.env["CI"],
  fullyParallel: false,
  // SwiftShader uses every core as it is.
  workers: 1,
  timeout: 60_000,
  reporter: process.env["CONVCAM_REPORT"] ? [["list"], ["json", { outputFile: process.env["CONVCAM_REPORT"] }]] : [["list"]],
  use: {
    browserName: "chromium",
    launchOptions: { args: [...chromiumArguments], ...(executablePath ? { executablePath } : {}) },
  },
  projects: [
    { name: "page", testDir: "tests/page", use: { baseURL: `http://localhost:${sitePort}` } },
    { name: "element", testDir: "tests/element", use: { baseURL: `http://localhost:${sourcePort}` } },
  ],
  webServer: [
    { command: `vite preview --outDir dist/site --port ${sitePort} --strictPort`, port: sitePort },
    { command: `vite --port ${sourcePort} --strictPort`, port: sourcePort },
  ],
});
