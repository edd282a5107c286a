// Gives the preview the shape of what the network sees of a picture: its input's own where a picture is cut to it, else the whole picture's.
import { denseStrides } from "../../engine/shapes.ts";
import type { ConvCam } from "../element.ts";
import { findPictureInput } from "../image-view.ts";
import { sizeOf } from "../picture-size.ts";

/** Width by height. What is longer still is cut here, though not for the network: it would take the page's whole column. */
const [narrowest, widest] = [0.6, 2];

/** @param isDrawn whether the pad is there instead, which is square */
export function shapePreview(viewer: ConvCam, view: HTMLElement, isDrawn: () => boolean): void {
  const reflect = () => {
    const aspect = isDrawn() ? 1 : (aspectOf(viewer) ?? 1);
    view.style.aspectRatio = `${Math.min(widest, Math.max(narrowest, aspect))}`;
  };
  for (const name of ["load", "input", "frame"]) viewer.addEventListener(name, reflect);
}

/** Undefined where there is no picture, or the network takes none. */
function aspectOf({ availableLayers, picture, preparation }: ConvCam): number | undefined {
  if (picture && preparation.fit !== undefined && preparation.fit !== "cover") {
    const { width, height } = sizeOf(picture);
    return width / height || undefined;
  }
  const inputs = availableLayers.filter(({ operator }) => operator === "Input");
  const found = findPictureInput(
    inputs.map(({ value, shape, axes }) => ({ name: value, dtype: "float32", shape, strides: denseStrides(shape), axes })),
  );
  return found && found.view.width / found.view.height;
}
