// The names of WebGPU that the published types mention, for compilers whose DOM library has none: TypeScript before 6.
// An empty interface adds nothing to one that exists, from lib.dom or @webgpu/types; a `type` would clash with it. So what is published
// names no aliases, such as GPUTextureFormat, only interfaces; members that need one are tagged as internal, which leaves them out.
declare global {
  interface GPU {}
  interface GPUBindGroupEntry {}
  interface GPUBuffer {}
  interface GPUCommandEncoder {}
  interface GPUComputePassEncoder {}
  interface GPUComputePipeline {}
  interface GPUDevice {}
  interface GPUDeviceLostInfo {}
  interface GPUExternalTexture {}
  interface GPURenderPassEncoder {}
  interface GPURenderPipeline {}
  interface GPUTexture {}
  interface GPUTextureView {}
}

export {};
