/** Runs the conformance suite of the training port on all local backends. */
import { join } from "node:path";
import { peftTraining } from "./peft.ts";
import { pocketTraining } from "./pocket.ts";
import { PYTHON_TIMEOUT, pythonLack, warmPython } from "./python.fixture.ts";
import { trainingConformance } from "./training.conformance.ts";
import { TwinTraining } from "./twin.ts";

const python = await warmPython();
const wren = join(import.meta.dirname, "../pocket/checkpoints/wren");
const order = {
  model: "ant",
  samples: Array.from({ length: 16 }, (_, index) => ({
    prompt: `${index % 10}+${(index * 7) % 10}?`,
    response: `ans ${(index + 3) % 10}`,
  })),
  learningRate: 0.003,
  targets: ["q_proj", "v_proj", "down_proj"],
};

trainingConformance({ name: "the twin", backend: () => new TwinTraining(["ant"]), order, timeout: 5_000 });

trainingConformance({
  name: "the embedded engine",
  backend: () => pocketTraining(new Map([["ant", wren]])),
  order,
  timeout: 120_000,
});

trainingConformance({
  name: "the PEFT worker",
  skip: pythonLack,
  backend: () =>
    peftTraining({
      models: new Map([["ant", { base: wren }]]),
      ...{ python, devices: [], precision: "float32", gradientCheckpointing: false },
      ...{ microBatch: 8, maxTokens: 512, checkpointEvery: 1, silenceSeconds: 240, graceSeconds: 60 },
    }),
  order,
  timeout: PYTHON_TIMEOUT,
});
