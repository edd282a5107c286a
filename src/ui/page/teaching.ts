// Teach it: a network gets a new last layer for classes of one's own, and learns what one draws or holds before the camera.
import type { ManifestEntry } from "../../../models/manifest.ts";
import type { ConvCam } from "../element.ts";
import { withClasses } from "../train/new-head.ts";
import { DrawingPad } from "./drawing-pad.ts";
import { find, listen } from "./listen.ts";
import { openNetwork, preparationOf } from "./networks.ts";
import { reveal } from "./reveal.ts";
import { Teach } from "./teach.ts";
import { toldOf } from "./unlearned.ts";

/** What is shown to a network. */
interface Lesson {
  readonly names: readonly string[];
  /** Those that were taken. */
  readonly pictures: ReadonlySet<File>;
  /** Copies of them: a class that is called otherwise later is another folder for those that were taken. */
  readonly files: readonly File[];
}

/** What learns, and what. */
interface Taught extends Lesson {
  /** What gets the new last layer: one of our networks, or a file. */
  readonly network: ManifestEntry | File;
  readonly seed: number;
  readonly built: Awaited<ReturnType<typeof withClasses>>;
}

/** The same pictures by another network, or from another seed. */
interface Prepared {
  readonly taught: Taught;
  /** What learned them before. */
  readonly before: Taught;
}

export class Teaching {
  readonly #viewer: ConvCam;
  readonly #pad: DrawingPad;
  readonly #teach: Teach;
  /** What gets the new last layer: one of our networks, or a file. */
  #network: ManifestEntry | File | undefined;
  #seed = 0;
  /** Undefined until somebody wants it to learn. */
  #taught: Taught | undefined;
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
      onChange: () => this.#tellPictures(),
    });
    find("draw").addEventListener("click", () => this.#look(false));
    find("camera").addEventListener("click", () => this.#look(true));
    find("clear").addEventListener("click", () => this.#pad.clear());
    find("learn").addEventListener("click", () => this.#start());
    find("why").addEventListener("change", () => {
      this.#showAnswer();
      if (viewer.explain !== undefined) void reveal(viewer, ".why");
    });
    listen(viewer, "input", () => {
      this.#tellCamera("");
      this.#preview();
    });
    listen(viewer, "error", ({ error, part }) => part === "input" && this.#tellCamera(error.message));
  }

  /** @returns what learns as soon as it is offered: what is learned already, by another network or from another seed; undefined where neither is another */
  async prepare(network: ManifestEntry | File | undefined, seed: number): Promise<Prepared | undefined> {
    const before = this.#taught;
    if (!before || !network || (before.network === network && before.seed === seed)) return undefined;
    return { taught: await build(network, seed, before), before };
  }

  /**
   * What learns goes on to, and begins anew where a setting is another one.
   *
   * @param network undefined where nobody has chosen a file yet
   * @param prepared for these
   */
  offer(network: ManifestEntry | File | undefined, seed: number, prepared?: Prepared): void {
    this.#network = network;
    this.#seed = seed;
    if (!this.#isOpen) this.#open();
    // Other pictures were chosen meanwhile.
    else if (prepared && prepared.before !== this.#taught) this.#start();
    else if (prepared) this.#show(prepared.taught);
    else this.#freeze();
    this.#tellPictures();
  }

  #open(): void {
    // What was shown until now is not what will learn.
    Object.assign(this.#viewer, { src: undefined, compare: undefined, blank: undefined });
    this.#viewer.removeAttribute("train");
    this.#isOpen = true;
    this.#isRefused = false;
    this.#look(this.#isCamera);
  }

  /** Something else learns. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#taught = undefined;
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
    find("try").textContent = isEmpty && this.#taught ? "Draw something to try it." : "";
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

  #tellPictures(): void {
    this.#tell(toldOf(this.#teach, this.#taught?.pictures ?? new Set(), this.#isRefused));
  }

  #start(): void {
    this.#learn().catch((error: Error) => this.#complain(error.message));
  }

  async #learn(): Promise<void> {
    const [network, seed] = [this.#network, this.#seed];
    const lack = network ? this.#teach.lack : "Choose a network first.";
    this.#isRefused = lack !== undefined;
    this.#tell(lack ?? "");
    if (lack !== undefined || !network) return;
    const { names, files } = this.#teach;
    const taught = await build(network, seed, { names, pictures: new Set(files), files: files.map(copyOf) });
    if (!this.#isOpen) return;
    // Something else was chosen meanwhile.
    if (this.#network !== network || this.#seed !== seed) return this.#learn();
    this.#show(taught);
    this.#tellPictures();
  }

  /** Lets it learn. */
  #show(taught: Taught): void {
    const { network, names, files, built } = taught;
    const viewer = this.#viewer;
    this.#taught = taught;
    viewer.preparation = network instanceof File ? {} : preparationOf(network);
    viewer.labels = names;
    viewer.trainFiles = files;
    this.#showAnswer();
    this.#freeze();
    viewer.src = built.bytes;
    viewer.setAttribute("train", "");
  }

  /** The last layer learns alone, unless somebody wants all to. */
  #freeze(): void {
    const own = find<HTMLInputElement>("all").checked ? undefined : this.#taught?.built.parameters;
    const escaped = own?.map((name) => name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
    if (escaped) this.#viewer.setAttribute("train-freeze", `^(?!(${escaped.join("|")})$)`);
    else this.#viewer.removeAttribute("train-freeze");
  }
}

async function build(network: ManifestEntry | File, seed: number, { names, pictures, files }: Lesson): Promise<Taught> {
  const built = await withClasses(network instanceof File ? network : await openNetwork(network), names, seed);
  return { network, seed, names, pictures, files, built };
}

function copyOf(file: File): File {
  const { name, type, lastModified, webkitRelativePath: value } = file;
  return Object.defineProperty(new File([file], name, { type, lastModified }), "webkitRelativePath", { value });
}
