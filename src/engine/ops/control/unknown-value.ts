// The refusal of a node for a value that is not known yet: once it is, the node may be taken up again.
import { UnsupportedError } from "../../errors.ts";

/** A node is refused as long as some values are not known. */
export class UnknownValueError extends UnsupportedError {
  readonly values: readonly string[];
  /** Some of what stands for the node is written already: one must begin with the node as the file has it, when the values are known. */
  readonly isWithin: boolean;

  constructor(message: string, values: readonly string[], isWithin = false) {
    super(message);
    this.values = values;
    this.isWithin = isWithin;
  }
}
