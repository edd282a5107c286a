// What a good driver does, from where the car is: the labels of a picture of the road. They depend on what is seen in it, and not on the speed.
import { bendsOf, type Controls, laneMiddle, type RoadView, sharpestTurn, topSpeed } from "./scene.ts";

/** The point of the lane that the driver makes for, in metres ahead. */
const lookAhead = 12;
/** Metres a second squared, to the side, in a bend. */
const comfort = 4;
/** Metres to the car before, where it stands; and seconds behind it. */
const [gap, headway] = [8, 1.6] as const;

export function goodControls(view: RoadView): Controls {
  return { steering: goodSteering(view), throttle: goodSpeed(view) / topSpeed };
}

/** Along the arc to a point of the lane's middle ahead: "pure pursuit". */
function goodSteering({ car: { distance, offset, heading }, seed }: RoadView): number {
  const bends = bendsOf(seed);
  const [here, next, there] = [bends.at(distance), bends.at(distance + 0.5), bends.at(distance + lookAhead)];
  const beside = laneMiddle - offset + there - here - 2 * (next - here) * lookAhead;
  const right = beside * Math.cos(heading) - lookAhead * Math.sin(heading);
  const curve = (2 * right) / (beside ** 2 + lookAhead ** 2);
  return Math.max(-1, Math.min(1, curve / sharpestTurn));
}

/** As fast as the bends ahead, the car before and a place beside the lane allow. */
function goodSpeed(view: RoadView): number {
  const { car, seed } = view;
  const bends = bendsOf(seed);
  const curves = [5, 10, 20, 30, 40].map((ahead) => Math.abs(bends.curvatureAt(car.distance + ahead)));
  const aside = Math.max(0, Math.abs(car.offset - laneMiddle) - 0.9) + 4 * Math.max(0, Math.abs(car.heading) - 0.1);
  const inBends = Math.sqrt(comfort / Math.max(...curves, 1e-4)) / (1 + 0.5 * aside);
  return Math.max(0, Math.min(topSpeed, inBends, (roomAhead(view) - gap) / headway));
}

/** Metres to the next car in the lane, or so far that it does not matter. */
export function roomAhead({ car, others = [] }: RoadView): number {
  const before = others
    .filter(({ offset, comesTowards }) => !comesTowards && Math.abs(offset - laneMiddle) < 1.9)
    .map(({ distance }) => distance - car.distance)
    .filter((ahead) => ahead > 0);
  return Math.min(200, ...before);
}
