// Bind groups by the names that a shader gives its bindings.
import type { Shader } from "../shaders/shader.ts";

/** Bind group entries by binding name. */
export function bind(
  shader: Shader,
  resources: Readonly<Record<string, GPUBuffer | GPUTextureView | GPUExternalTexture>>,
): GPUBindGroupEntry[] {
  return Object.entries(resources).map(([name, resource]) => {
    const binding = shader.bindings[name]?.binding;
    if (binding === undefined) throw new Error(`${shader.name}: no binding '${name}'`);
    return { binding, resource: "size" in resource && "usage" in resource ? { buffer: resource } : (resource as GPUTextureView) };
  });
}
