// What of a network an element's attributes ask to show, as the parts of a scene. Reads attributes only.
import { readAppearance, readAttribute, readPreparation } from "./attributes.ts";
import type { ConvCam } from "./element.ts";
import { chooseLayers, type LayerChoice } from "./layers.ts";
import type { Description } from "./session/session.ts";

/**
 * @param place what is looked at in place of the layers that the attribute names
 * @returns the choices, and, as `named`, the values that the attribute names
 */
export function wantedLayers(element: ConvCam, { layers, defaults }: Description, place: readonly LayerChoice[] | undefined) {
  const text = readAttribute(element, "layers");
  const { choices, unknown } = chooseLayers(text, layers, defaults);
  const named = choices.map(({ value }) => value);
  return place ? { text, named, choices: place, unknown: [] } : { text, named, choices, unknown };
}

/** @throws Error that says what is accepted where an attribute's text is not */
export function wantedLook(element: ConvCam) {
  return {
    appearance: readAppearance(element),
    precision: readAttribute(element, "precision"),
    preparation: { ...element.preparation, ...readPreparation(element) },
    gates: element.gates,
  };
}
