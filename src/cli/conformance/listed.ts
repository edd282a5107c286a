// The cases that Convcam refuses, each with why. `convcam conformance` and the tests hold the list to what happens: a refused case that is not here
// is an objection, and so is one that is here and passes.
import { type CaseResult, nothingExpected } from "./run-case.ts";

export interface Listed {
  readonly why: string;
  /** Each as SUITE/CASE, the last two folders of its path. */
  readonly cases: readonly string[];
  /** Whether the cases run: they expect a refusal, and have no output to compare with. */
  readonly runs?: true;
}

export const listed: readonly Listed[] = [
  {
    why: "Convcam computes numbers. Strings would be the one type that no GPU has, for operators that prepare text.",
    cases: [
      "simple/test_strnorm_model_monday_casesensintive_lower",
      "simple/test_strnorm_model_monday_casesensintive_nochangecase",
      "simple/test_strnorm_model_monday_casesensintive_upper",
      "simple/test_strnorm_model_monday_empty_output",
      "simple/test_strnorm_model_monday_insensintive_upper_twodim",
      "simple/test_strnorm_model_nostopwords_nochangecase",
    ],
  },
  {
    why: "Operators of ai.onnx.ml are classical machine learning on tables. Networks of pictures have none of it.",
    cases: [
      "more/test_ai_onnx_ml_array_feature_extractor",
      "more/test_ai_onnx_ml_binarizer",
      "more/test_ai_onnx_ml_tree_ensemble_single_tree",
    ],
  },
  {
    why: "Gradient is a preview that ONNX Runtime does not run either. Gradients are asked of a model (model.gradient), or trained with.",
    cases: ["simple/test_gradient_of_add", "simple/test_gradient_of_add_and_mul"],
  },
  {
    why: "The mask is random. Expected is that of one generator, which ONNX does not name.",
    cases: [
      "training/test_training_dropout",
      "training/test_training_dropout_default",
      "training/test_training_dropout_default_mask",
      "training/test_training_dropout_mask",
    ],
  },
  { why: "The file is wrong: two nodes make one value. The case expects a refusal.", cases: ["field/two-writers"] },
  {
    why: "The case expects a refusal of opset 3, which Convcam runs: tests/conformance/old-opsets.test.ts compares such files.",
    cases: ["field/opset3"],
    runs: true,
  },
];

export interface Judgement {
  /** With why where a case is listed. */
  readonly results: readonly CaseResult[];
  /** What speaks against the list, or against the case. */
  readonly objection?: string;
}

/**
 * Holds the results of one case to the list.
 *
 * @param id SUITE/CASE
 * @param results of the case as it is, and of other ways to run it
 */
export function judge(id: string, results: readonly CaseResult[], list: readonly Listed[] = listed): Judgement {
  const entry = list.find(({ cases }) => cases.includes(id));
  const [first, ...others] = results;
  if (!first) return { results };
  if (!entry) return { results, ...(first.status === "unsupported" && { objection: `${id} is refused, and not listed.` }) };
  if (first.status === "pass") return { results, objection: `${id} passes, but is listed as refused: take it off the list.` };
  if (entry.runs && first.status === "unsupported") return { results, objection: `${id} is refused, but is listed as one that runs.` };
  const isListed = entry.runs ? first.reason === nothingExpected : first.status === "unsupported";
  if (!isListed) return { results };
  return { results: [{ ...first, status: "unsupported", listed: entry.why }, ...others] };
}
