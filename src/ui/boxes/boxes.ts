// What a detection network has found, drawn on its picture: asks for the boxes of each frame while they are on the screen. Loaded when `boxes` is set.
import { ModelError } from "../../engine/errors.ts";
import type { ConvCam } from "../element.ts";
import type { ConvCamEvents } from "../events.ts";
import type { Session } from "../session/session.ts";
import type { FrameSource } from "../sources.ts";
import { adoptStyles } from "../style-sheet.ts";
import { UpdatedPart } from "../updated-part.ts";
import { wantedLook } from "../wanted-scene.ts";
import styles from "./boxes.css?inline";
import { BoxesPanel } from "./boxes-panel.ts";
import { usualThreshold } from "./request.ts";

export interface BoxesHost {
  readonly session: Session | undefined;
  readonly labels: { readonly names: readonly string[] };
  /** Whether there is something to draw. */
  readonly isShown: boolean;
  readonly source: FrameSource | undefined;
  /** @returns false where a listener prevented the default */
  emit<Name extends "error">(type: Name, detail: ConvCamEvents[Name]): boolean;
}

export class Boxes extends UpdatedPart {
  readonly #host: BoxesHost;
  readonly #element: ConvCam;
  readonly #panel: BoxesPanel;
  /** Counts calls of {@link hide}. */
  #hides = 0;
  /** What was told last: it is told again only after something else. */
  #told: string | undefined;

  constructor(host: BoxesHost, element: ConvCam, next: Element) {
    super();
    this.#host = host;
    this.#element = element;
    this.#panel = new BoxesPanel({
      onReveal: () => this.update(),
      onThreshold: (threshold) => element.setAttribute("boxes", threshold),
    });
    adoptStyles(next.getRootNode() as ShadowRoot, styles);
    next.before(this.#panel.element);
    element.addEventListener("frame", () => {
      if (this.#panel.isVisible) this.update();
    });
    // A picture that cannot be read brings no frame, and boxes of the one before would stay.
    element.addEventListener("error", (event) => {
      if ((event as unknown as CustomEvent<ConvCamEvents["error"]>).detail.part === "input") this.update();
    });
  }

  get panel(): Element {
    return this.#panel.element;
  }

  hide(): void {
    this.#hides++;
    this.#panel.element.hidden = true;
  }

  protected async bringUpToDate(): Promise<void> {
    const text = this.#element.getAttribute("boxes");
    if (text === null || text === "none") return this.hide();
    const { session, isShown, source, labels } = this.#host;
    if (!session || !isShown) return;
    const hides = this.#hides;
    try {
      const threshold = readThreshold(text);
      const { preparation } = wantedLook(this.#element);
      const answer = source
        ? await session.ask({ kind: "boxes", threshold, preparation })
        : { reason: "There is no picture to find things in." };
      this.#told = undefined;
      if (hides === this.#hides) this.#panel.show(answer, { threshold, names: labels.names, isLive: source?.isLive === true });
    } catch (thrown) {
      const error = thrown as Error;
      const { name, message } = error;
      if (name === "AbortError" || hides !== this.#hides || message === this.#told) return;
      this.#told = message;
      this.#panel.show({ reason: message }, { threshold: usualThreshold, names: [], isLive: false });
      if (!this.#host.emit("error", { error, part: "boxes" })) this.#panel.element.hidden = true;
    }
  }
}

/** @throws ModelError that says what is accepted */
function readThreshold(text: string): number {
  const threshold = text.trim() === "" ? usualThreshold : Number(text);
  if (threshold >= 0 && threshold <= 1) return threshold;
  throw new ModelError(`boxes '${text}': expected the least score of a box, from 0 to 1, or none.`);
}
