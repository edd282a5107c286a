// Draws what was found on the picture that the network gets: a box in the colour of its class, with its name and score.
import { percentOf } from "../format-number.ts";
import { classNameOf } from "../labels.ts";
import type { FoundBox, FoundBoxes } from "./request.ts";

interface Drawing {
  readonly names: readonly string[];
  /** CSS pixels that the picture takes. */
  readonly width: number;
  readonly height: number;
  readonly pixelRatio: number;
}

/** CSS pixels of a label's letters, and around them. */
const [letters, padding] = [12, 3];

/** Light enough for black letters; neighbouring classes differ by the golden angle. */
export function colorOf(index: number): string {
  return `hsl(${(index * 137.508 + 165) % 360} 90% 68%)`;
}

export function drawBoxes(
  canvas: HTMLCanvasElement,
  { boxes, pixels, ...found }: FoundBoxes,
  { names, width, height, pixelRatio }: Drawing,
): void {
  canvas.width = Math.round(width * pixelRatio);
  canvas.height = Math.round(height * pixelRatio);
  const context = canvas.getContext("2d") as CanvasRenderingContext2D;
  context.scale(pixelRatio, pixelRatio);
  if (pixels) context.drawImage(pictureOf(pixels, found), 0, 0, width, height);
  context.font = `600 ${letters}px system-ui, sans-serif`;
  context.textBaseline = "middle";
  // The surest is drawn last, over the others.
  for (const box of boxes.toReversed()) {
    const [left, top] = [box.left * width, box.top * height];
    const [across, down] = [(box.right - box.left) * width, (box.bottom - box.top) * height];
    // A dark line beside the light one is seen on any picture.
    for (const [color, thickness] of [
      ["#000", 4],
      [colorOf(box.class), 2],
    ] as const) {
      Object.assign(context, { strokeStyle: color, lineWidth: thickness });
      context.strokeRect(left, top, across, down);
    }
  }
  for (const box of boxes.toReversed()) drawLabel(context, box, { names, width, height });
}

function drawLabel(context: CanvasRenderingContext2D, box: FoundBox, { names, width, height }: Omit<Drawing, "pixelRatio">): void {
  const text = `${classNameOf(names, box.class)} ${percentOf(box.score)}`;
  const [across, down] = [context.measureText(text).width + 2 * padding, letters + 2 * padding];
  // Above the box where there is room, and always within the picture.
  const left = Math.max(0, Math.min(box.left * width - 1, width - across));
  const above = box.top * height - down;
  const top = Math.max(0, Math.min(above < 0 ? box.top * height : above, height - down));
  context.fillStyle = colorOf(box.class);
  context.fillRect(left, top, across, down);
  context.fillStyle = "#000";
  context.fillText(text, left + padding, top + down / 2 + 0.5);
}

function pictureOf(pixels: Uint8ClampedArray<ArrayBuffer>, { width, height }: Pick<FoundBoxes, "width" | "height">): OffscreenCanvas {
  const picture = new OffscreenCanvas(width, height);
  picture.getContext("2d")?.putImageData(new ImageData(pixels, width, height), 0, 0);
  return picture;
}
