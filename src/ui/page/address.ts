// What the page shows, as the part of its address behind the #: the network by name or address, the picture, and the viewer's state. Behind the ?
// the same may stand under the names of the element's attributes. Pure.
import { type AttributeName, attributes, preparationNames } from "../attributes.ts";
import type { Preparation } from "../preparation.ts";
import { type ConvCamState, propertyOf } from "../state.ts";

/** One address, or those of a network in several files. */
export type Addresses = string | readonly string[];

export interface PageState {
  /** The name of a network that the page offers. */
  readonly network?: string | undefined;
  /** Where a network lies that the page does not offer. */
  readonly src?: Addresses | undefined;
  /** As `network`, or an address. */
  readonly compare?: string | undefined;
  /** The address of names of classes. */
  readonly labels?: string | undefined;
  /** What is on a slider: true for the stored checkpoints of the network, else their addresses as the attribute takes them. */
  readonly checkpoints?: true | string | undefined;
  /** What somebody has chosen in place of what the page knows or guesses. */
  readonly preparation?: Preparation | undefined;
  /**
   * What the network looks at: `drawing:` with its strokes, a name of the gallery, an address, `camera`, or `file` for what an address does not hold.
   * Absent for the digit that the page begins with.
   */
  readonly input?: string | undefined;
  readonly state: ConvCamState;
}

/** Whether a text is the address of a network: their names hold neither a point nor a slash. */
export function isAddress(text: string): boolean {
  return /[./]/.test(text);
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
  ...(["hide", "inputShape"] as const),
  ...([
    "layers",
    "range",
    "colors",
    "gamma",
    "compareColors",
    "compareAs",
    "compareRange",
    "columns",
    "gap",
    "precision",
    "retouch",
    "boxes",
  ] as const),
  ...(["explain", "explainClass", "explainAgainst", "explainLayer", "overlay"] as const),
  ...(["patterns", "patternChannels", "patternPreset", "patternSeed", "patternSteps", "patternSize"] as const),
] satisfies readonly (keyof ConvCamState)[];
/** What the page shows by itself: the overview, and boxes where a network answers with some. */
const usual: Partial<Record<keyof ConvCamState, string>> = { view: "overview", boxes: "" };
/** Parts that are written as JSON. */
const others = ["blank", "gates"] as const satisfies readonly (keyof ConvCamState)[];
/** What the page has beside the viewer's state, as texts. */
const own = ["network", "src", "compare", "labels", "checkpoints", "checkpoint", "preparation", "input"] as const;

/** @returns the text behind the #, empty for what the page shows by itself */
export function writeAddress({ network, src, compare, labels, checkpoints, preparation, input, state }: PageState): string {
  const query = new URLSearchParams();
  if (network) query.set("network", network);
  if (src) query.set("src", typeof src === "string" ? src : JSON.stringify(src));
  if (compare) query.set("compare", compare);
  if (labels) query.set("labels", labels);
  for (const name of texts) {
    const text = state[name];
    if (text !== undefined && text !== usual[name]) query.set(name, text);
  }
  if (checkpoints) query.set("checkpoints", checkpoints === true ? "stored" : checkpoints);
  if (checkpoints && state.checkpoint !== undefined) query.set("checkpoint", state.checkpoint);
  for (const name of others) if (state[name] !== undefined) query.set(name, JSON.stringify(state[name]));
  if (preparation) query.set("preparation", JSON.stringify(preparation));
  // A drawing is long: what comes before it can be read.
  if (input !== undefined) query.set("input", input);
  // Behind the # these may stand as they are, and addresses stay legible.
  return query.toString().replace(/%(3A|2F|2C)/g, decodeURIComponent);
}

/** @param search what stands behind the ?, which comes before what stands behind the # */
export function readAddress(hash: string, search = ""): ReadAddress {
  // A name alone is a place in the page, and none of the parts.
  const query = new URLSearchParams(hash.includes("=") ? hash.replace(/^#/, "") : "");
  for (const [name, text] of partsIn(search)) query.set(name, text);
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
  const checkpoint = query.get("checkpoint");
  if (checkpoint !== null) state["checkpoint"] = checkpoint;
  const textOf = (name: string) => query.get(name) || undefined;
  const addresses = textOf("checkpoints");
  const given = {
    ...{ src: attributes.src.read(textOf("src") ?? null), labels: textOf("labels"), input: textOf("input"), preparation },
    checkpoints: addresses === "stored" ? (true as const) : addresses,
  };
  return {
    ...{ network: textOf("network"), compare: textOf("compare") },
    ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
    ...{ state: state as ConvCamState, problem },
  };
}

/** What of the part behind the ? says nothing of what is shown, and stays there. */
export function restOfSearch(search: string): string {
  const query = new URLSearchParams(search);
  for (const name of [...query.keys()]) if (isPart(partOf(name)) || isPreparationName(name)) query.delete(name);
  // `?worker` stays as it is.
  const rest = query.toString().replace(/=(?=&|$)/g, "");
  return rest && `?${rest}`;
}

/** Whether a part behind the ? is one that {@link readAddress} reads, under whichever of its names. */
export function isHeld(name: string): boolean {
  return isPart(partOf(name));
}

const isPart = (name: string) => [...texts, ...others, ...own].includes(name as (typeof own)[number]);
const isPreparationName = (name: string) => preparationNames.includes(name as keyof Preparation);

/** Attributes that are called otherwise than the part of the state that they are. */
const otherNames: Readonly<Record<string, string>> = { normalize: "range", colormap: "colors" } satisfies Partial<
  Record<AttributeName, keyof ConvCamState>
>;
const partOf = (name: string) => otherNames[name] ?? propertyOf(name);

/** What stands behind the ?, under the names that it has behind the #. */
function partsIn(search: string): readonly (readonly [name: string, text: string])[] {
  const query = new URLSearchParams(search);
  const parts = [...query].map(([name, text]) => [partOf(name), text] as const).filter(([name]) => isPart(name));
  const numbers = preparationNames.filter((name) => query.has(name));
  if (numbers.length === 0) return parts;
  return [...parts, ["preparation", JSON.stringify(Object.fromEntries(numbers.map((name) => [name, preparationIn(query, name)])))]];
}

/** As the attribute is read; what it does not take stays a text, which the check of all of them refuses. */
function preparationIn(query: URLSearchParams, name: keyof Preparation): unknown {
  const text = query.get(name);
  try {
    return attributes[name].read(text);
  } catch {
    return text;
  }
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
