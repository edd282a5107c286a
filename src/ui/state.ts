// What an element shows, as one object that JSON can hold: for addresses, undo, tests and embedding.
import type { ModelSource } from "../engine/source.ts";
import { type AttributeName, attributes, preparationNames, readAttribute } from "./attributes.ts";
import type { ValueGate } from "./change-gates.ts";
import type { ConvCam } from "./element.ts";
import type { LabelsSource } from "./labels.ts";
import type { Preparation } from "./preparation.ts";

export interface ConvCamState {
  /** Addresses; absent for files, bytes and what else is no text. */
  readonly src?: string | readonly string[] | undefined;
  readonly compare?: string | readonly string[] | undefined;
  readonly input?: string | undefined;
  readonly inputShape?: string | undefined;
  /** The address of a list, or the list. */
  readonly labels?: LabelsSource | undefined;
  readonly layers?: string | undefined;
  /** As the attribute `normalize`. */
  readonly range?: string | undefined;
  readonly colors?: string | undefined;
  readonly gamma?: string | undefined;
  readonly compareColors?: string | undefined;
  /** As the attributes `compare-as`, `compare-range` and `compare-names`. */
  readonly compareAs?: string | undefined;
  readonly compareRange?: string | undefined;
  readonly compareNames?: string | undefined;
  readonly columns?: string | undefined;
  readonly gap?: string | undefined;
  readonly precision?: string | undefined;
  readonly bars?: string | undefined;
  readonly preparation?: Preparation | undefined;
  readonly gates?: readonly ValueGate[] | undefined;
  readonly blank?: number | undefined;
  readonly parameters?: string | readonly string[] | undefined;
  /** As the attribute `retouch`: strokes over the picture. */
  readonly retouch?: string | undefined;
  /** As the attributes `checkpoints` and `checkpoint`. */
  readonly checkpoints?: string | undefined;
  readonly checkpoint?: string | undefined;
  /** As the attributes of the same names: what of the network is looked at. */
  readonly view?: string | undefined;
  readonly layer?: string | undefined;
  readonly channel?: string | undefined;
  readonly pixel?: string | undefined;
  readonly order?: string | undefined;
  readonly page?: string | undefined;
  readonly pageSize?: string | undefined;
  readonly beforeActivation?: string | undefined;
  readonly smooth?: string | undefined;
  readonly mapOverlay?: string | undefined;
  /** What somebody calls layers, as the attribute `layer-names`: JSON such as {"conv_1":"edges"}. */
  readonly layerNames?: string | undefined;
  readonly hide?: string | undefined;
  /** As the attribute `boxes`: the least score of a box that is drawn. */
  readonly boxes?: string | undefined;
  /** As the attributes `explain`, `explain-class`, `explain-against`, `explain-layer` and `overlay`. */
  readonly explain?: string | undefined;
  readonly explainClass?: string | undefined;
  readonly explainAgainst?: string | undefined;
  readonly explainLayer?: string | undefined;
  readonly overlay?: string | undefined;
  /** As the attributes `patterns`, `pattern-channels` and so on. */
  readonly patterns?: string | undefined;
  readonly patternChannels?: string | undefined;
  readonly patternPreset?: string | undefined;
  readonly patternSeed?: string | undefined;
  readonly patternSteps?: string | undefined;
  readonly patternSize?: string | undefined;
  /** As the attributes `train`, `train-optimizer` and so on. */
  readonly train?: string | undefined;
  readonly trainOptimizer?: string | undefined;
  readonly trainRate?: string | undefined;
  readonly trainBatch?: string | undefined;
  readonly trainSeed?: string | undefined;
  readonly trainFreeze?: string | undefined;
  readonly trainStore?: string | undefined;
  readonly trainDraws?: string | undefined;
  readonly trainRival?: string | undefined;
  readonly trainSchedule?: string | undefined;
}

/** The attribute that holds each part. Whether it is `paused`, where it computes and where an article is are no part of what an element shows. */
const named = [
  "input-shape",
  "layers",
  "gamma",
  "compare-colors",
  "compare-as",
  "compare-range",
  "columns",
  "gap",
  "precision",
  "bars",
] as const;

/** Attributes are called here as there: `pattern-size` is `patternSize`. */
const alike = [
  ...named,
  ...(Object.keys(attributes) as AttributeName[]).filter(
    (name) => attributes[name].stage === "parts" && name !== "controls" && name !== "learn",
  ),
].map((name) => [propertyOf(name), name]);

type PlacePart =
  | "view"
  | "layer"
  | "channel"
  | "pixel"
  | "order"
  | "page"
  | "pageSize"
  | "beforeActivation"
  | "smooth"
  | "mapOverlay"
  | "layerNames"
  | "hide";
type LookPart = "inputShape" | "layers" | "range" | "colors" | "gamma" | "columns" | "gap" | "precision" | "bars";
type ComparePart = `compare${"Colors" | "As" | "Range" | "Names"}` | "checkpoints" | "checkpoint";
type TextPart = Extract<
  keyof ConvCamState,
  LookPart | PlacePart | ComparePart | "retouch" | "boxes" | "overlay" | `explain${string}` | `pattern${string}` | `train${string}`
>;

const parts = [["range", "normalize"], ["colors", "colormap"], ...alike] as [TextPart, AttributeName][];
const sources = ["src", "compare", "input", "labels", "parameters"] as const;

/** `pattern-size` is `patternSize`. */
export function propertyOf(attribute: string): string {
  return attribute.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}

/** Of attribute and property, the one set last holds. */
export function isSource(name: AttributeName): name is (typeof sources)[number] {
  return sources.includes(name as (typeof sources)[number]);
}

/**
 * The state that an element shows. Parts that are not set, or that cannot be read, are absent.
 *
 * @param labels where the names in `element.labels` are from
 * @param parameters the file whose weights the network computes with
 */
export function readState(element: ConvCam, labels: LabelsSource | undefined, parameters: ModelSource | undefined): ConvCamState {
  const own = preparationNames.map((name) => [name, readable(() => readAttribute(element, name))]);
  const preparation = { ...element.preparation, ...Object.fromEntries(own.filter(([, value]) => value !== undefined)) };
  const given = [
    ...(["src", "compare", "input"] as const).map((name) => [name, addressOf(element[name])] as const),
    ...parts.map(([part, name]) => [part, element.getAttribute(name) ?? undefined] as const),
    ["labels", labels] as const,
    ["parameters", addressOf(parameters)] as const,
    ["blank", readable(() => element.blank)] as const,
    ["gates", element.gates.length > 0 ? element.gates : undefined] as const,
    ["preparation", Object.keys(preparation).length > 0 ? preparation : undefined] as const,
  ];
  return Object.fromEntries(given.filter(([, value]) => value !== undefined));
}

/** Undefined for an attribute whose text is not accepted: the stage that it belongs to says so. */
function readable<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** Changes from the state before to another; what that does not hold goes back to its default, and what does not differ is left alone. */
export function applyState(element: ConvCam, before: ConvCamState, state: ConvCamState): void {
  if (typeof state !== "object" || !state) throw new Error(`state: expected an object such as {"src":"net.onnx"}, not ${state}.`);
  for (const name of sources)
    if (differs(name === "labels" ? before.labels : element[name], state[name])) Object.assign(element, { [name]: state[name] });
  if (readable(() => element.blank) !== state.blank || state.blank === undefined) element.blank = state.blank;
  for (const [part, name] of parts) setAttribute(element, name, state[part]);
  if (JSON.stringify(element.gates) !== JSON.stringify(state.gates ?? [])) element.gates = state.gates ?? [];
  if (JSON.stringify(before.preparation) === JSON.stringify(state.preparation)) return;
  for (const name of preparationNames) element.removeAttribute(name);
  element.preparation = state.preparation ?? {};
}

/** Whether a source is not at the address that is wanted. */
export function differs(source: unknown, wanted: unknown): boolean {
  return JSON.stringify(addressOf(source)) !== JSON.stringify(wanted);
}

/** A list of addresses has one if each of them has. */
function addressOf(source: unknown): string | readonly string[] | undefined {
  if (source instanceof URL) return source.href;
  if (!Array.isArray(source)) return typeof source === "string" ? source : undefined;
  const parts = source.map((part) => addressOf(part));
  return parts.every((part) => typeof part === "string") ? parts : undefined;
}

/** Sets an attribute of an element, or removes it. One that is the same already is left alone. */
export function setAttribute(element: Element, name: AttributeName, value: string | number | null | undefined): void {
  if (value === undefined || value === null) element.removeAttribute(name);
  else if (element.getAttribute(name) !== `${value}`) element.setAttribute(name, `${value}`);
}
