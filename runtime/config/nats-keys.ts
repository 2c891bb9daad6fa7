/** Keys of the configuration about the NATS server of a run. */
import { z } from "zod";

const file = z.string().min(1);

/** The secret of an nkey, which a name may be by mistake. */
const seed = /S[A-Z][A-Z2-7]{50,}/;

export const natsKeys = {
  nats: z
    .string()
    .regex(/^(?:(?:nats|tls|wss?):\/\/\S+|[^\s:/]+:\d+)$/, {
      error: "expected a URL such as nats://127.0.0.1:4222",
    })
    .optional()
    .describe("NATS server; without it the bus stays in the process. Default: NATS_URL where it is set."),
  natsKey: file
    .refine((name) => !seed.test(name), { error: "expected the name of a file, not a key" })
    .optional()
    .describe(
      "File with this run's key for the NATS server (`agora keys`). Default: NATS_KEY where it is set.",
    ),
  natsCa: file
    .optional()
    .describe(
      "File with the certificates of the authority that signed the NATS server's (TLS). Default: those that Node trusts.",
    ),
  natsReplicas: z
    .int()
    .min(1)
    .max(5)
    .default(1)
    .describe(
      "Copies that a NATS cluster keeps of training jobs and leases: 1, 3 or 5 [servers]. Source: ours.",
    ),
  heartbeatSeconds: z
    .number()
    .positive()
    .default(2)
    .describe(
      "How often agents in other processes (`agora join`) and the host show a sign of life; who misses five counts as absent [s]. Source: ours.",
    ),
};
