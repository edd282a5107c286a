// Gives the preview the shape of what the network sees of a picture: its input's own where a picture is cut to it, else the whole picture's.
import type { ConvCam } from "../element.ts";
import { sizeOf } from "../picture-size.ts";
import { pictureInputOf } from "./picture-input.ts";

/** Width by height. What is longer still is cut here, though not for the network: it would take the page's whole column. */
const [narrowest, widest] = [0.6, 2];

/**
 * @param prepared tells with "change" that pictures are prepared otherwise
 * @param isDrawn whether the pad is there instead, which is square
 */
export function shapePreview(viewer: ConvCam, view: HTMLElement, prepared: EventTarget, isDrawn: () => boolean): void {
  const reflect = () => {
    const aspect = isDrawn() ? 1 : (aspectOf(viewer) ?? 1);
    view.style.aspectRatio = `${Math.min(widest, Math.max(narrowest, aspect))}`;
  };
  for (const name of ["load", "input"]) viewer.addEventListener(name, reflect);
  prepared.addEventListener("change", reflect);
  // A camera that is turned has another shape.
  viewer.addEventListener("input", () => {
    if (viewer.picture instanceof HTMLVideoElement) viewer.picture.addEventListener("resize", reflect);
  });
}

/** Undefined where there is no picture, or the network takes none. */
function aspectOf(viewer: ConvCam): number | undefined {
  const { picture, preparation } = viewer;
  if (picture && preparation.fit !== undefined && preparation.fit !== "cover") {
    const { width, height } = sizeOf(picture);
    return width / height || undefined;
  }
  const found = pictureInputOf(viewer);
  return found && found.view.width / found.view.height;
}
