/**
 * What a NATS server lets each key do, as the permissions of its configuration (nats-server 2.9.10 and newer).
 *
 * 1. The host's key may do everything: its process plays the institutions, records, and publishes what is recorded.
 * 2. An agent's key publishes the messages of an agent, as itself only. What is recorded it sends to the recorder; it
 *    cannot publish it as recorded.
 * 3. A trainer's key reaches the training queue (trainer/queue), and nothing of a run.
 * 4. The operator's key asks the host for acts, which it checks, and publishes nothing else.
 */
import { inboxOf } from "../bus/nats-address.ts";
import type { MessageType } from "../messages.ts";

/** Sent to all directly. */
const fleeting: readonly MessageType[] = [
  ...(["agent.joined", "agent.left", "agent.lapsed", "agent.recovered"] as const),
  ...(["agent.pulsed", "agent.returned"] as const),
  // A sum that has no id is not durable.
  "call.metered",
  ...(["question.posed", "verdict.requested", "remarks.invited", "ballot.opened"] as const),
  ...(["winner.elected", "question.closed", "question.abandoned"] as const),
  ...(["solution.offered", "solution.withheld"] as const),
  ...(["verdict.given", "ballot.cast", "explanation.given", "explanation.withheld"] as const),
  ...(["remark.made", "remarks.finished"] as const),
];

/** Sent to the recorder only. */
const recorded: readonly MessageType[] = ["question.voided", "agent.failed", "call.metered"];

export type Permissions = { readonly publish: readonly string[]; readonly subscribe: readonly string[] };

export const agentPermissions = (name: string, publicKey: string): Permissions => ({
  publish: [
    ...fleeting.map((type) => `agora.*.${name}.${type}.*`),
    ...recorded.map((type) => `agora.*.${name}.append.${type}.*`),
    `agora.*.${name}.enter`,
    "agora.*.dead-letter",
  ],
  // Messages, which have six tokens: not what is sent to the recorder, nor the answers to others.
  subscribe: ["agora.*.*.*.*.*", `${inboxOf(publicKey)}.>`],
});

/** Requests of JetStream's API about a stream, such as `STREAM.INFO` and `CONSUMER.MSG.NEXT`. */
const aboutStream = (stream: string): string[] =>
  ["*.*", "*.*.*"].flatMap((what) => [`$JS.API.${what}.${stream}`, `$JS.API.${what}.${stream}.>`]);

/** The queue's stream, and those behind its objects and leases (runtime/jetstream/stores.ts); no others. */
const queueStreams = ["agora-training", "OBJ_agora-training", "KV_agora-training-leases"];

export const trainerPermissions = (publicKey: string): Permissions => ({
  publish: [
    "$JS.API.INFO",
    ...queueStreams.flatMap(aboutStream),
    ...["$JS.ACK.agora-training.>", "$JS.FC.OBJ_agora-training.>"],
    ...["$O.agora-training.>", "$KV.agora-training-leases.>", "agora-training.news.>"],
  ],
  subscribe: [`${inboxOf(publicKey)}.>`],
});

export const operatorPermissions = (publicKey: string): Permissions => ({
  publish: ["agora.*.operator.act", "agora.*.dead-letter"],
  subscribe: ["agora.*.*.*.*.*", `${inboxOf(publicKey)}.>`],
});

export type NatsUser = { readonly name: string; readonly publicKey: string };

const permissionsOf = ({ name, publicKey }: NatsUser): Permissions | undefined => {
  if (name === "host") return undefined;
  if (name === "operator") return operatorPermissions(publicKey);
  return name === "trainer" ? trainerPermissions(publicKey) : agentPermissions(name, publicKey);
};

const listOf = (subjects: readonly string[]): string =>
  `[\n${subjects.map((subject) => `          "${subject}"`).join("\n")}\n        ]`;

const userBlock = (user: NatsUser): string => {
  const permissions = permissionsOf(user);
  if (permissions === undefined) return `    # ${user.name}\n    { nkey: ${user.publicKey} }`;
  const { publish, subscribe } = permissions;
  return `    # ${user.name}
    {
      nkey: ${user.publicKey}
      permissions: {
        publish: ${listOf(publish)}
        subscribe: ${listOf(subscribe)}
      }
    }`;
};

/** The block of a server's configuration that lets in these users only. */
export const authorizationOf = (users: readonly NatsUser[]): string =>
  `# Written by agora keys. It holds public keys only.
authorization {
  users: [
${users.map(userBlock).join("\n")}
  ]
}
`;
