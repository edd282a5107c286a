// What is said beside the maps of a layer, or of one of its channels. Asks the session for it, and knows in which order channels stand.
import type { TemplateResult } from "lit";
import type { ConvolutionStep } from "../../engine/elements/index.ts";
import type { ConvCam } from "../element.ts";
import type { Session } from "../session/session.ts";
import { setAttribute } from "../state.ts";
import { AskedEffects } from "./asked-effects.ts";
import { type Actions, type ChannelAround, channelTemplate } from "./channel.ts";
import { marksOfStates } from "./channel-states.ts";
import type { Compared } from "./compared.ts";
import { PictureSearches } from "./find-pictures.ts";
import { aloneIn, isLayerSilent, silencedIn, stateOf, withLayerSilent, withState } from "./gates.ts";
import type { ValueMark } from "./highlights.ts";
import { KeptOrder } from "./kept-order.ts";
import { type KernelsHost, KernelsOffer } from "./kernels-offer.ts";
import { type LayerAround, layerTemplate } from "./layer.ts";
import type { LayerGraph } from "./layer-graph.ts";
import { arrange, factsOf, readOrder, saturated } from "./orders.ts";
import { readPage } from "./paging.ts";
import { fieldText } from "./pixel.ts";
import type { Place } from "./place.ts";
import { type Format, savePlace, saveTemplate } from "./save.ts";

export interface AboutMapsHost extends KernelsHost {
  /** What is known of the network. */
  readonly graph: LayerGraph | undefined;
  /** What the network looks at; undefined where that is no picture. */
  readonly picture: string | undefined;
  isAt(place: Place): boolean;
  /** What of two values that are compared is looked at. */
  compared(value: string): Compared;
  /** The same with whose numbers they are, where something is compared. */
  whose(template: TemplateResult, compared: Compared): TemplateResult;
  /** What an activation is computed from, where the value is one's result. */
  beforeActivation(value: string): string | undefined;
  /** Lets the gallery show others, if others are wanted now. @returns whether they are */
  askForChoices(): boolean;
  update(): void;
}

export interface Said {
  readonly template: TemplateResult;
  /** Outlined where their values are shown. */
  readonly boxes: readonly ValueMark[];
}

/** Of a value that is looked at. */
export interface Of<T> {
  readonly value: string;
  readonly is: T;
}

/** Places where a channel fires most that are told. */
const placeCount = 5;

export class AboutMaps {
  readonly #host: AboutMapsHost;
  readonly #viewer: ConvCam;
  readonly #searches: PictureSearches;
  readonly #kernels: KernelsOffer;
  readonly #effects: AskedEffects;
  readonly #order = new KeptOrder();
  #orderTimer = 0;
  /** Why the last thing could not be saved. */
  #notSaved: Of<string> | undefined;

  constructor(host: AboutMapsHost, viewer: ConvCam) {
    this.#host = host;
    this.#viewer = viewer;
    this.#searches = new PictureSearches(viewer, () => host.update());
    this.#kernels = new KernelsOffer(host, viewer);
    this.#effects = new AskedEffects(viewer, () => host.update());
  }

  /** In which order the channels of a value stand; undefined where that is as they lie. */
  orderOf(value: string): readonly number[] | undefined {
    return this.#order.of(value);
  }

  /** What it was of is gone. */
  forget(): void {
    clearTimeout(this.#orderTimer);
    this.#order.forget();
    this.#kernels.forget();
    this.#effects.forget();
    this.#notSaved = undefined;
    this.#searches.end();
  }

  /** Neither a layer nor a channel is looked at any more. */
  leave(): void {
    this.#searches.cancel();
    this.#effects.letGo();
  }

  /**
   * @param kernels how the channel is a sum of convolutions, where it is; undefined where somebody has gone elsewhere meanwhile
   * @returns undefined where others have to be shown first, or somebody has gone elsewhere
   */
  async show(place: Place, session: Session, kernels: () => Promise<{ readonly step?: ConvolutionStep | undefined } | undefined>) {
    const order = readOrder(this.#viewer.getAttribute("order"));
    if (order !== "effect") this.#effects.letGo();
    if (place.view === "layer") this.#searches.cancel();
    const { value, axes } = place.layer;
    const { channel } = place;
    const compared = this.#host.compared(value);
    const asked = { kind: "layer", value, axes, ...compared, channel: place.view === "layer" ? undefined : channel } as const;
    const [numbers, effects] = await Promise.all([session.ask(asked), order === "effect" ? this.#effects.of(value, session) : undefined]);
    if (!this.#host.isAt(place)) return undefined;
    const arranged = arrange(order, numbers.channels, effects?.effects?.effects);
    // Effects that have just come are another order than none.
    const by = `${order} ${this.#viewer.explainClass} ${arranged !== undefined}`;
    const wait = this.#order.offer(value, by, arranged, performance.now());
    clearTimeout(this.#orderTimer);
    // A picture that moves no more has no later frame that would ask again.
    if (wait !== undefined) this.#orderTimer = window.setTimeout(() => this.#host.update(), wait);
    if (this.#host.askForChoices()) return undefined;
    const actions = this.#actions(session);
    const area = place.maps.height * place.maps.width;
    const silenced = silencedIn(this.#viewer.gates, value, place.maps.channels);
    const known = factsOf(numbers.channels, area);
    const silentAlone = known.silent.filter((one) => !silenced.has(one));
    const facts = { ...known, silentAlone, silenced: [...silenced], saturated: saturated(numbers.saturation, area) };
    if (place.view === "layer")
      return {
        template: this.#host.whose(
          layerTemplate(place, { ...numbers, facts, order, effects, around: this.#aroundLayer(place, session) }, actions),
          compared,
        ),
        boxes: marksOfStates(place, facts),
      };
    const [convolution, strongest] = await Promise.all([
      kernels(),
      area > 1 ? session.ask({ kind: "strongest", value, channel, count: placeCount }) : [],
    ]);
    if (!convolution || !this.#host.isAt(place)) return undefined;
    const around = this.#aroundChannel(place, session);
    return {
      template: this.#host.whose(
        channelTemplate(place, { ...numbers, convolution: convolution.step, effects, strongest, around }, actions),
        compared,
      ),
      boxes: strongest.flatMap(({ y, x, field }, i): ValueMark[] => {
        const label = `${i + 1}`;
        const own = { channels: [channel, channel + 1], y: [y, y + 1], x: [x, x + 1] } as const;
        const text = `Place ${label} of those where it fires most`;
        return [
          { value, box: own, kind: "own", text, label },
          ...(field ? [{ value: field.value, box: field, kind: "field" as const, text: `${text}. ${fieldText(field)}`, label }] : []),
        ];
      }),
    };
  }

  /** What of a layer's maps can be chosen. */
  #aroundLayer(place: Place, session: Session): LayerAround {
    const viewer = this.#viewer;
    const { maps } = place;
    const { value } = place.layer;
    return {
      viewer,
      page: readPage(viewer, maps, value),
      setPageSize: (size) => {
        setAttribute(viewer, "page", undefined);
        setAttribute(viewer, "page-size", size);
      },
      before: this.#host.beforeActivation(value),
      isBeforeShown: viewer.hasAttribute("before-activation"),
      showBefore: (isShown) => setAttribute(viewer, "before-activation", isShown ? "" : undefined),
      kernels: this.#host.graph?.hasKernels(value) ? this.#kernels.at(place, session) : undefined,
    };
  }

  /** What can be done with a channel besides. */
  #aroundChannel(place: Place, session: Session): ChannelAround {
    const viewer = this.#viewer;
    const { layer, channel, maps } = place;
    const isGrowing = viewer.patterns === layer.value && viewer.getAttribute("pattern-channels") === `${channel}`;
    const isOverPicture = this.#host.picture !== undefined && this.#host.picture !== layer.value && maps.height * maps.width > 1;
    return {
      viewer,
      isSmooth: viewer.hasAttribute("smooth"),
      setSmooth: (isSmooth) => setAttribute(viewer, "smooth", isSmooth ? "" : undefined),
      overlay: isOverPicture ? Number(viewer.getAttribute("map-overlay") ?? 0) : undefined,
      setOverlay: (opacity) => setAttribute(viewer, "map-overlay", opacity > 0 ? opacity : undefined),
      isGrowing,
      grow: (wants) => {
        setAttribute(viewer, "pattern-channels", wants ? channel : undefined);
        setAttribute(viewer, "patterns", wants ? layer.value : undefined);
      },
      search: this.#host.picture === undefined ? undefined : this.#searches.at(place, session, this.#host.picture),
    };
  }

  #actions(session: Session): Actions {
    const viewer = this.#viewer;
    return {
      stateOf: (value, channel, count) => stateOf(viewer.gates, value, channel, count),
      heardAlone: (value, count) => aloneIn(viewer.gates, value, count),
      setState: (value, channel, count, state) => {
        viewer.gates = withState(viewer.gates, value, channel, count, state);
      },
      isLayerSilent: (value) => isLayerSilent(viewer.gates, value),
      silenceLayer: (value, isSilent) => {
        viewer.gates = withLayerSilent(viewer.gates, value, isSilent);
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

  async #save(session: Session, place: Place, format: Format): Promise<void> {
    this.#notSaved = undefined;
    try {
      await savePlace({ session, element: this.#viewer, place, compared: this.#host.compared(place.layer.value) }, format);
    } catch (error) {
      this.#notSaved = { value: place.layer.value, is: (error as Error).message };
    }
    this.#host.update();
  }
}
