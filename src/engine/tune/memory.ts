// What was measured, by adapter and engine version, so that it need not be measured again.
import { version } from "../../../package.json";
import type { AdapterInfo } from "../gpu/device.ts";
import type { Precision } from "../precision.ts";

/** Signature of a node to the name of its fastest kernel. */
export type Choices = Readonly<Record<string, string>>;

/** Where choices are kept. What cannot be read or written is not remembered, and that is no error. */
export interface TuningMemory {
  load(key: string): Promise<Choices | undefined>;
  /** Adds to what is kept under the key. */
  save(key: string, choices: Choices): Promise<void>;
}

/** How the shipped table names adapters: browsers tell no more of them, and other drivers and cards of a family are alike. */
export function adapterFamily({ vendor, architecture }: AdapterInfo): string {
  return [vendor, architecture].filter(Boolean).join(" ");
}

/** One adapter under one driver, as far as it is told. */
export function adapterName({ vendor, architecture, device, description }: AdapterInfo): string {
  return [vendor, architecture, device, description].filter(Boolean).join(" ") || "unknown";
}

/** The key of a measurement: engine version, adapter and precision, since kernels or times differ between them. */
export function memoryKey(info: AdapterInfo, precision: Precision = "float32"): string {
  return `${adapterName(info)}, convcam ${version}${precision === "float32" ? "" : `, ${precision}`}`;
}

/** Whether what a store gave back is what was put there. */
export function isChoices(value: unknown): value is Choices {
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every((kernel) => typeof kernel === "string")
  );
}

/** IndexedDB in a page or worker, a file in Node; nothing where there is neither. */
export async function defaultMemory(): Promise<TuningMemory | undefined> {
  if (typeof indexedDB !== "undefined") return (await import("./browser-memory.ts")).browserMemory(indexedDB);
  if (typeof process !== "undefined") return (await import("./file-memory.ts")).fileMemory();
  return undefined;
}
