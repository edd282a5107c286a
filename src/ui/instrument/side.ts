// What is said beside the maps: of a layer, a channel or an element. Asks the session for it, and keeps what the answers depend on.
import { nothing, render } from "lit";
import type { ConvCam } from "../element.ts";
import type { LayerChoice } from "../layers.ts";
import { make } from "../make.ts";
import type { MapPoint } from "../mosaic/maps.ts";
import type { NetworkName, Session } from "../session/session.ts";
import { AboutMaps, type AboutMapsHost, type Of, type Said } from "./about-maps.ts";
import { isWhole } from "./convolution.ts";
import { type PixelHost, PixelSide } from "./pixel-side.ts";
import type { Place } from "./place.ts";

export class Side {
  readonly element = make("div", "side");
  readonly #host: AboutMapsHost & PixelHost;
  readonly #pixel: PixelSide;
  readonly #aboutMaps: AboutMaps;
  /** The values that answers about its elements have to read. */
  #reads: Of<readonly string[]> | undefined;

  constructor(host: AboutMapsHost & PixelHost, viewer: ConvCam) {
    this.#host = host;
    this.#pixel = new PixelSide(host, viewer);
    this.#aboutMaps = new AboutMaps(host, viewer);
    this.element.role = "group";
    this.element.ariaLabel = "About it";
  }

  /** In which order the channels of a value stand; undefined where that is as they lie. */
  orderOf(value: string): readonly number[] | undefined {
    return this.#aboutMaps.orderOf(value);
  }

  /** Values that have to be kept while that one is looked at. */
  readsOf(value: string): readonly string[] {
    return this.#reads?.value === value ? this.#reads.is : [];
  }

  /** What stands beside the map of an element: a value that its formula reads, and the channel of it. */
  besideOf(place: Place): LayerChoice | undefined {
    return this.#pixel.besideOf(place);
  }

  /** @param point an element of a value that is explained for now; undefined for the one of the place */
  hover(value: string, point: MapPoint | undefined): void {
    this.#pixel.hover(value, point);
  }

  /** Somebody has chosen a place of what an element depends on. */
  pick(place: Place, value: string, point: MapPoint): Promise<void> {
    return this.#pixel.pick(place, value, point);
  }

  /** @returns whether it was brought up to date; if not, others have to be shown first, or somebody has gone elsewhere */
  async show(place: Place, session: Session): Promise<boolean> {
    const isPixel = place.view === "pixel";
    if (isPixel) this.#aboutMaps.leave();
    else this.#pixel.stop();
    const said = await (isPixel
      ? this.#pixel.show(place, (point, network) => this.#ask(place, point, session, network))
      : this.#maps(place, session));
    if (!said || !this.#host.isAt(place)) return false;
    this.#host.highlights.keep(said.boxes);
    render(said.template, this.element);
    // What the formula reads is shown beside the element, once it is known.
    if (isPixel) this.#host.askForChoices();
    return true;
  }

  /** Says nothing any more. */
  clear(): void {
    this.#pixel.stop();
    this.#aboutMaps.leave();
    this.#host.highlights.keep([]);
    render(nothing, this.element);
  }

  /** What it was of is gone. */
  forget(): void {
    this.clear();
    this.#aboutMaps.forget();
    this.#reads = undefined;
  }

  #maps(place: Place, session: Session): Promise<Said | undefined> {
    return this.#aboutMaps.show(place, session, async () => {
      const answer = await this.#ask(place, place, session);
      const convolution = answer?.steps.find((step) => step.kind === "convolution");
      return answer && { step: convolution && isWhole(convolution) ? convolution : undefined };
    });
  }

  /** @returns undefined where values have to be kept for the answer first, or somebody has gone elsewhere */
  async #ask(place: Place, { channel, y, x }: MapPoint, session: Session, network?: NetworkName) {
    const { value } = place.layer;
    const answer = await session.ask({ kind: "element", value, point: { channel, y, x }, network });
    if (!this.#host.isAt(place)) return undefined;
    if (!answer.needs) return answer;
    this.#reads = { value, is: [...answer.needs, ...this.readsOf(value)] };
    this.#host.askForChoices();
    return undefined;
  }
}
