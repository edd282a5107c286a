// What of a network is drawn while it learns: its maps, or in their place its weights, their change, or their gradient. On the page's side.
import type { ConvCam } from "../element.ts";
import type { LayerChoice } from "../layers.ts";
import { pictureAmong } from "../picture-among.ts";
import type { WeightsPart } from "../views/view.ts";
import { type DrawnPart, readDrawnPart } from "./drawn-parts.ts";
import type { TrainHost } from "./host.ts";
import type { Learning } from "./learning.ts";
import { textOfTile, type WeightTiles } from "./weight-tiles.ts";

/** What a panel is called, behind the name of its layer. */
const titles: Readonly<Record<WeightsPart, string>> = {
  weights: "weights",
  change: "change",
  gradient: "gradient",
};

interface Shown {
  readonly part: WeightsPart;
  readonly request: number;
  readonly tiles: ReadonlyMap<string, WeightTiles>;
}

export class Drawing {
  readonly #host: Pick<TrainHost, "invalidate" | "layers" | "emit">;
  readonly #element: ConvCam;
  /** What was asked for last. */
  #asked: { readonly learning: Learning; readonly part: DrawnPart; readonly isLost: boolean } | undefined;
  #shown: Shown | undefined;
  /** Why it is not drawn; it learns nonetheless. */
  problem: string | undefined;
  #requests = 0;
  /** How many steps were taken when gradients were asked for: they come with the next. */
  #awaitedAfter: number | undefined;

  constructor(host: Pick<TrainHost, "invalidate" | "layers" | "emit">, element: ConvCam) {
    this.#host = host;
    this.#element = element;
  }

  /** What is chosen; maps where the attribute says what there is not. */
  get part(): DrawnPart {
    try {
      return readDrawnPart(this.#element.getAttribute("train-draws"));
    } catch {
      return "maps";
    }
  }

  /** It has learned: a second network that has come apart leaves the tiles, and gradients are there that were not before. */
  async follow(learning: Learning): Promise<void> {
    if (this.#asked?.learning !== learning) return;
    if (this.#asked.isLost !== isLost(learning)) await this.update(learning);
    else if (this.#shown && this.#awaitedAfter !== undefined && learning.history.steps > this.#awaitedAfter) {
      this.#awaitedAfter = undefined;
      this.#shown = { ...this.#shown, request: ++this.#requests };
      this.#host.invalidate("scene");
    }
  }

  /** Brings it up to date with the attribute, and with which networks learn. */
  async update(learning: Learning | undefined): Promise<void> {
    try {
      await this.#update(learning, this.#readPart());
    } catch (error) {
      const { name, message } = error as Error;
      if (name === "AbortError" || message === this.problem) return;
      if (this.#host.emit("error", { error: error as Error, part: "train" })) this.problem = message;
    }
  }

  /** @throws Error for what there is not; whatever comes then is asked for anew */
  #readPart(): DrawnPart {
    try {
      return readDrawnPart(this.#element.getAttribute("train-draws"));
    } catch (error) {
      this.#asked = undefined;
      throw error;
    }
  }

  async #update(learning: Learning | undefined, part: DrawnPart): Promise<void> {
    const asked = this.#asked;
    if (!learning || (asked?.learning === learning && asked.part === part && asked.isLost === isLost(learning))) return;
    // Maps are drawn where nobody has asked for anything else.
    const isNew = part !== "maps" || this.#shown !== undefined;
    this.#asked = { learning, part, isLost: isLost(learning) };
    this.problem = undefined;
    if (!isNew) return;
    const tiles = await learning.draw(part);
    if (this.#asked?.learning !== learning) return;
    this.#awaitedAfter = part === "gradient" ? learning.history.steps : undefined;
    this.#shown = part === "maps" ? undefined : { part, request: ++this.#requests, tiles: new Map(tiles.map((one) => [one.value, one])) };
    this.#host.invalidate("scene");
  }

  /** The network is gone: maps are drawn of the next, until it learns. */
  forget(): void {
    this.#asked = undefined;
    this.problem = undefined;
    if (!this.#shown) return;
    this.#shown = undefined;
    this.#host.invalidate("scene");
  }

  /** Panels of weights, once each; undefined where maps are drawn, as where one looks at layers without weights alone. */
  arrange(choices: readonly LayerChoice[]): readonly LayerChoice[] | undefined {
    if (!this.#shown) return undefined;
    const isInColors = (this.#element.getAttribute("compare-as")?.trim() || "colors") === "colors";
    const arranged = arrangeWeights(choices, { ...this.#shown, isInColors }, pictureAmong(this.#host.layers));
    return arranged.some(({ draws }) => draws) ? arranged : undefined;
  }
}

/** Whether a second network has come apart. */
function isLost({ history }: Learning): boolean {
  return history.rival?.lost !== undefined;
}

/** @param picture what the network looks at, which is shown as it is */
export function arrangeWeights(
  choices: readonly LayerChoice[],
  {
    part,
    request,
    tiles,
    isInColors,
  }: Shown & { /** Whether two networks that learn are shown in the same tiles. */ readonly isInColors: boolean },
  picture: string | undefined,
): readonly LayerChoice[] {
  const seen = new Set<string>();
  const both = choices.flatMap(({ compare, ...choice }) => (compare === undefined ? [choice] : [choice, { ...choice, value: compare }]));
  return both.flatMap(({ axes: _, ...choice }): readonly LayerChoice[] => {
    const { value } = choice;
    if (value === picture) return [choice];
    const one = tiles.get(value);
    if (!one || seen.has(one.weight)) return [];
    const channels = choice.channels?.filter((channel) => channel < one.outputs);
    if (channels?.length === 0) return [];
    seen.add(one.weight);
    return [
      {
        ...choice,
        ...(channels && { channels }),
        value: `${titles[part]} of ${value}`,
        title: `${value} · ${titles[part]}`,
        // The maps stay where they are, for whoever goes back to them.
        reads: [value, ...(choice.reads ?? [])],
        draws: { part, tiles: one, request, isBoth: isInColors && one.isShared === true },
        layer: {
          value,
          operator: textOfTile(one),
          shape: [1, one.outputs, one.tileRows, one.tileColumns],
          ...{ isView: false, isInsideLayer: false },
        },
      },
    ];
  });
}
