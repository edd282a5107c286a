// What files are called that somebody saves: by the network, what is looked at in it, and how. Pure.
import type { ModelSource } from "../../engine/source.ts";
import { nameOf } from "../compare/names.ts";

/** By the name of a network's file, without its ending, or the name behind # in its address; "network" where nobody knows that. */
export function networkName(source: ModelSource | undefined): string {
  const [first] = [source].flat();
  const isAddress = typeof first === "string" || first instanceof URL;
  const isMadeUp = isAddress && /^(data|blob):/.test(`${first}`);
  return (!isMadeUp && nameOf(source)?.replace(/\.onnx$/i, "")) || "network";
}

/** Parts with lines between them; those that are absent are left out. */
export function fileName(...parts: readonly (string | false | undefined)[]): string {
  return parts.filter(Boolean).join("-");
}
