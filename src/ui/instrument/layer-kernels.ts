// All kernels of a layer at a glance: a tile for each output channel, in colours where it reads a picture in colour, else in those of their signs. The
// number under the pointer is told, a click goes to the channel, and the weights can be kept.
import { html, nothing, render } from "lit";
import { encodeNpy } from "../../engine/npy.ts";
import { Tensor } from "../../engine/tensor.ts";
import { asSentence } from "../as-sentence.ts";
import { download } from "../download.ts";
import type { ConvCam } from "../element.ts";
import { fileName, networkName } from "../export/file-name.ts";
import { formatNumber } from "../format-number.ts";
import type { InputChoice, Kernels } from "../kernels/request.ts";
import { make } from "../make.ts";
import type { MosaicLayout } from "../mosaic/layout.ts";
import type { MapPoint } from "../mosaic/maps.ts";
import { arrows, followPointer, placeMark, rectangleOf } from "../pointing.ts";
import type { Session } from "../session/session.ts";
import { wantedLook } from "../wanted-scene.ts";
import { kernelPixels, layoutKernels } from "./kernel-pixels.ts";
import { captionOf, inputTitles, readoutOf } from "./kernel-words.ts";
import type { KernelsHost } from "./kernels-offer.ts";
import { inward, type Place } from "./place.ts";

/** CSS pixels that a mark stands over the tiles. */
const markWidth = 3;

interface Shown {
  readonly place: Place;
  readonly session: Session;
  readonly kernels: Kernels;
}

export class LayerKernels {
  readonly element = make("div", "layer-kernels");
  readonly #host: KernelsHost;
  readonly #viewer: ConvCam;
  readonly #about = make("div", "kernel-about");
  readonly #scroller = make("div", "kernel-scroller");
  readonly #frame = make("div", "kernel-frame");
  readonly #canvas = make("canvas", "kernel-tiles");
  readonly #mark = make("div", "mark");
  readonly #readout = make("output", "readout");
  readonly #save = make("button", "part-button", "Weights as .npy");
  #shown: Shown | undefined;
  /** What was asked for last. */
  #asked: { readonly session: Session; readonly key: string } | undefined;
  /** Of several inputs, the one that somebody has chosen, for layers like it. */
  #input: InputChoice | undefined;
  #layout: MosaicLayout | undefined;
  #point: MapPoint | undefined;

  constructor(host: KernelsHost, viewer: ConvCam) {
    this.#host = host;
    this.#viewer = viewer;
    this.#canvas.role = "img";
    this.#canvas.tabIndex = 0;
    this.#mark.hidden = true;
    this.#save.type = "button";
    this.#frame.append(this.#canvas, this.#mark);
    this.#scroller.append(this.#frame);
    this.element.append(this.#about, this.#scroller, this.#readout, this.#save);
    for (const type of ["pointermove", "pointerdown", "pointerleave"] as const)
      this.#canvas.addEventListener(type, (event) =>
        followPointer(event, this.#canvas.getBoundingClientRect(), this.#layout, (point) => this.#choose(point)),
      );
    this.#canvas.addEventListener("click", () => this.#go());
    this.#canvas.addEventListener("keydown", (event) => this.#onKey(event));
    this.#save.addEventListener("click", () => void this.#keep());
    new ResizeObserver(() => this.#draw()).observe(this.#scroller);
  }

  /** Brings it up to date with the layer and its weights. @throws Error that says why it has no kernels */
  async show(place: Place, session: Session): Promise<void> {
    const { value } = place.layer;
    const isSameLayer = this.#shown?.session === session && this.#shown.place.layer.value === value;
    // The mean is there of every layer.
    const input = isSameLayer || this.#input === "mean" ? this.#input : undefined;
    const order = wantedLook(this.#viewer).preparation.channels;
    const key = JSON.stringify([value, input, this.#host.loaded.networkId, order]);
    if (this.#asked?.session === session && this.#asked.key === key) return;
    const asked = { session, key };
    this.#asked = asked;
    if (!isSameLayer) this.element.hidden = true;
    try {
      const kernels = await session.ask({ kind: "kernels", value, input });
      if (this.#asked !== asked) return;
      this.#input = input;
      this.#shown = { place, session, kernels };
    } catch (error) {
      if (this.#asked !== asked) return;
      this.#asked = undefined;
      this.#shown = undefined;
      throw error;
    }
    this.element.hidden = false;
    if (!isSameLayer) this.#point = undefined;
    this.#tell();
    this.#draw();
  }

  /** The network that they are of is gone: another may have a layer of the same name. */
  forget(): void {
    this.#asked = undefined;
    this.#shown = undefined;
    this.element.hidden = true;
  }

  /** What is seen, and which inputs it can be of. */
  #tell(): void {
    if (!this.#shown) return;
    const { kernels } = this.#shown;
    const titles = inputTitles(kernels);
    const choose = ({ target }: Event) => {
      const { value } = target as HTMLSelectElement;
      this.#input = value === "" ? undefined : value === "strongest" || value === "mean" ? value : Number(value);
      void this.#again();
    };
    render(
      html`
        <p class="about">${captionOf(kernels)}</p>
        ${
          titles.length > 1
            ? html`<label class="choice">Input
                <select .value=${`${this.#input ?? ""}`} @change=${choose}>
                  ${titles.map(([value, title]) => html`<option value=${value} ?selected=${value === `${this.#input ?? ""}`}>${title}</option>`)}
                </select>
              </label>`
            : nothing
        }
      `,
      this.#about,
    );
    this.#canvas.ariaLabel = `${captionOf(kernels)} Arrow keys read weights, Enter goes to the channel.`;
  }

  async #again(): Promise<void> {
    const { place, session } = this.#shown ?? {};
    if (!place || !session) return;
    await this.show(place, session).catch((error: Error) => {
      this.#readout.textContent = asSentence(error.message);
    });
  }

  #draw(): void {
    const width = this.#scroller.clientWidth - 2 * markWidth;
    if (!this.#shown || width <= 0) return;
    const { kernels } = this.#shown;
    const layout = layoutKernels(kernels, width, devicePixelRatio);
    this.#layout = layout;
    const canvas = this.#canvas;
    Object.assign(canvas, { width: layout.width, height: layout.height });
    canvas.style.width = `${layout.width / devicePixelRatio}px`;
    const isBlueFirst = wantedLook(this.#viewer).preparation.channels === "bgr";
    const tile = Object.assign(document.createElement("canvas"), { width: kernels.columns, height: kernels.rows });
    const [onto, from] = [canvas.getContext("2d"), tile.getContext("2d")];
    if (!onto || !from) return;
    onto.imageSmoothingEnabled = false;
    for (let i = 0; i < kernels.tiles; i++) {
      from.putImageData(new ImageData(kernelPixels(kernels, i, isBlueFirst), kernels.columns, kernels.rows), 0, 0);
      const { x, y } = rectangleOf(layout, { channel: i, y: 0, x: 0 });
      onto.drawImage(tile, x, y, layout.tileWidth, layout.tileHeight);
    }
    this.#choose(this.#point);
  }

  /** Marks a weight, and tells it. */
  #choose(point: MapPoint | undefined): void {
    const [layout, kernels] = [this.#layout, this.#shown?.kernels];
    const text = point && kernels && readoutOf(kernels, point, formatNumber);
    this.#point = text ? point : undefined;
    this.#mark.hidden = !text;
    this.#canvas.style.cursor = text ? "pointer" : "";
    if (text && layout && point) placeMark(this.#mark, rectangleOf(layout, point), layout);
    if (this.#readout.textContent !== (text ?? "")) this.#readout.textContent = text ?? "";
  }

  #go(): void {
    const { place } = this.#shown ?? {};
    if (!place || !this.#point) return;
    const middle = { y: Math.floor(place.maps.height / 2), x: Math.floor(place.maps.width / 2) };
    this.#host.go(inward({ ...place, view: "layer" }, place.layer, { channel: this.#point.channel, ...middle }));
  }

  /** Arrows go from weight to weight, also into the tile beside. */
  #onKey(event: KeyboardEvent): void {
    const [arrow, layout] = [arrows[event.key], this.#layout];
    if (event.key === "Enter" && this.#point) this.#go();
    else if (arrow && layout) {
      const next = this.#point ? beside(layout, this.#point, arrow) : { channel: 0, y: 0, x: 0 };
      if (next) this.#choose(next);
      this.#mark.scrollIntoView({ block: "nearest", inline: "nearest" });
    } else return;
    event.preventDefault();
    // Arrows beside maps go to other pages and channels.
    event.stopPropagation();
  }

  /** All weights, as the network computes with them. */
  async #keep(): Promise<void> {
    if (!this.#shown) return;
    const { session, kernels } = this.#shown;
    try {
      const { dtype, shape, bytes } = await session.ask({ kind: "value", value: kernels.weight });
      const file = encodeNpy(new Tensor(dtype, shape, bytes)) as Uint8Array<ArrayBuffer>;
      download(new Blob([file]), `${fileName(networkName(this.#viewer.src), kernels.weight)}.npy`);
    } catch (error) {
      this.#readout.textContent = asSentence((error as Error).message);
    }
  }
}

/** The weight a step to the right and down from another; undefined where no tile has one. */
function beside(
  { mapWidth, mapHeight, columns, channels }: MosaicLayout,
  { channel, y, x }: MapPoint,
  [dx, dy]: readonly [number, number],
): MapPoint | undefined {
  const [left, top] = [(channel % columns) * mapWidth + x + dx, Math.floor(channel / columns) * mapHeight + y + dy];
  const next = Math.floor(top / mapHeight) * columns + Math.floor(left / mapWidth);
  const isIn = left >= 0 && top >= 0 && left < columns * mapWidth && next < channels;
  return isIn ? { channel: next, y: top % mapHeight, x: left % mapWidth } : undefined;
}
