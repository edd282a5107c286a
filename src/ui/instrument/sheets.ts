// The canvases under an overview: thumbnails of many values on a few large ones, of which those on the screen are drawn.
import type { ViewOutcome } from "../scene.ts";
import type { SheetCell, View } from "../views/view.ts";

/** A thumbnail's value and place, in CSS pixels. */
export interface Thumbnail {
  readonly value: string;
  readonly x: number;
  readonly y: number;
  readonly side: number;
  /** Whether it is the network's image input. */
  readonly isPicture: boolean;
}

interface Sheet {
  readonly canvas: HTMLCanvasElement;
  readonly cells: readonly SheetCell[];
  readonly width: number;
  readonly height: number;
}

/** Device pixels of a sheet's side, but for thumbnails that stand over its edge. */
const sheetSide = 2048;

export class Sheets {
  readonly #parent: HTMLElement;
  readonly #onReveal: () => void;
  readonly #visible = new Set<string>();
  readonly #visibility: IntersectionObserver;
  /** Those of sheets that are placed. A later sheet of the same id has a new one: a worker lets go of what is not shown. */
  readonly #canvases = new Map<string, HTMLCanvasElement>();
  #sheets = new Map<string, Sheet>();
  /** Device pixels of a pixel that places are in. */
  #ratio = 1;

  /** @param parent where thumbnails' places are counted from, and which scrolls in `scroller` */
  constructor(parent: HTMLElement, scroller: HTMLElement, onReveal: () => void) {
    this.#parent = parent;
    this.#onReveal = onReveal;
    this.#visibility = new IntersectionObserver((entries) => this.#onVisibility(entries), { root: scroller, rootMargin: "128px" });
  }

  /** Ids of the views on the screen. */
  get visible(): readonly string[] {
    return [...this.#visible].filter((id) => this.#sheets.has(id));
  }

  get views(): readonly View[] {
    return Array.from(this.#sheets, ([id, { canvas, cells, width, height }]) => {
      const [first] = cells as [SheetCell];
      return { id, kind: "sheet", value: first.value, cells, canvas, width, height };
    });
  }

  /** Places other thumbnails. @param zoom CSS pixels of the screen for one of the places' @returns whether there is something to draw anew */
  place(thumbnails: readonly Thumbnail[], zoom: number): boolean {
    this.#ratio = devicePixelRatio * zoom;
    const before = this.#describe();
    const groups = new Map<string, Thumbnail[]>();
    for (const thumbnail of thumbnails) {
      const id = `sheet ${this.#sheetAt(thumbnail.x)} ${this.#sheetAt(thumbnail.y)}`;
      groups.set(id, [...(groups.get(id) ?? []), thumbnail]);
    }
    this.#sheets = new Map(Array.from(groups, ([id, cells]) => [id, this.#make(id, cells)]));
    for (const id of this.#canvases.keys()) if (!this.#sheets.has(id)) this.#remove(id);
    return this.#describe() !== before;
  }

  /** @returns what became of the sheets, where one could not be drawn */
  show(outcomes: readonly ViewOutcome[]): string | undefined {
    for (const outcome of outcomes) if (this.#sheets.has(outcome.id) && "problem" in outcome) return outcome.problem;
    return undefined;
  }

  /** Lets go of everything: the overview is closed, or the next ones are of another network, or another session. */
  clear(): void {
    for (const id of this.#canvases.keys()) this.#remove(id);
    this.#sheets.clear();
  }

  #remove(id: string): void {
    const canvas = this.#canvases.get(id);
    if (!canvas) return;
    this.#visibility.unobserve(canvas);
    canvas.remove();
    this.#canvases.delete(id);
    this.#visible.delete(id);
  }

  #describe(): string {
    return JSON.stringify(Array.from(this.#sheets, ([id, { cells }]) => [id, cells]));
  }

  #make(id: string, thumbnails: readonly Thumbnail[]): Sheet {
    const canvas = this.#canvases.get(id) ?? this.#makeCanvas(id);
    const ratio = this.#ratio;
    const [, column = "0", row = "0"] = id.split(" ");
    const [left, top] = [Number(column) * sheetSide, Number(row) * sheetSide];
    const cells = thumbnails.map(({ value, isPicture, x, y, side }) => ({
      value,
      isPicture,
      x: Math.round(x * ratio) - left,
      y: Math.round(y * ratio) - top,
      width: Math.round(side * ratio),
      height: Math.round(side * ratio),
    }));
    const width = Math.max(...cells.map((cell) => cell.x + cell.width));
    const height = Math.max(...cells.map((cell) => cell.y + cell.height));
    const css = { left: left / ratio, top: top / ratio, width: width / ratio, height: height / ratio };
    for (const [name, length] of Object.entries(css)) canvas.style.setProperty(name, `${length}px`);
    return { canvas, cells, width, height };
  }

  #makeCanvas(id: string): HTMLCanvasElement {
    const canvas = document.createElement("canvas");
    canvas.className = "sheet";
    canvas.ariaHidden = "true";
    canvas.dataset["id"] = id;
    this.#canvases.set(id, canvas);
    this.#parent.prepend(canvas);
    this.#visibility.observe(canvas);
    return canvas;
  }

  #sheetAt(x: number): number {
    return Math.floor(Math.round(x * this.#ratio) / sheetSide);
  }

  #onVisibility(entries: readonly IntersectionObserverEntry[]): void {
    let isAnyNew = false;
    for (const { target, isIntersecting } of entries) {
      const id = (target as HTMLElement).dataset["id"] ?? "";
      if (isIntersecting) this.#visible.add(id);
      else this.#visible.delete(id);
      isAnyNew ||= isIntersecting;
    }
    if (isAnyNew) this.#onReveal();
  }
}
