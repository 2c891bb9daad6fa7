/**
 * The members of the group and those of them that are absent: a fold over joining, leaving, lapsing and recovering. An
 * absent member that joins again is present. Who joins again is what it says now: a member, or none any more.
 */
import type { Message, MessageOf } from "../../runtime/messages.ts";

export interface Membership {
  /** In the order in which they joined. */
  readonly members: readonly string[];
  /** Members that are absent, with the cause. */
  readonly away: Readonly<Record<string, string>>;
}

export const nobody: Membership = { members: [], away: {} };

const back = (away: Membership["away"], agent: string): Membership["away"] => {
  const { [agent]: _back, ...others } = away;
  return others;
};

const withJoined = (
  members: readonly string[],
  { agent, member }: MessageOf<"agent.joined">,
): readonly string[] => {
  if (!member) return members.filter((other) => other !== agent);
  return members.includes(agent) ? members : [...members, agent];
};

export const foldMembership = ({ members, away }: Membership, event: Message): Membership => {
  switch (event.type) {
    case "agent.joined":
      return { members: withJoined(members, event), away: back(away, event.agent) };
    case "agent.left":
      return { members: members.filter((member) => member !== event.agent), away: back(away, event.agent) };
    case "agent.lapsed":
      return {
        members,
        away: members.includes(event.agent) ? { ...away, [event.agent]: event.cause } : away,
      };
    case "agent.recovered":
      return { members, away: back(away, event.agent) };
    default:
      return { members, away };
  }
};

/** The members that are not absent. */
export const presentIn = ({ members, away }: Membership): string[] =>
  members.filter((member) => !(member in away));
