// Makes steps that read one part of a buffer and write another valid for WebGPU.
import { type BindingKind, withWritable } from "../../shaders/shader.ts";
import type { Step } from "./plan.ts";

/**
 * A dispatch may read one part of a buffer and write another only if its shader declares both as `read_write`. The shader of such a step is
 * changed to say so. Other steps with that shader get the same change, as far as they can: one pipeline then serves them all.
 */
export function declareAliases(steps: readonly Step[]): readonly Step[] {
  const isKind = ({ shader }: Step, name: string, kind: BindingKind) => shader.bindings[name]?.kind === kind;
  const sharers = ({ bindings }: Step, name: string) =>
    Object.keys(bindings).filter((other) => other !== name && bindings[other] === bindings[name]);
  const aliased = new Map<string, Set<string>>();
  for (const step of steps)
    for (const name of Object.keys(step.bindings))
      if (isKind(step, name, "read") && sharers(step, name).some((other) => isKind(step, other, "read_write")))
        aliased.set(step.shader.code, (aliased.get(step.shader.code) ?? new Set()).add(name));
  return steps.map((step) => {
    const wanted = aliased.get(step.shader.code) ?? new Set();
    const isApart = (name: string, other: string) => step.ranges?.[name]?.offsetBytes !== step.ranges?.[other]?.offsetBytes;
    const names = [...wanted].filter((name) =>
      sharers(step, name).every((other) => isKind(step, other, "read_write") || (wanted.has(other) && isApart(name, other))),
    );
    return names.length > 0 ? { ...step, shader: withWritable(step.shader, names) } : step;
  });
}
