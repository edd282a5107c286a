// What a training needs of its element.
import type { ConvCamEvents } from "../element.ts";
import type { LabelsSource } from "../labels.ts";
import type { DrawableLayer } from "../layers.ts";
import type { Session } from "../session/session.ts";

export interface TrainHost {
  readonly session: Session | undefined;
  readonly labels: { readonly source: LabelsSource | undefined };
  readonly layers: readonly DrawableLayer[];
  /** Whose number changes with the weights that somebody asks for. */
  readonly weights: { readonly wanted: { readonly id: number } };
  /** Asks for another scene. */
  invalidate(stage: "scene"): void;
  /** Whether there is something to draw. */
  readonly isShown: boolean;
  /** @returns false where a listener prevented the default */
  emit<Name extends "train" | "error">(type: Name, detail: ConvCamEvents[Name]): boolean;
}
