// What the network looks at: the drawing pad, a picture or video, the camera. Pictures come from the gallery, by file, drop, paste or address.
import { digit } from "../../../models/digit.ts";
import type { ConvCam } from "../element.ts";
import type { SourceLike } from "../sources.ts";
import { offerCameraControls } from "./camera-controls.ts";
import type { DrawingPad } from "./drawing-pad.ts";
import { isDrawing, readDrawing, writeDrawing } from "./drawing-text.ts";
import { find, listen } from "./listen.ts";
import { offerPictures } from "./pictures.ts";
import { shapePreview } from "./preview-shape.ts";
import { offerVideoControls } from "./video-controls.ts";
import { isCamera, notDrawn, notHeld, ownPicture, writePicture } from "./written-input.ts";

type Tab = "draw" | "pick" | "camera";

/** CSS pixels of the preview's longer side at most. */
const previewSide = 1024;

export interface Inputs {
  /** Shows a picture or video that came otherwise. */
  show(picture: Blob): void;
  /** What is looked at, as the page's address has it; undefined for the digit that the page begins with. */
  readonly written: string | undefined;
  /** Shows what an address says. A picture may come later; one that does not is said, and the pad is shown in its place. */
  open(written: string | undefined): void;
}

export function offerInputs(viewer: ConvCam, pad: DrawingPad): Inputs {
  const tabs = { draw: find("draw"), pick: find("pick"), camera: find("camera") };
  let written: () => string | undefined = () => undefined;
  /** The last one that no address holds. */
  let own: (() => void) | undefined;
  const turnTo = (tab: Tab) => {
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
  };
  const show = (tab: Tab, source: SourceLike, write: () => string | undefined) => {
    turnTo(tab);
    pictures.forget();
    written = write;
    if (write() === ownPicture && tab !== "draw") own = () => show(tab, source, write);
    viewer.input = source;
  };
  const showPad = () => show("draw", pad.picture, () => writePad(pad));
  const showCamera = (source: string | HTMLCanvasElement) =>
    show("camera", source, () => (typeof source === "string" ? "camera" : ownPicture));
  const fail = (error: unknown) => {
    find("input-problem").textContent = (error as Error).message;
    find("input-problem").hidden = false;
  };
  let refused: SourceLike | undefined;
  tabs.draw.addEventListener("click", showPad);
  const pictures = offerPictures({
    ...{ viewer, fail },
    show: (picture, address) => show("pick", picture, () => writePicture(address)),
  });
  tabs.pick.addEventListener("click", () => pictures.open());
  tabs.camera.addEventListener("click", () => showCamera("camera"));
  offerCameraControls(viewer, showCamera);
  offerVideoControls(viewer);
  find("clear").addEventListener("click", () => pad.clear());
  find("redraw").addEventListener("click", () => pad.show(digit.strokes));
  listen(viewer, "input", () => showPreview(viewer.picture));
  shapePreview(viewer, find("preview").parentElement as HTMLElement, find("prepared"), () => find("preview").hidden === true);
  listen(viewer, "error", ({ error, part }, event) => {
    if (part !== "input") return;
    // Problems of the input are shown beside the input; the element shows those of the network.
    event.preventDefault();
    fail(error);
    refused = viewer.input;
  });
  // Another network may take the array that the one before has refused.
  listen(viewer, "load", () => {
    if (refused instanceof File && refused === viewer.input && refused.name.endsWith(".npy")) pictures.show(refused);
    refused = undefined;
  });
  const openLater = (wanted: string) => {
    turnTo("pick");
    // The address says what was wanted, also where it cannot be had: who reloads the page tries again.
    written = () => wanted;
    pictures.openWritten(wanted, (error) => {
      showPad();
      const drawn = writePad(pad);
      // Until somebody draws.
      written = () => (writePad(pad) === drawn ? wanted : writePad(pad));
      fail(error);
    });
  };
  return {
    show: (picture) => pictures.show(picture),
    get written() {
      return written();
    },
    open(wanted) {
      const strokes = wanted === undefined ? digit.strokes : readDrawing(wanted);
      if (strokes) {
        pad.show(strokes);
        showPad();
      } else if (wanted === undefined || wanted === ownPicture) {
        if (own) return own();
        showPad();
        fail(new Error(notHeld));
      } else if (isDrawing(wanted)) {
        pad.show(digit.strokes);
        showPad();
        fail(new Error(notDrawn));
      } else if (isCamera(wanted)) showCamera(wanted);
      else openLater(wanted);
    },
  };
}

const firstDrawing = writeDrawing(digit.strokes);

function writePad({ strokes }: DrawingPad): string | undefined {
  const text = writeDrawing(strokes) ?? ownPicture;
  return text === firstDrawing ? undefined : text;
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
