// What somebody calls the layers of a network, for display. Pure.

/** By the value that a layer is shown by. */
export type LayerNames = ReadonlyMap<string, string>;

/** Letters of a name; longer ones are cut. */
const longestName = 80;

/**
 * @param text JSON such as {"conv_1":"edges"}; null for none
 * @throws Error that says what is accepted
 */
export function readLayerNames(text: string | null): LayerNames {
  if (!text?.trim()) return new Map();
  const names = parse(text);
  const isRecord = typeof names === "object" && names !== null && !Array.isArray(names);
  if (!isRecord || !Object.values(names).every((name) => typeof name === "string"))
    throw new Error(`layer-names: expected JSON such as {"conv_1":"edges"}, not ${text.slice(0, longestName)}.`);
  return new Map(Object.entries(names as Record<string, string>).filter(([, name]) => name.trim() !== ""));
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** @param name empty, or the value's own, for none. @returns the text that holds the changed names; undefined for none */
export function withLayerName(names: LayerNames, value: string, name: string): string | undefined {
  const changed = new Map(names);
  const short = name.trim().slice(0, longestName);
  if (short === "" || short === value) changed.delete(value);
  else changed.set(value, short);
  return changed.size > 0 ? JSON.stringify(Object.fromEntries(changed)) : undefined;
}
