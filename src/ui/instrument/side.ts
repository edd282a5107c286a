// What is said beside the maps: of a layer, a channel or an element. Asks the session for it, and keeps what the answers depend on.
import { nothing, render, type TemplateResult } from "lit";
import type { ConvCam } from "../element.ts";
import type { Gallery } from "../gallery.ts";
import { make } from "../make.ts";
import type { MapPoint } from "../mosaic/maps.ts";
import type { Session } from "../session/session.ts";
import { setAttribute } from "../state.ts";
import { type Actions, channelTemplate } from "./channel.ts";
import { isWhole } from "./convolution.ts";
import { aloneIn, stateOf, withState } from "./gates.ts";
import { layerTemplate } from "./layer.ts";
import { Marks } from "./marks.ts";
import { arrange, factsOf, readOrder } from "./orders.ts";
import { fieldText, pixelTemplate } from "./pixel.ts";
import type { Place } from "./place.ts";
import { savePlace, saveTemplate } from "./save.ts";

export interface SideHost {
  /** What the network looks at; undefined where that is no picture. */
  readonly picture: string | undefined;
  /** Whether that is still the place that is looked at. */
  isAt(place: Place): boolean;
  go(place: Place): void;
  /** Lets the gallery show others, if others are wanted now. @returns whether they are */
  askForChoices(): boolean;
  update(): void;
}

/** Of a value that is looked at. */
interface Of<T> {
  readonly value: string;
  readonly is: T;
}

/** Between two elements while the window slides by itself. */
const slideMs = 400;

export class Side {
  readonly element = make("div", "side");
  readonly #host: SideHost;
  readonly #viewer: ConvCam;
  readonly #gallery: Gallery;
  readonly #marks = new Marks();
  /** Its channels, where they do not stand as they lie. */
  #order: Of<readonly number[]> | undefined;
  /** The values that answers about its elements have to read. */
  #reads: Of<readonly string[]> | undefined;
  /** The element under the pointer, which is explained meanwhile. */
  #hovered: Of<MapPoint> | undefined;
  /** Why the last thing could not be saved. */
  #notSaved: Of<string> | undefined;
  #slide = 0;

  constructor(host: SideHost, viewer: ConvCam, gallery: Gallery) {
    this.#host = host;
    this.#viewer = viewer;
    this.#gallery = gallery;
    this.element.role = "group";
    this.element.ariaLabel = "About it";
  }

  /** In which order the channels of a value stand; undefined where that is as they lie. */
  orderOf(value: string): readonly number[] | undefined {
    return this.#order?.value === value ? this.#order.is : undefined;
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
    const template = await (place.view === "pixel" ? this.#pixel(place, session) : this.#layer(place, session));
    if (!template || !this.#host.isAt(place)) return false;
    if (place.view !== "pixel") this.#marks.show([]);
    render(template, this.element);
    return true;
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
    this.#order = undefined;
    this.#reads = undefined;
  }

  async #layer(place: Place, session: Session): Promise<TemplateResult | undefined> {
    const order = readOrder(this.#viewer.getAttribute("order"));
    const { value, axes } = place.layer;
    const channels = await session.ask({ kind: "statistics", value, axes });
    if (!this.#host.isAt(place)) return undefined;
    const arranged = arrange(order, channels);
    this.#order = arranged && { value, is: arranged };
    if (this.#host.askForChoices()) return undefined;
    const histogram = await session.ask({ kind: "histogram", value, axes, channel: place.view === "layer" ? undefined : place.channel });
    const actions = this.#actions(session);
    const facts = factsOf(channels, place.maps.height * place.maps.width);
    if (place.view === "layer") return layerTemplate(place, { facts, histogram, order }, actions);
    const answer = await this.#ask(place, place, session);
    const convolution = answer?.steps.find((step) => step.kind === "convolution");
    const kernels = convolution && isWhole(convolution) ? convolution : undefined;
    return answer && channelTemplate(place, { channels, histogram, convolution: kernels }, actions);
  }

  async #pixel(place: Place, session: Session): Promise<TemplateResult | undefined> {
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
    this.#marks.show(
      boxes.flatMap(({ value: of, ...mark }) => {
        const panel = this.#gallery.panelOf(of);
        return panel ? [{ panel, ...mark }] : [];
      }),
    );
    const around = {
      isCompared: this.#viewer.compare !== undefined,
      isPlaying: this.#slide !== 0,
      play: () => this.#toggleSlide(place),
      step: (by: number) => this.#host.go(besides(place, by)),
    };
    return pixelTemplate({ ...place, channel, y, x }, answer, picture, around);
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

  async #save(...[session, place, format]: Parameters<typeof savePlace>): Promise<void> {
    this.#notSaved = undefined;
    try {
      await savePlace(session, place, format);
    } catch (error) {
      this.#notSaved = { value: place.layer.value, is: (error as Error).message };
    }
    this.#host.update();
  }

  #stop(): void {
    clearInterval(this.#slide);
    this.#slide = 0;
  }

  #actions(session: Session): Actions {
    const viewer = this.#viewer;
    return {
      stateOf: (value, channel, count) => stateOf(viewer.gates, value, channel, count),
      heardAlone: (value, count) => aloneIn(viewer.gates, value, count),
      setState: (value, channel, count, state) => {
        viewer.gates = withState(viewer.gates, value, channel, count, state);
      },
      setOrder: (order) => setAttribute(viewer, "order", order === "index" ? undefined : order),
      go: (place) => this.#host.go(place),
      saveButtons: (place) =>
        saveTemplate(
          (format) => void this.#save(session, place, format),
          this.#notSaved?.value === place.layer.value ? this.#notSaved.is : undefined,
        ),
    };
  }
}

/** The element before or after, row by row, and from the last to the first. */
function besides(place: Place, by: number): Place {
  const { height, width } = place.maps;
  const next = (place.y * width + place.x + by + height * width) % (height * width);
  return { ...place, y: Math.floor(next / width), x: next % width };
}
