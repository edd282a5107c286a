// What is folded beside a layer until somebody looks at its kernels. What draws them is loaded then; it stays unfolded from layer to layer.
import { loadPart } from "../../engine/errors.ts";
import type { ConvCam } from "../element.ts";
import { make } from "../make.ts";
import type { Session } from "../session/session.ts";
import type { LayerKernels } from "./layer-kernels.ts";
import type { Place } from "./place.ts";

export interface KernelsHost {
  go(place: Place): void;
  readonly loaded: {
    /** Another one with every change of the network's weights. */
    readonly networkId: number;
  };
}

export class KernelsOffer {
  readonly #host: KernelsHost;
  readonly #viewer: ConvCam;
  readonly #element = make("details", "kernels");
  readonly #trouble = make("p", "about alarm");
  #part: Promise<LayerKernels> | undefined;
  #wanted: { readonly place: Place; readonly session: Session } | undefined;

  constructor(host: KernelsHost, viewer: ConvCam) {
    this.#host = host;
    this.#viewer = viewer;
    this.#trouble.role = "alert";
    this.#element.append(make("summary", "", "Kernels"), this.#trouble);
    this.#element.addEventListener("toggle", () => void this.#show());
  }

  /** What to show beside a layer that has kernels. */
  at(place: Place, session: Session): HTMLElement {
    this.#wanted = { place, session };
    void this.#show();
    return this.#element;
  }

  /** What they were of is gone. */
  forget(): void {
    this.#wanted = undefined;
    void this.#part?.then((part) => part.forget());
  }

  async #show(): Promise<void> {
    const wanted = this.#wanted;
    if (!wanted || !this.#element.open) return;
    try {
      const part = await this.#load();
      await part.show(wanted.place, wanted.session);
      this.#trouble.textContent = "";
    } catch (error) {
      const isOfOther = wanted.place.layer.value !== this.#wanted?.place.layer.value;
      if ((error as Error).name !== "AbortError" && !isOfOther) this.#trouble.textContent = (error as Error).message;
    }
  }

  /** What did not load may the next time. */
  async #load(): Promise<LayerKernels> {
    this.#part ??= loadPart("for kernels", async () => new (await import("./layer-kernels.ts")).LayerKernels(this.#host, this.#viewer));
    try {
      const part = await this.#part;
      if (part.element.parentElement !== this.#element) this.#element.append(part.element);
      return part;
    } catch (error) {
      this.#part = undefined;
      throw error;
    }
  }
}
