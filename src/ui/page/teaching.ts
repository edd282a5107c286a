// Teach it: a network gets a new last layer for classes of one's own, and learns what one draws or holds before the camera.
import type { ManifestEntry } from "../../../models/manifest.ts";
import type { ConvCam } from "../element.ts";
import { withClasses } from "../train/new-head.ts";
import { DrawingPad } from "./drawing-pad.ts";
import { find, listen } from "./listen.ts";
import { openNetwork, preparationOf } from "./networks.ts";
import { Teach } from "./teach.ts";
import { toldOf } from "./unlearned.ts";

export class Teaching {
  readonly #viewer: ConvCam;
  readonly #pad: DrawingPad;
  readonly #teach: Teach;
  /** What gets the new last layer: one of our networks, or a file. */
  #network: ManifestEntry | File | undefined;
  #seed = 0;
  /** The pictures that it learns from. */
  #learned: ReadonlySet<File> = new Set();
  /** Whether somebody wanted to learn, and something was missing. */
  #isRefused = false;
  #isOpen = false;
  #isCamera = false;
  /** What is told of a camera that does not work. */
  #cameraTrouble = "";
  readonly #complain: (text: string) => void;

  constructor(viewer: ConvCam, complain: (text: string) => void) {
    this.#viewer = viewer;
    this.#complain = complain;
    this.#pad = new DrawingPad(find<HTMLCanvasElement>("pad"), () => {
      this.#showAnswer();
      viewer.refresh();
    });
    this.#teach = new Teach(find("classes"), {
      picture: () => this.#picture(),
      onTake: () => {
        if (!this.#isCamera) this.#pad.clear();
      },
      onLack: (text) => this.#tell(text),
      onChange: () => this.#tell(toldOf(this.#teach, this.#learned, this.#isRefused)),
    });
    find("draw").addEventListener("click", () => this.#look(false));
    find("camera").addEventListener("click", () => this.#look(true));
    find("clear").addEventListener("click", () => this.#pad.clear());
    find("learn").addEventListener("click", () => {
      this.#learn().catch((error: Error) => complain(error.message));
    });
    find("why").addEventListener("change", () => this.#showAnswer());
    listen(viewer, "input", () => {
      this.#tellCamera("");
      this.#preview();
    });
    listen(viewer, "error", ({ error, part }) => part === "input" && this.#tellCamera(error.message));
  }

  /** @param network undefined where nobody has chosen a file yet */
  offer(network: ManifestEntry | File | undefined, seed: number): void {
    this.#network = network;
    this.#seed = seed;
    // What was shown until now is not what will learn.
    if (!this.#isOpen) this.#viewer.src = undefined;
    this.#isOpen = true;
    this.#learned = new Set();
    this.#isRefused = false;
    this.#tell("");
    this.#viewer.removeAttribute("train");
    this.#viewer.compare = undefined;
    this.#viewer.blank = undefined;
    this.#look(this.#isCamera);
  }

  /** Something else learns. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    find<HTMLInputElement>("why").checked = false;
    // Neither its picture nor its names are of what comes.
    Object.assign(this.#viewer, { explain: undefined, input: undefined, labels: undefined });
  }

  /** @param trouble empty where it works, or is not looked through: what was told of it goes */
  #tellCamera(trouble: string): void {
    if (trouble !== "" || find("problem").textContent === this.#cameraTrouble) this.#complain(trouble);
    this.#cameraTrouble = trouble;
  }

  #look(isCamera: boolean): void {
    if (!isCamera) this.#tellCamera("");
    this.#isCamera = isCamera;
    find("draw").ariaPressed = String(!isCamera);
    find("camera").ariaPressed = String(isCamera);
    find("pad").hidden = isCamera;
    find("clear").hidden = isCamera;
    find("preview").hidden = !isCamera;
    this.#viewer.input = isCamera ? "camera" : this.#pad.picture;
    this.#showAnswer();
  }

  /** The answer to an empty pad is worth nothing: instead it is said what to do. */
  #showAnswer(): void {
    const isEmpty = !this.#isCamera && this.#pad.isEmpty;
    find("try").textContent = isEmpty && this.#learned.size > 0 ? "Draw something to try it." : "";
    if (!this.#isOpen) return;
    if (isEmpty) this.#viewer.setAttribute("bars", "none");
    else this.#viewer.removeAttribute("bars");
    const explain = !isEmpty && find<HTMLInputElement>("why").checked ? "grad-cam" : undefined;
    if (this.#viewer.explain !== explain) this.#viewer.explain = explain;
  }

  #preview(): void {
    const { picture } = this.#viewer;
    find("preview").replaceChildren(...(this.#isCamera && picture instanceof HTMLVideoElement ? [picture] : []));
  }

  #picture(): CanvasImageSource | undefined {
    if (!this.#isCamera) return this.#pad.isEmpty ? undefined : this.#pad.picture;
    const { picture } = this.#viewer;
    return picture instanceof HTMLVideoElement && picture.videoWidth > 0 ? picture : undefined;
  }

  #tell(text: string): void {
    find("lack").textContent = text;
  }

  async #learn(): Promise<void> {
    const network = this.#network;
    const lack = network ? this.#teach.lack : "Choose a network first.";
    this.#isRefused = lack !== undefined;
    this.#tell(lack ?? "");
    if (lack !== undefined || !network) return;
    const viewer = this.#viewer;
    const { names } = this.#teach;
    const isFile = network instanceof File;
    const { bytes, parameters } = await withClasses(isFile ? network : await openNetwork(network), names, this.#seed);
    // Something else was chosen meanwhile.
    if (!this.#isOpen || this.#network !== network) return;
    viewer.preparation = isFile ? {} : preparationOf(network);
    viewer.labels = names;
    const { files } = this.#teach;
    viewer.trainFiles = files;
    this.#learned = new Set(files);
    this.#tell("");
    this.#showAnswer();
    const escaped = parameters.map((name) => name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
    if (find<HTMLInputElement>("all").checked) viewer.removeAttribute("train-freeze");
    else viewer.setAttribute("train-freeze", `^(?!(${escaped.join("|")})$)`);
    viewer.src = bytes;
    viewer.setAttribute("train", "");
  }
}
