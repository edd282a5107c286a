// Evaluates a model on a data set: loss, accuracy, and which classes it takes for which.
import type { DataSet } from "../data-sets/data-set.ts";
import { type Metrics, MetricsOf } from "../data-sets/metrics.ts";
import { ModelError } from "../engine/errors.ts";
import type { Model } from "../engine/model.ts";
import { Scorer } from "../engine/scorer.ts";

const batch = 100;

export async function evaluateOn(model: Model, set: DataSet): Promise<Metrics> {
  const scorer = await Scorer.make(model, { batch: Math.min(batch, set.length) });
  try {
    if (scorer.classes === undefined)
      throw new ModelError(
        "the model has several scores for each class, as where it answers with a picture or boxes; expected one for each.",
      );
    if (set.classes.length > scorer.length)
      throw new ModelError(`the data has ${set.classes.length} classes, but the model has ${scorer.length} scores.`);
    const metrics = new MetricsOf(scorer.length);
    for (let first = 0; first < set.length; first += scorer.batch) {
      const count = Math.min(scorer.batch, set.length - first);
      const { inputs, targets } = set.examples(Array.from({ length: count }, (_, i) => first + i));
      metrics.add(await scorer.scores(inputs, count), targets);
    }
    return metrics.result;
  } finally {
    scorer.dispose();
  }
}
