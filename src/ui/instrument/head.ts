// Above the maps: looks that are known from elsewhere, the way to where one is, what somebody calls the layer, what it does, and what is changed.
import { nothing, render } from "lit";
import type { ConvCam } from "../element.ts";
import { make } from "../make.ts";
import { About } from "./about.ts";
import type { ChangedLine } from "./changed-line.ts";
import { crumbsTemplate } from "./crumbs.ts";
import type { GivenNames } from "./given-names.ts";
import type { LayerGraph } from "./layer-graph.ts";
import { Naming } from "./naming.ts";
import type { Place } from "./place.ts";
import { presetsTemplate } from "./presets-row.ts";

export class Head {
  /** What is changed in the network, said above the maps. */
  changed: ChangedLine | undefined;
  readonly #given: GivenNames;
  readonly #presets = make("div", "presets buttons");
  readonly #crumbs = make("nav", "crumbs");
  readonly #naming: Naming;
  readonly #about: About;

  constructor(given: GivenNames) {
    this.#given = given;
    this.#naming = new Naming((value, name) => given.rename(value, name));
    this.#about = new About(() => given.article);
    this.#crumbs.ariaLabel = "Where you are";
    this.#presets.role = "group";
    this.#presets.ariaLabel = "Layers and looks known from elsewhere";
  }

  get elements(): readonly HTMLElement[] {
    return [this.#presets, this.#crumbs, this.#naming.element, this.#about.element, ...(this.changed ? [this.changed.element] : [])];
  }

  showWay(...given: Parameters<typeof crumbsTemplate>): void {
    render(crumbsTemplate(...given), this.#crumbs);
  }

  /** @param graph what they are made from; undefined where they are not wanted */
  showPresets({ view }: Place, graph: LayerGraph | undefined, element: ConvCam): void {
    const isShown = graph && (view === "overview" || view === "layer");
    render(isShown ? presetsTemplate(graph.presets, element) : nothing, this.#presets);
  }

  /** @param operators what the layer is made of, in the order of execution */
  async showLayer(place: Place, operators: readonly string[]): Promise<void> {
    const { view, layer } = place;
    this.#naming.show(view === "layer" ? layer.value : undefined, this.#given.names);
    void this.#about.show(view === "overview" ? undefined : { operators });
    await this.changed?.show(place);
  }

  /** Says nothing any more. */
  clear(): void {
    void this.changed?.show(undefined);
    for (const part of [this.#crumbs, this.#presets]) render(nothing, part);
    this.#naming.show(undefined, this.#given.names);
    void this.#about.show(undefined);
  }
}
