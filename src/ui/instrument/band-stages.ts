// The place over an overview for what is said of a network that is run in stages. Its words are loaded with the first such network.
import { make } from "../make.ts";
import type { OverviewNode } from "../overview/condense.ts";
import type { NetworkFacts } from "../overview/facts.ts";
import type { StagesHost, StagesLine } from "./stages-line.ts";

export class BandStages {
  readonly element = make("div", "band-stages");
  readonly #host: StagesHost;
  #line: StagesLine | undefined;
  /** Counts networks: the words may come late. */
  #round = 0;

  constructor(host: StagesHost) {
    this.#host = host;
  }

  /** Another network is shown. @param hasMaps whether it runs */
  async show(network: NetworkFacts, nodes: readonly OverviewNode[], hasMaps: boolean): Promise<void> {
    const round = ++this.#round;
    this.#line = undefined;
    this.element.replaceChildren();
    if (!hasMaps || !network.layers.some(({ readsBack }) => readsBack)) return;
    // Where the words cannot be loaded, only they are lost.
    const loaded = await import("./stages-line.ts").catch(() => undefined);
    if (!loaded || round !== this.#round) return;
    const place = make("div", "");
    this.element.append(place);
    this.#line = new loaded.StagesLine(place, network, nodes, this.#host);
  }

  /** A frame was drawn. */
  refresh(): void {
    this.#line?.refresh();
  }
}
