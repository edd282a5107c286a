// What the page shows, as the part of its address behind the #: the network by name, and the viewer's state. Pure.
import type { Preparation } from "../preparation.ts";
import type { ConvCamState } from "../state.ts";

export interface PageState {
  /** Names of networks that the page offers; absent for files. */
  readonly network?: string | undefined;
  readonly compare?: string | undefined;
  /** Whether the stored checkpoints of the network are on a slider. */
  readonly checkpoints?: true | undefined;
  /** What somebody has chosen in place of what the page knows or guesses. */
  readonly preparation?: Preparation | undefined;
  readonly state: ConvCamState;
}

/** What an address says, and what of it cannot be read. */
export interface ReadAddress extends PageState {
  readonly problem?: string | undefined;
}

/** Parts of the state that are plain texts; the page has sources and labels of its own. */
const texts = [
  ...([
    "view",
    "layer",
    "channel",
    "pixel",
    "order",
    "layerNames",
    "page",
    "pageSize",
    "beforeActivation",
    "smooth",
    "mapOverlay",
  ] as const),
  ...(["layers", "range", "colors", "compareColors", "compareAs", "columns", "gap", "precision", "retouch"] as const),
  ...(["explain", "explainClass", "explainAgainst", "explainLayer", "overlay"] as const),
  ...(["patterns", "patternChannels", "patternPreset", "patternSeed", "patternSteps", "patternSize"] as const),
] satisfies readonly (keyof ConvCamState)[];
/** Parts that are written as JSON. */
const others = ["blank", "gates"] as const satisfies readonly (keyof ConvCamState)[];

/** @returns the text behind the #, empty for what the page shows by itself */
export function writeAddress({ network, compare, checkpoints, preparation, state }: PageState): string {
  const query = new URLSearchParams();
  if (network) query.set("network", network);
  if (compare) query.set("compare", compare);
  for (const name of texts) {
    const text = state[name];
    if (text !== undefined && !(name === "view" && text === "overview")) query.set(name, text);
  }
  if (checkpoints) query.set("checkpoints", "stored");
  if (checkpoints && state.checkpoint !== undefined) query.set("checkpoint", state.checkpoint);
  for (const name of others) if (state[name] !== undefined) query.set(name, JSON.stringify(state[name]));
  if (preparation) query.set("preparation", JSON.stringify(preparation));
  return query.toString();
}

export function readAddress(hash: string): ReadAddress {
  const query = new URLSearchParams(hash.replace(/^#/, ""));
  const state: Record<string, unknown> = { view: "overview" };
  let problem: string | undefined;
  for (const name of texts) if (query.has(name)) state[name] = query.get(name);
  const read = (name: JsonPart) => {
    const text = query.get(name);
    const value = text === null ? undefined : parse(name, text);
    if (text !== null && value === undefined) problem = `This address cannot be read in full: ${name} '${text}'. The rest of it is shown.`;
    return value;
  };
  for (const name of others) if (query.has(name)) state[name] = read(name);
  const preparation = read("preparation") as Preparation | undefined;
  const checkpoints = query.has("checkpoints") ? { checkpoints: true as const } : {};
  const checkpoint = query.get("checkpoint");
  if (checkpoint !== null) state["checkpoint"] = checkpoint;
  const [network, compare] = [query.get("network") ?? undefined, query.get("compare") ?? undefined];
  return { network, compare, ...checkpoints, ...(preparation && { preparation }), state: state as ConvCamState, problem };
}

type JsonPart = (typeof others)[number] | "preparation";

const checks: Readonly<Record<JsonPart, (value: unknown) => boolean>> = {
  blank: (value) => typeof value === "number",
  gates: (value) => Array.isArray(value) && value.every((gate) => typeof gate?.value === "string"),
  preparation: isPreparation,
};

/** undefined where it is not what the part takes. */
function parse(name: JsonPart, text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return checks[name](value) ? value : undefined;
  } catch {
    return undefined;
  }
}

const isNumber = (value: unknown) => Number.isFinite(value);
const isNumbers = (value: unknown) => isNumber(value) || (Array.isArray(value) && value.length > 0 && value.every(isNumber));
const isOneOf =
  (...names: readonly string[]) =>
  (value: unknown) =>
    names.includes(value as string);

const preparationChecks: Readonly<Record<keyof Preparation, (value: unknown) => boolean>> = {
  mean: isNumbers,
  std: isNumbers,
  scale: isNumber,
  channels: isOneOf("rgb", "bgr", "gray"),
  fit: isOneOf("cover", "contain", "stretch"),
  resize: isOneOf("area", "bilinear"),
};

/** Whether what JSON held says how pictures are prepared. */
export function isPreparation(value: unknown): value is Preparation {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return Object.entries(value).every(
    ([name, part]) => Object.hasOwn(preparationChecks, name) && preparationChecks[name as keyof Preparation](part),
  );
}
