// Where an element is, by its attributes, and the way to other places.
import type { ConvCam } from "../element.ts";
import type { ConvCamEvents } from "../events.ts";
import type { DrawableLayer } from "../layers.ts";
import { pictureAmong } from "../picture-among.ts";
import { setAttribute } from "../state.ts";
import { leavePlace } from "./leave-place.ts";
import { attributesOf, type Place, readPlace } from "./place.ts";

interface PlacesHost {
  readonly layers: readonly DrawableLayer[];
  emit(type: "navigate", detail: ConvCamEvents["navigate"]): boolean;
}

export class Places {
  readonly #host: PlacesHost;
  readonly #element: ConvCam;
  readonly #first: () => string | undefined;

  /** @param first the value of the first layer, where the graph has told it */
  constructor(host: PlacesHost, element: ConvCam, first: () => string | undefined) {
    this.#host = host;
    this.#element = element;
    this.#first = first;
  }

  /** Undefined where attributes say none, or one that there is not. */
  get here(): Place | undefined {
    if (!this.#element.hasAttribute("view")) return undefined;
    try {
      return this.read();
    } catch {
      return undefined;
    }
  }

  /** @throws Error that says what is accepted */
  read(): Place {
    return readPlace(this.#element, this.#host.layers, this.#first());
  }

  /** What the network looks at; undefined where that is no picture. */
  get picture(): string | undefined {
    return pictureAmong(this.#host.layers);
  }

  layerOf(value: string): DrawableLayer | undefined {
    return this.#host.layers.find((one) => one.value === value);
  }

  isAt(place: Place): boolean {
    const { here } = this;
    return here !== undefined && textOf(here) === textOf(place);
  }

  go(place: Place): void {
    leavePlace(this.#element, this.here, place);
    for (const [name, value] of Object.entries(attributesOf(place))) setAttribute(this.#element, name as "view", value);
    const { view, layer, channel, y, x } = place;
    this.#host.emit("navigate", { view, layer: layer.value, channel, y, x });
  }
}

/** The same for places whose attributes are the same. */
export function textOf(place: Place): string {
  return JSON.stringify(attributesOf(place));
}
