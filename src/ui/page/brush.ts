// A brush over what the network looks at: it greys, blurs or paints with pointer or keyboard, and says what becomes of the answer. Loaded when it is
// first opened. The strokes are the element's attribute `retouch`, so they are in the address, and Back undoes them.

import { AnswerBefore } from "../answer-before.ts";
import type { ConvCam } from "../element.ts";
import type { ConvCamEvents } from "../events.ts";
import { sizeOf } from "../picture-size.ts";
import { RetouchedPicture } from "../retouch/retouched-picture.ts";
import { type Brush, drawnTo, readStrokes, type Stroke, type StrokePoint, writeStrokes } from "../retouch/strokes.ts";
import { listen } from "./listen.ts";
import { speaker } from "./speaker.ts";

interface BrushParts {
  readonly viewer: ConvCam;
  /** Over the preview, as large. */
  readonly canvas: HTMLCanvasElement;
  readonly controls: HTMLFormElement;
  readonly width: HTMLInputElement;
  readonly color: HTMLInputElement;
  readonly undo: HTMLButtonElement;
  readonly clear: HTMLButtonElement;
  /** Says what the answer was, and what it is now. */
  readonly before: HTMLElement;
  readonly spoken: HTMLElement;
  /** The answer that was there before. */
  readonly results: ConvCamEvents["results"] | undefined;
}

/** Pixels of the longer side of what is drawn here; the network gets strokes over the whole picture. */
const largestSide = 640;

const steps: Readonly<Record<string, StrokePoint>> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
};

export class BrushOverPicture {
  readonly #parts: BrushParts;
  readonly #picture = new RetouchedPicture(largestSide);
  readonly #answer = new AnswerBefore("Clear the brush");
  /** What was changed in the network when the last answer came, as text. */
  #changes = "";
  readonly #speak: (text: string) => void;
  /** Texts of the strokes before, the latest last. */
  readonly #past: string[] = [];
  /** Whether the last stroke is a patch that the arrow keys move. */
  #movesPatch = false;
  #isOpen = false;
  #request = 0;

  constructor(parts: BrushParts) {
    this.#parts = parts;
    this.#speak = speaker(parts.spoken);
    const { viewer, canvas, controls, undo, clear } = parts;
    canvas.role = "application";
    canvas.addEventListener("pointerdown", (event) => this.#begin(event));
    canvas.addEventListener("pointermove", (event) => this.#goOn(event));
    canvas.addEventListener("keydown", (event) => this.#onKey(event));
    controls.addEventListener("submit", (event) => event.preventDefault());
    controls.addEventListener("change", () => this.#reflectTool());
    undo.addEventListener("click", () => this.#undo());
    clear.addEventListener("click", () => this.#change([]));
    new ResizeObserver(() => this.#redrawSoon()).observe(canvas);
    new MutationObserver(() => this.#reflect()).observe(viewer, { attributeFilter: ["retouch"] });
    for (const name of ["frame", "input"]) viewer.addEventListener(name, () => this.#redrawSoon());
    listen(viewer, "results", (results) => this.#tell(results));
    listen(viewer, "reset", () => {
      this.#answer.forget();
      this.#say("");
    });
    this.#say("");
    if (parts.results) this.#tell(parts.results);
  }

  /** Closed, the network gets the picture as it is. */
  show(isOpen: boolean): void {
    this.#isOpen = isOpen;
    this.#parts.canvas.hidden = !isOpen;
    if (!isOpen) this.#change([]);
    this.#reflectTool();
    this.#reflect();
  }

  get #strokes(): readonly Stroke[] {
    try {
      return readStrokes(this.#parts.viewer.getAttribute("retouch") ?? "");
    } catch {
      // The element says what is wrong with the text.
      return [];
    }
  }

  get #brush(): Brush {
    const { controls, color } = this.#parts;
    const chosen = new FormData(controls).get("brush");
    return chosen === "gray" || chosen === "blur" ? chosen : (color.value as Brush);
  }

  #newStroke(point: StrokePoint): Stroke {
    return { brush: this.#brush, width: Number(this.#parts.width.value), points: [point] };
  }

  /** @param isStep whether it can be undone by itself, and is not one more move of the stroke before */
  #change(strokes: readonly Stroke[], isStep = true): void {
    const { viewer } = this.#parts;
    const before = viewer.getAttribute("retouch") ?? "";
    const text = writeStrokes(strokes);
    if (text === before) return;
    if (isStep) this.#past.push(before);
    if (strokes.length === 0) this.#movesPatch = false;
    this.#set(text);
  }

  #undo(): void {
    this.#movesPatch = false;
    const text = this.#past.pop();
    if (text !== undefined) this.#set(text);
  }

  #set(text: string): void {
    const { viewer } = this.#parts;
    if (text) viewer.setAttribute("retouch", text);
    else viewer.removeAttribute("retouch");
    this.#reflect();
  }

  #begin(event: PointerEvent): void {
    if (event.button !== 0) return;
    const { canvas } = this.#parts;
    canvas.setPointerCapture(event.pointerId);
    this.#movesPatch = false;
    this.#change([...this.#strokes, this.#newStroke(this.#pointUnder(event))]);
    event.preventDefault();
    canvas.focus({ preventScroll: true });
  }

  #goOn(event: PointerEvent): void {
    if (!this.#parts.canvas.hasPointerCapture(event.pointerId)) return;
    const strokes = this.#strokes;
    const last = strokes.at(-1);
    if (last) this.#change([...strokes.slice(0, -1), drawnTo(last, this.#pointUnder(event))], false);
  }

  /** Arrows move a patch, Enter and Space leave it where it is, plus and minus change the width, Delete clears, Ctrl+Z undoes. */
  #onKey(event: KeyboardEvent): void {
    const { key, shiftKey } = event;
    const isUndo = key === "z" && (event.ctrlKey || event.metaKey);
    if (!isUndo && (event.ctrlKey || event.metaKey || event.altKey)) return;
    const step = steps[key];
    if (isUndo) this.#undo();
    else if (step) this.#movePatch(step, shiftKey ? 0.01 : 0.04);
    else if (key === "Enter" || key === " ") this.#movesPatch = false;
    else if (key === "Delete" || key === "Backspace") this.#change([]);
    else if (key === "+" || key === "-") this.#widen(key === "+" ? 1 : -1);
    else return;
    event.preventDefault();
  }

  /** The first step puts a patch into the middle. */
  #movePatch([down, right]: StrokePoint, reach: number): void {
    const strokes = this.#strokes;
    const last = this.#movesPatch ? strokes.at(-1) : undefined;
    const [[y, x] = [0.5, 0.5]] = last?.points ?? [];
    const across = this.#isMirrored ? -right : right;
    const kept = (share: number) => Math.min(1, Math.max(0, share));
    const patch = this.#newStroke(last ? [kept(y + down * reach), kept(x + across * reach)] : [0.5, 0.5]);
    this.#change([...(last ? strokes.slice(0, -1) : strokes), patch], !last);
    this.#movesPatch = true;
  }

  #widen(direction: number): void {
    const { width } = this.#parts;
    if (direction > 0) width.stepUp(3);
    else width.stepDown(3);
    this.#reflectTool();
  }

  /** A patch that is moved takes the brush that is chosen. */
  #reflectTool(): void {
    const { width, color } = this.#parts;
    width.ariaValueText = `${Math.round(Number(width.value) * 100)}% of the picture's shorter side`;
    color.disabled = this.#brush === "gray" || this.#brush === "blur";
    const strokes = this.#strokes;
    const last = this.#movesPatch ? strokes.at(-1) : undefined;
    if (last) this.#change([...strokes.slice(0, -1), { ...this.#newStroke([0, 0]), points: last.points }], false);
  }

  #reflect(): void {
    const { undo, clear, viewer } = this.#parts;
    undo.disabled = this.#past.length === 0;
    clear.disabled = !viewer.hasAttribute("retouch");
    this.#redrawSoon();
  }

  #tell(results: ConvCamEvents["results"]): void {
    const { viewer } = this.#parts;
    // What gates or other weights do to the answer is not the brush's.
    const changes = JSON.stringify([viewer.gates, viewer.getAttribute("blank"), viewer.getAttribute("checkpoint")]);
    if (changes !== this.#changes) this.#answer.forget();
    this.#changes = changes;
    // A canvas may be drawn on at any time.
    const isStill = viewer.picture instanceof ImageBitmap;
    this.#say(this.#answer.tell(results, { labels: viewer.labels, isChanged: viewer.hasAttribute("retouch"), isStill }));
  }

  /** @param text empty before there is anything to say */
  #say(text: string): void {
    const said = text || "Brush over the picture. What the network gets is changed, and its answer with it.";
    this.#parts.before.textContent = said;
    this.#speak(said);
  }

  /** The middle of the picture is shown, as much as fills the preview. */
  get #shown() {
    const { canvas, viewer } = this.#parts;
    const { picture } = viewer;
    const whole = picture ? sizeOf(picture) : { width: 1, height: 1 };
    const aspect = canvas.clientWidth / canvas.clientHeight || 1;
    const width = Math.min(whole.width, whole.height * aspect);
    const height = Math.min(whole.height, whole.width / aspect);
    return { whole, width, height, left: (whole.width - width) / 2, top: (whole.height - height) / 2 };
  }

  get #isMirrored(): boolean {
    return this.#parts.canvas.previousElementSibling?.classList.contains("mirrored") === true;
  }

  #pointUnder(event: PointerEvent): StrokePoint {
    const box = this.#parts.canvas.getBoundingClientRect();
    const { whole, width, height, left, top } = this.#shown;
    const across = (event.clientX - box.left) / box.width;
    const x = this.#isMirrored ? 1 - across : across;
    return [(top + ((event.clientY - box.top) / box.height) * height) / (whole.height || 1), (left + x * width) / (whole.width || 1)];
  }

  #redrawSoon(): void {
    if (this.#isOpen && this.#request === 0) this.#request = requestAnimationFrame(() => this.#redraw());
  }

  #redraw(): void {
    this.#request = 0;
    const { viewer, canvas } = this.#parts;
    const { picture } = viewer;
    // An array has no picture to brush over.
    if (!picture || "data" in picture || !this.#isOpen) return;
    const { whole, width, height, left, top } = this.#shown;
    if (picture instanceof HTMLVideoElement) this.#redrawSoon();
    const [across, down] = [canvas.clientWidth, canvas.clientHeight].map((side) => Math.max(1, Math.round(side * devicePixelRatio))) as [
      number,
      number,
    ];
    if (canvas.width !== across || canvas.height !== down) Object.assign(canvas, { width: across, height: down });
    if (whole.width === 0) return;
    let drawn: HTMLCanvasElement;
    try {
      drawn = this.#picture.draw(picture, this.#strokes);
    } catch {
      // Of a picture of another origin the element says so.
      return;
    }
    const share = drawn.width / whole.width;
    const context = canvas.getContext("2d") as CanvasRenderingContext2D;
    context.drawImage(drawn, left * share, top * share, width * share, height * share, 0, 0, across, down);
  }
}
