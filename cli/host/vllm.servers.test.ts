/** A society behind a real vLLM on the CPU, started as by `agora up`. */
import { baseFolder, presenceOf } from "./real-server.fixture.ts";
import { describeTrainedSociety } from "./trained-society.conformance.ts";

const MODEL = "wren";

describeTrainedSociety({
  ...{ title: "vLLM", model: MODEL, slots: 16, rounding: 2e-3 },
  presence: presenceOf("vllm", ["AGORA_VLLM"], MODEL),
  server: (port) => ({
    ...{ name: "vllm", kind: "vllm", port, weights: baseFolder(MODEL), startSeconds: 1200 },
    command: [process.env.AGORA_VLLM ?? "vllm", "serve"],
    arguments: [
      ...["--enforce-eager", "--dtype", "float32", "--block-size", "32"],
      ...["--enable-prefix-caching", "--enable-prompt-tokens-details"],
    ],
  }),
  // Without TorchDynamo nothing is compiled, which takes minutes on a slow machine.
  environment: {
    ...{ HF_HUB_OFFLINE: "1", TORCHDYNAMO_DISABLE: "1" },
    ...{ OMP_NUM_THREADS: "1", VLLM_CPU_KVCACHE_SPACE: "1" },
  },
});
