// What the network looks at: the drawing pad, a picture or video, the camera. Pictures come by file or by drop.
import { digit } from "../../../models/digit.ts";
import type { ConvCam } from "../element.ts";
import type { SourceLike } from "../sources.ts";
import type { DrawingPad } from "./drawing-pad.ts";
import { find, listen } from "./listen.ts";

type Tab = "draw" | "pick" | "camera";

/** CSS pixels of the preview's longer side at most. */
const previewSide = 1024;

/** @returns what shows a picture or video that came otherwise */
export function offerInputs(viewer: ConvCam, pad: DrawingPad): (picture: File) => void {
  const tabs = { draw: find("draw"), pick: find("pick"), camera: find("camera") };
  const show = (tab: Tab, source: SourceLike) => {
    for (const [name, button] of Object.entries(tabs)) button.ariaPressed = String(name === tab);
    find("pad").hidden = tab !== "draw";
    find("preview").hidden = tab === "draw";
    find<HTMLButtonElement>("clear").disabled = tab !== "draw";
    find<HTMLButtonElement>("redraw").disabled = tab !== "draw";
    find("input-problem").hidden = true;
    find("preview").replaceChildren();
    viewer.input = source;
  };
  tabs.draw.addEventListener("click", () => show("draw", pad.picture));
  tabs.pick.addEventListener("click", () => find("picture-file").click());
  tabs.camera.addEventListener("click", () => show("camera", "camera"));
  find("clear").addEventListener("click", () => pad.clear());
  find("redraw").addEventListener("click", () => pad.show(digit.strokes));
  listen(viewer, "input", () => showPreview(viewer.picture));
  listen(viewer, "error", ({ error, part }, event) => {
    if (part !== "input") return;
    // Problems of the input are shown beside the input; the element shows those of the network.
    event.preventDefault();
    find("input-problem").textContent = error.message;
    find("input-problem").hidden = false;
  });
  const file = find<HTMLInputElement>("picture-file");
  file.addEventListener("change", () => {
    const [picture] = file.files ?? [];
    if (picture) show("pick", picture);
    file.value = "";
  });
  return (picture) => show("pick", picture);
}

function showPreview(image: ConvCam["picture"]): void {
  if (image instanceof HTMLVideoElement) find("preview").replaceChildren(image);
  else if (image instanceof ImageBitmap) {
    const share = Math.min(1, previewSide / Math.max(image.width, image.height));
    const [width, height] = [image.width, image.height].map((side) => Math.max(1, Math.round(side * share))) as [number, number];
    const canvas = Object.assign(document.createElement("canvas"), { width, height });
    canvas.getContext("2d")?.drawImage(image, 0, 0, width, height);
    find("preview").replaceChildren(canvas);
  }
}
