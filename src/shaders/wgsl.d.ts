// Types of `import shader from "./foo.wgsl"`, see vite-plugin.ts.
declare module "*.wgsl" {
  const shader: import("./shader.ts").Shader;
  export default shader;
}

declare module "wgsl_reflect/wgsl_reflect.module.js" {
  export * from "wgsl_reflect";
}
