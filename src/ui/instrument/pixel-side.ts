// What is said and marked of one element: how it is computed, and where it comes from. It follows the pointer over its map, over what it reads, and
// over the picture.
import type { TemplateResult } from "lit";
import type { ConvCam } from "../element.ts";
import type { Answered } from "../elements/answer.ts";
import type { Gallery } from "../gallery.ts";
import type { DrawableLayer, LayerChoice } from "../layers.ts";
import type { MapPoint } from "../mosaic/maps.ts";
import type { NetworkName, Session } from "../session/session.ts";
import { ElementLinks } from "./element-links.ts";
import { sourceOf } from "./formula-source.ts";
import { type Highlights, marksOf, type ValueMark } from "./highlights.ts";
import { InfluenceView } from "./influence.ts";
import { pixelTemplate } from "./pixel.ts";
import { mapsOfLayer, type Place } from "./place.ts";
import { Slide } from "./slide.ts";

export interface PixelHost {
  readonly loaded: { readonly session: Session | undefined; readonly layers: readonly DrawableLayer[] };
  readonly gallery: Gallery;
  readonly highlights: Highlights;
  /** What the network looks at; undefined where that is no picture. */
  readonly picture: string | undefined;
  /** Whether that is still the place that is looked at. */
  isAt(place: Place): boolean;
  go(place: Place): void;
  update(): void;
}

/** @returns undefined where values have to be kept for the answer first, or somebody has gone elsewhere */
type Ask = (point: MapPoint, network: NetworkName) => Promise<Answered | undefined>;

/** What is said, and what is marked. */
interface Shown {
  readonly template: TemplateResult;
  readonly boxes: readonly ValueMark[];
}

/** The map beside the element's: of a value that its formula reads. */
interface Beside {
  /** The layer whose elements read it. */
  readonly of: string;
  readonly value: string;
  readonly channel: number;
}

export class PixelSide {
  readonly #host: PixelHost;
  readonly #viewer: ConvCam;
  readonly #slide: Slide;
  /** Where the pointer is, on a value that is shown: the element there, or that which looks there, is explained meanwhile. */
  #hovered: { readonly value: string; readonly point: MapPoint } | undefined;
  /** Of two networks, the one whose formula is shown. */
  #network: NetworkName = "src";
  #beside: Beside | undefined;
  readonly #unfolded = new Set<string>();
  readonly #influence: InfluenceView;

  constructor(host: PixelHost, viewer: ConvCam) {
    this.#host = host;
    this.#viewer = viewer;
    this.#slide = new Slide(host);
    this.#influence = new InfluenceView(host.gallery, () => host.update());
  }

  /** What stands beside the map of the element: a value that its formula reads. */
  besideOf({ layer: { value } }: Place): LayerChoice | undefined {
    const beside = this.#beside?.of === value ? this.#beside : undefined;
    return beside && { value: beside.value, channels: [beside.channel] };
  }

  /** @param point undefined where the pointer is over nothing: the element of the place is explained again */
  hover(value: string, point: MapPoint | undefined): void {
    if (JSON.stringify(point && { value, point }) === JSON.stringify(this.#hovered)) return;
    this.#hovered = point && { value, point };
    this.#host.update();
  }

  /** Goes to the element that looks at a place of what the formula reads, or of the picture. */
  async pick(place: Place, value: string, point: MapPoint): Promise<void> {
    // What is in the way is said where it is asked for again.
    const found = await this.#looker(place, value, point).catch(() => this.#host.update());
    if (found && this.#host.isAt(place)) this.#host.go({ ...place, ...found });
  }

  async show(place: Place, ask: Ask): Promise<Shown | undefined> {
    const { value } = place.layer;
    const hovered = this.#hovered;
    const other = hovered && (hovered.value === value ? hovered.point : await this.#looker(place, hovered.value, hovered.point));
    const { channel, y, x } = other ?? place;
    const isCompared = this.#viewer.compare !== undefined;
    if (!isCompared) this.#network = "src";
    const answer = await ask({ channel, y, x }, this.#network);
    if (!answer) return undefined;
    this.#slide.shown();
    const { picture, loaded } = this.#host;
    const { session } = loaded;
    const point = { channel, y, x };
    const field = answer.fields.find((one) => one.value === picture);
    // Slopes are those of the first network.
    const isFirst = this.#network === "src";
    if (session && field && isFirst) this.#influence.follow(session, value, point);
    const core = field && isFirst ? this.#influence.draw(field.value, value, point) : [];
    this.#beside = this.#besideOf(value, answer);
    const beside = this.#beside;
    const explained = {
      links: new ElementLinks(this.#host),
      folds: {
        isOpen: (name: string) => this.#unfolded.has(name),
        toggle: (name: string, isOpen: boolean) => this.#toggle(name, isOpen),
      },
      origins: new Map(answer.origins),
      precision: this.#viewer.getAttribute("precision") === "float16" ? ("float16" as const) : ("float32" as const),
      source: beside && {
        ...beside,
        show: (other: number) => {
          this.#beside = { ...beside, channel: other };
          this.#host.update();
        },
      },
    };
    const network = isCompared
      ? {
          shown: this.#network,
          show: (one: NetworkName) => {
            this.#network = one;
            this.#host.update();
          },
        }
      : undefined;
    const influence = isFirst &&
      field && {
        isWanted: this.#influence.isWanted,
        text: this.#influence.textOf(value, point),
        toggle: () => this.#influence.toggle(this.#host.loaded.session),
      };
    const template = pixelTemplate({ ...place, ...point }, answer, explained, {
      slide: this.#slide.stateAt(place),
      network,
      field,
      influence: influence || undefined,
    });
    return { template, boxes: [...marksOf(value, point, answer.fields), ...core] };
  }

  /** Nobody looks at an element any more. */
  stop(): void {
    this.#slide.stop();
    this.#hovered = undefined;
    this.#beside = undefined;
    this.#influence.clear(this.#host.loaded.session);
  }

  #toggle(name: string, isOpen: boolean): void {
    if (this.#unfolded.has(name) === isOpen) return;
    if (isOpen) this.#unfolded.add(name);
    else this.#unfolded.delete(name);
    this.#host.update();
  }

  async #looker({ layer, channel, y, x }: Place, source: string, point: MapPoint): Promise<MapPoint | undefined> {
    return this.#host.loaded.session?.ask({ kind: "looker", value: layer.value, from: { channel, y, x }, source, point });
  }

  /** The input that counts most, and stays while the window slides over it; the picture has a panel of its own. */
  #besideOf(of: string, answer: Answered): Beside | undefined {
    const found = sourceOf(answer.steps, this.#host.loaded.layers);
    if (!found || found.value === this.#host.picture) return undefined;
    const layer = this.#host.loaded.layers.find(({ value }) => value === found.value);
    const { height, width } = layer ? mapsOfLayer(layer) : { height: 1, width: 1 };
    if (height * width === 1) return undefined;
    const before = this.#beside?.of === of && this.#beside.value === found.value ? this.#beside : undefined;
    const [first = 0] = found.channels;
    return { of, value: found.value, channel: before && found.channels.includes(before.channel) ? before.channel : first };
  }
}
