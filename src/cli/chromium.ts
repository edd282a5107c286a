// Finds a Chromium on this machine: browser tests drive it, and Node borrows its software GPU (SwiftShader).
import { existsSync, readdirSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";

const systemNames = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge"];

/** Where installers put browsers that are not on the PATH. */
const systemPaths = [
  "/usr/lib/chromium/chromium",
  "/opt/google/chrome/chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
  "C:\\Program Files (x86)\\Google\\Chrome\\Application\\chrome.exe",
  "C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe",
];

/** Executables of every Chromium found, the preferred first: CONVCAM_CHROMIUM, Playwright's own, the system's. */
export function findChromiums(environment: NodeJS.ProcessEnv = process.env): string[] {
  const given = environment["CONVCAM_CHROMIUM"];
  const names = process.platform === "win32" ? systemNames.map((name) => `${name}.exe`) : systemNames;
  const folders = (environment["PATH"] ?? "").split(delimiter).filter(Boolean);
  const onPath = names.flatMap((name) => folders.map((folder) => join(folder, name)));
  return [...new Set([...(given ? [given] : []), ...playwrightChromiums(environment), ...onPath, ...systemPaths])].filter((path) =>
    existsSync(path),
  );
}

/** Newest first. */
function playwrightChromiums(environment: NodeJS.ProcessEnv): string[] {
  const home = homedir();
  const root =
    environment["PLAYWRIGHT_BROWSERS_PATH"] ||
    {
      darwin: join(home, "Library/Caches/ms-playwright"),
      win32: join(environment["LOCALAPPDATA"] ?? join(home, "AppData/Local"), "ms-playwright"),
    }[process.platform as string] ||
    join(environment["XDG_CACHE_HOME"] ?? join(home, ".cache"), "ms-playwright");
  if (!existsSync(root)) return [];
  const inside = [
    "chrome-linux/chrome",
    "chrome-linux64/chrome",
    "chrome-mac/Chromium.app/Contents/MacOS/Chromium",
    "chrome-mac-arm64/Chromium.app/Contents/MacOS/Chromium",
    "chrome-win/chrome.exe",
    "chrome-win64/chrome.exe",
  ];
  const revision = (folder: string): number => Number(/^chromium-(\d+)$/.exec(folder)?.[1] ?? -1);
  return readdirSync(root)
    .filter((folder) => revision(folder) >= 0)
    .sort((a, b) => revision(b) - revision(a))
    .flatMap((folder) => inside.map((path) => join(root, folder, path)));
}
