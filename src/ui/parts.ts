// The parts that most elements have not, beside their mosaics: the instrument, controls, a comparison, checkpoints, training, boxes of what was
// found, an explanation, growing patterns, brushes. The code of each is loaded when its attribute is first set.
import { loadPart } from "../engine/errors.ts";
import type { BoxesHost } from "./boxes/boxes.ts";
import type { CheckpointsHost } from "./checkpoints/checkpoints.ts";
import type { Comparison } from "./compare/comparison.ts";
import type { ControlsHost } from "./controls/controls.ts";
import type { ConvCam } from "./element.ts";
import { explanationId } from "./explain/request.ts";
import type { Why, WhyHost } from "./explain/why.ts";
import type { Gallery } from "./gallery.ts";
import type { Instrument, InstrumentHost } from "./instrument/instrument.ts";
import type { LayerChoice } from "./layers.ts";
import type { GrowingHost } from "./patterns/growing.ts";
import type { ImageLike } from "./picture-size.ts";
import type { Retouch, RetouchHost } from "./retouch/retouch.ts";
import type { FrameRequest } from "./session/session.ts";
import type { TrainHost } from "./train/host.ts";
import type { Training } from "./train/training.ts";

/** What a player does with any part. */
interface Part {
  /** Where it stands on the page; undefined where it stands around all else. */
  readonly panel?: Element | undefined;
  /** Resolves when everything asked for so far is shown, or has failed. */
  readonly complete: Promise<void>;
  /** Brings it up to date with the attributes, beside all else. */
  update(): void;
  /** What it was of is gone. */
  hide(): void;
}

type PartsHost = WhyHost & GrowingHost & InstrumentHost & CheckpointsHost & RetouchHost & ControlsHost & TrainHost & BoxesHost;
type Make = (host: PartsHost, element: ConvCam, gallery: Gallery) => Part;

/** By attribute, in the order in which they stand: before the gallery, but for the instrument, which stands around it. */
const kinds: Readonly<Record<string, () => Promise<Make>>> = {
  async view() {
    const { Instrument } = await import("./instrument/instrument.ts");
    return (host, element, gallery) => new Instrument(host, element, gallery);
  },
  async controls() {
    const { Controls } = await import("./controls/controls.ts");
    return (host, element, gallery) => new Controls(host, element, gallery);
  },
  async compare() {
    const { Comparison } = await import("./compare/comparison.ts");
    return (host, element, gallery) => new Comparison(host, element, gallery);
  },
  async checkpoints() {
    const { Checkpoints } = await import("./checkpoints/checkpoints.ts");
    return (host, element, gallery) => new Checkpoints(host, element, gallery.element);
  },
  async boxes() {
    const { Boxes } = await import("./boxes/boxes.ts");
    return (host, element, gallery) => new Boxes(host, element, gallery.element);
  },
  async explain() {
    const { Why } = await import("./explain/why.ts");
    return (host, element, gallery) => new Why(host, element, gallery.element);
  },
  async patterns() {
    const { Growing } = await import("./patterns/growing.ts");
    return (host, element, gallery) => new Growing(host, element, gallery.element);
  },
  // Above the layers, below what is asked of one picture: that stands nearer to where the picture is chosen.
  async train() {
    const { Training } = await import("./train/training.ts");
    return (host, element, gallery) => new Training(host, element, gallery.element);
  },
  async retouch() {
    const { Retouch } = await import("./retouch/retouch.ts");
    return (host, element) => new Retouch(host, element);
  },
};

/** What each is for, where it does not load: by its own name where none is here. */
const words: Readonly<Record<string, string>> = {
  view: "that looks into layers",
  compare: "for comparisons",
  train: "for training",
  explain: "for explanations",
  retouch: "for brushes",
};

export class Parts {
  readonly #host: PartsHost;
  readonly #element: ConvCam;
  readonly #gallery: Gallery;
  readonly #made = new Map<string, Part>();

  constructor(host: PartsHost, element: ConvCam, gallery: Gallery) {
    this.#host = host;
    this.#element = element;
    this.#gallery = gallery;
  }

  /** Undefined until the first explanation. */
  get why(): Why | undefined {
    return this.#made.get("explain") as Why | undefined;
  }

  /** Undefined until a place is first looked at. */
  get instrument(): Instrument | undefined {
    return this.#made.get("view") as Instrument | undefined;
  }

  /** Whether the weights are what was learned here. */
  get hasLearned(): boolean {
    return (this.#made.get("train") as Training | undefined)?.hasLearned === true;
  }

  /** Ids of what a frame draws besides the mosaics: of a picture that does not move the explanation, too, which has words and an event. */
  drawnIn({ runs, elapsedMs }: Pick<FrameRequest, "runs" | "elapsedMs">): readonly string[] {
    const isStill = runs && elapsedMs === undefined;
    return this.why?.isDrawn || (this.why && isStill) ? [explanationId] : [];
  }

  get complete(): Promise<void> {
    return Promise.all(Array.from(this.#made.values(), ({ complete }) => complete)) as Promise<unknown> as Promise<void>;
  }

  /** Loads what has a say in the first scene. What does not load keeps nothing else from being shown: {@link update} tells of it. */
  async prepare(): Promise<void> {
    await Promise.allSettled(["view", "compare", "retouch"].map((name) => this.#make(name)));
    await this.instrument?.prepare();
  }

  /** The picture as the network gets it. */
  retouched(image: ImageLike | undefined): ImageLike | undefined {
    const retouch = this.#made.get("retouch") as Retouch | undefined;
    return image && retouch ? retouch.apply(image) : image;
  }

  /** The panels for what would be shown of one network alone. */
  arrange(choices: readonly LayerChoice[]): readonly LayerChoice[] {
    const [train, compare] = [this.#made.get("train") as Training | undefined, this.#made.get("compare") as Comparison | undefined];
    return train?.arrange(choices) ?? compare?.arrange(choices) ?? choices;
  }

  async update(): Promise<void> {
    await Promise.all(
      Object.keys(kinds).map(async (name) => {
        await this.#make(name);
        this.#made.get(name)?.update();
      }),
    );
    if (this.#element.hasAttribute("hide")) (await import("./hidden.ts")).checkHidden(this.#element);
  }

  /** Shows the graph of a network that cannot be drawn; the sentence that says why is there already. */
  async showStill(): Promise<void> {
    await this.#make("view", true).catch(() => undefined);
    this.instrument?.update();
  }

  hide(): void {
    for (const part of this.#made.values()) part.hide();
  }

  /** What is compared may be a file, which no attribute holds. */
  #isAsked(name: string): boolean {
    return this.#element.hasAttribute(name) || (name === "compare" && this.#element.compare !== undefined);
  }

  async #make(name: string, isWanted = this.#isAsked(name)): Promise<void> {
    if (this.#made.has(name) || !isWanted) return;
    const make = await loadPart(words[name] ?? `for ${name}`, kinds[name] as () => Promise<Make>);
    if (!this.#made.has(name)) this.#place(name, make(this.#host, this.#element, this.#gallery));
  }

  /** Puts it before those that follow, whichever was asked for first. */
  #place(name: string, part: Part): void {
    this.#made.set(name, part);
    const names = Object.keys(kinds);
    const following = names.slice(names.indexOf(name) + 1).flatMap((one) => this.#made.get(one)?.panel ?? [])[0];
    if (part.panel) following?.before(part.panel);
  }
}
