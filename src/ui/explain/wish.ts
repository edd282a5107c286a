// What an element's attributes say of its explanation. Pure, but for reading them.
import type { ExplanationMethod } from "../../engine/explanation.ts";
import { readAttribute } from "../attributes.ts";
import { classNameOf } from "../labels.ts";
import type { ExplainRequest } from "./request.ts";

/** What is asked for, without what a canvas has to do with. */
export type Wish = Pick<ExplainRequest, "method" | "layer" | "class" | "against" | "opacity" | "isAlone" | "colorMap">;

const defaultOpacity = 0.6;

/**
 * @param names of the classes, by index
 * @returns undefined where nothing is to be explained
 * @throws Error that says what is accepted where an attribute's text is not
 */
export function readWish(element: Element, names: readonly string[]): Wish | undefined {
  const method = readAttribute(element, "explain");
  if (method === undefined) return undefined;
  const index = readClass("explain-class", readAttribute(element, "explain-class"), names);
  const against = readClass("explain-against", readAttribute(element, "explain-against"), names);
  if (index !== undefined && index === against)
    throw new Error(`${classNameOf(names, index)} rather than itself: there is no difference to explain. Choose another class.`);
  return {
    // The engine says which there are.
    method: (method.trim() || "grad-cam") as ExplanationMethod,
    layer: readAttribute(element, "explain-layer")?.trim() || undefined,
    class: index,
    against,
    ...readOverlay(readAttribute(element, "overlay")),
    colorMap: readAttribute(element, "colormap"),
  };
}

/**
 * Reads a class: its index as a whole number, or its name. Nothing and absence are none; of the class that is explained `top` as well, and none is
 * the top one of each frame.
 *
 * @throws Error with names that are like it
 */
export function readClass(
  attribute: "explain-class" | "explain-against",
  text: string | undefined,
  names: readonly string[],
): number | undefined {
  const wanted = text?.trim() ?? "";
  const hasTop = attribute === "explain-class";
  if (wanted === "" || (hasTop && wanted === "top")) return undefined;
  if (/^\d+$/.test(wanted)) return Number(wanted);
  const named = names.indexOf(wanted);
  if (named >= 0) return named;
  const near = names.filter((name) => name.toLowerCase().includes(wanted.toLowerCase())).slice(0, 5);
  const found = names.length === 0 ? "the classes have no names here" : "no class is called so";
  const advice = near.length > 0 ? ` Did you mean ${near.map((name) => `'${name}'`).join(", ")}?` : "";
  throw new Error(
    `${attribute} '${wanted}': ${found}.${advice} Expected the index of a class${hasTop ? ", its name, or top" : " or its name"}.`,
  );
}

/** @throws Error where it is neither a number from 0 to 1 nor `alone` */
export function readOverlay(text: string | undefined): Pick<Wish, "opacity" | "isAlone"> {
  if (text?.trim() === "alone") return { opacity: 1, isAlone: true };
  const opacity = text === undefined ? defaultOpacity : Number(text);
  if (text?.trim() === "" || !(opacity >= 0 && opacity <= 1))
    throw new Error(`overlay '${text}': expected a number from 0 to 1, such as 0.6, or alone, for the heat without the picture.`);
  return { opacity, isAlone: false };
}
