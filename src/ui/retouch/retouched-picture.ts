// A picture with strokes over it, on a canvas: what a network gets in the picture's place. Its canvases are kept from frame to frame.
import { sizeOf, type VisibleImage } from "../picture-size.ts";
import { groupStrokes, type Stroke } from "./strokes.ts";

interface Size {
  readonly width: number;
  readonly height: number;
}

/** Pixels per side of the square that a mean colour is taken from. */
const meanSide = 32;

export class RetouchedPicture {
  readonly #largestSide: number;
  /** What was drawn last. A canvas that has seen a picture of another origin is never to be read again, so each picture has its own. */
  #image: VisibleImage | undefined;
  #canvases = newCanvases();

  /** @param largestSide pixels of the longer side at most; otherwise it is as large as the picture */
  constructor(largestSide = Number.POSITIVE_INFINITY) {
    this.#largestSide = largestSide;
  }

  /**
   * Where no stroke is, the pixels are those of the picture. The same canvas each time.
   *
   * @throws a SecurityError of a picture of another origin
   */
  draw(image: VisibleImage, strokes: readonly Stroke[]): HTMLCanvasElement {
    if (image !== this.#image) this.#canvases = newCanvases();
    this.#image = image;
    const { whole } = this.#canvases;
    const own = sizeOf(image);
    const share = Math.min(1, this.#largestSide / Math.max(own.width, own.height, 1));
    const size = { width: Math.max(1, Math.round(own.width * share)), height: Math.max(1, Math.round(own.height * share)) };
    const context = cleared(whole, size);
    context.drawImage(image, 0, 0, size.width, size.height);
    for (const group of groupStrokes(strokes)) this.#drawGroup(context, image, group, size);
    return whole;
  }

  #drawGroup(context: CanvasRenderingContext2D, image: VisibleImage, group: readonly Stroke[], size: Size): void {
    const [{ brush, width } = { brush: "gray", width: 0 }] = group;
    if (brush !== "blur") {
      drawPaths(context, group, size, brush === "gray" ? this.#meanOf(image) : brush);
      return;
    }
    const { stencil: canvas } = this.#canvases;
    const stencil = cleared(canvas, size);
    drawPaths(stencil, group, size, "#000");
    stencil.globalCompositeOperation = "source-in";
    stencil.drawImage(this.#blur(image, width, size), 0, 0, size.width, size.height);
    stencil.globalCompositeOperation = "source-over";
    context.drawImage(canvas, 0, 0);
  }

  /** The picture as a few large pixels, a third of the brush wide; drawn large again, they run into each other. */
  #blur(image: VisibleImage, width: number, size: Size): HTMLCanvasElement {
    const pixel = Math.max(1, (width * Math.min(size.width, size.height)) / 3);
    const [across, down] = [Math.max(1, Math.round(size.width / pixel)), Math.max(1, Math.round(size.height / pixel))];
    cleared(this.#canvases.small, { width: across, height: down }).drawImage(image, 0, 0, across, down);
    return this.#canvases.small;
  }

  /** As CSS writes it. @throws a SecurityError of a picture of another origin, which no network gets either */
  #meanOf(image: VisibleImage): string {
    const context = cleared(this.#canvases.sample, { width: meanSide, height: meanSide });
    context.drawImage(image, 0, 0, meanSide, meanSide);
    const { data } = context.getImageData(0, 0, meanSide, meanSide);
    const means = [0, 1, 2].map((channel) => {
      let sum = 0;
      for (let i = channel; i < data.length; i += 4) sum += data[i] as number;
      return Math.round((4 * sum) / data.length);
    });
    return `rgb(${means.join(" ")})`;
  }
}

function newCanvases() {
  const [whole, stencil, small, sample] = Array.from({ length: 4 }, () => document.createElement("canvas")) as FourCanvases;
  // Its pixels are read with every frame.
  sample.getContext("2d", { willReadFrequently: true });
  return { whole, stencil, small, sample };
}

type FourCanvases = [HTMLCanvasElement, HTMLCanvasElement, HTMLCanvasElement, HTMLCanvasElement];

/** Empty, as large as is wanted. */
function cleared(canvas: HTMLCanvasElement, { width, height }: Size): CanvasRenderingContext2D {
  const context = canvas.getContext("2d") as CanvasRenderingContext2D;
  if (canvas.width === width && canvas.height === height) context.clearRect(0, 0, width, height);
  else Object.assign(canvas, { width, height });
  context.imageSmoothingQuality = "high";
  return context;
}

function drawPaths(context: CanvasRenderingContext2D, strokes: readonly Stroke[], { width, height }: Size, color: string): void {
  const thickness = (strokes[0]?.width ?? 0) * Math.min(width, height);
  Object.assign(context, { lineWidth: thickness, lineCap: "round", lineJoin: "round", strokeStyle: color });
  for (const { points } of strokes) {
    const [[y, x] = [0, 0]] = points;
    context.beginPath();
    context.moveTo(x * width, y * height);
    // A path of no length draws nothing.
    context.lineTo(x * width + 0.01, y * height);
    for (const [nextY, nextX] of points.slice(1)) context.lineTo(nextX * width, nextY * height);
    context.stroke();
  }
}
