// What a GPU calls itself, for reports.
import type { Device } from "../engine/gpu/device.ts";

/** Whatever is known of driver, vendor and architecture: "SwiftShader driver 5.0.0, google, swiftshader". */
export function adapterText({ info: { description, vendor, architecture } }: Pick<Device, "info">): string {
  return [description, vendor, architecture].filter(Boolean).join(", ");
}
