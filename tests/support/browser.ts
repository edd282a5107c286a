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
  for (const { why, command } of installers()) {
    log(`No browser found. ${why}: ${command.join(" ")}`);
    try {
      const [program, ...rest] = command as [string, ...string[]];
      execFileSync(program, rest, { stdio: ["ignore", "inherit", "inherit"], timeout: 300_000, shell: process.platform === "win32" });
    } catch {
      log("That did not work.");
    }
    const installed = findBrowser();
    if (installed) return installed;
  }
  throw new Error(
    "The browser tests need Chromium 113 or later and found none. Install one (Debian, Ubuntu: apt-get install chromium; anywhere: npx playwright install chromium) or set CONVCAM_CHROMIUM to its executable.",
  );
}

function installers(): { why: string; command: string[] }[] {
  const isRoot = process.getuid?.() === 0;
  const hasApt = isRoot && existsSync("/usr/bin/apt-get");
  return [
    { why: "Asking Playwright for one", command: ["npx", "playwright", "install", ...(hasApt ? ["--with-deps"] : []), "chromium"] },
    ...(hasApt
      ? [
          { why: "Refreshing the package lists", command: ["apt-get", "update", "-qq"] },
          { why: "Asking Debian for one", command: ["apt-get", "install", "-y", "--no-install-recommends", "chromium"] },
        ]
      : []),
  ];
}
