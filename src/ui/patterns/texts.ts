// What patterns show and what they do not prove, a sentence each. docs/explanations.md has the same, and a test compares.

export const patternTexts = {
  seen: "Pictures found from noise, step by step, that a channel or a class answers to more and more strongly.",
  limit: "A pattern shows what raises an answer. It does not show all that does, nor what a channel is for.",
} as const;
