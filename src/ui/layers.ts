// Which of the values that can be drawn are shown. Pure.
import type { Axes } from "../engine/shapes.ts";
import type { ComparedPart, DrawnWeights } from "./views/view.ts";

/** A value that can be drawn. */
export interface DrawableLayer {
  /** The value's name. */
  readonly value: string;
  /** The operator that computes it, or "Input". */
  readonly operator: string;
  readonly shape: readonly number[];
  /** Its axes, where they are not NCHW, NCL or NC. */
  readonly axes?: Axes | undefined;
  /** The picture is the same as its input's, in another shape. */
  readonly isView: boolean;
  /** Whether its only reader continues its layer. In a chain Conv, BatchNormalization, Relu this holds for the first two. */
  readonly isInsideLayer: boolean;
}

/** What one panel shows: a value, or two values drawn into the same tiles. */
export interface LayerChoice {
  readonly value: string;
  readonly compare?: string;
  /** What the value's axes are, where somebody said so. */
  readonly axes?: Axes;
  /** The channels that are shown, in this order; all where absent. */
  readonly channels?: readonly number[];
  /** Values that are kept for questions about what is shown. */
  readonly reads?: readonly string[];
  /** Into how many equal parts the width is divided of which it takes one, where there is room; as wide as others where absent. */
  readonly share?: number;
  /** Whether a map is drawn with one pixel for each element, for whoever makes it larger. */
  readonly isSmooth?: boolean;
  /** Of two values, or networks, that are compared, what is shown; both in the same tiles where absent. */
  readonly shows?: ComparedPart;
  /** What it is called in place of its names. */
  readonly title?: string;
  /** Weights of a layer, in place of its maps. */
  readonly draws?: DrawnWeights;
  /** What is shown, where that is no value of the network. */
  readonly layer?: DrawableLayer;
}

/**
 * Reads a list such as `conv_1, pool_1`, for two branches in one mosaic `a_add+b_add`, or, to say how a value lies, `conv_1@nhwc`:
 * one letter per axis, see {@link Axes}, or `conv_1[0-7]` for some of its channels. The picture that a network looks at
 * is shown channel by channel where its axes are given. Names may hold commas, so a list of them
 * may be JSON, too.
 *
 * @returns the choices, and the names that are no values of this network
 */
export function parseLayerChoices(text: string, known: ReadonlySet<string>): { choices: LayerChoice[]; unknown: string[] } {
  const choices: LayerChoice[] = [];
  const unknown: string[] = [];
  for (const item of itemsOf(text).map((part) => part.trim())) {
    if (item === "") continue;
    const choice = readChoice(item, known);
    if (choice) choices.push(choice);
    else unknown.push(item);
  }
  return { choices, unknown };
}

function itemsOf(text: string): readonly string[] {
  if (text.trimStart().startsWith("["))
    try {
      return (JSON.parse(text) as readonly unknown[]).map(String);
    } catch {
      // A name may begin so.
    }
  return text.split(",");
}

/** No list of channels is longer: an address may ask for any number. */
const mostChannels = 65_536;

/** Names may hold a plus sign or an at sign. */
function readChoice(item: string, known: ReadonlySet<string>): LayerChoice | undefined {
  if (known.has(item)) return { value: item };
  const [, whole, first, last] = /^(.+)\[(\d+)-(\d+)\]$/.exec(item) ?? [];
  if (whole) {
    const choice = readChoice(whole, known);
    const length = Math.min(mostChannels, Math.max(1, Number(last) - Number(first) + 1));
    return choice && { ...choice, channels: Array.from({ length }, (_, i) => Number(first) + i) };
  }
  const [, rest, axes] = /^(.+)@([ncdhw_]+)$/.exec(item) ?? [];
  if (rest && axes) {
    const choice = readChoice(rest, known);
    return choice && { ...choice, axes };
  }
  const [value = "", compare] = item.split("+");
  return compare !== undefined && known.has(value) && known.has(compare) ? { value, compare } : undefined;
}

/**
 * The layers that the attribute names, or a choice of ours.
 *
 * @param text a list as {@link parseLayerChoices} reads it, such as `[]` for none, or "all"; empty for the choice of ours, `defaults`
 * @throws Error where no name of the list is known
 */
export function chooseLayers(
  text: string,
  layers: readonly DrawableLayer[],
  defaults: readonly string[],
): { choices: readonly LayerChoice[]; unknown: readonly string[] } {
  const known = new Set(layers.map(({ value }) => value));
  if (text === "all") return { choices: [...known].map((value) => ({ value })), unknown: [] };
  const { choices, unknown } = parseLayerChoices(text, known);
  if (unknown.length > 0 && choices.length === 0) {
    const some = [...known].slice(0, 12).join(", ");
    throw new Error(`layers: this network has no value '${unknown[0]}'. It has ${some}${known.size > 12 ? " and others" : ""}.`);
  }
  return { choices: text.trim() ? choices : defaults.map((value) => ({ value })), unknown };
}

/** What to say of layers that there are not, or of a network that takes no picture. */
export function noteOf(unknown: readonly string[], imageInput: string | undefined): string | undefined {
  const names = unknown.map((name) => `'${name}'`).join(", ");
  if (names) return `layers: this network has no ${names}. The others are shown.`;
  return imageInput ? undefined : "None of this network's inputs has the shape of a picture, so it computes from zeros.";
}

/** Of a network that is not there: always the same list, so that nobody takes it for another. */
export const noLayers: readonly DrawableLayer[] = [];
