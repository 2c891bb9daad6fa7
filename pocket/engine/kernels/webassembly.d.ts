/** The part of the WebAssembly interface that the kernels use; the project's TypeScript libraries do not include it. */
declare namespace WebAssembly {
  const validate: (bytes: Uint8Array<ArrayBuffer>) => boolean;
  class Memory {
    constructor(descriptor: { initial: number; maximum?: number });
    readonly buffer: ArrayBuffer;
    grow(pages: number): number;
  }
  class Module {
    constructor(bytes: Uint8Array<ArrayBuffer>);
  }
  class Instance {
    constructor(module: Module, imports?: Record<string, Record<string, unknown>>);
    readonly exports: Readonly<Record<string, unknown>>;
  }
}
