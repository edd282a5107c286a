// Finds a browser for the tests, or installs one: CONVCAM_CHROMIUM, Playwright's own, the system's, in this order.
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { findChromiums } from "../../src/cli/chromium.ts";

/** Flags with which headless Chromium computes and draws WebGPU without a graphics card. */
export const chromiumArguments: readonly string[] = [
  "--no-sandbox",
  "--enable-unsafe-webgpu",
  "--enable-gpu",
  "--use-vulkan=swiftshader",
  "--enable-features=Vulkan",
  "--use-angle=swiftshader",
  "--enable-unsafe-swiftshader",
  "--ignore-gpu-blocklist",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--use-fake-device-for-media-stream",
  "--use-fake-ui-for-media-stream",
];

export function findBrowser(): string | undefined {
  return findChromiums()[0];
}

/** The browser's path, after installing one where there is none. Throws an error that says what to do. */
export function ensureBrowser(log: (message: string) => void = console.error): string {
  const found = findBrowser();
  if (found) return found;
  for (const { why, commands } of installers()) {
    log(`No browser found. ${why}.`);
    // Each command needs the one before it.
    const done = commands.every((command) => runs(command, log));
    const installed = findBrowser();
    if (done && installed) return installed;
  }
  throw new Error(
    "The browser tests need Chromium 113 or later and found none. Install one (Debian, Ubuntu: apt-get install chromium; anywhere: npx playwright install chromium) or set CONVCAM_CHROMIUM to its executable.",
  );
}

interface Installer {
  readonly why: string;
  readonly commands: readonly (readonly [program: string, ...rest: string[]])[];
}

function installers(): readonly Installer[] {
  const hasApt = process.getuid?.() === 0 && existsSync("/usr/bin/apt-get");
  const playwright: Installer = {
    why: "Asking Playwright for one",
    commands: [
      ["npx", "playwright", "install", "chromium"],
      ...(hasApt ? [["npx", "playwright", "install-deps", "chromium"] as const] : []),
    ],
  };
  const debian: Installer = {
    why: "Asking the system's package manager for one",
    commands: [
      ["apt-get", "update", "-qq"],
      ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"],
    ],
  };
  return hasApt ? [playwright, debian] : [playwright];
}

function runs([program, ...rest]: readonly [string, ...string[]], log: (message: string) => void): boolean {
  log(`$ ${program} ${rest.join(" ")}`);
  try {
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
    execFileSync(program, rest, { env, stdio: ["ignore", "inherit", "inherit"], timeout: 300_000, shell: process.platform === "win32" });
    return true;
  } catch {
    log("That did not work.");
    return false;
  }
}
