// Finds SwiftShader, the software GPU that ships with every Chromium, and makes it the driver that Vulkan finds.
import { existsSync, realpathSync } from "node:fs";
import { constants } from "node:os";
import { dirname, join } from "node:path";
import { findChromiums } from "./chromium.ts";

/** SwiftShader's folder, or `undefined` where there is no Chromium. */
export function findSwiftShader(): string | undefined {
  // A launcher such as /usr/bin/chromium is often a script: the folders that packages use come as well.
  const folders = [
    ...findChromiums().flatMap((path) => [dirname(path), dirname(realpathSync(path))]),
    "/usr/lib/chromium",
    "/usr/lib/chromium-browser",
    "/snap/chromium/current/usr/lib/chromium-browser",
  ];
  return folders.find((folder) => existsSync(driverOf(folder)));
}

/** Makes SwiftShader the driver of every Vulkan instance made from now on. */
export function useSwiftShader(folder: string): void {
  process.env["VK_ICD_FILENAMES"] = driverOf(folder);
}

/** A machine without a GPU often lacks Vulkan's loader as well. Chromium brings one, which is used if there is no other. */
export function ensureVulkanLoader(folder: string): void {
  const name = "libvulkan.so.1";
  if (process.platform === "linux" && !loadLibrary(name)) loadLibrary(join(folder, name));
}

function driverOf(folder: string): string {
  return join(folder, "vk_swiftshader_icd.json");
}

/** Loads a shared library, which is not a Node module, into this process, where Dawn then finds it by name. */
function loadLibrary(path: string): boolean {
  // RTLD_NODELETE: Node unloads a library that is not a module of its own, and this flag keeps it loaded.
  const noDelete = 0x1000;
  try {
    process.dlopen({ exports: {} }, path, constants.dlopen.RTLD_NOW | noDelete);
    return true;
  } catch (error) {
    return !String(error).includes("cannot open shared object file");
  }
}
