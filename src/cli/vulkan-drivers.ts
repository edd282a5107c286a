// Which of this machine's Vulkan drivers Dawn can use. It complains aloud of those that it cannot, and of finding none, as if the command
// had failed.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

export interface DriverFile {
  /** Such as lvp_icd.x86_64.json. */
  readonly name: string;
  /** As the file says it: "1.3.246". */
  readonly apiVersion: string;
}

/** Drivers of graphics cards, which find nothing where the system has no device of one. */
const hardware = /^(amd|asahi|broadcom|dzn|freedreno|gfxstream|intel|nouveau|nvidia|panfrost|powervr|radeon|virtio)/;

/** Mesa's llvmpipe before version 23.1, which lacks what WebGPU requires. Its file bears the version of Vulkan's headers. */
function isOldSoftware({ name, apiVersion }: DriverFile): boolean {
  return name.startsWith("lvp_icd") && Number(apiVersion.split(".")[2]) < 240;
}

/** Those that Dawn may be able to use. */
export function usableDrivers(drivers: readonly DriverFile[], hasGraphicsCard: boolean): readonly DriverFile[] {
  return drivers.filter((driver) => !isOldSoftware(driver) && (hasGraphicsCard || !hardware.test(driver.name)));
}

/** Whether Vulkan has a driver worth trying; other systems than Linux always do, and what somebody names is tried. */
export function hasVulkanDriver(): boolean {
  if (process.platform !== "linux" || process.env["VK_ICD_FILENAMES"] || process.env["VK_DRIVER_FILES"]) return true;
  const drivers = findDrivers();
  // A graphics card beside it is used all the same.
  if (drivers.some(isOldSoftware)) process.env["VK_LOADER_DRIVERS_DISABLE"] ??= "lvp_icd*";
  const hasGraphicsCard = ["/dev/dri", "/dev/dxg", "/dev/nvidiactl", "/dev/mali0", "/dev/kgsl-3d0"].some((path) => existsSync(path));
  return usableDrivers(drivers, hasGraphicsCard).length > 0;
}

function findDrivers(): readonly DriverFile[] {
  const shared = (process.env["XDG_DATA_DIRS"] || "/usr/local/share:/usr/share").split(":");
  const own = process.env["XDG_DATA_HOME"] || join(homedir(), ".local/share");
  return ["/etc", "/usr/local/etc", "/etc/xdg", own, ...shared].flatMap((folder) => {
    const drivers = join(folder, "vulkan/icd.d");
    if (!existsSync(drivers)) return [];
    return readdirSync(drivers).map((name) => ({ name: name, apiVersion: readVersion(join(drivers, name)) }));
  });
}

/** Empty where the file cannot be read: Vulkan has the last word. */
function readVersion(path: string): string {
  try {
    return String(JSON.parse(readFileSync(path, "utf8")).ICD?.api_version ?? "");
  } catch {
    return "";
  }
}
