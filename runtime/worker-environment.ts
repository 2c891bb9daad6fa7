/** The environment of the Python processes: that of this one without its secrets. */

type Environment = Readonly<Record<string, string | undefined>>;

/** Gated models of the hub can be fetched only with it. */
const needed: ReadonlySet<string> = new Set(["HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"]);

/** By name; the address of a NATS server may hold a password. */
const secretive = /(?:key|token|secret|passwd|password|credentials?)(?:_|$)|^NATS_/i;

const isSecret = (name: string): boolean => secretive.test(name) && !needed.has(name);

/** `more`: names of further variables that hold secrets, such as a model's `apiKeyEnv`. */
export const withoutSecrets = (environment: Environment, more: readonly string[] = []): Environment =>
  Object.fromEntries(Object.entries(environment).filter(([name]) => !isSecret(name) && !more.includes(name)));
