// The patterns of an element, on its page: asks the session for what the attributes say, and lets them grow with the page's animation frames.
// Loaded when `patterns` is set.
import { readAttribute, readPreparation } from "../attributes.ts";
import { download } from "../download.ts";
import type { ConvCam } from "../element.ts";
import type { ConvCamEvents } from "../events.ts";
import type { Session } from "../session/session.ts";
import { adoptStyles } from "../style-sheet.ts";
import type { Stage } from "../update-cycle.ts";
import { UpdatedPart } from "../updated-part.ts";
import styles from "./patterns.css?inline";
import { PatternsPanel } from "./patterns-panel.ts";
import type { Grown, PatternWish } from "./request.ts";
import { readPatternWish } from "./wish.ts";

export interface GrowingHost {
  readonly session: Session | undefined;
  readonly labels: { readonly names: readonly string[] };
  /** Another number after each change of what the network computes with: its weights, its gates. */
  readonly networkId: number;
  /** Whether there is something to draw. */
  readonly isShown: boolean;
  invalidate(...stages: readonly Stage[]): void;
  /** @returns false where a listener prevented the default */
  emit<Name extends "patterns" | "error">(type: Name, detail: ConvCamEvents[Name]): boolean;
}

/** What is asked for. */
interface Asked {
  readonly session: Session;
  /** All that they depend on, but for the network's weights and gates. */
  readonly key: string;
  readonly networkId: number;
}

interface Shown extends Asked {
  readonly id: number;
  readonly wish: PatternWish;
}

/** Milliseconds of the GPU that the steps of one animation frame may take; at least one is taken. */
const budgetMs = 10;
const mostSteps = 16;

export class Growing extends UpdatedPart {
  readonly #host: GrowingHost;
  readonly #element: ConvCam;
  /** Holds the panels of the layers. */
  readonly #gallery: Element;
  readonly #panel: PatternsPanel;
  #shown: Shown | undefined;
  /** The latest request. What was refused is not asked for again before something is another. */
  #asked: Asked | undefined;
  /** Why there are none, as it was told. */
  #refusal: string | undefined;
  #grown: Grown | undefined;
  /** Number of the latest request. What is answered to earlier ones is dropped. */
  #id = 0;
  /** Whether its own button has paused it. */
  #isHeld = matchMedia("(prefers-reduced-motion: reduce)").matches;
  #frame = 0;
  #isUnderWay = false;
  /** Whether it is to be drawn anew though no step is due. */
  #wantsDraw = false;
  #stepsPerFrame = 1;

  constructor(host: GrowingHost, element: ConvCam, gallery: Element) {
    super();
    this.#host = host;
    this.#element = element;
    this.#gallery = gallery;
    this.#panel = new PatternsPanel({
      onReveal: () => this.#request(),
      onResize: () => this.#redraw(),
      onHold: () => this.#hold(!this.#isHeld),
      onSave: () => this.#save(),
      nameOf: (channel) => this.#nameOf(channel),
    });
    adoptStyles(gallery.getRootNode() as ShadowRoot, styles);
    gallery.before(this.#panel.element);
    new MutationObserver(() => this.#hold(this.#isHeld)).observe(element, { attributeFilter: ["paused"] });
  }

  get panel(): Element {
    return this.#panel.element;
  }

  /** The network that they were of is gone. */
  hide(): void {
    this.#forget();
    this.#asked = undefined;
    this.#refusal = undefined;
    this.#panel.element.hidden = true;
    this.#standIn(undefined);
  }

  #forget(): void {
    this.#id++;
    this.#shown = undefined;
    this.#grown = undefined;
    this.#stepsPerFrame = 1;
  }

  protected async bringUpToDate(): Promise<void> {
    const before = this.#id;
    try {
      await this.#change();
    } catch (error) {
      // Of a network that is gone meanwhile nobody wants to hear; one request was made at most.
      if ((error as Error).name !== "AbortError" && this.#id <= before + 1) this.#fail(error as Error);
    }
  }

  async #change(): Promise<void> {
    const { session, isShown, networkId } = this.#host;
    const before = this.#asked;
    this.#asked = undefined;
    const wish = readPatternWish(this.#element);
    if (!session || !isShown || !wish) {
      const shown = this.#shown;
      this.hide();
      await shown?.session.ask({ kind: "grow", request: { do: "end" } });
      return;
    }
    const preparation = { ...this.#element.preparation, ...readPreparation(this.#element) };
    const key = JSON.stringify([wish, preparation, readAttribute(this.#element, "precision")]);
    const isSame = before?.session === session && before.key === key;
    this.#asked = { session, key, networkId };
    this.#panel.note(this.#element.gates.length > 0 ? gatesNote : "");
    if (isSame && before.networkId === networkId) {
      if (this.#shown) this.#standIn(wish.layer);
      return;
    }
    this.#standIn(wish.layer);
    const isOfChanged = isSame && this.#shown !== undefined;
    this.#forget();
    this.#refusal = undefined;
    const id = this.#id;
    this.#panel.showPending(wish.layer, isOfChanged);
    const canvas = this.#panel.renew();
    const request = { do: "begin", id, wish, preparation, ...this.#panel.room() } as const;
    const grown = await session.ask({ kind: "grow", request, canvas });
    if (id !== this.#id || !grown) return;
    this.#shown = { id, session, wish, key, networkId };
    this.#panel.begin(grown, isOfChanged);
    this.#show(grown, true);
  }

  #show(grown: Grown, isNew: boolean): void {
    this.#grown = grown;
    this.#panel.show(grown);
    this.#hold(this.#isHeld);
    const { layer, channels, done, steps, answers } = grown;
    if (isNew) this.#host.emit("patterns", { layer, channels, done, steps, answers });
  }

  /** Steps with each animation frame while there are some to take, somebody sees it and nothing is paused. */
  #request(): void {
    if (this.#frame !== 0 || this.#isUnderWay || !this.#shown) return;
    if (this.#wantsDraw || this.#mayStep()) this.#frame = requestAnimationFrame(() => void this.#onFrame());
  }

  #mayStep(): boolean {
    const { done = 0, steps = 0 } = this.#grown ?? {};
    return done < steps && !this.#isHeld && !this.#element.paused && this.#panel.isVisible;
  }

  async #onFrame(): Promise<void> {
    this.#frame = 0;
    const shown = this.#shown;
    const grown = this.#grown;
    if (!shown || !grown || this.#isUnderWay || !this.#isCurrent(shown)) return;
    const count = this.#mayStep() ? Math.min(this.#stepsPerFrame, grown.steps - grown.done) : 0;
    this.#isUnderWay = true;
    this.#wantsDraw = false;
    try {
      const { id, session } = shown;
      const next = await session.ask({ kind: "grow", request: { do: "grow", id, count, ...this.#panel.room() } });
      if (!next || !this.#isCurrent(shown)) return;
      if (count > 0) this.#stepsPerFrame = paced(count, next.ms);
      this.#show(next, count > 0);
    } catch (error) {
      if ((error as Error).name !== "AbortError" && shown === this.#shown) this.#fail(error as Error);
    } finally {
      this.#isUnderWay = false;
      this.#request();
    }
  }

  /** Steps with a network that has changed would be mixed with those before. */
  #isCurrent(shown: Shown): boolean {
    return shown === this.#shown && shown.networkId === this.#host.networkId;
  }

  #redraw(): void {
    this.#wantsDraw = true;
    this.#request();
  }

  /** Pauses or goes on, and says so. */
  #hold(isHeld: boolean): void {
    this.#isHeld = isHeld;
    this.#panel.showState({ isHeld, isPaused: this.#element.paused });
    this.#request();
  }

  /** Tells the page, and shows it here unless the page prevents that. The mosaics go on. */
  #fail(error: Error): void {
    this.#forget();
    this.#standIn(undefined);
    if (this.#refusal === error.message) return;
    this.#refusal = error.message;
    this.#panel.showTrouble(error.message);
    if (!this.#host.emit("error", { error, part: "patterns" })) this.#panel.element.hidden = true;
    // Those before are gone, too.
    this.#host.session?.ask({ kind: "grow", request: { do: "end" } }).catch(() => undefined);
  }

  async #save(): Promise<void> {
    const { session } = this.#shown ?? {};
    if (!session) return;
    const { picture, layer } = await session.ask({ kind: "patterns" });
    download(picture, `patterns of ${layer}.png`);
  }

  /** Scores have the names of their classes. */
  #nameOf(channel: number): string {
    const name = this.#shown?.wish.layer === undefined ? this.#host.labels.names[channel] : undefined;
    return name ?? `channel ${channel}`;
  }

  /** Hides the maps of the layer, and shows those hidden before. What somebody looks into stays: its patterns stand above it. */
  #standIn(layer: string | undefined): void {
    const isLookedInto = (this.#element.getAttribute("view") ?? "overview") !== "overview";
    let isAnyShown = false;
    for (const panel of this.#gallery.querySelectorAll<HTMLElement>(".panel")) {
      const isHidden = !isLookedInto && layer !== undefined && panel.querySelector(".name")?.textContent === layer;
      isAnyShown ||= panel.hidden && !isHidden;
      panel.hidden = isHidden;
    }
    // A panel that was hidden has not been measured.
    if (isAnyShown) this.#host.invalidate("scene");
  }
}

const gatesNote = "Found with the channels that are silenced, or changed, as they are.";

/** More steps where the GPU has time left, half as many where it was late. */
function paced(count: number, ms: number): number {
  if (ms > budgetMs) return Math.max(1, count >> 1);
  return ms < budgetMs / 2 ? Math.min(mostSteps, 2 * count) : count;
}
