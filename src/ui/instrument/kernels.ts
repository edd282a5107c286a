// All kernels of a channel side by side, in the colours of their signs, on one canvas: there may be hundreds.
import { html, nothing, type TemplateResult } from "lit";
import { ref } from "lit/directives/ref.js";
import type { ChannelSum, ConvolutionStep } from "../../engine/elements/index.ts";
import { largestSize } from "./largest-size.ts";
import { short } from "./numbers.ts";

/** CSS pixels of a cell, and between two kernels. */
const cell = 9;
const gap = 4;
/** CSS pixels downwards: what is beyond them is folded. */
const mostHeight = 260;
/** Kernels that are drawn. */
const mostKernels = 512;

/**
 * @param channels in the order in which they are drawn, those that count most first unless they stand as they lie
 * @param columns kernels beside each other
 */
export function kernelsTemplate(
  { taps, window, ...step }: ConvolutionStep,
  channels: readonly ChannelSum[],
  columns: number,
): TemplateResult {
  const isSorted = channels !== step.channels;
  const width = window.at(-1) ?? 1;
  const height = Math.ceil(taps.length / width);
  const shown = channels.slice(0, mostKernels);
  const largest = largestSize(shown.flatMap(({ kernel }) => [...kernel]));
  const size = { width, height, columns, largest };
  const first = shown.slice(0, screenful(size));
  const rest = shown.slice(first.length);
  return html`<figure class="kernels">
    <figcaption>
      ${captionOf(channels.length, shown.length, isSorted)}; full colour is ${short(largest)}
    </figcaption>
    ${canvasTemplate(first, size)}
    ${rest.length > 0 ? html`<details><summary>${rest.length} more kernels</summary>${canvasTemplate(rest, size)}</details>` : nothing}
  </figure>`;
}

function canvasTemplate(channels: readonly ChannelSum[], size: Size): TemplateResult {
  const draw = (element: Element | undefined) => {
    if (element instanceof HTMLCanvasElement) paint(element, channels, size);
  };
  return html`<canvas role="img" aria-label="Kernels in signed colours: red adds, blue takes away" ${ref(draw)}></canvas>`;
}

/** Whole rows of kernels that are seen at once. */
function screenful({ height, columns }: Size): number {
  return columns * Math.max(1, Math.floor(mostHeight / (height * cell + gap)));
}

function captionOf(count: number, shown: number, isSorted: boolean): string {
  const which =
    count === 1 ? "Its kernel" : count > shown ? `${shown} of ${count} kernels` : `All ${count} kernels, one for each input channel`;
  return isSorted && count > 1 ? `${which}, those that count most first` : which;
}

interface Size {
  readonly width: number;
  readonly height: number;
  readonly columns: number;
  readonly largest: number;
}

function paint(canvas: HTMLCanvasElement, channels: readonly ChannelSum[], { width, height, columns, largest }: Size): void {
  const across = width * cell + gap;
  const down = height * cell + gap;
  const rows = Math.ceil(channels.length / columns);
  const [w, h] = [Math.min(columns, channels.length) * across - gap, rows * down - gap];
  canvas.width = Math.round(w * devicePixelRatio);
  canvas.height = Math.round(h * devicePixelRatio);
  canvas.style.width = `${w}px`;
  const context = canvas.getContext("2d");
  if (!context) return;
  context.scale(devicePixelRatio, devicePixelRatio);
  channels.forEach(({ kernel }, i) => {
    const [left, top] = [(i % columns) * across, Math.floor(i / columns) * down];
    kernel.forEach((weight, k) => {
      context.fillStyle = colorOf(weight, largest);
      context.fillRect(left + (k % width) * cell, top + Math.floor(k / width) * cell, cell, cell);
    });
  });
}

/** Blue, white, red: white is 0 on a light page and on a dark one, as in mosaics. */
function colorOf(weight: number, largest: number): string {
  const share = largest > 0 ? Math.min(1, Math.abs(weight) / largest) : 0;
  const [red, green, blue] = weight < 0 ? [11, 58, 140] : [156, 30, 18];
  const mix = (full: number) => Math.round(247 + (full - 247) * share);
  return `rgb(${mix(red as number)} ${mix(green as number)} ${mix(blue as number)})`;
}
