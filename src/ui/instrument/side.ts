// What is said beside the maps: of a layer, a channel or an element. Asks the session for it, and keeps what the answers depend on.
import { nothing, render } from "lit";
import type { ConvCam } from "../element.ts";
import type { Gallery } from "../gallery.ts";
import { make } from "../make.ts";
import type { MapPoint } from "../mosaic/maps.ts";
import type { Session } from "../session/session.ts";
import { AboutMaps, type AboutMapsHost, type Said, type ValueBox } from "./about-maps.ts";
import { isWhole } from "./convolution.ts";
import { Marks } from "./marks.ts";
import { fieldText, pixelTemplate } from "./pixel.ts";
import type { Place } from "./place.ts";

/** Of a value that is looked at. */
interface Of<T> {
  readonly value: string;
  readonly is: T;
}

/** Between two elements while the window slides by itself. */
const slideMs = 400;

export class Side {
  readonly element = make("div", "side");
  readonly #host: AboutMapsHost;
  readonly #viewer: ConvCam;
  readonly #gallery: Gallery;
  readonly #marks = new Marks();
  readonly #aboutMaps: AboutMaps;
  /** The values that answers about its elements have to read. */
  #reads: Of<readonly string[]> | undefined;
  /** The element under the pointer, which is explained meanwhile. */
  #hovered: Of<MapPoint> | undefined;
  #slide = 0;

  constructor(host: AboutMapsHost, viewer: ConvCam, gallery: Gallery) {
    this.#host = host;
    this.#viewer = viewer;
    this.#gallery = gallery;
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

  /** @param point the element of the value that is explained for now; undefined for the one of the place */
  hover(value: string, point: MapPoint | undefined): void {
    if (!point && !this.#hovered) return;
    this.#hovered = point && { value, is: point };
    this.#host.update();
  }

  /** @returns whether it was brought up to date; if not, others have to be shown first, or somebody has gone elsewhere */
  async show(place: Place, session: Session): Promise<boolean> {
    if (place.view !== "pixel") this.#stop();
    const said = await (place.view === "pixel" ? this.#pixel(place, session) : this.#maps(place, session));
    if (!said || !this.#host.isAt(place)) return false;
    this.#mark(said.boxes);
    render(said.template, this.element);
    return true;
  }

  /** Outlines boxes where their values are shown. */
  #mark(boxes: readonly ValueBox[]): void {
    this.#marks.show(
      boxes.flatMap(({ value, ...mark }) => {
        const panel = this.#gallery.panelOf(value);
        return panel ? [{ panel, ...mark }] : [];
      }),
    );
  }

  /** Says nothing any more. */
  clear(): void {
    this.#stop();
    this.#hovered = undefined;
    this.#marks.show([]);
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

  async #pixel(place: Place, session: Session): Promise<Said | undefined> {
    const { value } = place.layer;
    const { channel, y, x } = this.#hovered?.value === value ? this.#hovered.is : place;
    const answer = await this.#ask(place, { channel, y, x }, session);
    if (!answer) return undefined;
    const picture = answer.fields.find((field) => field.value === this.#host.picture);
    const own = { channels: [channel, channel + 1], y: [y, y + 1], x: [x, x + 1] } as const;
    const boxes = [
      { value, box: own, text: "The element that is explained" },
      ...(picture ? [{ value: picture.value, box: picture, text: fieldText(picture) }] : []),
    ];
    const around = {
      isCompared: this.#viewer.compare !== undefined,
      isPlaying: this.#slide !== 0,
      play: () => this.#toggleSlide(place),
      step: (by: number) => this.#host.go(besides(place, by)),
    };
    return { template: pixelTemplate({ ...place, channel, y, x }, answer, picture, around), boxes };
  }

  /** @returns undefined where values have to be kept for the answer first, or somebody has gone elsewhere */
  async #ask(place: Place, { channel, y, x }: MapPoint, session: Session) {
    const { value } = place.layer;
    const answer = await session.ask({ kind: "element", value, point: { channel, y, x } });
    if (!this.#host.isAt(place)) return undefined;
    if (!answer.needs) return answer;
    this.#reads = { value, is: [...answer.needs, ...this.readsOf(value)] };
    this.#host.askForChoices();
    return undefined;
  }

  /** Goes from element to element by itself, or stops. */
  #toggleSlide(from: Place): void {
    const wasPlaying = this.#slide !== 0;
    this.#stop();
    let at = from;
    const step = () => {
      if (!this.#host.isAt(at)) return this.#stop();
      at = besides(at, 1);
      this.#host.go(at);
    };
    if (!wasPlaying) this.#slide = window.setInterval(step, slideMs);
    this.#host.update();
  }

  #stop(): void {
    clearInterval(this.#slide);
    this.#slide = 0;
  }
}

/** The element before or after, row by row, and from the last to the first. */
function besides(place: Place, by: number): Place {
  const { height, width } = place.maps;
  const next = (place.y * width + place.x + by + height * width) % (height * width);
  return { ...place, y: Math.floor(next / width), x: next % width };
}
