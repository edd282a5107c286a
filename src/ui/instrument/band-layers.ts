// The table under an overview: whether it is there, how it is sorted, and which layer's name is being changed. What draws it is loaded when somebody
// wants to see it.
import { nothing, render } from "lit";
import { loadPart } from "../../engine/errors.ts";
import type { ConvCam } from "../element.ts";
import type { DrawableLayer } from "../layers.ts";
import { make } from "../make.ts";
import { isBlock, nodesOf } from "../overview/blocks.ts";
import type { BlockedOverview } from "../overview/fold.ts";
import type { Measured } from "../overview/layer-numbers.ts";
import { everyItem } from "../overview/search.ts";
import type { Session } from "../session/session.ts";
import type { TableState } from "./band-table.ts";
import { bandWords } from "./band-words.ts";
import type { GivenNames } from "./given-names.ts";
import { mapsOfLayer, type Place } from "./place.ts";
import { focusRename } from "./rename.ts";
import { type Format, savePlace } from "./save.ts";

/** As the network has them. */
const unsorted: TableState = { by: undefined, order: "ascending" };

export interface BandLayersHost {
  readonly names: GivenNames;
  /** Undefined where the layer cannot be looked at. */
  layerOf(id: string): DrawableLayer | undefined;
  /** Another table is to be drawn, or none. */
  onChange(): void;
  go(id: string): void;
}

/** What a layer is saved from. */
interface Owner {
  readonly element: ConvCam;
  readonly session: Session | undefined;
}

export class BandLayers {
  readonly element = make("div", "band-table");
  readonly #owner: Owner;
  readonly #host: BandLayersHost;
  /** What became of what was saved last. */
  readonly #status = make("p", "band-saved");
  readonly #table = make("div", "band-rows");
  #part: typeof import("./band-table.ts") | undefined;
  /** Undefined where there is no table. */
  #state: TableState | undefined;
  /** Ids of the rows, in their order. */
  #shown: readonly string[] = [];

  constructor(owner: Owner, host: BandLayersHost) {
    this.#owner = owner;
    this.#host = host;
    this.#status.role = "status";
    this.element.append(this.#status, this.#table);
  }

  get isOpen(): boolean {
    return this.#state !== undefined;
  }

  toggle(isOpen = !this.isOpen): void {
    this.#show(isOpen ? unsorted : undefined);
  }

  #show(state: TableState | undefined): void {
    // What was said of a table goes with it, and what did not load is tried again.
    if ((state === undefined) !== (this.#state === undefined)) this.#status.textContent = "";
    this.#state = state;
    if (state && !this.#part) void this.#load();
    this.#host.onChange();
    if (state?.renamed !== undefined) focusRename(this.element);
  }

  /** What did not load may the next time. */
  async #load(): Promise<void> {
    try {
      this.#part = await loadPart("that lists layers", () => import("./band-table.ts"));
      if (this.#state) this.#host.onChange();
    } catch (error) {
      this.#state = undefined;
      this.#host.onChange();
      this.#status.textContent = (error as Error).message;
    }
  }

  /** @param search what was found; all layers where nobody searches */
  draw({ nodes, items }: BlockedOverview, measured: Measured, search: readonly string[] | undefined): void {
    const state = this.#state;
    if (!state || !this.#part) {
      render(nothing, this.#table);
      return;
    }
    const found = search && new Set(search);
    // A block that is found stands for what is in it.
    if (found)
      for (const item of everyItem(items)) if (isBlock(item) && found.has(item.id)) for (const { id } of nodesOf(item)) found.add(id);
    const host = {
      show: (next: TableState) => this.#show(next),
      go: (id: string) => (this.#host.layerOf(id) ? () => this.#host.go(id) : undefined),
      save: (id: string, format: Format) => void this.#save(id, format),
      rename: (id: string, name: string, isByKey: boolean) => this.#rename(id, name, isByKey),
    };
    const { ids, template } = this.#part.tableOf({
      nodes,
      measured,
      names: this.#host.names.names,
      state,
      found,
      before: this.#shown,
      host,
    });
    this.#shown = ids;
    const focused = (this.element.getRootNode() as ShadowRoot).activeElement as HTMLElement | null;
    render(template, this.#table);
    // A row that is moved loses the focus.
    if (focused && this.#table.contains(focused)) focused.focus({ preventScroll: true });
  }

  /** A layer whole, whether it is shown or not. */
  async #save(id: string, format: Format): Promise<void> {
    const { element, session } = this.#owner;
    const layer = this.#host.layerOf(id);
    if (!session || !layer) return;
    const say = (text: string) => {
      this.#status.textContent = text;
    };
    say(bandWords.saving(id));
    try {
      const place: Place = { view: "layer", layer, maps: mapsOfLayer(layer), channel: 0, y: 0, x: 0 };
      await savePlace({ session, element, place }, format);
      say(bandWords.saved(id));
    } catch (error) {
      say(bandWords.notSaved(id, (error as Error).message));
    }
  }

  #rename(id: string, name: string, isByKey: boolean): void {
    if (this.#state?.renamed !== id) return;
    this.#show({ ...this.#state, renamed: undefined });
    this.#host.names.rename(id, name);
    if (isByKey) this.element.querySelector<HTMLElement>(`[data-rename="${CSS.escape(id)}"]`)?.focus();
  }
}
