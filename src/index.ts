// The public API of Convcam's engine.
import "./webgpu-names.ts";

export type { Branch } from "./engine/branch.ts";
export { createTrainer } from "./engine/create-trainer.ts";
export { DeviceError, ModelError, UnsupportedError } from "./engine/errors.ts";
export type { Completeness, Explanation, ExplanationRequest } from "./engine/explanation.ts";
export type { GateChannels, GateOptions } from "./engine/gates.ts";
export { type AdapterInfo, Device, type DeviceOptions, requestDevice } from "./engine/gpu/device.ts";
export type { OptimizerOptions } from "./engine/gradient/training/optimizers.ts";
export type { ScheduleName, ScheduleOptions } from "./engine/gradient/training/schedules.ts";
export type { LossName } from "./engine/gradient/training/training.ts";
export type { GradientRequest, ModelGradient } from "./engine/gradients.ts";
export type { Graph, GraphInput, Node, TypedGraph, ValueType } from "./engine/graph/graph.ts";
export { type GpuValue, inspectModel, type LoadOptions, loadModel, Model, type NamedType } from "./engine/model.ts";
export type { Parameter, ParameterSource } from "./engine/parameters.ts";
export type { PatternRequest, Patterns } from "./engine/patterns.ts";
export type { Pieces, PiecesOptions } from "./engine/pieces.ts";
export type { MemoryReport, PlacedValue, Plan, Step } from "./engine/plan/plan.ts";
export type { Precision } from "./engine/precision.ts";
export type { Profile, ProfileOptions, StepTime } from "./engine/profile.ts";
export { type LoadProgress, type ModelSource, type ReadOptions, readModel } from "./engine/source.ts";
export type { LayerSummary, ModelSummary } from "./engine/summary.ts";
export { type DataType, Tensor } from "./engine/tensor.ts";
export type { BatchSource, LossOptions, LossScaleOptions, Targets, Trainer, TrainingBatch, TrainingOptions } from "./engine/trainer.ts";
export type { Choices, TuningMemory } from "./engine/tune/memory.ts";
export type { TunedLayer } from "./engine/tune/tuner.ts";
export type { TuneOptions, TuneProgress, TuningReport } from "./engine/tune/tuning.ts";
export type { Verification, VerifiedLayer, VerifyOptions } from "./engine/verify/verify.ts";
