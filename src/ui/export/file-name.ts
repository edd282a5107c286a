// What files are called that somebody saves: by the network, what is looked at in it, and how. Pure.
import type { ModelSource } from "../../engine/source.ts";

/** By the name of a network's file, without its ending; "network" where nobody knows that. */
export function networkName(source: ModelSource | undefined): string {
  const names = (Array.isArray(source) ? source : [source]).map(nameOf);
  const name = names.find((one) => one?.endsWith(".onnx")) ?? names[0];
  return name?.replace(/\.onnx$/, "") || "network";
}

/** The last part of an address, or a file's name. */
function nameOf(source: unknown): string | undefined {
  if (source instanceof File) return source.name;
  if (typeof source !== "string" && !(source instanceof URL)) return undefined;
  const address = `${source}`;
  if (/^(data|blob):/.test(address)) return undefined;
  const name = address.split(/[?#]/)[0]?.split("/").at(-1) ?? "";
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

/** Parts with lines between them; those that are absent are left out. */
export function fileName(...parts: readonly (string | false | undefined)[]): string {
  return parts.filter(Boolean).join("-");
}
