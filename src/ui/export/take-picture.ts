// What is drawn, as PNG files: one mosaic as it is, several as a sheet with their names. Loaded when somebody keeps a picture.
import { ModelError } from "../../engine/errors.ts";
import { describeShape } from "../format-number.ts";
import { encodeRanges } from "../mosaic/renderer.ts";
import type { Viewer } from "../viewer.ts";
import type { Drawn } from "../views/view.ts";
import { contextOf, type Painter, paint } from "./paint.ts";
import type { FrameWish, PictureWish, SeenOnPage } from "./request.ts";
import { type Captioned, drawSheet } from "./sheet.ts";
import { paintExplanation } from "./take-explanation.ts";

/** Pixels of the longer side of a map that is drawn without the edges of its elements, at least. */
const smoothSide = 512;

type Source = Pick<Viewer, "device" | "drawings" | "renderer" | "model" | "axes" | "explainer" | "sourceOf" | "viewOf">;
type Drawing = Source["drawings"][number];

/** A PNG. @throws ModelError where nothing is shown, and for values that the network does not have */
export async function takePicture(viewer: Source, wish: PictureWish): Promise<Blob> {
  return (await take(viewer, wish)).convertToBlob({ type: "image/png" });
}

/** What all views show now, with their names. @throws ModelError where nothing is shown */
export async function takeFrame(viewer: Source, wish: FrameWish): Promise<ImageBitmap> {
  return (await take(viewer, { ...wish, isSheet: true })).transferToImageBitmap();
}

async function take(viewer: Source, wish: PictureWish & FrameWish): Promise<OffscreenCanvas> {
  const { values, isSheet = false } = wish;
  const { model } = viewer;
  const unknown = values?.find((value) => !model.graph.types.has(value));
  if (unknown !== undefined) throw new ModelError(`picture: this network has no value '${unknown}'.`);
  // What lies over a picture is drawn there.
  const shown = viewer.drawings.filter(({ kind, isOver }) => kind !== "sheet" && !isOver);
  // On a sheet of layers by their names each is whole, also one of which some channels are shown.
  const isWanted = ({ value, channels }: Drawing) => values?.includes(value) && !(isSheet && channels);
  const wanted = values ? shown.filter(isWanted) : shown;
  if (!wish.keepsRanges) bringUpToDate(viewer);
  const others = values?.filter((value) => !wanted.some((drawing) => drawing.value === value)) ?? [];
  const [painted, explained, more] = await Promise.all([
    Promise.all(wanted.map((drawing) => paintDrawing(viewer, drawing, wish))),
    values ? undefined : paintExplanation(viewer),
    others.length > 0 ? import("./take-others.ts").then(({ paintOthers }) => paintOthers(viewer, others, wish.appearance)) : [],
  ]);
  const named = [
    ...wanted.map((drawing, i) => ({ value: drawing.value, caption: nameOf(drawing), picture: painted[i] as OffscreenCanvas })),
    ...more.map(({ value, picture }) => ({ value, caption: value, picture })),
  ];
  // Those that are wanted by name stand in the order in which they are named.
  const ordered = values ? named.toSorted((a, b) => values.indexOf(a.value) - values.indexOf(b.value)) : named;
  const pictures = ordered.map(({ value, caption, picture }): Captioned => {
    const shape = model.graph.types.get(value)?.shape ?? [];
    return { picture, caption: `${caption} · ${describeShape(shape)}` };
  });
  if (explained) pictures.unshift({ ...explained, caption: wish.why ?? explained.caption });
  const [first] = pictures;
  if (!first) throw new ModelError(`picture: none of ${values?.join(", ") || "the values"} is shown.`);
  return pictures.length === 1 && !isSheet ? first.picture : drawSheet(pictures);
}

/** Frames leave out what nobody sees: its ranges are of an earlier picture, or of none. */
function bringUpToDate({ device, renderer, drawings }: Source): void {
  renderer.tick();
  const encoder = device.gpu.createCommandEncoder({ label: "ranges" });
  const pass = encoder.beginComputePass({ label: "ranges" });
  encodeRanges(
    pass,
    drawings.map(({ drawn }) => drawn),
  );
  pass.end();
  device.gpu.queue.submit([encoder.finish()]);
}

/** What a mosaic is of. */
function nameOf({ value, compare, shows }: Drawing): string {
  const name = compare === undefined ? value : `${value} + ${compare}`;
  return `${name}${shows ? ` (${shows})` : ""}`;
}

/** A view as it is seen. */
async function paintDrawing(viewer: Source, { drawn, kind, isSmooth }: Drawing, { mapOverlay = 0 }: SeenOnPage): Promise<OffscreenCanvas> {
  const picture = await paintDrawn(viewer, drawn);
  if (isSmooth) return magnified(picture);
  const over = kind === "picture" && mapOverlay > 0 ? viewer.drawings.find(({ isOver }) => isOver) : undefined;
  if (!over) return picture;
  const context = contextOf(picture);
  context.globalAlpha = mapOverlay;
  context.imageSmoothingEnabled = viewer.drawings.some((one) => one.isSmooth);
  context.drawImage(await paintDrawn(viewer, over.drawn), 0, 0, picture.width, picture.height);
  return picture;
}

function paintDrawn({ device, renderer }: Painter, drawn: Drawn): Promise<OffscreenCanvas> {
  return paint({ device, renderer }, drawn.layout, (encoder, texture) => {
    const view = texture.createView();
    if (!renderer.usesCompute) return drawn.draw(encoder, view);
    const pass = encoder.beginComputePass({ label: "picture" });
    drawn.encodePixels(pass, view);
    pass.end();
  });
}

/** As many times as large as a page shows it at least, without edges. */
function magnified(picture: OffscreenCanvas): OffscreenCanvas {
  const times = Math.ceil(smoothSide / Math.max(picture.width, picture.height));
  if (times === 1) return picture;
  const large = new OffscreenCanvas(picture.width * times, picture.height * times);
  const context = contextOf(large);
  context.imageSmoothingQuality = "high";
  context.drawImage(picture, 0, 0, large.width, large.height);
  return large;
}
