// A road to drive on, by the network that learns or by a hand: each frame is what the network sees, and what it answers moves the car.
import { controlsOf, type DrivingOutputs, drivingOutputs } from "../../data-sets/road/outputs.ts";
import { roadPicture } from "../../data-sets/road/picture.ts";
import { type Controls, type Steering, topSpeed } from "../../data-sets/road/scene.ts";
import { goOn, isHit, isInLane, startWorld, type World } from "../../data-sets/road/world.ts";
import type { ConvCam } from "../element.ts";
import { drawPolygons } from "./draw-polygons.ts";
import { find } from "./listen.ts";
import type { SteeredCanvas } from "./steered-canvas.ts";
import { steeredRoad } from "./steered-road.ts";

/** Seconds of the road that go by between two looks at it, at most: a slow network drives in slow motion, and not blind. */
const longestPause = 0.1;
/** Milliseconds of one look from which on as long a rest follows, and the longest rest. */
const [slowMs, mostRestMs] = [30, 300] as const;
/** Looks at the road that are told of. */
const remembered = 600;

export class Drive {
  readonly #viewer: ConvCam;
  readonly #steered: SteeredCanvas<Steering>;
  #world: World = startWorld(1);
  /** What drives; undefined where it is closed. One that is opened again is another one. */
  #drive: object | undefined;
  #isByHand = false;
  /** Of the network that is loaded; rejects where it has none that drive. */
  #outputs: Promise<DrivingOutputs> | undefined;
  /** Whether the car was in its lane, lately. */
  #lane: boolean[] = [];
  #hits = 0;

  constructor(viewer: ConvCam) {
    this.#viewer = viewer;
    this.#steered = steeredRoad(
      "The road. Where you drive: up and down for speed, left and right to steer. Or press and pull with a finger.",
      () => this.#choose(true),
    );
    viewer.addEventListener("load", () => {
      this.#outputs = undefined;
    });
    find("road").append(this.#steered.element);
    find("drive-network").addEventListener("click", () => this.#choose(false));
    find("drive-hand").addEventListener("click", () => {
      this.#choose(true);
      this.#steered.element.focus();
    });
    find("drive-again").addEventListener("click", () => this.#begin(this.#world.seed + 1));
  }

  open(): void {
    this.#draw();
    this.#look();
    if (this.#drive) return;
    this.#drive = {};
    void this.#go(this.#drive);
  }

  letNetworkDrive(): void {
    this.#choose(false);
  }

  close(): void {
    if (this.#drive) this.#viewer.input = undefined;
    this.#drive = undefined;
  }

  /** Shows the network the road, where it was shown another picture. */
  #look(): void {
    const { element } = this.#steered;
    if (this.#viewer.input !== element) this.#viewer.input = element;
  }

  /** Who takes the wheel begins with a fresh car on the same road: the score is of one driver alone. */
  #choose(isByHand: boolean): void {
    this.#look();
    if (isByHand !== this.#isByHand) this.#begin(this.#world.seed);
    this.#isByHand = isByHand;
    find("drive-how").hidden = !isByHand;
    find("drive-hand").ariaPressed = String(isByHand);
    find("drive-network").ariaPressed = String(!isByHand);
  }

  #begin(seed: number): void {
    this.#world = startWorld(seed);
    this.#lane = [];
    this.#hits = 0;
    this.#draw();
    this.#viewer.refresh();
  }

  /** Goes on until it is closed; it waits while the network is loaded, or looks at another picture. */
  async #go(drive: object): Promise<void> {
    let before = performance.now();
    let taken = 0;
    while (this.#drive === drive) {
      await new Promise(requestAnimationFrame);
      // Where looking takes long, the network learns meanwhile.
      if (taken > slowMs) await new Promise((resolve) => setTimeout(resolve, Math.min(taken, mostRestMs)));
      const begun = performance.now();
      const controls = this.#isByHand ? this.#byHand() : await this.#byNetwork();
      const now = performance.now();
      const seconds = Math.min(longestPause, (now - before) / 1000);
      before = now;
      if (!controls || this.#viewer.paused || this.#viewer.input !== this.#steered.element || this.#drive !== drive) continue;
      const next = goOn(this.#world, controls, seconds);
      if (isHit(next) && !isHit(this.#world)) this.#hits++;
      this.#world = next;
      this.#lane = [...this.#lane, isInLane(next.car)].slice(-remembered);
      this.#draw();
      this.#tell(controls);
      await this.#shown();
      taken = performance.now() - begun;
    }
  }

  /** The network has seen the road as it is now. */
  async #shown(): Promise<void> {
    const shown = new Promise((resolve) => this.#viewer.addEventListener("frame", resolve, { once: true }));
    this.#viewer.refresh();
    // What is being loaded draws nothing meanwhile.
    await Promise.race([shown, new Promise((resolve) => setTimeout(resolve, 2000))]);
  }

  #byHand(): Controls {
    const { right, forward } = this.#steered.wish;
    const rolling = this.#world.car.speed / topSpeed;
    return { steering: right, throttle: forward > 0 ? 1 : forward < 0 ? 0 : Math.max(0, rolling - 0.02) };
  }

  /** What the network answers to the road that it sees; undefined while there is none that drives. */
  async #byNetwork(): Promise<Controls | undefined> {
    try {
      this.#outputs ??= this.#findOutputs();
      const outputs = await this.#outputs;
      const names = Object.values(outputs).map(({ name }) => name);
      const answers = await Promise.all(names.map(async (name) => [name, await this.#numbers(name)] as const));
      const { steering, throttle } = controlsOf(Object.fromEntries(answers), outputs);
      return { steering: steering[0] ?? 0, throttle: throttle[0] ?? 0 };
    } catch {
      return undefined;
    }
  }

  async #findOutputs(): Promise<DrivingOutputs> {
    const { outputs, layers } = await this.#viewer.ask({ kind: "network" });
    return drivingOutputs(outputs, (name) => layers.find((layer) => layer.outputs.includes(name))?.operator);
  }

  async #numbers(value: string): Promise<Float32Array> {
    const { bytes } = await this.#viewer.ask({ kind: "value", value });
    return new Float32Array(bytes.slice().buffer);
  }

  #draw(): void {
    const context = this.#steered.element.getContext("2d") as CanvasRenderingContext2D;
    drawPolygons(context, roadPicture(this.#world));
  }

  #tell({ steering, throttle }: Controls): void {
    find<HTMLMeterElement>("drive-steering").value = steering;
    find("drive-bar").style.setProperty("--steering", Math.max(-1, Math.min(1, steering)).toFixed(2));
    find<HTMLMeterElement>("drive-throttle").value = throttle;
    const share = this.#lane.filter(Boolean).length / this.#lane.length;
    const speed = Math.round(3.6 * this.#world.car.speed);
    const hits = this.#hits === 0 ? "" : ` · ${this.#hits} ${this.#hits === 1 ? "collision" : "collisions"}`;
    find("drive-said").textContent = `In its lane ${Math.round(100 * share)} % of the way · ${speed} km/h${hits}`;
  }
}
