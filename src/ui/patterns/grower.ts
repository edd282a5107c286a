// The engine's side of an element's patterns: prepares them for the network that a viewer shows, grows them, and takes their picture. Loaded when
// they are first asked for.
import { ModelError } from "../../engine/errors.ts";
import { colorMatrix, type Preparation } from "../preparation.ts";
import { aborted } from "../session/session.ts";
import type { Viewer } from "../viewer.ts";
import { PatternCanvas } from "./pattern-canvas.ts";
import type { Grown, GrowQuery, GrowRequest, PatternsTaken } from "./request.ts";
import { drawSheet } from "./sheet.ts";

/** @throws Error that says why there are no such patterns; then there are none */
export async function grow(viewer: Viewer, { request, canvas }: GrowQuery): Promise<Grown | undefined> {
  if (request.do === "grow") {
    const { patterns } = viewer;
    if (patterns?.id !== request.id) throw aborted();
    return patterns.grow(request.count, request);
  }
  viewer.patterns?.dispose();
  viewer.patterns = undefined;
  return request.do === "begin" ? begin(viewer, request, canvas) : undefined;
}

async function begin(
  viewer: Viewer,
  request: Extract<GrowRequest, { do: "begin" }>,
  canvas: GrowQuery["canvas"],
): Promise<Grown | undefined> {
  const { device, model, imageInputName } = viewer;
  if (!canvas) throw new Error("There is no canvas to draw patterns on.");
  const format = navigator.gpu.getPreferredCanvasFormat();
  const pipeline = await PatternCanvas.pipeline(device, format);
  const channelCount = (imageInputName !== undefined && viewer.viewOf(imageInputName)?.channels) || 3;
  const patterns = await model.patterns({ ...request.wish, ...toInput(request.preparation, channelCount) });
  try {
    const isBlueFirst = request.preparation.channels === "bgr";
    viewer.patterns = new PatternCanvas({ device, pipeline, patterns, canvas, format, id: request.id, isBlueFirst });
    return await viewer.patterns.grow(1, request);
  } catch (error) {
    (viewer.patterns ?? patterns).dispose();
    viewer.patterns = undefined;
    throw error;
  }
}

/** How a colour of 0…1 becomes an element, for each channel: as pictures of one colour do. */
export function toInput(preparation: Preparation, channelCount: number) {
  const rows = colorMatrix(preparation, channelCount);
  const row = (k: number) => rows.slice(4 * k, 4 * k + 4);
  const channels = Array.from({ length: 4 }, (_, k) => row(k));
  return {
    gain: channels.map(([red = 0, green = 0, blue = 0]) => red + green + blue),
    shift: channels.map(([, , , shift = 0]) => shift),
  };
}

/** @throws ModelError where none grow */
export async function takePatterns({ patterns: shown }: Viewer): Promise<PatternsTaken> {
  if (!shown) throw new ModelError("kind 'patterns': no patterns are shown. Set the attribute `patterns` and wait for the event.");
  const { layer, channels, done, steps } = shown.patterns;
  const { pictures, answers } = await shown.patterns.read();
  return { layer, channels, done, steps, answers: [...answers.toFloat32()], picture: await drawSheet(pictures, shown.isBlueFirst) };
}
