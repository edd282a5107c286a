// The line that says what is changed in the network, wherever one looks. Its words are loaded with the first change.
import { loadPart } from "../../engine/errors.ts";
import type { ConvCam } from "../element.ts";
import type { ConvCamEvents } from "../events.ts";
import { make } from "../make.ts";
import type { FrameSource } from "../sources.ts";
import type { Changed, ChangedMark } from "./changed.ts";
import type { GivenNames } from "./given-names.ts";
import { boxOfChannel, type Highlights, type ValueMark } from "./highlights.ts";
import { mapsOfLayer, type Place, placeOfChannel } from "./place.ts";
import type { Places } from "./places.ts";

export interface ChangedHost {
  readonly source: FrameSource | undefined;
}

/** What knows places and names, and marks tiles. */
interface Around {
  readonly places: Places;
  readonly highlights: Highlights;
  readonly given: GivenNames;
  go(place: Place): void;
}

type Answered = ConvCamEvents["results"];

export class ChangedLine {
  readonly element = make("div", "changes");
  readonly #host: ChangedHost;
  readonly #viewer: ConvCam;
  readonly #around: Around;
  #changed: Changed | undefined;
  #loading: Promise<void> | undefined;
  /** The last answer before anything is changed, and the last one of all. */
  #before: Answered | undefined;
  #last: Answered | undefined;

  constructor(host: ChangedHost, viewer: ConvCam, around: Around) {
    this.#host = host;
    this.#viewer = viewer;
    this.#around = around;
    viewer.addEventListener("results", (event) => this.#note((event as CustomEvent<Answered>).detail));
    viewer.addEventListener("reset", () => this.#note(undefined));
  }

  /** Brings it up to date with the gates. @param place undefined where nothing is looked at */
  async show(place: Place | undefined): Promise<void> {
    if (!this.#changed) {
      if (!place || this.#viewer.gates.length === 0) return;
      this.#loading ??= this.#load().finally(() => {
        this.#loading = undefined;
      });
      await this.#loading;
    }
    // Somebody may have gone elsewhere, or the network, while its words were loaded.
    this.#changed?.show(place !== undefined && this.#around.places.here !== undefined);
  }

  #note(results: Answered | undefined): void {
    this.#last = results;
    if (!results || this.#viewer.gates.length === 0) this.#before = results;
    this.#changed?.note(results);
  }

  async #load(): Promise<void> {
    const { Changed } = await loadPart("that says what is changed", () => import("./changed.ts"));
    const { places, highlights, given, go } = this.#around;
    const host = this.#host;
    this.#changed = new Changed(this.element, this.#viewer, {
      get source() {
        return host.source;
      },
      get isSomewhere() {
        return places.here !== undefined;
      },
      countOf(value) {
        const layer = places.layerOf(value);
        return layer && mapsOfLayer(layer).channels;
      },
      nameOf: (value) => given.names.get(value) ?? value,
      go(value, channel) {
        const [layer, { here }] = [places.layerOf(value), places];
        if (layer && here) go(placeOfChannel(here, layer, channel));
      },
      mark: (marks) => highlights.stand(marks.flatMap((mark) => this.#boxOf(mark))),
    });
    for (const answer of [this.#before, this.#last]) if (answer) this.#changed.note(answer, answer === this.#before);
  }

  #boxOf({ value, channel, label, text }: ChangedMark): readonly ValueMark[] {
    const layer = this.#around.places.layerOf(value);
    return layer ? [{ value, box: boxOfChannel(mapsOfLayer(layer), channel), kind: "changed", text, label }] : [];
  }
}
