// The effective part of what an element sees: heat over the picture where a small change moves the element most, and a sentence of what it says.
import type { Influence } from "../elements/influence.ts";
import type { Gallery } from "../gallery.ts";
import { make } from "../make.ts";
import type { MapPoint } from "../mosaic/maps.ts";
import type { Session } from "../session/session.ts";
import { describeSpan } from "./element-words.ts";
import type { ValueMark } from "./highlights.ts";

interface ElementAt {
  readonly value: string;
  readonly point: MapPoint;
}

interface Asked extends ElementAt {
  readonly session: Session;
}

/** What was answered, or why there is no answer. */
interface Told extends ElementAt {
  readonly influence?: Influence;
  readonly problem?: string;
}

export class InfluenceView {
  readonly #gallery: Gallery;
  readonly #onChange: () => void;
  readonly #canvas = make("canvas", "influence");
  #isWanted = false;
  #asked: Asked | undefined;
  #told: Told | undefined;
  #isAsking = false;

  /** @param onChange called when there is something else to say */
  constructor(gallery: Gallery, onChange: () => void) {
    this.#gallery = gallery;
    this.#onChange = onChange;
    this.#canvas.ariaHidden = "true";
  }

  get isWanted(): boolean {
    return this.#isWanted;
  }

  toggle(session: Session | undefined): void {
    this.#isWanted = !this.#isWanted;
    if (!this.#isWanted) this.clear(session);
    this.#onChange();
  }

  /** Asks for that of an element, with the picture as it is now, where somebody wants it. */
  follow(session: Session, value: string, { channel, y, x }: MapPoint): void {
    if (!this.#isWanted) return;
    this.#asked = { session, value, point: { channel, y, x } };
    if (!this.#isAsking) void this.#ask();
  }

  /** Shows nothing any more, and lets go of what was prepared for it. */
  clear(session: Session | undefined): void {
    if (!this.#asked) return;
    const { point } = this.#asked;
    this.#asked = undefined;
    this.#told = undefined;
    this.#canvas.remove();
    // If the session is gone, so is what was prepared.
    void session?.ask({ kind: "influence", value: undefined, point }).catch(() => undefined);
  }

  /** Lays the heat over the picture. @returns what is marked there */
  draw(picture: string, value: string, point: MapPoint): readonly ValueMark[] {
    const influence = this.#toldOf(value, point)?.influence;
    const [panel] = this.#gallery.panelsOf(picture);
    if (!influence || !panel?.layout) {
      this.#canvas.remove();
      return [];
    }
    paint(this.#canvas, influence);
    if (this.#canvas.parentElement !== panel.canvas.parentElement) panel.canvas.after(this.#canvas);
    const { core } = influence;
    return core ? [{ value: picture, kind: "core", text: "Nine tenths of what moves it", box: { channels: [0, 1], ...core } }] : [];
  }

  /** What is to be said of an element; undefined where nobody wants it. */
  textOf(value: string, point: MapPoint): string | undefined {
    if (!this.#isWanted) return undefined;
    const told = this.#toldOf(value, point);
    if (!told) return "Computing what moves it…";
    const { influence, problem } = told;
    if (!influence) return problem ?? "This network looks at no picture.";
    const { core } = influence;
    if (!core) return "Nothing in this picture moves it now: its slope is 0 at every pixel, as behind a ReLU that is off.";
    const size = `${core.y[1] - core.y[0]} × ${core.x[1] - core.x[0]}`;
    return `Warm is where a small change of a pixel moves it most, with this picture. Nine tenths of that lie in ${describeSpan("row", core.y)}, and nine tenths in ${describeSpan("column", core.x)}: ${size} pixels.`;
  }

  #toldOf(value: string, point: MapPoint): Told | undefined {
    return isSame(this.#told, { value, point }) ? this.#told : undefined;
  }

  async #ask(): Promise<void> {
    this.#isAsking = true;
    for (let asked: Asked | undefined; this.#asked && asked !== this.#asked; ) {
      asked = this.#asked;
      const { session, value, point } = asked;
      const told = await session.ask({ kind: "influence", value, point }).then(
        (influence): Told => ({ value, point, ...(influence && { influence }) }),
        (error: Error): Told => ({ value, point, problem: error.message }),
      );
      // Another network has come meanwhile, and with it another session.
      if (this.#asked && this.#asked.session !== session) continue;
      if (!this.#asked) break;
      const isNews = !isSame(this.#told, told) || numbersOf(this.#told) !== numbersOf(told);
      this.#told = told;
      // What is as before needs no other look, which would ask again.
      if (isNews) this.#onChange();
    }
    this.#isAsking = false;
  }
}

function numbersOf({ influence, problem }: Partial<Told> = {}): string {
  return JSON.stringify([influence?.largest, influence?.core, problem]);
}

function isSame(told: ElementAt | undefined, { value, point }: ElementAt): boolean {
  return (
    told?.value === value &&
    JSON.stringify([told.point.channel, told.point.y, told.point.x]) === JSON.stringify([point.channel, point.y, point.x])
  );
}

/** The square root of shares is what is seen: most slopes are far smaller than the largest. */
function paint(canvas: HTMLCanvasElement, { shares, height, width }: Influence): void {
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d");
  if (!context) return;
  const image = context.createImageData(width, height);
  shares.forEach((share, i) => image.data.set([255, 120, 30, Math.round(230 * Math.sqrt(share))], 4 * i));
  context.putImageData(image, 0, 0);
}
