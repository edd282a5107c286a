// Browser tests: the built site as visitors get it, and the built element on the pages of tests/element.
import { defineConfig } from "@playwright/test";
import { chromiumArguments, findBrowser } from "./tests/support/browser.ts";

// `npm test` gives a port that is free; both servers are up at once.
const sitePort = Number(process.env["CONVCAM_PORT"] ?? 24173);
const elementPort = sitePort + 1;
const executablePath = findBrowser();

/** Tests are no first visits, on which a tour of the page begins. */
const visited = {
  cookies: [],
  origins: [{ origin: `http://localhost:${sitePort}`, localStorage: [{ name: "convcam:tour", value: "seen" }] }],
};

export default defineConfig({
  forbidOnly: !!process.env["CI"],
  fullyParallel: false,
  // SwiftShader computes on every core, but compiles each pipeline on one, and most of a test's time goes into pipelines.
  workers: 2,
  // No test is about a time: these only end one that hangs, on a slow machine too.
  timeout: 120_000,
  // On a machine that others use, too, one test may be overtaken. The report names it as flaky: it is a fault to be found, of the test or of Convcam.
  retries: 1,
  expect: { timeout: 30_000 },
  reporter: process.env["CONVCAM_REPORT"] ? [["list"], ["json", { outputFile: process.env["CONVCAM_REPORT"] }]] : [["list"]],
  use: {
    browserName: "chromium",
    launchOptions: { args: [...chromiumArguments], ...(executablePath ? { executablePath } : {}) },
  },
  projects: [
    { name: "page", testDir: "tests/page", use: { baseURL: `http://localhost:${sitePort}`, storageState: visited } },
    { name: "element", testDir: "tests/element", use: { baseURL: `http://localhost:${elementPort}` } },
  ],
  webServer: [
    { command: `vite preview --outDir dist/site --port ${sitePort} --strictPort`, port: sitePort },
    // Serves the whole repository: the pages, dist/ and models/. Vite would warn of building into this folder, which nobody does.
    { command: `vite preview --outDir . --port ${elementPort} --strictPort --logLevel error`, port: elementPort },
  ],
});
