// What the network looks at: the drawing pad, a picture or video, the camera. Pictures come from the gallery, by file, drop, paste or address.
import { digit } from "../../../models/digit.ts";
import type { ConvCam } from "../element.ts";
import type { SourceLike } from "../sources.ts";
import { offerCameraControls } from "./camera-controls.ts";
import type { DrawingPad } from "./drawing-pad.ts";
import { find, listen } from "./listen.ts";
import { offerPictures } from "./pictures.ts";
import { shapePreview } from "./preview-shape.ts";
import { offerVideoControls } from "./video-controls.ts";

type Tab = "draw" | "pick" | "camera";

/** CSS pixels of the preview's longer side at most. */
const previewSide = 1024;

/** @returns what shows a picture or video that came otherwise */
export function offerInputs(viewer: ConvCam, pad: DrawingPad): (picture: Blob) => void {
  const tabs = { draw: find("draw"), pick: find("pick"), camera: find("camera") };
  const show = (tab: Tab, source: SourceLike) => {
    for (const [name, button] of Object.entries(tabs)) button.ariaPressed = String(name === tab);
    find("pad").hidden = tab !== "draw";
    find("preview").hidden = tab === "draw";
    find("pictures").hidden = tab !== "pick";
    find<HTMLButtonElement>("clear").disabled = tab !== "draw";
    find<HTMLButtonElement>("redraw").disabled = tab !== "draw";
    find("input-problem").hidden = true;
    find("video-controls").hidden = true;
    if (tab !== "camera") find("camera-controls").hidden = true;
    find("preview").replaceChildren();
    viewer.input = source;
  };
  const fail = (error: unknown) => {
    find("input-problem").textContent = (error as Error).message;
    find("input-problem").hidden = false;
  };
  let refused: SourceLike | undefined;
  tabs.draw.addEventListener("click", () => show("draw", pad.picture));
  const pictures = offerPictures(viewer, (picture) => show("pick", picture), fail);
  tabs.pick.addEventListener("click", () => pictures.open());
  tabs.camera.addEventListener("click", () => show("camera", "camera"));
  offerCameraControls(viewer, (source) => show("camera", source));
  offerVideoControls(viewer);
  find("clear").addEventListener("click", () => pad.clear());
  find("redraw").addEventListener("click", () => pad.show(digit.strokes));
  listen(viewer, "input", () => showPreview(viewer.picture));
  shapePreview(viewer, find("preview").parentElement as HTMLElement, () => find("preview").hidden === true);
  listen(viewer, "error", ({ error, part }, event) => {
    if (part !== "input") return;
    // Problems of the input are shown beside the input; the element shows those of the network.
    event.preventDefault();
    fail(error);
    refused = viewer.input;
  });
  // Another network may take the array that the one before has refused.
  listen(viewer, "load", () => {
    if (refused instanceof File && refused === viewer.input && refused.name.endsWith(".npy")) show("pick", refused);
    refused = undefined;
  });
  return pictures.show;
}

function showPreview(image: ConvCam["picture"]): void {
  if (image instanceof HTMLVideoElement || (image instanceof HTMLCanvasElement && !find("preview").hidden))
    find("preview").replaceChildren(image);
  else if (image instanceof ImageBitmap) {
    const share = Math.min(1, previewSide / Math.max(image.width, image.height));
    const [width, height] = [image.width, image.height].map((side) => Math.max(1, Math.round(side * share))) as [number, number];
    const canvas = Object.assign(document.createElement("canvas"), { width, height });
    canvas.getContext("2d")?.drawImage(image, 0, 0, width, height);
    find("preview").replaceChildren(canvas);
  } else if (image && "data" in image) {
    const said = `${image.name || "An array"}: [${image.shape.join(", ")}] of ${image.dtype}. The network gets it as it is: nothing is prepared.`;
    find("preview").replaceChildren(Object.assign(document.createElement("p"), { textContent: said }));
  }
}
