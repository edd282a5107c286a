// What is told of an explanation beside its picture. Pure.
import { formatNumber, percentOf } from "../format-number.ts";
import type { Explained, ExplainedNumbers } from "./request.ts";
import { type MethodText, methodTexts } from "./texts.ts";

/** What the words are made from. */
export interface Told extends ExplainedNumbers {
  readonly label: string;
  readonly isTop: boolean;
  /** Whether a second network is shown beside the one that is explained. */
  readonly isCompared?: boolean;
  /** The class that it is compared with. */
  readonly against: { readonly class: number; readonly label: string } | undefined;
}

export interface Words {
  readonly title: string;
  readonly detail: string;
  readonly status: string;
  /** Below the legend, and at its ends. */
  readonly scope: string;
  readonly low: string;
  readonly high: string;
}

export function textsOf(method: string): MethodText {
  return methodTexts[method as keyof typeof methodTexts] ?? { title: method, seen: "", limit: "" };
}

/** What is seen of an explanation, and what it does not prove. */
export function sentencesFor(method: string, { isOfPicture, kind, number }: Pick<Explained, "isOfPicture" | "kind" | "number">) {
  const texts = textsOf(method);
  const { seen, limit } = (!isOfPicture && texts.ofLayer) || texts;
  if (number !== undefined) return { seen: ofNumber(seen, number), limit: ofNumber(limit, number) };
  if (kind.sides !== "both") return { seen, limit };
  return { seen: `${seen.replace(/^Bright where/, "Coloured where")} Red is for the class, blue for the other one.`, limit };
}

/** What is said of the score of a class, said of an answer that is one number. */
function ofNumber(text: string, number: string | undefined): string {
  if (number === undefined) return text;
  const said: Readonly<Record<string, string>> = {
    " of the class": "",
    "against the class": `for a smaller ${number}`,
    "the class": `a larger ${number}`,
    "the score": number,
  };
  return text.replace(/ of the class|(against )?the class|the score/gi, (words) => said[words.toLowerCase()] as string);
}

/** "conv_2", or how many layers there are and how many of them are drawn. */
export function layersNamed({ layers, layerCount }: Pick<Explained, "layers" | "layerCount">): string {
  if (layers.length === 1) return layers[0] as string;
  if (layers.length === layerCount) return `${layerCount} convolution layers`;
  return `${layers.length} of ${layerCount} convolution layers, evenly in depth`;
}

/** What a screen reader says of a layer's picture among several. @param isNothing whether there is no heat in it */
export function tileLabel(layer: string, isNothing: boolean): string {
  return `${layer}${isNothing ? ", nothing" : ""}: show it alone`;
}

export function wordsFor(told: Told, explained: Explained, method: string): Words {
  const { against, done, total, isTop, score, againstScore } = told;
  const label = shortened(told.label);
  const other = against && shortened(against.label);
  const isItself = against?.class === told.class;
  const isSeveral = explained.layers.length > 1;
  const [what, format] = explained.isProbability ? (["probability", percentOf] as const) : (["score", formatNumber] as const);
  const scores = score === undefined ? "" : ` · ${what} ${format(score)}`;
  const less = againstScore === undefined || isItself ? "" : `, ${format(againstScore)} for ${other}`;
  const which = told.isCompared ? " · of the first network" : "";
  const runs = done === total ? "" : ` · run ${done} of ${total}`;
  const { number } = explained;
  const whose = number !== undefined ? "one number, no class" : isTop ? "the top class" : "the class chosen";
  const end = isSeveral ? "largest" : formatNumber(told.layers[0]?.full ?? Number.NaN);
  return {
    title: other === undefined || isItself ? `Why ${label}?` : `Why ${label} rather than ${other}?`,
    detail: `${textsOf(method).title} by ${layersNamed(explained)} · ${whose}${scores}${less}${which}${runs}`,
    status: isItself
      ? `${label} is the top class, so there is nothing to tell it from. Choose another class.`
      : ofNumber(statusOf(told, explained), number),
    scope: isItself ? "the difference is 0 everywhere" : ofNumber(scopeOf(explained, label, other), number),
    low: explained.kind.sides === "both" && end !== "0" ? `−${end}` : "0",
    high: end,
  };
}

function statusOf({ layers, done, total, against }: Told, { kind: { isMap } }: Explained): string {
  const what = isMap ? `in ${layers.length > 1 ? "these layers" : "this layer"}` : "";
  const which = against ? "either class" : "the class";
  const nothing = isMap ? `Nothing ${what} speaks for ${which}.` : "The score does not depend on it here.";
  const nonFinite = layers.reduce((sum, { nonFiniteCount }) => sum + nonFiniteCount, 0);
  const notFinite = nonFinite > 0 ? `${nonFinite.toLocaleString("en")} of its elements are not finite.` : "";
  const isNothing = done === total && layers.every(({ full }) => full === 0);
  return [isNothing ? nothing : "", notFinite].filter(Boolean).join(" ");
}

function scopeOf({ kind: { sides }, layers }: Explained, label: string, other: string | undefined): string {
  const upTo = layers.length > 1 ? ", each layer up to its own largest" : ", up to the largest";
  if (sides === "both") return `red speaks for ${label} rather than ${other}, blue for ${other} rather than ${label}${upTo}`;
  if (sides === "above") return `what speaks for the class${upTo}`;
  return `${other === undefined ? "its size" : "how much the difference depends on it"}; 1% of what is not 0 lies above`;
}

/** Lists of classes often give several names with commas. */
function shortened(label: string): string {
  return label.split(",")[0] as string;
}
