// Takes along what is looked at: a picture of it, its numbers for Python, or for a spreadsheet.
import { html, nothing, type TemplateResult } from "lit";
import { encodeNpy } from "../../engine/npy.ts";
import { denseStrides, sizeOf } from "../../engine/shapes.ts";
import { Tensor } from "../../engine/tensor.ts";
import { readAppearance } from "../attributes.ts";
import { download } from "../download.ts";
import type { ConvCam } from "../element.ts";
import { fileName, networkName } from "../export/file-name.ts";
import { mapAsCsv, valueAsCsv } from "../export/text.ts";
import { viewAsMaps } from "../mosaic/maps.ts";
import type { ComparedValue } from "../session/queries.ts";
import type { Session } from "../session/session.ts";
import type { Place } from "./place.ts";

/** Longer texts are no longer opened by spreadsheets, and hold the page up. */
const mostRows = 1_000_000;

const formats = {
  PNG: "The maps as they are drawn",
  ".npy": "The numbers, for NumPy",
  CSV: "The numbers, for a spreadsheet",
} as const;

export type Format = keyof typeof formats;

export const formatNames = Object.keys(formats) as readonly Format[];

/** @param problem why the last one could not be saved, if so */
export function saveTemplate(save: (format: Format) => void, problem: string | undefined): TemplateResult {
  return html`<div class="buttons saves" role="group" aria-label="Save">
    ${Object.entries(formats).map(
      ([format, about]) =>
        html`<button type="button" class="part-button" title=${about} aria-label="Save as ${format}" @click=${() => save(format as Format)}>
          ${format}
        </button>`,
    )}
    ${problem ? html`<p class="about alarm" role="alert">${problem}</p>` : nothing}
  </div>`;
}

/** What is saved of a network, and how it looks there. */
export interface Saved {
  readonly session: Session;
  readonly element: ConvCam;
  readonly place: Place;
  /** Of a comparison, what is looked at. */
  readonly compared?: Pick<ComparedValue, "compare" | "shows">;
}

/** A layer whole, or one of its channels. @throws Error that says why it cannot be had */
export async function savePlace({ session, element, place, compared = {} }: Saved, format: Format): Promise<void> {
  const { value } = place.layer;
  const name = fileName(networkName(element.src), value, place.view !== "layer" && `channel-${place.channel}`, compared.shows);
  if (format === "PNG") {
    const appearance = readAppearance(element);
    download(await session.ask({ kind: "picture", values: [value], appearance }), `${name}.png`);
    return;
  }
  const taken = await session.ask({ kind: "value", value, ...compared });
  const all = new Tensor(taken.dtype, taken.shape, taken.bytes);
  const tensor = place.view === "layer" ? all : channelOf(all, place);
  if (format === ".npy") download(new Blob([encodeNpy(tensor) as Uint8Array<ArrayBuffer>]), `${name}.npy`);
  else download(new Blob([csvOf(tensor, place)], { type: "text/csv" }), `${name}.csv`);
}

/** The map of one channel. */
function channelOf(tensor: Tensor, { layer, channel }: Place): Tensor {
  const maps = viewAsMaps(tensor.shape, denseStrides(tensor.shape), 0, 0, layer.axes);
  if (!maps) throw new Error(`'${layer.value}' has no maps.`);
  const elements = tensor.toFloat32();
  const { height, width } = maps;
  const start = maps.offset + channel * maps.channelStride;
  const map = Float32Array.from(
    { length: height * width },
    (_, i) => elements[start + Math.floor(i / width) * maps.rowStride + (i % width) * maps.columnStride] as number,
  );
  return Tensor.float32([height, width], map);
}

function csvOf(tensor: Tensor, { view, maps }: Place): string {
  if (sizeOf(tensor.shape) > mostRows)
    throw new Error(
      `A spreadsheet takes about ${mostRows.toLocaleString("en")} rows, and this layer has more elements: save it as .npy, or one of its channels.`,
    );
  if (view !== "layer") return mapAsCsv(tensor.toFloat32(), maps.width);
  return valueAsCsv(
    tensor.toNumbers(),
    tensor.shape,
    tensor.shape.map((_, axis) => `axis ${axis}`),
  );
}
