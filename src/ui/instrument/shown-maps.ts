// Which maps the gallery shows at a place, and what is laid over the picture: by attributes, and by what is known of the network.
import type { ConvCam } from "../element.ts";
import type { Gallery } from "../gallery.ts";
import type { LayerChoice } from "../layers.ts";
import { setAttribute } from "../state.ts";
import { choicesAt } from "./choices.ts";
import type { LayerGraph } from "./layer-graph.ts";
import { Overlay, readMapOverlay } from "./overlay.ts";
import { channelsOn, type Page, readPage, turned } from "./paging.ts";
import type { Place } from "./place.ts";
import type { Side } from "./side.ts";

/** What is known of the network and its page. */
interface Around {
  readonly gallery: Gallery;
  readonly graph: LayerGraph | undefined;
  /** What the network looks at; undefined where that is no picture. */
  readonly picture: string | undefined;
}

export class ShownMaps {
  readonly overlay = new Overlay();
  readonly #element: ConvCam;
  readonly #around: Around;
  readonly #side: Side;
  /** What the gallery was told to show, as text. */
  #told = "undefined";

  constructor(element: ConvCam, around: Around, side: Side) {
    this.#element = element;
    this.#around = around;
    this.#side = side;
  }

  /** What the gallery is to show from now on; undefined where that is the element's layers. */
  tell(place: Place | undefined): readonly LayerChoice[] | undefined {
    const choices = this.#choicesAt(place);
    this.#wantOverlay(place);
    this.#told = textOf(choices);
    return choices;
  }

  /** Whether the gallery was told to show something else. */
  isOther(place: Place | undefined): boolean {
    const isOtherOverlay = this.#wantOverlay(place);
    return isOtherOverlay || textOf(this.#choicesAt(place)) !== this.#told;
  }

  /** Lays over the picture what is to lie there. @throws Error that says what attributes may say */
  show(): void {
    const { picture } = this.#around;
    const opacity = readMapOverlay(this.#element.getAttribute("map-overlay"));
    const panel = picture === undefined ? undefined : this.#around.gallery.panelsOf(picture)[0];
    this.overlay.place(panel, opacity, this.#element.hasAttribute("smooth"));
  }

  /** The channels of a layer that are shown; undefined where no layer is, or attributes say a page that there is not. */
  #pageAt(place: Place | undefined): Page | undefined {
    if (place?.view !== "layer") return undefined;
    try {
      return readPage(this.#element, place.maps, place.layer.value);
    } catch {
      return undefined;
    }
  }

  /** To the page of a layer, or the channel, before or after, in the order in which they stand. */
  step(place: Place, by: number, go: (place: Place) => void): void {
    const { view, layer, channel, maps } = place;
    if (view === "layer") {
      const page = this.#pageAt(place);
      const number = page ? turned(page, by) : 1;
      // The first needs no attribute.
      setAttribute(this.#element, "page", number === 1 ? undefined : number);
    }
    if (view !== "channel" && view !== "pixel") return;
    const order = this.#side.orderOf(layer.value) ?? Array.from({ length: maps.channels }, (_, i) => i);
    const next = order[(order.indexOf(channel) + by + maps.channels) % maps.channels];
    if (next !== undefined) go({ ...place, channel: next });
  }

  #choicesAt(place: Place | undefined): readonly LayerChoice[] | undefined {
    if (!place) return undefined;
    const { value } = place.layer;
    const { graph, picture } = this.#around;
    const page = this.#pageAt(place);
    return choicesAt(place, {
      channels: page && channelsOn(page, this.#side.orderOf(value)),
      before: this.#element.hasAttribute("before-activation") ? graph?.beforeActivation(value) : undefined,
      reads: this.#side.readsOf(value),
      beside: place.view === "pixel" ? this.#side.besideOf(place) : undefined,
      picture,
      isSmooth: this.#element.hasAttribute("smooth"),
    });
  }

  /** @returns whether the scene is another */
  #wantOverlay(place: Place | undefined): boolean {
    const { picture } = this.#around;
    const isPossible = place?.view === "channel" && picture !== undefined && picture !== place.layer.value;
    return isPossible ? this.overlay.want(place, this.#isOverlaid) : this.overlay.close();
  }

  get #isOverlaid(): boolean {
    try {
      return readMapOverlay(this.#element.getAttribute("map-overlay")) > 0;
    } catch {
      return false;
    }
  }
}

function textOf(choices: readonly LayerChoice[] | undefined): string {
  return JSON.stringify(choices) ?? "undefined";
}
