// A network in one's own lines, beside what it learns: the text, what is wrong with it, and how large it is. Loaded when somebody chooses it.
import { buildDescribedModel, firstDescription } from "../../../models/described.ts";
import { find } from "./listen.ts";

export class Described {
  readonly #lines = find<HTMLTextAreaElement>("lines");
  /** The last network that was built: the same text and seed give the same bytes, and so nothing loads anew. */
  #built: { readonly key: string; readonly bytes: Uint8Array } | undefined;

  /**
   * The network of the text, as the bytes of an .onnx file.
   *
   * @param input shape of the pictures, for a first text where there is none
   * @throws ModelError that says which line is wrong
   */
  build(seed: number, input: readonly number[], classes: number): Uint8Array {
    if (this.#lines.value.trim() === "") this.#lines.value = firstDescription(input, classes);
    const text = this.#lines.value;
    const key = JSON.stringify([text, seed]);
    if (this.#built?.key !== key) {
      find("lines-said").textContent = "";
      const { bytes, parameterCount } = buildDescribedModel(text, { seed });
      find("lines-said").textContent = `${parameterCount.toLocaleString("en")} parameters`;
      this.#built = { key, bytes };
    }
    return this.#built.bytes;
  }
}
