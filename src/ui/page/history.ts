// Keeps the address and the browser's history up to date with what is shown: a link shows the same again, and Back undoes.
import type { ConvCam } from "../element.ts";
import type { ConvCamState } from "../state.ts";
import { type PageState, readAddress, restOfSearch, writeAddress } from "./address.ts";

interface HistoryParts {
  /** Names of the networks that are shown, and how somebody wants pictures prepared. */
  chosen(): Omit<PageState, "state">;
  /**
   * Shows what an address says.
   *
   * @param isLatest false once another address is to be shown: what is left to do is not done then
   */
  show(wanted: PageState, isLatest: () => boolean): Promise<void>;
  report(error: unknown): void;
  /** All is shown that an address says: what was wrong with the one before is said no longer. */
  settle(): void;
}

/** The address of the same, whatever is drawn on the pad: a drawing is its last part. */
function withoutDrawing(address: string): string {
  return address.replace(/&?input=drawing:[^&]*$/, "");
}

/** What is changed by a drag or by typing is one step back, however many changes it was. */
const patienceMs = 400;

export class KeptHistory {
  readonly #viewer: ConvCam;
  readonly #parts: HistoryParts;
  #timer = 0;
  /** Counts addresses that are to be shown: a network may take seconds, and the next Back comes before. */
  #count = 0;
  /** While an address is being shown, what changes comes from it. */
  #isShowing = false;
  /** What was shown at the last look. */
  #seen = "";
  /** Whether the last step was a change of the drawing alone. More of them belong to it, or Back would have to be pressed for every stroke. */
  #hasDrawn = false;

  constructor(viewer: ConvCam, parts: HistoryParts) {
    this.#viewer = viewer;
    this.#parts = parts;
  }

  /** @returns when what the address says is shown */
  async start(): Promise<void> {
    addEventListener("popstate", () => void this.#open());
    await this.#open();
    const note = () => this.#note();
    new MutationObserver(note).observe(this.#viewer, { attributes: true });
    // Gates, networks and pictures are no attributes: the frame that follows them tells.
    for (const name of ["frame", "load", "input"]) this.#viewer.addEventListener(name, note);
  }

  /** Brings the address up to date at once, for somebody who wants to share it. */
  flush(): void {
    clearTimeout(this.#timer);
    if (this.#isShowing) return;
    this.#seen = this.#current;
    const before = location.hash || "#";
    if (this.#seen === before) return;
    const isDrawn = withoutDrawing(this.#seen) === withoutDrawing(before);
    if (isDrawn && this.#hasDrawn) history.replaceState(null, "", this.#seen);
    else history.pushState(null, "", this.#seen);
    this.#hasDrawn = isDrawn;
  }

  get #current(): string {
    return `#${writeAddress({ ...this.#parts.chosen(), state: this.#viewer.state as ConvCamState })}`;
  }

  /** Waits for the last of several changes. Frames of a camera, which come without an end, are none. */
  #note(): void {
    const current = this.#current;
    if (current === this.#seen) return;
    this.#seen = current;
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => this.flush(), patienceMs);
  }

  async #open(): Promise<void> {
    clearTimeout(this.#timer);
    const { show, report, settle } = this.#parts;
    const mine = ++this.#count;
    const isLatest = () => mine === this.#count;
    this.#isShowing = true;
    this.#hasDrawn = false;
    const wanted = readAddress(location.hash, location.search);
    try {
      await show(wanted, isLatest);
      if (isLatest()) wanted.problem ? report(wanted.problem) : settle();
    } catch (error) {
      if (isLatest()) report(error);
    }
    if (!isLatest()) return;
    this.#isShowing = false;
    this.#seen = this.#current;
    // Not a step: Forward goes on from here. What stood behind the ? is written as what is shown, which changes.
    const rest = restOfSearch(location.search);
    history.replaceState(null, "", rest === location.search ? this.#seen : `${location.pathname}${rest}${this.#seen}`);
  }
}
