// Which of a network's values is the picture that it looks at. Pure.
import type { DrawableLayer } from "./layers.ts";

/** Undefined where no input has the axes of a picture. */
export function pictureAmong(layers: readonly DrawableLayer[]): string | undefined {
  return layers.find(({ operator, shape }) => operator === "Input" && shape.length === 4)?.value;
}
