// The explanation of an element, on its page: asks the session for what the attributes say, and shows it. Loaded when `explain` is set.

import { download } from "../download.ts";
import type { ConvCam } from "../element.ts";
import type { ConvCamEvents } from "../events.ts";
import { fileName, networkName } from "../export/file-name.ts";
import type { News } from "../frame-loop.ts";
import { classNameOf } from "../labels.ts";
import type { Session } from "../session/session.ts";
import { adoptStyles } from "../style-sheet.ts";
import { UpdatedPart } from "../updated-part.ts";
import { ClassPicker } from "./pick-class.ts";
import { allLayers, type Explained, type ExplainedNumbers } from "./request.ts";
import styles from "./why.css?inline";
import { WhyPanel } from "./why-panel.ts";
import { readWish, type Wish } from "./wish.ts";

export interface WhyHost {
  readonly session: Session | undefined;
  readonly labels: { readonly names: readonly string[] };
  /** Whether there is something to draw. */
  readonly isShown: boolean;
  /** Asks for a frame that brings these up to date. */
  wantFrame(...news: readonly News[]): void;
  /** @returns false where a listener prevented the default */
  emit<Name extends "explain" | "error">(type: Name, detail: ConvCamEvents[Name]): boolean;
}

interface Shown {
  readonly session: Session;
  readonly wish: Wish;
  readonly explained: Explained;
}

export class Why extends UpdatedPart {
  readonly #host: WhyHost;
  readonly #element: ConvCam;
  /** What the panel is put before. */
  readonly #next: Element;
  readonly #panel: WhyPanel;
  #picker: ClassPicker | undefined;
  /** The session that has the canvas. */
  #session: Session | undefined;
  #shown: Shown | undefined;
  /** What the class that was told last is called. */
  #told: string | undefined;
  /** Number of the latest request. */
  #id = 0;
  /** Counts calls of {@link hide}. */
  #hides = 0;
  /** The layer that was chosen among all. */
  #chosenLayer: string | undefined;

  constructor(host: WhyHost, element: ConvCam, next: Element) {
    super();
    this.#host = host;
    this.#element = element;
    this.#next = next;
    this.#panel = new WhyPanel({
      onReveal: () => host.wantFrame("draw"),
      onLayer: (layer) => {
        this.#chosenLayer = layer;
        element.setAttribute("explain-layer", layer);
      },
      onSave: () => this.#save(),
    });
    adoptStyles(next.getRootNode() as ShadowRoot, styles);
    next.before(this.#panel.element);
  }

  get panel(): Element {
    return this.#panel.element;
  }

  /** Whether it is drawn: while it is on the screen, and until it can be told what another picture or explanation shows. */
  get isDrawn(): boolean {
    return (this.#panel.isVisible || this.#panel.isPending) && this.#shown !== undefined;
  }

  /** The picture is another, or gone: what is shown is not of it. */
  forget(reason?: string): void {
    if (this.#shown) this.#panel.markOld(reason);
  }

  /** What it was of is gone. */
  hide(): void {
    this.#hides++;
    this.#shown = undefined;
    this.#panel.hide();
    this.#picker?.dispose();
    this.#picker = undefined;
  }

  /** The numbers of a frame of the picture that is shown. */
  show(numbers: ExplainedNumbers): void {
    if (numbers.id !== this.#id || !this.#shown) return;
    const { wish, explained } = this.#shown;
    const { class: index, score, againstScore, done, total } = numbers;
    const { names } = this.#host.labels;
    const label = explained.number ?? classNameOf(names, index);
    this.#told = label;
    const isTop = wish.class === undefined;
    const against = wish.against === undefined ? undefined : { class: wish.against, label: classNameOf(names, wish.against) };
    this.#picker?.mark((this.#next.getRootNode() as ShadowRoot).querySelector<HTMLElement>(".bars"), index);
    const { method } = wish;
    const layers = numbers.layers.map((sizes, i) => ({ layer: explained.layers[i] as string, ...sizes }));
    const isTold = this.#host.emit("explain", {
      method,
      layer: wish.layer === allLayers ? allLayers : (explained.layers[0] as string),
      layers,
      class: index,
      label,
      isTop,
      score,
      against: against && { ...against, score: againstScore },
      full: Math.max(...layers.map(({ full }) => full)),
      nonFiniteCount: layers.reduce((sum, { nonFiniteCount }) => sum + nonFiniteCount, 0),
      done,
      total,
    });
    const isCompared = this.#element.compare !== undefined;
    if (isTold) this.#panel.show({ ...numbers, label, isTop, against, isCompared }, explained, method);
    else this.#panel.markOld("");
  }

  protected async bringUpToDate(): Promise<void> {
    try {
      await this.#change();
    } catch (error) {
      if ((error as Error).name !== "AbortError") await this.#fail(error as Error);
    }
  }

  async #change(): Promise<void> {
    const { session, labels, isShown } = this.#host;
    const wish = readWish(this.#element, labels.names);
    if (!session || !isShown || !wish) {
      if (this.#shown) await session?.explain(undefined);
      this.hide();
      return;
    }
    this.#announce(session, wish);
    if (session !== this.#session) this.#panel.renew();
    const id = ++this.#id;
    const hides = this.#hides;
    const answered = await session.explain({ ...wish, ...this.#panel.room(wish.layer), id, canvas: this.#panel.canvas });
    this.#session = session;
    if (!answered || hides !== this.#hides) return;
    // One number is a class where somebody gives it the name of one.
    const explained = labels.names[0] === undefined ? answered : { ...answered, number: undefined };
    this.#shown = { session, wish, explained };
    this.#picker ??= new ClassPicker(this.#next.getRootNode(), (index) => this.#pick(index));
    this.#panel.place(explained, wish.method, wish.layer !== undefined && wish.layer === this.#chosenLayer && wish.layer !== allLayers);
    this.#host.wantFrame(...(explained.needsRun ? (["image", "run"] as const) : (["draw"] as const)));
  }

  /** Says what is being prepared where that is another explanation, or waited for where it is another class. */
  #announce(session: Session, { method, layer, class: index, against }: Wish): void {
    const before = this.#shown;
    if (!before || before.session !== session || before.wish.method !== method || before.wish.layer !== layer) {
      this.#shown = undefined;
      this.#panel.showPending(method);
    } else if (before.wish.class !== index || before.wish.against !== against) this.#panel.markOld();
  }

  /** Tells the page, and shows it here unless the page prevents that. The mosaics go on. */
  async #fail(error: Error): Promise<void> {
    this.#shown = undefined;
    this.#panel.showTrouble(error.message);
    if (!this.#host.emit("error", { error, part: "explain" })) this.hide();
    await this.#host.session?.explain(undefined).catch(() => undefined);
  }

  async #save(): Promise<void> {
    const { session } = this.#host;
    if (!session || !this.#shown) return;
    const { wish, explained } = this.#shown;
    const layer = wish.layer === allLayers ? "all-layers" : explained.layers[0];
    const name = fileName(networkName(this.#element.src), layer, wish.method, this.#told?.split(",")[0]);
    download(await session.ask({ kind: "explanation" }), `${name}.png`);
  }

  /** A class that is chosen already is let go: the top one is explained again. */
  #pick(index: number): void {
    if (this.#shown?.wish.class === index) this.#element.removeAttribute("explain-class");
    else this.#element.setAttribute("explain-class", `${index}`);
  }
}
