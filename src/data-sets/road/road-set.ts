// Pictures of the road without end, with what a good driver would do in each: in the lane and beside it, alone and behind others, in every weather.
import { keyOf, uniformAt } from "../../engine/random.ts";
import { examplesOf, type Picture, type Pictures, type Preparation } from "../data-set.ts";
import { Painter } from "../paint.ts";
import { goodControls } from "./driver.ts";
import { roadPicture } from "./picture.ts";
import { laneMiddle, type OtherCar, type RoadView, weatherOf } from "./scene.ts";

/** What is right for each picture: −1…1 and 0…1. */
export interface DrivingTargets {
  readonly steering: Float32Array;
  readonly throttle: Float32Array;
}

export class RoadSet implements Pictures<DrivingTargets> {
  readonly picture: Picture;
  readonly preparation: Preparation;
  readonly #seed: number;
  readonly #painter: Painter;

  /** @param side of the pictures, in pixels */
  constructor(side: number, seed: number, preparation: Preparation) {
    this.picture = { channels: 3, height: side, width: side };
    this.preparation = preparation;
    this.#seed = seed;
    this.#painter = new Painter(side, side < 100 ? 2 : 1);
  }

  draw(index: number, pixels: Uint8Array): void {
    this.drawView(viewOf(index, this.#seed), pixels);
  }

  drawView(view: RoadView, pixels: Uint8Array): void {
    this.#painter.paint(roadPicture(view), pixels);
  }

  /** Views that are none of its own, as of drives, as a model takes them. */
  inputsOf(views: readonly RoadView[]): Float32Array {
    const { picture, preparation } = this;
    const draw = (i: number, pixels: Uint8Array) => this.drawView(views[i] as RoadView, pixels);
    return examplesOf({ picture, preparation, draw, targets: () => undefined }, [...views.keys()]).inputs;
  }

  targets(indices: readonly number[]): DrivingTargets {
    const all = indices.map((index) => goodControls(viewOf(index, this.#seed)));
    return {
      steering: Float32Array.from(all, ({ steering }) => steering),
      throttle: Float32Array.from(all, ({ throttle }) => throttle),
    };
  }

  examples(indices: readonly number[]) {
    return examplesOf(this, indices);
  }
}

/** Some place on some road. */
export function viewOf(index: number, seed: number): RoadView {
  const key = keyOf(`view ${index}`, seed);
  const number = (n: number) => uniformAt(key, n);
  const between = (n: number, least: number, most: number) => least + (most - least) * number(n);
  const normal = (n: number) => Math.sqrt(-2 * Math.log(number(n))) * Math.cos(2 * Math.PI * number(n + 1));
  const clamp = (value: number, most: number) => Math.max(-most, Math.min(most, value));
  // Some are far off the lane, or turned away: one learns to come back only from where one was.
  const isLost = number(0) < 0.25;
  const car = {
    distance: between(1, 0, 5000),
    offset: laneMiddle + clamp(normal(2) * (isLost ? 2 : 0.6), 4),
    heading: clamp(normal(4) * (isLost ? 0.18 : 0.07), 0.45),
    speed: 0,
  };
  const others: OtherCar[] = [];
  const add = (ahead: number, offset: number, comesTowards: boolean, paint: number) =>
    others.push({ distance: car.distance + ahead, offset, comesTowards, paint });
  if (number(6) < 0.5) add(between(7, 4, 110), number(8) < 0.8 ? laneMiddle : between(9, laneMiddle, 6), false, number(10));
  if (number(11) < 0.5) add(between(12, 4, 160), -laneMiddle, true, number(13));
  if (number(14) < 0.2) add(between(15, 4, 160), -laneMiddle, true, number(16));
  return { car, seed: keyOf(`road ${index}`, seed), others, weather: weatherOf(keyOf(`weather ${index}`, seed)) };
}
