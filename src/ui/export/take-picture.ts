// What is drawn, as PNG files: one mosaic as it is, several as a sheet with their names. Loaded when somebody keeps a picture.
import { ModelError } from "../../engine/errors.ts";
import type { Device } from "../../engine/gpu/device.ts";
import { describeShape } from "../format-number.ts";
import type { Viewer } from "../viewer.ts";
import type { Drawn } from "../views/view.ts";

/** Pixels of a caption's line and around each mosaic of a sheet. */
const caption = 22;
const margin = 12;
/** Pixels of a sheet's width, unless one mosaic is wider. */
const sheetWidth = 1600;

interface Taken {
  /** Of the views that are wanted; all where absent. */
  readonly values?: readonly string[] | undefined;
  /** Whether a single mosaic stands on a sheet with its name, too. */
  readonly isSheet?: boolean | undefined;
}

type Source = Pick<Viewer, "device" | "drawings" | "renderer" | "model">;

/** A PNG. @throws ModelError where none of the values is shown */
export async function takePicture(viewer: Source, taken: Taken): Promise<Blob> {
  return (await take(viewer, taken)).convertToBlob({ type: "image/png" });
}

/** What all views show now, with their names. @throws ModelError where nothing is shown */
export async function takeFrame(viewer: Source): Promise<ImageBitmap> {
  return (await take(viewer, { isSheet: true })).transferToImageBitmap();
}

async function take({ device, drawings, renderer, model }: Source, { values, isSheet = false }: Taken): Promise<OffscreenCanvas> {
  const wanted = drawings.filter(({ value, kind }) => kind !== "sheet" && (values?.includes(value) ?? true));
  if (wanted.length === 0) throw new ModelError(`picture: none of ${values?.join(", ") || "the values"} is shown.`);
  const painted = await Promise.all(wanted.map(({ drawn }) => paint(device, renderer, drawn)));
  const [first] = painted as [OffscreenCanvas];
  if (painted.length === 1 && !isSheet) return first;
  return compose(
    painted,
    wanted.map((drawing) => captionOf(drawing, model.graph.types.get(drawing.value)?.shape ?? [])),
  );
}

/** What a mosaic is of, and the shape of it. */
function captionOf({ value, compare, shows }: Source["drawings"][number], shape: readonly number[]): string {
  const name = compare === undefined ? value : `${value} + ${compare}`;
  return `${name}${shows ? ` (${shows})` : ""} · ${describeShape(shape)}`;
}

/** Draws once more, onto a texture that can be read. */
async function paint(device: Device, renderer: Viewer["renderer"], drawn: Drawn): Promise<OffscreenCanvas> {
  const { width, height } = drawn.layout;
  const { gpu } = device;
  const { format, usesCompute, targetUsage } = renderer;
  const texture = gpu.createTexture({ label: "picture", size: [width, height], format, usage: targetUsage | GPUTextureUsage.COPY_SRC });
  const bytesPerRow = Math.ceil((width * 4) / 256) * 256;
  const staging = device.createBuffer("picture", bytesPerRow * height, GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ);
  try {
    const encoder = gpu.createCommandEncoder({ label: "picture" });
    const view = texture.createView();
    if (usesCompute) {
      const pass = encoder.beginComputePass({ label: "picture" });
      drawn.encodePixels(pass, view);
      pass.end();
    } else drawn.draw(encoder, view);
    encoder.copyTextureToBuffer({ texture }, { buffer: staging, bytesPerRow }, [width, height]);
    gpu.queue.submit([encoder.finish()]);
    await staging.mapAsync(GPUMapMode.READ);
    return toCanvas(new Uint8Array(staging.getMappedRange()), { width, height, bytesPerRow, isBlueFirst: format.startsWith("bgra") });
  } finally {
    texture.destroy();
    device.destroyBuffer(staging);
  }
}

interface Rows {
  readonly width: number;
  readonly height: number;
  readonly bytesPerRow: number;
  readonly isBlueFirst: boolean;
}

function toCanvas(bytes: Uint8Array, { width, height, bytesPerRow, isBlueFirst }: Rows): OffscreenCanvas {
  const image = new ImageData(width, height);
  for (let y = 0; y < height; y++) image.data.set(bytes.subarray(y * bytesPerRow, y * bytesPerRow + width * 4), y * width * 4);
  if (isBlueFirst)
    for (let i = 0; i < image.data.length; i += 4)
      [image.data[i], image.data[i + 2]] = [image.data[i + 2] as number, image.data[i] as number];
  const canvas = new OffscreenCanvas(width, height);
  contextOf(canvas).putImageData(image, 0, 0);
  return canvas;
}

/** Mosaics row by row, each with its caption above it, on white. */
function compose(pictures: readonly OffscreenCanvas[], captions: readonly string[]): OffscreenCanvas {
  const room = Math.max(sheetWidth, ...pictures.map(({ width }) => width + 2 * margin));
  let [x, y, rowHeight] = [margin, margin, 0];
  const places = pictures.map(({ width, height }) => {
    if (x > margin && x + width + margin > room) {
      x = margin;
      y += rowHeight + caption + margin;
      rowHeight = 0;
    }
    const place = { x, y };
    x += width + margin;
    rowHeight = Math.max(rowHeight, height);
    return place;
  });
  const sheet = new OffscreenCanvas(room, y + rowHeight + caption + margin);
  const context = contextOf(sheet);
  context.fillStyle = "#fff";
  context.fillRect(0, 0, sheet.width, sheet.height);
  context.fillStyle = "#1b1f27";
  context.font = "14px system-ui, sans-serif";
  pictures.forEach((picture, i) => {
    const place = places[i] as { x: number; y: number };
    context.fillText(captions[i] as string, place.x, place.y + caption - 8, picture.width);
    context.drawImage(picture, place.x, place.y + caption);
  });
  return sheet;
}

function contextOf(canvas: OffscreenCanvas): OffscreenCanvasRenderingContext2D {
  const context = canvas.getContext("2d");
  if (!context) throw new Error("This browser draws no pictures of its own.");
  return context;
}
