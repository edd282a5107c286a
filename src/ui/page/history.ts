// Keeps the address and the browser's history up to date with what is shown: a link shows the same again, and Back undoes.
import type { ConvCam } from "../element.ts";
import type { ConvCamState } from "../state.ts";
import { type PageState, readAddress, writeAddress } from "./address.ts";

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
    // Gates and networks are no attributes: the frame that follows them tells.
    for (const name of ["frame", "load"]) this.#viewer.addEventListener(name, note);
  }

  /** Brings the address up to date at once, for somebody who wants to share it. */
  flush(): void {
    clearTimeout(this.#timer);
    if (this.#isShowing) return;
    this.#seen = this.#current;
    if (this.#seen !== (location.hash || "#")) history.pushState(null, "", this.#seen);
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
    const { show, report } = this.#parts;
    const mine = ++this.#count;
    const isLatest = () => mine === this.#count;
    this.#isShowing = true;
    const wanted = readAddress(location.hash);
    try {
      await show(wanted, isLatest);
      if (wanted.problem && isLatest()) report(wanted.problem);
    } catch (error) {
      if (isLatest()) report(error);
    }
    if (!isLatest()) return;
    this.#isShowing = false;
    this.#seen = this.#current;
    // Not a step: Forward goes on from here.
    history.replaceState(null, "", this.#seen);
  }
}
