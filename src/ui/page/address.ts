// What the page shows, as the part of its address behind the #: the network by name, and the viewer's state. Pure.
import type { ConvCamState } from "../state.ts";

export interface PageState {
  /** Names of networks that the page offers; absent for files. */
  readonly network?: string | undefined;
  readonly compare?: string | undefined;
  readonly state: ConvCamState;
}

/** What an address says, and what of it cannot be read. */
export interface ReadAddress extends PageState {
  readonly problem?: string | undefined;
}

/** Parts of the state that are plain texts; the page has sources and labels of its own. */
const texts = [
  ...(["view", "layer", "channel", "pixel", "order", "layers", "range", "colors", "compareColors", "columns", "gap", "precision"] as const),
  ...(["explain", "explainClass", "explainAgainst", "explainLayer", "overlay"] as const),
  ...(["patterns", "patternChannels", "patternPreset", "patternSeed", "patternSteps", "patternSize"] as const),
] satisfies readonly (keyof ConvCamState)[];
/** Parts that are written as JSON. */
const others = ["blank", "gates"] as const satisfies readonly (keyof ConvCamState)[];

/** @returns the text behind the #, empty for what the page shows by itself */
export function writeAddress({ network, compare, state }: PageState): string {
  const query = new URLSearchParams();
  if (network) query.set("network", network);
  if (compare) query.set("compare", compare);
  for (const name of texts) {
    const text = state[name];
    if (text !== undefined && !(name === "view" && text === "overview")) query.set(name, text);
  }
  for (const name of others) if (state[name] !== undefined) query.set(name, JSON.stringify(state[name]));
  return query.toString();
}

export function readAddress(hash: string): ReadAddress {
  const query = new URLSearchParams(hash.replace(/^#/, ""));
  const state: Record<string, unknown> = { view: "overview" };
  let problem: string | undefined;
  for (const name of texts) if (query.has(name)) state[name] = query.get(name);
  for (const name of others) {
    const text = query.get(name);
    if (text === null) continue;
    state[name] = parse(name, text);
    if (state[name] === undefined) problem = `This address cannot be read in full: ${name} '${text}'. The rest of it is shown.`;
  }
  return { network: query.get("network") ?? undefined, compare: query.get("compare") ?? undefined, state: state as ConvCamState, problem };
}

/** undefined where it is not what the part takes. */
function parse(name: (typeof others)[number], text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    const isGates = Array.isArray(value) && value.every((gate) => typeof gate?.value === "string");
    return (name === "blank" ? typeof value === "number" : isGates) ? value : undefined;
  } catch {
    return undefined;
  }
}
