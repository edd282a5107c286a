// The optimisers, and the learning rate of each where none is given. Alone in its file, for a page whose engine is elsewhere.

export const usualRates = { sgd: 0.01, adam: 0.001, adamw: 0.001, adagrad: 0.01 } as const;

export type OptimizerName = keyof typeof usualRates;
