/** The messages to a model: a system message, if the pack has one, and the user message. */
export interface Chat {
  readonly system: string | undefined;
  readonly user: string;
}

/** A chat as one text. */
export const oneText = ({ system, user }: Chat): string =>
  system === undefined ? user : `${system}\n\n${user}`;
