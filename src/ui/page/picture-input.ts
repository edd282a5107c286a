// The input of the network on the page that takes its picture, by the list of layers that the viewer tells.
import { denseStrides } from "../../engine/shapes.ts";
import type { ConvCam } from "../element.ts";
import { findPictureInput } from "../image-view.ts";

/** Undefined where the network takes no picture. */
export function pictureInputOf({ availableLayers }: Pick<ConvCam, "availableLayers">): ReturnType<typeof findPictureInput> {
  const inputs = availableLayers.filter(({ operator }) => operator === "Input");
  return findPictureInput(
    inputs.map(({ value, shape, axes }) => ({ name: value, dtype: "float32", shape, strides: denseStrides(shape), axes })),
  );
}
