// A device that lists every GPU object that is made through it, so that a test can check what must not be made.
import { Device } from "../../src/engine/gpu/device.ts";

/** The device with a list of what is made through it; `alter` may change what is asked of it. */
export function recorded(device: Device, alter: (name: string, descriptor: unknown) => unknown = (_, descriptor) => descriptor) {
  const made: string[] = [];
  const gpu = new Proxy(device.gpu, {
    get(target, name) {
      const value = Reflect.get(target, name, target) as unknown;
      if (typeof value !== "function") return value;
      return (...args: unknown[]) => {
        if (!String(name).startsWith("create")) return Reflect.apply(value, target, args) as unknown;
        made.push(String(name));
        return Reflect.apply(value, target, [alter(String(name), args[0]), ...args.slice(1)]) as unknown;
      };
    },
  });
  return { device: new Device(gpu, device.info), made };
}
